"""The Dirac-GAN of Mescheder et al. 2018, a point against a line, to the printed digits."""

import math

import pytest
import torch

from genzoo.losses.catalogue import OBJECTIVES
from genzoo.losses.game import consensus_penalty
from genzoo.losses.penalty import squared_gradient_penalty, wasserstein_gradient_penalty

STEP, STEPS = 0.2, 500
SIMULTANEOUS, GENERATOR_FIRST, DISCRIMINATOR_FIRST = (), ("theta", "psi"), ("psi", "theta")


def r1(gamma):
    return lambda critic, real, fake: squared_gradient_penalty(critic, real, gamma)


def gradient_penalty(critic, real, fake):
    """Weight .35, so that the gradient of the penalty has the paper's coefficient .7."""
    return wasserstein_gradient_penalty(
        critic, real, fake, torch.full((1,), 0.3, dtype=torch.float64), 0.35
    )


# objective, order, printed final norm of (theta, psi), and what is added to the game
GOLDEN = [
    ("minimax", SIMULTANEOUS, "3.10", {}),
    ("minimax", GENERATOR_FIRST, "1.42", {}),
    ("minimax", DISCRIMINATOR_FIRST, "1.41", {}),
    ("non_saturating", SIMULTANEOUS, ".640", {}),
    ("non_saturating", GENERATOR_FIRST, ".284", {}),
    ("non_saturating", DISCRIMINATOR_FIRST, ".271", {}),
    ("wasserstein", GENERATOR_FIRST, "1.02", {"clip": 1.0}),
    ("wasserstein", DISCRIMINATOR_FIRST, ".985", {"clip": 1.0}),
    ("minimax", SIMULTANEOUS, "2.64e-06", {"penalty": r1(0.3)}),
    ("minimax", GENERATOR_FIRST, "2.3e-07", {"penalty": r1(0.3)}),
    ("minimax", DISCRIMINATOR_FIRST, "2.38e-07", {"penalty": r1(0.3)}),
    ("minimax", SIMULTANEOUS, "9.53e-22", {"penalty": r1(1.0)}),
    ("wasserstein", SIMULTANEOUS, "1.80", {"penalty": gradient_penalty}),
    ("wasserstein", GENERATOR_FIRST, "1.22", {"penalty": gradient_penalty}),
    ("minimax", SIMULTANEOUS, "2.6e-10", {"consensus": 1.0}),
]


def play(name, order, *, penalty=None, clip=None, consensus=0.0, steps=STEPS, start=(1.0, 1.0)):
    """Data at 0, the generator at theta.

    The paper's D(x) = psi x is high on fakes: the score of "real" is -psi x.
    """
    objective = OBJECTIVES[name]
    state = {
        name: torch.tensor([value], dtype=torch.float64)
        for name, value in zip(("theta", "psi"), start, strict=True)
    }

    def scores(theta, psi):
        return 0 * psi["psi"], -psi["psi"] * theta["theta"]

    def generator_loss(theta, psi):
        return objective.generator(*scores(theta, psi))

    def discriminator_loss(theta, psi):
        loss = objective.discriminator(*scores(theta, psi))
        if penalty:
            real, fake = torch.zeros(1, 1, dtype=torch.float64), theta["theta"][:, None]
            loss = loss + penalty(lambda x: -psi["psi"] * x[:, 0], real, fake)
        return loss

    def slope(player):
        def loss(value):
            theta, psi = ({key: value if key == player else state[key]} for key in ("theta", "psi"))
            own = (generator_loss if player == "theta" else discriminator_loss)(theta, psi)
            if consensus:
                own = own + consensus * consensus_penalty(
                    generator_loss, discriminator_loss, theta, psi
                )
            return own

        at = state[player].clone().requires_grad_()
        return torch.autograd.grad(loss(at), at)[0]

    for _ in range(steps):
        if order == SIMULTANEOUS:
            slopes = {player: slope(player) for player in state}
            state = {player: state[player] - STEP * slopes[player] for player in state}
        for player in order:
            state[player] = state[player] - STEP * slope(player)
            if player == "psi" and clip:
                state[player] = state[player].clamp(-clip, clip)
    return math.hypot(*(float(value) for value in state.values()))


@pytest.mark.parametrize(("name", "order", "printed", "added"), GOLDEN)
def test_final_norm(name, order, printed, added):
    norm = play(name, order, **added)
    digits = len(printed.partition("e")[0].partition(".")[2])
    form = f".{digits}e" if "e" in printed else f".{digits}f"
    assert format(norm, form) == format(float(printed), form)


SMOOTH = [name for name in OBJECTIVES if name not in ("wasserstein", "hinge", "least_squares")]


@pytest.mark.parametrize("name", SMOOTH)
def test_r1_converges_whatever_the_objective(name):
    """A penalty on the data brings every smooth game to rest at theta = 0.

    Mescheder et al. 2018, theorem 4.1.
    """
    assert play(name, GENERATOR_FIRST, penalty=r1(1.0), start=(0.3, 0.3), steps=120) < 0.06


@pytest.mark.parametrize(
    "name", ["minimax", "non_saturating", "wasserstein", "relativistic_paired"]
)
@pytest.mark.parametrize("order", [SIMULTANEOUS, GENERATOR_FIRST])
def test_the_equilibrium_stays(name, order):
    assert play(name, order, start=(0.0, 0.0), steps=3) == 0
