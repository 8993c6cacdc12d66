"""Copying of training rows: the train share, the near-duplicate rate and the likelihood gap."""

from typing import Any, ClassVar

import numpy as np
import torch

from genzoo.arrays import Array
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import FiniteSource, has_training_rows
from genzoo.metrics import facts
from genzoo.metrics.neighbours import nearest
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import (
    as_numbers,
    as_pair,
    as_rows,
    reference_rows,
    rng,
    sample_rows,
    standard_error,
    total_error,
)
from genzoo.metrics.ties import SLACK, nearest_shares

NEAR = 0.01
FEWEST_ROWS = 10
NO_TRAINING_ROWS = "no training rows: the source draws afresh"
MOST_TIES = 0.5
"""Share of real rows equal to another beyond which nearness tells nothing of copying."""


def train_share(train: Any, holdout: Any, y: Any) -> Estimate:
    """Share of generated rows whose nearest real row is a training row.

    There are as many training as held-out rows among the real ones.

    share = sum_{j in train} c_j / n with c_j the number of generated rows nearest to real row j. A
    row as near to several real rows counts in equal parts for each. The variance is that over
    permutations of the labels of the N = 2 m real rows, N / (N - 1) (sum c^2 - (sum c)^2 / N) / (4
    n^2). It allows for hubs: the binomial one is wrong by up to 11 times. The z-score is in the
    estimator.

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
    counts = nearest_shares(y, pool)
    n, total = len(y), len(pool)
    share = float(counts[:size].sum() / n)
    variance = (float(counts @ counts) - n**2 / total) * total / (total - 1) / (4 * n**2)
    error = float(max(variance, 0.0) ** 0.5)
    z = 0.0
    if error > 0:
        z = (share - 0.5) / error
    name = f"nearest of {size} training and {size} held-out rows; z = {z:.1f}"
    return Estimate(share, error, n, name, null=0.5)


def near_duplicates(train: Any, holdout: Any, y: Any) -> Estimate:
    """Share of generated rows nearer to a training row than the nearest 1 % of held-out rows are.

    Let a held-out rows be nearer to the training rows than a generated row is, b of them as near,
    and k = .01 (m + 1), rounded down and at least 1. The row counts (k - a) / (b + 1), limited to
    [0, 1]. Without ties that is 1 for rows nearer than the k-th held-out row and 0 for others; with
    ties it is the chance to be among the first k in random order. So a fresh row of the law counts
    k / (m + 1) on average, exactly.

    Samples that are narrower than the data lie nearer to all real rows. Where a larger share of
    samples than of training rows lies that near to held-out rows, the null is k / (m + 1) times the
    ratio of the two shares.

    Args:
        train: Training rows `(N, *event_shape)`.
        holdout: Held-out rows `(m, *event_shape)`.
        y: Generated rows `(n, *event_shape)`.

    Returns:
        No value where most held-out rows are equal to a training row.

    Raises:
        InputError: When the samples are empty, not finite or of different width.
    """
    train, holdout = as_pair(train, holdout)
    _, y = as_pair(train, y)
    m, n = len(holdout), len(y)
    rank = max(int(NEAR * (m + 1)), 1)
    thresholds = np.sort(nearest(holdout, train, 1).distances[:, 0])
    equal = float((thresholds == 0).mean())
    if equal > MOST_TIES:
        return Estimate.absent(
            f"ties: {equal:.0%} of the held-out rows are equal to a training row"
        )

    def is_near(distances: Array, further: int = 0) -> Array:
        return _among_first(rank, thresholds, distances, further)

    to_train, to_held_out = nearest(y, train, 1), nearest(y, holdout, 1)
    counted = is_near(to_train.distances[:, 0], further=1)
    share, expected = float(counted.mean()), rank / (m + 1)
    near_held_out = is_near(to_held_out.distances[:, 0] * (1 - SLACK))
    train_to_held_out = nearest(train, holdout, 1).distances[:, 0]
    near_train = is_near(train_to_held_out * (1 - SLACK))
    nearer = max(float(near_held_out.mean() / near_train.mean()), 1.0)
    null = min(expected * nearer, 1.0)
    variance = _near_variance(counted, is_near(thresholds), expected)
    # Several samples near to one training row are not independent.
    by_train = np.bincount(to_train.indices[:, 0], counted)
    variance = max(variance, float(by_train @ by_train) / n**2 * len(train) / m)
    if nearer > 1:
        by_held_out = np.bincount(to_held_out.indices[:, 0], near_held_out)
        variance += null**2 * float(by_held_out @ by_held_out) / float(near_held_out.sum()) ** 2
    return Estimate(share, variance**0.5, n, f"nearer than held-out row {rank} of {m}", null=null)


def _among_first(rank: int, ordered: Array, distances: Array, further: int) -> Array:
    """Chance of each distance to be among the first of the ordered ones, ties in random order.

    `further` is 1 for distances that are not among the ordered ones, which they would join, else 0.
    """
    below = np.searchsorted(ordered, distances, side="left")
    equal = np.searchsorted(ordered, distances, side="right") - below
    return np.asarray(np.clip((rank - below) / np.maximum(equal + further, 1), 0.0, 1.0))


def _near_variance(counted: Array, held_out: Array, null: float) -> float:
    """Variance of the share, from that of the generated rows and that of the threshold."""
    n, m = len(counted), len(held_out)
    if np.isin(held_out, (0.0, 1.0)).all():
        smoothed = min(max(float(counted.mean()), null), 1 - 1 / (n + 1))
        return smoothed * (1 - smoothed) / n + null * (1 - null) / (m + 2)
    return float(max(counted.var(), held_out.var()) / n + held_out.var() / m)


class CopyMetric(Metric):
    """Base of metrics that need training rows: only a finite source has them."""

    panel = "standard"

    def _rows(self, evidence: Evidence) -> tuple[Array, Array, Array] | None:
        """Training rows in random order, held-out and generated rows, all in standard units."""
        source = evidence.source
        if not isinstance(source, FiniteSource):
            return None

        def compute() -> tuple[Array, Array, Array]:
            units = facts.copying_units(evidence)
            train = units.apply(as_rows(source.train.x))
            random = rng(evidence.generator("training rows"))
            x = units.apply(reference_rows(evidence))
            y = units.apply(sample_rows(evidence))
            return random.permutation(train), x, y

        return evidence.shared("training rows", compute)

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        raise NotImplementedError

    def _estimate(self, evidence: Evidence) -> Estimate:
        rows = self._rows(evidence)
        if rows is None:
            return Estimate.absent(NO_TRAINING_ROWS)
        fewest = min(len(part) for part in rows)
        if fewest < FEWEST_ROWS:
            return Estimate.absent(f"too few rows: {fewest}, {FEWEST_ROWS} of each kind are needed")
        return self._measure(*rows)


@register_metric("train_share", order=80)
class TrainShare(CopyMetric):
    """Share of samples whose nearest real row is a training row, not a held-out one.

    sum_{j in train} c_j / n, c_j the samples whose nearest real row is j, of equally many training
    and held-out rows; a sample that is as near to several counts in equal parts. Sees copying of
    the training rows: 10 % exact copies give z = 5 / 3 / 2 in 2 / 15 / 64 dimensions at 1,000 rows.
    Blind to sharpness (unlike C_T and authenticity), to copies in a few places only, and to copies
    of another program that was trained on all rows: for those see `copied_rows`. Null: 1/2, with
    ties too. Standard error: over permutations of the train and held-out labels, in closed form.
    Cost: a neighbour search. Not for sources that draw afresh.

    Meehan, Chaudhuri and Dasgupta 2020 (the question); Schilling 1986 (neighbour counts).
    """

    name = "train_share"
    label = "train share"
    direction = "target"
    question = "copying"
    quick_where: ClassVar = (has_training_rows,)
    limits = (0.0, 1.0)
    optimum = 0.5

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        return train_share(train, holdout, y)


def finite_rows(evidence: Evidence) -> tuple[Array, Array, Array] | None:
    """Training, held-out and generated rows of a finite source in standard units, or None."""
    return TrainShare()._rows(evidence)


@register_metric("near_duplicates", order=81)
class NearDuplicates(CopyMetric):
    """Share of samples closer to a training row than the nearest 1 % of the held-out rows are.

    count(d(y, train) <= t) / n, t the k-th smallest d(held-out row, train), k = .01 (m + 1); with
    several distances equal to t, each of them counts as often as it would in random order. Sees
    near copies. Blind to copies blurred beyond that distance, and to copies of held-out rows. Null:
    .01 (1 / (m + 1) for fewer than 99 held-out rows), with ties too; times the ratio in which more
    samples than training rows lie within t of held-out rows, where it is above 1: a model narrower
    than the truth is nearer to all real rows, and does not copy. Standard error: of the share, of
    t, and of that ratio. Cost: three neighbour searches. Not for tables where most held-out rows
    are equal to a training row, nor for sources that draw afresh.

    Carlini et al. 2023 (near-duplicate extraction).
    """

    name = "near_duplicates"
    label = "near-duplicates"
    direction = "min"
    question = "copying"
    quick_where: ClassVar = (has_training_rows,)
    limits = (0.0, 1.0)
    optimum = 0.01

    def _measure(self, train: Array, holdout: Array, y: Array) -> Estimate:
        return near_duplicates(train, holdout, y)


@register_metric("likelihood_gap", order=83)
class LikelihoodGap(Metric):
    """Mean log-likelihood of training rows less that of held-out rows, in nats an example.

    (1/N) sum log q(train) - (1/m) sum log q(held out); of a conditional model both given the
    conditions. Sees overfitting of models with a density. Blind to models without one. Null: 0 for
    a model that did not see the rows. Standard error: of two independent means. Cost: one pass over
    the training rows. Not for sources that draw afresh.

    van den Burg and Williams 2021.
    """

    name = "likelihood_gap"
    label = "likelihood gap"
    unit = "nats"
    direction = "target"
    question = "copying"
    optimum = 0.0
    panel = "standard"
    model_needs: ClassVar = (SupportsLogProb,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        source, model = evidence.source, evidence.model
        if not isinstance(source, FiniteSource) or not isinstance(model, SupportsLogProb):
            return Estimate.absent(NO_TRAINING_ROWS)
        with torch.no_grad():
            own = evidence.given_to_model
            log_p = model.log_prob(source.train.x, own(source.train.context))
            training = as_numbers(log_p)
            log_p = model.log_prob(evidence.reference, own(evidence.reference_context))
            held_out = as_numbers(log_p)
        bad = int((~np.isfinite(training)).sum()) + int((~np.isfinite(held_out)).sum())
        if bad:
            return Estimate.absent(f"the log-likelihood is not finite at {bad} rows")
        gap = float(training.mean() - held_out.mean())
        error = total_error([standard_error(training), standard_error(held_out)])
        name = facts.named_given(evidence, "training less held-out mean")
        return Estimate(gap, error, len(held_out), name, null=0.0)
