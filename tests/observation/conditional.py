"""A small conditional model of closed forms, and sources whose examples have conditions."""

import math

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsDiscriminate, SupportsLogProb, SupportsReconstruct
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, one_hot
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import NoiseSpec
from genzoo.core.source import DataSource, FiniteSource

KINDS = ContextSpec((Category("kind", ("a", "b", "c")),))
DOSE = ContextSpec((Covariate("dose", 0.0, 2.0),))
SHARES = torch.tensor([0.2, 0.5, 0.3])


class Shifted(GenerativeModel, SupportsLogProb, SupportsReconstruct, SupportsDiscriminate):
    """x = A c + z, z ~ N(0, I), in model units; its code is z, its judge a plane."""

    def __init__(self, event_shape: tuple[int, ...], context_spec: ContextSpec) -> None:
        super().__init__(event_shape, context_spec)
        self.shifts = nn.Linear(context_spec.width, self.event_size, bias=False)

    def updates(self) -> tuple[Update, ...]:
        return (Update("shift", Shifted.loss, ("shifts",)),)

    def loss(self, batch: Batch, noise) -> Step:
        return Step({"squares": self._encode(batch.x, batch.context).square().sum(1).mean()})

    def sampling_noise(self):
        return {"latent": NoiseSpec("normal", (self.event_size,))}

    def generate(self, noise, context=None) -> Tensor:
        return self._decode(noise["latent"], context)

    def _log_prob(self, x: Tensor, context) -> Tensor:
        squares = self._encode(x, context).square() + math.log(2 * math.pi)
        return -0.5 * squares.sum(1)

    def _encode(self, x: Tensor, context) -> Tensor:
        return x.flatten(1) - self.shifts(context)

    def _decode(self, z: Tensor, context) -> Tensor:
        return (z + self.shifts(context)).reshape(-1, *self.event_shape)

    def _discriminate(self, x: Tensor, context) -> Tensor:
        return self._encode(x, context).sum(1)


class Kinds(DataSource):
    """Three classes of unequal shares, or a number, each shifting all entries of an example."""

    def __init__(self, event_shape: tuple[int, ...], spec: ContextSpec = KINDS) -> None:
        self.event_shape = event_shape
        self.context_spec = spec

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        noise = torch.randn((n, *self.event_shape), generator=generator)
        if self.context_spec is KINDS:
            classes = torch.multinomial(SHARES, n, replacement=True, generator=generator)
            context, shift = one_hot(classes, 3), 3.0 * classes
        else:
            context = 2 * torch.rand(n, 1, generator=generator)
            shift = 3 * context[:, 0]
        return Batch(noise + shift.reshape(n, *[1] * len(self.event_shape)), context)


class HeldOutDoses(FiniteSource):
    """Numbers with a dose; of the held-out ones half lie outside the range of the training ones."""

    event_shape = (1,)
    context_spec = DOSE

    def _rows(self, highest: float) -> Batch:
        dose = torch.linspace(0, highest, 60)[:, None]
        return Batch(3 * dose, dose)

    @property
    def train(self) -> Batch:
        return self._rows(2.0)

    @property
    def holdout(self) -> Batch:
        return self._rows(4.0)
