"""What a model is made of: layers that torch knows of, noise that can be drawn, free seeds."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from genzoo.core.model import GenerativeModel
from genzoo.core.noise import Declared, NoiseSpec, stream
from genzoo.errors import InputError
from genzoo.testing.support import Build, CheckError, conditions, require
from genzoo.training.preparation import conditions_of


def require_known_layers(model: GenerativeModel) -> None:
    """No layer or parameter is hidden in a plain list, tuple or dict.

    Raises:
        CheckError: When one is: torch would neither train nor store it.
    """
    known = set()
    for tensor in (*model.parameters(), *model.buffers()):
        known.add(id(tensor))
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            hidden = any(id(tensor) not in known for tensor in _tensors_in(value))
            where = f"{path}.{name}".removeprefix(".")
            require(
                not hidden,
                f"{where} keeps layers in a plain {type(value).__name__}, where they are neither "
                "trained nor stored: use nn.ModuleList or nn.ModuleDict, and for parameters "
                "nn.ParameterList",
            )


def require_one_name_each(model: GenerativeModel) -> None:
    """No parameter or buffer is there under two names.

    Raises:
        CheckError: When one is: it cannot be stored and stacked by name.
    """
    names: dict[int, str] = {}
    parameters = model.named_parameters(remove_duplicate=False)
    buffers = model.named_buffers(remove_duplicate=False)
    for name, tensor in (*parameters, *buffers):
        first = names.setdefault(id(tensor), name)
        require(
            first == name,
            f"{first} and {name} are one tensor, expected one name each: "
            "keep the layer under the first name only, or make a property of the second",
        )


def _tensors_in(value: Any) -> Iterator[Tensor]:
    """Parameters, and what layers hold, in lists, tuples and dicts inside one another."""
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list | tuple):
        parts = list(value)
    for part in parts:
        if isinstance(part, nn.Parameter):
            yield part
        elif isinstance(part, nn.Module):
            yield from part.parameters()
            yield from part.buffers()
        else:
            yield from _tensors_in(part)


def require_noise(noise: Any, where: str) -> None:
    """What is said of noise maps names to `NoiseSpec`.

    Raises:
        CheckError: When it is anything else.
    """
    kind = type(noise).__name__
    require(
        isinstance(noise, Mapping),
        f"{where} is a {kind}, expected a dict such as {{'latent': NoiseSpec('normal', (2,))}}",
    )
    for name, spec in noise.items():
        is_named = isinstance(name, str) and bool(name)
        require(is_named, f"{where} has the name {name!r}, expected text")
        is_spec = isinstance(spec, NoiseSpec)
        require(is_spec, f"{where} has {name!r}: {spec!r}, expected a NoiseSpec")


def require_generated(model: GenerativeModel) -> None:
    """`generate` gives a tensor of the model's dtype, `(5, *event_shape)` for noise of 5 examples.

    Raises:
        CheckError: When it does not, or raises.
    """
    specs = model.sampling_noise()
    remedy = f"which sampling_noise does not declare: it declares {sorted(specs)}"
    noise = Declared("generate", remedy, {})
    for name, spec in specs.items():
        noise[name] = spec.draw(5, generator=stream(0, "check")).to(model.shift)
    try:
        with torch.no_grad():
            x: Any = model.generate(noise, conditions_of(conditions(model, 5), model))
    except InputError as error:
        raise CheckError(str(error)) from error
    except Exception as error:
        raise CheckError(f"generate failed: {type(error).__name__}: {error}") from error
    kind = type(x).__name__
    require(isinstance(x, Tensor), f"generate gave a {kind}, expected a tensor of examples")
    got, expected = tuple(x.shape), (5, *model.event_shape)
    require(
        got == expected,
        f"generate gave shape {got} for 5 examples, expected {expected}: "
        "end it with x.reshape(-1, *self.event_shape)",
    )
    dtype = model.shift.dtype
    require(x.dtype == dtype, f"generate gave {x.dtype} from noise of {dtype}, expected the same")


def require_free_seed(build: Build) -> None:
    """Torch's state after a build follows from the state before it.

    Raises:
        CheckError: When the build has seeded torch anew.
    """
    states = []
    for seed in (0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            build()
            states.append(torch.get_rng_state())
    require(
        not torch.equal(*states),
        "build() sets torch's global seed itself, expected weights that follow from the seed "
        "of the run: take torch.manual_seed out of it",
    )
