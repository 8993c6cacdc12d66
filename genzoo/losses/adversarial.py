"""Adversarial losses as functions of discriminator logits l, where D(x) = sigmoid(l(x))."""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from genzoo.losses.objective import Objective, ProbabilisticObjective, accuracy


def value_function(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))], the value of the two-player game, in nats.

    Written as E[log sigmoid(l(x))] + E[log sigmoid(-l(G(z)))], finite for every finite logit.
    At D = 1/2 it is -log 4; at the optimal discriminator it is -log 4 + 2 JS(p_data || p_model)
    (Goodfellow et al. 2014, theorem 1).

    Args:
        real_logits: Logits of real examples, any shape.
        fake_logits: Logits of generated examples, any shape.

    Returns:
        0-d.
    """
    return logsigmoid(real_logits).mean() + logsigmoid(-fake_logits).mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-V(D, G), 0-d, in nats: the discriminator ascends V (Goodfellow et al. 2014, algorithm 1)."""
    return -value_function(real_logits, fake_logits)


def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))], the part of V that the generator can lower; 0-d, in nats.

    Its gradient with respect to a logit, -D / n, vanishes where the discriminator is sure
    (Goodfellow et al. 2014).
    """
    return logsigmoid(-fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))]; 0-d, in nats.

    Its gradient with respect to a logit, (D - 1) / n, has the sign of the minimax one and is
    largest where the discriminator is sure (Goodfellow et al. 2014, section 3).
    """
    return -logsigmoid(fake_logits).mean()


def implied_js(value: Tensor) -> Tensor:
    """(V + log 4) / 2, in nats: JS if the discriminator were optimal, else a lower bound of it.

    For logits on samples it is an estimate of that bound and may be negative.
    """
    return 0.5 * (value + math.log(4))


def optimal_logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    """log p(x) - log q(x), the logit of D*(x) = p / (p + q).

    Goodfellow et al. 2014, proposition 1.

    Args:
        log_p: Log-density of the data at x, any shape.
        log_q: Log-density of the model at x, the same shape.
    """
    return log_p - log_q


def read_outs(real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """What is watched while a discriminator trains; each 0-d.

    "D(real)" and "D(fake)" are means of D over the real and over the generated examples. Beside
    them "accuracy", "V" and "implied JS", see `accuracy`, `value_function` and `implied_js`.
    """
    value = value_function(real_logits, fake_logits)
    return {
        "D(real)": torch.sigmoid(real_logits).mean(),
        "D(fake)": torch.sigmoid(fake_logits).mean(),
        "accuracy": accuracy(real_logits, fake_logits),
        "V": value,
        "implied JS": implied_js(value),
    }


class LogisticObjective(ProbabilisticObjective):
    """The discriminator ascends V(D, G); its scores are the logits of D. Generators differ."""

    @final
    def discriminator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """-V(D, G)."""
        return discriminator_loss(real_scores, fake_scores)

    @final
    def logit(self, scores: Tensor) -> Tensor:
        """The scores themselves."""
        return scores

    @final
    def score(self, logits: Tensor) -> Tensor:
        """The logits themselves."""
        return logits

    @final
    def _read_outs(self, real_scores: Tensor, fake_scores: Tensor) -> dict[str, Tensor]:
        return read_outs(real_scores, fake_scores)


@dataclass(frozen=True)
class Minimax(LogisticObjective):
    """The zero-sum game: the generator descends E[log(1 - D(G(z)))].

    Goodfellow et al. 2014, algorithm 1.
    """

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """E[log(1 - D(G(z)))]."""
        return minimax_generator_loss(fake_scores)


@dataclass(frozen=True)
class NonSaturating(LogisticObjective):
    """The heuristic game: the generator ascends E[log D(G(z))].

    Goodfellow et al. 2014, section 3.
    """

    def generator(self, real_scores: Tensor, fake_scores: Tensor) -> Tensor:
        """-E[log D(G(z))]."""
        return non_saturating_generator_loss(fake_scores)


__all__ = [
    "LogisticObjective",
    "Minimax",
    "NonSaturating",
    "Objective",
    "accuracy",
    "discriminator_loss",
    "implied_js",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "optimal_logit",
    "read_outs",
    "value_function",
]
