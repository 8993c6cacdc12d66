"""Samples that another program wrote, to be scored: one set of rows, or one for each seed."""

import glob
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genzoo.core.event import check_examples
from genzoo.core.given import GivenSamples
from genzoo.core.model import Batch
from genzoo.core.source import DataSource
from genzoo.data.conditions import encoded, in_the_order_of_fields
from genzoo.data.create import fields_of, read_rows, split_path
from genzoo.data.matching import in_the_order_of
from genzoo.data.memory import is_array, is_frame
from genzoo.data.tables import Table
from genzoo.errors import InputError


def load_samples(
    samples: Any,
    event_shape: tuple[int, ...],
    *,
    name: str = "samples",
) -> Tensor:
    """Rows of samples as float32 `(n, *event_shape)`.

    Args:
        samples: A file (.csv, .npy, .npz, .parquet) with its options `header`, `drop`, `decimal`
            and `key` if you like, or an array, tensor, DataFrame or list of rows. A table whose
            columns are the flattened examples is put in shape.
        event_shape: Shape of one example.
        name: Used in messages.

    Raises:
        InputError: When the file cannot be read, or the samples have another shape, are not finite
            or exceed single precision.
    """
    return _in_shape(read_rows(samples, name), event_shape, name)


def given_samples(
    given: Any,
    source: DataSource,
    *,
    name: str = "samples",
    where: str = "the data",
    seeds: int | None = None,
) -> GivenSamples:
    """Samples for a source: their columns are matched with its own by name, where both have names.

    Columns that are called as the source's conditions say what each row was asked for.

    Args:
        given: One set of rows as `load_samples` takes it, or one for each seed: a pattern that
            files match, such as `runs/*.csv` (sorted, 10 after 9), or a list of sets.
        source: What they are held against.
        name: What messages call the samples.
        where: What messages call the source.
        seeds: How many seeds several sets must fit; None for as many as there are.

    Raises:
        InputError: When a set cannot be read or does not fit the source, or their number is not
            that of the seeds.
    """
    listed = _sets(given, source.event_shape)
    if len(listed) > 1 and seeds not in (None, len(listed)):
        raise InputError(
            f"{name}: {len(listed)} sets of rows and {seeds} seeds: "
            "give one set, or one for each seed"
        )
    sets: list[Batch] = []
    notes: list[str] = []
    files = 0
    for one in listed:
        called = name
        if isinstance(one, str | Path):
            files += 1
            if len(listed) > 1:
                called = Path(one).name
        table = read_rows(one, called, fields_of(source))
        table = in_the_order_of(source.column_names, table, called, where)
        x = _in_shape(table, source.event_shape, called)
        sets.append(Batch(x, _conditions(table, source, called, where)))
        notes += table.notes
    kind = "file" if files == len(listed) else "sample"
    return GivenSamples(tuple(sets), kind, tuple(dict.fromkeys(notes)))


def _conditions(table: Table, source: DataSource, name: str, where: str) -> Tensor | None:
    """What the rows were asked for, where the table says so."""
    if not table.conditions:
        return None
    spec = source.context_spec
    columns = None
    if spec is not None:
        columns = in_the_order_of_fields(table.conditions, spec)
    if spec is None or columns is None:
        there = ", ".join(column.name for column in table.conditions)
        raise InputError(
            f"{name} has the conditions {there}, {where} has {spec or 'none'}: "
            "name the same with the option context="
        )
    return encoded(columns, spec, name)


def matching_files(text: str) -> list[str]:
    """Files that match a pattern, in the natural order of their names.

    Each comes with the options of the pattern.

    Raises:
        InputError: When none does.
    """
    path, options = split_path(text)
    files = sorted(glob.glob(path, recursive=True), key=_natural)
    if not files:
        raise InputError(f"no file matches {path}: check the pattern and the folder")
    if not options:
        return files
    return [f"{file}:{options}" for file in files]


def _natural(path: str) -> list[str | int]:
    """A key that sorts numbers in names as numbers."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)]


def _sets(given: Any, event_shape: tuple[int, ...]) -> list[Any]:
    if isinstance(given, str | Path):
        path, _ = split_path(str(given))
        if re.search(r"[*?[]", path) and not Path(path).exists():
            return matching_files(str(given))
        return [given]
    if not isinstance(given, list | tuple) or not given:
        return [given]
    for one in given:
        if not _is_set(one, event_shape):
            return [given]
    return list(given)


def _is_set(given: Any, event_shape: tuple[int, ...]) -> bool:
    """Whether an entry of a list is a set of rows rather than one row."""
    if isinstance(given, str | Path) or is_frame(given):
        return True
    if not is_array(given):
        return False
    shape = tuple(np.shape(given))
    if shape == event_shape:
        return False
    return len(shape) > 1 or (len(shape) == 1 and event_shape == (1,))


def _in_shape(table: Table, event_shape: Sequence[int], name: str) -> Tensor:
    values = table.values
    if values.dtype != np.float32:
        values = values.astype(np.float64)
    rows = torch.from_numpy(np.ascontiguousarray(values))
    if rows.ndim == 2 and rows.shape[1] == math.prod(event_shape):
        rows = rows.reshape(-1, *event_shape)
    single = check_examples(rows, tuple(event_shape), what=name).float()
    if not bool(torch.isfinite(single).all()):
        raise InputError(
            f"{name} must lie within 3e38, the range of single precision: "
            "bring them to another unit first"
        )
    return single
