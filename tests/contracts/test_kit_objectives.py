"""Each check of objectives sees the faults that it is there for."""

import pytest
import torch
from torch.nn.functional import softplus

from genzoo.losses.adversarial import NonSaturating
from genzoo.losses.objective import Objective, ProbabilisticObjective
from genzoo.testing import OBJECTIVE_CHECKS, CheckError, check_objective

CHECKS = {check.__name__: check for check in OBJECTIVE_CHECKS}


class Logistic(Objective):
    """A sound one, of the scores alone."""

    def discriminator(self, real_scores, fake_scores):
        return softplus(-real_scores).mean() + softplus(fake_scores).mean()

    def generator(self, real_scores, fake_scores):
        return softplus(-fake_scores).mean()


class Unreduced(Logistic):
    def generator(self, real_scores, fake_scores):
        return softplus(-fake_scores)


class Double(Logistic):
    def generator(self, real_scores, fake_scores):
        return super().generator(real_scores, fake_scores).double()


class Overflows(Logistic):
    def generator(self, real_scores, fake_scores):
        return torch.exp(-fake_scores).mean()


class NanGradient(Logistic):
    def discriminator(self, real_scores, fake_scores):
        return (1 + real_scores.exp()).log().mean() - real_scores.mean() + fake_scores.mean()


class Draws(Logistic):
    def discriminator(self, real_scores, fake_scores):
        noise = torch.randn_like(real_scores)
        return super().discriminator(real_scores + noise, fake_scores)


class Sum(Logistic):
    def generator(self, real_scores, fake_scores):
        return softplus(-fake_scores).sum()


class FirstCounts(Logistic):
    def generator(self, real_scores, fake_scores):
        return softplus(-fake_scores).mean() + 0.1 * (fake_scores[0] - fake_scores.mean())


class ReadsReal(Logistic):
    def generator(self, real_scores, fake_scores):
        return softplus(real_scores.mean() - fake_scores).mean()


class ReadsNothing(Logistic):
    generator_reads_real = True


class CallsItselfInvariant(Logistic):
    shift_invariant = True


class Invariant(Logistic):
    def discriminator(self, real_scores, fake_scores):
        return fake_scores.mean() - real_scores.mean()


class UpsideDown(Logistic):
    def discriminator(self, real_scores, fake_scores):
        return super().discriminator(-real_scores, -fake_scores)


class WrongPlayer(Logistic):
    def generator(self, real_scores, fake_scores):
        return softplus(fake_scores).mean()


class Branches(Logistic):
    def discriminator(self, real_scores, fake_scores):
        loss = super().discriminator(real_scores, fake_scores)
        return loss if loss < 100 else 2 * loss


class WrongOptimum(Logistic, ProbabilisticObjective):
    def logit(self, scores):
        return 2 * scores

    def score(self, logits):
        return logits / 2


class WrongInverse(Logistic, ProbabilisticObjective):
    def logit(self, scores):
        return scores + 0.1

    def score(self, logits):
        return logits


FAULTS = [
    (Unreduced, "check_objective_shape", "expected a 0-d tensor"),
    (Double, "check_objective_shape", "scores is torch.float64"),
    (Overflows, "check_objective_finite", "is inf"),
    (NanGradient, "check_objective_finite", "is inf|not finite"),
    (Draws, "check_objective_pure", "global random state|asked twice"),
    (Sum, "check_objective_mean", "a sum, not a mean"),
    (FirstCounts, "check_objective_mean", "in another order"),
    (ReadsReal, "check_objective_declared", "reads the scores of real examples"),
    (ReadsNothing, "check_objective_declared", "does not read the scores"),
    (CallsItselfInvariant, "check_objective_declared", "changes the discriminator's loss"),
    (Invariant, "check_objective_declared", "does not change the discriminator's loss"),
    (UpsideDown, "check_objective_direction", "does not fall where the scores of real"),
    (WrongPlayer, "check_objective_direction", "the generator's loss does not fall"),
    (Branches, "check_objective_stacks", r"does not run under torch\.func\.vmap"),
    (WrongOptimum, "check_objective_optimum", "expected 0"),
    (WrongInverse, "check_objective_optimum", "the logit of the score of a logit"),
]


@pytest.mark.parametrize(("kind", "check", "words"), FAULTS, ids=lambda value: str(value))
def test_a_fault_is_seen(kind, check, words):
    with pytest.raises(CheckError, match=words):
        CHECKS[check](kind())


def test_sound_objectives_pass():
    check_objective(Logistic())
    check_objective(NonSaturating())


def test_every_check_has_a_fault_to_see():
    assert {check for _, check, _ in FAULTS} == set(CHECKS)
