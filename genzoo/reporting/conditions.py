"""What a player is told of conditions: what colours and rows mean, and what is for one alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from genzoo.core.context import ContextSpec
from genzoo.figures.text import sentences
from genzoo.results.recording import Recording
from genzoo.results.shown_condition import condition_in_words, shown_field

JUDGED = (
    "The discriminator of a conditional model judges an example by its condition, so that its "
    "values are not drawn."
)


def conditions(films: Sequence[Recording], note: str) -> dict[str, Any]:
    """What the player of a source is told of conditions, in JSON types.

    Args:
        films: Of conditional models, all with the same conditions.
        note: What is said already of what is drawn.

    Returns:
        Nothing without such films; else "condition", the label or number that is shown; "given",
        the class or number of each sample and of the real example in its place; and "note".
    """
    if not films:
        return {}
    spec, given = films[0].context_spec, films[0].given
    if spec is None or given is None:
        return {}
    (condition,) = ContextSpec((shown_field(spec),)).to_dict()
    told: dict[str, Any] = {"condition": condition, "given": np.round(given, 4).tolist()}
    if "classes" in condition:
        told["given"] = given.astype(int).tolist()
    drawn: set[str] = set()
    for film in films:
        drawn |= film.arrays.keys()
    if "lattice" in drawn:
        one = torch.from_numpy(films[0].constants["lattice context"][0])
        said = condition_in_words(spec, one)
        note = sentences(note, f"The latent grid of a conditional model is for {said}.")
    if "gradients" in drawn:
        note = sentences(note, JUDGED)
    return told | {"note": note}
