"""What is nothing but zeros is not computed."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.functional import leaky_relu

from genzoo.training.zeros import without_zeros

aten = torch.ops.aten


def rewritten(function: Callable[..., list[Tensor]], *inputs: Tensor) -> fx.GraphModule:
    module = make_fx(function)(*inputs)
    expected = module(*inputs)
    without_zeros(module.graph)
    module.graph.lint()
    module.recompile()
    for one, other in zip(expected, module(*inputs), strict=True):
        assert torch.equal(one, other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
    return module


def targets(module: fx.GraphModule) -> list[object]:
    return [node.target for node in module.graph.nodes if node.op == "call_function"]


def test_second_derivatives_of_leaky_layers_multiply_no_zeros() -> None:
    generator = torch.Generator().manual_seed(0)
    x, first, second = (torch.randn(4, 4, generator=generator) for _ in range(3))

    def penalty(x: Tensor, first: Tensor, second: Tensor) -> list[Tensor]:
        x, first, second = (one.detach().requires_grad_() for one in (x, first, second))
        scores = leaky_relu(leaky_relu(x @ first, 0.2) @ second, 0.2)
        (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
        return list(torch.autograd.grad(slope.square().sum(), [first, second]))

    before = targets(make_fx(penalty)(x, first, second))
    after = targets(rewritten(penalty, x, first, second))
    assert aten.zeros_like.default in before
    assert after.count(aten.mm.default) < before.count(aten.mm.default)


ONE_SUM = [
    (lambda x: [x + torch.zeros_like(x)], 0),
    (lambda x: [torch.zeros_like(x) + x], 0),
    # The sum is larger than its other term, or of another type.
    (lambda x: [x[:1] + torch.zeros_like(x)], 1),
    (lambda x: [x + torch.zeros_like(x, dtype=torch.float64)], 1),
    (lambda x: [torch.zeros_like(x) + torch.zeros_like(x)], 0),
    (lambda x: [x + 2 * torch.ones_like(x)], 1),
]


@pytest.mark.parametrize(("function", "left"), ONE_SUM)
def test_sums_with_zeros_are_their_other_term(
    function: Callable[..., list[Tensor]], left: int
) -> None:
    found = targets(rewritten(function, torch.arange(6.0).view(2, 3)))
    assert found.count(aten.add.Tensor) == left


def test_zeros_that_are_asked_for_are_there() -> None:
    found = rewritten(
        lambda x: [(torch.zeros_like(x) @ x.t()).sum(0), torch.zeros_like(x)], torch.ones(2, 3)
    )
    assert aten.mm.default not in targets(found)
