"""Conditions: what an example comes with, and what a conditional model is asked for.

A condition is a row of C numbers, in data units. What each means is said by a `ContextSpec`, which
a source has or has not, and a model trained on it keeps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genzoo.core.context_fields import Category, Covariate, Field
from genzoo.errors import InputError


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
        for field in self.fields:
            if not isinstance(field, Category | Covariate):
                raise InputError(
                    f"conditions are made of Category and Covariate, got {field!r}: "
                    'write ContextSpec((Category("species", ("a", "b")),))'
                )
        # A list is compared as what it stands for.
        object.__setattr__(self, "fields", tuple(self.fields))
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
    def categories(self) -> tuple[Category, ...]:
        """The labels among the fields."""
        return tuple(field for field in self.fields if isinstance(field, Category))

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        """The numbers among the fields."""
        return tuple(field for field in self.fields if isinstance(field, Covariate))

    def labels(self, context: Tensor) -> Tensor:
        """The class of each row by each label, `(B, labels)` int64.

        Args:
            context: `(B, C)`.
        """
        columns = self.columns(context)
        classes = [columns[label].argmax(dim=1) for label in self.categories]
        if not classes:
            return torch.zeros(len(context), 0, dtype=torch.int64)
        return torch.stack(classes, dim=1)

    def check(self, context: Any, n: int | None = None) -> Tensor:
        """Conditions `(B, C)` as a floating-point tensor.

        Args:
            context: A tensor or an array.
            n: The number of examples that they are for; None where any will do.

        Raises:
            InputError: When they are not numeric or finite, have another shape, or labels are not
                one-hot.
        """
        rows = self._as_rows(context, n)
        bad = int((~torch.isfinite(rows)).any(dim=1).sum())
        if bad:
            raise InputError(
                f"the context must be finite, got NaN or infinity in {bad} of {len(rows)} rows: "
                "remove or fill them first"
            )
        for field, columns in self.columns(rows).items():
            field.check(columns)
        return rows

    def encode(self, values: Mapping[str, Any], n: int | None = None) -> Tensor:
        """The condition with these values: `(C,)`, or with n `(n, C)`, the same in each row.

        Args:
            values: By name of the field; each field once: `{"species": "gentoo", "mass": 4.2}`.
            n: How many examples are asked for.

        Raises:
            InputError: When a name or a value is unknown, or a field has no value.
        """
        self.check_names(values)
        row: list[float] = []
        for field in self.fields:
            if field.name not in values:
                raise InputError(f"the condition {field} needs a value: {field.name}=...")
            row += field.encode(values[field.name])
        condition = torch.tensor(row)
        if n is None:
            return condition
        return condition.expand(n, -1).clone()

    def check_names(self, names: Iterable[str]) -> None:
        """Refuse names of no field.

        Raises:
            InputError: When there is one.
        """
        for name in names:
            if name not in self.names:
                raise InputError(
                    f"no condition is called {name!r}: choose from {', '.join(self.names)}"
                )

    def decode(self, context: Tensor) -> dict[str, list[str] | list[float]]:
        """What each row says, by name of the field.

        Args:
            context: `(B, C)`.
        """
        decoded = {}
        for field, columns in self.columns(context).items():
            decoded[field.name] = field.decode(columns)
        return decoded

    def draw(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Conditions `(n, C)` of no particular law: all classes equally likely, ranges uniform."""
        return torch.cat([field.draw(n, generator=generator) for field in self.fields], dim=1)

    def to_model(self, context: Tensor) -> Tensor:
        """Conditions as networks see them: labels as they are, ranges brought to [-1, 1].

        Args:
            context: `(..., C)`, in data units.
        """
        if not self.covariates:
            return context
        seen = [field.to_model(columns) for field, columns in self.columns(context).items()]
        return torch.cat(seen, dim=-1)

    def to_dict(self) -> list[dict[str, Any]]:
        """For a file, in JSON types."""
        stored: list[dict[str, Any]] = []
        for field in self.fields:
            if isinstance(field, Category):
                stored.append({"name": field.name, "classes": list(field.classes)})
            else:
                stored.append({"name": field.name, "low": field.low, "high": field.high})
        return stored

    @classmethod
    def from_dict(cls, stored: Sequence[Mapping[str, Any]]) -> "ContextSpec":
        """What `to_dict` gave.

        Raises:
            InputError: When it is something else.
        """
        fields: list[Field] = []
        try:
            for one in stored:
                name = str(one["name"])
                if "classes" in one:
                    fields.append(Category(name, tuple(map(str, one["classes"]))))
                else:
                    fields.append(Covariate(name, float(one["low"]), float(one["high"])))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{stored!r} does not say what conditions mean") from error
        return cls(tuple(fields))

    def columns(self, context: Tensor) -> dict[Field, Tensor]:
        """The columns of each field.

        Args:
            context: `(..., C)`.

        Raises:
            InputError: When there are more columns, or fewer.
        """
        if context.ndim == 0 or context.shape[-1] != self.width:
            raise InputError(
                f"conditions have {self.width} columns, {self}; got shape {tuple(context.shape)}"
            )
        widths = [field.width for field in self.fields]
        parts = torch.split(context, widths, dim=-1)
        return dict(zip(self.fields, parts, strict=True))

    def _as_rows(self, context: Any, n: int | None) -> Tensor:
        """Conditions `(B, C)` as a floating-point tensor, whatever their values.

        Raises:
            InputError: When they are not numeric, or have another shape.
        """
        rows_wanted = "B" if n is None else str(n)
        wanted = f"the context must be ({rows_wanted}, {self.width}), {self}"
        try:
            rows: Tensor = torch.as_tensor(context)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"{wanted}; got a {type(context).__name__}: make rows of named values by "
                "context_spec.encode"
            ) from error
        if rows.is_complex():
            raise InputError(f"{wanted}; got numbers of type {rows.dtype}: give real ones")
        if rows.layout != torch.strided or rows.is_meta:
            raise InputError(
                f"{wanted}; got a tensor that is sparse or without values: give an ordinary one"
            )
        fits = rows.ndim == 2 and rows.shape[1] == self.width
        if not fits or len(rows) == 0 or (n is not None and len(rows) != n):
            raise InputError(f"{wanted}; got shape {tuple(rows.shape)}: {self._advice(rows, n)}")
        if not rows.is_floating_point():
            rows = rows.to(torch.get_default_dtype())
        return rows

    def _advice(self, rows: Tensor, n: int | None) -> str:
        """What to do about conditions of a wrong shape."""
        if rows.ndim in (1, 2) and rows.numel() == self.width and n is not None:
            return f"ask for one condition {n} times by row.expand({n}, -1)"
        if rows.ndim in (1, 2) and rows.shape[-1] == self.width:
            return "give one row for each example"
        return "give a column for each class of a label and one for each number"

    def __str__(self) -> str:
        return ", ".join(map(str, self.fields))


