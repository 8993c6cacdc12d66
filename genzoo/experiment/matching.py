"""All models of a comparison on equal footing: as many optimiser updates, seconds of training, or parameters."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from genzoo.core.budget import budget_of
from genzoo.core.model import GenerativeModel, Update
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.experiment.calibration import CALIBRATION, Calibration, UntimedError
from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.registry import suggestion
from genzoo.results.types import Score
from genzoo.training.process_state import drawing_from

Kind = Literal["updates", "seconds", "parameters"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Resize = Callable[[Contestant, int], Contestant]
"""A contestant whose width option has another value."""

MANY = 1000
"""Steps from which the updates of a step are counted, whatever the windows."""


@dataclass(frozen=True)
class Match:
    """What all models of a comparison are to have as much of.

    Attributes:
        kind: What.
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
            raise InputError(
                f"match takes {', '.join(KINDS)} or seconds:N, got {text!r}: {suggestion(name, [*KINDS])}"
            )
        if not colon:
            return cls(kind)
        if kind != "seconds":
            raise InputError(f"match {kind} takes no number, got {text!r}: only seconds:N does")
        return cls(kind, _positive(number, text))

    def __str__(self) -> str:
        return self.kind if self.seconds is None else f"{self.kind}:{self.seconds:g}"


def matched(
    experiment: Experiment, match: Match, calibration: Calibration, resize: Resize
) -> Experiment:
    """The experiment with its models on equal footing on each source, and the sentences that say how.

    Args:
        experiment: What is compared; its recipes and options are what is matched to the largest of
            them.
        match: What is matched.
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
            found, notes[problem.name] = _by_updates(experiment, problem)
        elif match.kind == "seconds":
            found, notes[problem.name] = _by_seconds(
                experiment, problem, match.seconds, calibration
            )
        else:
            found, notes[problem.name] = _by_parameters(experiment, problem, resize)
        changed |= {(problem.name, contestant.name): contestant for contestant in found}
    return replace(experiment, match=str(match), matched=changed, match_notes=notes)


def match_remarks(experiment: Experiment, problem: Problem, scores: Sequence[Score]) -> list[str]:
    """What a table says of a match: how it was made and, of seconds, what was reached.

    Args:
        experiment: What was compared.
        problem: Whose table.
        scores: Of the problem.
    """
    note = experiment.match_notes.get(problem.name, "")
    if not note:
        return []
    if not experiment.match.startswith("seconds"):
        return [note]
    rows = [contestant.name for contestant in experiment.contestants]
    reached = {
        row: _training_seconds([score for score in scores if score.model == row]) for row in rows
    }
    told = [f"{row} {seconds:.3g} s" for row, seconds in reached.items() if seconds is not None]
    return [f"{note} Reached: {', '.join(told)}."] if told else [note]


def _by_updates(experiment: Experiment, problem: Problem) -> tuple[list[Contestant], str]:
    updates = {c.name: _updates(c, problem) for c in experiment.contestants}
    made = {c.name: budget_of(updates[c.name], c.recipe).updates for c in experiment.contestants}
    most = max(made, key=lambda name: made[name], default="")
    if not most:
        return [], ""
    target = made[most]
    found, parts, without = [], [], []
    for contestant in experiment.contestants:
        recipe = _with_updates(contestant.recipe, updates[contestant.name], target)
        found.append(replace(contestant, recipe=recipe))
        budget = budget_of(updates[contestant.name], recipe)
        rounded = "" if budget.updates == target else f" ({budget.updates:,} updates)"
        if budget.updates:
            parts.append(f"{contestant.name} {budget.steps:,} steps{rounded}")
        else:
            without.append(f"{contestant.name} makes no updates and is as it is.")
    said = f"Matched by updates: each model makes {target:,} optimiser updates, of all its networks together, as many"
    return found, " ".join([f"{said} as {most} by its recipe: {', '.join(parts)}.", *without])


def _with_updates(recipe: Recipe, updates: Sequence[Update], target: int) -> Recipe:
    """The recipe with the number of steps that makes the nearest number of updates."""
    each = budget_of(updates, recipe.override(steps=MANY)).updates / MANY
    if not each or budget_of(updates, recipe).updates == target:
        return recipe
    guess = round(target / each)
    near = [recipe.override(steps=steps) for steps in range(max(guess - 2, 0), guess + 3)]
    return min(near, key=lambda one: abs(budget_of(updates, one).updates - target))


def _by_seconds(
    experiment: Experiment, problem: Problem, asked: float | None, calibration: Calibration
) -> tuple[list[Contestant], str]:
    trained = [contestant for contestant in experiment.contestants if _updates(contestant, problem)]
    names = [contestant.name for contestant in trained]
    kept = [
        f"{c.name} has no training steps and is as it is."
        for c in experiment.contestants
        if c.name not in names
    ]
    taken: dict[str, float] = {}
    for contestant in trained:
        try:
            taken[contestant.name] = calibration.seconds(contestant, problem)
        except UntimedError as error:
            kept.append(f"{contestant.name} could not be timed ({error}) and is as it is.")
    if not taken:
        return [], " ".join(kept)
    slowest = max(taken, key=lambda name: taken[name])
    target = taken[slowest] if asked is None else asked
    found = []
    for contestant in trained:
        if contestant.name in taken and (asked is not None or contestant.name != slowest):
            steps = calibration.steps(contestant, problem, target)
            found.append(replace(contestant, recipe=contestant.recipe.override(steps=steps)))
    steps_of = {contestant.name: contestant.recipe.steps for contestant in [*trained, *found]}
    parts = ", ".join(f"{name} {steps_of[name]:,} steps" for name in taken)
    aim = f"as long as {slowest} by its recipe" if asked is None else "as asked for"
    seeds = f", its {len(experiment.seeds)} seeds together" if len(experiment.seeds) > 1 else ""
    note = (
        f"Matched by seconds: each model trains for about {target:.3g} s{seeds}, {aim}; steps follow from a short "
        f"timed training, kept in {CALIBRATION}, and have two significant digits: {parts}."
    )
    return found, " ".join([note, *kept])


def _by_parameters(
    experiment: Experiment, problem: Problem, resize: Resize
) -> tuple[list[Contestant], str]:
    counts = {
        contestant.name: _parameters(contestant, problem) for contestant in experiment.contestants
    }
    largest = max(counts, key=lambda name: counts[name], default="")
    if not largest:
        return [], ""
    target = counts[largest]
    short = [
        contestant for contestant in experiment.contestants if counts[contestant.name] < target
    ]
    if short and all(contestant.width is None for contestant in short):
        name = short[0].name
        raise InputError(
            f"match parameters cannot scale {name}, with {counts[name]:,} parameters against the {target:,} of "
            f"{largest} on {problem.name}: it has no width option"
        )
    found = [
        _with_parameters(contestant, problem, target, resize)
        for contestant in experiment.contestants
    ]
    parts = [
        _scaling(old, new, problem) for old, new in zip(experiment.contestants, found, strict=True)
    ]
    said = f"Matched by parameters: each model has about as many trained parameters as the largest, {largest}, by its "
    return found, f"{said}width: {'; '.join(parts)}."


def _scaling(old: Contestant, new: Contestant, problem: Problem) -> str:
    """What was done to a model: "vae: width 64 -> 91, 17,204 parameters"."""
    count = f"{_parameters(new, problem):,} parameters"
    if old.width is None or new.width is None:
        return f"{new.name}: no width option, {count}"
    before, after = old.width.value, new.width.value
    return f"{new.name}: {new.width.option} {before if before == after else f'{before} -> {after}'}, {count}"


def _with_parameters(
    contestant: Contestant, problem: Problem, target: int, resize: Resize
) -> Contestant:
    """The contestant with the width at which its number of parameters is nearest; itself where none is nearer."""
    if contestant.width is None:
        return contestant

    def count(width: int) -> int:
        return _parameters(resize(contestant, width), problem)

    base = contestant.width.value
    low = high = base
    while count(high) < target:
        low, high = high, 2 * high
        if count(high) <= count(low):
            return contestant
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < target else (low, middle)
    width = min((low, high), key=lambda one: abs(count(one) - target))
    return contestant if width == base else resize(contestant, width)


def _parameters(contestant: Contestant, problem: Problem) -> int:
    return sum(parameter.numel() for parameter in _untrained(contestant, problem).parameters())


def _updates(contestant: Contestant, problem: Problem) -> tuple[Update, ...]:
    return _untrained(contestant, problem).updates()


def _untrained(contestant: Contestant, problem: Problem) -> GenerativeModel:
    """The model on a problem; torch's global generator is put back."""
    with drawing_from(stream(0, "matching")):
        return contestant.build(problem.source.event_shape)


def _training_seconds(scores: Sequence[Score]) -> float | None:
    """Seconds that the runs of a row took to train, together."""
    by_seed: Mapping[int, float | None] = {score.seed: score.training_seconds for score in scores}
    known = [seconds for seconds in by_seed.values() if seconds is not None]
    return sum(known) if known else None


def _positive(number: str, text: str) -> float:
    try:
        seconds = float(number)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError(f"match seconds:N takes a positive number of seconds, got {text!r}")
    return seconds
