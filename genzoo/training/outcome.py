"""What a loss gave at one step, and the order in which its tensors stand in a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from genzoo.core.model import Step


@dataclass(frozen=True)
class Outcome:
    """What an optimiser step needs of a loss.

    Attributes:
        step: What the loss returned, tensors `(S,)`, or 0-d for one seed.
        losses: The sum of its terms, of the same shape.
        gradients: Of the sum over seeds, one for each parameter of the update; zeros where the loss
            reads none.
    """

    step: Step
    losses: Tensor
    gradients: Sequence[Tensor]

    @property
    def layout(self) -> "Layout":
        """The names that `values` leaves out."""
        step = self.step
        return Layout(tuple(step.terms), tuple(step.monitors), tuple(step.state))

    @property
    def values(self) -> list[Tensor]:
        """All tensors: terms, monitors, state, losses, gradients."""
        step = self.step
        named = (*step.terms.values(), *step.monitors.values(), *step.state.values())
        return [*named, self.losses, *self.gradients]


class Layout(NamedTuple):
    """The names of the tensors that a loss returned, in the order of `Outcome.values`."""

    terms: tuple[str, ...]
    monitors: tuple[str, ...]
    state: tuple[str, ...]

    def outcome(self, values: Sequence[Tensor]) -> Outcome:
        """The outcome that has these values."""
        first = len(self.terms)
        second = first + len(self.monitors)
        third = second + len(self.state)
        step = Step(
            dict(zip(self.terms, values[:first], strict=True)),
            dict(zip(self.monitors, values[first:second], strict=True)),
            dict(zip(self.state, values[second:third], strict=True)),
        )
        return Outcome(step, values[third], values[third + 1 :])
