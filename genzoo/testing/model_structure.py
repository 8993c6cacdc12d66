"""Checks of a model as an object: how it is built, what it declares, how it is prepared."""

import inspect
import math

import torch

from genzoo.core.capabilities import (
    SupportsDiscriminate,
    SupportsElbo,
    SupportsLogProb,
    SupportsReconstruct,
)
from genzoo.core.event import check_event_shape
from genzoo.core.model import GenerativeModel, Update
from genzoo.core.velocity import SupportsOdeLogProb, SupportsScore, SupportsVelocity
from genzoo.errors import InputError
from genzoo.testing.model_parts import (
    require_free_seed,
    require_known_layers,
    require_noise,
    require_one_name_each,
)
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    Build,
    CheckError,
    build_ready,
    build_seeded,
    group_of,
    require,
    require_equal,
    tensors_of,
)
from genzoo.training.checks import check_hooks

FINAL: dict[type, tuple[str, ...]] = {
    GenerativeModel: (
        "sample",
        "standardise",
        "to_model_units",
        "to_data_units",
        "draw_conditions",
        "remember_conditions",
    ),
    SupportsLogProb: ("log_prob",),
    SupportsElbo: ("elbo",),
    SupportsReconstruct: ("encode", "decode", "reconstruct"),
    SupportsDiscriminate: ("discriminate",),
    SupportsVelocity: ("velocity",),
    SupportsScore: ("score",),
    SupportsOdeLogProb: ("ode_log_prob",),
}
"""Public methods that check and convert; authors write the underscored ones."""


def check_build(build: Build) -> None:
    """A build returns a model, in data units; its first weights follow from torch's seed alone."""
    model = build_seeded(build, 0, torch.float32)
    check_event_shape(model.event_shape)
    _check_final_methods(model)
    require_known_layers(model)
    require_one_name_each(model)
    require_noise(model.sampling_noise(), "what sampling_noise() returns")
    try:
        inspect.signature(model.generate).bind({}, None)
    except TypeError as error:
        raise CheckError(
            f"generate fails ({error}): define generate(self, noise, context=None)"
        ) from error
    try:
        check_hooks(model)
    except InputError as error:
        raise CheckError(str(error)) from error
    unmoved = bool((model.shift == 0).all()) and bool((model.scale == 1).all())
    require(
        unmoved and model.units.width is None,
        "a new model has units of its own, expected shift 0 and scale 1: "
        "leave them to `standardise`",
    )
    for name, parameter in model.named_parameters():
        require(
            parameter.requires_grad,
            f"parameter {name} has requires_grad off: make fixed numbers buffers",
        )
    # `build_seeded` restores torch's state: layers may draw their weights from it.
    with global_randomness_untouched("build()"):
        again = tensors_of(build_seeded(build, 0, torch.float32))
    for name, tensor in tensors_of(model).items():
        require_equal(again[name], tensor, f"{name} of two builds from one seed")
    require_free_seed(build)


def check_updates(build: Build) -> None:
    """Updates have distinct names and valid fields, and together cover all parameters.

    Each names parts of the model.
    """
    model = build_seeded(build)
    updates = model.updates()
    kind = type(updates).__name__
    require(
        isinstance(updates, tuple),
        f"updates() returned a {kind}, expected a tuple",
    )
    for update in updates:
        kind = type(update).__name__
        require(
            isinstance(update, Update),
            f"updates() holds a {kind}, expected Update",
        )
    names = [update.name for update in updates]
    require(len(set(names)) == len(names), f"update names {names} must be distinct")
    names_again = [update.name for update in model.updates()]
    require(names_again == names, "two calls of updates() name different updates")
    covered: set[str] = set()
    for update in updates:
        _check_update(model, update)
        covered.update(group_of(model, update))
    missing = ", ".join(name for name, _ in model.named_parameters() if name not in covered)
    require(
        not missing,
        f"no update trains {missing}: add them to an update's parameters",
    )


def check_prepare(build: Build) -> None:
    """`prepare` and `finalize` follow from their generator and leave global random state alone."""
    first = build_ready(build, seed=3)
    # Guarded the second time only: some libraries draw when they are imported.
    with global_randomness_untouched("prepare or finalize"):
        other = tensors_of(build_ready(build, seed=3))
    for name, tensor in tensors_of(first).items():
        what = f"{name} after two preparations from one generator state"
        require_equal(other[name], tensor, what)


def _check_final_methods(model: GenerativeModel) -> None:
    kind = type(model)
    for base, names in FINAL.items():
        if not isinstance(model, base):
            continue
        for name in names:
            require(
                getattr(kind, name) is getattr(base, name),
                f"{kind.__name__} overrides the final method {name}: "
                "write the underscored one in model units",
            )


def _check_callable(model: GenerativeModel, update: Update) -> None:
    """The loss takes a model, a batch and noise."""
    where = f"the loss of update {update.name!r}"
    name = getattr(update.loss, "__name__", "loss")
    unbound = f"give the method of the class, {type(model).__name__}.{name}"
    require(
        callable(update.loss),
        f"{where} is {update.loss!r}, expected a function of (model, batch, noise): {unbound}",
    )
    try:
        inspect.signature(update.loss).bind(model, None, None)
    except ValueError:
        # Of some compiled functions the arguments are not known.
        return
    except TypeError as error:
        raise CheckError(
            f"{where} does not take (model, batch, noise) ({error}): {unbound}, not of an object"
        ) from error


def _check_update(model: GenerativeModel, update: Update) -> None:
    where = f"update {update.name!r}"
    named = isinstance(update.name, str) and bool(update.name) and "/" not in update.name
    require(named, f"{where} must have a name without '/'")
    _check_callable(model, update)
    require(
        isinstance(update.parameters, tuple | list),
        f"{where} has the parameters {update.parameters!r}, expected a tuple of names: "
        f"({update.parameters!r},)",
    )
    require(bool(update.parameters), f"{where} names no parameters")
    parts = {name for name, _ in model.named_parameters()}
    parts.update(name for name, _ in model.named_modules() if name)
    for part in update.parameters:
        require(
            part in parts,
            f"{where} names {part!r}, which is no submodule or parameter: "
            f"choose from {sorted(parts)}",
        )
    group = group_of(model, update)
    require(
        bool(group),
        f"{where} names {update.parameters}, which hold no parameters",
    )
    require_noise(update.noise, f"the noise of {where}")
    steps = update.steps
    counts = isinstance(steps, int) and steps >= 1
    require(counts, f"{where} has steps {steps}, expected >= 1")
    start, end = update.window
    valid = math.isfinite(start) and 0 <= start < end <= 1
    require(
        valid,
        f"{where} has window {update.window}, expected 0 <= start < end <= 1",
    )
