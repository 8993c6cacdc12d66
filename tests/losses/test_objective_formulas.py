"""The formulas of single objectives, by hand."""

import math

import pytest
import torch

from genzoo.errors import InputError
from genzoo.losses.catalogue import OBJECTIVES
from genzoo.losses.f_gan import FGAN
from genzoo.losses.margin import LeastSquares

PLAYERS = ("discriminator", "generator")


def test_least_squares_formula():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([1.0, 3.0])
    objective = LeastSquares(a=-1, b=1, c=0.5)
    assert float(objective.discriminator(real, fake)) == pytest.approx((1 + 1) / 4 + (4 + 16) / 4)
    assert float(objective.generator(real, fake)) == pytest.approx((0.25 + 6.25) / 4)
    with pytest.raises(InputError, match="must exceed"):
        LeastSquares(a=1, b=1)


def test_formulas_of_the_critics():
    real, fake = torch.tensor([3.0, 1.0]), torch.tensor([0.0, 2.0])

    def plus(*numbers):
        return sum(math.log1p(math.exp(number)) for number in numbers) / len(numbers)

    wasserstein, average, paired = (
        OBJECTIVES[name] for name in ("wasserstein", "relativistic_average", "relativistic_paired")
    )
    assert float(wasserstein.discriminator(real, fake)) == -1
    assert float(wasserstein.generator(real, fake)) == -1
    assert {name: float(v) for name, v in wasserstein.read_outs(real, fake).items()} == {
        "critic(real)": 2,
        "critic(fake)": 1,
        "critic gap": 1,
    }
    assert float(average.discriminator(real, fake)) == pytest.approx(plus(-2, 0) + plus(-2, 0))
    assert float(average.generator(real, fake)) == pytest.approx(plus(2, 0) + plus(2, 0))
    assert float(average.read_outs(real, fake)["accuracy"]) == 0.75
    assert float(paired.discriminator(real, fake)) == pytest.approx(plus(-3, 1))
    assert float(paired.generator(real, fake)) == pytest.approx(plus(3, -1))
    assert float(paired.read_outs(real, fake)["accuracy"]) == 0.5
    with pytest.raises(InputError, match="as many real as generated"):
        paired.discriminator(real, fake[:1])


def test_f_gan_games():
    scores = torch.tensor([0.5, -1.0], dtype=torch.float64)
    for name, objective in OBJECTIVES.items():
        if isinstance(objective, FGAN):
            f = objective.divergence
            saturates = -f.conjugate(f.activation(scores)).mean()
            expected = (
                -f.activation(scores).mean() if name.endswith("non_saturating") else saturates
            )
            torch.testing.assert_close(objective.generator(scores, scores), expected)


def soft(x):
    return math.log1p(math.exp(x))


REAL, FAKE = (2.0, -0.5), (0.3, -1.7)
# Losses of discriminator and generator by the papers' formulas, on two scores of each kind.
BY_HAND = {
    "minimax": (
        (soft(-2.0) + soft(0.5)) / 2 + (soft(0.3) + soft(-1.7)) / 2,
        -(soft(0.3) + soft(-1.7)) / 2,
    ),
    "non_saturating": (
        (soft(-2.0) + soft(0.5)) / 2 + (soft(0.3) + soft(-1.7)) / 2,
        (soft(-0.3) + soft(1.7)) / 2,
    ),
    "least_squares": ((1.0**2 + 1.5**2) / 4 + (0.3**2 + 1.7**2) / 4, (0.7**2 + 2.7**2) / 4),
    "hinge": ((0 + 1.5) / 2 + (1.3 + 0) / 2, 0.7),
    "wasserstein": (-0.7 - 0.75, 0.7),
    "relativistic_average": (
        (soft(-2.7) + soft(-0.2)) / 2 + (soft(-0.45) + soft(-2.45)) / 2,
        (soft(0.45) + soft(2.45)) / 2 + (soft(2.7) + soft(0.2)) / 2,
    ),
    "relativistic_paired": ((soft(-1.7) + soft(-1.2)) / 2, (soft(1.7) + soft(1.2)) / 2),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_losses_by_hand(name):
    real, fake = torch.tensor([REAL, FAKE], dtype=torch.float64)
    found = [float(getattr(OBJECTIVES[name], player)(real, fake)) for player in PLAYERS]
    assert found == pytest.approx(BY_HAND[name])


def test_least_squares_scores_and_logits_under_other_labels():
    objective = LeastSquares(a=-1.0, b=3.0, c=1.0)
    logits = objective.logit(torch.tensor([1.0, 2.0, -5.0], dtype=torch.float64))
    assert logits.tolist() == pytest.approx([0.0, math.log(3), math.log(1e-6 / (1 - 1e-6))])
    assert objective.score(logits).tolist() == pytest.approx([1.0, 2.0, -1.0], abs=1e-5)
