"""What samples show of the conditions that they were asked for with."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import Array, Indices
from genzoo.core.context import ContextSpec
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import FiniteSource, SplitSource, SupportsLabels
from genzoo.metrics import facts
from genzoo.metrics.classification_problem import FEWEST_ROWS
from genzoo.metrics.rows import as_rows, rng

REAL_ROWS = 2500
"""Fresh draws of an endless source whose labels are told beside those of the real examples."""
MOST_ROWS = 2000
"""Training rows that a classifier of labels is fitted to."""
TREES = 100
MOST_COLUMNS = 32
"""Columns that a split of a tree is chosen among."""


class Told(NamedTuple):
    """Classes by each label: those asked for, and those that the examples show.

    Attributes:
        asked: `(n, labels)`, of the generated examples.
        shown: `(n, labels)`, -1 where an example belongs to no class.
        real_asked: `(m, labels)`, of real examples: first the reference, then, of an endless
            source, fresh draws, so that what the truth gets is known better.
        real_shown: `(m, labels)`.
        judge: Who tells, in words.
    """

    asked: Indices
    shown: Indices
    real_asked: Indices
    real_shown: Indices
    judge: str


def told(evidence: Evidence) -> Told | str:
    """What the examples show by each label, or why nobody can tell.

    The source tells, or a classifier that is fitted to training rows.
    """
    return evidence.shared("told labels", lambda: _told(evidence))


def _told(evidence: Evidence) -> Told | str:
    spec = evidence.source.context_spec
    if spec is None or evidence.sample_context is None:
        return "no conditions"
    if not spec.categories:
        return "the conditions have no label"
    if evidence.reference_context is None:
        return "the real examples come without conditions"
    judge = _judge(evidence, spec)
    if isinstance(judge, str):
        return judge
    real = _real_examples(evidence, evidence.reference_context)
    return Told(
        asked=_classes(spec, evidence.sample_context),
        shown=judge.labels_of(evidence.samples),
        real_asked=_classes(spec, real.context),
        real_shown=judge.labels_of(real.x),
        judge=f"{judge.name}; ceiling of {len(real.x)} real examples",
    )


def _real_examples(evidence: Evidence, context: Tensor) -> Batch:
    """The reference and, of an endless source, fresh draws."""
    source = evidence.source
    if isinstance(source, FiniteSource | SplitSource):
        return Batch(evidence.reference, context)
    fresh = source.sample(REAL_ROWS, generator=evidence.generator("real labels"))
    if fresh.context is None:
        raise TypeError(f"{type(source).__name__} gives examples without their conditions")
    x = torch.cat([evidence.reference, fresh.x.to(evidence.reference)])
    return Batch(x, torch.cat([context, fresh.context.to(context)]))


def _classes(spec: ContextSpec, context: Tensor | None) -> Indices:
    """The class of each example by each label."""
    if context is None:
        raise TypeError(f"the source gives examples without their conditions, {spec}")
    return np.asarray(spec.labels(context).numpy(), dtype=np.int64)


class _Judge(NamedTuple):
    """Who tells the labels of examples.

    Attributes:
        name: In words.
        labels_of: From examples `(B, *event_shape)` to their classes, `(B, labels)`.
    """

    name: str
    labels_of: Callable[[Tensor], Indices]


def _judge(evidence: Evidence, spec: ContextSpec) -> _Judge | str:
    """The source or a classifier, or why there is none."""
    source = evidence.source
    if isinstance(source, SupportsLabels):
        by_source = source.labels_of
        return _Judge("told by the source", lambda x: np.asarray(by_source(x).numpy()))
    training = facts.training_batch(evidence)
    random = rng(evidence.generator("judge of labels"))
    chosen = random.permutation(len(training.x))[:MOST_ROWS]
    classes = _classes(spec, training.context)[chosen]
    reason = _unfit(spec, classes)
    if reason:
        return reason
    standard = facts.units(evidence)
    rows = standard.apply(as_rows(training.x[torch.from_numpy(chosen)]))
    trees = [_fitted_trees(rows, column, random) for column in classes.T]

    def labels_of(x: Tensor) -> Indices:
        points = standard.apply(as_rows(x))
        return np.stack([label.predict(points) for label in trees], axis=1)

    return _Judge(f"told by a classifier of {len(rows)} training rows", labels_of)


def _unfit(spec: ContextSpec, classes: Indices) -> str:
    """Why no classifier can be fitted to training rows of these classes, or nothing."""
    if len(classes) < FEWEST_ROWS:
        return f"too few rows: {len(classes)}, a classifier of labels needs {FEWEST_ROWS}"
    for label, column in zip(spec.categories, classes.T, strict=True):
        counts = np.bincount(column, minlength=label.width)
        if counts.min() == 0:
            absent = label.classes[int(counts.argmin())]
            return f"no training row of the class {label.name} = {absent}"
    return ""


def _fitted_trees(rows: Array, classes: Indices, random: np.random.Generator) -> Any:
    """Extremely randomised trees that tell a class (Geurts, Ernst and Wehenkel 2006).

    On tables and small images they are within .03 of the best of the usual
    classifiers, need no tuning, and bear columns that say nothing.
    """
    # The import takes a second, which only those who ask for a classifier should pay.
    from sklearn.ensemble import ExtraTreesClassifier

    trees = ExtraTreesClassifier(
        TREES,
        min_samples_leaf=2,
        max_features=min(-(-rows.shape[1] // 2), MOST_COLUMNS),
        random_state=int(random.integers(2**31)),
    )
    return trees.fit(rows, classes)
