"""How a registered name is best trained, apart from what it is."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from genzoo.errors import InputError

MOST = 1_000_000_000
"""Steps, and examples in a batch."""
LARGEST, LARGEST_INTEGER = 1e30, 1e15
"""Of the numbers of a recipe: beyond, single precision has nothing to say."""


@dataclass(frozen=True)
class Recipe:
    """Training settings.

    A registered model carries its recommended ones, and the user overrides any field.

    Attributes:
        steps: Training steps; in each, every active update of the model takes its turn.
        batch_size: Examples per optimiser step.
        optimiser: `"adam"` (Kingma and Ba 2015), `"sgd"` or `"rmsprop"`.
        learning_rate: One for all updates, or one for each update name.
        betas: Adam's decay rates.
        schedule: `"constant"`, or `"cosine"` down to `final_learning_rate` times the initial rate.
        final_learning_rate: Fraction of the learning rate left at the end of a cosine schedule.
        gradient_clip: Largest gradient norm of each seed and update; None for no clipping.
        averaging: Decay d of an exponential moving average of the weights of all steps,
            sum_s d^(t - s) w_s / sum_s d^(t - s); None for none. The averaged weights are then the
            ones sampled from, and the last ones are kept beside them.
        standardisation: How examples are brought to model units. `"scalar"`: subtract the mean
            vector, divide by one scalar, the root mean variance. `"column"`: divide each column by
            its own standard deviation (a constant column by 1). `"robust"`: first replace each
            column by asinh((x - median) / IQR), for heavy tails and wild cells. `"none"`: data
            units. `"source"`: what the source recommends.
    """

    steps: int = 2000
    batch_size: int = 128
    optimiser: Literal["adam", "sgd", "rmsprop"] = "adam"
    learning_rate: float | Mapping[str, float] = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Literal["constant", "cosine"] = "constant"
    final_learning_rate: float = 0.02
    gradient_clip: float | None = None
    averaging: float | None = None
    standardisation: Literal["source", "scalar", "column", "robust", "none"] = "source"

    def __post_init__(self) -> None:
        decay, norm = self.averaging, self.gradient_clip
        self._require("steps", _is_count(self.steps, 0), f"an integer from 0 to {MOST:,}")
        self._require("batch_size", _is_count(self.batch_size, 1), f"an integer from 1 to {MOST:,}")
        self._require("learning_rate", _are_rates(self.learning_rate), "positive")
        self._require("betas", _are_betas(self.betas), "two numbers in [0, 1)")
        floor = self.final_learning_rate
        self._require("final_learning_rate", _is_number(floor) and floor >= 0, "at least 0")
        self._require("averaging", decay is None or _is_decay(decay), "none or in [0, 1)")
        self._require("gradient_clip", norm is None or _is_positive(norm), "none or positive")
        first, second = self.betas
        object.__setattr__(self, "betas", (float(first), float(second)))
        for name, choices in CHOICES.items():
            expected = "one of " + ", ".join(choices)
            self._require(name, getattr(self, name) in choices, expected)

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if holds:
            return
        got = getattr(self, name)
        if isinstance(got, int | float) and abs(got) > _largest(got):
            expected += f", at most {_largest(got):g}"
        raise InputError(f"recipe field {name} must be {expected}, got {got!r}")

    def override(self, **fields: Any) -> "Recipe":
        """A copy with some fields replaced.

        Raises:
            InputError: On an unknown field or a value out of range.
        """
        names = [field.name for field in dataclasses.fields(self)]
        for name in fields:
            if name not in names:
                raise InputError(f"a recipe has no field {name!r}: choose from {', '.join(names)}")
        return dataclasses.replace(self, **fields)

    def rate(self, update: str) -> float:
        """The initial learning rate of an update.

        Raises:
            InputError: When rates are given per update and this one is missing.
        """
        if not isinstance(self.learning_rate, Mapping):
            return self.learning_rate
        if update not in self.learning_rate:
            names = sorted(self.learning_rate)
            raise InputError(f"learning_rate names {names}, but the model updates {update!r}")
        return self.learning_rate[update]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The inverse of `to_dict`."""
        return cls().override(**fields)


CHOICES: Mapping[str, tuple[str, ...]] = {
    "optimiser": ("adam", "sgd", "rmsprop"),
    "schedule": ("constant", "cosine"),
    "standardisation": ("source", "scalar", "column", "robust", "none"),
}
"""The fields of a recipe that hold one of a few words."""


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST


def _is_number(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= _largest(value)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_decay(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1


def _are_rates(value: Any) -> bool:
    """Whether it is a learning rate, or one for each update."""
    if isinstance(value, Mapping):
        return all(_is_positive(rate) for rate in value.values())
    return _is_positive(value)


def _are_betas(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return all(_is_decay(beta) for beta in value)


def _largest(value: float) -> float:
    """What torch takes.

    Its integers have 64 bits, its floats more range than anything that is trained.
    """
    if isinstance(value, int):
        return LARGEST_INTEGER
    return LARGEST
