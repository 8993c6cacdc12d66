"""Columns that are conditions: labels with their classes, and numbers with their range."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import SHOWN, Category, Covariate, Field, one_hot
from genzoo.data.cells import is_missing, is_number_or_missing, to_numbers
from genzoo.data.values import Values, single_precision
from genzoo.errors import InputError

Kind = Literal["", "label", "number"]
"""What a column is to be read as; "" where that is found out."""
FEW = 20
"""Different whole numbers up to which a column of them is a label, if some repeat."""
LARGEST = 1000
"""Classes of a label, at most."""


@dataclass(frozen=True)
class ConditionColumn:
    """A column of a table that is a condition of its rows.

    Attributes:
        name: What it is called.
        cells: `(n,)` numbers, NaN where one is missing, or texts.
        place: Where the cell of a row is, for messages.
        kind: What it is to be read as.
    """

    name: str
    cells: Values
    place: Callable[[int], str]
    kind: Kind = ""

    @property
    def is_label(self) -> bool:
        """Whether it is a label: of text, or of few whole numbers, where nothing else is said."""
        if self.kind:
            return self.kind == "label"
        return self.is_text or _is_label(self.cells)

    @property
    def is_text(self) -> bool:
        """Whether it holds anything but numbers."""
        return self.cells.dtype.kind == "O"

    def texts(self) -> list[str]:
        """The cells as classes are called: whole numbers without a point."""
        if self.is_text:
            return list(self.cells)
        return [_written(number) for number in self.cells.tolist()]

    def __len__(self) -> int:
        return len(self.cells)


def read_column(
    name: str, cells: Sequence[str], place: Callable[[int], str], kind: Kind = ""
) -> ConditionColumn:
    """A column of a text: of numbers where all its cells are."""
    if all(map(is_number_or_missing, cells)):
        return ConditionColumn(name, np.array(to_numbers(cells)), place, kind)
    return ConditionColumn(name, np.array(cells, dtype=object), place, kind)


def column_of(name: str, cells: Iterable[Any], kind: Kind = "") -> ConditionColumn:
    """A column of values in memory: of numbers where all are; truth values are text."""
    values = list(cells)
    texts = [_as_text(value) for value in values]
    for value, text in zip(values, texts, strict=True):
        if isinstance(value, str) or not is_number_or_missing(text):
            return ConditionColumn(name, np.array(texts, dtype=object), _row, kind)
    return ConditionColumn(name, np.array(to_numbers(texts)), _row, kind)


def joined(first: ConditionColumn, second: ConditionColumn) -> ConditionColumn:
    """Two parts of a column, one after the other."""
    count = len(first)
    cells = np.concatenate([first.cells, second.cells])
    if first.is_text != second.is_text:
        cells = np.array([*first.texts(), *second.texts()], dtype=object)

    def place(row: int) -> str:
        if row < count:
            return first.place(row)
        return second.place(row - count)

    return ConditionColumn(first.name, cells, place, first.kind)


def spec_of(columns: Sequence[ConditionColumn], seen: Tensor, name: str) -> ContextSpec:
    """What columns mean: a text and a few whole numbers are labels, other numbers are covariates.

    Args:
        columns: Of all rows, whose classes count.
        seen: The rows to train on, `(N,)`, whose range counts.
        name: What messages call the table.

    Raises:
        InputError: When a column has missing values, does not vary, or has too many classes.
    """
    return ContextSpec(tuple(_field(column, seen, name) for column in columns))


def encoded(columns: Sequence[ConditionColumn], spec: ContextSpec, name: str) -> Tensor:
    """The conditions of all rows, `(n, C)` float32.

    Args:
        columns: One for each field of the spec, in its order.
        spec: What they mean.
        name: What messages call the table.

    Raises:
        InputError: When a value is missing, is no number where one is expected, or no class.
    """
    parts: list[Tensor] = []
    for column, field in zip(columns, spec.fields, strict=True):
        if isinstance(field, Category):
            parts.append(_one_hot(column, field, name))
        else:
            parts.append(_numbers(column, name))
    return torch.cat(parts, dim=1)


def never_seen(spec: ContextSpec, context: Tensor) -> list[str]:
    """A note for each label some of whose classes no row to train on has.

    Args:
        spec: What conditions mean.
        context: Those of the rows to train on, `(N, C)`.
    """
    notes: list[str] = []
    for label, classes in zip(spec.categories, spec.labels(context).T, strict=True):
        counts = torch.bincount(classes, minlength=label.width).tolist()
        missing = [name for name, n in zip(label.classes, counts, strict=True) if not n]
        if missing:
            shown = ", ".join(missing[:SHOWN])
            if len(missing) > SHOWN:
                shown += ", ..."
            notes.append(f"no row to train on has {label.name} {shown}")
    return notes


def in_the_order_of_fields(
    columns: Sequence[ConditionColumn], spec: ContextSpec
) -> list[ConditionColumn] | None:
    """The columns of a spec's fields by their names, or None where it is not exactly these."""
    by_name = {column.name: column for column in columns}
    if set(by_name) != set(spec.names):
        return None
    return [by_name[name] for name in spec.names]


