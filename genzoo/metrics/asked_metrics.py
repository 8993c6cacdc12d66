"""Metrics of conditional models: whether samples are what was asked for."""

import abc
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from genzoo.arrays import Array, Indices
from genzoo.core.context_fields import Category
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.metrics.asked import Told, told
from genzoo.metrics.registry import register_metric
from genzoo.metrics.rows import share_standard_error

FEWEST_OF_CLASS = 10
"""Samples of a class below which its share says nothing."""


class AskedMetric(Metric):
    """Base of metrics that hold samples against the labels that they were asked for with.

    An example shows its label in data units, whatever the features.
    """

    direction = "max"
    limits = (0.0, 1.0)
    conditional = True

    @property
    def compares_samples(self) -> bool:
        """No: who tells the label of an example looks at it in data units."""
        return False

    def _estimate(self, evidence: Evidence) -> Estimate:
        labels = told(evidence)
        if isinstance(labels, str):
            return Estimate.absent(labels)
        spec = evidence.source.context_spec
        categories = () if spec is None else spec.categories
        return self._measure(labels, categories)

    @abc.abstractmethod
    def _measure(self, labels: Told, categories: tuple[Category, ...]) -> Estimate:
        """The estimate, from what was asked and what is shown."""


@register_metric("condition_accuracy", order=18)
class ConditionAccuracy(AskedMetric):
    """Share of samples that show the label they were asked for.

    (1/n) sum_i [c(y_i) = c_i], c_i the class that sample y_i was asked for and c(y_i) the class it
    shows; where there are several labels, by all of them. The source tells the class where it can:
    by the mode that an example belongs to, or by its own classifier. For other sources 100
    extremely randomised trees tell it, fitted to at most 2,000 training rows. A sample that belongs
    to no class is wrong. Read it against the ceiling, not against 1: the share that real examples
    get from the same judge with their own labels, held-out ones and, of an endless source, 2,500
    fresh draws. Standard error: binomial, for a given judge.

    Sees a condition that is ignored (1/K of K equal classes) or confused. Blind to everything
    within a class: one prototype of each class, or a class narrower than the truth, scores above
    the ceiling. Null and ceiling: the share of real examples. Cost: .2-.7 s where a classifier
    is fitted, else nothing. Not for numbers among the conditions, see `joint_js`, nor for models
    without conditions.

    Shmelkov, Schmid and Alahari 2018 (GAN-test); Ravuri and Vinyals 2019 (the reverse: fitted to
    samples); Geurts, Ernst and Wehenkel 2006 (the trees).
    """

    name = "condition_accuracy"
    label = "as asked"

    def _measure(self, labels: Told, categories: tuple[Category, ...]) -> Estimate:
        right = (labels.asked == labels.shown).all(axis=1)
        real = float((labels.real_asked == labels.real_shown).all(axis=1).mean())
        count, n = int(right.sum()), len(right)
        error = share_standard_error(count, n)
        return Estimate(count / n, error, n, labels.judge, null=real, ceiling=real)


@register_metric("worst_class", order=19)
class WorstClass(AskedMetric):
    """The smallest share, over the classes of each label, of samples that show what was asked for.

    min_k (1/n_k) sum_{i: c_i = k} [c(y_i) = k], told as in `condition_accuracy`. The least of K
    noisy shares lies below the least of the true ones, the more so the fewer samples a class has.
    So the null is what real examples get by the same computation with as many examples of each
    class as there are samples: the mean of the least of K binomial shares, exactly. Standard error:
    that of the least share, in the same way. Both take shares that are pulled to their mean as far
    as chance explains that they differ (James and Stein 1961). The estimator names the class;
    classes with fewer than 10 samples are left out, and counted there.

    Sees one class that is ignored or confused, which hardly moves the mean over many. Blind to
    everything within a class, as `condition_accuracy` is. Null and ceiling: see above. Cost: .1 s
    for 1,000 classes beside `condition_accuracy`. Not for comparing samples of different size.

    Miyato and Koyama 2018 (accuracy and FID by class).
    """

    name = "worst_class"
    label = "worst class"
    depends_on_n = True

    def _measure(self, labels: Told, categories: tuple[Category, ...]) -> Estimate:
        shares = _shares_by_class(labels, categories)
        kept = shares.samples >= FEWEST_OF_CLASS
        if not kept.any():
            most = int(shares.samples.max())
            return Estimate.absent(
                f"too few rows: {most} samples of a class at most, {FEWEST_OF_CLASS} are needed"
            )
        sizes, right = shares.samples[kept], shares.right[kept]
        worst = int((right / sizes).argmin())
        real = pulled(shares.real_right[kept], shares.real[kept])
        null, _ = least_share(sizes, real)
        _, error = least_share(sizes, pulled(right + 0.5, sizes + 1))
        name = f"{labels.judge}; {shares.names[np.flatnonzero(kept)[worst]]}"
        left_out = int((~kept).sum())
        if left_out:
            name += f"; classes of fewer than {FEWEST_OF_CLASS} samples, left out: {left_out}"
        value = float(right[worst] / sizes[worst])
        return Estimate(value, error, len(labels.asked), name, null=null, ceiling=null)


