"""Checks that a conditional model uses its conditions; an unconditional model passes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from genzoo.core.capabilities import (
    SupportsDiscriminate,
    SupportsElbo,
    SupportsLogProb,
    SupportsReconstruct,
)
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, Field
from genzoo.core.model import CONDITIONS, Batch, GenerativeModel, Update
from genzoo.core.noise import stream
from genzoo.core.velocity import SupportsScore, SupportsVelocity
from genzoo.testing.support import (
    BATCH,
    Build,
    build_ready,
    build_seeded,
    conditions,
    disturb,
    loss_inputs,
    loss_of,
    make_ready,
    normal,
    prepared,
    require,
    require_close,
    require_input_error,
    tensors_of,
    total,
    training_rows,
)

ASKED = 16
"""Examples that are asked for with one condition and with another."""
ROUNDING = 1e-9
"""Relative to the largest value: a smaller difference is none."""
SINGLE = 1e-4
"""Relative; conditions are drawn in single precision, whose rounding differs by unit."""
ROWS_ASKED = 3
"""Examples of which the conditions are wrong."""


def check_conditions_used(build: Build) -> None:
    """Samples at the same noise follow each label and number of the condition that is asked for.

    So do densities and bounds of the same examples.
    """
    spec = build_seeded(build).context_spec
    if spec is None:
        return
    model = build_ready(build)
    disturb(model)
    asked = _drawn(spec, ASKED).to(model.shift)
    values = _values(model, asked)
    for field, other in _others(spec, asked):
        for name, value in _values(model, other).items():
            require(
                _differ(value, values[name]),
                f"{name} does not depend on the condition {field.name}: "
                f"give the context to the networks, all of its {spec.width} columns",
            )


def check_conditions_learned(build: Build) -> None:
    """Training sees which condition belongs to which example, by each label and number.

    A loss f(x, c) that is a sum of a part of x and a part of c does not: then f(x, c) - f(x, c') -
    f(x', c) + f(x', c') is 0. Where no loss does better, `prepare` or `finalize` must fit
    something else on examples with other conditions.
    """
    spec = build_seeded(build).context_spec
    if spec is None:
        return
    model = prepared(build)
    disturb(model)
    if not model.updates():
        return
    context = _drawn(spec, BATCH).to(model.shift)
    rows = Batch(normal(BATCH, model), context)
    for field, other in _others(spec, context):
        pair = spec.to_model(context), spec.to_model(other)
        reached = [_reaches(model, update, *pair) for update in model.updates()]
        learned = any(reached) or _is_fitted(build, rows, other)
        require(
            learned,
            f"no loss holds an example against its condition {field.name}, so that nothing can be "
            "learned of it: give batch.context to the networks that see batch.x",
        )


def check_conditions_units(build: Build) -> None:
    """Numbers of a condition come in model units, so that their own unit changes nothing.

    That is seen in losses, and in samples, densities and bounds that are asked for in another unit.
    """
    spec = build_seeded(build).context_spec
    if spec is None or not spec.covariates:
        return
    first, second = build_ready(build), build_seeded(build)
    second.context_spec = _in_other_units(spec)
    make_ready(second, training_rows(second))
    values = {**_values(second, conditions(second, ASKED)), **_losses(second)}
    expected = {**_values(first, conditions(first, ASKED)), **_losses(first)}
    for name, value in expected.items():
        require_close(
            values[name],
            value,
            f"{name} where numbers of the condition come in another unit: they are in model units "
            "already, so leave ContextSpec.to_model to genzoo",
            rtol=SINGLE,
        )


def check_conditions_refused(build: Build) -> None:
    """Every public method refuses wrong conditions; of an unconditional model, any."""
    model = build_ready(build)
    for name, method in _methods(model).items():
        for what, context in wrong_contexts(model.context_spec, ROWS_ASKED).items():
            if context is None and name == "sample":
                # It then draws its own.
                continue
            require_input_error(partial(method, context), f"{name} with {what}")


def wrong_contexts(spec: ContextSpec | None, n: int) -> dict[str, Any]:
    """What is no condition of n examples, by what is wrong with it.

    Args:
        spec: What the conditions mean; None where none are taken.
        n: How many examples there are, at least 2.
    """
    if spec is None:
        return {"a context, although the model takes none": torch.zeros(n, 1)}
    right = _drawn(spec, n)
    spoilt, endless = right.clone(), right.clone()
    spoilt[0, 0] = torch.nan
    endless[-1, -1] = torch.inf
    wrong: dict[str, Any] = {
        "no context": None,
        "a context with a column too many": torch.cat([right, right[:, :1]], dim=1),
        "a context with a column too few": right[:, 1:],
        "the condition of one example without a batch dimension": right[0],
        "a context with a third dimension": right[None],
        "a context with a row too many": torch.cat([right, right[:1]]),
        "a context with a row too few": right[1:],
        "one condition for all": right[:1],
        "NaN in the context": spoilt,
        "infinity in the context": endless,
        "complex numbers as context": right.to(torch.complex64),
        "text as context": "a",
        "a dict as context": dict.fromkeys(spec.names, 1.0),
    }
    if isinstance(spec.fields[0], Category):
        halves = right.clone()
        halves[:, : spec.fields[0].width] = 1 / spec.fields[0].width
        wrong["a label that is not one-hot"] = halves
    return wrong


def _methods(model: GenerativeModel) -> dict[str, Callable[[Any], Any]]:
    """What takes the conditions of `ROWS_ASKED` examples, by name."""
    x = normal(ROWS_ASKED, model)
    methods: dict[str, Callable[[Any], Any]] = {
        "sample": lambda context: model.sample(ROWS_ASKED, context=context)
    }
    if isinstance(model, SupportsLogProb):
        methods["log_prob"] = partial(model.log_prob, x)
    if isinstance(model, SupportsElbo):
        methods["elbo"] = lambda context: model.elbo(x, context=context)
    if isinstance(model, SupportsReconstruct):
        codes = model.encode(x, conditions(model, ROWS_ASKED))
        methods["encode"] = partial(model.encode, x)
        methods["decode"] = partial(model.decode, codes)
        methods["reconstruct"] = partial(model.reconstruct, x)
    if isinstance(model, SupportsDiscriminate):
        methods["discriminate"] = partial(model.discriminate, x)
    if isinstance(model, SupportsVelocity):
        methods["velocity"] = partial(model.velocity, x, 0.5)
    if isinstance(model, SupportsScore):
        methods["score"] = partial(model.score, x, 0.5)
    return methods


def _values(model: GenerativeModel, context: Tensor | None) -> dict[str, Tensor]:
    """What the model says given conditions, at the same noise and examples, by name."""
    x = normal(ASKED, model)
    generator = stream(0, "check")
    with torch.no_grad():
        values = {"sample": model.sample(ASKED, generator=generator, context=context)}
        if isinstance(model, SupportsLogProb):
            values["log_prob"] = model.log_prob(x, context)
        if isinstance(model, SupportsElbo):
            values["elbo"] = model.elbo(x, generator=generator, context=context)
        if isinstance(model, SupportsVelocity):
            values["velocity"] = model.velocity(x, 0.5, context)
    return values


def _losses(model: GenerativeModel) -> dict[str, Tensor]:
    """The losses of a batch, by what they are called in a message."""
    losses: dict[str, Tensor] = {}
    for update in model.updates():
        step = loss_of(model, update, *loss_inputs(model, update))
        losses[f"the loss of update {update.name!r}"] = total(step).detach()
    return losses


def _drawn(spec: ContextSpec, n: int) -> Tensor:
    return spec.draw(n, generator=stream(0, "check", "asked"))


def _others(spec: ContextSpec, context: Tensor) -> Iterator[tuple[Field, Tensor]]:
    """Conditions that differ in one label or number, each in turn."""
    columns = spec.columns(context)
    for field in spec.fields:
        parts = {**columns, field: _changed(field, columns[field])}
        yield field, torch.cat(list(parts.values()), dim=1)


def _changed(field: Field, columns: Tensor) -> Tensor:
    """The next class, or a number that is a third of the range away."""
    if isinstance(field, Category):
        return columns.roll(1, dims=1)
    size = field.high - field.low
    return field.low + (columns - field.low + size / 3) % size


def _reaches(model: GenerativeModel, update: Update, context: Tensor, other: Tensor) -> bool:
    """Whether a term of a loss holds examples against conditions, seen with these and others."""
    if not update.reads_data:
        return False
    batch, noise = loss_inputs(model, update)
    x = loss_inputs(model, update, seed=1)[0].x
    batches = (
        batch._replace(context=context),
        batch._replace(context=other),
        batch._replace(x=x, context=context),
        batch._replace(x=x, context=other),
    )
    with torch.no_grad():
        here, asked, seen, both = (loss_of(model, update, own, noise).terms for own in batches)
    for name, value in here.items():
        apart = value - asked[name] - seen[name] + both[name]
        largest = max(value.abs(), asked[name].abs(), seen[name].abs(), both[name].abs())
        if apart.abs() > ROUNDING * largest:
            return True
    return False


def _is_fitted(build: Build, rows: Batch, other: Tensor) -> bool:
    """Whether `prepare` or `finalize` fits something else on rows with other conditions."""
    fitted: list[dict[str, Tensor]] = []
    for own in (rows, rows._replace(context=other)):
        model = build_seeded(build)
        make_ready(model, own)
        fitted.append(tensors_of(model))
    first, second = fitted
    return any(
        not torch.equal(value, second[name]) for name, value in first.items() if name != CONDITIONS
    )


def _in_other_units(spec: ContextSpec) -> ContextSpec:
    """The same conditions, with each number v as 3 v + 5."""
    fields: list[Field] = []
    for field in spec.fields:
        if isinstance(field, Covariate):
            fields.append(Covariate(field.name, 3 * field.low + 5, 3 * field.high + 5))
        else:
            fields.append(field)
    return ContextSpec(tuple(fields))


def _differ(got: Tensor, expected: Tensor) -> bool:
    largest = float(torch.maximum(got.abs(), expected.abs()).max())
    return float((got - expected).abs().max()) > ROUNDING * largest
