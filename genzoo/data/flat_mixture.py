"""The mixture of the VEEGAN paper: flat noise around centres on one diagonal."""

import torch
from torch import Tensor

from genzoo.core.context_fields import one_hot
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, Modes
from genzoo.data.checks import count, positive, size
from genzoo.data.components import numbered_names
from genzoo.data.draws import normal
from genzoo.data.labels import MODE, SupportsModeLabels, label
from genzoo.data.registry import register_source
from genzoo.errors import InputError

DIAGONAL = (-1.0, -0.5, 0.0, 0.5, -2.0, -2.5, 10.0, 0.25, -13.0, -5.5)
"""The centres c 1 = (c, ..., c) of Srivastava et al. 2017."""


class CentreModes(Modes):
    """Modes known by their centres alone; an example belongs to the nearest in Euclidean distance.

    Args:
        weights: `(K,)`, sums to 1.
        centres: `(K, D)`.
    """

    def __init__(self, weights: Tensor, centres: Tensor) -> None:
        self.weights = weights.to(torch.float64)
        self.centres = centres.to(torch.float64)
        self.names = numbered_names("mode", len(weights))

    def assign(self, x: Tensor) -> Tensor:
        """The nearest centre of each example, `(B,)`."""
        rows = x.to(torch.float64).flatten(1)
        return torch.cdist(rows, self.centres).argmin(dim=1)


class FlatMixture(DataSource, SupportsModeLabels):
    """x = c_k 1 + (epsilon, 0), k uniform, epsilon ~ N(0, sigma^2 I) on the first coordinates only.

    The law of x lives on K flats of lower dimension: it is singular and has no density.

    Args:
        diagonal: `(K,)` the c_k.
        dimension: D.
        noisy: Coordinates that carry noise.
        sigma: Standard deviation of the noise.
        context: Whether draws come with their mode.
    """

    def __init__(
        self,
        diagonal: Tensor,
        dimension: int,
        noisy: int,
        sigma: float,
        *,
        context: bool,
    ) -> None:
        self.event_shape = (dimension,)
        self.noisy = noisy
        self.sigma = sigma
        self.diagonal = diagonal.to(torch.float64)
        modes = len(diagonal)
        weights = torch.full((modes,), 1 / modes, dtype=torch.float64)
        centres = self.diagonal[:, None].expand(-1, dimension)
        self._modes = CentreModes(weights, centres)
        self.context_spec = label(MODE, self._modes.names, context)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw `(n, D)`."""
        shape = (count("n", n),)
        index = torch.randint(len(self.diagonal), shape, generator=generator)
        x = self.diagonal[index, None].repeat(1, self.event_size)
        x[:, : self.noisy] += self.sigma * normal(n, self.noisy, generator=generator)
        if self.context_spec is None:
            return Batch(x.to(torch.float32))
        return Batch(x.to(torch.float32), one_hot(index, len(self.diagonal)))

    def modes(self) -> CentreModes:
        """The components, by their centres."""
        return self._modes


@register_source("veegan_mixture")
def veegan_mixture(
    *,
    dimension: int = 1200,
    noisy: int = 700,
    sigma: float = 1.0,
    context: bool = True,
) -> FlatMixture:
    """Ten modes on one diagonal, with noise on some coordinates only (Srivastava et al. 2017).

    Of the 1,200 coordinates, the first 700 carry noise.
    The centres are (c, ..., c) with c = -1, -.5, 0, .5, -2, -2.5, 10, .25, -13, -5.5; the other 500
    coordinates are exactly c. There is no density, and no radius of high quality: an example
    belongs to its nearest centre. Centres next to each other (c = .25 and .5) are 8.7 sigma apart,
    along the diagonal .76 sigma of noise.

    Args:
        dimension: D.
        noisy: Coordinates that carry noise, the first ones; at most D.
        sigma: Standard deviation of the noise, in data units.
        context: Whether draws come with their mode as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    if size("noisy", noisy) > size("dimension", dimension):
        raise InputError(f"noisy must be at most dimension, got {noisy} of {dimension}")
    diagonal = torch.tensor(DIAGONAL)
    return FlatMixture(diagonal, dimension, noisy, positive("sigma", sigma), context=context)
