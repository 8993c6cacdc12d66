"""The command that repeats a comparison, or none where there cannot be one."""

import dataclasses

import numpy as np
import pytest

from genzoo.api.create import contestant, problem
from genzoo.api.reproduction import reproduction
from genzoo.experiment import Experiment


def experiment(seeds=(0, 1), models=("vae:width=4", "gan_r1"), sources=("ring", "paintings")):
    return Experiment(
        [contestant(m, {}) for m in models], [problem(s) for s in sources], list(seeds), []
    )


def test_everything_that_was_said_is_in_the_command():
    said = reproduction(
        experiment(), {"steps": 5, "betas": (0.5, 0.9)}, {"mine": "a b.csv"}, ["quick", "energy"]
    )
    assert said == (
        "genzoo compare -m vae:width=4 gan_r1 -d ring paintings --seeds 2 --metrics quick,energy "
        "--samples 'mine=a b.csv' --recipe steps=5 betas=0.5,0.9"
    )


def test_fields_of_one_update_and_fields_that_are_nothing():
    said = reproduction(
        experiment(), {"gradient_clip": None, "learning_rate": {"generator": 0.1}}, {}, "full"
    )
    assert said.endswith("--metrics full --recipe gradient_clip=none learning_rate.generator=0.1")


def test_a_match_is_asked_for_again():
    matched = dataclasses.replace(experiment(), match="seconds:30")
    assert reproduction(matched, {}, {}, "quick").endswith("--match seconds:30")


@pytest.mark.parametrize("seeds", [(3, 5), (1,), (1, 0), (0, 2)])
def test_other_seeds_than_the_first_have_no_command(seeds):
    assert reproduction(experiment(seeds), {}, {}, "quick") == ""


def test_what_is_given_as_an_object_has_no_command():
    assert reproduction(experiment(sources=(np.zeros((20, 2)),)), {}, {}, "quick") == ""
    assert reproduction(experiment(), {}, {"mine": np.zeros((3, 2))}, "quick") == ""
    assert reproduction(experiment(models=()), {}, {}, "quick") == ""
