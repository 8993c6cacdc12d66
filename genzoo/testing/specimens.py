"""Small models and sources with known answers.

Metrics are checked on them, and they are examples of the contracts.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genzoo.core.capabilities import (
    SupportsDiscriminate,
    SupportsElbo,
    SupportsLogProb,
    SupportsReconstruct,
)
from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec, stream
from genzoo.core.source import (
    DataSource,
    FiniteSource,
    GaussianModes,
    SupportsModes,
    SupportsParameter,
)
from genzoo.testing.conditions import beside


class LinearGaussian(GenerativeModel, SupportsLogProb, SupportsElbo, SupportsReconstruct):
    """Probabilistic PCA with a linear encoder: x = W z + b + s e, q(z | x) = N(V x + d, t^2 I).

    Its density N(b, W W^T + s^2 I) is known (Tipping and Bishop 1999). Given a condition c, as
    models see it, b is A c + a and d is B c + e.

    Args:
        event_shape: Shape of one example, D numbers.
        latent_dim: Size L of z.
        context_spec: What its conditions mean, if it takes any.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        latent_dim: int = 1,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        self.latent_dim = latent_dim
        columns = columns_of(context_spec)
        self.encoder = nn.Linear(self.event_size + columns, latent_dim)
        self.decoder = nn.Linear(latent_dim + columns, self.event_size)
        self.log_variance = nn.Parameter(torch.zeros(()))
        self.log_posterior_variance = nn.Parameter(torch.zeros(()))

    def updates(self) -> tuple[Update, ...]:
        """One step of all parameters on the negative ELBO."""
        parameters = ("encoder", "decoder", "log_variance", "log_posterior_variance")
        noise = {"posterior": self._posterior_noise()}
        return (Update("elbo", LinearGaussian.loss, parameters, noise),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """-E log p(x | z) and KL(q(z | x) || p(z)), in nats."""
        mean = self._encode(batch.x, batch.context)
        z = mean + (0.5 * self.log_posterior_variance).exp() * noise["posterior"]
        variance = self.log_posterior_variance.exp()
        kl = 0.5 * (mean**2 + variance - 1 - self.log_posterior_variance).sum(1)
        likelihood = self._log_likelihood(batch.x, z, batch.context)
        return Step({"reconstruction": -likelihood.mean(), "KL": kl.mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z and e."""
        return {
            "latent": self._posterior_noise(),
            "observation": NoiseSpec("normal", self.event_shape),
        }

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """W z + b + s e."""
        mean = self._decode(noise["latent"], context)
        return mean + (0.5 * self.log_variance).exp() * noise["observation"]

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        weight = self.decoder.weight[:, : self.latent_dim]
        identity = torch.eye(self.event_size).to(weight)
        covariance = weight @ weight.T + self.log_variance.exp() * identity
        factor = torch.linalg.cholesky(covariance)
        no_code = x.new_zeros(len(x), self.latent_dim)
        centred = (x - self._decode(no_code, context)).flatten(1)
        whitened: Tensor = torch.linalg.solve_triangular(factor, centred.T, upper=False)
        log_prob: Tensor = -0.5 * whitened.square().sum(0) - factor.diagonal().log().sum()
        return log_prob - 0.5 * self.event_size * math.log(2 * math.pi)

    def _posterior_noise(self) -> NoiseSpec:
        return NoiseSpec("normal", (self.latent_dim,))

    def _log_weight(self, x: Tensor, noise: Tensor, context: Tensor | None) -> Tensor:
        z = self._encode(x, context) + (0.5 * self.log_posterior_variance).exp() * noise
        log_prior_ratio = 0.5 * (noise**2 + self.log_posterior_variance - z**2).sum(1)
        return self._log_likelihood(x, z, context) + log_prior_ratio

    def _log_likelihood(self, x: Tensor, z: Tensor, context: Tensor | None) -> Tensor:
        error = x - self._decode(z, context)
        square = (error**2).flatten(1).sum(1) / self.log_variance.exp()
        return -0.5 * (square + self.event_size * (self.log_variance + math.log(2 * math.pi)))

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        z: Tensor = self.encoder(beside(x.flatten(1), context))
        return z

    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        x: Tensor = self.decoder(beside(z, context))
        return x.reshape(-1, *self.event_shape)


class LinearGAN(GenerativeModel, SupportsDiscriminate):
    """G(z) = W z + b against a discriminator with one hidden layer, by the non-saturating losses.

    Of Goodfellow et al. 2014. Given conditions, both have them beside their input.

    Args:
        event_shape: Shape of one example.
        context_spec: What its conditions mean, if it takes any.
    """

    def __init__(
        self, event_shape: tuple[int, ...], context_spec: ContextSpec | None = None
    ) -> None:
        super().__init__(event_shape, context_spec)
        columns = columns_of(context_spec)
        self.generator = nn.Linear(2 + columns, self.event_size)
        self.discriminator = nn.Sequential(
            nn.Linear(self.event_size + columns, 8),
            nn.Tanh(),
            nn.Linear(8, 1),
        )

    def updates(self) -> tuple[Update, ...]:
        """Discriminator first, then generator."""
        noise = self.sampling_noise()
        return (
            Update("discriminator", LinearGAN.discriminator_loss, ("discriminator",), noise),
            Update("generator", LinearGAN.generator_loss, ("generator",), noise),
        )

    def discriminator_loss(self, batch: Batch, noise: Noise) -> Step:
        """-mean[log D(x) + log(1 - D(G(z)))]."""
        real = self._discriminate(batch.x, batch.context)
        fake = self._discriminate(self.generate(noise, batch.context), batch.context)
        return Step(
            {"loss": softplus(-real).mean() + softplus(fake).mean()},
            {"D(real)": real.detach().sigmoid().mean()},
        )

    def generator_loss(self, batch: Batch, noise: Noise) -> Step:
        """-mean log D(G(z))."""
        fake = self._discriminate(self.generate(noise, batch.context), batch.context)
        return Step({"loss": softplus(-fake).mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z."""
        return {"latent": NoiseSpec("normal", (2,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """G(z)."""
        x: Tensor = self.generator(beside(noise["latent"], context))
        return x.reshape(-1, *self.event_shape)

    def _discriminate(self, x: Tensor, context: Tensor | None) -> Tensor:
        logits: Tensor = self.discriminator(beside(x.flatten(1), context))
        return logits.squeeze(1)


class StandardNormal(DataSource, SupportsLogProb):
    """N(0, I).

    Args:
        event_shape: Shape of one example.
    """

    def __init__(self, event_shape: tuple[int, ...]) -> None:
        self.event_shape = event_shape

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Independent standard normal numbers."""
        return Batch(torch.randn(n, *self.event_shape, generator=generator))

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return -0.5 * (x**2 + math.log(2 * math.pi)).flatten(1).sum(1)


class ThreeModes(DataSource, SupportsLogProb, SupportsModes):
    """Three far apart Gaussians of standard deviation 0.1 in the plane; weights 1/2, 1/4, 1/4."""

    event_shape = (2,)

    def modes(self) -> GaussianModes:
        """The three."""
        weights = torch.tensor([0.5, 0.25, 0.25])
        locations = torch.tensor([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
        covariances = 0.01 * torch.eye(2).repeat(3, 1, 1)
        return GaussianModes(weights, locations, covariances)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Choose a mode, then draw from it."""
        modes = self.modes()
        index = torch.multinomial(modes.weights, n, replacement=True, generator=generator)
        noise = 0.1 * torch.randn(n, 2, generator=generator)
        return Batch((modes.locations[index] + noise).to(torch.float32))

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        modes = self.modes()
        kernels = -0.5 * modes.distances(x) ** 2 - math.log(2 * math.pi * 0.01)
        return torch.logsumexp(kernels + modes.weights.log(), 1)


class Parabolas(DataSource, SupportsParameter):
    """Curves y = a t^2 on 5 points of [-1, 1], a ~ U[0, 1)."""

    event_shape = (5,)
    parameter_name = "a"
    parameter_mean = 0.5
    parameter_sd = 1 / math.sqrt(12)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw a, then the curve."""
        return Batch(torch.rand(n, 1, generator=generator) * self._shape().to(torch.float32))

    def fit_parameter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Least-squares a, and the residual."""
        y, t2 = x.to(torch.float64), self._shape()
        a = (y @ t2) / (t2 @ t2)
        return a, (y - a[:, None] * t2).square().mean(1).sqrt()

    def parameter_cdf(self, value: Tensor) -> Tensor:
        """P(a <= value)."""
        return value.clamp(0, 1)

    def _shape(self) -> Tensor:
        return torch.linspace(-1, 1, 5, dtype=torch.float64) ** 2


class Rows(FiniteSource):
    """A table of 60 training and 20 held-out examples of normal numbers.

    Args:
        event_shape: Shape of one example.
        stretch: Standard deviation of the first number; the others have 1.
        context_spec: Conditions of the examples, of no particular law. The mean of the first number
            is then the sum of the columns of a condition, as models see it, times the column's
            place, counted from 1.
    """

    recommended_standardisation = "column"

    def __init__(
        self,
        event_shape: tuple[int, ...] = (3,),
        stretch: float = 1.0,
        context_spec: ContextSpec | None = None,
    ) -> None:
        self.event_shape = event_shape
        self._rows = torch.randn(80, *event_shape, generator=stream(0, "rows"))
        self._context: Tensor | None = None
        first = self._rows.view(80, -1)[:, 0]
        first *= stretch
        if context_spec is not None:
            self.context_spec = context_spec
            self._context = context_spec.draw(80, generator=stream(0, "conditions of rows"))
            places = torch.arange(1.0, context_spec.width + 1)
            first += context_spec.to_model(self._context) @ places

    @property
    def train(self) -> Batch:
        """The first 60."""
        return self._part(slice(60))

    @property
    def holdout(self) -> Batch:
        """The other 20."""
        return self._part(slice(60, None))

    def _part(self, rows: slice) -> Batch:
        context = None if self._context is None else self._context[rows]
        return Batch(self._rows[rows], context)
