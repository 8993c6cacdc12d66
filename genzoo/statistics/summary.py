"""The table over all sources of a comparison.

Mean ranks and, with enough sources and seeds, normalised scores.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genzoo.core.noise import stream
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import Score
from genzoo.statistics.across import (
    FEWEST_FOR_SCORES,
    FEWEST_SEEDS,
    RankTest,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    profile_band,
    rank_test,
    stratified_interval,
)
from genzoo.statistics.blocks import Block, Design, blocks
from genzoo.statistics.letters import letters
from genzoo.statistics.significance import LEVEL, PairTest, with_worst

LEVELS = 121
"""Points of a performance profile."""
LOWEST = 1.0
"""How far below the collapsed control a profile reaches, in units of its distance to the truth."""


@dataclass(frozen=True)
class _Part:
    """A column of the table over all sources.

    Attributes:
        column: Its header: the metric, and what is shown of it.
        cells: By model.
        sentence: What can be concluded from it, in plain words.
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
    for block in blocks(design, scores):
        parts.append(_ranks(block))
        if block.is_enough_for_scores:
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
    for block in blocks(design, scores):
        if block.is_enough_for_scores:
            return _profiles(block)
    return None


def _profiles(block: Block) -> PerformanceProfiles:
    scores_of = block.normalised_scores()
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


def _ranks(block: Block) -> _Part:
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


def _scores(block: Block) -> _Part:
    """The column of normalised scores."""
    label = block.column.label
    column = Column(f"{block.column.name} score", f"{label}: IQM", "", "max")
    scores = block.normalised_scores()
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
