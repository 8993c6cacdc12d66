"""What every check is made of: a clear failure, models made ready."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Declared, Noise, stream
from genzoo.core.source import DataSource, take_rows
from genzoo.errors import InputError
from genzoo.training.checks import about_conditions, owners_of
from genzoo.training.preparation import conditions_of, fit_by

Build = Callable[[], GenerativeModel]
"""Makes a fresh model, initialised from torch's global random state."""

BATCH = 48
"""Examples in a batch of the loss checks; a multiple of 2, 3, 4, 16, so small packs stay whole."""

ROWS = 64
"""Training examples given to `prepare` and `finalize`."""

LARGE = 20_000
"""Examples of a source for statistical statements; they are made at 5 standard errors."""


class CheckError(AssertionError):
    """A contract is broken: one sentence saying what was got and what was expected."""


def require(condition: bool, message: str) -> None:
    """Raise the message unless the condition holds.

    Raises:
        CheckError: When it does not.
    """
    if not condition:
        raise CheckError(message)


def require_equal(got: Tensor, expected: Tensor, what: str) -> None:
    """Require the same shape, dtype and bits (NaN equals NaN).

    Raises:
        CheckError: When they differ.
    """
    same = got.shape == expected.shape and got.dtype == expected.dtype
    require(same, f"{what}: got {_describe(got)}, expected {_describe(expected)}")
    same = torch.equal(torch.nan_to_num(got), torch.nan_to_num(expected))
    gap = _largest_gap(got, expected)
    require(same, f"{what}: the two differ by up to {gap:.3g}, expected none")


def require_close(
    got: Tensor, expected: Tensor, what: str, *, rtol: float = 1e-9, atol: float = 1e-11
) -> None:
    """Require |got - expected| <= atol + rtol max|expected|, and the same shape.

    The scale is that of the whole tensor: an entry that cancels to nearly 0 is as inexact as its
    neighbours.

    Raises:
        CheckError: When they differ by more, or either is not finite.
    """
    shape, expected_shape = tuple(got.shape), tuple(expected.shape)
    require(
        shape == expected_shape,
        f"{what}: got shape {shape}, expected {expected_shape}",
    )
    if got.numel() == 0:
        return
    if not expected.is_floating_point():
        # Masks and counts are never nearly right.
        require_equal(got, expected, what)
        return
    allowed = atol + rtol * float(expected.detach().abs().max())
    gap = _largest_gap(got, expected)
    require(
        gap <= allowed,
        f"{what}: the two differ by up to {gap:.3g}, expected at most {allowed:.1g}",
    )


def require_input_error(call: Callable[[], Any], what: str) -> None:
    """Require that a call raises `InputError` of one line.

    Raises:
        CheckError: When it returns, or raises anything else.
    """
    try:
        call()
    except InputError as error:
        require("\n" not in str(error), f"{what} is answered in several lines, expected one")
        return
    except Exception as error:
        raise CheckError(f"{what} raised {type(error).__name__}, expected InputError") from error
    raise CheckError(f"{what} was accepted, expected InputError")


def build_seeded(
    build: Build, seed: int = 0, dtype: torch.dtype = torch.float64
) -> GenerativeModel:
    """A model in training mode, initialised from a seed, as the trainer does.

    The global state is restored.

    Raises:
        CheckError: When the build returns something else than a model.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model: Any = build()
    kind = type(model).__name__
    is_model = isinstance(model, GenerativeModel)
    require(
        is_model,
        f"build() gave a {kind}, expected a GenerativeModel: "
        "give a function that returns a model, and sources, metrics and objectives themselves",
    )
    built: GenerativeModel = model.to(dtype).train()
    return built


def build_ready(build: Build, seed: int = 0, dtype: torch.dtype = torch.float64) -> GenerativeModel:
    """A model that can sample: prepared and finalised on standard normal examples.

    It is in evaluation mode.
    """
    model = build_seeded(build, seed, dtype)
    make_ready(model, training_rows(model), seed)
    return model


def make_ready(model: GenerativeModel, rows: Batch, seed: int = 0) -> None:
    """Prepare and finalise a model on examples in data units, as the trainer does."""
    prepare(model, rows, seed)
    model.eval()
    fit_by(model.finalize, model, rows, generator=stream(seed, "finalize"))


def prepare(model: GenerativeModel, rows: Batch, seed: int = 0) -> None:
    """Bring a model before its first training step, as the trainer does."""
    if rows.context is not None:
        model.remember_conditions(rows.context)
    fit_by(model.prepare, model, rows, generator=stream(seed, "prepare"))


def training_rows(model: GenerativeModel) -> Batch:
    """Standard normal examples, and conditions of a conditional model, in data units."""
    x = normal(ROWS, model, name="training rows")
    return Batch(x, conditions(model, ROWS, name="training rows"))


def normal(n: int, model: GenerativeModel, *, seed: int = 0, name: str = "x") -> Tensor:
    """Standard normal examples `(n, *event_shape)` in the model's dtype."""
    x = torch.randn(n, *model.event_shape, generator=stream(seed, "check", name))
    return x.to(model.shift)


