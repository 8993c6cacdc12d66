"""Model units that training examples give."""

import torch
from torch import Tensor

from genzoo.core.units import ROUNDING, Units, centre_and_width
from genzoo.errors import InputError


def fit_units(x: Tensor, standardisation: str) -> Units:
    """The units in which a model sees training examples.

    Args:
        x: Training examples `(n, *event_shape)`.
        standardisation: `"scalar"`: the mean of each coordinate and one scale, the root of the mean
            variance, which keeps distances, angles and principal components; `"column"`: each
            coordinate's own standard deviation, 1 where it is constant; `"robust"`: each coordinate
            through asinh((x - median) / IQR), then its own mean and standard deviation. Where the
            IQR is 0, the distance of the 10th and the 90th percentile takes its place, of the 5th
            and the 95th, of the 1st and the 99th, of the least and the largest; a constant
            coordinate is only shifted. `"none"`: data units.

    Returns:
        Tensors of shape `event_shape`.

    Raises:
        InputError: On another word.
    """
    if standardisation == "robust":
        return _robust(x)
    x64 = x.double()
    shift = x64.mean(0)
    variance = (x64 - shift).square().mean(0)
    # below this a column is constant up to rounding, and dividing by it would blow rounding up to a
    # signal
    floor = (ROUNDING * x64.abs().amax(0)).square() + torch.finfo(torch.float32).tiny
    if standardisation == "none":
        return Units(torch.zeros_like(shift).to(x), torch.ones_like(shift).to(x))
    if standardisation == "scalar":
        mean = variance.mean()
        scale = torch.ones_like(shift) * (mean.sqrt() if bool(mean > floor.mean()) else 1.0)
        return Units(shift.to(x), scale.to(x))
    if standardisation == "column":
        return Units(shift.to(x), torch.where(variance > floor, variance.sqrt(), 1.0).to(x))
    raise InputError(
        f"standardisation must be 'scalar', 'column', 'robust' or 'none', got {standardisation!r}"
    )


def _robust(x: Tensor) -> Units:
    centre, width = centre_and_width(x)
    plain = Units(torch.zeros_like(centre), torch.ones_like(centre), centre, width)
    bent = plain.to_model(x.double())
    shift = torch.where(width > 0, bent.mean(0), 0.0)
    scale = torch.where(width > 0, bent.std(0, correction=0), 1.0)
    return Units(shift.to(x), scale.to(x), centre.to(x), width.to(x))
