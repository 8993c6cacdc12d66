"""Data in memory: arrays, tensors, data frames and lists of rows become tables."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from genzoo.data.chosen import Asked, chosen_columns, table_of_numbers
from genzoo.data.conditions import ConditionColumn, column_of
from genzoo.data.tables import Table, called_in_messages, numbered, without_index
from genzoo.data.values import Values, check_values, named_cells
from genzoo.errors import InputError

ADVICE = "turn it into numbers, make it a condition with context=, or leave it out"
EXPECTED = "give an array, a tensor, a DataFrame or a list of rows"


@runtime_checkable
class _Array(Protocol):
    """What numpy reads as an array."""

    def __array__(self) -> Values: ...


@runtime_checkable
class _Convertible(Protocol):
    """A table of another library, such as pyarrow or polars."""

    def to_pandas(self) -> Any: ...


def in_memory(given: Any, name: str, context: Asked = None) -> Table:
    """An object in memory as a table.

    Args:
        given: An array or tensor `(n, *event_shape)` (of one axis: one column), a pandas DataFrame
            or Series, a list of rows, or a list of dicts with the same keys.
        name: What messages call it.
        context: Columns that are conditions.

    Raises:
        InputError: On another type, rows of unequal length, text, sparse or masked arrays, or no
            rows at all.
    """
    if isinstance(given, Table):
        return given
    if is_frame(given):
        return _from_frame(given, name, context)
    if isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        return _from_records(given, name, context)
    if isinstance(given, list | tuple):
        _check_list(given, name)
    elif not is_array(given):
        raise InputError(f"{name} is {called(given)}: {EXPECTED}")
    values = check_values(_as_array(given, name), name)
    if values.ndim == 2 and not isinstance(context, str | int):
        return Table(values, numbered(values.shape[1]))
    return table_of_numbers(values, None, context, name)


def beside(table: Table, given: Any, name: str) -> Table:
    """A table with conditions that are no columns of its own.

    Args:
        table: The examples.
        given: A dict or a DataFrame of columns, each of as many cells as there are rows.
        name: What messages call the table.

    Raises:
        InputError: When it is something else, or columns have other lengths.
    """
    conditions: list[ConditionColumn] = []
    for column, cells in _columns_of(given, name).items():
        if np.shape(cells) != (len(table.values),):
            raise InputError(
                f"{name}: the condition {column!r} has shape {np.shape(cells)} for "
                f"{len(table.values)} rows: give one value for each row"
            )
        conditions.append(column_of(column, _values(cells)))
    return replace(table, conditions=tuple(conditions))


def _values(cells: Any) -> list[Any]:
    if isinstance(cells, list):
        return cells
    values: list[Any] = np.asarray(cells).tolist()
    return values


def _columns_of(given: Any, name: str) -> dict[str, Any]:
    if is_frame(given):
        frame = given.to_pandas() if isinstance(given, _Convertible) else given
        if frame.ndim == 1:
            frame = frame.to_frame()
        names = _as_names(frame.columns)
        return {column: _cells(frame.iloc[:, k]) for k, column in enumerate(names)}
    if isinstance(given, Mapping) and given:
        return {str(column).strip(): cells for column, cells in given.items()}
    raise InputError(
        f"{name}: context must name columns, or be a dict or a DataFrame of columns, "
        f"got {called(given)}"
    )


def is_array(given: Any) -> bool:
    """Whether it is a tensor, or an array to numpy."""
    if isinstance(given, str | bytes | Mapping) or _is_sparse(given):
        return False
    return isinstance(given, Tensor | _Array)


def is_frame(given: Any) -> bool:
    """Whether it is a DataFrame or Series of pandas, or turns into one.

    pandas is not imported for the question: where nobody has imported it, there is no frame.
    """
    if isinstance(given, _Convertible):
        return True
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(given, pandas.DataFrame | pandas.Series)


def is_data(given: Any) -> bool:
    """Whether it is meant as data, of a type that `in_memory` reads, not as a name or a source."""
    return isinstance(given, list | tuple) or is_frame(given) or is_array(given)


def called(given: Any) -> str:
    """A word for what was given, for messages."""
    if given is None:
        return "None"
    if _is_sparse(given):
        return "a sparse matrix (x.toarray() makes it dense)"
    kind = type(given).__name__
    article = "an" if kind[0] in "aeiouAEIOU" else "a"
    return f"{article} {kind}"


def _from_frame(given: Any, name: str, context: Asked) -> Table:
    if isinstance(given, _Convertible):
        given = given.to_pandas()
    frame, named = given, True
    if given.ndim == 1:
        frame, named = given.to_frame(), given.name is not None
    if not frame.size:
        raise InputError(f"{name} is empty, with shape {frame.shape}: give one example in each row")
    columns = _as_names(frame.columns)
    chosen = chosen_columns(columns, None, context, name, named=named)
    values = [_numbers(frame.iloc[:, k], columns[k], name) for k in chosen.examples]
    conditions: list[ConditionColumn] = []
    for k, kind in chosen.conditions.items():
        conditions.append(column_of(columns[k], _cells(frame.iloc[:, k]), kind))
    left = tuple(columns[k] for k in chosen.examples)
    return _with_names(np.stack(values, axis=1), left, conditions, named=named)


def _cells(series: Any) -> list[Any]:
    """The values of a column of a DataFrame, None where one is missing."""
    cells: list[Any] = series.astype(object).where(series.notna(), None).tolist()
    return cells


def _as_names(columns: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(column).strip() for column in columns)


def _numbers(series: Any, column: str, name: str) -> Values:
    """A column of a DataFrame as float64, NaN where a value is missing."""
    if series.dtype.kind in "biuf":
        numbers: Values = series.to_numpy(dtype="float64", na_value=np.nan)
        return numbers
    present = series.dropna()
    if len(present) and isinstance(present.iloc[0], str):
        raise _text(name, column, present.iloc[0])
    raise InputError(
        f"{name}: column {column!r} is of type {series.dtype} where numbers are expected: {ADVICE}"
    )


def _from_records(given: Sequence[Any], name: str, context: Asked) -> Table:
    keys = tuple(given[0])
    chosen = chosen_columns(_as_names(keys), None, context, name)
    columns = [keys[k] for k in chosen.examples]
    for k, record in enumerate(given):
        if not isinstance(record, Mapping) or set(record) != set(keys):
            raise InputError(
                f"{name}: row {k + 1} has other keys than row 1: give every row the same"
            )
        for column in columns:
            if isinstance(record[column], str):
                raise _text(name, str(column), record[column])
    rows: list[list[Any]] = []
    for record in given:
        rows.append([record[column] for column in columns])
    table = in_memory(rows, name)
    conditions: list[ConditionColumn] = []
    for k, kind in chosen.conditions.items():
        cells = [record[keys[k]] for record in given]
        conditions.append(column_of(str(keys[k]).strip(), cells, kind))
    return _with_names(table.values, _as_names(columns), conditions, named=True)


def _with_names(
    values: Values,
    columns: tuple[str, ...],
    conditions: Sequence[ConditionColumn],
    *,
    named: bool,
) -> Table:
    called = called_in_messages(columns, range(len(columns)))
    remaining, notes = without_index(values, columns)
    whole = Table(values, called, named_cells(called), named, conditions=tuple(conditions))
    return replace(whole.in_order(remaining), notes=notes)


def _text(name: str, column: str, example: str) -> InputError:
    return InputError(
        f"{name}: column {column!r} holds text ({example!r}) where numbers are expected: {ADVICE}"
    )


def _check_list(given: Sequence[Any], name: str) -> None:
    """One list of rows; deeper lists may mean several things."""
    if given and isinstance(given[0], list | tuple):
        first = given[0]
        if first and isinstance(first[0], list | tuple):
            raise InputError(
                f"{name} is a list of lists of lists: give a list of rows, "
                "or an array where examples have several axes"
            )
    for k, row in enumerate(given):
        no_row = row is None or isinstance(row, Mapping | set | frozenset | str | bytes)
        if no_row or is_frame(row):
            raise InputError(f"{name}: row {k + 1} is {called(row)}: give numbers in every row")


def _as_array(given: Any, name: str) -> Values:
    if isinstance(given, Tensor):
        return _from_tensor(given, name)
    if isinstance(given, np.ma.MaskedArray):
        masked = int(np.ma.getmaskarray(given).sum())
        if masked:
            raise InputError(
                f"{name} has {masked} masked cells: fill them, or leave their rows out"
            )
        given = given.data
    if isinstance(given, list | tuple):
        given = [_plain_row(row, name) for row in given]
    try:
        return np.asarray(given)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} must be an array of numbers with rows of equal length, got {error}"
        ) from error


def _plain_row(row: Any, name: str) -> Any:
    return _from_tensor(row, name) if isinstance(row, Tensor) else row


def _from_tensor(given: Tensor, name: str) -> Values:
    if given.layout is not torch.strided:
        raise InputError(f"{name} is a sparse tensor: give x.to_dense()")
    if given.is_complex():
        raise InputError(
            f"{name} holds complex numbers: give real numbers, one example in each row"
        )
    try:
        dense = given.detach().cpu()
        if dense.is_floating_point():
            dense = dense.to(torch.float64)
        values: Values = dense.numpy()
    except (TypeError, RuntimeError) as error:
        raise InputError(
            f"{name} is a tensor that cannot be read ({error}): give a dense tensor of numbers"
        ) from error
    return values


def _is_sparse(given: Any) -> bool:
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and bool(scipy.issparse(given))
