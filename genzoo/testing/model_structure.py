"""Checks of a model as an object: how it is built, what it declares, how it samples and is stored."""

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
from genzoo.core.model import SAMPLE_BLOCK, GenerativeModel, Update
from genzoo.core.noise import NoiseSpec, stream
from genzoo.testing.support import (
    Build,
    CheckError,
    build_ready,
    build_seeded,
    global_randomness_untouched,
    group_of,
    normal,
    require,
    require_close,
    require_equal,
    require_input_error,
    snapshot,
    tensors_of,
)

FINAL: dict[type, tuple[str, ...]] = {
    GenerativeModel: ("sample", "standardise", "to_model_units", "to_data_units"),
    SupportsLogProb: ("log_prob",),
    SupportsElbo: ("elbo",),
    SupportsReconstruct: ("encode", "decode", "reconstruct"),
    SupportsDiscriminate: ("discriminate",),
}
"""Public methods that check and convert; authors write the underscored ones."""


def check_build(build: Build) -> None:
    """A build returns a model in data units whose initial weights follow from torch's seed alone."""
    model = build_seeded(build, 0, torch.float32)
    require(
        isinstance(model, GenerativeModel),
        f"build() gave {type(model).__name__}, expected a GenerativeModel",
    )
    check_event_shape(model.event_shape)
    for base, names in FINAL.items():
        for name in names if isinstance(model, base) else ():
            require(
                getattr(type(model), name) is getattr(base, name),
                f"{type(model).__name__} overrides the final method {name}: write the underscored one in model units",
            )
    try:
        inspect.signature(model.generate).bind({}, None)
    except TypeError as error:
        raise CheckError(
            f"generate fails ({error}): define generate(self, noise, context=None)"
        ) from error
    neutral = (
        bool((model.shift == 0).all())
        and bool((model.scale == 1).all())
        and model.units.width is None
    )
    require(
        neutral,
        "a new model has units of its own, expected shift 0 and scale 1: leave them to `standardise`",
    )
    for name, parameter in model.named_parameters():
        require(
            parameter.requires_grad,
            f"parameter {name} has requires_grad off: make fixed numbers buffers",
        )
    with global_randomness_untouched(
        "build()"
    ):  # torch's is restored: layers may draw their weights from it
        again = tensors_of(build_seeded(build, 0, torch.float32))
    for name, tensor in tensors_of(model).items():
        require_equal(again[name], tensor, f"{name} of two builds from one seed")


def check_updates(build: Build) -> None:
    """Updates have distinct names and valid fields, name parts of the model, and together cover all parameters."""
    model = build_seeded(build)
    updates = model.updates()
    require(
        isinstance(updates, tuple),
        f"updates() returned a {type(updates).__name__}, expected a tuple",
    )
    for update in updates:
        require(
            isinstance(update, Update),
            f"updates() holds a {type(update).__name__}, expected Update",
        )
    names = [update.name for update in updates]
    require(len(set(names)) == len(names), f"update names {names} must be distinct")
    require(
        [update.name for update in model.updates()] == names,
        "two calls of updates() name different updates",
    )
    covered: set[str] = set()
    for update in updates:
        _check_update(model, update)
        covered.update(group_of(model, update))
    missing = [name for name, _ in model.named_parameters() if name not in covered]
    require(
        not missing, f"no update trains {', '.join(missing)}: add them to an update's parameters"
    )


def check_prepare(build: Build) -> None:
    """`prepare` and `finalize` follow from their generator, and leave the global random state alone."""
    first = build_ready(build, seed=3)
    with global_randomness_untouched(
        "prepare or finalize"
    ):  # the second time: some libraries draw when imported
        other = tensors_of(build_ready(build, seed=3))
    for name, tensor in tensors_of(first).items():
        require_equal(
            other[name], tensor, f"{name} after two preparations from one generator state"
        )


