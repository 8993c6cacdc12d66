"""GANs under a name: defaults of their own, and the options that a user may change."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from genzoo.core.context import ContextSpec
from genzoo.errors import InputError
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.gan_options import GANOptions, compose_gan

COMMON = (
    "latent_dim",
    "latent_distribution",
    "width",
    "depth",
    "generator_width",
    "generator_depth",
    "discriminator_width",
    "discriminator_depth",
    "activation",
    "discriminator_activation",
    "discriminator_steps",
)
"""Options that every named GAN offers first."""
LAST = ("conditional", "conditioning", "generator", "discriminator")
"""Options that every named GAN offers last."""


class NamedGAN:
    """A factory of GANs: defaults of its own, and the options that a user may change.

    It has the signature and the docstring of a function with these options, which is what the
    registry, the command line and the tables of the docs read.

    Args:
        name: The registered name.
        description: One line for lists, with the source.
        options: What its GANs are put together from.
        offers: Options that a user may change, beside `COMMON` and `LAST`.
        called: Options that go by another name: `{"gamma": ("r1", "r2")}` offers one number for
            both.
        note: What every table must say about its GANs, or nothing.
    """

    def __init__(
        self,
        name: str,
        description: str,
        options: GANOptions,
        *,
        offers: tuple[str, ...] = (),
        called: Mapping[str, tuple[str, ...]] | None = None,
        note: str = "",
    ) -> None:
        self.name = self.__name__ = name
        self.options = options
        self.note = note
        self.fields: dict[str, tuple[str, ...]] = {option: (option,) for option in COMMON}
        self.fields.update(called or {})
        for option in (*offers, *LAST):
            self.fields[option] = (option,)
        self.__signature__ = self._signature()
        self.__doc__ = self._documentation(description)

    def __call__(
        self,
        event_shape: tuple[int, ...],
        *,
        context_spec: ContextSpec | None = None,
        **options: Any,
    ) -> CriticGAN:
        """A GAN for examples of this shape, which may come with conditions.

        Raises:
            InputError: On an option that is not offered or out of range, or a network of the wrong
                shape.
        """
        changes: dict[str, Any] = {}
        for option, value in sorted(options.items()):
            if option not in self.fields:
                offered = ", ".join(self.fields)
                raise InputError(f"{self.name} has no option {option!r}: choose from {offered}")
            for field in self.fields[option]:
                changes[field] = value
        gan = compose_gan(event_shape, self.options, context_spec=context_spec, **changes)
        gan.note = self.note
        return gan

    def _signature(self) -> inspect.Signature:
        composed = inspect.signature(compose_gan).parameters
        declared = inspect.signature(GANOptions).parameters
        parameters = [composed["event_shape"]]
        for option, fields in self.fields.items():
            default = getattr(self.options, fields[0])
            parameters.append(declared[fields[0]].replace(name=option, default=default))
        return inspect.Signature([*parameters, composed["context_spec"]])

    def _documentation(self, description: str) -> str:
        lines = [description, "", "Args:", "    event_shape: Shape of one example."]
        meanings = option_meanings()
        for option, fields in self.fields.items():
            meaning = "The weights of " + " and ".join(fields) + "."
            if len(fields) == 1:
                meaning = meanings.get(fields[0], "")
            lines.append(f"    {option}: {meaning}")
        lines += ["", "Raises:"]
        lines.append("    InputError: On an option out of range, or a network of the wrong shape.")
        return "\n".join(lines)


def option_meanings() -> dict[str, str]:
    """What each option means, read from the docstring of `GANOptions`; empty under `python -OO`."""
    section = (inspect.getdoc(GANOptions) or "").partition("Args:\n")[2]
    # An entry is indented by four spaces, its further lines by eight.
    entries = re.split(r"^ {4}(?=\w)", section, flags=re.MULTILINE)[1:]
    meanings: dict[str, str] = {}
    for entry in entries:
        option, _, meaning = entry.partition(": ")
        meanings[option] = " ".join(meaning.split())
    return meanings
