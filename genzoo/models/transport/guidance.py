"""Conditions that are shown or hidden, and outputs that exaggerate what they change."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.noise import Noise
from genzoo.errors import InputError

KEPT = "kept"
"""The name of the noise that says whose condition is hidden in training."""


def check_guidance(hidden: float, guidance: float) -> None:
    """Refuse options that are out of range.

    Raises:
        InputError: When `hidden` is not in [0, 1), or `guidance` is not finite.
    """
    if not 0 <= hidden < 1:
        raise InputError(f"hidden must be in [0, 1), got {hidden}")
    if not math.isfinite(guidance):
        raise InputError(f"guidance must be a finite number, got {guidance}")


def shown(context: Tensor, kept: Tensor) -> Tensor:
    """Conditions `(B, C)` where they are kept, else zeros, and a column that says which."""
    column = kept[:, None]
    return torch.cat([context * column, column], 1)


def partly_shown(context: Tensor | None, noise: Noise, hidden: float) -> Tensor | None:
    """What a network sees of conditions in training; None where there are none."""
    if context is None:
        return None
    return shown(context, (noise[KEPT] >= hidden).to(context))


def guided(
    predicted: Callable[[Tensor | None], Tensor], context: Tensor | None, guidance: float
) -> Tensor:
    """(1 - w) f(hidden) + w f(shown), w the guidance (Ho and Salimans 2021).

    Args:
        predicted: f, of what a network sees of conditions.
        context: `(B, C)` in model units, where there are any; else f(None) is all.
        guidance: w; f is asked once where it is 0 or 1, else twice.
    """
    if context is None:
        return predicted(None)
    ones = torch.ones_like(context[:, 0])
    if guidance == 1:
        return predicted(shown(context, ones))
    free = predicted(shown(context, torch.zeros_like(ones)))
    if guidance == 0:
        return free
    return guidance * predicted(shown(context, ones)) + (1 - guidance) * free


def evaluations_of(guidance: float, *, conditional: bool) -> int:
    """How often `guided` asks."""
    if conditional and guidance not in (0, 1):
        return 2
    return 1
