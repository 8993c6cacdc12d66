"""Networks of an example, or a code, and its condition."""

import torch
from torch import Tensor, nn


def with_condition(x: Tensor, context: Tensor | None) -> tuple[Tensor, ...]:
    """What a network is called with: x and its condition, or x alone where there is none.

    Args:
        x: `(B, *shape)`.
        context: `(B, *context_shape)` or None.
    """
    if context is None:
        return (x,)
    return (x, context)


class ConditionalLayer(nn.Module):
    """A layer that looks at the condition: `forward(x, context)`."""


class ConditionalSequential(nn.Sequential):
    """Layers in a row; those that are a `ConditionalLayer` are given the condition too."""

    def forward(self, x: Tensor, context: Tensor) -> Tensor:  # type: ignore[override]
        """The last layer's output.

        Args:
            x: `(B, *shape)`.
            context: `(B, *context_shape)`, one condition for each x.
        """
        for layer in self:
            given: tuple[Tensor, ...] = (x,)
            if isinstance(layer, ConditionalLayer):
                given = (x, context)
            x = layer(*given)
        return x


class Concatenation(ConditionalLayer):
    """(x, c) side by side as one vector (Mirza and Osindero 2014)."""

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """`(B, *shape)` and `(B, *context_shape)` to `(B, size + context size)`."""
        return torch.cat([x.flatten(1), context.flatten(1)], 1)


class Projection(ConditionalLayer):
    """Scores f(h) + <E c, h> of features h: the last layer of a projection discriminator.

    E[c] says in which direction features of this condition lie (Miyato and Koyama 2018). Of a label
    with one-hot columns, E c is the row of its class.

    Args:
        head: f, from `(B, n)` to `(B, 1)`.
        embedding: E, from `(B, context size)` to `(B, n)`.
    """

    def __init__(self, head: nn.Module, embedding: nn.Module) -> None:
        super().__init__()
        self.head = head
        self.embedding = embedding

    def forward(self, h: Tensor, context: Tensor) -> Tensor:
        """`(B, n)` and `(B, *context_shape)` to `(B, 1)`."""
        embedded = self.embedding(context.flatten(1))
        scores: Tensor = self.head(h) + (embedded * h).sum(1, keepdim=True)
        return scores
