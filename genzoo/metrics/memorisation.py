"""Copying of training rows: the train share, the near-duplicate rate and the likelihood gap."""

from typing import Any, ClassVar

import numpy as np
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import FiniteSource
from genzoo.metrics import facts
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import Array, as_pair, as_rows, reference_rows, rng, sample_rows, standard_error, total_error

NEAR = 0.01
FEWEST_ROWS = 10


def train_share(train: Any, holdout: Any, y: Any) -> Estimate:
    """Share of generated rows whose nearest real row, of as many training as held-out ones, is a training row.

    share = sum_{j in train} c_j / n with c_j the number of generated rows nearest to real row j. Permuting the labels
    of the N = 2 m real rows, its variance is N / (N - 1) (sum c^2 - (sum c)^2 / N) / (4 n^2), which allows for hubs:
    the binomial one is wrong by up to 11 times. The z-score is in the estimator.

    Args:
        train: Training rows `(m, *event_shape)`.
        holdout: Held-out rows, as many.
        y: Generated rows `(n, *event_shape)`.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    train, holdout = as_pair(train, holdout)
    _, y = as_pair(train, y)
    size = min(len(train), len(holdout))
    pool = np.concatenate([train[:size], holdout[:size]])
    counts = np.bincount(nearest(y, pool, 1).indices[:, 0], minlength=len(pool)).astype(np.float64)
    n, total = len(y), len(pool)
    share = float(counts[:size].sum() / n)
    variance = (float(counts @ counts) - n**2 / total) * total / (total - 1) / (4 * n**2)
    error = float(max(variance, 0.0) ** 0.5)
    z = (share - 0.5) / error if error > 0 else 0.0
    return Estimate(share, error, n, f"nearest of {size} training and {size} held-out rows; z = {z:.1f}", null=0.5)


def near_duplicates(train: Any, holdout: Any, y: Any) -> Estimate:
    """Share of generated rows nearer to a training row than the nearest 1 % of the held-out rows are.

    The threshold is the k-th smallest distance of a held-out row to the training rows, k = .01 (m + 1) rounded down
    and at least 1, so the null is exactly k / (m + 1).

    Args:
        train: Training rows `(N, *event_shape)`.
        holdout: Held-out rows `(m, *event_shape)`.
        y: Generated rows `(n, *event_shape)`.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    train, holdout = as_pair(train, holdout)
    _, y = as_pair(train, y)
    m, n = len(holdout), len(y)
    rank = max(int(NEAR * (m + 1)), 1)
    null = rank / (m + 1)
    threshold = np.sort(nearest(holdout, train, 1).distances[:, 0])[rank - 1]
    share = float((nearest(y, train, 1).distances[:, 0] <= threshold).mean())
    smoothed = min(max(share, null), 1 - 1 / (n + 1))
    variance = smoothed * (1 - smoothed) / n + null * (1 - null) / (m + 2)
    return Estimate(share, variance**0.5, n, f"nearer than held-out row {rank} of {m}", null=null)


class CopyMetric(Metric):
    """Base of metrics that need training rows: only a finite source has them."""

    panel = "standard"

    def _rows(self, evidence: Evidence) -> tuple[Array, Array, Array] | None:
        """Training, held-out and generated rows in standard units; the training rows in random order."""
        source = evidence.source
        if not isinstance(source, FiniteSource):
            return None

        def compute() -> tuple[Array, Array, Array]:
            units = facts.copying_units(evidence)
            train = units.apply(as_rows(source.train.x))
            x, y = units.apply(reference_rows(evidence)), units.apply(sample_rows(evidence))
            return rng(evidence.generator("training rows")).permutation(train), x, y

        return evidence.shared("training rows", compute)

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        raise NotImplementedError

    def _estimate(self, evidence: Evidence) -> Estimate:
        rows = self._rows(evidence)
        if rows is None:
            return Estimate.absent("no training rows: the source draws afresh")
        fewest = min(len(part) for part in rows)
        if fewest < FEWEST_ROWS:
            return Estimate.absent(f"too few rows: {fewest}, {FEWEST_ROWS} of each kind are needed")
        return self._measure(*rows)


@register_metric("train_share", order=80)
class TrainShare(CopyMetric):
    """Share of samples whose nearest real row is a training row, of equally many training and held-out rows.

    sum_{j in train} c_j / n, c_j the samples whose nearest real row is j. Sees copying: 10 % exact copies give z = 5
    / 3 / 2 in 2 / 15 / 64 dimensions at 1,000 rows. Blind to sharpness (unlike C_T and authenticity) and to copies in
    a few places only. Null: 1/2. Standard error: over permutations of the train and held-out labels, in closed form.
    Cost: a neighbour search. Not for sources that draw afresh.

    Meehan, Chaudhuri and Dasgupta 2020 (the question); Schilling 1986 (neighbour counts).
    """

    name = "train_share"
    label = "train share"
    direction = "target"
    limits = (0.0, 1.0)
    optimum = 0.5

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        return train_share(train, holdout, y)


@register_metric("near_duplicates", order=81)
class NearDuplicates(CopyMetric):
    """Share of samples closer to a training row than the nearest 1 % of the held-out rows are.

    count(d(y, train) <= t) / n, t the k-th smallest d(held-out row, train), k = .01 (m + 1). Sees near copies. Blind
    to copies blurred beyond that distance; a model narrower than the truth scores above the null without copying, so
    read it with `train_share`. Null: .01 (1 / (m + 1) for fewer than 99 held-out rows). Cost: a neighbour search. Not
    for sources that draw afresh.

    Carlini et al. 2023 (near-duplicate extraction).
    """

    name = "near_duplicates"
    label = "near-duplicates"
    direction = "min"
    limits = (0.0, 1.0)
    optimum = 0.01

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        return near_duplicates(train, holdout, y)


@register_metric("likelihood_gap", order=82)
class LikelihoodGap(Metric):
    """Mean log-likelihood of training rows less that of held-out rows, in nats an example.

    (1/N) sum log q(train) - (1/m) sum log q(held out). Sees overfitting of models with a density. Blind to models
    without one. Null: 0 for a model that did not see the rows. Standard error: of two independent means. Cost: one
    pass over the training rows. Not for sources that draw afresh.

    van den Burg and Williams 2021.
    """

    name = "likelihood_gap"
    label = "likelihood gap"
    unit = "nats"
    direction = "target"
    optimum = 0.0
    panel = "standard"
    model_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        source, model = evidence.source, evidence.model
        if not isinstance(source, FiniteSource) or not isinstance(model, SupportsLogProb):
            return Estimate.absent("no training rows: the source draws afresh")
        with torch.no_grad():
            parts = [
                model.log_prob(rows).cpu().to(torch.float64).numpy() for rows in (source.train.x, evidence.reference)
            ]
        bad = sum(int((~np.isfinite(part)).sum()) for part in parts)
        if bad:
            return Estimate.absent(f"the log-likelihood is not finite at {bad} rows")
        error = total_error([standard_error(part) for part in parts])
        gap = float(parts[0].mean() - parts[1].mean())
        return Estimate(gap, error, len(parts[1]), "training less held-out mean", null=0.0)
