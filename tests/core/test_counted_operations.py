"""What a computation costs by its operations: counted, not timed."""

import pytest
import torch

import genzoo
from genzoo.core.counted_operations import (
    COUNTED,
    ELEMENT,
    MULTIPLICATION,
    OPERATION,
    CountedOperations,
)
from genzoo.core.recipe import Recipe
from genzoo.experiment.price import APART, nominal_training
from genzoo.models import MODELS, recommended_recipe


def test_examples_multiply_all_but_the_calls():
    x, weight = torch.ones(COUNTED, 3), torch.ones(3, 5)
    with CountedOperations() as operations:
        _ = x @ weight
    per_example = 5 * ELEMENT + 5 * 3 * MULTIPLICATION
    assert operations.seconds(7) == pytest.approx(OPERATION + 7 * per_example)


def test_a_training_costs_by_its_steps_and_seeds_and_sizes():
    recipe = Recipe(steps=100, batch_size=64)
    small = genzoo.create_model("vae", 2)
    once = nominal_training(small, recipe, 1)
    assert once > 100 * APART
    assert nominal_training(small, recipe.override(steps=200), 1) == pytest.approx(2 * once)
    assert once < nominal_training(small, recipe, 10) < 10 * once
    assert nominal_training(genzoo.create_model("vae:width=256", 2), recipe, 1) > once


def test_no_state_is_touched_and_the_answer_is_always_the_same():
    model = genzoo.create_model("gan_nonsaturating", 2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    found = {nominal_training(model, Recipe(steps=10), 3) for _ in range(2)}
    assert len(found) == 1
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("name", MODELS.names())
def test_every_registered_model_has_a_price(name):
    model = genzoo.create_model(name, 2)
    price = nominal_training(model, recommended_recipe(name), 1)
    assert (price > 0) == bool(model.updates())
    assert price < 200
