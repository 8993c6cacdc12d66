"""The metrics that can be summarised over sources, each with its losses on all of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genzoo.arrays import Array
from genzoo.results.table import Column
from genzoo.results.types import Score
from genzoo.statistics.across import (
    FEWEST_FOR_RANKS,
    FEWEST_FOR_SCORES,
    FEWEST_SEEDS,
    normalised,
)
from genzoo.statistics.case import (
    series_of,
)


@dataclass(frozen=True)
class Design:
    """What was compared.

    Attributes:
        models: Row names.
        sources: Names of the sources.
        columns: The metrics, in the order of the tables.
    """

    models: tuple[str, ...]
    sources: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Block:
    """One metric on every source where all models have a value.

    Attributes:
        column: The metric, as tables show it.
        models: M row names.
        losses: `(N, M, S)`, smaller is better, NaN for a diverged run.
        controls: Mean losses of the collapsed control and of the truth `(N, 2)`; NaN where they do
            not differ.
    """

    column: Column
    models: tuple[str, ...]
    losses: Array
    controls: Array

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """On which sources the metric tells the controls apart, `(N,)`."""
        return np.asarray(np.isfinite(self.controls).all(axis=1))

    @property
    def is_enough_for_scores(self) -> bool:
        """Whether there are enough sources and seeds for normalised scores."""
        sources = int(self.usable.sum())
        seeds = self.losses.shape[2]
        return sources >= FEWEST_FOR_SCORES and seeds >= FEWEST_SEEDS

    def normalised_scores(self) -> dict[str, Array]:
        """By model, the scores on the scale of the controls, `(N, S)` over the usable sources."""
        worst, best = self.controls[self.usable].T
        scores = {}
        for at, name in enumerate(self.models):
            scores[name] = normalised(self.losses[self.usable][:, at], worst, best)
        return scores


def blocks(design: Design, scores: Sequence[Score]) -> Iterator[Block]:
    """The metrics that rank the models on enough sources, in the order of the tables."""
    if len(design.models) < 2 or len(design.sources) < FEWEST_FOR_RANKS:
        return
    scores_by_source: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        scores_by_source.setdefault((score.metric, score.source), []).append(score)
    for column in design.columns:
        if column.ranked:
            block = _block(design, column, scores_by_source)
            if block is not None:
                yield block


def _block(
    design: Design, column: Column, scores_by_source: Mapping[tuple[str, str], Sequence[Score]]
) -> Block | None:
    """One metric on the sources where all models have a value of the same kind.

    None where these are too few.
    """
    losses, controls = [], []
    for source in design.sources:
        scores = scores_by_source.get((column.name, source), ())
        rows = [_losses(column, scores, name) for name in design.models]
        if all(rows) and len(_bounds(design.models, scores)) == 1:
            losses.append(rows)
            controls.append(_control_losses(column, scores))
    if len(losses) < FEWEST_FOR_RANKS:
        return None
    return Block(column, design.models, np.array(losses), np.array(controls))


def _bounds(models: Sequence[str], scores: Sequence[Score]) -> set[str]:
    """Which kinds of bounds the values of the models are."""
    bounds = set()
    for score in scores:
        if score.model in models and score.value is not None:
            bounds.add(score.bound)
    return bounds


def _losses(column: Column, scores: Sequence[Score], row: str) -> list[float]:
    """Of a row by seed, smaller is better: NaN for a diverged run.

    Empty where the metric does not apply.
    """
    mine = [score for score in scores if score.model == row]
    if mine and all(score.status != "finished" for score in mine):
        return [math.nan] * len(mine)
    series = series_of(mine, column.direction)
    if series is None:
        return []
    losses: list[float] = series.losses.tolist()
    return losses


def _control_losses(column: Column, scores: Sequence[Score]) -> tuple[float, float]:
    """Of the collapsed control and of the truth; NaN where the metric does not tell them apart."""
    worst = np.array(_losses(column, scores, "single_mode"), dtype=np.float64)
    best = np.array(_losses(column, scores, "oracle"), dtype=np.float64)
    if len(worst) < 2 or len(best) < 2:
        return np.nan, np.nan
    error = np.hypot(_standard_error(worst), _standard_error(best))
    if not worst.mean() - best.mean() > 4 * error:
        return np.nan, np.nan
    return float(worst.mean()), float(best.mean())


def _standard_error(values: Array) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
