"""What a recording looks at: the same box, grid and real examples for every model of a problem."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import FloatArray
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, SupportsModes, real_sample
from genzoo.errors import InputError
from genzoo.observation.asked import Asked, by_class, by_number, in_turn
from genzoo.results.box import (
    box_limits,
)
from genzoo.results.shown_condition import shown_values

SHOWN, NUMBERS_SHOWN, FEWEST_SHOWN = 400, 1600, 16
"""Examples in a frame: 400, but at most 1,600 numbers, though never fewer than 16."""
REAL = 1000
"""Real examples that gauges are held against."""
CODED = 300
"""Real examples whose codes are shown."""
GRID = {1: 160, 2: 36}
"""Values along each axis of the grid, by dimension."""
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
        context: The conditions of the real examples `(m, C)`, where they have any.
    """

    source: DataSource
    real: Tensor
    axes: tuple[FloatArray, ...]
    directions: FloatArray | None = None
    context: Tensor | None = None

    @classmethod
    def of(cls, source: DataSource) -> "Stage":
        """The stage of a source: the same each time."""
        rows = real_sample(source, REAL, generator=stream(0, "recording"))[0]
        real, context = rows.x, rows.context
        if source.event_shape in ((1,), (2,)):
            size = GRID[source.event_size]
            axes = []
            for low, high in box_limits(real.double().numpy()):
                axes.append(np.linspace(low, high, size))
            return cls(source, real, tuple(axes), context=context)
        if len(source.event_shape) != 1:
            return cls(source, real, (), context=context)
        by_column = source.recommended_standardisation == "column"
        return cls(source, real, (), _principal(real, by_column=by_column), context)

    @property
    def shown(self) -> int:
        """Examples in a frame."""
        most = NUMBERS_SHOWN // self.source.event_size
        return max(FEWEST_SHOWN, min(SHOWN, most))

    def asked(self, spec: ContextSpec | None) -> Asked | None:
        """What a model of these conditions is asked for; None for an unconditional model.

        Raises:
            InputError: When the real examples have no conditions.
        """
        if spec is None:
            return None
        if self.context is None:
            raise InputError(f"the real examples have no conditions, the model needs {spec}")
        count = SHOWN if self.directions is not None else self.shown
        order = in_turn(count, len(self.real))
        if len(self.source.event_shape) == 3 and spec.categories:
            order = by_class(spec, self.context, self.source.event_size)
        elif len(self.source.event_shape) == 3:
            order = by_number(spec, self.context, count)
        return Asked(spec, self.context, order)

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

    def constants(self, spec: ContextSpec | None = None) -> dict[str, FloatArray]:
        """See `Recording.constants`.

        Args:
            spec: What conditions mean, of a conditional model.
        """
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
        asked = self.asked(spec)
        if asked is not None:
            constants |= self._conditions(asked)
        return constants

    def _conditions(self, asked: Asked) -> dict[str, FloatArray]:
        """What a conditional model's recording says beside: conditions, and their examples."""
        constants: dict[str, FloatArray] = {}
        if len(self.source.event_shape) == 3:
            constants["real"] = self.real[asked.order].numpy()
        constants["context"] = asked.samples.double().numpy()
        constants["lattice context"] = asked.typical().double().numpy()
        if asked.spec.categories and not isinstance(self.source, SupportsModes):
            constants["labels"] = shown_values(asked.spec, asked.real[:CODED])
        return constants


def _principal(real: Tensor, *, by_column: bool) -> FloatArray:
    """The first two principal components `(D, 2)`, of columns divided by their scale."""
    x = real.double().numpy()
    scale = np.ones(x.shape[1])
    if by_column:
        scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    _, _, rows = np.linalg.svd((x - x.mean(axis=0)) / scale, full_matrices=False)
    directions: FloatArray = rows[:2].T
    return directions / scale[:, None]
