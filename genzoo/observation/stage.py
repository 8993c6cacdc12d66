"""What a recording looks at: the same box, grid and real examples for every model of a problem."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from genzoo.core.capabilities import SupportsDiscriminate, SupportsLogProb, SupportsReconstruct
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.core.source import DataSource, SupportsModes, real_sample
from genzoo.results.bandwidth import silverman_bandwidth
from genzoo.results.frame import FloatArray, frame_limits

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
FAR = 5.0
"""Points farther out than this many widths of the box are put at that distance, so that 16 bits resolve the rest."""


@dataclass(frozen=True)
class Stage:
    """Shared by all frames of all models on one source.

    Attributes:
        source: The source.
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
        plain = source.event_shape in ((1,), (2,))
        size = GRID.get(source.event_size, 0)
        box = frame_limits(real.double().numpy()) if plain else []
        flat = len(source.event_shape) == 1 and source.event_size > 2
        directions = (
            _principal(real, by_column=source.recommended_standardisation == "column")
            if flat
            else None
        )
        return cls(
            source, real, tuple(np.linspace(low, high, size) for low, high in box), directions
        )

    @property
    def shown(self) -> int:
        """Examples in a frame."""
        return max(FEWEST_SHOWN, min(SHOWN, NUMBERS_SHOWN // self.source.event_size))

    @property
    def points(self) -> Tensor:
        """The points of the grid `(A, 1)` or `(A * B, 2)`."""
        mesh = np.meshgrid(*self.axes, indexing="ij")
        return torch.from_numpy(np.stack([values.ravel() for values in mesh], axis=1)).float()

    def clip(self, x: Tensor) -> FloatArray:
        """Examples as an array, brought to within `FAR` widths of the real ones; what is not finite becomes NaN."""
        low, high = self.real.amin(0), self.real.amax(0)
        reach = FAR * (high - low).clamp(min=float((high - low).max()) / 100)
        kept = torch.minimum(torch.maximum(x.detach().cpu().float(), low - reach), high + reach)
        return torch.where(torch.isfinite(x.detach().cpu().float()), kept, torch.nan).numpy()

    def plane(self, x: Tensor) -> FloatArray:
        """Examples `(n, D)` in the plane of the principal components `(n, 2)`."""
        return np.asarray((self.clip(x) - self.real.mean(0).numpy()) @ self.directions)

    def constants(self) -> dict[str, FloatArray]:
        """See `Recording.constants`."""
        found: dict[str, FloatArray] = {"real": self.real[: self.shown].numpy()}
        found |= {f"grid {i}": values for i, values in enumerate(self.axes)}
        if self.axes and isinstance(self.source, SupportsLogProb):
            density = self.source.log_prob(self.points).exp().double().numpy()
            found["data density"] = density.reshape([len(values) for values in self.axes])
        if self.directions is not None:
            found["real plane"] = self.plane(self.real[:SHOWN])
        if isinstance(self.source, SupportsModes):
            found["labels"] = self.source.modes().assign(self.real[:CODED]).double().numpy()
        return found


def observe(model: GenerativeModel, stage: Stage, noise: int) -> Iterator[tuple[str, FloatArray]]:
    """What a model shows, by its capabilities, as in `Recording.arrays`.

    Args:
        model: As it is sampled from.
        stage: What to look at.
        noise: Names the random stream of the samples: the same in every frame.
    """
    count = stage.shown if stage.directions is None else SHOWN
    samples = model.sample(count, generator=stream(noise, "frame"))
    yield "samples", stage.clip(samples[: stage.shown])
    if stage.directions is not None:
        yield "plane", stage.plane(samples)
    if isinstance(model, SupportsReconstruct):
        yield "codes", _finite(model.encode(stage.real[:CODED]).flatten(1))
    if stage.axes:
        yield from _on_the_grid(model, stage, samples, noise)


def _on_the_grid(
    model: GenerativeModel, stage: Stage, samples: Tensor, noise: int
) -> Iterator[tuple[str, FloatArray]]:
    shape = [len(values) for values in stage.axes]
    if isinstance(model, SupportsDiscriminate):
        yield "discriminator", _finite(model.discriminate(stage.points).sigmoid()).reshape(shape)
        if bool(torch.isfinite(samples).all()):
            yield "gradients", _pushes(model, samples[:PUSHED])
        else:
            yield "gradients", np.full((PUSHED, len(shape)), np.nan)
    if isinstance(model, SupportsLogProb):
        log_density = _finite(model.log_prob(stage.points)).reshape(shape)
        yield "log density", log_density
    if len(shape) == 1:
        known = isinstance(model, SupportsLogProb)
        yield "density", np.exp(log_density) if known else _smoothed(model, stage.axes[0], noise)
    lattice = _lattice(model, stage)
    if lattice is not None:
        yield "lattice", stage.clip(lattice)


def _principal(real: Tensor, *, by_column: bool) -> FloatArray:
    x = real.double().numpy()
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0) if by_column else np.ones(x.shape[1])
    directions: FloatArray = np.linalg.svd((x - x.mean(axis=0)) / scale, full_matrices=False)[2][
        :2
    ].T
    return directions / scale[:, None]


def _pushes(model: SupportsDiscriminate, samples: Tensor) -> FloatArray:
    """The gradient of log D at samples `(m, D)`, in data units."""
    with torch.enable_grad():
        x = samples.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(logsigmoid(model.discriminate(x)).sum(), x)
    return _finite(gradient)


def _lattice(model: GenerativeModel, stage: Stage) -> Tensor | None:
    """The image of a regular grid of latents `(R, C, D)`; latents beyond the first two stay at their centre."""
    if isinstance(model, SupportsReconstruct):
        codes = model.encode(stage.real[:CODED]).flatten(1)
        low, high = codes.quantile(0.01, dim=0), codes.quantile(0.99, dim=0)
        z, shape = _mesh(low, high, codes.quantile(0.5, dim=0))
        return model.decode(z).reshape(*shape, -1)
    specs = model.sampling_noise()
    name = next((name for name, spec in specs.items() if len(spec.event_shape) == 1), None)
    if name is None:
        return None
    ends = torch.tensor(
        [-2.0, 0.0, 2.0] if specs[name].distribution == "normal" else [0.02, 0.5, 0.98]
    )
    low, centre, high = ends[:, None].expand(3, specs[name].event_shape[0]).to(model.shift)
    z, shape = _mesh(low, high, centre)
    noise = {other: _centre(spec, len(z)).to(z) for other, spec in specs.items()} | {name: z}
    return model.to_data_units(model.generate(noise)).reshape(*shape, -1)


def _mesh(low: Tensor, high: Tensor, centre: Tensor) -> tuple[Tensor, tuple[int, int]]:
    first = min(len(low), 2)
    size = LATTICE[first]
    lines = [torch.linspace(float(low[k]), float(high[k]), size).to(low) for k in range(first)]
    mesh = torch.stack([values.ravel() for values in torch.meshgrid(*lines, indexing="ij")], dim=1)
    z = centre.expand(len(mesh), -1).clone()
    z[:, :first] = mesh
    return z, (size, size if first == 2 else 1)


def _centre(spec: NoiseSpec, n: int) -> Tensor:
    return torch.full((n, *spec.event_shape), 0.0 if spec.distribution == "normal" else 0.5)


def _smoothed(model: GenerativeModel, grid: FloatArray, noise: int) -> FloatArray:
    """A Gaussian kernel estimate of a 1-D model's density from samples (bandwidth of Silverman 1986, halved)."""
    x = model.sample(REAL, generator=stream(noise, "frame density")).double().numpy()[:, 0]
    x = x[np.isfinite(x)]
    if not len(x):
        return np.full(len(grid), np.nan)
    quartiles = np.quantile(x, [0.25, 0.75])
    interquartile_range = float(quartiles[1] - quartiles[0])
    bandwidth = silverman_bandwidth(float(x.std()), interquartile_range, len(x))
    width = max(bandwidth / 2, float(grid[1] - grid[0]))
    kernels: npt.NDArray[np.float64] = np.exp(-0.5 * ((grid[:, None] - x) / width) ** 2)
    return np.asarray(kernels.mean(axis=1) / (width * np.sqrt(2 * np.pi)))


def _finite(x: Tensor) -> FloatArray:
    values = x.detach().cpu().double().numpy()
    return np.where(np.isfinite(values), values, np.nan)
