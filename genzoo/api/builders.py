"""What makes the models of a comparison.

A registered name, or a class or function that the user gave.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genzoo.core.model import GenerativeModel
from genzoo.data.memory import called
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.registry import Spec


@dataclass(frozen=True)
class Builder:
    """Makes a registered model for an event shape.

    Unlike a closure, it travels to worker processes.
    """

    name: str
    options: Mapping[str, Any]

    def __call__(self, event_shape: tuple[int, ...]) -> GenerativeModel:
        """An untrained model."""
        return MODELS.create(self.name, event_shape, **self.options)


@dataclass(frozen=True)
class GivenBuilder:
    """Calls the class or the function that the user gave.

    Where that makes no model, it says so in one sentence.
    """

    make: Callable[[tuple[int, ...]], Any]
    name: str

    def __call__(self, event_shape: tuple[int, ...]) -> GenerativeModel:
        """An untrained model.

        Raises:
            InputError: When it cannot be called with an event shape alone, or returns something
                else.
        """
        try:
            inspect.signature(self.make).bind(event_shape)
        except TypeError as error:
            raise InputError(
                f"{self.name} must make a model of an event shape alone ({error}): "
                "give a function that does"
            ) from error
        except ValueError:
            # what is written in C may have no signature
            pass
        model = self.make(event_shape)
        if not isinstance(model, GenerativeModel):
            raise InputError(f"{self.name} must make a GenerativeModel, got {called(model)}")
        return model


def registered_name(given: Any) -> str:
    """The name under which a function is registered as a model; nothing where it is not."""
    for name in MODELS.names():
        if MODELS.entry(name).factory is given:
            return name
    return ""


def code_digest(given: Any) -> str:
    """A digest of the source code of a class or function.

    By it, runs of an earlier one are not taken for its own.
    """
    try:
        text = inspect.getsource(given)
    except (OSError, TypeError):
        text = ""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def given_config(given: Any, name: str) -> dict[str, Any]:
    """What identifies a model that a class or function of the user's makes.

    The model cannot be rebuilt from it.
    """
    return {"name": None, "class": name, "code": code_digest(given)}


def model_config(spec: Spec) -> dict[str, Any]:
    """What identifies a registered model and rebuilds it.

    It names the package, where that is another one than genzoo.
    """
    config: dict[str, Any] = {"name": spec.name, "options": dict(spec.options)}
    package = MODELS.entry(spec.name).package
    if package != "genzoo":
        config["package"] = package
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
