"""Model units: the shift and scale that training examples give."""

import torch
from torch import Tensor

from genzoo.errors import InputError


def shift_and_scale(x: Tensor, standardisation: str) -> tuple[Tensor, Tensor]:
    """Shift and scale for x_model = (x - shift) / scale.

    Args:
        x: Training examples `(n, *event_shape)`.
        standardisation: `"scalar"`: the mean of each coordinate and one scale, the root of the mean variance,
            which keeps distances, angles and principal components; `"column"`: each coordinate's own standard
            deviation, 1 where it is constant; `"none"`: 0 and 1.

    Returns:
        Shift and scale, each `event_shape`.

    Raises:
        InputError: On another word.
    """
    x64 = x.double()
    shift = x64.mean(0)
    variance = (x64 - shift).square().mean(0)
    # below this a column is constant up to rounding, and dividing by it would blow rounding up to a signal
    floor = (1e-6 * x64.abs().amax(0)).square() + torch.finfo(torch.float32).tiny
    if standardisation == "none":
        return torch.zeros_like(shift).to(x), torch.ones_like(shift).to(x)
    if standardisation == "scalar":
        mean = variance.mean()
        scale = torch.ones_like(shift) * (mean.sqrt() if bool(mean > floor.mean()) else 1.0)
        return shift.to(x), scale.to(x)
    if standardisation == "column":
        return shift.to(x), torch.where(variance > floor, variance.sqrt(), 1.0).to(x)
    raise InputError(f"standardisation must be 'scalar', 'column' or 'none', got {standardisation!r}")
