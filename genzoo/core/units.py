"""Model units: how examples in data units are brought to zero mean and unit variance, and back."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

FARTHEST = 80.0
"""Where `Units.to_data` stops: sinh(80) = 2.8e34 widths from the centre.

float32 ends at 3.4e38 = e^89.
"""


class Units(NamedTuple):
    """An invertible map of each column: affine, or affine after asinh for heavy tails.

    With v = x, or v = asinh((x - centre) / width) where there is a centre, u = (v - shift) / scale
    are model units. Near the centre asinh is linear; far out it is a logarithm, so that one value
    does not decide the scale of the others. A column of width 0 is left as it is: v = x - centre.

    Attributes:
        shift: Mean of v, of shape `event_shape`, or of any shape that is broadcast against
            examples, as for the other fields.
        scale: Standard deviation of v.
        centre: Median of x in data units, or None for affine units.
        width: Interquartile range of x in data units, or None for affine units.
    """

    shift: Tensor
    scale: Tensor
    centre: Tensor | None = None
    width: Tensor | None = None

    def each(self, change: Callable[[Tensor], Tensor]) -> "Units":
        """The same with every tensor changed alike: stacked, cut, moved to a device."""
        shift, scale = change(self.shift), change(self.scale)
        if self.centre is None or self.width is None:
            return Units(shift, scale)
        return Units(shift, scale, change(self.centre), change(self.width))

    def to_model(self, x: Tensor) -> Tensor:
        """Data units to model units."""
        if self.centre is None or self.width is None:
            return (x - self.shift) / self.scale
        away = x - self.centre
        bent = torch.asinh(away / _positive(self.width))
        return (torch.where(self.width > 0, bent, away) - self.shift) / self.scale

    def to_data(self, u: Tensor) -> Tensor:
        """Model units to data units.

        A finite u whose x would lie farther than sinh(80) widths from the centre (or sinh(80) data
        units, where that is less) is put there, since sinh would overflow; what is infinite or NaN
        stays so.
        """
        v = u * self.scale + self.shift
        if self.centre is None or self.width is None:
            return v
        width = _positive(self.width)
        far = (FARTHEST - width.log().clamp_min(0.0)).clamp_min(1.0)
        within = torch.where(u.isinf(), v, torch.minimum(torch.maximum(v, -far), far))
        return torch.where(self.width > 0, torch.sinh(within) * width, v) + self.centre

    def log_volume(self, u: Tensor) -> Tensor:
        """log |du / dx| of each example, in nats: `(B,)`, or one number where units are affine.

        It is -sum log scale, and for each bent column also -log width - log cosh(v), as
        d asinh(r) / dr = 1 / cosh(asinh(r)).

        Args:
            u: Examples in model units `(B, *event_shape)`.
        """
        affine = -self.scale.log().sum()
        if self.centre is None or self.width is None:
            return affine
        v = (u * self.scale + self.shift).abs()
        log_cosh = v + torch.log1p(torch.exp(-2 * v)) - math.log(2)
        bending = torch.where(self.width > 0, -_positive(self.width).log() - log_cosh, 0.0)
        return affine + bending.flatten(1).sum(1)


def _positive(width: Tensor) -> Tensor:
    return torch.where(width > 0, width, 1.0)


WIDTHS = ((0.25, 0.75), (0.1, 0.9), (0.05, 0.95), (0.01, 0.99), (0.0, 1.0))
"""Quantiles whose distance is the width of a column in robust units: the first pair apart."""
ROUNDING = 1e-6
"""Relative distance of two values that are one up to the rounding of float32."""


def centre_and_width(x: Tensor) -> tuple[Tensor, Tensor]:
    """Median and interquartile range of each coordinate of examples.

    A few large numbers move neither of them. Where the interquartile range is 0, as of a mostly
    constant column, the width is the distance of the next wider pair of `WIDTHS`.

    Args:
        x: `(n, *event_shape)`.

    Returns:
        Two tensors of shape `event_shape` in float64; the width of a constant coordinate is 0.
    """
    ordered = x.double().sort(0).values
    width = torch.zeros_like(ordered[0])
    for lower, upper in WIDTHS:
        low, high = _quantile(ordered, lower), _quantile(ordered, upper)
        largest = torch.maximum(low.abs(), high.abs())
        apart = high - low > ROUNDING * largest + torch.finfo(torch.float32).tiny
        width = torch.where((width == 0) & apart, high - low, width)
    return _quantile(ordered, 0.5), width


def _quantile(ordered: Tensor, level: float) -> Tensor:
    """The quantile of each column of sorted rows, between neighbours by straight lines.

    `torch.quantile` would refuse large tables.
    """
    place = level * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return torch.lerp(ordered[below], ordered[above], place - below)
