"""How single words of the command line are read."""

import argparse
import re

from genzoo.registry import suggestion

KINDS = ("models", "sources", "metrics", "protocols", "benches")

DIGITS = 18
"""Of an integer, at most: more than anything here is counted in, and more than torch holds."""


def kind(text: str) -> str:
    """What `genzoo list` lists."""
    if text == "data":  # as `-d` is called
        return "sources"
    if text not in KINDS:
        raise argparse.ArgumentTypeError(f"unknown kind {text!r}: {suggestion(text, list(KINDS))}")
    return text


def integer(text: str) -> int:
    """An integer that a computer holds."""
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise argparse.ArgumentTypeError(f"takes an integer, got {text!r}")
    if len(text.strip().lstrip("+-")) > DIGITS:
        raise argparse.ArgumentTypeError(f"takes an integer of at most {DIGITS} digits, got {text}")
    return int(text)


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"takes a number, got {text!r}") from error


def path(text: str) -> str:
    """The name of a file or folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("takes the name of a file or folder, got an empty one")
    return without_nul(text)


def without_nul(text: str) -> str:
    """A text that may hold the name of a file."""
    if "\0" in text:
        raise argparse.ArgumentTypeError(f"takes no name with a NUL character, got {text!r}")
    return text


def assignment(text: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = without_nul(text).partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"takes NAME=VALUE, got {text!r}")
    return name, value
