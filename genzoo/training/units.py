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
    scale = torch.ones_like(shift)
    variance = (x64 - shift).square().mean(0)
    # Below this a column is constant up to rounding, and dividing by it would blow rounding up to a
    # signal.
    rounding = ROUNDING * x64.abs().amax(0)
    floor = rounding.square() + torch.finfo(torch.float32).tiny
    if standardisation == "none":
        shift = torch.zeros_like(shift)
    elif standardisation == "scalar":
        mean = variance.mean()
        if bool(mean > floor.mean()):
            scale = scale * mean.sqrt()
    elif standardisation == "column":
        scale = torch.where(variance > floor, variance.sqrt(), 1.0)
    else:
        raise InputError(
            "standardisation must be 'scalar', 'column', 'robust' or 'none', "
            f"got {standardisation!r}"
        )
    return Units(shift.to(x), scale.to(x))


def _robust(x: Tensor) -> Units:
    centre, width = centre_and_width(x)
    plain = Units(torch.zeros_like(centre), torch.ones_like(centre), centre, width)
    bent = plain.to_model(x.double())
    shift = torch.where(width > 0, bent.mean(0), 0.0)
    scale = torch.where(width > 0, bent.std(0, correction=0), 1.0)
    return Units(shift.to(x), scale.to(x), centre.to(x), width.to(x))
