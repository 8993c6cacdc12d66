"""Tables of numbers in .parquet files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genzoo.data.chosen import Asked, chosen_columns
from genzoo.data.conditions import ConditionColumn, column_of
from genzoo.data.tables import Table, text_column, without_index
from genzoo.data.values import Values, named_cells
from genzoo.errors import InputError


def read_parquet(path: Path, drop: str | int | None, context: Asked) -> Table:
    """Read a table of numbers; arguments and errors as for `load_file`."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(
            f"{path.name}: reading .parquet needs pyarrow: pip install pyarrow"
        ) from error
    try:
        data = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{path.name} is damaged or no .parquet file ({reason}): save it again"
        ) from error
    chosen = chosen_columns(data.column_names, drop, context, path.name)
    names = tuple(data.column_names[k] for k in chosen.examples)
    values = np.empty((data.num_rows, len(names)))
    for i, k in enumerate(chosen.examples):
        values[:, i] = _numbers(path, names[i], data.column(k))
    conditions: list[ConditionColumn] = []
    for k, kind in chosen.conditions.items():
        cells = data.column(k).to_pylist()
        conditions.append(column_of(data.column_names[k], cells, kind))
    whole = Table(values, names, named_cells(names), named=True, conditions=tuple(conditions))
    if not len(values):
        return whole
    remaining, notes = without_index(values, names)
    return replace(whole.in_order(remaining), notes=notes)


def _numbers(path: Path, name: str, column: Any) -> Values:
    from pyarrow import compute, types

    kind = column.type
    numeric = types.is_integer(kind) or types.is_floating(kind)
    if not numeric and not types.is_boolean(kind) and not types.is_decimal(kind):
        present = [str(value) for value in column.to_pylist() if value is not None]
        example = present[0] if present else str(kind)
        raise text_column(path.name, name, example, f"a column of type {kind}")
    numbers = compute.cast(column, "float64", safe=False)
    return np.asarray(numbers.to_numpy(), dtype=np.float64)
