"""What the trainer asks of a model and of its losses; each refusal is one sentence."""

import inspect
import math
from collections.abc import Collection, Sequence
from typing import Any

from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Field
from genzoo.core.model import GenerativeModel, Step, Update
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.memory import check_memory
from genzoo.training.draws import CHUNK


def check_model(model: Any) -> GenerativeModel:
    """A model that can be trained and sampled from.

    Raises:
        InputError: When it is none, its `generate` takes no context, its updates are none, leave
            out a parameter that is not frozen, or train one that is.
    """
    if not isinstance(model, GenerativeModel):
        raise InputError(
            f"a model must be a GenerativeModel, got {_called(model)}: "
            "let its class inherit from it"
        )
    kind = type(model).__name__
    try:
        inspect.signature(model.generate).bind({}, None)
    except TypeError as error:
        raise InputError(
            f"generate of {kind} cannot be called with noise and context ({error}): "
            "define generate(self, noise, context=None)"
        ) from error
    updates = model.updates()
    listed = isinstance(updates, tuple | list)
    if not listed or not all(isinstance(update, Update) for update in updates):
        raise InputError(
            f"updates() of {kind} must return a tuple of Update, got {type(updates).__name__}"
        )
    untrained = _untrained(model, updates)
    if updates and untrained:
        raise InputError(
            f"no update of {kind} trains {', '.join(untrained)}: add them to an update's "
            "parameters, or freeze them by requires_grad_(False)"
        )
    _check_frozen(model, updates)
    return model


def check_hooks(model: GenerativeModel) -> None:
    """Refuse a conditional model of which `prepare` or `finalize` takes no conditions.

    Raises:
        InputError: When one cannot be called with them.
    """
    if model.context_spec is None:
        return
    for hook in (model.prepare, model.finalize):
        name = hook.__name__
        try:
            inspect.signature(hook).bind(None, generator=None, context=None)
        except TypeError as error:
            raise InputError(
                f"{name} of {type(model).__name__} cannot be called with conditions ({error}): "
                f"define {name}(self, x, *, generator, context=None)"
            ) from error


def check_conditions(model: GenerativeModel, source: DataSource) -> None:
    """Refuse a conditional model on a source that does not give its conditions.

    Raises:
        InputError: When it gives none, or others, or a method of the model takes none.
    """
    check_hooks(model)
    wanted, given = model.context_spec, source.context_spec
    if wanted is None or wanted == given:
        return
    kind = type(model).__name__
    if given is None:
        raise InputError(
            f"the model ({kind}) is conditional and the source gives no conditions: choose a "
            "source with some, or name the columns of a file that are, data.csv:context=COLUMN"
        )
    raise InputError(
        f"the model ({kind}) takes the conditions {_told_apart(wanted, given)}: "
        "build it with the source's context_spec"
    )


def check_evaluated(model: GenerativeModel, source: DataSource) -> None:
    """Refuse a conditional model on a source whose conditions are others than it was trained on.

    A source of none will do, and so will one of other ranges: the model is asked all the same.

    Raises:
        InputError: When a label or number is missing, or has other classes.
    """
    wanted, given = model.context_spec, source.context_spec
    if wanted is None or given is None or _without_ranges(wanted) == _without_ranges(given):
        return
    raise InputError(
        f"the model ({type(model).__name__}) takes the conditions {_told_apart(wanted, given)}: "
        "train it on this source, or evaluate it on one like that it was trained on"
    )


def _without_ranges(spec: ContextSpec) -> list[Any]:
    """The fields, of numbers the names alone."""
    fields: list[Any] = []
    for field in spec.fields:
        fields.append(field if isinstance(field, Category) else field.name)
    return fields


def _told_apart(wanted: ContextSpec, given: ContextSpec) -> str:
    """Conditions that a model takes and those that a source gives, in words that differ."""
    if str(wanted) != str(given):
        return f"{wanted}, the source gives {given}"
    for one, other in zip(wanted.fields, given.fields, strict=True):
        if one != other:
            return f"{_in_full(one)}, the source gives {_in_full(other)}"
    return f"{wanted}, the source gives others"


