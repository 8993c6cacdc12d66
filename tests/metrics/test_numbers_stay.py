"""Every metric gives the same numbers as in the release before, to 5 digits.

What the numbers should be is asked elsewhere, of closed forms. After a change that is meant:
`python tests/metrics/test_numbers_stay.py` writes them again, and the difference shows what moved.
"""

import json
import math
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import GaussianModes
from genzoo.data import ArraySource, create_source
from genzoo.metrics import METRICS, panel
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.testing.asked_specimens import Shelves
from genzoo.testing.specimens import LinearGaussian, Parabolas, Rows, StandardNormal, ThreeModes
from genzoo.testing.velocity_specimens import MovedNoise

FILE = Path(__file__).with_name("numbers.json")
FIELDS = ("value", "standard_error", "null", "ceiling")
TREES = ("js_stack", "c2st_accuracy", "c2st_auc")
WITH_TREES = "rows enough for trees"
PARAMETER = ("parameter_js", "parameter_kl", "band_share", "curve_variance", "curve_component")


def normal(seed, *shape):
    """Numbers of a generator that numpy promises never to change."""
    return torch.from_numpy(np.random.RandomState(seed).standard_normal(shape)).float()


def uniform(seed, *shape):
    return torch.from_numpy(np.random.RandomState(seed).random_sample(shape)).float()


def near(modes: GaussianModes, index, noise):
    roots = torch.linalg.cholesky(modes.covariances)[index]
    return (modes.locations[index] + (roots @ noise[:, :, None].double())[:, :, 0]).float()


def modes_missing(n=230):
    """Two of eight modes missing, one starved, the others wide, one of them moved, a bridge."""
    source, m = create_source("ring"), 250
    index = torch.arange(n) % 6
    index = torch.where((index == 0) & (torch.arange(n) % 5 > 0), 1, index)
    samples = near(source.modes(), index, 1.3 * normal(0, n, 2)) + 0.06 * (index == 2)[:, None]
    samples[:5] *= uniform(5, 5, 1)
    return Evidence(
        samples, near(source.modes(), torch.arange(m) % 8, normal(1, m, 2)), source, None, 3
    )


def unequal_overlapping():
    source = create_source("random_mixture:modes=4")
    index, other = torch.arange(160) % 4, torch.arange(220) % 3
    noise = normal(2, 160, 2), 0.8 * normal(3, 220, 2)
    return Evidence(
        near(source.modes(), index, noise[0]), near(source.modes(), other, noise[1]), source, seed=1
    )


def line():
    return Evidence(0.4 + 1.2 * normal(0, 300, 1), normal(1, 200, 1), create_source("gaussian_1d"))


def square():
    """Two in ten off the support of the checkerboard."""
    source = create_source("checkerboard")
    real = source.sample(200, generator=torch.Generator().manual_seed(0)).x
    return Evidence(real.flip(0) + 0.25 * normal(0, 200, 2), real, source)


def ten_columns():
    return Evidence(0.9 * normal(0, 160, 10) + 0.2, normal(1, 140, 10), StandardNormal((10,)))


def curves():
    a, b = uniform(0, 150, 1), uniform(1, 170, 1)
    shape = torch.linspace(-1, 1, 5) ** 2
    return Evidence((0.1 + a**2) * shape + 0.05 * normal(2, 150, 5), b * shape, Parabolas())


def curves_inside():
    a, b = 0.1 + 0.7 * uniform(0, 150, 1), uniform(1, 170, 1)
    shape = torch.linspace(-1, 1, 5) ** 2
    return Evidence(a * shape, b * shape, Parabolas())


class Table(Rows):
    """130 training and 120 held-out rows."""

    @property
    def train(self):
        return Batch(normal(0, 130, 3) * torch.tensor([1.0, 5.0, 1.0]))

    @property
    def holdout(self):
        return Batch(normal(1, 120, 3) * torch.tensor([1.0, 5.0, 1.0]))


def copies():
    source = Table()
    samples = torch.cat(
        [source.train.x[:40], 1.1 * normal(2, 100, 3) * torch.tensor([1.0, 5.0, 1.0])]
    )
    return Evidence(samples, source.holdout.x, source, model(3), 2)


def a_constant_column():
    """Of three; the samples miss it by .1."""
    source = ArraySource(torch.cat([normal(0, 90, 2), torch.full((90, 1), 3.0)], dim=1))
    samples = torch.cat([normal(1, 40, 2), 3 + 0.1 * normal(2, 40, 1)], dim=1)
    return Evidence(samples, source.holdout.x, source)


def model(size, offset=0.3):
    made = LinearGaussian((size,), 1)
    with torch.no_grad():
        made.decoder.weight.fill_(0.8)
        made.decoder.bias.fill_(offset)
        made.encoder.weight.fill_(0.2)
        made.encoder.bias.fill_(0.1)
        made.log_posterior_variance.fill_(-0.7)
    return made.eval()


def both_densities():
    made = model(3)
    samples = 0.8 * normal(0, 150, 1) + 0.3 + normal(1, 150, 3)
    return Evidence(samples, normal(2, 140, 3), StandardNormal((3,)), made, 4)


def three_modes():
    index = torch.tensor([0, 0, 1, 2])[torch.arange(60) % 4]
    samples = near(ThreeModes().modes(), index, 1.1 * normal(0, 60, 2))
    return Evidence(samples, near(ThreeModes().modes(), index[:30], normal(1, 30, 2)), ThreeModes())


