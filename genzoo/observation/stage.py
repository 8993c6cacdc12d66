"""What a recording looks at: the same box, grid and real examples for every model of a problem."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from genzoo.arrays import FloatArray
from genzoo.core.capabilities import SupportsDiscriminate, SupportsLogProb, SupportsReconstruct
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.core.source import DataSource, SupportsModes, real_sample
from genzoo.results.bandwidth import silverman_bandwidth
from genzoo.results.frame import (
    frame_limits,
)

SHOWN, NUMBERS_SHOWN, FEWEST_SHOWN = 400, 1600, 16
"""Examples in a frame: 400, but at most 1,600 numbers, though never fewer than 16."""
REAL = 1000
"""Real examples that gauges are held against."""
CODED = 300
PUSHED = 60
"""Samples at which the gradient of log D is shown."""
GRID = {1: 160, 2: 36}
"""Values along each axis of the grid, by dimension."""
LATTICE = {1: 41, 2: 13}
"""Values along each axis of the grid of latents, by dimension."""
_ENDS = {"normal": (-2.0, 0.0, 2.0), "uniform": (0.02, 0.5, 0.98)}
"""Ends and centre of the grid of latents, by their distribution."""
Shown = Iterator[tuple[str, FloatArray]]
"""Arrays of a frame by name."""
FAR = 5.0
"""Points farther out than this many widths of the box are put at that distance.

