"""Factories of sources with the options `scale` and `shift`, which all registered ones have."""

import inspect
from collections.abc import Callable
from typing import Any

from genzoo.core.source import DataSource
from genzoo.data.moved import moved
from genzoo.registry import Entry

OPTIONS = {
    "scale": (1.0, "Every number of an example is multiplied by it; not 0."),
    "shift": (0.0, "What is then added."),
}
"""Options of every registered source, with their defaults and meanings."""


class Movable:
    """A factory of sources with the options `scale` and `shift` beside its own.

    It has the signature and the docstring of a function with these options. An option that the
    factory has itself is its own.

    Args:
        factory: Makes the source.
    """

    def __init__(self, factory: Callable[..., DataSource]) -> None:
        self.factory = factory
        self.__module__ = Entry("", factory, {}).module
        self.__doc__ = self._documentation()

    def __call__(self, *arguments: Any, **options: Any) -> DataSource:
        """The source, moved.

        Raises:
            InputError: On an option out of range.
        """
        move = {name: default for name, (default, _) in OPTIONS.items()}
        for name in self._added():
            move[name] = options.pop(name, move[name])
        return moved(self.factory(*arguments, **options), **move)

    @property
    def __signature__(self) -> inspect.Signature:
        own = inspect.signature(self.factory, eval_str=True)
        parameters = list(own.parameters.values())
        place = len(parameters)
        if parameters and parameters[-1].kind is inspect.Parameter.VAR_KEYWORD:
            place -= 1
        for name in self._added():
            default, _ = OPTIONS[name]
            kind = inspect.Parameter.KEYWORD_ONLY
            option = inspect.Parameter(name, kind, default=default, annotation=float)
            parameters.insert(place, option)
            place += 1
        return own.replace(parameters=parameters)

    def _added(self) -> list[str]:
        own = inspect.signature(self.factory).parameters
        return [name for name in OPTIONS if name not in own]

    def _documentation(self) -> str:
        head, arguments, rest = (inspect.getdoc(self.factory) or "").partition("\nArgs:\n")
        lines = [f"    {name}: {OPTIONS[name][1]}\n" for name in self._added()]
        if not arguments:
            return head + "\n\nArgs:\n" + "".join(lines)
        return head + arguments + "".join(lines) + rest