def _in_full(field: Field) -> str:
    if isinstance(field, Category):
        return f"{field.name} ({', '.join(field.classes)})"
    return f"{field.name} ({field.low!r} to {field.high!r})"


def about_conditions(model: GenerativeModel, update: Update, error: Exception) -> str:
    """What to say of a loss that fails because it is given no conditions; nothing where it is not.

    Args:
        model: Whose loss it is.
        update: The update whose loss it is.
        error: What the loss raised.
    """
    if "NoneType" not in str(error):
        return ""
    if model.context_spec is None:
        return (
            f": batch.context is None, as {type(model).__name__} says of no conditions that it "
            "takes them; if the loss reads it, give context_spec to super().__init__"
        )
    if not update.reads_data:
        return ": with reads_data=False batch.context is None; if the loss reads it, leave that out"
    return ""


def check_step(step: Any, update: Update, buffers: Collection[str]) -> Step:
    """What a loss returned, where it is what an update needs.

    Args:
        step: What it returned.
        update: The update whose loss it is.
        buffers: Names of the model's buffers.

    Raises:
        InputError: When it is no `Step`, or one of its parts is something else than it should be.
    """
    where = f"the loss of update {update.name!r}"
    if not isinstance(step, Step):
        raise InputError(
            f"{where} must return a Step such as Step({{'loss': value}}), got {_called(step)}"
        )
    if not step.terms:
        raise InputError(f"{where} returned no terms: give at least one number to minimise")
    for name, value in (*step.terms.items(), *step.monitors.items()):
        if not isinstance(value, Tensor) or value.ndim or not value.is_floating_point():
            raise InputError(
                f"{name!r} in {where} must be one floating-point number, "
                f"a tensor without dimensions, got {_called(value)}: "
                "sum over the event and average over the batch"
            )
    for name in step.state:
        if name not in buffers:
            raise InputError(
                f"{where} returned a new value of {name!r}, which is no buffer of the model: "
                "register it"
            )
    return step


def check_size(
    event_shape: Sequence[int], updates: Sequence[Update], batch_size: int, seeds: int
) -> None:
    """Refuse batches that do not fit in memory, where those of `CHUNK` steps are drawn at once.

    Raises:
        InputError: When they do not.
    """
    for update in updates:
        each = math.prod(event_shape)
        for spec in update.noise.values():
            each += math.prod(spec.event_shape)
        check_memory(
            2.0 * CHUNK * update.steps * batch_size * seeds * each,
            f"training {seeds} seeds with batch_size={batch_size}, {CHUNK} steps drawn at once,",
        )


def owners_of(name: str, updates: Sequence[Update]) -> tuple[str, ...]:
    """The updates that may change a parameter: they name it, or a module that holds it."""
    owners: list[str] = []
    for update in updates:
        for part in update.parameters:
            if name == part or name.startswith(f"{part}."):
                owners.append(update.name)
                break
    return tuple(owners)


def _untrained(model: GenerativeModel, updates: Sequence[Update]) -> list[str]:
    """What at the top of the model holds a parameter that no update trains and that is not frozen.

    Returns:
        Names of submodules and parameters.
    """
    lost: dict[str, None] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and not owners_of(name, updates):
            lost[name.partition(".")[0]] = None
    return list(lost)


def _check_frozen(model: GenerativeModel, updates: Sequence[Update]) -> None:
    """Refuse a frozen parameter that an update would train all the same."""
    for name, parameter in model.named_parameters():
        owners = owners_of(name, updates)
        if owners and not parameter.requires_grad:
            raise InputError(
                f"{name} of {type(model).__name__} is frozen by requires_grad_(False), "
                f"but the update {owners[0]!r} would train it: make fixed numbers buffers, "
                "or leave that part out of the update's parameters"
            )


def _called(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} and type {value.dtype}"
    return f"a {type(value).__name__}"
