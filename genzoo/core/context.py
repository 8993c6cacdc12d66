"""Conditions: what an example comes with, and what a conditional model is asked for.

A condition is a row of C numbers. Which number means what is said by a `ContextSpec`, which a
source has or has not, and a model trained on it keeps.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from genzoo.errors import InputError


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
        if len(self.classes) < 2:
            only = ", ".join(self.classes)
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
            near = get_close_matches(text, self.classes, n=3) or self.classes[:10]
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
            row = columns[wrong][0, :10]
            values = [round(value, 4) for value in row.tolist()]
            raise InputError(
                f"the {self.width} columns of the label {self.name} must be one-hot (1 once, 0 "
                f"elsewhere), got {values} in {int(wrong.sum())} rows"
            )

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
        if not math.isfinite(number):
            raise InputError(f"{self.name} is a number, got {value!r}")
        return [number]

    def decode(self, columns: Tensor) -> list[float]:
        """The value of each row."""
        values: list[float] = columns[:, 0].tolist()
        return values

    def check(self, columns: Tensor) -> None:
        """Warn of values outside what training saw, which nothing taught a model to answer."""
        outside = int(((columns < self.low) | (columns > self.high)).sum())
        if outside:
            warnings.warn(
                f"{outside} of {len(columns)} values of {self.name} lie outside {self.low:g} to "
                f"{self.high:g}, which training saw",
                stacklevel=5,
            )

    def __str__(self) -> str:
        return f"{self.name} ({self.low:g} to {self.high:g})"


Field = Category | Covariate


@dataclass(frozen=True)
class ContextSpec:
    """What the columns of a condition mean.

    Attributes:
        fields: Labels and numbers, in the order of their columns; at least one, of distinct names.

    Raises:
        InputError: When there is none, or two have the same name.
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        names = self.names
        if not names:
            raise InputError("conditions need at least one label or number")
        if len(set(names)) < len(names):
            raise InputError(f"conditions must have distinct names, got {', '.join(names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the fields."""
        return tuple(field.name for field in self.fields)

    @property
    def width(self) -> int:
        """C, the number of columns."""
        return sum(field.width for field in self.fields)

    @property
    def label(self) -> Category | None:
        """The first label, by which scores and pictures tell classes apart; None without one."""
        for field in self.fields:
            if isinstance(field, Category):
                return field
        return None

    def labels(self, context: Tensor) -> Tensor:
        """The class of each row by the first label, `(B,)` int64.

        Args:
            context: `(B, C)`.

        Raises:
            InputError: When there is no label.
        """
        label = self.label
        if label is None:
            raise InputError(f"the conditions {self} have no label")
        return self._columns(context)[label.name].argmax(dim=1)

    def check(self, context: Any, n: int | None = None) -> Tensor:
        """Conditions `(B, C)` as a floating-point tensor.

        Args:
            context: A tensor or an array.
            n: The number of examples that they are for; None where any will do.

        Raises:
            InputError: When they are not numeric or finite, have another shape, or labels are not
                one-hot.
        """
        wanted = f"the context must be ({'B' if n is None else n}, {self.width}), {self}"
        try:
            rows: Tensor = torch.as_tensor(context)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(f"{wanted}; got a {type(context).__name__}") from error
        if rows.is_complex():
            raise InputError(f"{wanted}; got numbers of type {rows.dtype}")
        if rows.ndim != 2 or rows.shape[1] != self.width or (n is not None and len(rows) != n):
            raise InputError(f"{wanted}; got shape {tuple(rows.shape)}")
        if not rows.is_floating_point():
            rows = rows.to(torch.get_default_dtype())
        bad = int((~torch.isfinite(rows)).any(dim=1).sum())
        if bad:
            raise InputError(f"the context must be finite, got NaN or infinity in {bad} rows")
        columns = self._columns(rows)
        for field in self.fields:
            field.check(columns[field.name])
        return rows

    def encode(self, values: Mapping[str, Any]) -> Tensor:
        """The condition `(C,)` with these values.

        Args:
            values: By name of the field; each field once.

        Raises:
            InputError: When a name or a value is unknown, or a field has no value.
        """
        for name in values:
            if name not in self.names:
                raise InputError(
                    f"no condition is called {name!r}: choose from {', '.join(self.names)}"
                )
        row: list[float] = []
        for field in self.fields:
            if field.name not in values:
                raise InputError(f"the condition {field} needs a value: {field.name}=...")
            row += field.encode(values[field.name])
        return torch.tensor(row)

    def decode(self, context: Tensor) -> dict[str, list[str] | list[float]]:
        """What each row says, by name of the field.

        Args:
            context: `(B, C)`.
        """
        columns = self._columns(context)
        return {field.name: field.decode(columns[field.name]) for field in self.fields}

    def to_dict(self) -> list[dict[str, Any]]:
        """For a file."""
        return [dict(vars(field)) for field in self.fields]

    @classmethod
    def from_dict(cls, stored: Sequence[Mapping[str, Any]]) -> "ContextSpec":
        """What `to_dict` gave.

        Raises:
            InputError: When it is something else.
        """
        fields: list[Field] = []
        try:
            for one in stored:
                if "classes" in one:
                    fields.append(Category(str(one["name"]), tuple(map(str, one["classes"]))))
                else:
                    fields.append(
                        Covariate(str(one["name"]), float(one["low"]), float(one["high"]))
                    )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{stored!r} does not say what conditions mean") from error
        return cls(tuple(fields))

    def _columns(self, context: Tensor) -> dict[str, Tensor]:
        widths = [field.width for field in self.fields]
        parts = torch.split(context, widths, dim=1)
        return dict(zip(self.names, parts, strict=True))

    def __str__(self) -> str:
        return ", ".join(map(str, self.fields))


def checked_context(spec: ContextSpec | None, context: Any, n: int) -> Tensor | None:
    """The conditions of n examples, as a class that takes these or none receives them.

    Raises:
        InputError: When there are some and none are taken, or none and some are needed, or they are
            wrong.
    """
    if spec is None:
        if context is None:
            return None
        raise InputError(
            f"there are no conditions here, got a context ({_called(context)}): leave it out"
        )
    if context is None:
        raise InputError(f"conditions are needed: give a context ({n}, {spec.width}), {spec}")
    return spec.check(context, n)


def _called(context: Any) -> str:
    shape = getattr(context, "shape", None)
    if shape is None:
        return type(context).__name__
    return f"shape {tuple(shape)}"


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
