"""How a registered name is best trained, apart from what it is."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping
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
        weight_decay: lambda of the decoupled decay w <- (1 - rate lambda) w before each step of any
            optimiser, so that Adam is AdamW (Loshchilov and Hutter 2019). It acts on all parameters
            that an update may change, biases too, and gradients and their clipping know nothing of
            it. One for all updates, or one for each update name.
        schedule: `"constant"`; `"cosine"` down to `final_learning_rate` times the initial rate; or
            `"step"`, times `step_factor` at each of `milestones`.
        final_learning_rate: Fraction of the learning rate left at the end of a cosine schedule.
        milestones: Of a step schedule, the parts of training after which the rate changes, such as
            (0.5, 0.75).
        step_factor: Of a step schedule, by what the rate is then multiplied.
        warm_up: The part of training over which the rate rises in proportion to the steps made, up
            to what the schedule says (Goyal et al. 2017); 0 for none.
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
    weight_decay: float | Mapping[str, float] = 0.0
    schedule: Literal["constant", "cosine", "step"] = "constant"
    final_learning_rate: float = 0.02
    milestones: tuple[float, ...] = (0.5, 0.75)
    step_factor: float = 0.1
    warm_up: float = 0.0
    gradient_clip: float | None = None
    averaging: float | None = None
    standardisation: Literal["source", "scalar", "column", "robust", "none"] = "source"

    def __post_init__(self) -> None:
        if _is_number(self.milestones):
            object.__setattr__(self, "milestones", (self.milestones,))
        decay, norm = self.averaging, self.gradient_clip
        self._require("steps", _is_count(self.steps, 0), f"an integer from 0 to {MOST:,}")
        self._require("batch_size", _is_count(self.batch_size, 1), f"an integer from 1 to {MOST:,}")
        self._require("learning_rate", _all_are(_is_positive, self.learning_rate), "positive")
        self._require("weight_decay", _all_are(_is_size, self.weight_decay), "at least 0")
        self._require("betas", _are_betas(self.betas), "two numbers in [0, 1)")
        floor = self.final_learning_rate
        self._require("final_learning_rate", _is_size(floor), "at least 0")
        self._require("milestones", _are_milestones(self.milestones), "numbers in (0, 1), growing")
        self._require("step_factor", _is_positive(self.step_factor), "positive")
        self._require("warm_up", _is_number(self.warm_up) and 0 <= self.warm_up <= 1, "in [0, 1]")
        self._require("averaging", decay is None or _is_decay(decay), "none or in [0, 1)")
        self._require("gradient_clip", norm is None or _is_positive(norm), "none or positive")
        first, second = self.betas
        object.__setattr__(self, "betas", (float(first), float(second)))
        object.__setattr__(self, "milestones", tuple(self.milestones))
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
        return self._of_update("learning_rate", update)

    def decay(self, update: str) -> float:
        """The weight decay of an update.

        Raises:
            InputError: As `rate`.
        """
        return self._of_update("weight_decay", update)

    def _of_update(self, field: str, update: str) -> float:
        value: float | Mapping[str, float] = getattr(self, field)
        if not isinstance(value, Mapping):
            return value
        if update not in value:
            raise InputError(f"{field} names {sorted(value)}, but the model updates {update!r}")
        return value[update]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types.

        Fields that recipes did not always have are left out where they change nothing, so that a
        run is still known by what was written when it was trained.
        """
        fields = dataclasses.asdict(self)
        for name, usual in LATER.items():
            if fields[name] == usual:
                del fields[name]
        return fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The inverse of `to_dict`."""
        return cls().override(**fields)


CHOICES: Mapping[str, tuple[str, ...]] = {
    "optimiser": ("adam", "sgd", "rmsprop"),
    "schedule": ("constant", "cosine", "step"),
    "standardisation": ("source", "scalar", "column", "robust", "none"),
}
"""The fields of a recipe that hold one of a few words."""
LATER: Mapping[str, Any] = {
    field.name: field.default
    for field in dataclasses.fields(Recipe)
    if field.name in ("weight_decay", "milestones", "step_factor", "warm_up")
}
"""The defaults of fields that recipes did not always have."""


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


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _all_are(holds: Callable[[Any], bool], value: Any) -> bool:
    """Whether a number, or the one of each update, is as it must be."""
    if isinstance(value, Mapping):
        return all(map(holds, value.values()))
    return holds(value)


def _are_milestones(value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    within = all(_is_number(place) and 0 < place < 1 for place in value)
    return within and all(earlier < later for earlier, later in itertools.pairwise(value))


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
