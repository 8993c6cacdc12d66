"""What pictures show of conditions: the class by one label or one number of each example."""

import torch
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Field


def shown_field(spec: ContextSpec) -> Field:
    """The first label; where there is none, the first number."""
    if spec.categories:
        return spec.categories[0]
    return spec.covariates[0]


def shown_values(spec: ContextSpec, context: Tensor) -> FloatArray:
    """What `shown_field` says of each example: the place of its class, or its number.

    Args:
        spec: What the conditions mean.
        context: `(n, C)`, in data units.

    Returns:
        `(n,)` float64.
    """
    field = shown_field(spec)
    if isinstance(field, Category):
        values = spec.labels(context)[:, 0]
    else:
        values = torch.tensor(spec.decode(context)[field.name])
    return values.cpu().double().numpy()


def condition_in_words(spec: ContextSpec, context: Tensor) -> str:
    """One condition `(C,)` as a reader says it: `label = 3, dose = 0.5`."""
    parts = []
    for name, values in spec.decode(context[None]).items():
        value = values[0]
        text = f"{value:.3g}" if isinstance(value, float) else value
        parts.append(f"{name} = {text}")
    return ", ".join(parts)
