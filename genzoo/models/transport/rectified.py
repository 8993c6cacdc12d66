"""Rectified flow: a second flow along straight lines between noise and where a first brings it."""

import dataclasses
from typing import Any

from genzoo.core.model import Batch, Step, Update
from genzoo.core.noise import Noise
from genzoo.core.path import Path
from genzoo.errors import InputError
from genzoo.models.transport.couplings import START
from genzoo.models.transport.model import Transport

HALF = 0.5
"""The part of training that the first flow has for itself."""
FARTHEST = 100.0
"""In model units, from where on data of the first flow, which may be untrained, are cut off."""


class RectifiedFlow(Transport):
    """Reflow (Liu, Gong and Liu 2023): noise x_0 goes with x_1 = what a first flow makes of it.

    The first flow is trained on data for one half of training, the second for the other half, on
    these pairs. Lines between pairs of one flow cross less than lines between independent pairs,
    so that the second flow is nearly straight and few steps follow it. It samples; the first only
    makes pairs.

    Args:
        event_shape: Shape of one example.
        curved: The first flow; its sampler adds no noise.
        **parts: See `Transport`.

    Raises:
        InputError: As `Transport`, or when the sampler of the first flow adds noise.
    """

    def __init__(self, event_shape: tuple[int, ...], *, curved: Transport, **parts: Any) -> None:
        super().__init__(event_shape, **parts)
        if not curved.follows_velocity:
            name = type(curved.sampler).__name__
            raise InputError(
                f"{name} adds noise, so that it pairs no noise with data: let the first flow have "
                "a deterministic sampler, such as heun"
            )
        self.curved = curved

    def marginal_path(self) -> Path | str:
        """None of which the exact velocity is known."""
        return "noise goes with what the first flow makes of it"

    def updates(self) -> tuple[Update, ...]:
        """Least squares of the first flow, then of the second."""
        (first,) = self.curved.updates()
        (second,) = super().updates()
        return (
            dataclasses.replace(
                first,
                name="first flow",
                loss=RectifiedFlow.first_loss,
                parameters=("curved",),
                window=(0.0, HALF),
            ),
            dataclasses.replace(
                second,
                name="second flow",
                loss=RectifiedFlow.second_loss,
                window=(HALF, 1.0),
                reads_data=self.context_spec is not None,
            ),
        )

    def first_loss(self, batch: Batch, noise: Noise) -> Step:
        """The loss of the first flow."""
        return self.curved.loss(batch, noise)

    def second_loss(self, batch: Batch, noise: Noise) -> Step:
        """The loss of the second flow where data are what the first makes of the same noise."""
        made = self.curved.generate({START: noise[START]}, batch.context)
        within = made.detach().clamp(-FARTHEST, FARTHEST)
        return self.loss(batch._replace(x=within), noise)
