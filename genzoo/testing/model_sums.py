"""Whether losses sum over the coordinates of an event, as likelihoods do, or average over them."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsElbo, SupportsLogProb, SupportsReconstruct
from genzoo.core.model import Batch, GenerativeModel, Update
from genzoo.core.noise import Declared, stream
from genzoo.core.source import take_rows
from genzoo.testing.support import (
    Build,
    build_ready,
    conditions,
    disturb,
    loss_of,
    normal,
    require,
)
from genzoo.training.preparation import conditions_of

EXAMPLES, DRAWS = 24, 256
"""Examples at which a loss is read, and draws of its noise at each."""
EXPLAINED = 0.99
"""Share of the true loss's variance that the terms must explain for their weights to be judged."""
MATTERS = 0.2
"""Share of the true loss's standard deviation that a term must make for its weight to be judged."""
NEAR = 0.2
"""Relative distance from D, the number of coordinates, of a weight that shows an average."""


def check_loss_sum(build: Build) -> None:
    """A loss sums over the D coordinates of an example: none of its terms is D times too small.

    Over some examples, each at many draws of the noise, -log p(x), the negative bound or the
    squared error of the reconstruction is a weighted sum of the terms of the loss. A term whose
    weight is D was averaged over the coordinates. Models without these capabilities pass, and so do
    events of one coordinate; where only reconstructions are known, events of two, for which a
    factor of 1/2 looks alike.
    """
    model = build_ready(build)
    disturb(model)
    if model.event_size < 2:
        return
    sizes = torch.linspace(0.5, 3, EXAMPLES).to(model.shift)
    ones = [1] * len(model.event_shape)
    x = normal(EXAMPLES, model, name="sum") * sizes.view(-1, *ones)
    rows = Batch(x, conditions(model, EXAMPLES, name="sum"))
    with torch.no_grad():
        truths = list(_truths(model, rows))
    for what, truth in truths:
        for update in model.updates():
            if update.reads_data:
                _check_weights(model, update, rows, what, truth)


def _check_weights(
    model: GenerativeModel, update: Update, rows: Batch, what: str, truth: Tensor
) -> None:
    names, terms = _terms(model, update, rows)
    centred_truth = (truth - truth.mean()).numpy()
    centred_terms = (terms - terms.mean(0)).numpy()
    weights = np.linalg.lstsq(centred_terms, centred_truth, rcond=1e-9)[0]
    residual = centred_truth - centred_terms @ weights
    if not np.isfinite(residual).all():
        return
    if residual.var() > (1 - EXPLAINED) * centred_truth.var():
        return
    size = model.event_size
    for name, weight, column in zip(names, weights, centred_terms.T, strict=True):
        matters = (weight * column).std() > MATTERS * centred_truth.std()
        averaged = matters and math.isclose(weight, size, rel_tol=NEAR)
        require(
            not averaged,
            f"term {name!r} of update {update.name!r} must be multiplied by {weight:.3g} "
            f"to make {what} of examples of {size} coordinates: "
            "sum over the coordinates and average over the batch alone",
        )


def _truths(model: GenerativeModel, rows: Batch) -> Iterator[tuple[str, Tensor]]:
    """What a loss may stand for, in words and at each example."""
    x, context = rows.x, rows.context
    if isinstance(model, SupportsElbo):
        generator = stream(0, "check", "sum")
        each = []
        for i in range(EXAMPLES):
            own = _repeated(rows, i)
            each.append(model.elbo(own.x, generator=generator, context=own.context).mean())
        yield "the negative bound", -torch.stack(each).double()
    if isinstance(model, SupportsLogProb):
        yield "-log p(x)", -model.log_prob(x, context).double()
    likely = isinstance(model, SupportsElbo | SupportsLogProb)
    if isinstance(model, SupportsReconstruct) and not likely and model.event_size > 2:
        error = (x - model.reconstruct(x, context)).flatten(1).square().sum(1)
        yield "the squared error of the reconstruction", error.double()
        yield "half the squared error of the reconstruction", error.double() / 2


def _terms(model: GenerativeModel, update: Update, rows: Batch) -> tuple[list[str], Tensor]:
    """Names of the terms and their values at each example, `(EXAMPLES, terms)`."""
    noise = {}
    for name, spec in update.noise.items():
        draws = spec.draw(DRAWS, generator=stream(0, "check", "sum", name))
        noise[name] = draws.to(model.shift)
    values, names = [], []
    for i in range(EXAMPLES):
        own = _repeated(rows, i)
        progress = torch.tensor(0.5, dtype=own.x.dtype)
        batch = Batch(own.x, conditions_of(own.context, model), progress)
        with torch.no_grad():
            terms = loss_of(model, update, batch, Declared.of_update(update.name, noise)).terms
        names = list(terms)
        values.append(torch.stack([value.double() for value in terms.values()]))
    return names, torch.stack(values)


def _repeated(rows: Batch, i: int) -> Batch:
    """One example `DRAWS` times, with its condition."""
    return take_rows(rows, torch.full((DRAWS,), i))
