"""What can be concluded about the models from one metric, in letters and in a sentence."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genzoo.comparison.significance import (
    LEVEL,
    PairTest,
    compare_rows,
    letters,
    seeds_for_level,
    smallest_p,
)
from genzoo.core.results import Score
from genzoo.core.table import Column

MANY_SEEDS = 1000
"""Beyond this, a sentence says "more than"."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of all pairwise tests on one metric.

    Attributes:
        letters: By model; models that share a letter cannot be told apart.
        sentence: In plain words.
    """

    letters: Mapping[str, str]
    sentence: str


def judge(column: Column, models: Sequence[str], scores: Sequence[Score]) -> Verdict | None:
    """Test all pairs of models on one metric.

    Args:
        column: The metric.
        models: Rows to compare; controls are never in the family.
        scores: Scores of this metric on one source.

    Returns:
        None when fewer than two models have a value that ranks them, or all values are the same; no letters where
        some values are bounds and some are not.
    """
    losses = {model: seed_losses(column, [score for score in scores if score.model == model]) for model in models}
    losses = {model: values for model, values in losses.items() if values and not all(map(math.isnan, values))}
    if not column.ranked or len(losses) < 2 or len({value for values in losses.values() for value in values}) == 1:
        return None
    bounded = _bounded(losses, scores)
    if 0 < len(bounded) < len(losses):
        return Verdict({}, f"{column.label}: not ranked, as only a bound is known of {listed(bounded)}.")
    seeds = len(next(iter(losses.values())))
    if smallest_p(seeds) >= LEVEL:
        return Verdict(
            {},
            f"{column.label}: nothing can be concluded from {seeds} seed{'s' if seeds > 1 else ''} "
            f"(smallest attainable p {smallest_p(seeds):.2g}); at least {seeds_for_level()} are needed.",
        )
    tests = compare_rows(losses)
    order = sorted(losses, key=lambda model: float(np.nanmean(losses[model])))
    return Verdict(letters(order, tests), _sentence(column, order, tests, seeds))


def explain_letters(seeds: int) -> str:
    """The remark that says what letters mean."""
    return (
        f"Models that share a letter cannot be told apart on that metric at the {LEVEL:.0%} level: step-down max-T "
        f"test with joint sign flips over {seeds} paired seeds, all pairs of models of one metric as the family, "
        f"controls left out (smallest attainable p {smallest_p(seeds):.2g})."
    )


def seed_losses(column: Column, scores: Sequence[Score]) -> list[float]:
    """A row's values in the order of the seeds, turned so that smaller is better.

    NaN for a diverged run; empty where the metric does not apply.
    """
    losses = []
    for score in sorted(scores, key=lambda score: score.seed):
        if score.value is None:
            if score.status == "finished":
                return []
            losses.append(math.nan)
        elif column.direction == "target":
            if score.ceiling is None:
                return []
            losses.append(abs(score.value - score.ceiling))
        else:
            losses.append(score.value if column.direction == "min" else -score.value)
    return losses


def _bounded(models: Iterable[str], scores: Sequence[Score]) -> list[str]:
    """The models whose values are bounds."""
    return [model for model in models if any(score.model == model and score.bound != "none" for score in scores)]


def _sentence(column: Column, order: Sequence[str], tests: Sequence[PairTest], seeds: int) -> str:
    best = order[0]
    against = {(test.worse if test.better == best else test.better): test for test in tests if best in _names(test)}
    beaten = [model for model in order[1:] if against[model].significant and against[model].better == best]
    level = [model for model in order[1:] if model not in beaten]
    if not beaten and not any(test.significant for test in tests):
        closest = min(tests, key=lambda test: test.seeds_needed)
        return (
            f"{column.label}: no difference between the models is beyond doubt after {seeds} seeds "
            f"({_more_seeds(closest.seeds_needed, seeds)} the largest one, {closest.better} before {closest.worse})."
        )
    parts = []
    if beaten:
        p = max(against[model].p for model in beaten)
        parts.append(f"{best} is better than {listed(beaten)} (p ≤ {_rounded_up(p)})")
    for model in level:
        test = against[model]
        parts.append(
            f"{best} and {model} cannot be told apart (p = {test.p:.2g}; {_more_seeds(test.seeds_needed, seeds)} it)"
        )
    return f"{column.label}: {'; '.join(parts)}."


def _more_seeds(needed: int, seeds: int) -> str:
    if needed > MANY_SEEDS:
        return f"more than {MANY_SEEDS} seeds would be needed to settle"
    if needed <= seeds:
        return f"by its size about {needed} seeds should settle"
    return f"about {needed} seeds would settle"


def _names(test: PairTest) -> tuple[str, str]:
    return test.better, test.worse


def _rounded_up(p: float) -> str:
    scale = 10.0 ** (1 - math.floor(math.log10(p)))
    return f"{math.ceil(p * scale - 1e-9) / scale:.2g}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
