"""Couplings: which noise goes with which data, or how much a pair of them counts."""

import math
from collections.abc import Callable, Mapping

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from genzoo.core.model import Batch
from genzoo.core.noise import Noise
from genzoo.errors import InputError
from genzoo.models.transport.prediction import Ends

START = "start"
"""The name of the noise that a path begins at."""


Pairing = Callable[[Batch, Noise], Mapping[str, Tensor]]
"""See `genzoo.core.model.Update.pairing`."""


def optimal_pairing(batch: Batch, noise: Noise) -> dict[str, Tensor]:
    """Noise x_0 in the order that minimises sum_i |x_1i - x_0i|^2 over the batch.

    This is optimal transport between two samples (Tong et al. 2024; Pooladian et al. 2023). Between
    numbers it pairs the smallest with the smallest, and so on. Data stay where they are, and with
    them their conditions; other noise stays too.

    Args:
        batch: The data `(B, *event_shape)`, in model units.
        noise: Among it `START`, of the same shape.
    """
    start = noise[START]
    data = batch.x.flatten(1).to("cpu", torch.float64)
    costs = torch.cdist(data, start.flatten(1).to(data)) ** 2
    # Row i, an example, is given column order[i].
    _, order = linear_sum_assignment(costs.numpy())
    chosen = start[torch.as_tensor(order, device=start.device)]
    return {**noise, START: chosen}


class GibbsKernel:
    """Independent pairs that count the more, the closer they are (Calvo-Ordonez et al. 2025).

    A pair has the weight exp(-c / epsilon), c the cost of optimal transport. Weighted so, the
    independent coupling has the form of the entropic one, which is exp(-c / epsilon) times a
    function of x_0 times a function of x_1. Both functions, which a solver would find, are left at
    1. So the marginals are not those of noise and data: either end is drawn towards the other.

    Here c / epsilon = |x_1 - x_0|^2 / (2 d h^2), d numbers in an example, as optimal transport has
    squared distances. It is divided by its mean over independent pairs of two N(0, I),
    (1 + 2 / (d h^2))^(-d / 2), so that losses keep their size.

    Args:
        kernel_width: h, against the root of the mean squared difference of coordinates, in model
            units.

    Raises:
        InputError: When it is not positive.
    """

    def __init__(self, kernel_width: float = 2.0) -> None:
        if not 0 < kernel_width < math.inf:
            raise InputError(f"kernel_width must be a positive number, got {kernel_width}")
        self.width = kernel_width

    def weight(self, ends: Ends) -> Tensor:
        """The weights `(B,)` of pairs."""
        apart = (ends.data - ends.noise).flatten(1)
        size = apart.shape[1]
        variance = size * self.width**2
        mean = -size / 2 * math.log1p(2 / variance)
        return torch.exp(-apart.square().sum(1) / (2 * variance) - mean)