def rows_enough_for_trees():
    return Evidence(0.3 + normal(0, 1100, 2), normal(1, 1000, 2), StandardNormal((2,)))


def asked():
    """Two in nine samples are not what was asked for."""
    place = torch.arange(190)
    context = torch.cat([torch.eye(3)[place % 3], uniform(0, 190, 1)], dim=1)
    real = context.flip(0)
    shown = torch.where(place % 9 > 1, place % 3, 0)
    samples = torch.stack([2.0 * shown, context[:, 3]], dim=1) + 0.4 * normal(1, 190, 2)
    reference = torch.stack([2.0 * (place.flip(0) % 3), real[:, 3]], 1) + 0.5 * normal(2, 190, 2)
    return Evidence(
        samples,
        reference,
        Shelves(),
        sample_context=context,
        reference_context=real,
    )


def rows(n, m):
    modes = ThreeModes().modes()
    return Evidence(
        near(modes, torch.arange(n) % 3, normal(n, n, 2)),
        near(modes, torch.arange(m) % 3, normal(m + 100, m, 2)),
        ThreeModes(),
    )


def constant():
    return Evidence(torch.ones(30, 3), normal(0, 40, 3), StandardNormal((3,)))


def velocity():
    source = create_source("gaussian_1d:mean=1")
    model = MovedNoise((1,)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.25)
    return Evidence(normal(0, 30, 1), normal(1, 30, 1), source, model)


FEW = {f"{n} rows": (partial(rows, n, n + (n > 10)), None) for n in (1, 2, 4, 5, 9, 10, 19, 20, 21)}
CASES = {
    **FEW,
    "constant samples": (constant, None),
    "modes missing": (modes_missing, None),
    "unequal and overlapping modes": (unequal_overlapping, None),
    "line": (line, None),
    "off the support": (square, None),
    "ten columns": (ten_columns, None),
    "curves": (curves, None),
    "curves inside the band": (curves_inside, PARAMETER),
    "copies": (copies, None),
    "a constant column": (a_constant_column, None),
    "both densities": (both_densities, None),
    "three modes, few rows": (three_modes, None),
    "conditions": (asked, ("joint_js", "condition_accuracy", "worst_class", "js")),
    "velocity": (velocity, ("field_error",)),
    WITH_TREES: (rows_enough_for_trees, TREES),
}


@cache
def made(case):
    return CASES[case][0]()


def numbers(case, name):
    """Value, error, null, ceiling, examples, bound and estimator; or the reason."""
    found = METRICS.create(name)(made(case))
    if found.value is None:
        return found.reason
    rounded = [None if (x := getattr(found, key)) is None else float(f"{x:.8g}") for key in FIELDS]
    return [*rounded, found.n, found.bound, found.estimator]


def watched():
    """The cheap numbers of training."""
    found = {}
    for case in ("modes missing", "line", "copies", "curves", "unequal and overlapping modes"):
        evidence = made(case)
        read = quick_metrics(evidence.source, evidence.reference)(evidence.samples)
        found[case] = {name: float(f"{value:.8g}") for name, value in read.items()}
    return found


def declared(name):
    metric = METRICS.create(name)
    limits = [None if math.isinf(end) else end for end in metric.limits]
    return [
        metric.label,
        metric.unit,
        metric.direction,
        metric.optimum,
        metric.panel,
        metric.ranked,
        metric.alarm,
        *limits,
    ]


def facts():
    return {metric.name: declared(metric.name) for metric in panel("full", conditional=True)}


def pairs():
    return [
        (case, name)
        for case, (_, only) in CASES.items()
        for name in only or sorted(METRICS.names())
    ]


@pytest.fixture(scope="module")
def written():
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", METRICS.names())
def test_the_numbers_are_those_written_down(name, written):
    for case in [case for case, other in pairs() if other == name]:
        expected = written[case].get(name)
        assert expected is not None, f"{case}: a new number: write the numbers again"
        check_number(case, name, expected)


def check_number(case, name, expected):
    found = numbers(case, name)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected, case
        return
    rough = name == "mmd" or case == WITH_TREES  # sums in single precision, and trees
    slack = 1e-3 if rough else 1e-5
    for key, now, then in zip(FIELDS, found, expected, strict=False):
        value = None if then is None else pytest.approx(then, rel=slack, abs=1e-7)
        assert now == value, f"{case}: {key}"
    last = -1 if rough else None
    assert found[len(FIELDS) : last] == expected[len(FIELDS) : last], case


def test_every_metric_has_a_value_somewhere(written):
    valued = {
        name
        for case in CASES
        for name, found in written[case].items()
        if not isinstance(found, str)
    }
    assert set(METRICS.names()) == valued


def test_the_numbers_watched_in_training_stay(written):
    for case, found in watched().items():
        assert found == pytest.approx(written["gauges"][case], rel=1e-5, abs=1e-7)


def test_what_metrics_declare_stays_in_the_order_of_a_table(written):
    assert list(facts().items()) == list(written["facts"].items())


if __name__ == "__main__":
    every = {
        case: {name: numbers(case, name) for at, name in pairs() if at == case} for case in CASES
    }
    every |= {"gauges": watched(), "facts": facts()}
    lines = ",\n".join(
        f" {json.dumps(case)}: {{\n"
        + ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(found, ensure_ascii=False)}"
            for name, found in case_of.items()
        )
        + "\n }"
        for case, case_of in every.items()
    )
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
