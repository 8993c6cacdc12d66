"""Models before training: built, brought to the units of their data, with closed forms fitted."""

from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource, training_examples
from genzoo.errors import InputError
from genzoo.training.checks import check_model
from genzoo.training.process_state import drawing_from
from genzoo.training.units import fit_units

FIT_EXAMPLES = 10_000
"""Draws of an endless source that units, closed forms and ex-post densities are fitted on."""


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
    x = fit_examples(source, seed, dtype)
    standardisation: str = recipe.standardisation
    if standardisation == "source":
        standardisation = source.recommended_standardisation
    model.standardise(*fit_units(x, standardisation))
    model.train()
    model.prepare(model.to_model_units(x), generator=stream(seed, "prepare"))
    return model


def fit_examples(source: DataSource, seed: int, dtype: torch.dtype) -> Tensor:
    """Training examples that whatever is fitted outside of training is fitted on."""
    generator = stream(seed, "fit examples")
    x = training_examples(source, FIT_EXAMPLES, generator=generator)
    return x.to(dtype)
