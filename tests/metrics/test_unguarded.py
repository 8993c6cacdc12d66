"""Properties that mutation testing found unguarded.

Each turns red under the change that its name speaks of.
"""

import math

import numpy as np
import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import DataSource
from genzoo.metrics import METRICS
from genzoo.metrics.cells import _log_rank
from genzoo.metrics.curve_shape import total_variance
from genzoo.metrics.pairwise import default_bandwidths
from genzoo.metrics.rows import block_error


class Wedge(DataSource, SupportsLogProb):
    """p(x) = 2 x_1 on the unit square."""

    event_shape = (2,)

    def sample(self, n, *, generator):
        return Batch(torch.rand(n, 2, generator=generator) ** torch.tensor([0.5, 1.0]))

    def _log_prob(self, x, context):
        inside = ((x >= 0) & (x <= 1)).all(1)
        return torch.where(inside, (2 * x[:, 0].clamp(min=1e-12)).log(), -math.inf).to(
            torch.float64
        )


def test_the_density_on_the_support_is_taken_at_the_samples():
    """Uniform samples, a sixth of them off the support: KL on it is E[-log 2 x] = 1 - log 2."""
    generator = torch.Generator().manual_seed(0)
    source = Wedge()
    samples = torch.rand(3000, 2, generator=generator) * torch.tensor([1.0, 1.2])
    evidence = Evidence(samples, source.sample(3000, generator=generator).x, source)
    found = METRICS.create("kl_on_support")(evidence)
    assert found.value == pytest.approx(1 - math.log(2), abs=0.07)
    assert "4 fresh real samples" in found.estimator


def test_the_floor_of_kl_comes_from_four_real_samples(kit):
    assert (
        "4 fresh real samples"
        in METRICS.create("kl")(kit["make_evidence"](kit["ring"](), n=200)).estimator
    )


def test_block_error_of_a_mean():
    """sd of the means of ten parts over sqrt 10."""
    random = np.random.default_rng(0)
    x = random.standard_normal((1000, 1))
    found = block_error(lambda a, b: float(a.mean() + b.mean()), x, 0 * x, blocks=10)
    parts = [x[part::10].mean() for part in range(10)]
    assert found == pytest.approx(np.std(parts, ddof=1) / math.sqrt(10))


def test_bandwidths_span_from_a_quarter_of_the_local_scale_to_four_medians():
    """Points 1 apart on a line: most 10th neighbours are at 5; the median is that of |i - j|^2."""
    rows = 1.0 * np.arange(201)[:, None]
    squares = (rows - rows.T) ** 2
    found = default_bandwidths(rows, squares)
    assert len(found) == 8
    assert found[0] == pytest.approx(25 / 4)
    assert found[-1] == pytest.approx(4 * np.median(squares[np.triu_indices(201, 1)]))


def test_bandwidths_of_rows_that_come_twenty_times_each():
    """The 10th neighbour is a copy: a ten-thousandth of the median square takes its place."""
    rows = np.repeat(np.arange(6.0), 20)[:, None]
    squares = (rows - rows.T) ** 2
    median = np.median(squares[np.triu_indices(120, 1)])
    found = default_bandwidths(rows, squares)
    assert found[[0, -1]] == pytest.approx([1e-4 * median, 4 * median])
    assert found[1:] / found[:-1] == pytest.approx(np.full(7, 40_000 ** (1 / 7)))


def test_curves_of_one_row_do_not_vary():
    assert total_variance(np.ones((1, 4))) == 0
    assert total_variance(np.array([[0.0, 0.0], [2.0, 1.0]])) == pytest.approx(2.5)


@pytest.mark.parametrize("name", ["precision", "recall", "density", "coverage"])
@pytest.mark.parametrize("rows", [5, 9, 10])
def test_neighbour_balls_need_ten_rows(name, rows, kit):
    evidence = kit["make_evidence"](kit["normal"](), n=rows)
    found = METRICS.create(name)(evidence)
    assert (found.value is None) == (rows < 10)
    assert ("too few rows" in found.reason) == (rows < 10)


def test_log_rank_of_a_spectrum_that_underflows():
    rows = np.random.default_rng(0).standard_normal((50, 3)) * [1e3, 1.0, 1e-160]
    plane = np.linalg.svd(rows[:, :2] - rows[:, :2].mean(0), compute_uv=False) ** 2
    shares = plane / plane.sum()
    assert _log_rank(rows) == pytest.approx(-(shares @ np.log(shares)))


@pytest.mark.parametrize("rows", [19, 20])
def test_no_divergence_of_few_rows_on_a_line(rows, kit):
    found = METRICS.create("js")(kit["make_evidence"](kit["normal"](1), n=rows))
    assert (found.value is None) == (rows < 20)
