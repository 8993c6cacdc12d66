"""The table over all sources of a comparison.

Mean ranks and, with enough sources and seeds, normalised scores.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genzoo.core.noise import stream
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import Score
from genzoo.statistics.across import (
    FEWEST_FOR_RANKS,
    FEWEST_FOR_SCORES,
    FEWEST_SEEDS,
    RankTest,
    interquartile_mean,
    normalised,
    performance_profile,
    probability_of_improvement,
    profile_band,
    rank_test,
    stratified_interval,
)
from genzoo.statistics.case import series_of
from genzoo.statistics.significance import LEVEL, PairTest, letters, with_worst

Array = npt.NDArray[np.float64]

LEVELS = 121
"""Points of a performance profile."""
LOWEST = 1.0
"""How far below the collapsed control a profile reaches, in units of its distance to the truth."""


@dataclass(frozen=True)
class Design:
    """What was compared.

    Attributes:
        models: Row names.
        sources: Names of the sources.
        columns: The metrics.
    """

    models: tuple[str, ...]
    sources: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class _Block:
    """One metric on every source where all models have a value.

    Attributes:
        column: The metric.
        models: M row names.
        losses: `(N, M, S)`, smaller is better, NaN for a diverged run.
        controls: Mean losses of the collapsed control and of the truth `(N, 2)`; NaN where they do
            not differ.
    """

    column: Column
    models: tuple[str, ...]
    losses: Array
    controls: Array


@dataclass(frozen=True)
class _Part:
    """A column of the table over all sources.

    Attributes:
        column: Its header.
        cells: By model.
        sentence: What it says.
    """

    column: Column
    cells: Mapping[str, Cell]
    sentence: str


def summarise(design: Design, scores: Sequence[Score]) -> SourceTable | None:
    """Models over all sources, metric by metric; None with too few sources, or nothing to rank.

    From 5 sources on: mean ranks with Friedman's test and Nemenyi's critical difference, the
    sources as blocks. From 8 sources and 10 seeds on: the interquartile mean of scores on the scale
    of the controls, and the probability that a run of the best model beats a run of another.
    """
    parts: list[_Part] = []
    has_scores = False
    for block in _blocks(design, scores):
        parts.append(_ranks(block))
        if _enough_for_scores(block):
            parts.append(_scores(block))
            has_scores = True
    if not parts:
        return None
    columns, conclusions = [], []
    cells: dict[tuple[str, str], Cell] = {}
    for part in parts:
        columns.append(part.column)
        conclusions.append(part.sentence)
        for model, cell in part.cells.items():
            cells[model, part.column.name] = cell
    return SourceTable(
        f"all {len(design.sources)} sources",
        tuple(columns),
        design.models,
        cells,
        _remarks(has_scores=has_scores),
        tuple(conclusions),
    )


def profiles(design: Design, scores: Sequence[Score]) -> PerformanceProfiles | None:
    """Performance profiles by the first metric that has 8 sources and 10 seeds.

    None where there is none.
    """
    for block in _blocks(design, scores):
        if _enough_for_scores(block):
            return _profiles(block)
    return None


def _profiles(block: _Block) -> PerformanceProfiles:
    scores_of = _on_the_scale_of_the_controls(block)
    every = np.stack(list(scores_of.values()))
    _, sources, seeds = every.shape
    lowest = min(0.0, max(-LOWEST, float(every.min())))
    highest = max(1.0, float(every.max()))
    levels = np.linspace(lowest, highest, LEVELS)
    random = _random(f"profile {block.column.name}")
    curves = {}
    for name, scores in scores_of.items():
        low, high = profile_band(scores, levels, random=random)
        curves[name] = ProfileCurve(performance_profile(scores, levels), low, high)
    return PerformanceProfiles(block.column, sources, seeds, levels, curves)


def _random(name: str) -> np.random.Generator:
    """The generator of a bootstrap, the same at every call."""
    return np.random.default_rng(stream(0, name).initial_seed())


def _blocks(design: Design, scores: Sequence[Score]) -> Iterator[_Block]:
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


def _on_the_scale_of_the_controls(block: _Block) -> dict[str, Array]:
    """By model, the normalised scores `(N, S)`.

    On the sources where the metric tells the controls apart.
    """
    usable = np.isfinite(block.controls).all(axis=1)
    worst, best = block.controls[usable].T
    scores = {}
    for at, name in enumerate(block.models):
        scores[name] = normalised(block.losses[usable][:, at], worst, best)
    return scores


def _block(
    design: Design, column: Column, scores_by_source: Mapping[tuple[str, str], Sequence[Score]]
) -> _Block | None:
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
    return _Block(column, design.models, np.array(losses), np.array(controls))


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


def _ranks(block: _Block) -> _Part:
    """The column of mean ranks."""
    column = Column(
        f"{block.column.name} rank",
        f"{block.column.label}: mean rank",
        question=block.column.question,
    )
    losses = with_worst(block.losses, axis=(1, 2)).mean(axis=2)
    test = rank_test(losses)
    ranks = dict(zip(block.models, test.mean_ranks.tolist(), strict=True))
    order = sorted(ranks, key=lambda name: ranks[name])
    pairs = _rank_pairs(order, ranks, test)
    groups = letters(order, pairs)
    size = len(block.losses)
    cells = {}
    for name in block.models:
        cells[name] = Cell(ranks[name], finished=size, total=size, group=groups[name])
    best = order[0]
    beaten = [pair.worse for pair in pairs if pair.better == best and pair.significant]
    said = "no model ranks before another beyond doubt"
    if beaten:
        said = f"{best} ranks before {', '.join(beaten)}"
    sentence = (
        f"{column.label} over {size} sources: {said} (Friedman p = {test.p:.2g}, "
        f"critical difference {test.critical_difference:.2f})."
    )
    return _Part(column, cells, sentence)


def _rank_pairs(order: Sequence[str], ranks: Mapping[str, float], test: RankTest) -> list[PairTest]:
    """All pairs of models: p is 0 where their ranks are apart, 1 where they are not."""
    pairs = []
    for better, worse in itertools.combinations(order, 2):
        gap = ranks[worse] - ranks[better]
        is_apart = test.p < LEVEL and gap > test.critical_difference
        pairs.append(PairTest(better, worse, p=1.0 - is_apart, seeds_needed=0))
    return pairs


def _enough_for_scores(block: _Block) -> bool:
    usable = int(np.isfinite(block.controls).all(axis=1).sum())
    return usable >= FEWEST_FOR_SCORES and block.losses.shape[2] >= FEWEST_SEEDS


def _scores(block: _Block) -> _Part:
    """The column of normalised scores."""
    label = block.column.label
    column = Column(f"{block.column.name} score", f"{label}: IQM", "", "max")
    scores = _on_the_scale_of_the_controls(block)
    random = _random(f"bootstrap {block.column.name}")
    size = len(scores[block.models[0]])
    means, cells = {}, {}
    for name, values in scores.items():
        mean = interquartile_mean(values)
        low, high = stratified_interval(interquartile_mean, values, random=random)
        means[name] = mean
        cells[name] = Cell(mean, low, high, finished=size, total=size)
    best, *others = sorted(means, key=lambda name: -means[name])
    parts = []
    for other in others:
        pair = scores[best], scores[other]
        chance = probability_of_improvement(*pair)
        low, high = stratified_interval(probability_of_improvement, *pair, random=random)
        parts.append(f"{other} {chance:.0%} [{low:.0%}, {high:.0%}]")
    sentence = f"{label}: probability that a run of {best} beats one of {', '.join(parts)}."
    return _Part(column, cells, sentence)


def _remarks(*, has_scores: bool) -> tuple[str, ...]:
    """What must be said below the table."""
    ranks = (
        "Mean rank over sources, 1 is best; models that share a letter cannot be told apart at the "
        "5% level (Friedman test, then Nemenyi's critical difference, with the sources as blocks)."
    )
    if has_scores:
        scores = (
            "IQM: interquartile mean over runs and sources of scores on the scale of the controls, "
            "0 as single_mode, 1 as oracle, over the sources where the metric tells these apart; ± "
            "is half the 95 % stratified bootstrap interval over seeds, for these sources."
        )
    else:
        scores = (
            "Normalised scores (IQM, probability of improvement) need "
            f"{FEWEST_FOR_SCORES} sources and {FEWEST_SEEDS} seeds."
        )
    return ranks, scores
