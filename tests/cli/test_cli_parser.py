"""The words of the command line: what is understood, and how mistakes are answered."""

import re
from pathlib import Path

import pytest

from genzoo.cli import main
from genzoo.cli.parser import parse

MISTAKES = {
    "unknown command": (["compar"], "did you mean 'compare'"),
    "unknown option": (["compare", "--step", "3"], "did you mean '--steps'"),
    "unknown option with a value": (
        ["train", "vae", "-d", "ring", "-o", "x", "--batchsize=3"],
        "--batch-size",
    ),
    "unknown kind": (["list", "model"], "did you mean 'models'"),
    "no kind": (["list"], "models|sources|metrics|protocols"),
    "loose name": (["compare", "ring"], "does not take 'ring'"),
    "seeds in words": (["compare", "--seeds", "ten"], "takes an integer, got 'ten'"),
    "learning rate in words": (["compare", "--lr", "fast"], "takes a number, got 'fast'"),
    "samples without a name": (
        ["compare", "--samples", "file.npy"],
        "takes NAME=VALUE, got 'file.npy'",
    ),
    "recipe without a value": (["compare", "--recipe", "steps="], "takes NAME=VALUE, got 'steps='"),
    "no model": (["train", "-d", "ring", "-o", "x"], "MODEL"),
    "option without a value": (["compare", "-m"], "expected at least one argument"),
}


@pytest.mark.parametrize(("words", "answer"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence_and_status_2(words, answer, capsys):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("genzoo: error: ")
    assert err.count("\n") == 1
    assert answer in err


def test_several_names_may_follow_one_option_or_repeat_it():
    together = parse(["compare", "-m", "vae", "gan_minimax", "-d", "ring"])
    apart = parse(["compare", "-m", "vae", "-d", "ring", "-m", "gan_minimax"])
    assert together == apart
    assert together.models == ["vae", "gan_minimax"]


def test_two_parsings_share_nothing():
    parse(["compare", "-m", "vae"])
    assert parse(["compare"]).models == []


def test_a_recipe_field_may_hold_equals_signs():
    assert parse(["compare", "--recipe", "betas=0.5,0.9", "note=a=b"]).recipe == [
        ("betas", "0.5,0.9"),
        ("note", "a=b"),
    ]


@pytest.mark.parametrize("words", [[], ["--help"], ["compare", "--help"], ["--version"]])
def test_help_and_version_are_answers_not_errors(words, capsys):
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out
    assert err == ""


def test_every_option_is_in_the_documentation(capsys):
    page = (Path(__file__).parents[2] / "docs" / "command_line.md").read_text(encoding="utf-8")
    for command in ("list", "compare", "train", "sample", "evaluate"):
        main([command, "--help"])
        for option in re.findall(r"--[a-z-]+", capsys.readouterr().out):
            assert option in page, f"{option} of genzoo {command} is not in docs/command_line.md"
