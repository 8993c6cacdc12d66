"""The quick panel answers its four questions on any source, and costs toys nothing needless."""

import pytest
import torch

import genzoo
from genzoo.core.source import DataSource
from genzoo.data import ArraySource
from genzoo.metrics import METRICS, panel

ALWAYS = [metric.name for metric in panel("quick")]
UNSTRUCTURED = {"precision", "recall", "coverage", "energy"}
FINITE = {"train_share", "near_duplicates", "copied_rows", "energy"}


def table() -> DataSource:
    return ArraySource(torch.randn(60, 3, generator=torch.Generator().manual_seed(0)))


def names(text: str, *sources: DataSource) -> list[str]:
    return [metric.name for metric in panel(text, *sources)]


@pytest.mark.parametrize(
    ("source", "added"),
    [
        ("ring", set()),
        ("grid", set()),
        ("paintings", set()),
        ("mixture_1d", set()),
        ("digits", FINITE),
        ("two_moons", set()),
        ("swiss_roll", UNSTRUCTURED),
        ("checkerboard", UNSTRUCTURED),
        ("sines", UNSTRUCTURED),
    ],
)
def test_what_the_quick_panel_adds_on_a_source(source: str, added: set[str]) -> None:
    assert set(names("quick", genzoo.create_source(source))) - set(ALWAYS) == added


def test_a_file_gets_what_is_asked_of_both_kinds() -> None:
    assert set(names("quick", table())) - set(ALWAYS) == UNSTRUCTURED | FINITE | {
        "constant_columns"
    }


def test_every_question_has_a_metric_of_the_quick_panel_where_it_can_be_asked() -> None:
    for source in (
        *map(genzoo.create_source, ("ring", "paintings", "digits", "swiss_roll", "checkerboard")),
        table(),
    ):
        asked = {
            metric.question for metric in panel("quick", source) if _applies(metric.name, source)
        }
        assert asked >= {"closest", "good", "covering"}, source
        assert ("copying" in asked) == (source.__class__.__name__ in ("ArraySource", "Digits")), (
            source
        )


def _applies(name: str, source: DataSource) -> bool:
    metric = METRICS.create(name)
    return not metric.model_needs and all(isinstance(source, need) for need in metric.source_needs)


def test_what_is_named_is_computed_everywhere_and_larger_panels_hold_the_quick_one() -> None:
    ring = genzoo.create_source("ring")
    assert names("quick,precision", ring)[-1] == "precision"
    assert (
        set(names("quick", table()))
        < set(names("standard", table()))
        == set(names("standard", ring))
    )


def test_several_sources_make_one_panel_in_the_order_of_a_table() -> None:
    ring, rows = genzoo.create_source("ring"), table()
    both = names("quick", ring, rows)
    assert set(both) == set(names("quick", ring)) | set(names("quick", rows))
    assert both == [name for name in names("full") if name in both]
