"""What holds for every objective of the catalogue, and the optima that some are known for."""

import copy
import dataclasses
import inspect
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import genzoo.losses.adversarial as adversarial
import genzoo.losses.critic as critic
import genzoo.losses.f_gan as f_gan
import genzoo.losses.margin as margin
from genzoo.losses.catalogue import DIVERGENCES, OBJECTIVES
from genzoo.losses.margin import Hinge, LeastSquares
from genzoo.losses.objective import Objective, ProbabilisticObjective

every = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
probabilistic = pytest.mark.parametrize(
    ("name", "objective"),
    [(n, o) for n, o in OBJECTIVES.items() if isinstance(o, ProbabilisticObjective)],
)
few = settings(max_examples=12)
PLAYERS = ("discriminator", "generator")

MONOTONE = {
    "least_squares": (0.0, 1.0),
    "f_pearson": (-2.0, math.inf),
    "f_pearson_non_saturating": (-2.0, math.inf),
}
"""Between which scores the losses are monotone; elsewhere everywhere.

A square has a turning point.
"""

NO_MEAN = {"relativistic_average"}
"""Losses that average within, so that a concatenation is not the mean of its parts."""

values = st.floats(-20, 20, allow_subnormal=False)
rows = st.integers(1, 8).flatmap(
    lambda n: st.tuples(*[st.lists(values, min_size=n, max_size=n)] * 2)
)
pairs = rows.map(lambda both: torch.tensor(both, dtype=torch.float64))
laws = st.integers(2, 7).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.integers(1, 9), min_size=n, max_size=n)] * 2, st.integers(0, 2**31)
    )
)


def gradients(objective, player, real, fake):
    point = torch.stack([real, fake]).requires_grad_()
    return torch.autograd.grad(getattr(objective, player)(point[0], point[1]), point)[0]


def expectation(objective, p, q, score):
    """The discriminator's loss when x ~ p and G(z) ~ q, from samples in exact proportion."""
    return float(objective.discriminator(score.repeat_interleave(p), score.repeat_interleave(q)))


def test_every_objective_is_in_the_catalogue():
    modules = (adversarial, margin, critic, f_gan)
    classes = {
        c
        for m in modules
        for _, c in inspect.getmembers(m, inspect.isclass)
        if issubclass(c, Objective)
    }
    concrete = {c for c in classes if not inspect.isabstract(c)}
    assert concrete == {type(objective) for objective in OBJECTIVES.values()}


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dtype_and_shape(objective, dtype):
    one = torch.ones(4, dtype=dtype)
    outs = [getattr(objective, player)(one, -one) for player in PLAYERS]
    for result in (*outs, *objective.read_outs(one, -one).values()):
        assert result.dtype == dtype
        assert result.shape == ()


@every
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_to_the_stated_reach(objective, signs, dtype):
    real, fake = (sign * objective.reach * torch.ones(3, dtype=dtype) for sign in signs)
    for player in PLAYERS:
        assert bool(torch.isfinite(getattr(objective, player)(real, fake)))
        assert bool(torch.isfinite(gradients(objective, player, real, fake)).all())
    assert all(bool(torch.isfinite(value)) for value in objective.read_outs(real, fake).values())


def test_the_reach_is_that_of_bounded_or_linear_losses_except_where_exp_is_their_nature():
    short = {name for name, objective in OBJECTIVES.items() if objective.reach < 1e4}
    games = ("", "_non_saturating")
    assert short == {
        f"f_{divergence}{game}"
        for divergence in ("kl", "reverse_kl", "hellinger")
        for game in games
    }
    for name in short:
        far = torch.full((3,), 100.0)
        losses = [
            getattr(OBJECTIVES[name], player)(sign * far, sign * far)
            for player in PLAYERS
            for sign in (-1, 1)
        ]
        assert not bool(torch.isfinite(torch.stack(losses)).all()) or name.endswith(
            "non_saturating"
        )


