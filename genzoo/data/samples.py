"""Samples that another program wrote, to be scored."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genzoo.core.event import check_examples
from genzoo.data.files import read_table
from genzoo.errors import InputError


def load_samples(samples: Any, event_shape: tuple[int, ...], *, name: str = "samples") -> Tensor:
    """Rows of samples as float32 `(n, *event_shape)`.

    Args:
        samples: A file (.csv, .npy, .npz, .parquet), a tensor or an array. A table whose columns are the flattened
            examples is put in shape.
        event_shape: Shape of one example.
        name: Used in messages.

    Raises:
        InputError: When the file cannot be read, or the samples have another shape, are not finite or exceed
            single precision.
    """
    if isinstance(samples, str | Path):
        samples = torch.from_numpy(read_table(Path(samples)).values)
        size = math.prod(event_shape)
        if samples.ndim == 2 and samples.shape[1] == size:
            samples = samples.reshape(-1, *event_shape)
    single = check_examples(samples, event_shape, what=name).float()
    if not bool(torch.isfinite(single).all()):
        raise InputError(
            f"{name} must lie within 3e38, the range of single precision: bring them to another unit first"
        )
    return single
