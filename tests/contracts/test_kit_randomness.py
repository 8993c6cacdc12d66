"""The guard of global randomness sees draws and seeds, and puts back what was there."""

import random

import numpy as np
import pytest
import torch

from genzoo.testing import CheckError
from genzoo.testing.randomness import global_randomness_untouched

SEEDING = {
    "torch": torch.manual_seed,
    "numpy": np.random.seed,
    "random": random.seed,
}


@pytest.mark.parametrize("name", SEEDING)
def test_a_seed_that_was_set_before_shows_when_it_is_set_again(name):
    SEEDING[name](1)
    words = f"the body touched the global random state of {name}.*set no seed"
    with pytest.raises(CheckError, match=words), global_randomness_untouched("the body"):
        SEEDING[name](1)


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
def test_what_was_there_is_restored(fails):
    for seed in SEEDING.values():
        seed(7)
    expected = torch.rand(()), np.random.random(), random.random()  # noqa: NPY002
    for seed in SEEDING.values():
        seed(7)
    try:
        with global_randomness_untouched("the body"):
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (torch.rand(()), np.random.random(), random.random()) == expected  # noqa: NPY002
