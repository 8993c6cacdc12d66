"""Units of columns: the transform, what it is fitted to, scores of equal laws at their nulls."""

import math

import numpy as np
import pytest
import torch

from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import FiniteSource, real_sample
from genzoo.data import create_source
from genzoo.metrics import METRICS, facts
from genzoo.metrics.units import (
    ColumnUnits,
    constant_columns,
    data_units,
    linear_units,
    table_units,
)

EVERY = np.array([True, True, True])


def rows(n=500, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 3)) * np.array(
        [1, 100, 0.01]
    ) + np.array([0, 1e4, 5])


def made():
    return [linear_units(rows(), EVERY), table_units(rows(), EVERY), data_units(EVERY)]


@pytest.mark.parametrize("units", made())
def test_the_inverse_gives_the_rows_back(units):
    x = rows(50, 1)
    assert units.inverse(units.apply(x)) == pytest.approx(x, rel=1e-9)
    left_out = ColumnUnits(
        units.centre, units.scale, np.array([True, False, True]), units.logarithmic
    )
    assert left_out.apply(x).shape == (50, 2)
    assert left_out.inverse(left_out.apply(x)) == pytest.approx(x[:, [0, 2]], rel=1e-9)


@pytest.mark.parametrize("units", made())
def test_the_volume_is_the_derivative(units):
    x = rows(20, 1)
    step = 1e-6 * units.scale
    slope = (units.apply(x + step) - units.apply(x - step)) / (2 * step)
    assert units.log_volume(x) == pytest.approx(-np.log(slope).sum(axis=1), abs=1e-5)


def test_linear_units_are_mean_and_standard_deviation():
    units = linear_units(rows(), EVERY)
    assert units.apply(rows()).mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert units.apply(rows()).std(axis=0) == pytest.approx(1)


def test_a_column_that_varies_elsewhere_only_gets_the_usual_scale():
    """Not 1: a pixel black in 16 training pictures is not a thousand times brighter in the 17th."""
    x = np.c_[rows()[:, :2], np.zeros(500)]
    usual = math.sqrt((x[:, 0].var() + x[:, 1].var()) / 2)
    assert linear_units(x, EVERY).scale[2] == pytest.approx(usual)


def test_units_of_tables_are_the_median_and_the_interquartile_range():
    x = np.arange(101.0)[:, None]
    units = table_units(x, np.array([True]))
    assert (units.centre[0], units.scale[0]) == (50, 50)
    assert units.apply(np.array([[50.0], [100.0], [0.0]]))[:, 0] == pytest.approx(
        [0, np.arcsinh(1), -np.arcsinh(1)]
    )


SHARES = {0.3: 7.0, 0.12: 7.0, 0.06: 7.0, 0.02: 7.0, 0.001: 7.0, 0.0: 1.0}
"""Share of a column of 0 that is 7, and its scale."""


@pytest.mark.parametrize("share", SHARES)
def test_a_mostly_constant_column_takes_the_next_wider_range(share):
    column = np.where(np.arange(10_000) < share * 10_000, 7.0, 0.0)
    assert table_units(column[:, None], np.array([True])).scale[0] == SHARES[share]


def test_the_next_wider_range_is_taken_and_not_the_widest():
    column = np.zeros(1000)
    column[:150], column[:20] = 3.0, 1e6
    assert table_units(column[:, None], np.array([True])).scale[0] == 3.0


@pytest.mark.parametrize("wrong", [1e5, -99999.0, 1e30, 1e9])
def test_one_wrong_cell_does_not_set_the_scale(wrong):
    x = rows()
    spoilt = x.copy()
    spoilt[3, 0] = wrong
    assert table_units(spoilt, EVERY).scale == pytest.approx(table_units(x, EVERY).scale, rel=0.02)
    assert abs(table_units(spoilt, EVERY).apply(spoilt)).max() < 100


def test_constant_columns():
    """The second one varies by less than single precision can hold."""
    x = np.c_[np.full(5, 3.0), 1e8 + np.array([0, 0, 0, 0, 8]), np.zeros(5), np.arange(5.0)]
    assert constant_columns(x).tolist() == [True, True, True, False]
    assert constant_columns(x, x + 1).tolist() == [False, True, False, False]


class Split(FiniteSource):
    """Training and held-out rows as given."""

    def __init__(self, train, holdout, standardisation="column"):
        self._parts = [
            Batch(torch.as_tensor(part, dtype=torch.float32)) for part in (train, holdout)
        ]
        self.event_shape = tuple(self._parts[0].x.shape[1:])
        self.recommended_standardisation = standardisation

    @property
    def train(self):
        return self._parts[0]

    @property
    def holdout(self):
        return self._parts[1]


@pytest.mark.parametrize("standardisation", ["column", "scalar"])
def test_neither_the_reference_nor_the_samples_set_the_units(standardisation):
    source = Split(rows(300), rows(40, 1), standardisation)
    x, y = source.holdout.x, torch.from_numpy(rows(40, 2)).float()
    plain = facts.units(Evidence(y, x, source))
    other = facts.units(Evidence(50 * y + 7, 3 * x - 5, source))
    assert (plain.scale == other.scale).all()
    assert (plain.centre == other.centre).all()
    assert plain.logarithmic == (standardisation == "column")


