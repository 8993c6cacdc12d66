"""Conditions of the specimens: what they are, and how linear models take them."""

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate

LABEL_AND_DOSE = ContextSpec(
    (Category("label", ("a", "b", "c")), Covariate("dose", low=2.0, high=10.0))
)
"""Conditions of both kinds: one of three classes, and a number."""


def beside(values: Tensor, context: Tensor | None) -> Tensor:
    """Values `(B, D)` with the conditions `(B, C)` as further columns, if there are any."""
    return values if context is None else torch.cat([values, context], dim=1)
