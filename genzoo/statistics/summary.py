"""The table over all sources of a comparison: mean ranks and, with enough sources and seeds, normalised scores."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
LOWEST = 1.0
"""How far below the collapsed control a profile reaches, in units of its distance from the truth.
"""


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


def summarise(design: Design, scores: Sequence[Score]) -> SourceTable | None:
    """Models over all sources, metric by metric; None with too few sources, or nothing to rank.

    From 5 sources on: mean ranks with Friedman's test and Nemenyi's critical difference, the
    sources as blocks. From 8 sources and 10 seeds on: the interquartile mean of scores on the scale
    of the controls, and the probability that a run of the best model beats a run of another.
    """
    columns: list[Column] = []
    cells: dict[tuple[str, str], Cell] = {}
    conclusions: list[str] = []
    for block in _blocks(design, scores):
        column, found, sentence = _ranks(block)
        columns.append(column)
        cells |= found
        conclusions.append(sentence)
        if _enough_for_scores(block):
            column, found, sentence = _scores(block)
            columns.append(column)
            cells |= found
            conclusions.append(sentence)
    if not columns:
        return None
    title = f"all {len(design.sources)} sources"
    return SourceTable(
        title, tuple(columns), design.models, cells, _remarks(columns), tuple(conclusions)
    )


def profiles(design: Design, scores: Sequence[Score]) -> PerformanceProfiles | None:
    """Performance profiles by the first metric that has 8 sources and 10 seeds; None where there is none."""
    block = next(filter(_enough_for_scores, _blocks(design, scores)), None)
    if block is None:
        return None
    found = _on_the_scale_of_the_controls(block)
    every = np.stack(list(found.values()))
    levels = np.linspace(
        min(0.0, max(-LOWEST, float(every.min()))), max(1.0, float(every.max())), LEVELS
    )
    random = np.random.default_rng(stream(0, f"profile {block.column.name}").initial_seed())
    curves = {
        name: ProfileCurve(
            performance_profile(values, levels), *profile_band(values, levels, random=random)
        )
        for name, values in found.items()
    }
    _, sources, seeds = every.shape
    return PerformanceProfiles(block.column, sources, seeds, levels, curves)


def _blocks(design: Design, scores: Sequence[Score]) -> Iterator[_Block]:
    if len(design.models) < 2 or len(design.sources) < FEWEST_FOR_RANKS:
        return
    yield from filter(None, (_block(design, column, scores) for column in design.columns))


def _on_the_scale_of_the_controls(block: _Block) -> dict[str, Array]:
    """By model, the normalised scores `(N, S)` on the sources where the metric tells the controls apart."""
    usable = np.isfinite(block.controls).all(axis=1)
    worst, best = block.controls[usable].T
    return {
        name: normalised(block.losses[usable][:, at], worst, best)
        for at, name in enumerate(block.models)
    }


def _block(design: Design, column: Column, scores: Sequence[Score]) -> _Block | None:
    if not column.ranked:
        return None
    losses, controls = [], []
    for source in design.sources:
        here = [score for score in scores if score.metric == column.name and score.source == source]
        rows = [_losses(column, here, name) for name in design.models]
        kinds = {
            score.bound
            for score in here
            if score.model in design.models and score.value is not None
        }
        if not all(rows) or len(kinds) != 1:
            continue
        losses.append(rows)
        controls.append(_control_losses(column, here))
    if len(losses) < FEWEST_FOR_RANKS:
        return None
    return _Block(column, design.models, np.array(losses), np.array(controls))


def _losses(column: Column, scores: Sequence[Score], row: str) -> list[float]:
    """Of a row, smaller is better, NaN for a diverged run; empty where the metric does not apply."""
    mine = [score for score in scores if score.model == row]
    if mine and all(score.status != "finished" for score in mine):
        return [math.nan] * len(mine)
    series = series_of(mine, column.direction)
    return [] if series is None else series.losses.tolist()


def _control_losses(column: Column, scores: Sequence[Score]) -> tuple[float, float]:
    """Of the collapsed control and of the truth; NaN where the metric does not tell them apart."""
    worst, best = (
        np.array(_losses(column, scores, name), dtype=np.float64)
        for name in ("single_mode", "oracle")
    )
    if len(worst) < 2 or len(best) < 2:
        return np.nan, np.nan
    error = np.hypot(worst.std(ddof=1) / np.sqrt(len(worst)), best.std(ddof=1) / np.sqrt(len(best)))
    if not worst.mean() - best.mean() > 4 * error:
        return np.nan, np.nan
    return float(worst.mean()), float(best.mean())


def _ranks(block: _Block) -> tuple[Column, dict[tuple[str, str], Cell], str]:
    name, label = f"{block.column.name} rank", f"{block.column.label}: mean rank"
    column = Column(name, label, question=block.column.question)
    losses = with_worst(block.losses, axis=(1, 2)).mean(axis=2)
    test = rank_test(losses)
    order = [block.models[at] for at in np.argsort(test.mean_ranks, kind="stable")]
    rank = dict(zip(block.models, test.mean_ranks.tolist(), strict=True))
    apart = [
        PairTest(
            first, second, 0.0 if rank[second] - rank[first] > test.critical_difference else 1.0, 0
        )
        for at, first in enumerate(order)
        for second in order[at + 1 :]
    ]
    apart = [test_of if test.p < LEVEL else replace(test_of, p=1.0) for test_of in apart]
    groups = letters(order, apart)
    size = len(block.losses)
    cells = {
        (name, column.name): Cell(rank[name], finished=size, total=size, group=groups[name])
        for name in block.models
    }
    best, beaten = (
        order[0],
        [pair.worse for pair in apart if pair.better == order[0] and pair.significant],
    )
    what = (
        f"{best} ranks before {', '.join(beaten)}"
        if beaten
        else "no model ranks before another beyond doubt"
    )
    sentence = (
        f"{column.label} over {size} sources: {what} (Friedman p = {test.p:.2g}, critical difference "
        f"{test.critical_difference:.2f})."
    )
    return column, cells, sentence


def _enough_for_scores(block: _Block) -> bool:
    usable = int(np.isfinite(block.controls).all(axis=1).sum())
    return usable >= FEWEST_FOR_SCORES and block.losses.shape[2] >= FEWEST_SEEDS


def _scores(block: _Block) -> tuple[Column, dict[tuple[str, str], Cell], str]:
    column = Column(f"{block.column.name} score", f"{block.column.label}: IQM", "", "max")
    scores = _on_the_scale_of_the_controls(block)
    random = np.random.default_rng(stream(0, f"bootstrap {block.column.name}").initial_seed())
    size = len(scores[block.models[0]])
    cells = {}
    for name, values in scores.items():
        low, high = stratified_interval(interquartile_mean, values, random=random)
        cells[name, column.name] = Cell(
            interquartile_mean(values), low, high, finished=size, total=size
        )
    first, *others = sorted(scores, key=lambda name: -interquartile_mean(scores[name]))
    parts = []
    for other in others:
        pair = scores[first], scores[other]
        low, high = stratified_interval(probability_of_improvement, *pair, random=random)
        parts.append(f"{other} {probability_of_improvement(*pair):.0%} [{low:.0%}, {high:.0%}]")
    return (
        column,
        cells,
        f"{block.column.label}: probability that a run of {first} beats one of {', '.join(parts)}.",
    )


def _remarks(columns: Sequence[Column]) -> tuple[str, ...]:
    remarks = [
        "Mean rank over sources, 1 is best; models that share a letter cannot be told apart at the 5% level (Friedman "
        "test, then Nemenyi's critical difference, with the sources as blocks)."
    ]
    if any(column.name.endswith(" score") for column in columns):
        remarks.append(
            "IQM: interquartile mean over runs and sources of scores on the scale of the controls, 0 as single_mode, 1 "
            "as oracle, over the sources where the metric tells these apart; ± is half the 95 % stratified bootstrap "
            "interval over seeds, for these sources."
        )
    else:
        remarks.append(
            f"Normalised scores (IQM, probability of improvement) need {FEWEST_FOR_SCORES} sources and "
            f"{FEWEST_SEEDS} seeds."
        )
    return tuple(remarks)
