"""What a training step costs, counted."""

from functools import partial

import pytest
import torch

import genzoo
from genzoo.core.recipe import Recipe
from genzoo.models import MODELS, recommended_recipe
from genzoo.training.price import APART, FREE, compiling_price, step_price
from tests.training.test_engines import Line


def of(name):
    return partial(genzoo.create_model, name, 2)


class Given(Line):
    """Its loss is long, with or without gradients."""

    def __init__(self, with_gradient):
        super().__init__()
        self.with_gradient = with_gradient

    def loss(self, batch, noise):
        x = batch.x
        with torch.set_grad_enabled(self.with_gradient):
            for _ in range(50):
                x = x * 1.01
        return super().loss(batch._replace(x=x), noise)


def test_a_step_costs_by_its_seeds_and_sizes():
    recipe = Recipe(steps=100, batch_size=64)
    once = step_price(of("vae"), recipe, 1)
    ten = step_price(of("vae"), recipe, 10)
    wide = step_price(of("vae:width=256"), recipe, 1)
    assert once.seconds > APART
    assert step_price(of("vae"), recipe.override(steps=200), 1) == once
    assert once.seconds < ten.seconds < 10 * once.seconds
    assert wide.seconds > once.seconds
    assert once.operations == ten.operations == wide.operations


def test_what_no_gradient_goes_through_costs_less():
    one, other = (step_price(partial(Given, recorded), Recipe(), 1) for recorded in (True, False))
    assert one.operations > 2 * other.operations


def test_no_state_is_touched_and_the_answer_is_always_the_same():
    model = genzoo.create_model("gan_nonsaturating", 2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    found = {step_price(lambda: model, Recipe(steps=10), 3) for _ in range(2)}
    found.add(step_price(of("gan_nonsaturating"), Recipe(steps=10), 3))
    assert len(found) == 1
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_model_that_cannot_be_built_has_no_price():
    def build():
        raise ValueError("no such layer")

    assert step_price(build, Recipe(), 1) == compiling_price(build, Recipe(), 1) == FREE


@pytest.mark.parametrize(("name", "whole"), [("vae", True), ("wgan_clip", False)])
def test_what_has_a_projection_is_not_compiled(name, whole):
    expected = step_price(of(name), Recipe(), 2) if whole else FREE
    assert compiling_price(of(name), Recipe(), 2) == expected


@pytest.mark.parametrize("name", MODELS.names())
def test_every_registered_model_has_a_price(name):
    recipe = recommended_recipe(name)
    price = step_price(of(name), recipe, 1).seconds * recipe.steps
    assert (price > 0) == bool(of(name)().updates())
    assert price < 200
