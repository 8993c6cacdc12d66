"""Schedules of the learning rate: factors of it, by how far training is."""

import math


def cosine(progress: float, final: float) -> float:
    """final + (1 - final)(1 + cos(pi progress)) / 2 (Loshchilov and Hutter 2017)."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))
