"""Couplings: which noise goes with which data in a batch."""

from collections.abc import Callable, Mapping

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from genzoo.core.model import Batch
from genzoo.core.noise import Noise

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
