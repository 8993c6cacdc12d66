"""The names of models, each with the recipe it is best trained by."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.registry import Registry

Factory = TypeVar("Factory", bound=Callable[..., GenerativeModel])
Model = TypeVar("Model", bound=GenerativeModel)

MODELS: Registry[GenerativeModel] = Registry("model", "genzoo.models")


def register_model(
    name: str, *, recipe: Recipe | None = None, width: str | None = "width"
) -> Callable[[Factory], Factory]:
    """Decorate a factory so that the zoo knows it by a name.

    It is called as `f(event_shape, **options)` and returns a `GenerativeModel`.

    Args:
        name: What users write; it must be creatable with `event_shape` alone.
        recipe: How it is best trained, whatever the source; by default `Recipe()`.
        width: The option, an integer, that makes all trained networks wider: what is scaled where
            models are to have equally many parameters. None, or an option that the factory does not
            have, for a model without one.

    Raises:
        ValueError: When the name is taken or badly formed, or the recipe is none.
    """
    if not isinstance(recipe, Recipe | None):
        raise InputError(
            f"the recipe of model {name!r} must be a Recipe, got a {type(recipe).__name__}: "
            "write Recipe(steps=...)"
        )
    return MODELS.register(name, recipe=recipe or Recipe(), width=width)


def variant(factory: Callable[..., Model], description: str, **defaults: Any) -> partial[Model]:
    """A factory with other defaults and a description of its own; its options stay.

    Args:
        factory: A function, with a docstring.
        description: The first paragraph of the docstring of the new one.
        **defaults: By option.
    """
    made = partial(factory, **defaults)
    _, blank, rest = (inspect.getdoc(factory) or "").partition("\n\n")
    made.__doc__ = description + blank + rest
    return made


def recommended_recipe(name: str) -> Recipe:
    """The recipe registered with a name.

    Raises:
        InputError: When there is no such model.
    """
    facts: dict[str, Any] = dict(MODELS.entry(name).facts)
    recipe: Recipe = facts.get("recipe", Recipe())
    return recipe


def width_option(name: str) -> tuple[str, int] | None:
    """The option that scales a model, and its default; None for a model that has none.

    Raises:
        InputError: When there is no such model.
    """
    entry = MODELS.entry(name)
    option = entry.options.get(entry.facts.get("width") or "")
    if option is None:
        return None
    default = option.default
    if not isinstance(default, int) or isinstance(default, bool):
        return None
    return option.name, default
