"""Checks of a model's losses: pure functions of parameters, batch and noise that seeds can be stacked on."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.testing.support import (
    BATCH,
    Build,
    CheckError,
    disturb,
    global_randomness_untouched,
    group_of,
    loss_inputs,
    loss_of,
    normal,
    prepared,
    require,
    require_close,
    require_equal,
    snapshot,
    tensors_of,
    total,
)

PACK = 24
"""Neighbours that a permutation of the batch keeps together, so that packed discriminators pass."""


def check_loss_terms(build: Build) -> None:
    """Each loss returns a `Step` of finite 0-d terms and monitors; its state gives buffers of the model new values."""
    model = prepared(build)
    for update in model.updates():
        step = loss_of(model, update, *loss_inputs(model, update))
        where = f"loss of update {update.name!r}"
        require(bool(step.terms), f"{where} returned no terms")
        shared = sorted(set(step.terms) & set(step.monitors))
        require(not shared, f"{where} uses {shared} for a term and for a monitor: name them apart")
        clash = "loss" in step.monitors or ("loss" in step.terms and len(step.terms) > 1)
        require(
            not clash,
            f"{where} uses the name 'loss', which histories keep for the sum of the terms",
        )
        for name, value in (*step.terms.items(), *step.monitors.items()):
            _check_number(value, f"{name!r} in the {where}")
        buffers = dict(model.named_buffers())
        for name, value in step.state.items():
            fits = (
                name in buffers
                and buffers[name].shape == value.shape
                and name not in ("shift", "scale")
            )
            require(
                fits,
                f"{where} returned state {name!r} {tuple(value.shape)}, expected a buffer of that shape",
            )


def check_loss_deterministic(build: Build) -> None:
    """The same parameters, batch and noise give the same loss, whatever the global random state, which stays."""
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        with global_randomness_untouched(f"the loss of update {update.name!r}"):
            first = total(loss_of(model, update, batch, noise))
        for seed in (1, 2):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                again = total(loss_of(model, update, batch, noise))
            require_equal(
                again.detach(), first.detach(), f"the loss of update {update.name!r} computed twice"
            )


def check_loss_pure(build: Build) -> None:
    """A loss writes to no parameter, buffer, batch or noise, and toggles neither `requires_grad` nor the mode."""
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        tensors = {
            **tensors_of(model),
            "the batch": batch.x,
            **{f"noise {k}": v for k, v in noise.items()},
        }
        values, versions = (
            snapshot(tensors),
            {name: tensor._version for name, tensor in tensors.items()},
        )
        flags = {name: tensor.requires_grad for name, tensor in tensors.items()}
        total(loss_of(model, update, batch, noise)).detach()
        where = f"the loss of update {update.name!r}"
        after = {**tensors, **tensors_of(model)}
        require(after.keys() == tensors.keys(), f"{where} added or removed parameters or buffers")
        for name, tensor in after.items():
            same = tensor is tensors[name] and tensor._version == versions[name]
            require(same, f"{where} wrote to {name}: return new values of buffers as Step.state")
            require_equal(tensor.detach(), values[name], f"{name} before and after {where}")
            require(tensor.requires_grad == flags[name], f"{where} toggled requires_grad of {name}")
        require(
            all(module.training for module in model.modules()),
            f"{where} switched to evaluation mode",
        )


def check_loss_order(build: Build) -> None:
    """Batch and noise permuted jointly, in packs of neighbours, change no term."""
    model = prepared(build)
    order = torch.arange(BATCH).roll(PACK)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        first = loss_of(model, update, batch, noise)
        second = loss_of(
            model, update, batch._replace(x=batch.x[order]), {k: v[order] for k, v in noise.items()}
        )
        _require_same_terms(second, first, f"update {update.name!r}, batch in another order")


def check_loss_mean(build: Build) -> None:
    """Each term is a mean over the batch: a batch and its noise given twice over change no term."""
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        first = loss_of(model, update, batch, noise)
        twice = batch._replace(x=torch.cat([batch.x, batch.x]))
        second = loss_of(model, update, twice, {k: torch.cat([v, v]) for k, v in noise.items()})
        _require_same_terms(second, first, f"update {update.name!r}, batch given twice over")


def check_loss_units(build: Build) -> None:
    """Losses compute in model units: shift and scale change no term."""
    model = prepared(build)
    for update in model.updates():
        batch, noise = loss_inputs(model, update)
        model.standardise(torch.zeros(()), torch.ones(()))
        first = loss_of(model, update, batch, noise)
        model.standardise(
            normal(1, model, name="shift")[0], normal(1, model, name="scale")[0].exp()
        )
        second = loss_of(model, update, batch, noise)
        _require_same_terms(second, first, f"update {update.name!r}, other shift and scale")


def check_gradients(build: Build) -> None:
    """Finite gradients of each update reach every parameter of its group, beyond rounding, on some batch."""
    model = prepared(build)
    disturb(model)
    for update in model.updates():
        group = group_of(model, update)
        largest = dict.fromkeys(group, 0.0)
        for seed in range(4):
            loss = total(loss_of(model, update, *loss_inputs(model, update, seed)))
            require(
                loss.requires_grad, f"the loss of update {update.name!r} depends on no parameter"
            )
            gradients = torch.autograd.grad(loss, list(group.values()), allow_unused=True)
            for name, gradient in zip(group, gradients, strict=True):
                require(
                    gradient is not None,
                    f"the loss of update {update.name!r} does not use {name}: take it out of the group",
                )
                require(
                    bool(torch.isfinite(gradient).all()),
                    f"the gradient of update {update.name!r} in {name} is NaN or infinite",
                )
                largest[name] = max(largest[name], float(gradient.abs().max()))
        floor = 1e-12 * max(largest.values())
        dead = [name for name, size in largest.items() if size <= floor]
        require(
            not dead,
            f"update {update.name!r} has gradient 0 in {', '.join(dead)}: the loss does not depend on it",
        )


def check_stacking(build: Build) -> None:
    """In float64, terms and gradients of three seeds under `torch.func.vmap` are those of each seed alone."""
    models = [prepared(build, seed) for seed in range(3)]
    if not models[0].stackable:
        return
    for position, update in enumerate(models[0].updates()):
        inputs = [loss_inputs(model, update, seed) for seed, model in enumerate(models)]
        alone = []
        for model, (batch, noise) in zip(models, inputs, strict=True):
            own = model.updates()[position]
            step = loss_of(model, own, batch, noise)
            alone.append(_with_gradients(step, group_of(model, own)))
        together = _stacked_losses(models, update, inputs)
        for seed, values in enumerate(alone):
            for name, value in values.items():
                what = f"update {update.name!r}, seed {seed}: {name} stacked and alone"
                require_close(together[name][seed], value, what, rtol=1e-10, atol=1e-12)


def _check_number(value: object, what: str) -> None:
    if not isinstance(value, Tensor):
        raise CheckError(f"{what} is a {type(value).__name__}, expected a 0-d tensor")
    require(value.ndim == 0, f"{what} has shape {tuple(value.shape)}, expected a 0-d tensor")
    require(
        value.is_floating_point(), f"{what} has dtype {value.dtype}, expected a floating-point one"
    )
    require(bool(torch.isfinite(value)), f"{what} is {value.item()}, expected a finite number")


def _require_same_terms(got: Step, expected: Step, what: str) -> None:
    require(
        got.terms.keys() == expected.terms.keys(),
        f"{what}: terms {list(got.terms)} and {list(expected.terms)}",
    )
    for name, value in expected.terms.items():
        require_close(got.terms[name], value, f"{what}: term {name!r}")


class _Loss(nn.Module):
    """A loss as a forward pass, which is what `functional_call` redirects."""

    def __init__(self, model: GenerativeModel, update: Update) -> None:
        super().__init__()
        self.model = model
        self.update = update

    def forward(self, x: Tensor, noise: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        batch = Batch(x, progress=torch.tensor(0.5, dtype=x.dtype))
        step = self.update.loss(self.model, batch, noise)
        return {"term": dict(step.terms), "monitor": dict(step.monitors), "state": dict(step.state)}


def _stacked_losses(
    models: list[GenerativeModel],
    update: Update,
    inputs: Sequence[tuple[Batch, Mapping[str, Tensor]]],
) -> dict[str, Tensor]:
    """Terms, monitors, state and gradients of all seeds, `(S, ...)` each, by name."""
    parameters, buffers = stack_module_state(list[nn.Module](models))
    before = snapshot(buffers)
    x = torch.stack([batch.x for batch, _ in inputs])
    noise = {name: torch.stack([each[name] for _, each in inputs]) for name in update.noise}
    module = _Loss(models[0], update)

    def evaluate(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        noise: dict[str, Tensor],
    ) -> dict[str, dict[str, Tensor]]:
        state = {f"model.{name}": value for name, value in {**parameters, **buffers}.items()}
        result: dict[str, dict[str, Tensor]] = functional_call(module, state, (x, noise))
        return result

    try:
        parts = vmap(evaluate, randomness="error")(parameters, buffers, x, noise)
    except Exception as error:
        raise CheckError(
            f"the loss of update {update.name!r} does not run under torch.func.vmap ({error}): use torch.where for "
            "branches, noise for random numbers, torch.func.grad for inner gradients, Step.state for buffers, or set "
            "stackable = False"
        ) from error
    for name, buffer in buffers.items():
        require_equal(
            buffer,
            before[name],
            f"stacked buffer {name} before and after the loss of {update.name!r}",
        )
    group = {name: parameters[name] for name in group_of(models[0], update)}
    return _with_gradients(Step(parts["term"], parts["monitor"], parts["state"]), group)


def _with_gradients(
    step: Step, group: dict[str, nn.Parameter] | dict[str, Tensor]
) -> dict[str, Tensor]:
    named = {}
    for kind in ("terms", "monitors", "state"):
        for name, value in getattr(step, kind).items():
            named[f"{kind} {name}"] = value
    gradients = torch.autograd.grad(
        total(step).sum(), list(group.values()), allow_unused=True, materialize_grads=True
    )
    for name, gradient in zip(group, gradients, strict=True):
        named[f"gradient in {name}"] = gradient
    return named
