"""What the recipes of the GANs reach, held against bands.

Minutes for each, and more for the long recipe.

    GENZOO_SEEDS=32 pytest -m slow tests/slow/test_gan_recipes.py

By default 4 seeds of each.
"""

import os
import runpy
from pathlib import Path
from statistics import fmean

import pytest

import genzoo
from genzoo.models import recommended_recipe

SEEDS = tuple(range(int(os.environ.get("GENZOO_SEEDS", "4"))))
STUDY = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "studies" / "gan_recipes.py"))
CEILING = 0.98889
"""Of the share of samples within 3 sigma, in two dimensions."""


def reached(part, where, name, recipe):
    found = STUDY["scores_of"](STUDY["Job"](part, where, name, recipe, SEEDS))
    modes = len(genzoo.create_source(where).modes())
    best = found.get("averaged", found["last"])
    full = sum(value == modes for value in best["published_modes"])
    return full, fmean(best["published_high_quality"]), fmean(best["kl_modes"])


SHORT_OF_THE_GRID = {
    "gan_minimax": "a recipe of 2,000 steps: 21 to 24 of 25 modes in eight seeds",
    "gan_nonsaturating": "a recipe of 2,000 steps: 21 to 25 of 25 modes in eight seeds",
    "wgan_clip": "a clipped critic is too coarse: 21 to 23 of 25 modes in four seeds",
    "unrolled_gan": "the game does not settle: 20 to 22 of 25 modes in four seeds",
    "pacgan2": "a discriminator of packs learns slowly: 23 to 25 of 25 modes in four seeds",
    "pacgan3": "a discriminator of packs learns slowly: 22 to 24 of 25 modes in four seeds",
    "pacgan4": "a discriminator of packs learns slowly: 20 to 23 of 25 modes in four seeds",
    "bigan": "pairs are judged, and samples stay wide: 23 or 24 of 25 modes in four seeds",
    "veegan": "18 of 25 modes in one seed of four",
}
DEFAULT = [
    pytest.param(
        name,
        where,
        marks=[pytest.mark.xfail(reason=SHORT_OF_THE_GRID.get(name, ""), strict=True)] * known,
    )
    for name in STUDY["NAMES"]
    for where in STUDY["SOURCES"]
    for known in (where == "grid" and name in SHORT_OF_THE_GRID,)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "where"), DEFAULT)
def test_the_recipe_of_each_name_covers_ring_and_grid(name, where):
    full, _, divergence = reached("default", where, name, recommended_recipe(name))
    assert full == len(SEEDS)
    assert divergence < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("where", STUDY["LONG_SOURCES"])
@pytest.mark.parametrize("name", STUDY["LONG_NAMES"])
def test_the_long_recipe_reaches_the_published_figures(name, where):
    """31 of 32 seeds with all modes, 97 % of the ceiling, KL over modes below .01."""
    full, near, divergence = reached("long", where, name, STUDY["LONG"])
    assert len(SEEDS) - full <= len(SEEDS) // 32
    assert near >= 0.97 * CEILING
    assert divergence < 0.01
