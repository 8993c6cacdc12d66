"""One frame of a film: what a model shows on a stage, as arrays."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from genzoo.arrays import FloatArray
from genzoo.core.capabilities import SupportsDiscriminate, SupportsLogProb, SupportsReconstruct
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.observation.asked import Asked
from genzoo.observation.stage import CODED, REAL, SHOWN, Stage
from genzoo.results.bandwidth import silverman_bandwidth
from genzoo.training.preparation import conditions_of

PUSHED = 60
"""Samples at which the gradient of log D is shown."""
LATTICE = {1: 41, 2: 13}
"""Values along each axis of the grid of latents, by dimension."""
_ENDS = {"normal": (-2.0, 0.0, 2.0), "uniform": (0.02, 0.5, 0.98)}
"""Ends and centre of the grid of latents, by their distribution."""
Shown = Iterator[tuple[str, FloatArray]]
"""Arrays of a frame by name."""


def frame_of(model: GenerativeModel, stage: Stage, noise: int) -> Shown:
    """What a model shows, by its capabilities, as in `Recording.arrays`.

    A conditional model is asked for the conditions of the real examples. Its discriminator judges
    an example by its condition, so that it has no values on the grid.

    Args:
        model: A model that is ready to sample.
        stage: The grid and the real examples to look at.
        noise: Names the random stream of the samples: the same in every frame.
    """
    asked = stage.asked(model.context_spec)
    count = stage.shown
    if stage.directions is not None:
        count = SHOWN
    context = None
    if asked is not None:
        context = asked.samples
        count = len(context)
    samples = model.sample(count, generator=stream(noise, "frame"), context=context)
    if stage.directions is None:
        yield "samples", stage.clip(samples)
    else:
        yield "samples", stage.clip(samples[: stage.shown])
        yield "plane", stage.plane(samples)
    if isinstance(model, SupportsReconstruct):
        yield "codes", _finite(_codes(model, stage, asked))
    if stage.axes:
        yield from _on_the_grid(model, stage, samples, noise, asked)


def _on_the_grid(
    model: GenerativeModel, stage: Stage, samples: Tensor, noise: int, asked: Asked | None
) -> Shown:
    """What is shown of examples of one or two numbers, see `frame_of`."""
    shape = list(map(len, stage.axes))
    if isinstance(model, SupportsDiscriminate):
        if asked is None:
            probability = model.discriminate(stage.points).sigmoid()
            yield "discriminator", _finite(probability).reshape(shape)
        pushes = np.full((PUSHED, len(shape)), np.nan)
        if bool(torch.isfinite(samples).all()):
            pushes = _pushes(model, samples[:PUSHED], asked)
        yield "gradients", pushes
    if isinstance(model, SupportsLogProb):
        if not _only_at_last(model, stage):
            values = _density_on_the_grid(model, stage, asked)
            yield "log density", values
            if len(shape) == 1:
                yield "density", np.exp(values)
    elif len(shape) == 1:
        yield "density", _smoothed(model, stage.axes[0], noise)
    lattice = _lattice(model, stage, asked)
    if lattice is not None:
        yield "lattice", stage.clip(lattice)


def last_density(model: GenerativeModel, stage: Stage) -> dict[str, FloatArray]:
    """What the last frame shows beside `frame_of`: a log-density on the grid that is dear.

    Args:
        model: A model that is ready to sample.
        stage: The grid.
    """
    if not isinstance(model, SupportsLogProb) or not _only_at_last(model, stage):
        return {}
    return {"log density": _density_on_the_grid(model, stage, stage.asked(model.context_spec))}


def _density_on_the_grid(model: SupportsLogProb, stage: Stage, asked: Asked | None) -> FloatArray:
    """log p at each point of the grid, of the shape of the grid."""
    values = _finite(log_density(model, stage.points, asked))
    return values.reshape(list(map(len, stage.axes)))


def _only_at_last(model: SupportsLogProb, stage: Stage) -> bool:
    """Whether the density is too dear for every frame: solved for, at each point of a plane."""
    return model.solves_density and len(stage.axes) == 2


def _codes(model: SupportsReconstruct, stage: Stage, asked: Asked | None) -> Tensor:
    """The codes `(m, L)` of the first real examples."""
    context = None
    if asked is not None:
        context = asked.real[:CODED]
    return model.encode(stage.real[:CODED], context).flatten(1)


def _pushes(model: SupportsDiscriminate, samples: Tensor, asked: Asked | None) -> FloatArray:
    """The gradient of log D at samples `(m, D)`, in data units."""
    context = None
    if asked is not None:
        context = asked.samples[: len(samples)]
    with torch.enable_grad():
        x = samples.detach().clone().requires_grad_()
        log_d = logsigmoid(model.discriminate(x, context))
        (gradient,) = torch.autograd.grad(log_d.sum(), x)
    return _finite(gradient)


def log_density(model: SupportsLogProb, points: Tensor, asked: Asked | None) -> Tensor:
    """log p(x) at points; of a conditional model log of the mean of p(x | c) over conditions c."""
    if asked is None:
        return model.log_prob(points)
    parts = []
    for condition, share in zip(*asked.law(), strict=True):
        log_p = model.log_prob(points, condition.expand(len(points), -1))
        parts.append(log_p + share.log())
    return torch.logsumexp(torch.stack(parts), dim=0)


def _lattice(model: GenerativeModel, stage: Stage, asked: Asked | None) -> Tensor | None:
    """The image of a regular grid of latents, `(R, C, D)`.

    Latents beyond the first two stay at their centre. None where no latent is a vector. That of a
    conditional model is for one condition.
    """
    if isinstance(model, SupportsReconstruct):
        codes = _codes(model, stage, asked)
        low, high = codes.quantile(0.01, dim=0), codes.quantile(0.99, dim=0)
        z, shape = _mesh(low, high, codes.quantile(0.5, dim=0))
        return model.decode(z, _typical(asked, len(z))).reshape(*shape, -1)
    specs = model.sampling_noise()
    vectors = [name for name, spec in specs.items() if len(spec.event_shape) == 1]
    if not vectors:
        return None
    spec = specs[vectors[0]]
    ends = torch.tensor(_ENDS[spec.distribution])[:, None]
    low, centre, high = ends.expand(3, spec.event_shape[0]).to(model.shift)
    z, shape = _mesh(low, high, centre)
    noise = {name: _centre(other, len(z)).to(z) for name, other in specs.items()}
    noise[vectors[0]] = z
    context = conditions_of(_typical(asked, len(z)), model)
    return model.to_data_units(model.generate(noise, context)).reshape(*shape, -1)


def _typical(asked: Asked | None, n: int) -> Tensor | None:
    """One condition n times over, `(n, C)`; None of an unconditional model."""
    if asked is None:
        return None
    return asked.typical().expand(n, -1)


def _mesh(low: Tensor, high: Tensor, centre: Tensor) -> tuple[Tensor, tuple[int, int]]:
    """A grid over the first two coordinates, the others at their centre, and its two lengths."""
    first = min(len(low), 2)
    size = LATTICE[first]
    lines = []
    for k in range(first):
        line = torch.linspace(float(low[k]), float(high[k]), size)
        lines.append(line.to(low))
    mesh = torch.stack(torch.meshgrid(*lines, indexing="ij"), dim=-1).reshape(-1, first)
    z = centre.expand(len(mesh), -1).clone()
    z[:, :first] = mesh
    if first == 1:
        return z, (size, 1)
    return z, (size, size)


def _centre(spec: NoiseSpec, n: int) -> Tensor:
    return torch.full((n, *spec.event_shape), _ENDS[spec.distribution][1])


def _smoothed(model: GenerativeModel, grid: FloatArray, noise: int) -> FloatArray:
    """A Gaussian kernel estimate of a 1-D model's density from samples.

    The bandwidth is that of Silverman (1986), halved.
    """
    samples = model.sample(REAL, generator=stream(noise, "frame density"))
    x = samples[:, 0].double().numpy()
    x = x[np.isfinite(x)]
    if not len(x):
        return np.full(len(grid), np.nan)
    quartiles = np.quantile(x, [0.25, 0.75])
    interquartile_range = float(quartiles[1] - quartiles[0])
    bandwidth = silverman_bandwidth(float(x.std()), interquartile_range, len(x))
    width = max(bandwidth / 2, float(grid[1] - grid[0]))
    kernels = np.exp(-0.5 * ((grid[:, None] - x) / width) ** 2)
    return np.asarray(kernels.mean(axis=1) / (width * np.sqrt(2 * np.pi)))


def _finite(x: Tensor) -> FloatArray:
    values = x.detach().cpu().double().numpy()
    return np.where(np.isfinite(values), values, np.nan)
