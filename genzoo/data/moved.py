"""Sources in another place and unit: of scale x + shift, all is known that is known of x."""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.event import check_examples
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.model import Batch
from genzoo.core.source import (
    DataSource,
    FiniteSource,
    GaussianModes,
    Modes,
    SplitSource,
    SupportsFeatures,
    SupportsLabels,
    SupportsModes,
    SupportsModeSampling,
    SupportsParameter,
    held_out_parts,
)
from genzoo.data.checks import finite
from genzoo.errors import InputError

TRIES = 20
"""How often draws that rounding takes off a support are drawn again."""


def moved(source: DataSource, scale: float, shift: float) -> DataSource:
    """A source of scale x + shift, x from another, with all capabilities of that one.

    Conditions and the parameter of a curve stay what they are; a density is divided by |scale| for
    each number of an example.

    Args:
        source: The other; itself returned where nothing moves.
        scale: Not 0.
        shift: A number.

    Raises:
        InputError: When a number is not finite, or the scale is 0.
    """
    if finite("scale", scale) == 0:
        raise InputError("scale must not be 0: all examples would be the same")
    if scale == 1 and finite("shift", shift) == 0:
        return source
    parts: list[Any] = []
    for capability, part in PARTS.items():
        if isinstance(source, capability):
            parts.append(part)
    if not isinstance(source, FiniteSource):
        parts.append(MovedDraws)
    return _composed(tuple(parts))(source, scale, shift)


class Moved(DataSource):
    """What moved sources share.

    Args:
        original: Where x comes from.
        scale: Not 0.
        shift: A number.
    """

    def __init__(self, original: Any, scale: float, shift: float) -> None:
        self.event_shape = original.event_shape
        self.context_spec = original.context_spec
        self.recommended_standardisation = original.recommended_standardisation
        self.column_names = original.column_names
        self.original = original
        self.scale = float(scale)
        self.shift = finite("shift", shift)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it goes to another process: its class is made there again."""
        return moved, (self.original, self.scale, self.shift)

    def _there(self, batch: Batch) -> Batch:
        x = self.scale * batch.x.to(torch.float64) + self.shift
        return batch._replace(x=x.to(torch.float32))

    def _back(self, x: Tensor) -> Tensor:
        """x of examples, in their type."""
        return ((x.to(torch.float64) - self.shift) / self.scale).to(x.dtype)

    def _mixture(self, modes: GaussianModes) -> GaussianModes:
        locations = self.scale * modes.locations + self.shift
        return GaussianModes(
            modes.weights, locations, self.scale**2 * modes.covariances, modes.names
        )


class MovedDraws(Moved):
    """Of fresh draws."""

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draws of the original, moved; those that rounding takes over an edge are drawn again.

        Raises:
            InputError: When single precision does not tell moved examples apart.
        """
        batch = self._there(self.original.sample(n, generator=generator))
        if not self.original.has_edges:
            return batch
        for _ in range(TRIES):
            off = self._off(batch)
            if len(off) == 0:
                return batch
            again = self._there(self.original.sample(len(off), generator=generator))
            batch.x[off] = again.x
            if batch.context is not None and again.context is not None:
                batch.context[off] = again.context
        raise InputError(
            f"single precision cannot hold examples of scale {self.scale:g} around "
            f"{self.shift:g}: choose a larger scale or a smaller shift"
        )

    def _off(self, batch: Batch) -> Tensor:
        """The places of draws off the support, in single precision."""
        x = self._back(batch.x.to(torch.float64))
        return torch.isinf(self.original.log_prob(x, batch.context)).nonzero()[:, 0]


class MovedRows(Moved, FiniteSource):
    """Of rows."""

    @functools.cached_property
    def _rows(self) -> tuple[Batch, Batch]:
        return self._there(self.original.train), self._there(self.original.holdout)

    @property
    def train(self) -> Batch:
        """The training rows, moved."""
        return self._rows[0]

    @property
    def holdout(self) -> Batch:
        """The held-out rows, moved."""
        return self._rows[1]


