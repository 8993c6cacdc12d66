"""How far a model's velocity is from the one that its path and the data ask for."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.core.source import DataSource
from genzoo.core.velocity import SupportsVelocity
from genzoo.metrics.mixture_field import MixtureField
from genzoo.metrics.registry import register_metric
from genzoo.metrics.time_average import spread_shares, time_average

DRAWS = 8192
"""Points of time and place at which velocities are compared."""


@register_metric("field_error", order=45)
class FieldError(Metric):
    """Squared error of the velocity of a model that transports noise to data, by its exact value.

    E |v(x_t, t) - v*(x_t, t)|^2, summed over coordinates, in model units for a unit of time; t is
    uniform over the times that samples follow, x_t = alpha x_1 + sigma x_0 with data and noise in
    independent pairs, and v* = E[alpha' x_1 + sigma' x_0 | x_t] is known in closed form where data
    are a mixture of Gaussians. Of a conditional model, both are given the condition. At 8,192 draws
    of the truth's own path: it is what training has left to gain, as the loss of a predicted
    velocity is its irreducible part plus this.

    Sees what the network has not learned. Blind to the steps and the noise of the sampler, and to a
    start that is not quite normal. Null: 0. Cost: one evaluation of the network and of the exact
    field at all draws. Not for comparing paths: they differ in the size of v*. Not for chosen pairs
    of noise and data, units that are not affine, or other data: their velocity is not known.

    Lipman et al. 2023.
    """

    name = "field_error"
    label = "field error"
    direction = "min"
    optimum = 0.0
    limits = (0.0, math.inf)
    ranked = False
    panel = "standard"
    source_needs: ClassVar = (SupportsGaussians,)
    model_needs: ClassVar = (SupportsVelocity,)

    def _estimate(self, evidence: Evidence) -> Estimate:
        model, source = evidence.model, evidence.source
        if model is None or not isinstance(model, SupportsVelocity):
            raise TypeError(f"{self.name} needs a velocity, got {type(model).__name__}")
        path = model.marginal_path()
        if isinstance(path, str):
            return Estimate.absent(path)
        if model.units.centre is not None:
            return Estimate.absent("the exact velocity is not known in units that are not affine")
        generator = evidence.generator(self.name)
        context = evidence.given_to_model(_conditions(source, generator))
        shares = spread_shares(DRAWS, generator=generator)
        times = (model.first + (model.last - model.first) * shares).to(model.shift)
        field = MixtureField(source, path, model.units)
        x = field.sample(times, DRAWS, generator=generator, context=context).to(model.shift)
        with torch.no_grad():
            velocity = model.velocity(model.to_data_units(x), times, context) / model.scale
        apart = velocity.cpu() - field.velocity(x, times, context)
        errors = apart.flatten(1).square().sum(dim=1)
        wrong = int((~torch.isfinite(errors)).sum())
        if wrong:
            return Estimate.absent(f"the velocity is not finite at {wrong} of {DRAWS} places")
        value, error = time_average(errors)
        return Estimate(value, error, DRAWS, "exact field, places of the truth's path")


def _conditions(source: DataSource, generator: torch.Generator) -> Tensor | None:
    """Conditions `(DRAWS, C)` of the source's own law, where it gives any."""
    return source.sample(DRAWS, generator=generator).context
