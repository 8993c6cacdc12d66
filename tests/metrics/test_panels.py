"""Panels of metrics by name."""

import pytest

from genzoo.errors import InputError
from genzoo.metrics import METRICS, panel


def test_panels_are_nested_and_ordered():
    quick, standard, full = (
        [m.name for m in panel(p, conditional=True)] for p in ("quick", "standard", "full")
    )
    assert set(quick) < set(standard) <= set(full) == set(METRICS.names())
    assert quick[:2] == ["js", "kl"]
    assert [n for n in standard if n in quick] == quick


def test_scores_of_conditional_models_stand_where_there_are_some():
    only = {"joint_js", "condition_accuracy", "worst_class"}
    with_them = {m.name for m in panel("quick", conditional=True)}
    assert with_them - {m.name for m in panel("quick")} == only
    assert not only & {m.name for m in panel("full")}
    assert panel("worst_class")[0].name == "worst_class"


def test_panel_by_names():
    assert [m.name for m in panel("kl, js,kl")] == ["kl", "js"]
    assert panel(["kl", "quick"])[0].name == "kl"
    assert panel("iw_bound:importance_samples=7")[0].label == "IW-7"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("slicedwasserstein", "sliced_wasserstein"),
        ("quik", "'quick'"),
        ("", "no metric"),
        ("js:folds=2", "no option"),
    ],
)
def test_unknown_names_are_answered(asked, message):
    with pytest.raises(InputError, match=message):
        panel(asked)
