"""Checks of an objective of a GAN: pure functions of scores that are what their class says."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from genzoo.core.noise import stream
from genzoo.losses.objective import Objective, ProbabilisticObjective
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    CheckError,
    require,
    require_close,
    require_equal,
)

Loss = Callable[[Tensor, Tensor], Tensor]
"""Of scores of real and of generated examples, `(B,)` each; 0-d."""

ROWS = 12
"""Scores of real and of generated examples in these checks."""

SEEDS = 3
"""Batches of scores that are evaluated at once."""

NEAR = 1e-4
"""How far the steepest slope at an optimum may be from 0, in float64."""


def check_objective_shape(objective: Objective) -> None:
    """Losses and read-outs are 0-d tensors of the dtype of the scores."""
    for dtype in (torch.float32, torch.float64):
        real, fake = _scores(dtype=dtype)
        values = {player: loss(real, fake) for player, loss in _losses(objective).items()}
        values |= objective.read_outs(real, fake)
        for name, value in values.items():
            kind = _kind(value)
            is_number = isinstance(value, Tensor) and value.shape == ()
            require(
                is_number,
                f"{name} of scores is {kind}, expected a 0-d tensor: take the mean",
            )
            require(
                value.dtype == dtype,
                f"{name} of {dtype} scores is {value.dtype}",
            )


def check_objective_finite(objective: Objective) -> None:
    """Losses and gradients are finite in float32 for scores of every sign up to `reach`."""
    far = torch.full((ROWS,), objective.reach)
    corners = list(itertools.product((far, -far), repeat=2))
    for player, loss in _losses(objective).items():
        for real, fake in corners:
            where = f"the loss of the {player} at scores of {real[0]:g} and {fake[0]:g}"
            value, (of_real, of_fake) = _with_gradients(loss, real, fake)
            require(bool(torch.isfinite(value)), f"{where} is {float(value)}")
            finite = bool(torch.isfinite(of_real).all() and torch.isfinite(of_fake).all())
            require(finite, f"{where} has a gradient that is not finite")


def check_objective_pure(objective: Objective) -> None:
    """Equal scores give equal losses; scores are left as they were, and nothing random is drawn."""
    real, fake = _scores()
    for player, loss in _losses(objective).items():
        what = f"the loss of the {player}"
        seen = real.clone(), fake.clone()
        with global_randomness_untouched(what):
            first = loss(*seen)
        require_equal(loss(*seen), first, f"{what} asked twice of equal scores")
        require_equal(seen[0], real, f"real scores before and after {what}")
        require_equal(seen[1], fake, f"generated scores before and after {what}")


def check_objective_mean(objective: Objective) -> None:
    """The order of examples does not matter, nor that every example is there twice."""
    real, fake = _scores()
    for player, loss in _losses(objective).items():
        what = f"the loss of the {player}"
        once = loss(real, fake)
        turned = loss(real.flip(0), fake.flip(0))
        require_close(turned, once, f"{what} of examples in another order")
        twice = loss(torch.cat([real, real]), torch.cat([fake, fake]))
        require_close(
            twice,
            once,
            f"{what} of a batch given twice over (a sum, not a mean?)",
        )


def check_objective_declared(objective: Objective) -> None:
    """`generator_reads_real` and `shift_invariant` are true."""
    real, fake = _scores()
    usual = objective.generator(real, fake)
    changed = objective.generator(real + 0.3 * real**2, fake)
    reads = not bool(torch.isclose(changed, usual))
    verb = "reads" if reads else "does not read"
    declared = objective.generator_reads_real
    require(
        reads == declared,
        f"the generator's loss {verb} the scores of real examples, "
        f"but generator_reads_real is {declared}",
    )
    judged = objective.discriminator(real, fake)
    shifted = objective.discriminator(real + 0.25, fake + 0.25)
    invariant = bool(torch.isclose(shifted, judged))
    verb = "does not change" if invariant else "changes"
    declared = objective.shift_invariant
    require(
        invariant == declared,
        f"a constant added to all scores {verb} the discriminator's loss, "
        f"but shift_invariant is {declared}",
    )


def check_objective_direction(objective: Objective) -> None:
    """Scores are high on what is taken for real.

    At scores of 0.6 and 0.4 the discriminator wants those of real examples higher and those of
    generated ones lower. Where generated ones score -0.5, the generator wants them higher.
    """
    real, fake = torch.full((ROWS,), 0.6), torch.full((ROWS,), 0.4)
    _, (of_real, of_fake) = _with_gradients(objective.discriminator, real, fake)
    low = torch.full((ROWS,), -0.5)
    _, (_, of_generated) = _with_gradients(objective.generator, real, low)
    require(
        float(of_real.sum()) < 0,
        "the discriminator's loss does not fall where the scores of real examples rise",
    )
    require(
        float(of_fake.sum()) > 0,
        "the discriminator's loss does not rise where the scores of generated examples rise",
    )
    require(
        float(of_generated.sum()) < 0,
        "the generator's loss does not fall where the scores of generated examples rise",
    )


def check_objective_stacks(objective: Objective) -> None:
    """The losses run under `torch.func.vmap` and give the same numbers as without.

    Training relies on it, to run many seeds at once.
    """
    real = torch.stack([_scores(seed)[0] for seed in range(SEEDS)])
    fake = torch.stack([_scores(seed)[1] for seed in range(SEEDS)])
    for player, loss in _losses(objective).items():
        what = f"the loss of the {player}"
        try:
            together = torch.func.vmap(loss, randomness="error")(real, fake)
        except RuntimeError as error:
            raise CheckError(f"{what} does not run under torch.func.vmap: {error}") from error
        alone = torch.stack([loss(real[seed], fake[seed]) for seed in range(SEEDS)])
        require_close(
            together,
            alone,
            f"{what} of several seeds together and of each alone",
        )


def check_objective_optimum(objective: Objective) -> None:
    """Of a `ProbabilisticObjective`: `score` is optimal at every D*(x), and `logit` its inverse.

    The law has as many real and generated examples at each x as two lists of counts say.
    """
    if not isinstance(objective, ProbabilisticObjective):
        return
    real_counts = torch.tensor([1, 2, 3, 6])
    fake_counts = torch.tensor([4, 3, 3, 2])
    p = real_counts.double() / real_counts.sum()
    q = fake_counts.double() / fake_counts.sum()
    logits = p.log() - q.log()
    scores = objective.score(logits)
    require_close(
        objective.logit(scores),
        logits,
        "the logit of the score of a logit",
        rtol=1e-6,
    )
    scores = scores.detach().requires_grad_()
    real = scores.repeat_interleave(real_counts)
    fake = scores.repeat_interleave(fake_counts)
    loss = objective.discriminator(real, fake)
    (slopes,) = torch.autograd.grad(loss, scores)
    steepest = float(slopes.abs().max())
    require(
        steepest <= NEAR,
        f"the discriminator's loss has a slope of {steepest:.2g} at the score that is called "
        "optimal, expected 0",
    )


def _losses(objective: Objective) -> dict[str, Loss]:
    return {
        "discriminator": objective.discriminator,
        "generator": objective.generator,
    }


def _scores(seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Scores of real and generated examples, `(ROWS,)` each, where every objective is defined."""
    generator = stream(seed, "check", "scores")
    real = torch.randn(ROWS, generator=generator, dtype=torch.float64)
    fake = torch.randn(ROWS, generator=generator, dtype=torch.float64)
    return (0.6 + 0.5 * real).to(dtype), (0.4 + 0.5 * fake).to(dtype)


def _with_gradients(loss: Loss, real: Tensor, fake: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """The loss, and its gradients by both scores; zeros where it does not read them."""
    points = real.clone().requires_grad_(), fake.clone().requires_grad_()
    value = loss(*points)
    if not value.requires_grad:
        return value, (torch.zeros_like(real), torch.zeros_like(fake))
    of_real, of_fake = torch.autograd.grad(value, points, materialize_grads=True, allow_unused=True)
    return value.detach(), (of_real, of_fake)


def _kind(value: object) -> str:
    """What this is, in words."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
