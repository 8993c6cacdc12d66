"""Samples written to disk."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.csv_cells import text_cell
from genzoo.data.cells import is_number
from genzoo.disk import write_bytes
from genzoo.errors import InputError


def write_samples(
    path: Path,
    samples: Tensor,
    columns: Sequence[str] = (),
    conditions: Mapping[str, Sequence[object]] | None = None,
) -> None:
    """Write samples `(n, *event_shape)` to a .npy file, or flattened to rows of a .csv file.

    Args:
        path: The file.
        samples: What is written.
        columns: Names for the header of a .csv file, which has no header without them.
        conditions: By name, what each sample was asked for: further columns of a .csv file, whose
            others are then called x1, x2, ... where they have no names. A .npy file has no place
            for them.

    Raises:
        InputError: When the ending is another one, the samples are not finite, or the file cannot
            be written.
    """
    if path.suffix not in (".csv", ".npy"):
        raise InputError(f"samples are written as .csv or .npy, got {path.name!r}")
    if not path.parent.is_dir():
        raise InputError(
            f"cannot write {path}: there is no folder {path.parent}; "
            "make it first, or choose another one"
        )
    rows = samples.detach().numpy()
    if not np.isfinite(rows).all():
        raise InputError("the samples of this model are not finite: its training diverged")
    content = io.BytesIO()
    if path.suffix == ".npy":
        np.save(content, rows, allow_pickle=False)
    else:
        flat = rows.reshape(len(rows), -1)
        if conditions and not columns:
            columns = [f"x{place}" for place in range(1, flat.shape[1] + 1)]
        content.write(_header([*columns, *(conditions or {})]).encode())
        if conditions:
            content.write(_lines(flat, conditions).encode())
        else:
            np.savetxt(content, flat, fmt="%.9g", delimiter=",")
    write_bytes(path, content.getvalue())


def _lines(rows: FloatArray, conditions: Mapping[str, Sequence[object]]) -> str:
    """Rows of numbers, each with what it was asked for, as lines of a .csv file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for numbers, asked in zip(rows, zip(*conditions.values(), strict=True), strict=True):
        cells: list[object] = [f"{number:.9g}" for number in numbers]
        for value in asked:
            cells.append(f"{value:.9g}" if isinstance(value, float) else text_cell(value))
        writer.writerow(cells)
    return text.getvalue()


def _header(columns: Sequence[str]) -> str:
    """The first line of a .csv file; nothing without names."""
    if not columns:
        return ""
    # names that are numbers are put in quotes, by which they are told from an example
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
    if any(is_number(name) for name in columns):
        quoting = csv.QUOTE_ALL
    line = io.StringIO()
    writer = csv.writer(line, quoting=quoting, lineterminator="\n")
    writer.writerow(map(text_cell, columns))
    return line.getvalue()