class MovedParts(MovedDraws, SplitSource):
    """Of examples that are made of parts."""

    def held_out(self, n: int, *, generator: torch.Generator) -> tuple[Batch, Batch]:
        """Both samples, moved."""
        first, second = held_out_parts(self.original, n, generator=generator)
        return self._there(first), self._there(second)


class MovedDensity(Moved, SupportsLogProb):
    """With a density."""

    def _receive(self, x: Any) -> Tensor:
        return self._back(check_examples(x, self.event_shape).to(torch.float64))

    def _log_volume(self, x: Tensor) -> float:
        return -self.event_size * math.log(abs(self.scale))

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        log_p: Tensor = self.original.log_prob(x, context)
        return log_p


class MovedGaussians(Moved, SupportsGaussians):
    """With Gaussians."""

    def gaussians(self) -> GaussianModes:
        """The components, moved."""
        return self._mixture(self.original.gaussians())

    def _weights_given(self, context: Tensor) -> Tensor:
        weights: Tensor = self.original.gaussian_weights(context, len(context))
        return weights


class MovedWithModes(Moved, SupportsModes):
    """With modes."""

    def modes(self) -> Modes:
        """The modes, moved; Gaussian ones remain Gaussian."""
        return self._modes

    @functools.cached_property
    def _modes(self) -> Modes:
        modes: Modes = self.original.modes()
        if isinstance(modes, GaussianModes):
            return self._mixture(modes)
        return _AssignedThere(modes, self._back)


class MovedModeSampling(Moved, SupportsModeSampling):
    """With draws by mode."""

    def sample_mode(self, mode: int, n: int, *, generator: torch.Generator) -> Batch:
        """Draws of a mode, moved."""
        return self._there(self.original.sample_mode(mode, n, generator=generator))


class MovedLabels(Moved, SupportsLabels):
    """With labels."""

    def labels_of(self, x: Tensor) -> Tensor:
        """Those of the original."""
        labels: Tensor = self.original.labels_of(self._back(x))
        return labels


class MovedFeatures(Moved, SupportsFeatures):
    """With features."""

    def features(self, x: Tensor) -> Tensor:
        """Those of the original."""
        features: Tensor = self.original.features(self._back(x))
        return features


class MovedCurves(Moved, SupportsParameter):
    """With the parameter of a curve, which stays the same."""

    def __init__(self, original: Any, scale: float, shift: float) -> None:
        super().__init__(original, scale, shift)
        self.parameter_name = original.parameter_name
        self.parameter_mean = original.parameter_mean
        self.parameter_sd = original.parameter_sd

    def fit_parameter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The parameter, and the residual in units of the moved examples."""
        checked = check_examples(x, self.event_shape).to(torch.float64)
        fitted, residual = self.original.fit_parameter(self._back(checked))
        return fitted, abs(self.scale) * residual

    def parameter_cdf(self, value: Tensor) -> Tensor:
        """That of the original."""
        cdf: Tensor = self.original.parameter_cdf(value)
        return cdf


PARTS: dict[Any, Any] = {
    FiniteSource: MovedRows,
    SplitSource: MovedParts,
    SupportsLogProb: MovedDensity,
    SupportsGaussians: MovedGaussians,
    SupportsModes: MovedWithModes,
    SupportsModeSampling: MovedModeSampling,
    SupportsLabels: MovedLabels,
    SupportsFeatures: MovedFeatures,
    SupportsParameter: MovedCurves,
}
"""What a moved source is composed of, by what the original can do."""


@functools.cache
def _composed(parts: tuple[Any, ...]) -> type[Moved]:
    """The class with these capabilities and no other."""
    return type("MovedSource", parts, {"__doc__": Moved.__doc__, "__module__": __name__})


class _AssignedThere(Modes):
    """Modes to which an example belongs by what it is moved from."""

    def __init__(self, modes: Modes, back: Callable[[Tensor], Tensor]) -> None:
        self.weights = modes.weights
        self.names = modes.names
        self.rejects = modes.rejects
        self.original = modes
        self._back = back

    def assign(self, x: Tensor) -> Tensor:
        """The mode of each example, `(B,)`."""
        return self.original.assign(self._back(x))
