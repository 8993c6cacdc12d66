"""What samples pass through on their way from noise to data."""

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.capabilities import fresh_generator
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import at_once, draw_noise, stream
from genzoo.core.velocity import SupportsVelocity, Trajectory
from genzoo.errors import InputError
from genzoo.observation.stage import SHOWN, Stage
from genzoo.training.preparation import conditions_of

TIMES, FEWEST_TIMES = 21, 5
"""Times at which a recording shows samples on their way."""
NUMBERS = 40_000
"""Numbers in all these samples, about: large examples are shown at fewer times."""


def generation_path(
    model: GenerativeModel,
    n: int,
    *,
    generator: torch.Generator | None = None,
    context: Tensor | None = None,
) -> Trajectory:
    """What samples pass through on their way from noise to data, in data units.

    It ends with what `model.sample` draws from the same state of the generator.

    Args:
        model: A model with a velocity.
        n: How many samples, at most those that `sample` generates at a time.
        generator: Source of the noise; by default a fresh one.
        context: Conditions `(n, C)` in data units; by default as `sample` draws them.

    Returns:
        Times `(K,)` from 0 to 1, at which the sampler was, and states `(K, n, *event_shape)`.

    Raises:
        InputError: When the model has no velocity, or `n` is out of range.
    """
    if not isinstance(model, SupportsVelocity):
        raise InputError(
            f"{type(model).__name__} has no velocity: its samples pass through nothing on their way"
        )
    specs = model.sampling_noise()
    most = at_once(specs, model.sample_block)
    if not 1 <= n <= most:
        raise InputError(f"n must be from 1 to {most:,}, got {n}")
    generator = generator or fresh_generator()
    if context is None:
        context = model.draw_conditions(n, generator=generator)
    with torch.no_grad():
        noise = draw_noise(specs, n, generator=generator, like=model.shift)
        times, states = model.trajectory(noise, conditions_of(context, model))
        in_data_units = torch.stack([model.to_data_units(state) for state in states])
    return Trajectory(times, in_data_units)


def recorded_path(model: GenerativeModel, stage: Stage, noise: int) -> dict[str, FloatArray]:
    """The way of the samples of a frame, as in `Recording.constants`.

    Args:
        model: A model that is ready to sample; one without a velocity has no such way.
        stage: Where it is looked at.
        noise: Names the random stream of the samples, as for a frame.
    """
    if not isinstance(model, SupportsVelocity):
        return {}
    asked = stage.asked(model.context_spec)
    count, show = stage.shown, stage.clip
    if stage.directions is not None:
        count, show = SHOWN, stage.plane
    context = None
    if asked is not None:
        context = asked.samples
        count = len(context)
    path = generation_path(model, count, generator=stream(noise, "frame"), context=context)
    size = int(np.prod(show(path.states[0]).shape))
    times = path.times.double().numpy()
    places = _places(times, max(FEWEST_TIMES, min(TIMES, NUMBERS // size)))
    states = np.stack([show(path.states[place]) for place in places])
    return {"path": states, "path times": times[places]}


def _places(times: FloatArray, count: int) -> list[int]:
    """Where a sampler is at evenly spaced times, the last place among them."""
    even = np.linspace(times[0], times[-1], count)
    latest = np.searchsorted(times, even + 1e-6, side="right") - 1
    return sorted({*latest.tolist(), len(times) - 1})
