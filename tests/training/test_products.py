"""Products in other words give the same numbers."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from genzoo.training.products import WIDEST, fast_products

aten = torch.ops.aten
SIZES = st.integers(1, 20)


def traced(left: Tensor, right: Tensor) -> fx.GraphModule:
    return make_fx(lambda a, b: [torch.bmm(a, b) + 1, a])(left, right)


def products_of(module: fx.GraphModule) -> list[tuple[int, ...]]:
    """The shapes of the right factors that are left to the library."""
    found = []
    for node in module.graph.nodes:
        if node.target is aten.bmm.default:
            found.append(node.args[1])
    return found


@settings(max_examples=12, deadline=None)
@example(seeds=3, rows=4, inner=5, columns=1, turned=True)
@example(seeds=3, rows=4, inner=1, columns=7, turned=False)
@example(seeds=3, rows=4, inner=5, columns=7, turned=False)
@given(seeds=SIZES, rows=SIZES, inner=SIZES, columns=st.integers(1, 70), turned=st.booleans())
def test_they_are_the_same_up_to_rounding(
    seeds: int, rows: int, inner: int, columns: int, turned: bool
) -> None:
    generator = torch.Generator().manual_seed(rows)
    left = torch.randn(seeds, rows, inner, generator=generator, dtype=torch.float64)
    right = torch.randn(seeds, inner, columns, generator=generator, dtype=torch.float64)
    if turned:
        left = left.transpose(1, 2).contiguous().transpose(1, 2)
    module = traced(left, right)
    before = module.code
    result, same = fast_products(module)(left, right)
    expected, _ = module(left, right)
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)
    assert same is left
    assert module.code == before


@pytest.mark.parametrize(
    ("rows", "inner", "columns", "left", "width"),
    [
        (64, 128, 1, 0, 0),
        (64, 1, 128, 0, 0),
        (64, 128, 15, 1, 16),
        (64, 128, 16, 1, 16),
        (64, 128, WIDEST + 1, 1, WIDEST + 1),
        (1, 64, 15, 1, 15),
    ],
)
def test_narrow_results_are_widened_and_vectors_are_no_products(
    rows: int, inner: int, columns: int, left: int, width: int
) -> None:
    module = fast_products(traced(torch.ones(2, rows, inner), torch.ones(2, inner, columns)))
    found = products_of(module)
    assert len(found) == left
    widened = [node for node in module.graph.nodes if node.target is aten.constant_pad_nd.default]
    assert len(widened) == (width not in (0, columns))
    for node in widened:
        assert columns + node.args[1][1] == width
