"""Checks of a model's losses: pure functions of parameters, batch and noise.

Their purity is what lets many seeds be stacked and trained as one.
"""

import torch
from torch import Tensor

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    BATCH,
    Build,
    CheckError,
    change_units,
    copies,
    disturb,
    group_of,
    loss_inputs,
    loss_of,
    prepared,
    require,
    require_close,
    require_equal,
    rows_of,
    tensors_of,
    total,
)

PACK = 24
"""Neighbours that a permutation of the batch keeps together, so that packed discriminators pass."""


def check_loss_terms(build: Build) -> None:
    """Each loss returns a `Step` of finite 0-d terms and monitors.

    Its state gives buffers of the model new values.
    """
    model = prepared(build)
    for update in model.updates():
        step = loss_of(model, update, *loss_inputs(model, update))
        where = f"loss of update {update.name!r}"
        require(bool(step.terms), f"{where} returned no terms")
        shared = sorted(set(step.terms) & set(step.monitors))
        require(
            not shared,
            f"{where} uses {shared} for a term and for a monitor: name them apart",
        )
        clash = "loss" in step.monitors or ("loss" in step.terms and len(step.terms) > 1)
        require(
            not clash,
            f"{where} uses the name 'loss', which histories keep for the sum of the terms",
        )
        for name in (*step.terms, *step.monitors):
            is_named = isinstance(name, str) and bool(name)
            require(is_named, f"{where} has a term or monitor named {name!r}, expected text")
        for name, value in (*step.terms.items(), *step.monitors.items()):
            _check_number(value, f"{name!r} in the {where}")
        if not update.reads_data:
            _check_reads_nothing(model, update, step)
        buffers = dict(model.named_buffers())
        for name, value in step.state.items():
            shape = tuple(value.shape)
            # Units are set once, before training; no step moves them.
            own = name in buffers and name not in ("shift", "scale")
            fits = own and buffers[name].shape == shape
            require(
                fits,
                f"{where} returned state {name!r} {shape}, expected a buffer of that shape",
            )


def check_loss_deterministic(build: Build) -> None:
    """The same parameters, batch and noise give the same loss.

    Whatever the global random state is, which stays as it was.
    """
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        where = f"the loss of update {update.name!r}"
        with global_randomness_untouched(where):
            first = total(loss_of(model, update, batch, noise))
        for seed in (1, 2):
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed)
                again = total(loss_of(model, update, batch, noise))
            require_equal(again.detach(), first.detach(), f"{where} computed twice")


def check_loss_pure(build: Build) -> None:
    """A loss writes to no parameter, buffer, batch or noise.

    Nor does it toggle `requires_grad` or switch to evaluation mode.
    """
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        tensors = tensors_of(model)
        tensors["the batch"] = batch.x
        if batch.context is not None:
            tensors["the conditions of the batch"] = batch.context
        for name, draw in noise.items():
            tensors[f"noise {name}"] = draw
        values = copies(tensors)
        versions = {name: tensor._version for name, tensor in tensors.items()}
        flags = {name: tensor.requires_grad for name, tensor in tensors.items()}
        total(loss_of(model, update, batch, noise)).detach()
        where = f"the loss of update {update.name!r}"
        after = {**tensors, **tensors_of(model)}
        require(
            after.keys() == tensors.keys(),
            f"{where} added or removed parameters or buffers",
        )
        for name, tensor in after.items():
            same = tensor is tensors[name] and tensor._version == versions[name]
            require(
                same,
                f"{where} wrote to {name}: return new values of buffers as Step.state",
            )
            require_equal(
                tensor.detach(),
                values[name],
                f"{name} before and after {where}",
            )
            require(
                tensor.requires_grad == flags[name],
                f"{where} toggled requires_grad of {name}",
            )
        in_training = all(module.training for module in model.modules())
        require(in_training, f"{where} switched to evaluation mode")


