"""All models of a comparison on equal footing.

They get as many optimiser updates, seconds of training, or parameters.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from genzoo.core.budget import budget_of
from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.experiment.calibration import CALIBRATION, Calibration, UntimedError
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.experiment.widths import (
    Resize,
    count_parameters,
    scaling,
    untrained,
    with_parameters,
)
from genzoo.registry import suggestion
from genzoo.results.types import Score

Kind = Literal["updates", "seconds", "parameters"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MANY = 1000
"""Steps from which the updates of a step are counted, whatever the windows."""


@dataclass(frozen=True)
class Match:
    """What all models of a comparison are to have as much of.

    Attributes:
        kind: Of what: optimiser updates, seconds of training, or parameters.
        seconds: For `"seconds"`, how many; None for as many as the slowest model takes by its
            recipe.
    """

    kind: Kind
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Match":
        """Read `updates`, `seconds`, `seconds:30` or `parameters`.

        Raises:
            InputError: On anything else.
        """
        if not isinstance(text, str):
            raise InputError(
                f"match must be updates, seconds, seconds:N or parameters, got {text!r}"
            )
        name, colon, number = text.strip().partition(":")
        kind = next((kind for kind in KINDS if kind == name), None)
        if kind is None:
            near = suggestion(name, [*KINDS])
            raise InputError(f"match takes {', '.join(KINDS)} or seconds:N, got {text!r}: {near}")
        if not colon:
            return cls(kind)
        if kind != "seconds":
            raise InputError(f"match {kind} takes no number, got {text!r}: only seconds:N does")
        return cls(kind, _positive(number, text))

    def __str__(self) -> str:
        if self.seconds is None:
            return self.kind
        return f"{self.kind}:{self.seconds:g}"


@dataclass(frozen=True)
class Matched:
    """How the models of a comparison were matched on one source.

    Attributes:
        contestants: Those that may have been changed, as they are trained there.
        note: The sentence that says how; empty where there was nothing to match.
    """

    contestants: Sequence[Contestant] = ()
    note: str = ""


def matched(
    experiment: Experiment, match: Match, calibration: Calibration, resize: Resize
) -> Experiment:
    """The experiment with its models on equal footing on each source, and how that was done.

    Args:
        experiment: What is compared; its recipes and options are what is matched to the largest of
            them.
        match: What all models are to have as much of.
        calibration: Knows or finds how long trainings take.
        resize: Sets the width of a model.

    Raises:
        InputError: When parameters are to be matched and no model that falls short has a width to
            scale.
    """
    changed: dict[tuple[str, str], Contestant] = {}
    notes = {}
    for problem in experiment.problems:
        if match.kind == "updates":
            outcome = _by_updates(experiment, problem)
        elif match.kind == "seconds":
            outcome = _by_seconds(experiment, problem, match.seconds, calibration)
        else:
            outcome = _by_parameters(experiment, problem, resize)
        notes[problem.name] = outcome.note
        for contestant in outcome.contestants:
            changed[problem.name, contestant.name] = contestant
    return replace(experiment, match=str(match), matched=changed, match_notes=notes)


def match_remarks(experiment: Experiment, problem: Problem, scores: Sequence[Score]) -> list[str]:
    """What a table says of a match: how it was made and, of seconds, what was reached.

    Args:
        experiment: The comparison, as `matched` made it.
        problem: The source of the table.
        scores: All scores on that source.
    """
    note = experiment.match_notes.get(problem.name, "")
    if not note:
        return []
    if not experiment.match.startswith("seconds"):
        return [note]
    reached = []
    for contestant in experiment.contestants:
        seconds = _training_seconds(contestant.name, scores)
        if seconds is not None:
            reached.append(f"{contestant.name} {seconds:.3g} s")
    if not reached:
        return [note]
    return [f"{note} Reached: {', '.join(reached)}."]


def _by_updates(experiment: Experiment, problem: Problem) -> Matched:
    """Each model makes as many updates as the one that makes most by its recipe."""
    updates: dict[str, tuple[Update, ...]] = {}
    counts: dict[str, int] = {}
    for contestant in experiment.contestants:
        name = contestant.name
        updates[name] = untrained(contestant, problem).updates()
        counts[name] = budget_of(updates[name], contestant.recipe).updates
    most = _largest(counts)
    if not most:
        return Matched()
    target = counts[most]
    contestants, parts, without = [], [], []
    for contestant in experiment.contestants:
        own = updates[contestant.name]
        recipe = _with_updates(contestant.recipe, own, target)
        contestants.append(replace(contestant, recipe=recipe))
        budget = budget_of(own, recipe)
        part = f"{contestant.name} {budget.steps:,} steps"
        if not budget.updates:
            without.append(f"{contestant.name} makes no updates and is as it is.")
        elif budget.updates == target:
            parts.append(part)
        else:
            parts.append(f"{part} ({budget.updates:,} updates)")
    said = (
        f"Matched by updates: each model makes {target:,} optimiser updates, of all its networks "
        f"together, as many as {most} by its recipe: {', '.join(parts)}."
    )
    return Matched(contestants, " ".join([said, *without]))


def _with_updates(recipe: Recipe, updates: Sequence[Update], target: int) -> Recipe:
    """The recipe with the number of steps that makes the nearest number of updates."""
    each = budget_of(updates, recipe.override(steps=MANY)).updates / MANY
    if not each or budget_of(updates, recipe).updates == target:
        return recipe
    guess = round(target / each)

    def distance(steps: int) -> int:
        return abs(budget_of(updates, recipe.override(steps=steps)).updates - target)

    steps = min(range(max(guess - 2, 0), guess + 3), key=distance)
    return recipe.override(steps=steps)


def _by_seconds(
    experiment: Experiment, problem: Problem, asked: float | None, calibration: Calibration
) -> Matched:
    """Each model trains as long as asked for, or as long as the slowest does by its recipe."""
    seconds, unchanged = _timed(experiment, problem, calibration)
    if not seconds:
        return Matched(note=" ".join(unchanged))
    slowest = _largest(seconds)
    target, aim = asked, "as asked for"
    if target is None:
        target, aim = seconds[slowest], f"as long as {slowest} by its recipe"
    contestants, parts = [], []
    for contestant in experiment.contestants:
        if contestant.name not in seconds:
            continue
        steps = contestant.recipe.steps
        if asked is not None or contestant.name != slowest:
            steps = calibration.steps(contestant, problem, target)
            recipe = contestant.recipe.override(steps=steps)
            contestants.append(replace(contestant, recipe=recipe))
        parts.append(f"{contestant.name} {steps:,} steps")
    together = ""
    if len(experiment.seeds) > 1:
        together = f", its {len(experiment.seeds)} seeds together"
    note = (
        f"Matched by seconds: each model trains for about {target:.3g} s{together}, {aim}; "
        f"steps follow from a short timed training, kept in {CALIBRATION}, and have two "
        f"significant digits: {', '.join(parts)}."
    )
    return Matched(contestants, " ".join([note, *unchanged]))


def _timed(
    experiment: Experiment, problem: Problem, calibration: Calibration
) -> tuple[dict[str, float], list[str]]:
    """By model, how long its recipe takes; and sentences on the models that have no such time."""
    seconds: dict[str, float] = {}
    without, failed = [], []
    for contestant in experiment.contestants:
        name = contestant.name
        if not untrained(contestant, problem).updates():
            without.append(f"{name} has no training steps and is as it is.")
            continue
        try:
            seconds[name] = calibration.seconds(contestant, problem)
        except UntimedError as error:
            failed.append(f"{name} could not be timed ({error}) and is as it is.")
    return seconds, [*without, *failed]


def _by_parameters(experiment: Experiment, problem: Problem, resize: Resize) -> Matched:
    """Each model gets about as many parameters as the one that has most, by its width."""
    contestants = experiment.contestants
    counts = {one.name: count_parameters(one, problem) for one in contestants}
    largest = _largest(counts)
    if not largest:
        return Matched()
    target = counts[largest]
    short = [one for one in contestants if counts[one.name] < target]
    if short and all(one.width is None for one in short):
        name = short[0].name
        raise InputError(
            f"match parameters cannot scale {name}, with {counts[name]:,} parameters against the "
            f"{target:,} of {largest} on {problem.name}: it has no width option"
        )
    resized, parts = [], []
    for contestant in contestants:
        wider = with_parameters(contestant, problem, target, resize)
        resized.append(wider)
        parts.append(scaling(contestant, wider, problem))
    note = (
        "Matched by parameters: each model has about as many trained parameters as the largest, "
        f"{largest}, by its width: {'; '.join(parts)}."
    )
    return Matched(resized, note)


def _largest(amounts: Mapping[str, float]) -> str:
    """The first model that has most; nothing where there are none."""
    return max(amounts, key=lambda name: amounts[name], default="")


def _training_seconds(row: str, scores: Sequence[Score]) -> float | None:
    """Seconds that the runs of a row took to train, together."""
    by_seed: dict[int, float] = {}
    for score in scores:
        if score.model == row and score.training_seconds is not None:
            by_seed[score.seed] = score.training_seconds
    if not by_seed:
        return None
    return sum(by_seed.values())


def _positive(number: str, text: str) -> float:
    try:
        seconds = float(number)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError(f"match seconds:N takes a positive number of seconds, got {text!r}")
    return seconds