So 16 bits resolve the rest.
"""


@dataclass(frozen=True)
class Stage:
    """Shared by all frames of all models on one source.

    Attributes:
        source: The source whose models are looked at.
        real: Real examples for gauges `(m, *event_shape)`.
        axes: Values along the axes of the grid, for examples of one or two numbers; else none.
        directions: The first two principal components of the real examples `(D, 2)`, for flat
            examples of more than two numbers (each first divided by its standard deviation where
            the source is a table); else None.
    """

    source: DataSource
    real: Tensor
    axes: tuple[FloatArray, ...]
    directions: FloatArray | None = None

    @classmethod
    def of(cls, source: DataSource) -> "Stage":
        """The stage of a source: the same each time."""
        real = real_sample(source, REAL, generator=stream(0, "recording"))[0]
        if source.event_shape in ((1,), (2,)):
            size = GRID[source.event_size]
            axes = []
            for low, high in frame_limits(real.double().numpy()):
                axes.append(np.linspace(low, high, size))
            return cls(source, real, tuple(axes))
        if len(source.event_shape) != 1:
            return cls(source, real, ())
        by_column = source.recommended_standardisation == "column"
        return cls(source, real, (), _principal(real, by_column=by_column))

    @property
    def shown(self) -> int:
        """Examples in a frame."""
        most = NUMBERS_SHOWN // self.source.event_size
        return max(FEWEST_SHOWN, min(SHOWN, most))

    @property
    def points(self) -> Tensor:
        """The points of the grid `(A, 1)` or `(A * B, 2)`."""
        mesh = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1)
        points = mesh.reshape(-1, len(self.axes))
        return torch.from_numpy(points).float()

    def clip(self, x: Tensor) -> FloatArray:
        """Examples as an array, brought to within `FAR` widths of the real ones.

        What is not finite becomes NaN.
        """
        x = x.detach().cpu().float()
        low, high = self.real.amin(0), self.real.amax(0)
        reach = FAR * (high - low).clamp(min=float((high - low).max()) / 100)
        near = torch.minimum(torch.maximum(x, low - reach), high + reach)
        return torch.where(torch.isfinite(x), near, torch.nan).numpy()

    def plane(self, x: Tensor) -> FloatArray:
        """Examples `(n, D)` in the plane of the principal components `(n, 2)`."""
        centred = self.clip(x) - self.real.mean(0).numpy()
        return np.asarray(centred @ self.directions)

    def constants(self) -> dict[str, FloatArray]:
        """See `Recording.constants`."""
        constants: dict[str, FloatArray] = {"real": self.real[: self.shown].numpy()}
        for i, values in enumerate(self.axes):
            constants[f"grid {i}"] = values
        if self.axes and isinstance(self.source, SupportsLogProb):
            density = self.source.log_prob(self.points).exp().double().numpy()
            constants["data density"] = density.reshape(list(map(len, self.axes)))
        if self.directions is not None:
            constants["real plane"] = self.plane(self.real[:SHOWN])
        if isinstance(self.source, SupportsModes):
            labels = self.source.modes().assign(self.real[:CODED])
            constants["labels"] = labels.double().numpy()
        return constants


def observe(model: GenerativeModel, stage: Stage, noise: int) -> Shown:
    """What a model shows, by its capabilities, as in `Recording.arrays`.

    Args:
        model: A model that is ready to sample.
        stage: The grid and the real examples to look at.
        noise: Names the random stream of the samples: the same in every frame.
    """
    count = stage.shown
    if stage.directions is not None:
        count = SHOWN
    samples = model.sample(count, generator=stream(noise, "frame"))
    yield "samples", stage.clip(samples[: stage.shown])
    if stage.directions is not None:
        yield "plane", stage.plane(samples)
    if isinstance(model, SupportsReconstruct):
        yield "codes", _finite(model.encode(stage.real[:CODED]).flatten(1))
    if stage.axes:
        yield from _on_the_grid(model, stage, samples, noise)


def _on_the_grid(model: GenerativeModel, stage: Stage, samples: Tensor, noise: int) -> Shown:
    """What is shown of examples of one or two numbers, see `observe`."""
    shape = list(map(len, stage.axes))
    if isinstance(model, SupportsDiscriminate):
        probability = model.discriminate(stage.points).sigmoid()
        yield "discriminator", _finite(probability).reshape(shape)
        pushes = np.full((PUSHED, len(shape)), np.nan)
        if bool(torch.isfinite(samples).all()):
            pushes = _pushes(model, samples[:PUSHED])
        yield "gradients", pushes
    if isinstance(model, SupportsLogProb):
        log_density = _finite(model.log_prob(stage.points)).reshape(shape)
        yield "log density", log_density
        if len(shape) == 1:
            yield "density", np.exp(log_density)
    elif len(shape) == 1:
        yield "density", _smoothed(model, stage.axes[0], noise)
    lattice = _lattice(model, stage)
    if lattice is not None:
        yield "lattice", stage.clip(lattice)


def _principal(real: Tensor, *, by_column: bool) -> FloatArray:
    """The first two principal components `(D, 2)`, of columns divided by their scale."""
    x = real.double().numpy()
    scale = np.ones(x.shape[1])
    if by_column:
        scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    _, _, rows = np.linalg.svd((x - x.mean(axis=0)) / scale, full_matrices=False)
    directions: FloatArray = rows[:2].T
    return directions / scale[:, None]


def _pushes(model: SupportsDiscriminate, samples: Tensor) -> FloatArray:
    """The gradient of log D at samples `(m, D)`, in data units."""
    with torch.enable_grad():
        x = samples.detach().clone().requires_grad_()
        log_d = logsigmoid(model.discriminate(x))
        (gradient,) = torch.autograd.grad(log_d.sum(), x)
    return _finite(gradient)


def _lattice(model: GenerativeModel, stage: Stage) -> Tensor | None:
    """The image of a regular grid of latents, `(R, C, D)`.

    Latents beyond the first two stay at their centre. None where no latent is a vector.
    """
    if isinstance(model, SupportsReconstruct):
        codes = model.encode(stage.real[:CODED]).flatten(1)
        low, high = codes.quantile(0.01, dim=0), codes.quantile(0.99, dim=0)
        z, shape = _mesh(low, high, codes.quantile(0.5, dim=0))
        return model.decode(z).reshape(*shape, -1)
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
    return model.to_data_units(model.generate(noise)).reshape(*shape, -1)


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