def test_units_of_an_endless_source_come_from_fresh_draws_of_their_own():
    source = create_source("ring")
    x, y = (part.x for part in real_sample(source, 100, generator=stream(0, "real")))
    first, again = facts.units(Evidence(y, x, source)), facts.units(Evidence(3 * y, 2 * x, source))
    assert (first.scale == again.scale).all()
    assert first.scale == pytest.approx(
        np.full(2, math.sqrt(first.scale[0] * first.scale[1])), rel=0.05
    )
    assert not (facts.units(Evidence(y, x, source, seed=1)).scale == first.scale).any()


def test_the_train_share_treats_training_and_held_out_rows_alike():
    """Where they change places, the share s becomes 1 - s, exactly, however few the rows."""
    random = np.random.default_rng(0)
    first, second, y = (random.standard_normal((20, 300)) for _ in range(3))
    shares = []
    for parts in ((first, second), (second, first)):
        source = Split(*parts)
        evidence = Evidence(torch.from_numpy(y).float(), source.holdout.x, source)
        pooled = np.concatenate([source.train.x, source.holdout.x]).astype(float)
        assert facts.copying_units(evidence).scale == pytest.approx(
            table_units(pooled, np.full(300, True)).scale
        )
        shares.append(METRICS.create("train_share")(evidence).value)
    assert shares[0] == pytest.approx(1 - shares[1])


def test_coordinates_of_tables_are_clipped_farther_out_than_those_of_points():
    """A tail of a thousand interquartile ranges is no further than 8 in standard units."""
    x = np.exp(4 * np.random.default_rng(0).standard_normal((400, 2)))
    parts = [torch.from_numpy(part).float() for part in (x[:200], x[200:300], x[300:])]
    reach = {}
    for standardisation in ("column", "scalar"):
        evidence = Evidence(parts[2], parts[1], Split(parts[0], parts[1], standardisation))
        reach[standardisation] = float(facts.problem(evidence).coordinates[:, :2].max())
    assert reach["column"] > 5
    assert reach["scalar"] <= 5


def test_where_the_density_is_known_units_are_linear_and_keep_every_column(kit):
    evidence = kit["make_evidence"](kit["ring"](), n=50)
    evidence.source.recommended_standardisation = "column"
    units = facts.units(evidence)
    assert units.kept.all()
    assert not units.logarithmic


def with_constant(x, value=0.0):
    return torch.cat([x, torch.full((len(x), 1), value)], dim=1)


ON_SAMPLES = [name for name in METRICS.names() if METRICS.create(name).compares_samples]
DISTANCES = [name for name in ON_SAMPLES if name != "constant_columns"]


@pytest.mark.parametrize("name", DISTANCES)
def test_a_constant_column_decides_nothing(name):
    """It is added to the data, and the samples are noise there: every other number stays."""
    r = np.random.default_rng(3)
    x = [torch.from_numpy(r.standard_normal((n, 2))).float() for n in (200, 120, 110)]
    plain = METRICS.create(name)(Evidence(x[2], x[1], Split(x[0], x[1])))
    train, real = with_constant(x[0], 5.0), with_constant(x[1], 5.0)
    noisy = torch.cat([x[2], torch.from_numpy(r.standard_normal((110, 1))).float()], dim=1)
    assert METRICS.create(name)(Evidence(noisy, real, Split(train, real))) == plain


def test_constant_columns_are_checked_on_their_own():
    metric = METRICS.create("constant_columns")
    x = torch.from_numpy(rows(100)).float()
    real = with_constant(with_constant(x, 5.0))
    source = Split(real, real)
    assert metric(Evidence(x, x, Split(x, x))).reason == "no column of the data is constant"
    good = metric(Evidence(real * (1 + 1e-8), real, source))
    assert (good.value, good.null) == (0.0, 0.0)
    assert good.estimator == "2 constant in the data; none differs"
    wrong = real.clone()
    wrong[:, 4] = 0.5
    assert (
        metric(Evidence(wrong, real, source)).estimator == "2 constant in the data; column 5 by 0.5"
    )
    wrong[::2, 3] += 0.1
    found = metric(Evidence(wrong, real, source))
    assert found.value == 2.0
    assert found.estimator == "2 constant in the data; column 4 by 0.071, column 5 by 0.5"


@pytest.mark.parametrize(("offset", "count"), [(4e-6, 0), (6e-6, 1)])
def test_a_millionth_of_a_constant_is_allowed(offset, count):
    real = torch.cat([torch.arange(10.0)[:, None], torch.full((10, 1), 5.0)], dim=1).double()
    samples = real + torch.tensor([0.0, offset], dtype=torch.float64)
    found = METRICS.create("constant_columns")(Evidence(samples, real, Split(real, real)))
    assert found.value == count


def test_many_wrong_constants_are_counted_and_some_named():
    real = torch.cat([torch.arange(10.0)[:, None], torch.ones(10, 9)], dim=1)
    found = METRICS.create("constant_columns")(Evidence(real + 1, real, Split(real, real)))
    assert found.value == 9
    assert found.estimator.endswith("column 6 by 1, 4 more")


def test_a_column_that_varies_in_the_held_out_rows_alone_is_not_constant():
    train, real = rows(100), rows(50, 1)
    train[:, 2] = 5.0
    source = Split(train, real)
    assert not facts.constant(Evidence(source.holdout.x, source.holdout.x, source)).any()


def test_where_every_column_is_constant_they_are_compared():
    real = torch.ones(40, 2)
    found = METRICS.create("js")(
        Evidence(torch.randn(40, 2, generator=stream(0)), real, Split(real, real))
    )
    assert found.value > 0.3
