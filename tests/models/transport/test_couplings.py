"""Minibatch optimal transport, and how the trainer pairs."""

from itertools import permutations

import pytest
import torch

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.units import Units
from genzoo.models import MODELS
from genzoo.models.transport.couplings import START, optimal_pairing
from genzoo.testing.specimens import Rows
from genzoo.training import Trainer
from genzoo.training.draws import Draws

RECIPE = Recipe(steps=5, batch_size=16, learning_rate=1e-2)


def drawn(n, *shape):
    x, start = torch.randn(2, n, *shape, generator=stream(0, "pairs")).unbind(0)
    return Batch(x), {START: start, "time": torch.arange(n) / n}


def test_between_numbers_it_sorts_both_sides():
    batch, noise = drawn(64, 1)
    paired = optimal_pairing(batch, noise)
    order = batch.x[:, 0].argsort()
    assert torch.equal(paired[START][order, 0], noise[START][:, 0].sort().values)
    assert paired["time"] is noise["time"]


def test_in_the_plane_no_other_order_costs_less():
    batch, noise = drawn(6, 2)
    cost = (batch.x - optimal_pairing(batch, noise)[START]).square().sum()
    costs = []
    for order in permutations(range(6)):
        costs.append(float((batch.x - noise[START][list(order)]).square().sum()))
    assert float(cost) == pytest.approx(min(costs))


def test_examples_of_any_shape_are_paired_as_vectors():
    batch, noise = drawn(8, 3, 2, 2)
    flat = optimal_pairing(Batch(batch.x.flatten(1)), {START: noise[START].flatten(1)})
    assert torch.equal(optimal_pairing(batch, noise)[START].flatten(1), flat[START])


def update_of(name):
    return MODELS.create(name, (3,)).updates()[0]


def draws(update, seeds):
    units = Units(torch.zeros(len(seeds), 3), torch.ones(len(seeds), 3))
    return Draws(Rows((3,)), [update], seeds, 16, units)


def test_each_seed_of_a_stack_is_paired_alone():
    update = update_of("ot_flow_matching")
    together = draws(update, (0, 1)).inputs(update, 0, 10)
    for seed in (0, 1):
        batches, noise = draws(update, (seed,)).inputs(update, 0, 10)
        for k in (0, 5):
            assert torch.equal(together[0][k].x[seed], batches[k].x)
            assert torch.equal(together[1][k][START][seed], noise[k][START])


def test_paired_noise_is_the_noise_of_independent_pairs_in_another_order():
    optimal, plain = update_of("ot_flow_matching"), update_of("flow_matching")
    (batch, *_), (paired, *_) = draws(optimal, (0,)).inputs(optimal, 0, 10)
    (same, *_), (noise, *_) = draws(plain, (0,)).inputs(plain, 0, 10)
    assert torch.equal(batch.x, same.x)
    assert torch.equal(paired[START], optimal_pairing(batch, noise)[START])
    assert not torch.equal(paired[START], noise[START])


def test_draws_go_on_from_their_state():
    update = update_of("ot_flow_matching")
    first = draws(update, (0, 1))
    first.inputs(update, 0, 10)
    state = first.state()
    expected = first.inputs(update, 64, 100)[1][3][START]
    second = draws(update, (0, 1))
    second.load_state(state)
    assert torch.equal(second.inputs(update, 64, 100)[1][3][START], expected)


def test_training_sees_the_pairs():
    histories = []
    for name in ("flow_matching", "ot_flow_matching"):
        fit = Trainer().fit(
            lambda name=name: MODELS.create(name, (3,), width=8), Rows((3,)), [0], RECIPE
        )
        histories.append(fit.runs[0].history.series["transport/loss"])
    plain, optimal = histories
    assert float(optimal[0]) < float(plain[0])
