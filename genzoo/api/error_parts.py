"""How much of a model's distance to the data its network, its sampler and its start make."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from genzoo.api.optimal_field import OptimalField, optimal_field
from genzoo.arrays import Array
from genzoo.core.capabilities import fresh_generator
from genzoo.core.metric import Estimate
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import draw_noise
from genzoo.core.source import DataSource
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.metrics import sliced_wasserstein
from genzoo.metrics.rows import as_rows, block_error
from genzoo.models.transport import Transport
from genzoo.models.transport.couplings import START
from genzoo.models.transport.prediction import Ends
from genzoo.models.transport.samplers import STEPS, Field, RungeKutta
from genzoo.results.table import rows_to_html

SAMPLES = 2500
FINE = 100
"""Steps of the method of Runge and Kutta that stands for a sampler without error."""
FEWEST = 120
"""Samples of which twelfths can be compared."""
BLOCK_PROJECTIONS = 24
OWN, EXACT = "own", "exact"


@dataclass(frozen=True)
class ErrorPart:
    """A way to make samples from parts of a model and exact ones.

    Attributes:
        start: `"own"`: normal noise of the size that the model starts from. `"exact"`: the law of
            x_t there, with what is left of the data in it.
        field: `"own"`: the network's. `"exact"`: that of a perfect network.
        sampler: `"own"`: the model's, with its steps. `"exact"`: 100 steps of fourth order.
        distance: Sliced Wasserstein distance squared between its samples and those of the exact
            parts from the same noise, in squared data units, with its standard error. `null` is
            what chance makes of it where the sampler adds noise of its own, else 0.
    """

    start: str
    field: str
    sampler: str
    distance: Estimate


@dataclass(frozen=True)
class ErrorParts:
    """What each part of a model adds to the distance of its samples.

    Attributes:
        parts: Every choice of start, field and sampler, own or exact, but for all exact, which the
            others are held against. Where the model's own start is exact, only that one.
    """

    parts: tuple[ErrorPart, ...]

    def rows(self) -> list[dict[str, str | float | None]]:
        """One row for each choice."""
        rows: list[dict[str, str | float | None]] = []
        for part in self.parts:
            found = part.distance
            rows.append(
                {
                    "start": part.start,
                    "field": part.field,
                    "sampler": part.sampler,
                    "sliced W2²": found.value,
                    "standard error": found.standard_error,
                    "by chance": found.null,
                }
            )
        return rows

    def to_markdown(self) -> str:
        """The rows as a table."""
        rows = self.rows()
        lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
        for row in rows:
            cells = [_written(value) for value in row.values()]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return rows_to_html("Where the distance comes from", self.rows())


def error_parts(
    model: GenerativeModel,
    source: str | DataSource,
    *,
    samples: int = SAMPLES,
    generator: torch.Generator | None = None,
) -> ErrorParts:
    """Say how much of a model's distance its network, its sampler and its start make.

    Start, field and sampler are each the model's own or exact. Samples of every choice are held
    against those of all three exact, which are of the law of the data, but for the last look at x_1
    that a model takes where its path ends in noise. All are made from the same noise, so that
    distances far below those of two real samples are told from 0.

    Args:
        model: A trained model of transport, of independent pairs and in affine units.
        source: The mixture of Gaussians that it was trained on.
        samples: How many are compared, at least 120.
        generator: Source of the draws; by default a fresh one.

    Raises:
        InputError: When the model is another one, or its exact field is not known: see
            `optimal_field`.
    """
    if not isinstance(model, Transport):
        raise InputError(
            f"{type(model).__name__} has no start, field and sampler to tell apart: "
            "give a model of transport such as flow_matching"
        )
    if samples < FEWEST:
        raise InputError(f"samples must be at least {FEWEST}, got {samples}")
    data = create_source(source) if isinstance(source, str) else source
    exact = optimal_field(data, model)
    generator = generator or fresh_generator()
    draws = data.sample(samples, generator=generator)
    noise = draw_noise(model.sampling_noise(), samples, generator=generator, like=model.shift)
    starts = _starts(model, draws, noise[START])
    fields = _fields(model, exact, draws.context)
    ideal = _samples(model, fields[EXACT], starts[EXACT], EXACT, None)
    parts = []
    for start, field, sampler in itertools.product(starts, fields, (OWN, EXACT)):
        if (start, field, sampler) != (EXACT, EXACT, EXACT):
            made = _samples(model, fields[field], starts[start], sampler, noise.get(STEPS))
            adds_noise = sampler == OWN and not model.sampler.follows_velocity
            distance = _distance(ideal, made, adds_noise)
            parts.append(ErrorPart(start, field, sampler, distance))
    return ErrorParts(tuple(parts))


def _distance(ideal: Tensor, made: Tensor, adds_noise: bool) -> Estimate:
    """Between samples of a pair in each row, unless the sampler adds noise."""
    error = block_error(_sliced, as_rows(ideal), as_rows(made))
    found = sliced_wasserstein(ideal, made, random=np.random.default_rng(0))
    null = found.null if adds_noise else 0.0
    return replace(found, standard_error=error, null=null)


def _sliced(x: Array, y: Array) -> float:
    random = np.random.default_rng(0)
    found = sliced_wasserstein(x, y, random=random, projections=BLOCK_PROJECTIONS)
    return float(found.value or 0.0)


def _starts(model: Transport, draws: Batch, noise: Tensor) -> dict[str, Tensor]:
    """Where paths begin, by the kind of start."""
    first = torch.tensor(model.first, dtype=torch.float64)
    alpha, sigma = float(model.path.alpha(first)), float(model.path.sigma(first))
    starts = {OWN: sigma * noise}
    if alpha == 0:
        return {EXACT: starts[OWN]}
    return {**starts, EXACT: alpha * model.to_model_units(draws.x.to(noise)) + sigma * noise}


def _fields(model: Transport, exact: OptimalField, context: Tensor | None) -> dict[str, Field]:
    """What is followed, by the kind of field, given conditions where the model takes any."""
    if model.context_spec is None:
        return {OWN: model.field(), EXACT: exact}
    if context is None:
        raise InputError("the model takes conditions and the source gives none: give its own")
    own = model.field(model.context_spec.to_model(context.to(model.shift)))
    return {OWN: own, EXACT: _Given(exact, context)}


def _samples(
    model: Transport, field: Field, x: Tensor, sampler: str, noise: Tensor | None
) -> Tensor:
    """What a way of sampling makes of a start, in data units."""
    chosen, steps = model.sampler, model.sampler_steps
    if sampler == EXACT:
        chosen, steps, noise = RungeKutta(), FINE, None
    times = model.schedule(steps).to(x)
    with torch.no_grad():
        *_, (_, end) = model.states(chosen, field, x, times, noise)
    return model.to_data_units(end.to(x))


class _Given(Field):
    """The exact field given a condition for each example.

    Args:
        field: The field.
        context: `(B, C)`.
    """

    def __init__(self, field: OptimalField, context: Tensor) -> None:
        self.path = field.path
        self.field = field
        self.context = context

    def ends(self, x: Tensor, t: Tensor) -> Ends:
        """E[x_1 | x_t = x] and E[x_0 | x_t = x]."""
        return Ends(*self.field.data_and_noise(x, t, self.context))


def _written(value: str | float | None) -> str:
    if value is None:
        return "n/a"
    if isinstance(value, str):
        return value
    return f"{value:.3g}"
