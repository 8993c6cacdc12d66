"""Mixtures of components with known densities, and the modes that they make."""

import abc
from typing import final

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context_fields import one_hot
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, Modes
from genzoo.data.checks import count

BLOCK = 4096
"""Examples whose density is computed at a time."""


class ComponentMixture(DataSource, SupportsLogProb):
    """p(x) = sum_k weights[k] p_k(x), in data units; subclasses write the components p_k.

    A subclass may make the component a condition: a label with a class for each.

    Args:
        event_shape: Shape of one example.
        weights: `(K,)` positive; divided by their sum.

    Attributes:
        weights: `(K,)` float64, sums to 1.
    """

    def __init__(self, event_shape: tuple[int, ...], weights: Tensor) -> None:
        self.event_shape = event_shape
        exact = weights.to(torch.float64)
        self.weights = exact / exact.sum()

    @abc.abstractmethod
    def _component_log_prob(self, x: Tensor) -> Tensor:
        """log p_k(x), `(B, K)` float64, for x in float64."""

    @abc.abstractmethod
    def _draw(self, components: Tensor, generator: torch.Generator) -> Tensor:
        """One example of each component index in `(n,)`: `(n, *event_shape)` float64."""

    @final
    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw a component for each example, then the example.

        Raises:
            InputError: When n < 1.
        """
        components = torch.multinomial(
            self.weights,
            count("n", n),
            replacement=True,
            generator=generator,
        )
        x = self._draw(components, generator).to(torch.float32)
        if self.context_spec is None:
            return Batch(x)
        return Batch(x, one_hot(components, len(self.weights)))

    @final
    def log_joint(self, x: Tensor) -> Tensor:
        """log(weights[k] p_k(x)) in nats, `(B, K)`."""
        return self._components_log_prob(x) + self.weights.log()

    @final
    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        if context is None:
            return self.log_joint(x).logsumexp(dim=1)
        given = context.argmax(dim=1, keepdim=True)
        return self._components_log_prob(x).gather(1, given)[:, 0]

    def _components_log_prob(self, x: Tensor) -> Tensor:
        blocks = torch.split(x.to(torch.float64), BLOCK)
        return torch.cat([self._component_log_prob(block) for block in blocks])


def numbered_names(kind: str, count: int) -> tuple[str, ...]:
    """Names of modes that have no better ones: "arm 0", "arm 1", ..."""
    return tuple(f"{kind} {k}" for k in range(count))


class DensityModes(Modes):
    """The components of a mixture as modes: an example belongs to arg max_k weights[k] p_k(x).

    Args:
        mixture: The source whose components they are.
        names: One for each component.
    """

    def __init__(self, mixture: ComponentMixture, names: tuple[str, ...]) -> None:
        self.weights = mixture.weights
        self.names = names
        self._mixture = mixture

    def assign(self, x: Tensor) -> Tensor:
        """The component with the largest posterior probability, `(B,)` int64."""
        return self._mixture.log_joint(x).argmax(dim=1)
