"""What samples show of the conditions that they were asked for with."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import Array, Indices
from genzoo.core.context import ContextSpec
from genzoo.core.metric import Evidence
from genzoo.core.source import SupportsLabels
from genzoo.metrics import facts
from genzoo.metrics.classification_problem import FEWEST_ROWS
from genzoo.metrics.rows import as_rows, rng

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
        real_asked: `(m, labels)`, of the real examples.
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
    spec, source = evidence.source.context_spec, evidence.source
    if spec is None or evidence.sample_context is None:
        return "no conditions"
    if not spec.categories:
        return "the conditions have no label"
    if evidence.reference_context is None:
        return "the real examples come without conditions"
    asked = spec.labels(evidence.sample_context).numpy()
    real_asked = spec.labels(evidence.reference_context).numpy()
    if isinstance(source, SupportsLabels):
        shown = source.labels_of(evidence.samples).numpy()
        real_shown = source.labels_of(evidence.reference).numpy()
        return Told(asked, shown, real_asked, real_shown, "told by the source")
    training = facts.training_batch(evidence)
    random = rng(evidence.generator("judge of labels"))
    chosen = random.permutation(len(training.x))[:MOST_ROWS]
    classes = _classes(spec, training.context)[chosen]
    reason = _unfit(spec, classes)
    if reason:
        return reason
    standard = facts.units(evidence)
    rows = standard.apply(as_rows(training.x[chosen]))
    x, y, _ = facts.standard_rows(evidence)
    points = np.concatenate([x, y])
    shown, real_shown = np.empty_like(asked), np.empty_like(real_asked)
    for label in range(len(spec.categories)):
        found = _classified(rows, classes[:, label], points, random)
        real_shown[:, label], shown[:, label] = found[: len(x)], found[len(x) :]
    judge = f"told by a classifier of {len(rows)} training rows"
    return Told(asked, shown, real_asked, real_shown, judge)


def _classes(spec: ContextSpec, context: Tensor | None) -> Indices:
    """The class of each training row by each label."""
    if context is None:
        raise TypeError(f"the source gives training rows without their conditions, {spec}")
    return np.asarray(spec.labels(torch.as_tensor(context)).numpy())


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


def _classified(
    rows: Array, classes: Indices, points: Array, random: np.random.Generator
) -> Indices:
    """The class of each point by extremely randomised trees (Geurts, Ernst and Wehenkel 2006)."""
    # The import takes a second, which only those who ask for a classifier should pay.
    from sklearn.ensemble import ExtraTreesClassifier

    judge = ExtraTreesClassifier(
        TREES,
        min_samples_leaf=2,
        max_features=min(-(-rows.shape[1] // 2), MOST_COLUMNS),
        random_state=int(random.integers(2**31)),
    )
    return np.asarray(judge.fit(rows, classes).predict(points))