def check_sample(build: Build) -> None:
    """`sample(n)` gives n finite float32 examples of the event shape, without a graph, in blocks as large as asked."""
    model = build_ready(build, dtype=torch.float32)
    for n in (1, 7, SAMPLE_BLOCK + 1):
        x = model.sample(n, generator=stream(0, "check"))
        shape = (n, *model.event_shape)
        require(
            tuple(x.shape) == shape, f"sample({n}) gave shape {tuple(x.shape)}, expected {shape}"
        )
        require(x.dtype == torch.float32, f"sample({n}) gave {x.dtype}, expected torch.float32")
        require(bool(torch.isfinite(x).all()), f"sample({n}) gave NaN or infinity")
        require(not x.requires_grad, f"sample({n}) carries a gradient graph")
    # Units are broadcast to the event shape, which would hide a wrong one.
    noise = {
        name: spec.draw(5, generator=stream(0, "check"))
        for name, spec in model.sampling_noise().items()
    }
    got, expected = tuple(model.generate(noise).shape), (5, *model.event_shape)
    require(got == expected, f"generate gave shape {got} for 5 examples, expected {expected}")
    require_input_error(lambda: model.sample(0), "sample(0)")


def check_sample_reproducible(build: Build) -> None:
    """The generator's state decides the sample, and nothing else does or changes."""
    model = build_ready(build)
    before = snapshot(tensors_of(model))
    with global_randomness_untouched("sample"):
        first = model.sample(9, generator=stream(1, "check"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(12345)
        require_equal(
            model.sample(9, generator=stream(1, "check")),
            first,
            "two samples from one generator state",
        )
    other = model.sample(9, generator=stream(2, "check"))
    require(not torch.equal(other, first), "samples from two generator states are the same")
    require(
        not torch.equal(model.sample(9), model.sample(9)),
        "two samples without a generator are the same",
    )
    for name, tensor in tensors_of(model).items():
        require_equal(tensor.detach(), before[name], f"{name} before and after sampling")


def check_generate_rows(build: Build) -> None:
    """Each generated example depends on its own row of the noise only."""
    model = build_ready(build)
    noise = {
        name: spec.draw(6, generator=stream(0, "check", name)).to(model.shift)
        for name, spec in model.sampling_noise().items()
    }
    with torch.no_grad(), global_randomness_untouched("generate"):
        together = model.generate(noise)
        alone = torch.cat(
            [
                model.generate({name: rows[i : i + 1] for name, rows in noise.items()})
                for i in range(6)
            ]
        )
    require_close(alone, together, "examples generated one by one and together")


def check_sample_units(build: Build) -> None:
    """With shift and scale set, the sample is x scale + shift of the sample without."""
    model = build_ready(build)
    plain = model.sample(9, generator=stream(0, "check"))
    shift, scale = normal(1, model, name="shift")[0], normal(1, model, name="scale")[0].exp()
    model.standardise(shift, scale)
    require_close(
        model.sample(9, generator=stream(0, "check")),
        plain * scale + shift,
        "sample in data units and x scale + shift of the sample in model units",
    )


def check_state_dict(build: Build) -> None:
    """A fresh model that loads the state dict of a trained one gives the same samples, bit for bit."""
    trained = build_ready(build, seed=1)
    trained.standardise(
        normal(1, trained, name="shift")[0], normal(1, trained, name="scale")[0].exp()
    )
    fresh = build_seeded(build, seed=2).eval()
    fresh.load_state_dict(trained.state_dict())
    require_equal(
        fresh.sample(9, generator=stream(0, "check")),
        trained.sample(9, generator=stream(0, "check")),
        "samples of a model and of its copy through state_dict",
    )


def _check_update(model: GenerativeModel, update: Update) -> None:
    where = f"update {update.name!r}"
    require(bool(update.name) and "/" not in update.name, f"{where} must have a name without '/'")
    require(bool(update.parameters), f"{where} names no parameters")
    parameters = {name for name, _ in model.named_parameters()}
    parts = {name for name, _ in model.named_modules() if name} | parameters
    for part in update.parameters:
        require(
            part in parts,
            f"{where} names {part!r}, which is no submodule or parameter: choose from {sorted(parts)}",
        )
    require(
        bool(group_of(model, update)),
        f"{where} names {update.parameters}, which hold no parameters",
    )
    for name, spec in update.noise.items():
        require(
            isinstance(spec, NoiseSpec),
            f"noise {name!r} of {where} is {spec!r}, expected a NoiseSpec",
        )
    require(
        isinstance(update.steps, int) and update.steps >= 1,
        f"{where} has steps {update.steps}, expected >= 1",
    )
    start, end = update.window
    valid = math.isfinite(start) and 0 <= start < end <= 1
    require(valid, f"{where} has window {update.window}, expected 0 <= start < end <= 1")