def conditions(
    model: GenerativeModel, n: int, *, seed: int = 0, name: str = "context"
) -> Tensor | None:
    """Conditions `(n, C)` in data units; None for an unconditional model."""
    if model.context_spec is None:
        return None
    generator = stream(seed, "check", "conditions", name)
    return model.context_spec.draw(n, generator=generator).to(model.shift)


def one_condition(model: GenerativeModel, n: int) -> Tensor | None:
    """The same condition n times, `(n, C)` in data units; None for an unconditional model."""
    row = conditions(model, 1)
    return None if row is None else row.expand(n, -1)


def change_units(model: GenerativeModel) -> tuple[Tensor, Tensor]:
    """Give the model other units.

    Returns:
        Their shift and scale, of the event shape: data units are x scale + shift.
    """
    shift = normal(1, model, name="shift")[0]
    scale = normal(1, model, name="scale")[0].exp()
    model.standardise(shift, scale)
    return shift, scale


def draw(source: DataSource, n: int, seed: int = 0) -> Batch:
    """Examples of a source that follow from a seed."""
    return source.sample(n, generator=stream(seed, "check", "source"))


def loss_inputs(model: GenerativeModel, update: Update, seed: int = 0) -> tuple[Batch, Declared]:
    """A batch half-way through training, and the noise that an update asks for.

    Its examples are standard normal.
    """
    noise = {}
    for name, spec in update.noise.items():
        generator = stream(seed, "check", update.name, name)
        noise[name] = spec.draw(BATCH, generator=generator).to(model.shift)
    x = normal(BATCH, model, seed=seed, name=update.name)
    context = conditions(model, BATCH, seed=seed, name=update.name)
    progress = torch.tensor(0.5, dtype=x.dtype)
    batch = Batch(x, conditions_of(context, model), progress)
    return batch, Declared.of_update(update.name, noise)


def rows_of(batch: Batch, index: Tensor | slice) -> Batch:
    """The examples of a batch at these places, with their conditions."""
    return take_rows(batch, index)._replace(progress=batch.progress)


def loss_of(model: GenerativeModel, update: Update, batch: Batch, noise: Noise) -> Step:
    """The loss of an update.

    Raises:
        CheckError: When it raises an exception, or returns something else than a `Step`.
    """
    try:
        step = update.loss(model, batch, noise)
    except Exception as error:
        kind = type(error).__name__
        advice = about_conditions(model, update, error)
        raise CheckError(
            f"the loss of update {update.name!r} failed: {kind}: {error}{advice}"
        ) from error
    kind = type(step).__name__
    is_step = isinstance(step, Step)
    require(is_step, f"loss of update {update.name!r} returned {kind}, expected Step")
    return step


def prepared(build: Build, seed: int = 0) -> GenerativeModel:
    """A model as it is before the first training step, in float64 and training mode."""
    model = build_seeded(build, seed)
    prepare(model, training_rows(model), seed)
    return model


def disturb(model: GenerativeModel) -> None:
    """Double the weights and add noise of 0.1, to leave the special points where training starts.

    Layers that start at 0 block the gradient of those before them, and make a flow the identity;
    small weights let a decoder ignore its code. At such points wrong formulas may be right.
    """
    generator = stream(0, "check", "disturb")
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.mul_(2).add_(0.1 * noise.to(parameter))


def group_of(model: GenerativeModel, update: Update) -> dict[str, torch.nn.Parameter]:
    """The parameters that an update may change, by name."""
    group = {}
    for name, parameter in model.named_parameters():
        if owners_of(name, [update]):
            group[name] = parameter
    return group


def tensors_of(model: GenerativeModel) -> dict[str, Tensor]:
    """Parameters and buffers, by name."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def total(step: Step) -> Tensor:
    """The sum of the terms, which training minimises."""
    return torch.stack(list(step.terms.values())).sum()


def copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies, to compare with later."""
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _describe(tensor: Tensor) -> str:
    return f"{tensor.dtype} {tuple(tensor.shape)}"


def _largest_gap(got: Tensor, expected: Tensor) -> float:
    difference = got.detach().to(torch.float64) - expected.detach().to(torch.float64)
    if difference.numel() == 0:
        return 0.0
    gap = float(difference.abs().max())
    if math.isnan(gap):
        return math.inf
    return gap
