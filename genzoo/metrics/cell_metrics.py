"""The cell panel as metrics: counts, spread and rank within k-means cells."""

import math

from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import training_examples
from genzoo.metrics import facts
from genzoo.metrics.cells import (
    CellSamples,
    cell_count,
    count_difference,
    different_cells,
    fit_cells,
    rank_ratio,
    split_by_cell,
    training_size,
    variance_ratio,
)
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import as_rows, rng

FEWEST_ROWS = 20


class CellMetric(Metric):
    """Base: k-means on training rows, counts of held-out rows and of samples in its cells.

    For an endless source fresh draws take the place of training rows.
    """

    panel = "standard"

    def _cells(self, evidence: Evidence) -> CellSamples | None:
        """Samples by cell, in standard units; None with fewer than 20 rows of either kind."""
        if min(len(evidence.samples), len(evidence.reference)) < FEWEST_ROWS:
            return None

        def compute() -> CellSamples:
            generator = evidence.generator("cells")
            x, y, _ = facts.standard_rows(evidence)
            count = cell_count(len(x), len(y))
            size = training_size(count)
            training = training_examples(evidence.source, size, generator=generator)
            rows = facts.units(evidence).apply(as_rows(training.x[:size]))
            cells = fit_cells(rows, count, rng(generator))
            return split_by_cell(cells, x, y)

        return evidence.shared("cells", compute)

    def _measure(self, samples: CellSamples) -> Estimate:
        raise NotImplementedError

    def _estimate(self, evidence: Evidence) -> Estimate:
        samples = self._cells(evidence)
        if samples is None:
            fewest = min(len(evidence.samples), len(evidence.reference))
            return Estimate.absent(f"too few rows: {fewest}, cells need {FEWEST_ROWS} of each kind")
        return self._measure(samples)


@register_metric("cells", order=26)
class CellCounts(CellMetric):
    """Difference between the shares of samples and of held-out examples in k-means cells.

    Triangular distance sum (p - q)^2 / (p + q) between the two histograms, in [0, 2], less what
    chance makes. The cells are those of training rows, with about 50 rows a cell. The p-value of a
    chi-square test is in the estimator.

    Sees missing and starved modes in data whose modes nobody knows. Blind to the shape within
    cells. Null: 0. Cost: k-means, .1-.5 s. Not for fewer than 20 rows.

    Richardson and Weiss 2018.
    """

    name = "cells"
    label = "cell counts"
    direction = "min"
    question = "covering"
    limits = (-math.inf, 2.0)
    optimum = 0.0
    depends_on_n = True

    def _measure(self, samples: CellSamples) -> Estimate:
        return count_difference(samples)


@register_metric("cells_different", order=27)
class CellsDifferent(CellMetric):
    """Share of k-means cells whose proportion of samples differs from the real one (NDB / K).

    count(|z_k| > 1.96) / K, z_k of a two-proportion test at the 5 % level in each cell. Sees
    missing, starved and crowded modes. Blind to the shape within cells; it rises with the sample
    size, so compare at one size only. Null: .05, not 0; how many cells are left when false
    discoveries are held to 5 % is in the estimator. Cost: nothing beside `cells`. Not for comparing
    runs of different size.

    Richardson and Weiss 2018; Benjamini and Hochberg 1995.
    """

    name = "cells_different"
    label = "NDB/K"
    direction = "min"
    question = "covering"
    limits = (0.0, 1.0)
    optimum = 0.05
    depends_on_n = True

    def _measure(self, samples: CellSamples) -> Estimate:
        return different_cells(samples)


@register_metric("cell_variance", order=28)
class CellVariance(CellMetric):
    """Mean over k-means cells of log(variance of samples / variance of held-out examples).

    (1/K) sum_k log(s_k^2 / r_k^2), total variances of samples and of held-out examples in cell k;
    the target is 0. Sees narrow (negative) and wide modes. Blind to missing modes: empty cells are
    left out. Null: 0. Standard error: from fourth moments in each cell, or from 99 random choices
    of which of its rows are real, whichever is larger. Cost: little beside `cells`. Not for cells
    with fewer than 5 rows.

    Richardson and Weiss 2018 (the cells).
    """

    name = "cell_variance"
    label = "cell log-variance"
    direction = "target"
    question = "good"
    optimum = 0.0

    def _measure(self, samples: CellSamples) -> Estimate:
        return variance_ratio(samples)


@register_metric("cell_rank", order=29)
class CellRank(CellMetric):
    """Mean over k-means cells of log(effective rank of samples / of held-out examples).

    The target is 0. Effective rank: exponential of the entropy of the normalised eigenvalues of the
    covariance. Sees collapse onto a line or sheet within modes. Blind to missing modes and to the
    amount of spread; in one dimension always 0. Null: 0. Standard error: jackknife. Cost: small
    matrices, ten times a cell. Not for cells with fewer than 5 rows.

    Roy and Vetterli 2007.
    """

    name = "cell_rank"
    label = "cell log-rank"
    direction = "target"
    question = "covering"
    optimum = 0.0

    def _measure(self, samples: CellSamples) -> Estimate:
        return rank_ratio(samples)