TWO_CLASSES = ContextSpec((Category("label", ("0", "1")),))
"""What a conditional model takes that is built without a source to say what its conditions are."""


def checked_context(spec: ContextSpec | None, context: Any, n: int | None = None) -> Tensor | None:
    """The conditions of n examples, as a class that takes these or none receives them.

    Args:
        spec: What they mean; None where none are taken.
        context: A tensor or an array, or None.
        n: See `ContextSpec.check`.

    Raises:
        InputError: When there are some and none are taken, or none and some are needed, or they are
            wrong.
    """
    if spec is None:
        refuse_context(context)
        return None
    if context is None:
        rows = "B" if n is None else n
        raise InputError(f"conditions are needed: give a context ({rows}, {spec.width}), {spec}")
    return spec.check(context, n)


def columns_of(spec: ContextSpec | None) -> int:
    """C, the numbers of one condition; 0 where there are none."""
    return 0 if spec is None else spec.width


def check_spec(spec: Any) -> ContextSpec | None:
    """What a model is told of its conditions.

    Raises:
        InputError: When it is neither a `ContextSpec` nor None.
    """
    if spec is None or isinstance(spec, ContextSpec):
        return spec
    raise InputError(
        f"context_spec must be a ContextSpec or None, got a {type(spec).__name__}: "
        "give that of the source, source.context_spec"
    )


def refuse_context(context: Any) -> None:
    """Refuse conditions where none are taken.

    Raises:
        InputError: When there are some.
    """
    if context is None:
        return
    shape = getattr(context, "shape", None)
    called = type(context).__name__ if shape is None else f"shape {tuple(shape)}"
    raise InputError(f"there are no conditions here, got a context ({called}): leave it out")
