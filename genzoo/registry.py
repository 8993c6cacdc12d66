"""Names for factories: one class, many named variants, plug-ins included.

A factory is a function that returns a ready object; registering factories rather than classes lets
one class appear under many names, each with its own defaults (the way timm, Wightman 2019, names
its models).
"""

import difflib
import fnmatch
import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Generic, TypeVar

from genzoo.errors import InputError
from genzoo.option_types import check_type

GIVEN = ("context_spec",)
"""Options that genzoo gives to a factory which has them, and no user writes."""
SHOWN = 24
"""Names that a message lists."""
LONGEST = 100
"""Characters of a name beyond which none is near it."""

T = TypeVar("T")
Factory = TypeVar("Factory", bound=Callable[..., Any])


@dataclass(frozen=True)
class Spec:
    """A name with options, written `name:option=value,option=value`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Spec":
        """Read `ring:modes=12,radius=2`.

        Args:
            text: A name, then optionally a colon and comma-separated `option=value` pairs. Values
                are read as integers, floats, `true` / `false`, `none`, or else as text.

        Raises:
            InputError: When a pair has no `=`, or an option is named twice.
        """
        name, _, tail = text.strip().partition(":")
        options: dict[str, Any] = {}
        for pair in filter(None, (part.strip() for part in tail.split(","))):
            key, equals, value = (part.strip() for part in pair.partition("="))
            if not (key and equals and value):
                raise InputError(
                    f"cannot read {pair!r} in {text!r}: "
                    "write options as name:option=value,option=value"
                )
            if key in options:
                raise InputError(f"option {key!r} is given twice in {text!r}: give it once")
            options[key] = read_value(value)
        return cls(name.strip(), options)

    def __str__(self) -> str:
        if not self.options:
            return self.name
        return (
            self.name
            + ":"
            + ",".join(f"{key}={_write_value(value)}" for key, value in self.options.items())
        )


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A registered factory and the facts that were registered with it."""

    name: str
    factory: Callable[..., T]
    facts: Mapping[str, Any]

    @property
    def description(self) -> str:
        """The first paragraph of the factory's docstring, on one line."""
        paragraph = (inspect.getdoc(self.factory) or "").split("\n\n")[0]
        return " ".join(paragraph.split())

    @property
    def module(self) -> str:
        """The module that holds the factory's code; `__main__` for a script."""
        factory = self.factory
        while isinstance(factory, functools.partial):
            factory = factory.func
        return str(getattr(factory, "__module__", ""))

    @property
    def package(self) -> str:
        """The package that registered it; `__main__` for a script."""
        return self.module.partition(".")[0]

    @property
    def options(self) -> dict[str, inspect.Parameter]:
        """The options that a user may set, by name."""
        return {name: p for name, p in self._named.items() if name not in GIVEN}

    def takes(self, option: str) -> bool:
        """Whether the factory has an option of this name, one of `GIVEN` too."""
        return option in self._named

    # Read once: of a class that leaves `__init__` out, Python parses a text.
    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """How the factory is called."""
        return inspect.signature(self.factory)

    @functools.cached_property
    def _named(self) -> dict[str, inspect.Parameter]:
        parameters = inspect.signature(self.factory, eval_str=True).parameters.values()
        return {
            p.name: p for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
        }

    @property
    def takes_any_option(self) -> bool:
        """Whether the factory has a `**options` catch-all: no name can be checked beforehand."""
        return any(p.kind is p.VAR_KEYWORD for p in self.signature.parameters.values())


