"""How the command line is read; importing this needs neither torch nor numpy."""

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from genzoo.cli.command_words import COMMAND_WORDS
from genzoo.errors import InputError
from genzoo.registry import suggestion
from genzoo.version import __version__

PURPOSE = (
    "Train generative models side by side and compare them by numbers that come with their errors."
)

OPTIONS_NOTE = (
    "Options ride on a name: -d ring:modes=12,radius=2 -m gan_minimax:discriminator_steps=3. "
    "A -d that is a file (.csv, .npy, .npz, .parquet) is your own data, one example a row."
)


class Parser(argparse.ArgumentParser):
    """An argument parser that answers mistakes with `InputError`, one sentence each."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting.

        Raises:
            InputError: Always.
        """
        raise InputError(f"{message} (see {self.prog} --help)")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line.

    Raises:
        InputError: On anything that it does not accept, with the nearest thing that it does.
        SystemExit: After printing help or the version.
    """
    parser, commands = parsers()
    if not argv:
        parser.print_help()
        raise SystemExit(0)
    command = next((word for word in argv if not word.startswith("-")), None)
    if command is not None and command not in commands:
        raise InputError(f"unknown command {command!r}: {suggestion(command, list(commands))}")
    for word in argv:
        if word.startswith("-") and word.endswith("=--"):
            raise InputError(f"{word.partition('=')[0]} takes a value, got '--'")
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        raise InputError(_not_taken(rest[0], command, commands[arguments.command]))
    return arguments


def _not_taken(word: str, command: str | None, parser: Parser) -> str:
    """What is said of a word that the command does not take."""
    if not word.startswith("-"):
        return (
            f"genzoo {command} does not take {word!r} there: "
            "write names after the option they belong to"
        )
    option = word.partition("=")[0]
    options = sorted(set(re.findall(r"--[a-z-]+", parser.format_help())))
    return f"genzoo {command} has no option {option!r}: {suggestion(option, options)}"


def parsers() -> tuple[Parser, Mapping[str, Parser]]:
    """The parser of the whole line, and those of the commands by name."""
    parser = Parser(prog="genzoo", description=PURPOSE, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"genzoo {__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    commands = {}
    for name, words in COMMAND_WORDS.items():
        command = subparsers.add_parser(
            name,
            help=words.summary,
            description=f"{words.summary[0].upper()}{words.summary[1:]}.",
            epilog=OPTIONS_NOTE,
            allow_abbrev=False,
        )
        words.add(command)
        command.add_argument(
            "--json", action="store_true", help="print JSON on standard output, nothing else"
        )
        commands[name] = command
    return parser, commands
