"""The register of data sources."""

from collections.abc import Callable
from typing import Any, TypeVar

from genzoo.core.source import DataSource
from genzoo.data.movable import Movable
from genzoo.registry import Registry

Factory = TypeVar("Factory", bound=Callable[..., DataSource])

SOURCES: Registry[DataSource] = Registry("source", "genzoo.sources")


def register_source(name: str, **facts: Any) -> Callable[[Factory], Factory]:
    """Decorate a factory so that a source is known by a name.

    By its name it has the options `scale` and `shift` too, see `genzoo.data.moved.moved`.

    Args:
        name: What users write; it must be creatable without options.
        **facts: What else is to be known of it.

    Raises:
        ValueError: When the name is taken or badly formed.
    """

    def decorate(factory: Factory) -> Factory:
        SOURCES.register(name, **facts)(Movable(factory))
        return factory

    return decorate
