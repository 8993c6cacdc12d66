"""Normal data, of which all is known in closed form: x_1 ~ N(2, .5^2)."""

import torch

from genzoo.models.transport.path import Path
from genzoo.models.transport.prediction import Ends
from genzoo.models.transport.samplers import Field

MEAN, DEVIATION = 2.0, 0.5


def variance(path, t):
    return path.alpha(t) ** 2 * DEVIATION**2 + path.sigma(t) ** 2


class NormalField(Field):
    """The exact field."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ends(self, x, t):
        alpha, sigma = self.path.alpha(t), self.path.sigma(t)
        apart = (x - alpha * MEAN) / variance(self.path, t)
        return Ends(MEAN + alpha * DEVIATION**2 * apart, sigma * apart)


def transported(path, x, t, until):
    """Where the velocity brings x at t: as far from the mean, in deviations, as it was."""
    apart = (x - path.alpha(t) * MEAN) / torch.sqrt(variance(path, t))
    return path.alpha(until) * MEAN + torch.sqrt(variance(path, until)) * apart
