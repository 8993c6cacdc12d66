"""What the command line accepts; importing this needs neither torch nor numpy."""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from genzoo.cli import words
from genzoo.errors import InputError
from genzoo.registry import suggestion
from genzoo.version import __version__

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
    parser, commands = _parsers()
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
    if rest and not rest[0].startswith("-"):
        raise InputError(
            f"genzoo {command} does not take {rest[0]!r} there: write names after the option they belong to"
        )
    if rest:
        option = rest[0].partition("=")[0]
        known = sorted(set(re.findall(r"--[a-z-]+", commands[arguments.command].format_help())))
        raise InputError(f"genzoo {command} has no option {option!r}: {suggestion(option, known)}")
    return arguments


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    parser = Parser(
        prog="genzoo",
        description="Train generative models side by side and compare them by numbers that come with their errors.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"genzoo {__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=Parser
    )
    commands = {}
    for name, build, summary in (
        ("list", _list, "list models, data sources, metrics, protocols or benches"),
        (
            "compare",
            _compare,
            "train models on data over several seeds, score them, write tables and figures",
        ),
        (
            "bench",
            _bench,
            "run a shipped question: models, sources, seeds and metrics from one file",
        ),
        ("train", _train, "train one model and keep it"),
        ("sample", _sample, "draw samples from a trained model"),
        ("evaluate", _evaluate, "score a trained model, or samples that any program wrote"),
        ("explain", _explain, "say what metrics measure, what they miss and when not to use them"),
        (
            "report",
            _report,
            "write the page of a comparison again: the answer, films of the training, tables",
        ),
        ("film", _film, "write the film of a training as a GIF or MP4"),
    ):
        commands[name] = subparsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=OPTIONS_NOTE,
            allow_abbrev=False,
        )
        build(commands[name])
        commands[name].add_argument(
            "--json", action="store_true", help="print JSON on standard output, nothing else"
        )
    return parser, commands


def _list(parser: Parser) -> None:
    parser.add_argument("kind", type=words.kind, metavar="|".join(words.KINDS), help="what to list")
    parser.add_argument(
        "pattern", nargs="?", default="*", metavar="PATTERN", help="a shell pattern such as 'gan_*'"
    )


def _compare(parser: Parser) -> None:
    _several(parser, "-m", "--models", metavar="MODEL", help="models to train")
    _several(
        parser,
        "-d",
        "--data",
        type=words.without_nul,
        metavar="SOURCE_OR_FILE",
        help="what to learn",
    )
    _several(
        parser,
        "--samples",
        type=words.assignment,
        metavar="NAME=FILE",
        help="a row of the table from samples that another program wrote; NAME='runs/*.csv' for one file a seed",
    )
    _recipe(parser)
    _seeds(parser)
    _metrics(parser)
    parser.add_argument(
        "--protocol",
        type=words.path,
        metavar="NAME_OR_FILE",
        help="models, data, recipe and seeds from a protocol",
    )
    parser.add_argument(
        "--match",
        metavar="updates|seconds|parameters",
        help="give all models equally much: optimiser updates, seconds of training (seconds:30), or parameters",
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="keep the models of the last comparison in the folder beside the new ones",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=words.path,
        metavar="DIR",
        help="where results go (default: genzoo-results)",
    )
    parser.add_argument(
        "--workers", type=words.integer, metavar="N", help="processes (default: one for each core)"
    )
    _record(parser)
    _watch(parser)
    _device(parser)


def _bench(parser: Parser) -> None:
    parser.add_argument(
        "name",
        type=words.path,
        metavar="NAME_OR_FILE",
        help="a bench, such as mode_collapse, or a .json file like it",
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="how much of it to run (default: the bench's first, quick)",
    )
    _seeds(parser)
    parser.add_argument(
        "-o",
        "--out",
        type=words.path,
        metavar="DIR",
        help="where results go (default: genzoo-bench/NAME-PROFILE)",
    )
    parser.add_argument(
        "--workers", type=words.integer, metavar="N", help="processes (default: one for each core)"
    )
    _record(parser)
    _watch(parser)
    _device(parser)


