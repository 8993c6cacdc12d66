"""A small source with conditions and a small conditional model, both with known answers."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsElbo, SupportsLogProb, SupportsReconstruct
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, one_hot
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.source import DataSource, SupportsLabels

SD = 0.5
"""Standard deviation of the numbers of `Shelves` for given conditions."""


class Shelves(DataSource, SupportsLogProb, SupportsLabels):
    """Points of the plane near (2 k, h), k a class of share 1/2, 1/4 or 1/4 and h ~ U[-1, 1).

    Their conditions are k and h; both numbers have standard deviation 1/2.
    """

    event_shape = (2,)
    context_spec = ContextSpec(
        (Category("shelf", ("left", "middle", "right")), Covariate("height", -1.0, 1.0))
    )

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw conditions, then points."""
        shares = self._log_shares().exp()
        shelf = torch.multinomial(shares, n, replacement=True, generator=generator)
        height = 2 * torch.rand(n, 1, generator=generator) - 1
        context = torch.cat([one_hot(shelf, 3), height], dim=1)
        noise = SD * torch.randn(n, 2, generator=generator)
        return Batch(_means(context) + noise, context)

    def labels_of(self, x: Tensor) -> Tensor:
        """The most probable shelf of each point."""
        most: Tensor = self._log_joint(x).argmax(dim=1, keepdim=True)
        return most

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        if context is not None:
            return _log_normal(x - _means(context), SD).sum(1)
        of_first = torch.logsumexp(self._log_joint(x), dim=1)
        return of_first + _log_uniform_and_normal(x[:, 1])

    def _log_joint(self, x: Tensor) -> Tensor:
        """log p(x_1, k), `(B, 3)`."""
        places = 2 * torch.arange(3).to(x)
        return _log_normal(x[:, :1] - places, SD) + self._log_shares().to(x)

    def _log_shares(self) -> Tensor:
        return torch.tensor([0.5, 0.25, 0.25]).log()


def _means(context: Tensor) -> Tensor:
    """(2 k, h) of conditions `(B, 4)`."""
    places = 2 * torch.arange(3).to(context)
    return torch.stack([context[:, :3] @ places, context[:, 3]], dim=1)


def _log_normal(x: Tensor, sd: float) -> Tensor:
    """log N(x; 0, sd^2) of each number."""
    return -0.5 * (x / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi))


def _log_uniform_and_normal(x: Tensor) -> Tensor:
    """Log-density of U[-1, 1) + N(0, SD^2), exact in the tails too."""
    above: Tensor = torch.special.log_ndtr((1 - x.abs()) / SD)
    below = torch.special.log_ndtr((-1 - x.abs()) / SD)
    between = above + torch.log1p(-(below - above).exp())
    return between - math.log(2.0)


class GivenGaussian(GenerativeModel, SupportsLogProb, SupportsElbo, SupportsReconstruct):
    """x = A c + b + z + s e: its density N(A c + b, (1 + s^2) I) and its posterior are known.

    Args:
        event_shape: Shape of one example.
        context_spec: What c means.
    """

    def __init__(self, event_shape: tuple[int, ...], context_spec: ContextSpec) -> None:
        super().__init__(event_shape, context_spec)
        self.mean = nn.Linear(context_spec.width, self.event_size)
        self.log_variance = nn.Parameter(torch.zeros(()))

    def updates(self) -> tuple[Update, ...]:
        """One step of all parameters on the negative log-likelihood."""
        return (Update("likelihood", GivenGaussian.loss, ("mean", "log_variance")),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """-E log p(x | c), in nats."""
        return Step({"loss": -self._log_prob(batch.x, batch.context).mean()})

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z and e."""
        return {
            "latent": self._posterior_noise(),
            "observation": NoiseSpec("normal", self.event_shape),
        }

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """A c + b + z + s e."""
        mean = self._decode(noise["latent"], context)
        return mean + (0.5 * self.log_variance).exp() * noise["observation"]

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        variance = 1 + self.log_variance.exp()
        square = self._centred(x, context).square().sum(1) / variance
        return -0.5 * (square + self.event_size * (2 * math.pi * variance).log())

    def _posterior_noise(self) -> NoiseSpec:
        return NoiseSpec("normal", (self.event_size,))

    def _log_weight(self, x: Tensor, noise: Tensor, context: Tensor | None) -> Tensor:
        # The posterior is exact, so the weight is p(x | c) whatever the draw.
        return self._log_prob(x, context)

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self._centred(x, context) / (1 + self.log_variance.exp())

    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        mean: Tensor = self.mean(context) + z
        return mean.reshape(-1, *self.event_shape)

    def _centred(self, x: Tensor, context: Tensor | None) -> Tensor:
        centred: Tensor = x.flatten(1) - self.mean(context)
        return centred
