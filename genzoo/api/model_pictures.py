"""Pictures that ask the models themselves: the field that samples follow, and densities."""

from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from genzoo import figures
from genzoo.api.optimal_field import OptimalField, known_field
from genzoo.arrays import FloatArray
from genzoo.core.capabilities import SupportsLogProb, fresh_generator
from genzoo.core.model import GenerativeModel
from genzoo.core.source import DataSource, real_sample
from genzoo.core.velocity import SupportsVelocity
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.figures.style import ThemeName
from genzoo.observation.frame import log_density
from genzoo.observation.generation import generation_path
from genzoo.observation.stage import Stage
from genzoo.results.box import box_limits

TIMES = (0.0, 0.25, 0.5, 0.75, 0.9)
"""Times at which a field is drawn: at the last ones it is sharp."""
DRAWN = 300
"""Examples that are drawn beneath arrows."""
ARROWS = 12
"""Arrows in a row."""
CELLS = 81
"""Values along each axis of a heat map."""
EXACT = "exact field"


def field_figure(
    model: GenerativeModel,
    source: str | DataSource,
    *,
    name: str = "model",
    rows: Sequence[str] | None = None,
    title: str = "The field",
    generator: torch.Generator | None = None,
    theme: ThemeName = "light",
) -> Figure:
    """Draw the velocity of a model in the plane as arrows, over its samples on their way.

    Where the exact field is known, see `genzoo.optimal_field`, it is drawn below on the same scale,
    over draws of the exact law of x_t.

    Args:
        model: A model with a velocity, of examples of two numbers, without conditions.
        source: What it learned.
        name: What the model is called.
        rows: All rows of the comparison, in order: it fixes the colour. By default the model alone.
        title: Headline.
        generator: Source of the draws; by default a fresh one.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When the model has no velocity, takes conditions, or its examples are not two
            numbers.
    """
    data = create_source(source) if isinstance(source, str) else source
    if not isinstance(model, SupportsVelocity) or model.context_spec is not None:
        raise InputError(
            f"arrows are drawn of a velocity without conditions, got {type(model).__name__}"
        )
    if model.event_shape != (2,) or data.event_shape != (2,):
        raise InputError(
            "arrows are drawn in the plane, of examples of shape (2,), "
            f"got {model.event_shape} and {data.event_shape}"
        )
    generator = generator or fresh_generator()
    real = real_sample(data, DRAWN, generator=generator)[0].x
    points = _mesh(real)
    path = generation_path(model, DRAWN, generator=generator)
    own, exact = [], []
    field = known_field(data, model)
    for time in TIMES:
        place = int(torch.searchsorted(path.times, time + 1e-6)) - 1
        t = float(path.times[max(place, 0)])
        with torch.no_grad():
            velocity = model.velocity(points, t)
        own.append(_panel(t, path.states[max(place, 0)], points, velocity))
        if field is not None:
            exact.append(_exact_panel(field, model, t, points, generator))
    fields = {name: own}
    if exact:
        fields[EXACT] = exact
    return figures.field_sheet(fields, real, rows=rows or [name], title=title, theme=theme)


def density_figure(
    models: Mapping[str, GenerativeModel],
    source: str | DataSource,
    *,
    rows: Sequence[str] | None = None,
    title: str = "Densities",
    theme: ThemeName = "light",
) -> Figure:
    """Draw densities of models in the plane as heat maps, beside the true one where it is known.

    Args:
        models: By name, models with a density, of examples of two numbers. That of a conditional
            one is the mean of p(x | c) over the conditions c of real examples.
        source: What they learned.
        rows: All rows of the comparison, in order: it fixes the colours. By default those in
            `models`.
        title: Headline.
        theme: `"light"` or `"dark"`.

    Raises:
        InputError: When a model has no density, or examples are not two numbers.
    """
    data = create_source(source) if isinstance(source, str) else source
    if data.event_shape != (2,):
        raise InputError(f"heat maps are drawn of examples of shape (2,), got {data.event_shape}")
    stage = Stage.of(data)
    truth = None
    if isinstance(data, SupportsLogProb):
        truth = _density(data.log_prob, stage.real)
    densities = {}
    for name, model in models.items():
        densities[name] = _model_density(name, model, stage)
    return figures.density_sheet(densities, truth, rows=rows, title=title, theme=theme)


def draws_field(model: GenerativeModel | None) -> bool:
    """Whether `field_figure` can draw this model."""
    if not isinstance(model, SupportsVelocity):
        return False
    return model.event_shape == (2,) and model.context_spec is None


def _exact_panel(
    field: OptimalField,
    model: GenerativeModel,
    t: float,
    points: Tensor,
    generator: torch.Generator,
) -> figures.FieldPanel:
    """The exact field at a time, in the units of data; it is known in those of the model."""
    time = min(max(t, field.path.first), field.path.last)
    states = field.sample(time, DRAWN, generator=generator)
    velocity = field.velocity(model.to_model_units(points), time) * model.scale
    return _panel(time, model.to_data_units(states), points, velocity)


def _panel(t: float, states: Tensor, points: Tensor, velocity: Tensor) -> figures.FieldPanel:
    return figures.FieldPanel(
        t, states.double().numpy(), points.double().numpy(), velocity.double().numpy()
    )


def _mesh(real: Tensor) -> Tensor:
    """Where arrows begin, `(m, 2)`: a grid within the frame."""
    lines = []
    for low, high in box_limits(real.double().numpy()):
        edge = (high - low) / (2 * ARROWS)
        lines.append(torch.linspace(low + edge, high - edge, ARROWS))
    return torch.cartesian_prod(*lines)


def _model_density(name: str, model: GenerativeModel, stage: Stage) -> figures.DensityGrid:
    if not isinstance(model, SupportsLogProb):
        raise InputError(f"{name} has no density: leave it out")
    asked = stage.asked(model.context_spec)
    return _density(lambda points: log_density(model, points, asked), stage.real)


def _density(log_prob: Callable[[Tensor], Tensor], real: Tensor) -> figures.DensityGrid:
    """A density on the grid of heat maps, in the frame of real examples."""

    def at(points: FloatArray) -> Tensor:
        with torch.no_grad():
            return log_prob(torch.from_numpy(points).float())

    return figures.density_grid(real, at, size=CELLS)
