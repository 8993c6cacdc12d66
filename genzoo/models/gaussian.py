"""A Gaussian and a mixture of Gaussians, fitted in closed form or nearly so: no gradient steps."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.event import check_event_shape
from genzoo.core.model import GenerativeModel, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.models.checks import whole_number
from genzoo.models.mixture import CodeMixture, check_mixture
from genzoo.models.registry import register_model

LADDER = (1, 2, 3, 5, 8, 12, 18, 25, 40)
"""Numbers of components that the information criterion chooses from."""
FEW_COLUMNS = 16
"""Numbers in an example up to which there may be as many components as in the ladder."""
FEWER = 8
"""Components at most of larger examples: a covariance takes the square of their size."""
ROWS = 10_000
"""Training examples that a density is fitted to, at most."""
FLOOR = 1e-3
"""Least standard deviation in any direction, in model units: else constants have no density."""


class FittedMixture(GenerativeModel, SupportsLogProb):
    """p(x) = sum_k w_k N(x; m_k, S_k) over examples as vectors, in model units.

    `prepare` fits it by expectation maximisation; with one component that is the mean and the
    covariance of the training examples. Nothing is trained.

    Args:
        event_shape: Shape of one example.
        counts: Numbers of components to choose from by the Bayesian information criterion.

    Raises:
        InputError: When a number is below 1, or the covariances do not fit in memory.
    """

    def __init__(self, event_shape: tuple[int, ...], counts: tuple[int, ...]) -> None:
        super().__init__(event_shape)
        for count in counts:
            whole_number("components", count, 1)
        check_mixture(self.event_size, max(counts))
        self.counts = counts
        self.density = CodeMixture(self.event_size, max(counts))

    @property
    def evaluations(self) -> int:
        """There is no network."""
        return 0

    def updates(self) -> tuple[Update, ...]:
        """None: `prepare` does it all."""
        return ()

    def prepare(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Fit the density to training examples."""
        rows = x.flatten(1)
        self.density.fit(rows, generator=generator, counts=self.counts, rows=ROWS, floor=FLOOR)

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """A choice of component, and the draw within it."""
        return {
            "component": NoiseSpec("uniform"),
            "within": NoiseSpec("normal", (self.event_size,)),
        }

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """m_k + L_k e, L_k L_k^T = S_k."""
        x: Tensor = self.density(noise["component"], noise["within"])
        return x.reshape(-1, *self.event_shape)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self.density.log_prob(x.flatten(1))


@register_model("gaussian")
def gaussian(event_shape: tuple[int, ...]) -> FittedMixture:
    """One Gaussian with the mean and the covariance of the training examples, by closed form.

    Args:
        event_shape: Shape of one example.

    Raises:
        InputError: When the covariance does not fit in memory.
    """
    return FittedMixture(check_event_shape(event_shape), (1,))


@register_model("gaussian_mixture")
def gaussian_mixture(
    event_shape: tuple[int, ...], *, components: int | None = None
) -> FittedMixture:
    """Mixture of Gaussians by expectation maximisation (Dempster, Laird and Rubin 1977).

    Args:
        event_shape: Shape of one example.
        components: How many; by default chosen by the Bayesian information criterion (Schwarz
            1978), from 1 to 40, and to 8 where an example has more than 16 numbers.

    Raises:
        InputError: When `components` is below 1, or the covariances do not fit in memory.
    """
    shape = check_event_shape(event_shape)
    if components is not None:
        return FittedMixture(shape, (components,))
    most = LADDER[-1]
    if math.prod(shape) > FEW_COLUMNS:
        most = FEWER
    return FittedMixture(shape, tuple(count for count in LADDER if count <= most))
