"""A model and a source of which the velocity is known in closed form."""

import torch
from torch import Tensor

from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.noise import Noise
from genzoo.core.path import Path
from genzoo.core.source import GaussianModes
from genzoo.core.velocity import SupportsVelocity, Trajectory
from genzoo.testing.specimens import LinearGaussian, ThreeModes


class StraightLines(Path):
    """alpha = t, sigma = 1 - t."""

    def alpha(self, t: Tensor) -> Tensor:
        """t."""
        return t

    def sigma(self, t: Tensor) -> Tensor:
        """1 - t."""
        return 1 - t

    def d_alpha(self, t: Tensor) -> Tensor:
        """1."""
        return torch.ones_like(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """-1."""
        return -torch.ones_like(t)


class ThreeGaussians(ThreeModes, SupportsGaussians):
    """`ThreeModes`, which are all there is."""

    def gaussians(self) -> GaussianModes:
        """The three."""
        return self.modes()


class MovedNoise(LinearGaussian, SupportsVelocity):
    """Probabilistic PCA, with the velocity along straight lines from N(0, I) to its law N(b, C).

    It is b + (t C - (1 - t) I) S^-1 (x - t b), with S = t^2 C + (1 - t)^2 I. Samples are not made
    by it.
    """

    @property
    def follows_velocity(self) -> bool:
        """Not by `generate`."""
        return False

    def marginal_path(self) -> Path | str:
        """Straight lines."""
        return StraightLines()

    def trajectory(self, noise: Noise, context: Tensor | None = None) -> Trajectory:
        """The noise and what is made of it."""
        start = noise["observation"]
        states = torch.stack([start, self.generate(noise, context)])
        return Trajectory(torch.tensor([0.0, 1.0]).to(start), states)

    def _velocity(self, x: Tensor, t: Tensor, context: Tensor | None) -> Tensor:
        weight = self.decoder.weight[:, : self.latent_dim]
        identity = torch.eye(self.event_size).to(weight)
        covariance = weight @ weight.T + self.log_variance.exp() * identity
        mean = self._decode(x.new_zeros(len(x), self.latent_dim), context).flatten(1)
        time, left = t[:, None, None], 1 - t[:, None, None]
        away = (x.flatten(1) - t[:, None] * mean)[..., None]
        pull = torch.linalg.solve(time**2 * covariance + left**2 * identity, away)
        moved = (time * covariance - left * identity) @ pull
        velocity: Tensor = mean + moved[..., 0]
        return velocity.reshape(x.shape)
