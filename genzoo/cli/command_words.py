"""Which words each command takes."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import NamedTuple

from genzoo.cli import words
from genzoo.cli.options import (
    add_data,
    add_device,
    add_directory,
    add_engine,
    add_integer,
    add_metrics,
    add_out,
    add_recipe,
    add_record,
    add_replace,
    add_seeds,
    add_several,
    add_watch,
    add_workers,
)


def _list(parser: ArgumentParser) -> None:
    parser.add_argument("kind", type=words.kind, metavar="|".join(words.KINDS), help="what to list")
    parser.add_argument(
        "pattern", nargs="?", default="*", metavar="PATTERN", help="a shell pattern such as 'gan_*'"
    )


def _compare(parser: ArgumentParser) -> None:
    add_several(parser, "-m", "--models", metavar="MODEL", help="models to train")
    add_several(
        parser,
        "-d",
        "--data",
        type=words.without_nul,
        metavar="SOURCE_OR_FILE",
        help="what to learn",
    )
    add_several(
        parser,
        "--samples",
        type=words.assignment,
        metavar="NAME=FILE",
        help="a row of the table from samples that another program wrote; "
        "NAME='runs/*.csv' for one file a seed",
    )
    add_recipe(parser)
    add_seeds(parser)
    add_metrics(parser)
    parser.add_argument(
        "--protocol",
        type=words.path,
        metavar="NAME_OR_FILE",
        help="models, data, recipe and seeds from a protocol",
    )
    parser.add_argument(
        "--match",
        metavar="updates|seconds|parameters",
        help="give all models equally much: optimiser updates, seconds of training (seconds:30), "
        "or parameters",
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="keep the models of the last comparison in the folder beside the new ones",
    )
    add_out(parser, "DIR", "where results go (default: genzoo-results)")
    _add_running(parser)


def _bench(parser: ArgumentParser) -> None:
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
    add_seeds(parser)
    add_out(parser, "DIR", "where results go (default: genzoo-bench/NAME-PROFILE)")
    _add_running(parser)


def _add_running(parser: ArgumentParser) -> None:
    """Add how a comparison is run."""
    add_workers(parser)
    add_record(parser)
    add_watch(parser)
    add_device(parser)
    add_engine(parser)


def _train(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model, with its options")
    add_data(parser, "what to learn", required=True)
    add_out(parser, "DIR", "where the trained model goes", required=True)
    add_recipe(parser)
    add_seeds(parser)
    add_integer(parser, "--seed", metavar="S", help="train this one seed only")
    add_record(parser)
    add_device(parser)
    add_engine(parser)


def _sample(parser: ArgumentParser) -> None:
    add_directory(parser, "a folder that train or compare wrote for one run")
    parser.add_argument(
        "-n",
        "--samples",
        dest="n",
        type=words.integer,
        required=True,
        metavar="N",
        help="how many samples",
    )
    add_out(parser, "FILE", "a .csv or .npy file", required=True)
    parser.add_argument(
        "--seed",
        type=words.integer,
        default=0,
        metavar="S",
        help="names the random stream (default: 0)",
    )
    add_several(
        parser,
        "--given",
        type=words.assignment,
        metavar="NAME=VALUE",
        help="of a conditional model, ask for this: label=3 (default: conditions as in training)",
    )
    add_replace(parser)


def _evaluate(parser: ArgumentParser) -> None:
    parser.add_argument(
        "samples",
        type=words.path,
        metavar="SAMPLES_OR_DIR",
        help="a samples file, 'runs/*.csv' (quoted) for one file a seed, "
        "or the folder of a trained model",
    )
    add_data(parser, "the truth to score against")
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
    add_integer(
        parser,
        "-n",
        metavar="N",
        help="generated and real examples at each seed (default: 2500)",
    )
    add_integer(
        parser,
        "--seeds",
        metavar="N",
        help="real samples to hold samples against (default: 10)",
    )
    parser.add_argument(
        "--weights",
        choices=("averaged", "last"),
        help="of a trained model (default: averaged where there are any)",
    )
    add_metrics(parser)


def _explain(parser: ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="metrics by name or label, and other words of a table (default: all metrics)",
    )


def _report(parser: ArgumentParser) -> None:
    add_directory(parser, "a folder that genzoo compare wrote")
    add_out(parser, "FILE", "where the page goes (default: DIR/report.html)")
    add_replace(parser, "replace the file even if it is no report")


def _film(parser: ArgumentParser) -> None:
    add_directory(parser, "a folder that compare or train wrote")
    add_out(parser, "FILE", "a .gif or .mp4 file", required=True)
    parser.add_argument(
        "--generation",
        action="store_true",
        help="how the trained models move samples from noise to data; also as a .png or .svg sheet",
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
    add_replace(parser)


def _precompile(parser: ArgumentParser) -> None:
    add_several(parser, "-m", "--models", metavar="MODEL", help="models whose steps to compile")
    add_several(
        parser,
        "-d",
        "--data",
        type=words.without_nul,
        metavar="SOURCE_OR_FILE",
        help="what they are to learn",
    )
    add_recipe(parser)
    add_seeds(parser)
    parser.add_argument(
        "--protocol",
        type=words.path,
        metavar="NAME_OR_FILE",
        help="models, data, recipe and seeds from a protocol",
    )
    add_engine(parser)


def _completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="for which shell")


class Words(NamedTuple):
    """The words of a command.

    Attributes:
        add: Adds the words to a parser.
        summary: What the command does.
    """

    add: Callable[[ArgumentParser], None]
    summary: str


COMMAND_WORDS = {
    "list": Words(_list, "list models, sources, metrics, protocols or benches"),
    "compare": Words(
        _compare, "train models on data over several seeds, score them, write tables and figures"
    ),
    "bench": Words(
        _bench, "run a shipped question: models, sources, seeds and metrics from one file"
    ),
    "train": Words(_train, "train one model and keep it"),
    "sample": Words(_sample, "draw samples from a trained model"),
    "evaluate": Words(_evaluate, "score a trained model, or samples that any program wrote"),
    "explain": Words(_explain, "say what metrics measure, what they miss and when not to use them"),
    "report": Words(
        _report, "write the page of a comparison again: the answer, films of the training, tables"
    ),
    "film": Words(_film, "write the film of a training as a GIF or MP4"),
    "precompile": Words(
        _precompile, "compile the training steps of a comparison ahead, for this machine"
    ),
    "completion": Words(_completion, "print the script with which a shell completes all this"),
}
"""Every command, in the order of `genzoo --help`."""
