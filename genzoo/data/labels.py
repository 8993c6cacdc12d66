"""The label of a source that is made of components: which of them an example was drawn from."""

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.source import SupportsLabels, SupportsModes

MANY = 100
"""Classes of a built-in label, at most: each is a column of every draw."""
MODE = "mode"
"""What the label is called where components are modes."""


class SupportsModeLabels(SupportsModes, SupportsLabels):
    """A source whose label is the mode of an example: class k is mode k."""

    def labels_of(self, x: Tensor) -> Tensor:
        """The mode that each example is assigned to, `(B, 1)`; `(B, 0)` without a label."""
        if self.context_spec is None:
            return torch.zeros(len(x), 0, dtype=torch.int64)
        return self.modes().assign(x)[:, None]


def label(name: str, classes: tuple[str, ...], context: bool) -> ContextSpec | None:
    """The condition of a source of components.

    Args:
        name: What the label is called.
        classes: The names of the components.
        context: Whether it is wanted.

    Returns:
        None where it is not wanted, or there are fewer than two classes or more than `MANY`.
    """
    if not context or not 2 <= len(classes) <= MANY:
        return None
    return ContextSpec((Category(name, classes),))


def parameter(name: str, low: float, high: float, context: bool) -> ContextSpec | None:
    """The condition of a family of curves: its parameter, between bounds; None if not wanted."""
    if not context:
        return None
    return ContextSpec((Covariate(name, low, high),))
