"""Checks of a model's samples: their shape, where they come from, their units, how it is stored."""

from typing import Any

import torch
from torch import Tensor

from genzoo.core.event import is_positive_integer
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import draw_noise, stream
from genzoo.testing.model_parts import require_generated
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    Build,
    build_ready,
    build_seeded,
    change_units,
    conditions,
    copies,
    require,
    require_close,
    require_equal,
    require_input_error,
    tensors_of,
)
from genzoo.training.preparation import conditions_of


def check_sample(build: Build) -> None:
    """`sample(n)` gives n finite float32 examples of the event shape, without a graph.

    Also where n is more than one block. A conditional model is asked for conditions, and for none.
    """
    model = build_ready(build, dtype=torch.float32)
    # First without units, which are broadcast to the event shape and would hide a wrong one.
    require_generated(model)
    block: Any = model.sample_block
    require(
        is_positive_integer(block),
        f"sample_block is {block!r}, expected how many examples to generate at a time",
    )
    for n in (1, 7, block + 1):
        for context in _contexts(model, n):
            what = _called(n, context)
            x = model.sample(n, generator=stream(0, "check"), context=context)
            got, expected = tuple(x.shape), (n, *model.event_shape)
            require(got == expected, f"{what} gave shape {got}, expected {expected}")
            require(
                x.dtype == torch.float32,
                f"{what} gave {x.dtype}, expected torch.float32",
            )
            require(bool(torch.isfinite(x).all()), f"{what} gave NaN or infinity")
            require(not x.requires_grad, f"{what} carries a gradient graph")
    require_input_error(lambda: model.sample(0), "sample(0)")


def check_sample_reproducible(build: Build) -> None:
    """The generator's state decides the sample, and nothing else does or changes.

    So it does where conditions are given.
    """
    model = build_ready(build)
    before = copies(tensors_of(model))
    for context in _contexts(model, 9):
        _check_reproducible(model, context)
    for name, tensor in tensors_of(model).items():
        require_equal(
            tensor.detach(),
            before[name],
            f"{name} before and after sampling",
        )


def check_generate_rows(build: Build) -> None:
    """Each generated example depends on its own row of the noise, and of the conditions, only."""
    model = build_ready(build)
    context = conditions_of(conditions(model, 6), model)
    generator = stream(0, "check", "noise")
    noise = draw_noise(model.sampling_noise(), 6, generator=generator, like=model.shift)
    with torch.no_grad(), global_randomness_untouched("generate"):
        together = model.generate(noise, context)
        alone = []
        for i in range(6):
            own = {name: draws[i : i + 1] for name, draws in noise.items()}
            own_context = None if context is None else context[i : i + 1]
            alone.append(model.generate(own, own_context))
    require_close(
        torch.cat(alone),
        together,
        "examples generated one by one and together",
    )


def check_sample_units(build: Build) -> None:
    """With shift and scale set, the sample is x scale + shift of the sample without."""
    model = build_ready(build)
    plain = model.sample(9, generator=stream(0, "check"))
    shift, scale = change_units(model)
    require_close(
        model.sample(9, generator=stream(0, "check")),
        plain * scale + shift,
        "sample in data units and x scale + shift of the sample in model units",
    )


def check_state_dict(build: Build) -> None:
    """A fresh model with the state dict of a trained one gives the same samples, bit for bit.

    The conditions that it draws, where it is asked for none, are the same too.
    """
    trained = build_ready(build, seed=1)
    change_units(trained)
    fresh = build_seeded(build, seed=2).eval()
    fresh.load_state_dict(trained.state_dict())
    drawn = trained.draw_conditions(9, generator=stream(0, "check"))
    drawn_by_fresh = fresh.draw_conditions(9, generator=stream(0, "check"))
    if drawn is not None and drawn_by_fresh is not None:
        require_equal(
            drawn_by_fresh,
            drawn,
            "conditions that a model and its copy through state_dict draw",
        )
    require_equal(
        fresh.sample(9, generator=stream(0, "check")),
        trained.sample(9, generator=stream(0, "check")),
        "samples of a model and of its copy through state_dict",
    )


def _check_reproducible(model: GenerativeModel, context: Tensor | None) -> None:
    """As `check_sample_reproducible`, with these conditions."""
    with global_randomness_untouched("sample"):
        first = model.sample(9, generator=stream(1, "check"), context=context)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(12345)
        again = model.sample(9, generator=stream(1, "check"), context=context)
        require_equal(again, first, "two samples from one generator state")
    other = model.sample(9, generator=stream(2, "check"), context=context)
    require(
        not torch.equal(other, first),
        "samples from two generator states are the same",
    )
    repeats = torch.equal(model.sample(9, context=context), model.sample(9, context=context))
    require(not repeats, "two samples without a generator are the same")


def _contexts(model: GenerativeModel, n: int) -> list[Tensor | None]:
    """What n samples may be asked for: nothing, and conditions where the model takes any."""
    context = conditions(model, n)
    return [None] if context is None else [None, context]


def _called(n: int, context: Tensor | None) -> str:
    return f"sample({n})" if context is None else f"sample({n}, context=...)"