class Registry(Generic[T]):
    """A map from names to factories.

    Args:
        kind: What the entries are, in the singular, for messages: `"model"`.
        group: The entry-point group that other packages announce theirs under: `"genzoo.models"`.
            Each entry point names a module or callable; loading it must register the plug-in's
            factories. It is loaded at the first look-up; one that fails is skipped with a warning.
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._entries: dict[str, Entry[T]] = {}
        self._plugins_loaded = False

    def register(self, name: str, **facts: Any) -> Callable[[Factory], Factory]:
        """Decorate a factory so that `create(name)` calls it.

        Raises:
            ValueError: When the name is taken, or holds a character that the command line gives a
                meaning.
        """
        if not name or any(character in name for character in ":,=*?[]/ "):
            raise ValueError(
                f"{self.kind} name {name!r} must be non-empty and free of ':,=*?[]/' and spaces"
            )

        def decorate(factory: Factory) -> Factory:
            if name in self._entries:
                raise ValueError(f"{self.kind} {name!r} is already registered: choose another name")
            self._entries[name] = Entry(name, factory, facts)
            return factory

        return decorate

    def names(self, pattern: str = "*") -> list[str]:
        """Registered names that match a shell pattern such as `gan_*`, sorted."""
        self._load_plugins()
        return sorted(fnmatch.filter(self._entries, pattern))

    def entry(self, name: str) -> Entry[T]:
        """The entry of a name.

        Raises:
            InputError: When there is none; the message names the nearest ones.
        """
        self._load_plugins()
        if name not in self._entries:
            raise InputError(
                f"unknown {self.kind} {name!r}: {suggestion(name, sorted(self._entries))}"
            )
        return self._entries[name]

    def create(
        self, name: str, *arguments: Any, given: Mapping[str, Any] | None = None, **options: Any
    ) -> T:
        """Call the factory registered under a name.

        Args:
            name: A registered name, without options.
            *arguments: Passed on first (models take their `event_shape` here).
            given: Some of `GIVEN`; a factory gets those that it has.
            **options: Checked against the factory's signature, names and plain types.

        Raises:
            InputError: On an unknown name, an unknown option or an option of the wrong type.
        """
        entry = self.entry(name)
        allowed = dict(list(entry.options.items())[len(arguments) :])
        for key, value in options.items():
            if key in allowed:
                check_type(
                    f"option {key!r} of {self.kind} {name!r}", value, allowed[key].annotation
                )
            elif not entry.takes_any_option:
                raise InputError(
                    f"{self.kind} {name!r} has no option {key!r}: "
                    f"{suggestion(key, sorted(allowed))}"
                )
        for key, value in (given or {}).items():
            if entry.takes(key):
                options[key] = value
        try:
            entry.signature.bind(*arguments, **options)
        except TypeError as error:
            raise InputError(
                f"the factory of {self.kind} {name!r} cannot be called so ({error}): "
                "give its options, or register one that needs none"
            ) from error
        return entry.factory(*arguments, **options)

    def _load_plugins(self) -> None:
        if self._plugins_loaded:
            return
        self._plugins_loaded = True
        for point in metadata.entry_points(group=self.group):
            before = len(self._entries)
            # A plug-in may fail in any way; the zoo must open all the same.
            try:
                point.load()
            except Exception as error:
                _warn_of(point, f"plug-in {point.name!r} of {self.group} was skipped: {error!r}")
                continue
            if len(self._entries) == before and not self._has_of(point):
                _warn_of(
                    point,
                    f"plug-in {point.name!r} of {self.group} registers no {self.kind}: "
                    f"let {point.value} register one of that name when it is imported",
                )

    def _has_of(self, point: metadata.EntryPoint) -> bool:
        """Whether what an entry point names was registered, if by an earlier import."""
        module = point.value.partition(":")[0].strip()
        if point.name in self._entries:
            return True
        return any(f"{entry.module}.".startswith(f"{module}.") for entry in self._entries.values())


def _warn_of(point: metadata.EntryPoint, message: str) -> None:
    """Warn of a plug-in at its own place: no line of genzoo or of the user's has a part in it."""
    warnings.warn_explicit(message, UserWarning, filename=point.value, lineno=1)


def suggestion(name: str, known: list[str]) -> str:
    """The end of a message about an unknown name: the nearest, or all, or the first of many."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) if len(name) <= LONGEST else []
    if near:
        return "did you mean " + " or ".join(repr(candidate) for candidate in near) + "?"
    if not known:
        return "there are none"
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN + 1 else ""
    return "choose from " + ", ".join(known[:SHOWN] if more else known) + more


def read_value(text: str) -> Any:
    """What a word stands for: true, false, none, an integer, a number, or text."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _write_value(value: Any) -> str:
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
