"""What makes the models of a comparison.

A registered name, or a class or function that the user gave.
"""

import hashlib
import inspect
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from genzoo.core.context import ContextSpec
from genzoo.core.model import GenerativeModel
from genzoo.data.memory import called
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.registry import Spec
from genzoo.source_code import is_own, module_digest

MODEL = "a model must be a name, or a class or function that builds one for each seed"
"""How messages begin about what is no model."""


@dataclass(frozen=True)
class Builder:
    """Makes a registered model for an event shape.

    Unlike a closure, it travels to worker processes.
    """

    name: str
    options: Mapping[str, Any]

    def __call__(
        self, event_shape: tuple[int, ...], context_spec: ContextSpec | None = None
    ) -> GenerativeModel:
        """An untrained model.

        Args:
            event_shape: Shape of one example.
            context_spec: The conditions of the source, for a factory that can take them.

        Raises:
            InputError: When its factory takes no such options, or returns something else.
        """
        given = {} if context_spec is None else {"context_spec": context_spec}
        model = MODELS.create(self.name, event_shape, given=given, **self.options)
        return _checked(model, f"the factory of model {self.name!r}")


@dataclass(frozen=True)
class GivenBuilder:
    """Calls the class or the function that the user gave.

    Where that makes no model, it says so in one sentence.
    """

    make: Callable[..., Any]
    name: str

    def __call__(
        self, event_shape: tuple[int, ...], context_spec: ContextSpec | None = None
    ) -> GenerativeModel:
        """An untrained model.

        Args:
            event_shape: Shape of one example.
            context_spec: The conditions of the source; given on where there is an argument of this
                name.

        Raises:
            InputError: When it cannot be called with an event shape alone, or returns something
                else.
        """
        given: dict[str, Any] = {}
        try:
            signature = inspect.signature(self.make)
            if context_spec is not None and "context_spec" in signature.parameters:
                given["context_spec"] = context_spec
            signature.bind(event_shape, **given)
        except TypeError as error:
            raise InputError(
                f"{self.name} must make a model of an event shape alone ({error}): "
                "give a function that does"
            ) from error
        except ValueError:
            # what is written in C may have no signature
            pass
        return _checked(self.make(event_shape, **given), self.name)


@dataclass(frozen=True)
class Row:
    """A model with the name of its row.

    Attributes:
        name: The name.
        model: A registered name with options, or a class or function.
    """

    name: str
    model: Any


def _checked(model: Any, what: str) -> GenerativeModel:
    """What was made, where it is a model."""
    if not isinstance(model, GenerativeModel):
        raise InputError(f"{what} must make a GenerativeModel, got {called(model)}")
    return model


def check_function(given: Any, what: str) -> None:
    """Refuse what is no class or function that could make a model.

    Args:
        given: What the user gave.
        what: How the message begins: what it must be.

    Raises:
        InputError: In one sentence.
    """
    if isinstance(given, torch.nn.Module) or not callable(given):
        got = repr(given) if isinstance(given, str) else called(given)
        raise InputError(f"{what}, got {got}")


def own_name(given: Any) -> str:
    """The name of a class or function.

    Raises:
        InputError: When it has none.
    """
    name = getattr(given, "__name__", "")
    if name and name != "<lambda>":
        return str(name)
    kind = called(given)
    if inspect.isfunction(given):
        kind = "a function"
    raise InputError(
        f"{kind} without a name cannot name a row: write a function with def, "
        "set its __name__, or give a dict of names and functions"
    )


def registered_name(given: Any) -> str:
    """The name under which a function is registered as a model; nothing where it is not."""
    for name in MODELS.names():
        if MODELS.entry(name).factory is given:
            return name
    return ""


def code_digest(given: Any) -> str:
    """A digest of the source code of a class or function, and of the plain values bound to it.

    By it, runs of an earlier one are not taken for its own. Nothing where there is no source.
    """
    try:
        text = inspect.getsource(given)
    except (OSError, TypeError):
        return ""
    if inspect.isfunction(given):
        for name, value in inspect.getclosurevars(given).nonlocals.items():
            if isinstance(value, bool | int | float | str):
                text += f"\n{name} = {value!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def given_config(given: Any, name: str) -> dict[str, Any]:
    """What identifies a model that a class or function of the user's makes.

    The model cannot be rebuilt from it. What has no source is never the same.
    """
    return {"name": None, "class": name, "code": code_digest(given) or uuid.uuid4().hex}


def model_config(spec: Spec) -> dict[str, Any]:
    """What identifies a registered model and rebuilds it.

    Where another package than genzoo registered it, that is named, with a digest of its source. Of
    a source that cannot be read nobody knows whether it has changed: it is never the same.
    """
    config: dict[str, Any] = {"name": spec.name, "options": dict(spec.options)}
    entry = MODELS.entry(spec.name)
    if not is_own(entry.module):
        config["package"] = entry.package
        config["code"] = module_digest(entry.module) or uuid.uuid4().hex
    return config


def stored_builder(config: Mapping[str, Any], folder: Path) -> Builder:
    """Makes the model of a stored run.

    Args:
        config: Its model, as `model_config` wrote it.
        folder: Where it is stored, for messages.

    Raises:
        InputError: When it had no registered name, or its name is not registered here.
    """
    name, package = config.get("name"), config.get("package", "")
    if name is None:
        raise InputError(f"the model in {folder} has no registered name: give load(..., build=...)")
    if name not in MODELS.names() and package:
        owner, advice = f"the package {package!r}", "install that package"
        if package == "__main__":
            owner, advice = "a script that is not running now", "give load(..., build=...)"
        raise InputError(f"the model {name!r} in {folder} was registered by {owner}: {advice}")
    return Builder(name, config.get("options", {}))
