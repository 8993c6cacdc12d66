"""The user's own data: a file whose rows are examples."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genzoo.data.arrays import ArraySource
from genzoo.data.chosen import Asked, table_of_numbers
from genzoo.data.csv_file import read_csv
from genzoo.data.decimals import Decimal
from genzoo.data.parquet_file import read_parquet
from genzoo.data.tables import Table
from genzoo.data.values import Values, check_values
from genzoo.disk import check_regular
from genzoo.errors import InputError

SUFFIXES = (".csv", ".npy", ".npz", ".parquet")
"""The file types that are known."""


class FileSource(ArraySource):
    """The rows of a file, as they are, in data units, with a fixed part kept for scores.

    Args:
        path: The file.
        table: What it holds.
        holdout: See `ArraySource`.
        split_seed: See `ArraySource`.

    Attributes:
        path: The file.
    """

    def __init__(
        self,
        path: Path,
        table: Table,
        *,
        holdout: float,
        split_seed: int,
    ) -> None:
        super().__init__(table, name=path.name, holdout=holdout, split_seed=split_seed)
        self.path = path


def load_file(
    path: str | Path,
    *,
    holdout: float = 1 / 3,
    split_seed: int = 0,
    header: bool | None = None,
    drop: str | int | None = None,
    key: str | None = None,
    decimal: Decimal | None = None,
    context: str | int | None = None,
) -> FileSource:
    """Read a file of examples: .csv, .npy, .npz or .parquet.

    A table of n rows and D columns has examples of shape `(D,)`; an array of higher rank keeps its
    shape. Constant columns and very few rows are allowed.

    Args:
        path: The file.
        holdout: Share of the rows to keep for scores, between 0 and 1: at least one row, at least
            two of four or more, and never all.
        split_seed: Fixes which rows.
        header: Whether the first line of a .csv names the columns; by default found out.
        drop: A column to leave out, by name or number counted from 1; several are joined by "+".
        key: Which array of an .npz that holds several.
        decimal: What stands before the decimals of a .csv, "point" or "comma"; where a cell with a
            comma may be either, it is asked for.
        context: A column that is a condition of the others, by name or number; several are joined
            by "+". A column of text is a label, and so is one of at most 20 different whole
            numbers; other numbers are covariates, with the range of the rows to train on.
            "@number" or "@label" after a name decides, `context=year@number`.

    Raises:
        InputError: When the file is missing, of an unknown type, damaged, empty, has a single row,
            or holds anything but finite numbers; or an option is out of range.
    """
    table = read_table(
        Path(path), header=header, drop=drop, key=key, decimal=decimal, context=context
    )
    return FileSource(Path(path), table, holdout=holdout, split_seed=split_seed)


def read_table(
    path: Path,
    *,
    header: bool | None = None,
    drop: str | int | None = None,
    key: str | None = None,
    decimal: Decimal | None = None,
    context: Asked = None,
) -> Table:
    """The rows of a file, all of them; arguments and errors as for `load_file`."""
    suffix = path.suffix.lower()
    _check_file(path)
    for option, value, applies_to in (
        ("header", header, ".csv"),
        ("key", key, ".npz"),
        ("decimal", decimal, ".csv"),
    ):
        if value is not None and suffix != applies_to:
            raise InputError(
                f"{path.name}: the option {option} applies to {applies_to} files only: leave it out"
            )
    table = _read(path, suffix, header, drop, key, decimal, context)
    return replace(table, values=check_values(table.values, path.name))


def _check_file(path: Path) -> None:
    check_regular(path)
    types = ", ".join(SUFFIXES)
    is_known = path.suffix.lower() in SUFFIXES
    if path.is_dir():
        raise InputError(f"{path} is a folder: give a file ({types})")
    if not path.exists() and is_known:
        raise InputError(f"there is no file {path}: check the name and the folder")
    if not path.exists():
        raise InputError(
            f"there is no file {path}: check the name and the folder ({types} are read)"
        )
    if not is_known:
        raise InputError(f"{path} has an unknown type: give one of {types}")


def _read(
    path: Path,
    suffix: str,
    header: bool | None,
    drop: str | int | None,
    key: str | None,
    decimal: Decimal | None,
    context: Asked,
) -> Table:
    try:
        if suffix == ".csv":
            return read_csv(path, header=header, drop=drop, decimal=decimal, context=context)
        if suffix == ".parquet":
            return read_parquet(path, drop, context)
        array = _guarded(path, lambda: np.load(path, allow_pickle=False))
        if isinstance(array, np.lib.npyio.NpzFile):
            array = _pick(path, array, key)
        return _array_table(array, drop, context, path)
    except PermissionError as error:
        raise InputError(f"{path} may not be read: check its permissions") from error


def _guarded(path: Path, load: Callable[[], Any]) -> Any:
    """Call numpy's reader; what is wrong with a file becomes one sentence."""
    try:
        return load()
    except PermissionError:
        raise
    except Exception as error:
        # numpy raises many kinds for a damaged file, those of zlib and tokenize among them.
        if "allow_pickle" in str(error):
            raise InputError(
                f"{path.name} holds Python objects or is not a numpy file, and is not opened "
                "because such files can run code: save an array of numbers"
            ) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{path.name} is damaged or no {path.suffix} file ({reason}): save it again"
        ) from error


def _pick(path: Path, archive: Any, key: str | None) -> Values:
    with archive:
        names = list(archive.files)
        if key is None and len(names) == 1:
            key = names[0]
        if key not in names:
            content = f"no array {key!r}"
            if not names:
                content = "no array"
            elif key is None:
                content = "several arrays"
            raise InputError(
                f"{path.name} holds {content}: choose one with the option key= ({', '.join(names)})"
            )
        array: Values = _guarded(path, lambda: archive[key])
        return array


def _array_table(array: Values, drop: str | int | None, context: Asked, path: Path) -> Table:
    values = check_values(np.asarray(array), path.name)
    if values.ndim > 2 and drop is not None:
        raise InputError(
            f"{path.name}: the option drop applies to tables, got shape {values.shape}: "
            "leave it out"
        )
    return table_of_numbers(values, drop, context, path.name)
