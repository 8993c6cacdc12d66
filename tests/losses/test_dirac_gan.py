"""The Dirac-GAN of Mescheder et al. 2018, a point against a linear discriminator, to the printed digits."""

import math

import pytest
import torch

from genzoo.losses.adversarial import Minimax, NonSaturating

STEP, STEPS = 0.2, 500

# final norm of (theta, psi): simultaneous; alternating, generator first; alternating, discriminator first
GOLDEN = [
    (Minimax(), "simultaneous", "3.10"),
    (Minimax(), "generator first", "1.42"),
    (Minimax(), "discriminator first", "1.41"),
    (NonSaturating(), "simultaneous", ".640"),
    (NonSaturating(), "generator first", ".284"),
    (NonSaturating(), "discriminator first", ".271"),
]


def play(objective, order):
    """Data at 0, the generator at theta. The paper's D(x) = psi x is high on fakes: the logit of "real" is -psi x."""
    state = torch.ones(2, dtype=torch.float64)  # theta, psi

    def slope(player):
        theta, psi = point = state.clone().requires_grad_()
        real_logits, fake_logits = (0 * psi).view(1), (-psi * theta).view(1)
        loss = (objective.generator, objective.discriminator)[player](real_logits, fake_logits)
        return torch.autograd.grad(loss, point)[0][player]

    for _ in range(STEPS):
        if order == "simultaneous":
            state = state - STEP * torch.stack([slope(0), slope(1)])
        else:
            for player in (0, 1) if order == "generator first" else (1, 0):
                state[player] -= STEP * slope(player)
    return float(state.norm())


@pytest.mark.parametrize(("objective", "order", "printed"), GOLDEN)
def test_final_norm(objective, order, printed):
    norm = play(objective, order)
    digits = len(printed.partition(".")[2])
    assert f"{norm:.{digits}f}" == f"{float(printed):.{digits}f}"


def test_the_equilibrium_stays():
    real_logits = torch.zeros(1, dtype=torch.float64)
    psi = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for objective in (Minimax(), NonSaturating()):
        theta = torch.zeros(1, dtype=torch.float64)
        loss = objective.discriminator(real_logits, -psi * theta)
        assert torch.autograd.grad(loss, psi)[0].item() == 0
        assert loss.item() == pytest.approx(math.log(4))
