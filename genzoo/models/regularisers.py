"""What may be added to the game of a GAN: penalties on its players, constraints on weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from genzoo.core.noise import Noise, NoiseSpec
from genzoo.errors import InputError
from genzoo.losses.diversity import diversity_loss
from genzoo.losses.game import Parameters
from genzoo.losses.penalty import (
    dragan_penalty,
    squared_gradient_penalty,
    wasserstein_gradient_penalty,
)
from genzoo.networks.conditional import with_condition


@dataclass(frozen=True)
class Critic:
    """The discriminator as a function of its inputs.

    Of a conditional GAN it judges the rows of a batch, real, generated or in between, in their
    order: each at its own condition.

    Attributes:
        discriminator: The network.
        context: What conditions the rows have, `(B, *context_shape)`; None without conditions.
        parameters: What stands for the network's own; None for those.
    """

    discriminator: nn.Module
    context: Tensor | None = None
    parameters: Parameters | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Scores `(B,)` of inputs `(B, *shape)`.

        Raises:
            InputError: When there are not as many as conditions.
        """
        given = self._given(x)
        if self.parameters is None:
            scores: Tensor = self.discriminator(*given)
        else:
            scores = functional_call(self.discriminator, dict(self.parameters), given)
        return scores.reshape(x.shape[0])

    def hidden(self, x: Tensor) -> Tensor:
        """What the last layer of the network, with parameters of its own, reads: `(B, n)`.

        Raises:
            InputError: When the network is no sequence of layers, or as for scores.
        """
        if not isinstance(self.discriminator, nn.Sequential):
            raise InputError(
                "a regulariser on hidden features needs a discriminator that is an nn.Sequential"
            )
        hidden: Tensor = self.discriminator[:-1](*self._given(x))
        return hidden.flatten(1)

    def _given(self, x: Tensor) -> tuple[Tensor, ...]:
        if self.context is not None and len(self.context) != len(x):
            raise InputError(
                f"a conditional discriminator judges each row at its own condition, got {len(x)} "
                f"rows for {len(self.context)}: judge real and generated ones one after the other"
            )
        return with_condition(x, self.context)


class Regulariser:
    """A term of one player's loss, or a constraint on the discriminator's weights.

    The methods are hooks: a subclass writes those it needs, and the others do nothing.

    Attributes:
        name: What its term is called in a history.
        on: The player whose loss it joins.
        projects: Whether `project` does anything.
        differentiates: Whether `penalty` takes gradients of the critic by its inputs, which cannot
            go through layers that write running statistics.
    """

    name: ClassVar[str]
    on: ClassVar[Literal["discriminator", "generator"]] = "discriminator"
    projects: ClassVar[bool] = False
    differentiates: ClassVar[bool] = False

    def noise(self, event_shape: tuple[int, ...]) -> Mapping[str, NoiseSpec]:
        """The noise tensors that `penalty` asks for, for each example."""
        return {}

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor | None:
        """The term, 0-d, or None for a constraint.

        Args:
            critic: The discriminator.
            real: What it sees of the data, `(B, *shape)`.
            fake: What it sees of the generator, the same shape.
            noise: As declared.
        """

    def project(self, discriminator: nn.Module) -> None:
        """Bring the weights back into the constraint, in place, after each step."""


@dataclass(frozen=True)
class R1(Regulariser):
    """(gamma/2) E[|grad D|^2] on real examples (Mescheder et al. 2018)."""

    gamma: float = 1.0
    name: ClassVar[str] = "r1"
    differentiates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _positive("gamma of R1", self.gamma)

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor:
        """See `genzoo.losses.penalty.squared_gradient_penalty`."""
        return squared_gradient_penalty(critic, real, self.gamma)


@dataclass(frozen=True)
class R2(Regulariser):
    """(gamma/2) E[|grad D|^2] on generated examples (Mescheder et al. 2018)."""

    gamma: float = 1.0
    name: ClassVar[str] = "r2"
    differentiates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _positive("gamma of R2", self.gamma)

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor:
        """See `genzoo.losses.penalty.squared_gradient_penalty`."""
        return squared_gradient_penalty(critic, fake, self.gamma)


@dataclass(frozen=True)
class GradientPenalty(Regulariser):
    """weight E[(|grad D| - target)^2] between real and fake examples (Gulrajani et al. 2017)."""

    weight: float = 10.0
    target: float = 1.0
    name: ClassVar[str] = "gradient penalty"
    differentiates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _positive("weight of the gradient penalty", self.weight)

    def noise(self, event_shape: tuple[int, ...]) -> Mapping[str, NoiseSpec]:
        """Where on the segment: one uniform number for each pair."""
        return {"mixing": NoiseSpec("uniform")}

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor:
        """See `genzoo.losses.penalty.wasserstein_gradient_penalty`."""
        return wasserstein_gradient_penalty(
            critic, real, fake, noise["mixing"], self.weight, self.target
        )


@dataclass(frozen=True)
class Dragan(Regulariser):
    """weight E[(|grad D| - target)^2] in a neighbourhood of real examples (Kodali et al. 2017)."""

    weight: float = 10.0
    spread: float = 0.5
    target: float = 1.0
    name: ClassVar[str] = "dragan"
    differentiates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _positive("weight of the DRAGAN penalty", self.weight)
        _positive("spread of the DRAGAN penalty", self.spread)

    def noise(self, event_shape: tuple[int, ...]) -> Mapping[str, NoiseSpec]:
        """A normal displacement for each example."""
        return {"displacement": NoiseSpec("normal", event_shape)}

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor:
        """See `genzoo.losses.penalty.dragan_penalty`."""
        return dragan_penalty(
            critic, real, noise["displacement"], self.weight, self.spread, self.target
        )


@dataclass(frozen=True)
class WeightClipping(Regulariser):
    """Every weight of the discriminator within [-bound, bound] (Arjovsky et al. 2017)."""

    bound: float = 0.01
    name: ClassVar[str] = "clipping"
    projects: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _positive("bound of weight clipping", self.bound)

    def project(self, discriminator: nn.Module) -> None:
        """Clip, in place."""
        with torch.no_grad():
            for parameter in discriminator.parameters():
                parameter.copy_(parameter.clamp(-self.bound, self.bound))


@dataclass(frozen=True)
class Diversity(Regulariser):
    """weight times the determinantal diversity loss of GDPP (Elfeki et al. 2019).

    It looks at the features that the discriminator's last layer reads.
    """

    weight: float = 1.0
    name: ClassVar[str] = "diversity"
    on: ClassVar[Literal["discriminator", "generator"]] = "generator"

    def __post_init__(self) -> None:
        _positive("weight of the diversity loss", self.weight)

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor, noise: Noise) -> Tensor:
        """See `genzoo.losses.diversity.diversity_loss`."""
        return self.weight * diversity_loss(critic.hidden(real).detach(), critic.hidden(fake))


def _positive(what: str, value: float) -> None:
    if not value > 0:
        raise InputError(f"{what} must be positive, got {value}")
