"""The sum is torch's, also where shares of it are too small for any digit."""

import math

import pytest
import torch

from genzoo.core.log_sums import log_sum_exp


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
def test_it_is_torchs(scale):
    exponents = scale * torch.randn(50, 40, generator=torch.Generator().manual_seed(0)).double()
    expected = torch.logsumexp(exponents, dim=1)
    torch.testing.assert_close(log_sum_exp(exponents), expected, rtol=1e-14, atol=1e-14)


def test_extremes_are_torchs():
    inf = math.inf
    exponents = torch.tensor([[-inf, -inf], [1, inf], [math.nan, 1], [-inf, 3], [0, -1e30]])
    expected = torch.logsumexp(exponents.double(), dim=1)
    torch.testing.assert_close(log_sum_exp(exponents.double()), expected, equal_nan=True)


def test_gradients_are_the_shares():
    exponents = torch.tensor([[0.0, 1.0, -900.0]], dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(log_sum_exp(exponents).sum(), exponents)
    torch.testing.assert_close(found, exponents.detach().softmax(dim=1))