def _field(column: ConditionColumn, seen: Tensor, name: str) -> Field:
    if column.is_label:
        return Category(column.name, _classes(column, name))
    numbers = _numbers(column, name)[seen]
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        raise InputError(
            f"{name}: column {column.name!r} is {low:g} in every row to train on: "
            "a condition must vary, so leave it out"
        )
    return Covariate(column.name, low, high)


def _is_label(cells: Values) -> bool:
    whole = np.isfinite(cells).all() and (cells == np.round(cells)).all()
    kinds = len(np.unique(cells))
    return bool(whole) and kinds <= FEW and kinds < len(cells)


def _classes(column: ConditionColumn, name: str) -> tuple[str, ...]:
    """The classes of a label, in order."""
    _check_present(column, name)
    texts = set(column.texts())
    ordered = sorted(texts)
    if not column.is_text:
        ordered = sorted(texts, key=float)
    if len(ordered) == 1:
        raise InputError(
            f"{name}: column {column.name!r} is {ordered[0]!r} in every row: "
            "a condition must vary, so leave it out"
        )
    if len(ordered) == len(column):
        raise InputError(
            f"{name}: column {column.name!r} has another value in each of {len(column)} rows: "
            "a label must repeat, so leave it out"
        )
    if len(ordered) > LARGEST:
        raise InputError(
            f"{name}: column {column.name!r} has {len(ordered):,} classes: "
            f"at most {LARGEST:,} can be conditions, so leave it out or join some"
        )
    return tuple(ordered)


def _one_hot(column: ConditionColumn, label: Category, name: str) -> Tensor:
    _check_present(column, name)
    positions = {text: k for k, text in enumerate(label.classes)}
    index: list[int] = []
    for row, text in enumerate(column.texts()):
        if text not in positions:
            _check_class(text, label, f"{name}: {column.place(row)}")
        index.append(positions[text])
    return one_hot(torch.tensor(index), label.width)


def _check_class(text: str, label: Category, where: str) -> None:
    """Say in one sentence which classes there are."""
    try:
        label.encode(text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _numbers(column: ConditionColumn, name: str) -> Tensor:
    """A column `(n, 1)` float32."""
    if column.is_text:
        cells = list(column.cells)
        row = [is_number_or_missing(cell) for cell in cells].index(False)
        raise InputError(
            f"{name}: column {column.name!r} holds {cells[row]!r} in {column.place(row)} "
            "where a number is expected: correct it or remove the row"
        )

    def place(index: tuple[int, ...]) -> str:
        return f"{column.place(index[0])}, column {column.name!r}"

    return torch.from_numpy(single_precision(column.cells[:, None], name, place))


def _check_present(column: ConditionColumn, name: str) -> None:
    missing: list[int] = []
    for row, text in enumerate(column.texts()):
        if is_missing(text):
            missing.append(row)
    if missing:
        raise InputError(
            f"{name}: column {column.name!r} has no value in {len(missing)} of {len(column)} rows "
            f"(the first: {column.place(missing[0])}): fill or remove these rows"
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, np.generic):
        value = value.item()
    return str(value).strip()


def _row(row: int) -> str:
    return f"row {row + 1}"


def _written(number: float) -> str:
    if number.is_integer():
        return str(int(number))
    return repr(number)
