"""The parts of a condition: a label, one of several classes, or a number."""

import inspect
import math
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from genzoo.errors import InputError
from genzoo.source_code import is_own

SHOWN = 10
"""Classes, or columns, that a message lists."""


class OutsideRange(UserWarning):
    """A condition lies outside what training saw, so nothing taught a model to answer it."""


@dataclass(frozen=True)
class Category:
    """A label, one of several classes: as many one-hot columns as there are classes.

    Attributes:
        name: What the label is called, `"species"`.
        classes: Their names, at least two, all different.

    Raises:
        InputError: When there are fewer than two, or two are alike.
    """

    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        for one in self.classes:
            if not isinstance(one, str):
                raise InputError(
                    f"the classes of the label {self.name} must be names, got {one!r}: "
                    "write numbers as text"
                )
        object.__setattr__(self, "classes", tuple(self.classes))
        if len(self.classes) < 2:
            only = ", ".join(self.classes) or "none"
            raise InputError(f"the label {self.name} has one class, {only}: nothing to ask for")
        if len(set(self.classes)) < len(self.classes):
            raise InputError(f"two classes of the label {self.name} have the same name")

    @property
    def width(self) -> int:
        """Its columns."""
        return len(self.classes)

    def encode(self, value: Any) -> list[float]:
        """The one-hot columns of a class.

        Args:
            value: Its name; a number that is written as a name is, such as 3 or 3.0 for `"3"`.

        Raises:
            InputError: When there is no such class.
        """
        text = _as_text(value)
        if text not in self.classes:
            near = get_close_matches(text, self.classes, n=3) or self.classes[:SHOWN]
            more = "" if len(near) == len(self.classes) else ", ..."
            raise InputError(
                f"{self.name} is one of {len(self.classes)} classes, got {text!r}: choose from "
                f"{', '.join(near)}{more}"
            )
        return [float(text == one) for one in self.classes]

    def decode(self, columns: Tensor) -> list[str]:
        """The name of the class of each row."""
        return [self.classes[index] for index in columns.argmax(dim=1).tolist()]

    def check(self, columns: Tensor) -> None:
        """Require one-hot columns.

        Raises:
            InputError: When a row is not 1 once and 0 elsewhere.
        """
        zeros_and_ones = ((columns == 0) | (columns == 1)).all(dim=1)
        wrong = ~(zeros_and_ones & (columns.sum(dim=1) == 1))
        if bool(wrong.any()):
            row = columns[wrong][0, :SHOWN]
            values = [round(value, 4) for value in row.tolist()]
            raise InputError(
                f"the {self.width} columns of the label {self.name} must be one-hot (1 once, 0 "
                f"elsewhere), got {values} in {int(wrong.sum())} of {len(columns)} rows"
            )

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        """The columns of n classes, each equally likely, `(n, width)`."""
        classes = torch.randint(self.width, (n,), generator=generator)
        return one_hot(classes, self.width)

    def to_model(self, columns: Tensor) -> Tensor:
        """The columns as a model sees them: as they are."""
        return columns

    def __str__(self) -> str:
        return f"{self.name} ({self.width} classes)"


@dataclass(frozen=True)
class Covariate:
    """A number that comes with each example, in data units: one column.

    Attributes:
        name: What it is called.
        low: The least value that training sees.
        high: The largest.

    Raises:
        InputError: When the range is empty or not finite.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"the range of {self.name} must go from a number to a larger one, got "
                f"{self.low:g} to {self.high:g}"
            )

    @property
    def width(self) -> int:
        """Its columns: one."""
        return 1

    def encode(self, value: Any) -> list[float]:
        """The column of a value.

        Args:
            value: A number, or text that is one.

        Raises:
            InputError: When it is no finite number.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or isinstance(value, bool):
            raise InputError(f"{self.name} is a number, got {value!r}")
        return [number]

    def decode(self, columns: Tensor) -> list[float]:
        """The value of each row."""
        values: list[float] = columns[:, 0].tolist()
        return values

    def check(self, columns: Tensor) -> None:
        """Warn of values outside what training saw."""
        outside = int(((columns < self.low) | (columns > self.high)).sum())
        if outside:
            warnings.warn(
                f"{outside} of {len(columns)} values of {self.name} lie outside {self.low:g} to "
                f"{self.high:g}, which training saw",
                OutsideRange,
                stacklevel=_levels_to_the_caller(),
            )

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        """The column of n values, uniform in the range, `(n, 1)`."""
        return self.low + (self.high - self.low) * torch.rand(n, 1, generator=generator)

    def to_model(self, columns: Tensor) -> Tensor:
        """The column as a model sees it: the range becomes [-1, 1]."""
        return (columns - (self.low + self.high) / 2) / ((self.high - self.low) / 2)

    def __str__(self) -> str:
        return f"{self.name} ({self.low:g} to {self.high:g})"


Field = Category | Covariate


def one_hot(classes: Tensor, count: int) -> Tensor:
    """Columns `(..., count)` float32, 1 in the place of each class `(...)` and 0 elsewhere."""
    # Rows of the unit matrix take a fifth of the time of torch's own function.
    rows = torch.eye(count, device=classes.device).index_select(0, classes.flatten())
    return rows.view(*classes.shape, count)


def _levels_to_the_caller() -> int:
    """How many calls lie between the function that warns and the line that called genzoo."""
    levels = 0
    frame = inspect.currentframe()
    while frame is not None and is_own(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        levels += 1
    return levels


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
