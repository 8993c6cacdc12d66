"""Products in other words give the same numbers."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from genzoo.training.products import fast_products, is_rewritable

aten = torch.ops.aten
SIZES = st.integers(1, 20)


def traced(left: Tensor, right: Tensor) -> fx.GraphModule:
    return make_fx(lambda a, b: [torch.bmm(a, b) + 1, a])(left, right)


def nodes_of(module: fx.GraphModule, target: object) -> list[fx.Node]:
    return [node for node in module.graph.nodes if node.target is target]


def random(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def require_same(module: fx.GraphModule, other: fx.GraphModule, *inputs: Tensor) -> None:
    for one, two in zip(module(*inputs), other(*inputs), strict=True):
        torch.testing.assert_close(two, one, rtol=1e-12, atol=1e-12)


@settings(max_examples=12, deadline=None)
@example(seeds=3, rows=4, inner=5, columns=1, turned=True, laid_out=True)
@example(seeds=3, rows=4, inner=1, columns=7, turned=False, laid_out=False)
@example(seeds=3, rows=4, inner=5, columns=7, turned=False, laid_out=True)
@given(
    seeds=SIZES,
    rows=SIZES,
    inner=SIZES,
    columns=st.integers(1, 70),
    turned=st.booleans(),
    laid_out=st.booleans(),
)
def test_they_are_the_same_up_to_rounding(
    seeds: int, rows: int, inner: int, columns: int, turned: bool, laid_out: bool
) -> None:
    left, right = random(seeds, rows, inner), random(seeds, inner, columns)
    if turned:
        left = left.transpose(1, 2).contiguous().transpose(1, 2)
    module = traced(left, right)
    before = module.code
    result, same = fast_products(module, laid_out=laid_out)(left, right)
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
        (64, 128, 65, 1, 80),
        (1, 64, 15, 1, 15),
    ],
)
def test_narrow_results_are_widened_and_vectors_are_no_products(
    rows: int, inner: int, columns: int, left: int, width: int
) -> None:
    module = fast_products(traced(torch.ones(2, rows, inner), torch.ones(2, inner, columns)))
    assert len(nodes_of(module, aten.bmm.default)) == left
    widened = nodes_of(module, aten.constant_pad_nd.default)
    assert len(widened) == (width not in (0, columns))
    for node in widened:
        assert columns + node.args[1][1] == width


def transposed_product(a: Tensor, b: Tensor) -> list[Tensor]:
    return [(a.mT @ b).mT.reshape(len(a), -1)]


def transposed_sum(a: Tensor, b: Tensor) -> list[Tensor]:
    one, two = a.mT @ b, (b.mT @ a).mT
    return [(one + two).mT.reshape(len(a), -1) * 2]


def of_matrices(a: Tensor, b: Tensor) -> list[Tensor]:
    return [(a[0].t() @ b[0]).t().reshape(-1)]


@pytest.mark.parametrize("function", [transposed_product, transposed_sum, of_matrices])
@pytest.mark.parametrize("laid_out", [False, True])
def test_of_transposed_results_the_factors_are_transposed(
    function: Callable[..., list[Tensor]], laid_out: bool
) -> None:
    inputs = random(3, 8, 32), random(3, 8, 48)
    module = make_fx(function)(*inputs)
    other = fast_products(module, laid_out=laid_out)
    require_same(module, other, *inputs)
    for product in nodes_of(other, aten.bmm.default):
        for user in product.users:
            assert user.target not in (aten.transpose.int, aten.t.default)


def test_a_product_that_is_needed_as_it_is_too_is_not_computed_twice() -> None:
    inputs = random(3, 8, 32), random(3, 8, 48)

    def both(a: Tensor, b: Tensor) -> list[Tensor]:
        product = a.mT @ b
        return [product.mT.reshape(len(a), -1), product + 1]

    module = make_fx(both)(*inputs)
    other = fast_products(module)
    require_same(module, other, *inputs)
    assert len(nodes_of(other, aten.bmm.default)) == 1


def test_linear_layers_of_one_seed_become_batches() -> None:
    inputs = random(8, 5), random(7, 5), random(7)
    module = make_fx(lambda x, w, b: [torch.nn.functional.linear(x, w, b), x @ w.t()])(*inputs)
    other = fast_products(module, laid_out=True)
    require_same(module, other, *inputs)
    assert not nodes_of(other, aten.addmm.default)
    assert not nodes_of(other, aten.mm.default)


SQUEEZED = {
    "no product": lambda x, y: [x.mT.squeeze(2).t() + 0],
    "broadcast": lambda x, y: [(x.mT.squeeze(2).t() - y[0, :6, :1]).square()],
    "a product": lambda x, y: [x.mT.bmm(y[:6, :1]).squeeze(0).mT + 0],
}


@pytest.mark.parametrize("function", SQUEEZED.values(), ids=list(SQUEEZED))
def test_dimensions_that_a_model_drops_stay_dropped(
    function: Callable[..., list[Tensor]],
) -> None:
    inputs = random(6, 1, 6), random(8, 20, 24)
    module = make_fx(function)(*inputs)
    require_same(module, fast_products(module), *inputs)


def test_numbers_have_no_other_way() -> None:
    module = make_fx(lambda x: [x.transpose(0, -1) + 1])(torch.ones(()))
    require_same(module, fast_products(module), torch.ones(()))


NOT_REWRITABLE = {
    "writes": lambda x: [torch.zeros_like(x).add_(x)],
    "draws": lambda x: [torch.rand_like(x.double())],
    "memory": lambda x: [x.mT.as_strided((2, 3), (3, 1))],
    "integers": lambda x: [x.bmm(x)],
}


@pytest.mark.parametrize("function", NOT_REWRITABLE.values(), ids=list(NOT_REWRITABLE))
def test_what_has_another_meaning_in_other_words_stays(
    function: Callable[..., list[Tensor]],
) -> None:
    assert not is_rewritable(make_fx(function)(torch.ones(3, 3, 3, dtype=torch.int32)))
    assert is_rewritable(make_fx(lambda x: [x.bmm(x)])(torch.ones(3, 3, 3)))


def test_biases_of_batches_are_added() -> None:
    inputs = random(3, 8, 16), random(3, 8, 5), random(3, 5, 16)
    module = make_fx(lambda b, x, y: [torch.baddbmm(b, x, y)])(*inputs)
    other = fast_products(module)
    require_same(module, other, *inputs)
    assert len(nodes_of(other, aten.bmm.default)) == len(nodes_of(other, aten.add.Tensor)) == 1


def test_factors_that_are_laid_out_are_copied_once() -> None:
    inputs = random(300), random(3, 8, 5), random(3, 8, 5)

    def layers(flat: Tensor, x: Tensor, y: Tensor) -> list[Tensor]:
        weight = flat[20:260].view(3, 16, 5).mT
        return [x.bmm(weight), y.bmm(weight), y[:, :, :4].bmm(weight[:, :4])]

    module = make_fx(layers)(*inputs)
    other = fast_products(module, laid_out=True)
    require_same(module, other, *inputs)
    products = nodes_of(other, aten.bmm.default)
    rights = [product.args[1] for product in products]
    assert rights[0] is rights[1]
    assert rights[2] is not rights[0]
    # That weight, the part of it, and the part of y; x and y lie row by row.
    assert len(nodes_of(other, aten.clone.default)) == 3
    lefts = [product.args[0].op for product in products]
    assert lefts == ["placeholder", "placeholder", "call_function"]
