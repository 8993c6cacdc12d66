"""What a comparison takes where the user does not say it."""

import pytest

from genzoo.api.compare import DEFAULT
from genzoo.api.plan import SEEDS, plan_of
from genzoo.experiment.protocol import load_protocol
from genzoo.models import MODELS


def test_more_seeds_where_models_or_sources_are_the_users_own():
    bare = plan_of(None, DEFAULT, is_own=False)
    own = plan_of(None, DEFAULT, is_own=True)
    assert (bare.seeds, own.seeds) == (DEFAULT.seeds, SEEDS)
    assert bare.seeds < own.seeds
    assert (own.models, own.sources) == (bare.models, bare.sources)


@pytest.mark.parametrize("is_own", [False, True])
def test_a_protocol_keeps_its_seeds(is_own):
    named = load_protocol("goodfellow_paintings")
    assert plan_of("goodfellow_paintings", DEFAULT, is_own=is_own) == named
    assert plan_of(named, DEFAULT, is_own=is_own) is named


@pytest.mark.parametrize("name", DEFAULT.models)
def test_a_plain_game_says_that_it_need_not_settle(name):
    """No model of the default comparison is shown unconverged without a word."""
    note = MODELS.create(name, (2,)).note
    assert ("need not settle" in note) == name.startswith("gan_")
