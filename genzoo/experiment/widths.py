"""How large a model is on a problem, and the width that makes it as large as another."""

from collections.abc import Callable

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.experiment.experiment import Contestant, Problem
from genzoo.training.process_state import drawing_from

Resize = Callable[[Contestant, int], Contestant]
"""A contestant whose width option has another value."""


def with_parameters(
    contestant: Contestant, problem: Problem, target: int, resize: Resize
) -> Contestant:
    """The contestant with the width at which its number of parameters is nearest to the target.

    Itself where no other width brings it nearer.

    Args:
        contestant: The model by its own options.
        problem: Whose examples it makes.
        target: How many parameters are wanted.
        resize: Sets the width of a model.
    """
    if contestant.width is None:
        return contestant

    def count(width: int) -> int:
        return count_parameters(resize(contestant, width), problem)

    base = contestant.width.value
    low = high = base
    while count(high) < target:
        low, high = high, 2 * high
        if count(high) <= count(low):
            return contestant
    while high - low > 1:
        middle = (low + high) // 2
        if count(middle) < target:
            low = middle
        else:
            high = middle
    width = min((low, high), key=lambda one: abs(count(one) - target))
    if width == base:
        return contestant
    return resize(contestant, width)


def count_parameters(contestant: Contestant, problem: Problem) -> int:
    """How many trained parameters a model has on a problem."""
    model = untrained(contestant, problem)
    return sum(parameter.numel() for parameter in model.parameters())


def untrained(contestant: Contestant, problem: Problem) -> GenerativeModel:
    """The model on a problem; torch's global generator is put back."""
    with drawing_from(stream(0, "matching")):
        return contestant.build_on(problem.source)


def scaling(old: Contestant, new: Contestant, problem: Problem) -> str:
    """What was done to a model: "vae: width 64 -> 91, 17,204 parameters"."""
    count = f"{count_parameters(new, problem):,} parameters"
    if old.width is None or new.width is None:
        return f"{new.name}: no width option, {count}"
    width = str(new.width.value)
    if old.width.value != new.width.value:
        width = f"{old.width.value} -> {width}"
    return f"{new.name}: {new.width.option} {width}, {count}"
