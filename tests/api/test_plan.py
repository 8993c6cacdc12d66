"""What a comparison takes where the user does not say it."""

import pytest

from genzoo.api.compare import DEFAULT
from genzoo.api.plan import SEEDS, plan_of
from genzoo.experiment.protocol import load_protocol
from genzoo.models import MODELS


def test_more_seeds_where_models_or_sources_are_the_users_own():
    bare = plan_of(None, DEFAULT, None, None)
    own = plan_of(None, DEFAULT, ["vae"], None)
    assert plan_of(None, DEFAULT, None, ["ring"]) == own
    assert (bare.seeds, own.seeds) == (DEFAULT.seeds, SEEDS)
    assert bare.seeds < own.seeds
    assert (own.models, own.sources) == (bare.models, bare.sources)


@pytest.mark.parametrize("models", [None, ["vae"]])
def test_a_protocol_keeps_its_seeds(models):
    named = load_protocol("goodfellow_paintings")
    assert plan_of("goodfellow_paintings", DEFAULT, models, None) == named
    assert plan_of(named, DEFAULT, models, None) is named


@pytest.mark.parametrize("name", DEFAULT.models)
def test_a_plain_game_says_that_it_need_not_settle(name):
    """No model of the default comparison is shown unconverged without a word."""
    note = MODELS.create(name, (2,)).note
    assert ("need not settle" in note) == name.startswith("gan_")
