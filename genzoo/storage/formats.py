"""The parts of a run as bytes, in plain formats (NumPy arrays, safetensors), never pickled."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.torch
from torch import Tensor

from genzoo.results.types import History


def weights_bytes(state: Mapping[str, Tensor]) -> bytes:
    """Weights as a safetensors file."""
    return safetensors.torch.save({key: value.contiguous() for key, value in state.items()})


def history_bytes(history: History) -> bytes:
    """A history as an archive of its columns."""
    columns = _renamed(history.series, "/", "|")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, steps=history.steps, **columns)
    return buffer.getvalue()


def history_of(columns: Mapping[str, Any]) -> History:
    """A history from the columns of an archive, `"steps"` among them."""
    series = _renamed(columns, "|", "/")
    steps = series.pop("steps")
    return History(steps, series)


def array_bytes(values: Tensor) -> bytes:
    """A tensor as a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, values.numpy(), allow_pickle=False)
    return buffer.getvalue()


def load_arrays(content: bytes) -> Any:
    """An array, or of an archive the arrays by name; raises whatever numpy does on damage."""
    loaded = np.load(io.BytesIO(content), allow_pickle=False)
    if isinstance(loaded, np.lib.npyio.NpzFile):
        return dict(loaded)
    return loaded


def _renamed(columns: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Columns whose names have another separator: "/" would be a folder in an archive."""
    return {name.replace(old, new): values for name, values in columns.items()}
