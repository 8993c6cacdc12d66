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
    """Training settings; a registered model carries its recommended ones and the user overrides any field.

    Attributes:
        steps: Training steps; in each, every active update of the model takes its turn.
        batch_size: Examples per optimiser step.
        optimiser: `"adam"` (Kingma and Ba 2015), `"sgd"` or `"rmsprop"`.
        learning_rate: One for all updates, or one for each update name.
        betas: Adam's decay rates.
        schedule: `"constant"`, or `"cosine"` down to `final_learning_rate` times the initial rate.
        final_learning_rate: Fraction of the learning rate left at the end of a cosine schedule.
        gradient_clip: Largest gradient norm of each seed and update; None for no clipping.
        averaging: Decay d of an exponential moving average of the weights of all steps, sum_s d^(t
            - s) w_s divided by sum_s d^(t - s); None for none. The averaged weights are then the
            ones sampled from, and the last ones are kept beside them.
        standardisation: `"scalar"`: subtract the mean vector, divide by one scalar, the root mean
            variance; `"column"`: divide each column by its own standard deviation (a constant
            column by 1); `"robust"`: first replace each column by asinh((x - median) / IQR), for
            heavy tails and wild cells; `"none"`: data units; `"source"`: what the source
            recommends.
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
        rates = (
            list(self.learning_rate.values())
            if isinstance(self.learning_rate, Mapping)
            else [self.learning_rate]
        )
        pair = isinstance(self.betas, list | tuple) and len(self.betas) == 2
        floor, decay, norm = self.final_learning_rate, self.averaging, self.gradient_clip
        for name, holds, expected in (
            (
                "steps",
                _is_integer(self.steps) and 0 <= self.steps <= MOST,
                f"an integer from 0 to {MOST:,}",
            ),
            (
                "batch_size",
                _is_integer(self.batch_size) and 1 <= self.batch_size <= MOST,
                f"an integer from 1 to {MOST:,}",
            ),
            ("learning_rate", all(_is_number(rate) and rate > 0 for rate in rates), "positive"),
            (
                "betas",
                pair and all(_is_number(beta) and 0 <= beta < 1 for beta in self.betas),
                "two numbers in [0, 1)",
            ),
            ("final_learning_rate", _is_number(floor) and floor >= 0, "at least 0"),
            (
                "averaging",
                decay is None or (_is_number(decay) and 0 <= decay < 1),
                "none or in [0, 1)",
            ),
            ("gradient_clip", norm is None or (_is_number(norm) and norm > 0), "none or positive"),
        ):
            _require(holds, name, expected, getattr(self, name))
        object.__setattr__(self, "betas", tuple(float(beta) for beta in self.betas))
        for name, choices in (
            ("optimiser", ("adam", "sgd", "rmsprop")),
            ("schedule", ("constant", "cosine")),
            ("standardisation", ("source", "scalar", "column", "robust", "none")),
        ):
            _require(
                getattr(self, name) in choices,
                name,
                "one of " + ", ".join(choices),
                getattr(self, name),
            )

    def override(self, **fields: Any) -> "Recipe":
        """A copy with some fields replaced.

        Raises:
            InputError: On an unknown field or a value out of range.
        """
        known = [f.name for f in dataclasses.fields(self)]
        for name in fields:
            if name not in known:
                raise InputError(f"a recipe has no field {name!r}: choose from {', '.join(known)}")
        return dataclasses.replace(self, **fields)

    def rate(self, update: str) -> float:
        """The initial learning rate of an update.

        Raises:
            InputError: When rates are given per update and this one is missing.
        """
        if not isinstance(self.learning_rate, Mapping):
            return self.learning_rate
        if update not in self.learning_rate:
            raise InputError(
                f"learning_rate names {sorted(self.learning_rate)}, but the model updates {update!r}"
            )
        return self.learning_rate[update]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Recipe":
        """The inverse of `to_dict`."""
        return cls().override(**fields)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= _largest(value)
    )


def _largest(value: float) -> float:
    """What torch takes: its integers have 64 bits, its floats more range than anything that is trained."""
    return LARGEST_INTEGER if isinstance(value, int) else LARGEST


def _require(condition: bool, name: str, expected: str, got: Any) -> None:
    if not condition:
        if isinstance(got, int | float) and abs(got) > _largest(got):
            expected += f", at most {_largest(got):g}"
        raise InputError(f"recipe field {name} must be {expected}, got {got!r}")
