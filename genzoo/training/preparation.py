"""Models before training: built, brought to the units of their data, with closed forms fitted."""

from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource, training_examples
from genzoo.errors import InputError
from genzoo.training.checks import check_conditions, check_model
from genzoo.training.process_state import drawing_from
from genzoo.training.units import fit_units

FIT_EXAMPLES = 10_000
"""Draws of an endless source that units, closed forms and ex-post densities are fitted on."""
REMEMBERED = 1024
"""Conditions that a conditional model keeps, to draw from without its source."""


def untrained(
    build: Callable[[], GenerativeModel],
    source: DataSource,
    seed: int,
    recipe: Recipe,
    dtype: torch.dtype,
) -> GenerativeModel:
    """A model with the weights, units and closed forms of a seed.

    The global generator, which layers draw their weights from, is put back.

    Raises:
        InputError: When it cannot be trained, or makes examples of another shape than the source.
    """
    with drawing_from(stream(seed, "weights")):
        model = check_model(build()).to(dtype)
    if model.event_shape != source.event_shape:
        raise InputError(
            f"the model makes examples of shape {model.event_shape}, the source has "
            f"{source.event_shape}: build it with the source's event_shape"
        )
    check_conditions(model, source)
    rows = fit_examples(source, seed, dtype)
    standardisation: str = recipe.standardisation
    if standardisation == "source":
        standardisation = source.recommended_standardisation
    model.standardise(*fit_units(rows.x, standardisation))
    if model.context_spec is not None and rows.context is not None:
        order = torch.randperm(len(rows.context), generator=stream(seed, "conditions"))
        model.remember_conditions(rows.context[order[:REMEMBERED]])
    model.train()
    fit_by(model.prepare, model, rows, generator=stream(seed, "prepare"))
    return model


def fit_examples(source: DataSource, seed: int, dtype: torch.dtype) -> Batch:
    """Training examples that whatever is fitted outside of training is fitted on."""
    generator = stream(seed, "fit examples")
    rows = training_examples(source, FIT_EXAMPLES, generator=generator)
    return rows._replace(x=rows.x.to(dtype))


def fit_by(
    hook: Callable[..., None], model: GenerativeModel, rows: Batch, *, generator: torch.Generator
) -> None:
    """Call `prepare` or `finalize` of a model on examples, in the units that it computes in.

    Args:
        hook: The method.
        model: Whose method it is; a conditional one is given the conditions too.
        rows: The examples, in data units.
        generator: Source of whatever is drawn.
    """
    x = model.to_model_units(rows.x.to(model.shift))
    context = conditions_of(rows.context, model)
    if context is None:
        hook(x, generator=generator)
    else:
        hook(x, generator=generator, context=context)


def conditions_of(context: Tensor | None, model: GenerativeModel) -> Tensor | None:
    """Conditions in data units as a model computes with them; None for an unconditional model."""
    if context is None or model.context_spec is None:
        return None
    return model.context_spec.to_model(context.to(model.shift))