def _train(parser: Parser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model, with its options")
    parser.add_argument(
        "-d",
        "--data",
        type=words.without_nul,
        required=True,
        metavar="SOURCE_OR_FILE",
        help="what to learn",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=words.path,
        required=True,
        metavar="DIR",
        help="where the trained model goes",
    )
    _recipe(parser)
    _seeds(parser)
    parser.add_argument("--seed", type=words.integer, metavar="S", help="train this one seed only")
    _record(parser)
    _device(parser)


def _sample(parser: Parser) -> None:
    parser.add_argument(
        "directory",
        type=words.path,
        metavar="DIR",
        help="a folder that train or compare wrote for one run",
    )
    parser.add_argument(
        "-n",
        "--samples",
        dest="n",
        type=words.integer,
        required=True,
        metavar="N",
        help="how many samples",
    )
    parser.add_argument(
        "-o", "--out", type=words.path, required=True, metavar="FILE", help="a .csv or .npy file"
    )
    parser.add_argument(
        "--seed",
        type=words.integer,
        default=0,
        metavar="S",
        help="names the random stream (default: 0)",
    )
    _replace(parser)


def _evaluate(parser: Parser) -> None:
    parser.add_argument(
        "samples",
        type=words.path,
        metavar="SAMPLES_OR_DIR",
        help="a samples file, 'runs/*.csv' (quoted) for one file a seed, or the folder of a trained model",
    )
    parser.add_argument(
        "-d",
        "--data",
        type=words.without_nul,
        metavar="SOURCE_OR_FILE",
        help="the truth to score against",
    )
    parser.add_argument(
        "--train",
        type=words.path,
        metavar="FILE",
        help="the rows that the program which wrote the samples trained on",
    )
    parser.add_argument(
        "--holdout",
        type=words.path,
        metavar="FILE",
        help="rows of the same law that it did not see",
    )
    parser.add_argument(
        "-n",
        type=words.integer,
        metavar="N",
        help="generated and real examples at each seed (default: 2500)",
    )
    parser.add_argument(
        "--seeds",
        type=words.integer,
        metavar="N",
        help="real samples to hold samples against (default: 10)",
    )
    parser.add_argument(
        "--weights",
        choices=("averaged", "last"),
        help="of a trained model (default: averaged where there are any)",
    )
    _metrics(parser)


def _explain(parser: Parser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="metrics by name or label, and other words of a table (default: all metrics)",
    )


def _report(parser: Parser) -> None:
    parser.add_argument(
        "directory", type=words.path, metavar="DIR", help="a folder that genzoo compare wrote"
    )
    parser.add_argument(
        "-o",
        "--out",
        type=words.path,
        metavar="FILE",
        help="where the page goes (default: DIR/report.html)",
    )
    _replace(parser, "replace the file even if it is no report")


def _film(parser: Parser) -> None:
    parser.add_argument(
        "directory", type=words.path, metavar="DIR", help="a folder that compare or train wrote"
    )
    parser.add_argument(
        "-o", "--out", type=words.path, required=True, metavar="FILE", help="a .gif or .mp4 file"
    )
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="of a comparison of several sources, which one (default: the first)",
    )
    parser.add_argument(
        "--worst",
        action="store_true",
        help="the worst seed of each model instead of the median one",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark"), default="light", help="colours (default: light)"
    )
    _replace(parser)


def _replace(parser: Parser, what: str = "replace the file if there is one") -> None:
    parser.add_argument("--replace", action="store_true", help=what)


def _recipe(parser: Parser) -> None:
    group = parser.add_argument_group("training settings, in place of the recommended ones")
    group.add_argument("--steps", type=words.integer, metavar="N", help="training steps")
    group.add_argument("--lr", type=words.number, metavar="X", help="learning rate of every update")
    group.add_argument(
        "--batch-size", type=words.integer, metavar="N", help="examples for each optimiser step"
    )
    _several(
        group,
        "--recipe",
        type=words.assignment,
        metavar="FIELD=VALUE",
        help="any field of a recipe: betas=0.5,0.9 schedule=cosine learning_rate.generator=1e-4",
    )


def _seeds(parser: Parser) -> None:
    parser.add_argument("--seeds", type=words.integer, metavar="N", help="train seeds 0 ... N-1")


def _metrics(parser: Parser) -> None:
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


def _record(parser: Parser) -> None:
    parser.add_argument(
        "--no-record", dest="record", action="store_false", help="keep no film of the training"
    )


def _watch(parser: Parser) -> None:
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep DIR/report.html up to date while training goes on",
    )


def _device(parser: Parser) -> None:
    parser.add_argument("--device", metavar="D", help="where to train: cpu, cuda, cuda:1 ...")


def _several(
    parser: Any, *flags: str, type: Callable[[str], Any] = str, metavar: str, help: str
) -> None:
    """An option that takes one or more values and may be repeated."""
    parser.add_argument(
        *flags, nargs="+", action="extend", default=[], type=type, metavar=metavar, help=help
    )
