"""Options that several commands take."""

import argparse
from collections.abc import Callable
from typing import Any

from genzoo.cli import words

Holder = argparse.ArgumentParser | argparse._ArgumentGroup
"""What options are added to."""


def add_several(
    parser: Holder, *flags: str, type: Callable[[str], Any] = str, metavar: str, help: str
) -> None:
    """Add an option that takes one or more values and may be repeated."""
    parser.add_argument(
        *flags, nargs="+", action="extend", default=[], type=type, metavar=metavar, help=help
    )


def add_integer(parser: Holder, *flags: str, metavar: str, help: str) -> None:
    """Add an option that takes an integer."""
    parser.add_argument(*flags, type=words.integer, metavar=metavar, help=help)


def add_directory(parser: Holder, help: str) -> None:
    """Add the folder that a command reads."""
    parser.add_argument("directory", type=words.path, metavar="DIR", help=help)


def add_data(parser: Holder, help: str, *, required: bool = False) -> None:
    """Add the one source of data."""
    parser.add_argument(
        "-d",
        "--data",
        type=words.without_nul,
        required=required,
        metavar="SOURCE_OR_FILE",
        help=help,
    )


def add_out(parser: Holder, metavar: str, help: str, *, required: bool = False) -> None:
    """Add where the command writes."""
    parser.add_argument(
        "-o", "--out", type=words.path, required=required, metavar=metavar, help=help
    )


def add_replace(parser: Holder, help: str = "replace the file if there is one") -> None:
    """Add whether a file may be written over."""
    parser.add_argument("--replace", action="store_true", help=help)


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Add the training settings."""
    group = parser.add_argument_group("training settings, in place of the recommended ones")
    add_integer(group, "--steps", metavar="N", help="training steps")
    group.add_argument("--lr", type=words.number, metavar="X", help="learning rate of every update")
    add_integer(group, "--batch-size", metavar="N", help="examples for each optimiser step")
    add_several(
        group,
        "--recipe",
        type=words.assignment,
        metavar="FIELD=VALUE",
        help="any field of a recipe: betas=0.5,0.9 schedule=cosine learning_rate.generator=1e-4",
    )


def add_seeds(parser: Holder) -> None:
    """Add how many seeds are trained."""
    add_integer(parser, "--seeds", metavar="N", help="train seeds 0 ... N-1")


def add_metrics(parser: Holder) -> None:
    """Add what is measured."""
    parser.add_argument(
        "--features",
        metavar="pixels|classifier",
        help="what metrics of samples alone look at (default: pixels)",
    )
    parser.add_argument(
        "--metrics",
        metavar="PANEL_OR_NAMES",
        help="quick, standard, full, or names joined by commas",
    )


def add_workers(parser: Holder) -> None:
    """Add how many processes share the work."""
    add_integer(parser, "--workers", metavar="N", help="processes (default: one for each core)")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="train and score on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786",
    )


def add_record(parser: Holder) -> None:
    """Add whether training is filmed."""
    parser.add_argument(
        "--no-record", dest="record", action="store_false", help="keep no film of the training"
    )


def add_watch(parser: Holder) -> None:
    """Add whether the page is written while training goes on."""
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep DIR/report.html up to date while training goes on",
    )


def add_device(parser: Holder) -> None:
    """Add where training runs."""
    parser.add_argument("--device", metavar="D", help="where to train: cpu, cuda, cuda:1 ...")


def add_engine(parser: Holder) -> None:
    """Add how training steps are made."""
    parser.add_argument(
        "--engine",
        choices=["auto", "eager", "replay", "compiled", "captured"],
        default="auto",
        help="how training steps are made, the same up to rounding (default: what pays)",
    )
