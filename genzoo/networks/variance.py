"""The variance of a Gaussian likelihood, one number for all coordinates."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from genzoo.errors import InputError

INITIAL_SCALE = 0.3
"""Where a learned standard deviation starts, for standardised data.

At 1, the data's own, the likelihood is content with a posterior that equals the prior, and training
may stay there (Lucas et al. 2019).
"""


class LogVariance(nn.Module):
    """log s^2, 0-d, learned with the rest of the model or fixed.

    What is learned is log s: Adam moves a parameter by about its learning rate a step, and so log
    s^2 by twice that.

    Args:
        variance: s^2, or `"learned"`.

    Raises:
        InputError: When the variance is not a positive number or `"learned"`.
    """

    log_scale: Tensor

    def __init__(self, variance: float | Literal["learned"]) -> None:
        super().__init__()
        if variance == "learned":
            self.log_scale = nn.Parameter(torch.tensor(math.log(INITIAL_SCALE)))
        elif isinstance(variance, int | float) and 0 < variance < math.inf:
            self.register_buffer("log_scale", torch.tensor(0.5 * math.log(variance)))
        else:
            raise InputError(f"variance must be a positive number or 'learned', got {variance!r}")

    def forward(self) -> Tensor:
        """log s^2."""
        return 2 * self.log_scale