class _Shares(NamedTuple):
    """Counts for each class of each label, K in all.

    Attributes:
        names: Of the classes, `"digit = 3"`.
        samples: `(K,)`, generated examples that were asked for.
        right: `(K,)`, those of them that show it.
        real: `(K,)`, real examples of the class.
        real_right: `(K,)`, those of them that show it.
    """

    names: list[str]
    samples: Array
    right: Array
    real: Array
    real_right: Array


def _shares_by_class(labels: Told, categories: tuple[Category, ...]) -> _Shares:
    names: list[str] = []
    counts: list[list[Array]] = [[], [], [], []]
    for place, label in enumerate(categories):
        names += [f"{label.name} = {one}" for one in label.classes]
        asked, shown = labels.asked[:, place], labels.shown[:, place]
        real, real_shown = labels.real_asked[:, place], labels.real_shown[:, place]
        counts[0].append(_count(asked, label))
        counts[1].append(_count(asked[asked == shown], label))
        counts[2].append(_count(real, label))
        counts[3].append(_count(real[real == real_shown], label))
    samples, right, real_samples, real_right = map(np.concatenate, counts)
    return _Shares(names, samples, right, real_samples, real_right)


def _count(classes: Indices, label: Category) -> Array:
    return np.bincount(classes, minlength=label.width).astype(np.float64)


def pulled(right: Array, sizes: Array) -> Array:
    """Shares `(K,)`, pulled to their common mean as far as chance explains that they differ.

    James and Stein 1961. A share of no samples is the mean.
    """
    mean = float(right.sum() / max(sizes.sum(), 1.0))
    shares = np.where(sizes > 0, right / np.maximum(sizes, 1.0), mean)
    variance = mean * (1 - mean)
    if variance <= 0:
        return shares
    excess = float((sizes * (shares - mean) ** 2).sum()) / variance
    trust = 0.0
    if excess > 0:
        trust = max(0.0, 1 - (len(sizes) - 1) / excess)
    return np.asarray(mean + trust * (shares - mean))


def least_share(sizes: Array, shares: Array) -> tuple[float, float]:
    """Mean and standard deviation of min_k B_k / n_k, B_k ~ Binomial(n_k, p_k) independent.

    E min = int_0^1 P(min > t) dt and E min^2 = int_0^1 2 t P(min > t) dt, with P(min > t) constant
    between the values that a share can take.

    Args:
        sizes: n_k, `(K,)`.
        shares: p_k, `(K,)`.
    """
    steps = [np.arange(size + 1) / size for size in np.unique(sizes)]
    ends = np.unique(np.concatenate(steps))
    above = np.ones(len(ends) - 1)
    for size, share in zip(sizes, shares, strict=True):
        # A share of exactly t is not above t, whatever its last digit.
        count = np.floor(ends[:-1] * size + 1e-6)
        above *= binom.sf(count, size, share)
    mean = float(above @ np.diff(ends))
    square = float(above @ np.diff(ends**2))
    return mean, float(np.sqrt(max(square - mean**2, 0.0)))