def check_loss_order(build: Build) -> None:
    """Examples, conditions and noise permuted jointly, in packs of neighbours, change no term."""
    model = prepared(build)
    order = torch.arange(BATCH).roll(PACK)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        first = loss_of(model, update, batch, noise)
        moved_noise = {name: draw[order] for name, draw in noise.items()}
        second = loss_of(model, update, rows_of(batch, order), moved_noise)
        _require_same_terms(second, first, f"update {update.name!r}, batch in another order")


def check_loss_mean(build: Build) -> None:
    """Each term is a mean over the batch: a batch and its noise given twice over change no term."""
    model = prepared(build)
    twice = torch.arange(BATCH).repeat(2)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        first = loss_of(model, update, batch, noise)
        noise_twice = {name: draw[twice] for name, draw in noise.items()}
        second = loss_of(model, update, rows_of(batch, twice), noise_twice)
        _require_same_terms(second, first, f"update {update.name!r}, batch given twice over")


def check_loss_units(build: Build) -> None:
    """Losses compute in model units: shift and scale change no term."""
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        model.standardise(torch.zeros(()), torch.ones(()))
        first = loss_of(model, update, batch, noise)
        change_units(model)
        second = loss_of(model, update, batch, noise)
        _require_same_terms(second, first, f"update {update.name!r}, other shift and scale")


def check_gradients(build: Build) -> None:
    """Gradients of each update are finite and reach every parameter of its group.

    They are larger than rounding on some batch at least.
    """
    model = prepared(build)
    disturb(model)
    for update in model.updates():
        name_of_update = f"update {update.name!r}"
        group = group_of(model, update)
        largest = dict.fromkeys(group, 0.0)
        for seed in range(4):
            loss = total(loss_of(model, update, *loss_inputs(model, update, seed)))
            require(
                loss.requires_grad,
                f"the loss of {name_of_update} depends on no parameter",
            )
            gradients = torch.autograd.grad(loss, list(group.values()), allow_unused=True)
            for name, gradient in zip(group, gradients, strict=True):
                require(
                    gradient is not None,
                    f"the loss of {name_of_update} does not use {name}: take it out of the group",
                )
                finite = bool(torch.isfinite(gradient).all())
                require(
                    finite,
                    f"the gradient of {name_of_update} in {name} is NaN or infinite",
                )
                largest[name] = max(largest[name], float(gradient.abs().max()))
        floor = 1e-12 * max(largest.values())
        dead = ", ".join(name for name, size in largest.items() if size <= floor)
        require(
            not dead,
            f"{name_of_update} has gradient 0 in {dead}: the loss does not depend on it",
        )


def _check_reads_nothing(model: GenerativeModel, update: Update, step: Step) -> None:
    """A loss with `reads_data=False` has the same terms for a batch of no rows."""
    batch, noise = loss_inputs(model, update)
    words = (
        f"update {update.name!r} has reads_data=False, but its loss reads batch.x or "
        "batch.context, and is then given none: leave reads_data out"
    )
    try:
        terms = update.loss(model, Batch(batch.x[:0], progress=batch.progress), noise).terms
    except Exception as error:
        raise CheckError(f"{words} ({type(error).__name__}: {error})") from error
    for name, value in step.terms.items():
        same = name in terms and torch.allclose(terms[name], value, rtol=1e-6)
        require(same, words)


def _check_number(value: object, what: str) -> None:
    if not isinstance(value, Tensor):
        raise CheckError(f"{what} is a {type(value).__name__}, expected a 0-d tensor")
    dtype = value.dtype
    require(
        value.ndim == 0,
        f"{what} has shape {tuple(value.shape)}, expected a 0-d tensor",
    )
    require(
        dtype.is_floating_point,
        f"{what} has dtype {dtype}, expected a floating-point one",
    )
    require(
        bool(torch.isfinite(value)),
        f"{what} is {value.item()}, expected a finite number",
    )


def _require_same_terms(got: Step, expected: Step, what: str) -> None:
    same_names = got.terms.keys() == expected.terms.keys()
    require(same_names, f"{what}: terms {list(got.terms)} and {list(expected.terms)}")
    for name, value in expected.terms.items():
        require_close(got.terms[name], value, f"{what}: term {name!r}")
