"""`genzoo completion`: what a shell needs to complete commands, options, names and files."""

import argparse
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import genzoo
from genzoo.cli import show
from genzoo.cli.parser import parsers
from genzoo.cli.words import KINDS
from genzoo.core.metric import PANELS
from genzoo.errors import InputError

OR_FILES = {"data": "list_sources", "name": "list_benches", "protocol": "list_protocols"}
"""Words that are a name or a file, and what lists the names; each gets a shell function."""


def completion(arguments: argparse.Namespace) -> None:
    """`genzoo completion`."""
    script = completion_script(arguments.shell)
    if arguments.json:
        show.show_json({"shell": arguments.shell, "script": script})
    else:
        print(script)  # noqa: T201


def completion_script(shell: str) -> str:
    """The script that a shell reads; names are those that are registered now.

    Args:
        shell: `"bash"`, `"zsh"` or `"tcsh"`.

    Raises:
        InputError: When shtab is not installed.
    """
    shtab = _shtab()
    parser, _ = parsers()
    for command in _subparsers(parser):
        for action in command._actions:
            _explain_to(shtab, action)
    preamble = {"bash": "", "zsh": ""}
    for word, lister in OR_FILES.items():
        names = getattr(genzoo, lister)()
        preamble["bash"] += _bash(_function(word), names)
        preamble["zsh"] += _zsh(_function(word), names)
    script: str = shtab.complete(parser, shell=shell, preamble=preamble)
    return script


def _shtab() -> ModuleType:
    try:
        import shtab
    except ImportError as error:
        raise InputError(
            "completion needs the package shtab: pip install 'genzoo[completion]'"
        ) from error
    module: ModuleType = shtab
    return module


def _subparsers(parser: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _explain_to(shtab: ModuleType, action: Any) -> None:
    """Say of one word of a command what completes it, by what its help calls it."""
    names: Mapping[str, Iterable[str]] = {
        "MODEL": genzoo.list_models(),
        "WORD": genzoo.list_metrics(),
        "PANEL_OR_NAMES": [*PANELS, *genzoo.list_metrics()],
        "|".join(KINDS): KINDS,
        "updates|seconds|parameters": ["updates", "seconds", "parameters"],
        "pixels|classifier": ["pixels", "classifier"],
    }
    if action.metavar in names:
        action.choices = list(names[action.metavar])
    elif action.dest in OR_FILES:
        function = _function(action.dest)
        action.complete = {"bash": function, "zsh": function}
    elif action.metavar == "DIR":
        action.complete = shtab.DIRECTORY
    elif action.metavar in ("FILE", "SAMPLES_OR_DIR"):
        action.complete = shtab.FILE


def _function(word: str) -> str:
    """The name of the shell function that completes a word."""
    return f"_genzoo_{word}"


def _bash(function: str, names: Iterable[str]) -> str:
    return f"""
{function}() {{
  compgen -W "{" ".join(names)}" -- "$1"
  compgen -f -- "$1"
}}
"""


def _zsh(function: str, names: Iterable[str]) -> str:
    return f"""
{function}() {{
  _alternative 'names:name:({" ".join(names)})' 'files:file:_files'
}}
"""
