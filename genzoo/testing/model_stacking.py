"""The check that losses of several seeds can be stacked and computed as one, under vmap."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.testing.support import (
    Build,
    CheckError,
    copies,
    group_of,
    loss_inputs,
    loss_of,
    prepared,
    require_close,
    require_equal,
    total,
)


def check_stacking(build: Build) -> None:
    """In float64, seeds under `torch.func.vmap` have the terms and gradients of each seed alone."""
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
                require_close(
                    together[name][seed],
                    value,
                    what,
                    rtol=1e-10,
                    atol=1e-12,
                )


class _Loss(nn.Module):
    """A loss as a forward pass, which is what `functional_call` redirects."""

    def __init__(self, model: GenerativeModel, update: Update) -> None:
        super().__init__()
        self.model = model
        self.update = update

    def forward(
        self, batch: Sequence[Tensor], noise: dict[str, Tensor]
    ) -> dict[str, dict[str, Tensor]]:
        progress = torch.tensor(0.5, dtype=batch[0].dtype)
        step = self.update.loss(self.model, Batch(*batch)._replace(progress=progress), noise)
        return {
            "term": dict(step.terms),
            "monitor": dict(step.monitors),
            "state": dict(step.state),
        }


def _stacked_losses(
    models: list[GenerativeModel],
    update: Update,
    inputs: Sequence[tuple[Batch, Mapping[str, Tensor]]],
) -> dict[str, Tensor]:
    """Terms, monitors, state and gradients of all seeds, `(S, ...)` each, by name."""
    parameters, buffers = stack_module_state(list[nn.Module](models))
    before = copies(buffers)
    batch = _stacked_batches([own for own, _ in inputs])
    noise = {}
    for name in update.noise:
        noise[name] = torch.stack([own[name] for _, own in inputs])
    module = _Loss(models[0], update)

    def evaluate(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        batch: Sequence[Tensor],
        noise: dict[str, Tensor],
    ) -> dict[str, dict[str, Tensor]]:
        state = {}
        for name, value in (*parameters.items(), *buffers.items()):
            state[f"model.{name}"] = value
        result: dict[str, dict[str, Tensor]] = functional_call(module, state, (batch, noise))
        return result

    try:
        parts = vmap(evaluate, randomness="error")(parameters, buffers, batch, noise)
    except Exception as error:
        raise CheckError(
            f"the loss of update {update.name!r} does not run under torch.func.vmap ({error}): "
            "use torch.where for branches, noise for random numbers, torch.func.grad for inner "
            "gradients, Step.state for buffers, or set stackable = False"
        ) from error
    when = f"before and after the loss of {update.name!r}"
    for name, buffer in buffers.items():
        require_equal(buffer, before[name], f"stacked buffer {name} {when}")
    group = {name: parameters[name] for name in group_of(models[0], update)}
    return _with_gradients(Step(parts["term"], parts["monitor"], parts["state"]), group)


def _stacked_batches(batches: Sequence[Batch]) -> list[Tensor]:
    """The examples of all seeds, `(S, B, ...)`, and their conditions where there are any."""
    parts = [torch.stack([batch.x for batch in batches])]
    contexts = [batch.context for batch in batches if batch.context is not None]
    if contexts:
        parts.append(torch.stack(contexts))
    return parts


def _with_gradients(
    step: Step, group: dict[str, nn.Parameter] | dict[str, Tensor]
) -> dict[str, Tensor]:
    """All that a loss gives, by name, and the gradients of its terms' sum by the group."""
    named = {}
    for kind in ("terms", "monitors", "state"):
        for name, value in getattr(step, kind).items():
            named[f"{kind} {name}"] = value
    gradients = torch.autograd.grad(
        total(step).sum(),
        list(group.values()),
        allow_unused=True,
        materialize_grads=True,
    )
    for name, gradient in zip(group, gradients, strict=True):
        named[f"gradient in {name}"] = gradient
    return named