@pytest.mark.parametrize("name", OBJECTIVES)
@few
@given(pairs)
def test_signs_of_gradients(name, both):
    """The discriminator wants real scores up, generated ones down; the generator its own up."""
    low, high = MONOTONE.get(name, (-math.inf, math.inf))
    real, fake = both.clamp(low, high)
    players = (
        gradients(OBJECTIVES[name], "discriminator", real, fake),
        gradients(OBJECTIVES[name], "generator", real, fake),
    )
    assert bool((players[0][0] <= 0).all() and (players[0][1] >= 0).all())
    assert bool((players[1][1] <= 0).all())
    assert bool((players[1][0] >= 0).all())
    assert OBJECTIVES[name].generator_reads_real or not players[1][0].any()


@pytest.mark.parametrize("name", OBJECTIVES)
@few
@given(pairs, st.floats(0.01, 3))
def test_monotone(name, both, by):
    low, high = MONOTONE.get(name, (-math.inf, math.inf))
    real, fake = both.clamp(low, high)
    objective, better = OBJECTIVES[name], (both + by).clamp(low, high)
    slack = 1e-12 * float(
        objective.discriminator(real, fake).abs() + objective.generator(real, fake).abs() + 1
    )
    assert objective.discriminator(better[0], fake) <= objective.discriminator(real, fake) + slack
    assert objective.discriminator(real, better[1]) >= objective.discriminator(real, fake) - slack
    assert objective.generator(real, better[1]) <= objective.generator(real, fake) + slack


@every
@few
@given(both=pairs, seed=st.integers(0, 2**31))
def test_the_order_of_the_batch_does_not_matter(objective, both, seed):
    """Pairs move jointly."""
    order = torch.randperm(both.shape[1], generator=torch.Generator().manual_seed(seed))
    for player in PLAYERS:
        loss = getattr(objective, player)
        torch.testing.assert_close(loss(*both[:, order]), loss(*both), rtol=1e-10, atol=1e-10)


@every
@few
@given(both=pairs)
def test_a_batch_given_twice_over_changes_nothing(objective, both):
    for player in PLAYERS:
        loss = getattr(objective, player)
        torch.testing.assert_close(
            loss(*torch.cat([both, both], 1)), loss(*both), rtol=1e-10, atol=1e-10
        )


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name not in NO_MEAN])
@few
@given(both=pairs, other=pairs)
def test_the_loss_of_a_concatenation_is_the_mean_of_the_losses(name, both, other):
    n, m = both.shape[1], other.shape[1]
    for player in PLAYERS:
        loss = getattr(OBJECTIVES[name], player)
        mean = (n * loss(*both) + m * loss(*other)) / (n + m)
        torch.testing.assert_close(loss(*torch.cat([both, other], 1)), mean, rtol=1e-10, atol=1e-10)


def test_the_relativistic_average_loss_is_no_mean():
    far = torch.tensor([[0.0, 10.0]])
    loss = OBJECTIVES["relativistic_average"].discriminator
    parts = loss(far[:, :1], -far[:, :1]) + loss(far[:, 1:], -far[:, 1:])
    assert not torch.isclose(loss(far, -far), parts / 2)


@every
@few
@given(both=pairs, constant=st.floats(0.1, 20))
def test_shift_invariance_is_as_stated(objective, both, constant):
    for player in PLAYERS if objective.generator_reads_real else PLAYERS[:1]:
        loss = getattr(objective, player)
        # torch's softplus is linear from 20 on, where it jumps by log(1 + exp(-20)) = 2e-9.
        still = float((loss(*(both + constant)) - loss(*both)).abs()) <= 1e-8
        assert still or not objective.shift_invariant
    two = torch.tensor([[0.3, 1.9], [0.1, -1.2]], dtype=torch.float64)
    change = float((objective.discriminator(*(two + 3)) - objective.discriminator(*two)).abs())
    assert (change < 1e-9) is objective.shift_invariant


@every
def test_generators_that_do_not_read_real_scores_ignore_them(objective):
    real, other, fake = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
    same = torch.equal(objective.generator(real, fake), objective.generator(other, fake))
    assert same is not objective.generator_reads_real


@probabilistic
@few
@given(values.filter(lambda value: abs(value) < 10))
def test_scores_and_logits_are_inverse(name, objective, logit):
    logits = torch.tensor([logit], dtype=torch.float64)
    torch.testing.assert_close(
        objective.logit(objective.score(logits)), logits, rtol=1e-6, atol=1e-6
    )


