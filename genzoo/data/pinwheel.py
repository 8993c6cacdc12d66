"""The pinwheel: Gaussian blobs around a centre, twisted."""

import math

import torch
from torch import Tensor

from genzoo.data.checks import ARMS, finite, positive, size
from genzoo.data.components import ComponentMixture, DensityModes, numbered_names
from genzoo.data.draws import directions, normal
from genzoo.data.labels import MODE, SupportsModeLabels, label
from genzoo.data.registry import register_source

SCALE = 2.0
"""Distance of the untwisted blobs from the centre, in data units."""


class Pinwheel(ComponentMixture, SupportsModeLabels):
    """Arms with equal weights: x = 2 R(2 pi k / arms + twist |v|) v.

    v ~ N((1, 0), diag(radial_sd^2, tangential_sd^2)).
    R(angle) is a rotation. An angle that depends on |v| alone keeps areas, so the density is that
    of the untwisted Gaussian at v = R(-2 pi k / arms - twist |x| / 2) x / 2, divided by 4 (data
    units). The pinwheel of Johnson et al. 2016 twists by exp(v_1) / 4 instead, which has no inverse
    in closed form; around v = (1, 0) that is a twist of .68.

    Args:
        arms: Number of arms.
        radial_sd: Standard deviation of v along the arm.
        tangential_sd: Standard deviation of v across the arm.
        twist: Radians for each unit of |v|.
        context: Whether draws come with their arm.
    """

    def __init__(
        self,
        arms: int,
        radial_sd: float,
        tangential_sd: float,
        twist: float,
        *,
        context: bool,
    ) -> None:
        weights = torch.ones(size("arms", arms, maximum=ARMS))
        super().__init__((2,), weights)
        self._names = numbered_names("arm", arms)
        self.context_spec = label(MODE, self._names, context)
        self.twist = finite("twist", twist)
        along = positive("radial_sd", radial_sd)
        across = positive("tangential_sd", tangential_sd)
        self._sds = torch.tensor([along, across], dtype=torch.float64)
        turns = torch.arange(arms, dtype=torch.float64)
        self._offsets = 2 * math.pi * turns / arms
        self._log_normaliser = math.log(2 * math.pi * along * across * SCALE**2)

    def modes(self) -> DensityModes:
        """The arms, with equal weights."""
        return DensityModes(self, self._names)

    def _component_log_prob(self, x: Tensor) -> Tensor:
        v = x / SCALE
        radius: Tensor = torch.linalg.vector_norm(v, dim=1)
        angles = torch.atan2(v[:, 1], v[:, 0]) - self.twist * radius
        angles = angles[:, None] - self._offsets
        along = (radius[:, None] * angles.cos() - 1) / self._sds[0]
        across = radius[:, None] * angles.sin() / self._sds[1]
        return -0.5 * (along.square() + across.square()) - self._log_normaliser

    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        v = self._sds * normal(len(components), 2, generator=generator)
        v[:, 0] += 1
        radius: Tensor = torch.linalg.vector_norm(v, dim=1)
        angles = torch.atan2(v[:, 1], v[:, 0]) + self.twist * radius
        angles = angles + self._offsets[components]
        return SCALE * radius[:, None] * directions(angles)


@register_source("pinwheel")
def pinwheel(
    *,
    arms: int = 5,
    radial_sd: float = 0.3,
    tangential_sd: float = 0.1,
    twist: float = 0.7,
    context: bool = True,
) -> Pinwheel:
    """Twisted Gaussian arms around a centre, 2-D.

    Args:
        arms: Number of arms.
        radial_sd: Standard deviation along an arm, as a share of its distance from the centre.
        tangential_sd: Standard deviation across an arm, as a share of its distance from the centre.
        twist: How much the arms bend, in radians for each 2 data units from the centre.
        context: Whether draws come with their arm as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    return Pinwheel(arms, radial_sd, tangential_sd, twist, context=context)
