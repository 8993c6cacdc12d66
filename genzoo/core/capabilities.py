"""What a model or a source can do beyond sampling: mix-ins tested by `isinstance`.

Conditions are checked with the examples, and come to the underscored methods in the units that the
class computes in: see `genzoo.core.context.ContextSpec.to_model`.

Authors write the underscored method in model units; the public one is final, checks its input and
converts. A class has a capability or not, never an instance.
"""

import abc
import math
from collections.abc import Mapping
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from genzoo.core.event import EventSpace
from genzoo.core.noise import Noise, NoiseSpec, draw_noise
from genzoo.errors import InputError


class Capability(EventSpace, abc.ABC):
    """Base of the mix-ins.

    Attributes:
        absence: What a table says where the capability is missing.
    """

    absence: ClassVar[str] = "not supported"


class SupportsLogProb(Capability):
    """An exact, normalised log-density.

    Attributes:
        solves_density: Whether an equation is solved for the density of each example, which is
            dear: the film of a training then shows a density in the plane in the last frame only.
    """

    absence = "no density"
    solves_density: ClassVar[bool] = False

    @abc.abstractmethod
    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        """log p(x) in nats, `(B,)`, of a model in model units and of a source in data units."""

    @final
    def log_prob(self, x: Any, context: Tensor | None = None) -> Tensor:
        """log p(x) in nats, with respect to data units.

        Args:
            x: Examples `(B, *event_shape)`.
            context: Conditions `(B, C)`, where the class takes any.

        Returns:
            `(B,)`; minus infinity outside the support.

        Raises:
            InputError: On a wrong shape, NaN or infinity, or wrong conditions.
        """
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        return self._log_prob(x, context) + self._log_volume(x)


class SupportsElbo(Capability):
    """A lower bound on log p(x) from a variational posterior; never passed off as `log_prob`."""

    absence = "no likelihood bound"

    @abc.abstractmethod
    def _posterior_noise(self) -> NoiseSpec | Mapping[str, NoiseSpec]:
        """The noise of one posterior draw of one example: of one law, or several by name."""

    @abc.abstractmethod
    def _log_weight(self, x: Tensor, noise: Any, context: Tensor | None) -> Tensor:
        """log p(x, z) - log q(z | x) in nats, `(B,)`, at the draw z that `noise` makes.

        Args:
            x: Examples in model units.
            noise: The tensor of one law, or the tensors by name.
            context: Conditions, where the class takes any.
        """

    @final
    def elbo(
        self,
        x: Any,
        *,
        importance_samples: int = 1,
        generator: torch.Generator | None = None,
        context: Tensor | None = None,
    ) -> Tensor:
        """The importance-weighted lower bound on log p(x), in nats.

        It is log (1/K) sum_k p(x, z_k) / q(z_k | x) with z_k ~ q(z | x). K = 1 is a one-draw
        estimate of the ELBO. In expectation the bound does not decrease in K and never exceeds
        log p(x) (Burda, Grosse and Salakhutdinov 2016).

        Args:
            x: Examples `(B, *event_shape)`, in data units.
            importance_samples: K >= 1.
            generator: Source of the draws; by default a fresh one.
            context: Conditions `(B, C)`, where the class takes any.

        Returns:
            `(B,)`.

        Raises:
            InputError: On a wrong shape, NaN, infinity, wrong conditions or K < 1.
        """
        if importance_samples < 1:
            raise InputError(f"importance_samples must be at least 1, got {importance_samples}")
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        generator = generator or fresh_generator()
        specs = self._posterior_noise()
        with torch.no_grad():
            weights = []
            for _ in range(importance_samples):
                noise = _drawn(specs, generator=generator, like=x)
                weights.append(self._log_weight(x, noise, context))
        bound = torch.logsumexp(torch.stack(weights), 0) - math.log(importance_samples)
        return bound + self._log_volume(x)


class SupportsReconstruct(Capability):
    """A code for each example, and the way back."""

    absence = "no encoder"

    @abc.abstractmethod
    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        """The codes `(B, L)` of examples in model units."""

    @abc.abstractmethod
    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        """The mean `(B, *event_shape)` in model units for codes `(B, L)`."""

    @final
    def encode(self, x: Any, context: Tensor | None = None) -> Tensor:
        """The code `(B, L)` of examples in data units: the posterior mean, where there is one.

        Args:
            x: Examples `(B, *event_shape)`.
            context: Conditions `(B, C)`, where the class takes any.

        Raises:
            InputError: On a wrong shape, NaN or infinity, or wrong conditions.
        """
        x = self._receive(x)
        return self._encode(x, self._receive_context(context, len(x)))

    @final
    def decode(self, z: Any, context: Tensor | None = None) -> Tensor:
        """The decoder mean `(B, *event_shape)` in data units for codes `(B, L)`.

        Args:
            z: Codes.
            context: Conditions `(B, C)`, where the class takes any.

        Raises:
            InputError: On codes of a wrong shape, NaN or infinity, or wrong conditions.
        """
        z = self._receive_codes(z)
        context = self._receive_context(context, len(z))
        try:
            mean = self._decode(z, context)
        except RuntimeError as error:
            size = self._code_size(context)
            if z.shape[1] == size:
                raise
            raise InputError(
                f"z must have shape (n, {size}), got {tuple(z.shape)}: give it as encode does"
            ) from error
        return self._return(mean)

    @final
    def reconstruct(self, x: Any, context: Tensor | None = None) -> Tensor:
        """`decode(encode(x))`, in data units, both with the same conditions.

        Raises:
            InputError: As `encode`.
        """
        x = self._receive(x)
        context = self._receive_context(context, len(x))
        return self._return(self._decode(self._encode(x, context), context))

    def _code_size(self, context: Tensor | None) -> int:
        """L, the numbers in a code."""
        x = self._receive(torch.zeros(1, *self.event_shape))
        own = None if context is None else context[:1]
        return int(self._encode(x, own).shape[1])


class SupportsDiscriminate(Capability):
    """A learned judge of real against generated."""

    absence = "no discriminator"

    @abc.abstractmethod
    def _discriminate(self, x: Tensor, context: Tensor | None) -> Tensor:
        """Logits `(B,)` of "x is real" for examples in model units."""

    @final
    def discriminate(self, x: Any, context: Tensor | None = None) -> Tensor:
        """Logits `(B,)` of "x is real": D(x) = sigmoid(logit).

        Args:
            x: Examples `(B, *event_shape)`.
            context: Conditions `(B, C)`, where the class takes any.

        Raises:
            InputError: On a wrong shape, NaN or infinity, or wrong conditions.
        """
        x = self._receive(x)
        return self._discriminate(x, self._receive_context(context, len(x)))


def _drawn(
    specs: NoiseSpec | Mapping[str, NoiseSpec], *, generator: torch.Generator, like: Tensor
) -> Tensor | dict[str, Tensor]:
    """Noise for each of some examples: a tensor of one law, or tensors by name."""
    if isinstance(specs, NoiseSpec):
        return specs.draw(len(like), generator=generator).to(like)
    return draw_noise(specs, len(like), generator=generator, like=like)


def fresh_generator() -> torch.Generator:
    """A CPU generator seeded by the operating system; the global one is left alone."""
    generator = torch.Generator()
    generator.seed()
    return generator


__all__ = [
    "Capability",
    "Noise",
    "SupportsDiscriminate",
    "SupportsElbo",
    "SupportsLogProb",
    "SupportsReconstruct",
    "fresh_generator",
]