@probabilistic
@few
@given(laws)
def test_no_discriminator_is_better_than_the_optimal_one(name, objective, law):
    p, q, seed = law
    p, q = torch.tensor(p), torch.tensor(q)
    best = objective.score((p / p.sum()).log().double() - (q / q.sum()).log().double())
    noise = torch.randn(len(p), dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    lowest = expectation(objective, p, q, best)
    for size in (1e-3, 0.1, 1.0):
        assert lowest <= expectation(objective, p, q, best + size * noise) + 1e-10
    assert expectation(objective, p, q, best + 0.1) > lowest


@probabilistic
def test_probabilities_are_those_of_the_optimal_discriminator(name, objective):
    """p = (1/4, 3/4), q = (1/2, 1/2): D* = (1/3, 3/5)."""
    score = objective.score(torch.tensor([1 / 2, 3 / 2], dtype=torch.float64).log())
    outs = objective.read_outs(score[[0, 1, 1, 1]], score)
    assert float(outs["D(real)"]) == pytest.approx((1 / 3 + 3 * 3 / 5) / 4)
    assert float(outs["D(fake)"]) == pytest.approx((1 / 3 + 3 / 5) / 2)
    assert float(outs["accuracy"]) == pytest.approx((3 / 4 + 1 / 2) / 2)


@every
def test_only_probabilities_are_called_so(objective):
    outs = objective.read_outs(torch.ones(3, requires_grad=True), -torch.ones(3))
    assert ("D(real)" in outs) is isinstance(objective, ProbabilisticObjective)
    assert ("critic(real)" in outs) is not isinstance(objective, ProbabilisticObjective)
    assert not any(value.requires_grad for value in outs.values())


@few
@given(laws)
def test_least_squares_generator_criterion_is_pearson_chi2(law):
    """b - c = 1, b - a = 2: the loss of D implies 2 C(G) = chi2(p_data + p_g || 2 p_g)."""
    objective = LeastSquares(a=-1, b=1, c=0)
    p, q = torch.tensor(law[0]), torch.tensor(law[1])
    p_law, q_law = p.double() / p.sum(), q.double() / q.sum()
    best = objective.score(p_law.log() - q_law.log())
    torch.testing.assert_close(best, (p_law - q_law) / (p_law + q_law))
    twice = (p_law * best.square() + q_law * best.square()).sum()
    chi2 = float(((p_law + q_law - 2 * q_law).square() / (p_law + q_law)).sum())
    assert float(twice) == pytest.approx(chi2, abs=1e-12)
    fake = objective.generator(best, best.repeat_interleave(q))
    real = objective.generator(best, best.repeat_interleave(p))
    assert 2 * float(fake + real) == pytest.approx(chi2, abs=1e-12)
    outs = objective.read_outs(best.repeat_interleave(p), best.repeat_interleave(q))
    assert float(outs["implied chi2"]) == pytest.approx(chi2, abs=1e-12)


@few
@given(laws)
def test_hinge_at_its_optimum_is_twice_one_minus_tv(law):
    p, q = torch.tensor(law[0]), torch.tensor(law[1])
    p_law, q_law = p.double() / p.sum(), q.double() / q.sum()
    best, tv = (p_law - q_law).sign(), float(0.5 * (p_law - q_law).abs().sum())
    assert expectation(Hinge(), p, q, best) == pytest.approx(2 * (1 - tv), abs=1e-12)
    real, fake = best.repeat_interleave(p), best.repeat_interleave(q)
    assert float(Hinge().read_outs(real, fake)["implied TV"]) == pytest.approx(tv, abs=1e-12)
    noise = torch.randn(
        len(p), dtype=torch.float64, generator=torch.Generator().manual_seed(law[2])
    )
    assert expectation(Hinge(), p, q, best + noise) >= 2 * (1 - tv) - 1e-12


@pytest.mark.parametrize("parts", [OBJECTIVES, DIVERGENCES], ids=["objectives", "divergences"])
def test_parts_are_values(parts):
    """Equal when their settings are, and not to be changed: runs are identified by them."""
    for part in parts.values():
        assert copy.deepcopy(part) == part
        with pytest.raises(dataclasses.FrozenInstanceError):
            part.label = 1.0
