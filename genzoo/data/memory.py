"""Data in memory: arrays, tensors, data frames and lists of rows become tables."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from genzoo.data.tables import Table, called_in_messages, numbered, without_index
from genzoo.data.values import Values, check_values, named_cells
from genzoo.errors import InputError

EXPECTED = "give an array, a tensor, a DataFrame or a list of rows"


@runtime_checkable
class _Array(Protocol):
    """What numpy reads as an array."""

    def __array__(self) -> Values: ...


@runtime_checkable
class _Convertible(Protocol):
    """A table of another library, such as pyarrow or polars."""

    def to_pandas(self) -> Any: ...


def in_memory(given: Any, name: str) -> Table:
    """An object in memory as a table.

    Args:
        given: An array or tensor `(n, *event_shape)` (of one axis: one column), a pandas DataFrame
            or Series, a list of rows, or a list of dicts with the same keys.
        name: What messages call it.

    Raises:
        InputError: On another type, rows of unequal length, text, sparse or masked arrays, or no
            rows at all.
    """
    if isinstance(given, Table):
        return given
    if is_frame(given):
        return _from_frame(given, name)
    if isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        return _from_records(given, name)
    if isinstance(given, list | tuple):
        _check_list(given, name)
    elif not is_array(given):
        raise InputError(f"{name} is {called(given)}: {EXPECTED}")
    values = check_values(_as_array(given, name), name)
    if values.ndim == 2:
        return Table(values, numbered(values.shape[1]))
    return Table(values)


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


def _from_frame(given: Any, name: str) -> Table:
    if isinstance(given, _Convertible):
        given = given.to_pandas()
    frame, named = given, True
    if given.ndim == 1:
        frame, named = given.to_frame(), given.name is not None
    if not frame.size:
        raise InputError(f"{name} is empty, with shape {frame.shape}: give one example in each row")
    columns = _as_names(frame.columns)
    values = [_numbers(frame.iloc[:, k], column, name) for k, column in enumerate(columns)]
    return _with_names(np.stack(values, axis=1), columns, named=named)


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
        f"{name}: column {column!r} is of type {series.dtype} where numbers are expected: "
        "turn it into numbers, or leave it out"
    )


def _from_records(given: Sequence[Any], name: str) -> Table:
    columns = tuple(given[0])
    for k, record in enumerate(given):
        if not isinstance(record, Mapping) or set(record) != set(columns):
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
    return _with_names(table.values, _as_names(columns), named=True)


def _with_names(
    values: Values,
    columns: tuple[str, ...],
    *,
    named: bool,
) -> Table:
    called = called_in_messages(columns, range(len(columns)))
    remaining, notes = without_index(values, columns)
    whole = Table(values, called, named_cells(called), named)
    return replace(whole.in_order(remaining), notes=notes)


def _text(name: str, column: str, example: str) -> InputError:
    return InputError(
        f"{name}: column {column!r} holds text ({example!r}) where numbers are expected: "
        "turn it into numbers, or leave it out"
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
