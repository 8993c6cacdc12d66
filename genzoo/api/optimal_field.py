"""The exact field of transport as an instrument: what a network has to learn, and cannot beat."""

import torch
from torch import Tensor

from genzoo.core.capabilities import fresh_generator
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.metric import Estimate
from genzoo.core.model import GenerativeModel
from genzoo.core.path import Path
from genzoo.core.source import DataSource
from genzoo.core.units import Units
from genzoo.core.velocity import SupportsVelocity
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.metrics import MixtureField
from genzoo.metrics.time_average import spread_shares, time_average
from genzoo.models.transport import Transport
from genzoo.models.transport.parts import PATHS
from genzoo.models.transport.prediction import Coefficients, Ends, Velocity
from genzoo.models.transport.samplers import Field
from genzoo.registry import suggestion

DRAWS = 2**16
"""Places at which the irreducible loss is averaged."""


class OptimalField(MixtureField, Field):
    """The exact field, which every sampler of transport can follow."""

    def ends(self, x: Tensor, t: Tensor) -> Ends:
        """E[x_1 | x_t = x] and E[x_0 | x_t = x]."""
        return Ends(*self.data_and_noise(x, t))


def optimal_field(
    source: str | DataSource,
    path: str | Path | GenerativeModel,
    *,
    units: Units | None = None,
) -> OptimalField:
    """The velocity, score, data and noise that a perfect network would predict, in closed form.

    They are known where data are a mixture of Gaussians, at every time of any path: what a model of
    transport has to learn, see `OptimalField`. Samplers follow it as they follow a network.

    >>> import torch
    >>> field = optimal_field("gaussian_1d:mean=2,sd=0.5", "linear")
    >>> field.velocity(torch.zeros(1, 1), 0.0)
    tensor([[2.]], dtype=torch.float64)

    Args:
        source: A mixture of Gaussians: `ring`, `grid`, `random_mixture`, `mixture_1d`,
            `high_dim_mixture`, `gaussian_1d`, or one's own.
        path: How data take the place of noise, by its object or its name: `"linear"`,
            `"trigonometric"`, `"variance_preserving"`, `"cosine"` or `"edm"`. Or a model, trained
            or not, for its path and its units.
        units: Affine units in which noise is added to data; by default data units.

    Raises:
        InputError: When the source is no mixture of Gaussians, the path is unknown, the units are
            not affine, or the model is to learn another velocity.
    """
    data = create_source(source) if isinstance(source, str) else source
    if isinstance(path, GenerativeModel):
        return OptimalField(data, _path_of(path), path.units)
    if isinstance(path, str):
        return OptimalField(data, _path_called(path), units)
    return OptimalField(data, path, units)


def known_field(source: DataSource, model: GenerativeModel) -> OptimalField | None:
    """`optimal_field` of a model, or None where it is not known.

    Args:
        source: What the model learned.
        model: Any model.
    """
    if not isinstance(source, SupportsGaussians) or not isinstance(model, SupportsVelocity):
        return None
    path = model.marginal_path()
    if isinstance(path, str) or model.units.centre is not None:
        return None
    return OptimalField(source, path, model.units)


def irreducible_loss(
    source: str | DataSource,
    path: str | Path | GenerativeModel,
    *,
    units: Units | None = None,
    draws: int = DRAWS,
    generator: torch.Generator | None = None,
) -> Estimate:
    """The least loss that any network can reach in expectation, summed over coordinates.

    x_t does not tell which data and which noise it was made of: E|target - E[target | x_t]|^2 > 0.
    For a path it is that of a predicted velocity at times uniform over those of the path; for a
    model that of its own loss, with what it predicts, its weights, times and units.

    The variance given x_t is known in closed form, and its mean over x_t and t is taken over draws.
    For normal data and noise, each of variance 1, it is pi / 2 in each dimension on the linear
    path, and (pi / 2)^2 on the trigonometric one.

    Args:
        source: As for `optimal_field`.
        path: As for `optimal_field`; a model must be a `Transport`.
        units: As for `optimal_field`.
        draws: Pairs of time and place, an even number.
        generator: Source of the draws; by default a fresh one.

    Raises:
        InputError: As `optimal_field`, or when the number of draws is odd or not positive.
    """
    if draws < 2 or draws % 2:
        raise InputError(f"draws must be an even number of at least 2, got {draws}")
    data = create_source(source) if isinstance(source, str) else source
    field = optimal_field(data, path, units=units)
    generator = generator or fresh_generator()
    shares = spread_shares(draws, generator=generator)
    if isinstance(path, GenerativeModel):
        values = _losses_of(path, data, field, shares, generator)
    else:
        times = field.path.first + (field.path.last - field.path.first) * shares
        at = Coefficients.of(field.path, times)
        values = Velocity().error(at) ** 2 * _variance(field, times, None, generator)
    value, error = time_average(values)
    return Estimate(value, error, draws, "variance given x_t")


def _losses_of(
    model: GenerativeModel,
    source: DataSource,
    field: OptimalField,
    shares: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """The least losses of a model at its own training times, by their shares."""
    if not isinstance(model, Transport):
        raise InputError(f"the loss of {type(model).__name__} is not one of transport: give a path")
    noise = shares
    if model.times.distribution == "normal":
        noise = torch.special.ndtri(shares)
    times = model.first + (model.last - model.first) * model.times.share(noise, model.path)
    at = Coefficients.of(model.path, times)
    n = len(times)
    variance = _variance(field, times, None, generator)
    if model.context_spec is not None:
        context = source.sample(n, generator=generator).context
        given = _variance(field, times, context, generator)
        variance = (1 - model.hidden) * given + model.hidden * variance
    weight = model.weighting.weight(model.prediction, at)
    return weight * model.prediction.error(at) ** 2 * variance


def _variance(
    field: OptimalField, times: Tensor, context: Tensor | None, generator: torch.Generator
) -> Tensor:
    """That of x_1 given x_t, at draws of x_t, `(n,)`."""
    x = field.sample(times, len(times), generator=generator, context=context)
    return field.variance(x, times, context)


def _path_of(model: GenerativeModel) -> Path:
    """The path of whose x_t a model is to have the velocity."""
    if not isinstance(model, SupportsVelocity):
        raise InputError(f"{type(model).__name__} has no velocity: give a model of transport")
    path = model.marginal_path()
    if isinstance(path, str):
        raise InputError(f"the exact field of this model is not known: {path}")
    return path


def _path_called(name: str) -> Path:
    if name not in PATHS:
        raise InputError(f"unknown path {name!r}: {suggestion(name, list(PATHS))}")
    return PATHS[name]()
