"""Products of many small matrices, written so that they are computed fast.

Libraries of linear algebra walk along the rows of the result, and are slow where these are short:
16 seeds of (64, 128) times (128, 15) take as long as with 32 columns, twice as long as with 16.
"""

from typing import Any

import torch
from torch import fx

aten = torch.ops.aten
WIDTH = 16
"""Numbers that processors take at once, at most: rows of a multiple of them are fast."""
WIDEST = 64
"""Columns up to which a result is widened."""


def fast_products(module: fx.GraphModule) -> fx.GraphModule:
    """A copy of traced operations, the same up to rounding.

    Batched products that give one column become sums of products, those over one column become
    products, both of which a compiler joins with what is around them. Results of few columns are
    computed with columns of zeros beside them, up to a multiple of `WIDTH`.
    """
    graph = fx.Graph()
    copies: dict[fx.Node, Any] = {}
    output: Any = graph.graph_copy(module.graph, copies)
    graph.output(output)
    shapes: dict[fx.Node, tuple[torch.Size, torch.Size]] = {}
    for node, copy in copies.items():
        if node.target is aten.bmm.default:
            left, right = node.args
            shapes[copy] = _shape(left), _shape(right)
    for node, (left_shape, right_shape) in shapes.items():
        with graph.inserting_before(node):
            other = _faster(graph, node, left_shape, right_shape)
        if other is not None:
            node.replace_all_uses_with(other)
            graph.erase_node(node)
    return fx.GraphModule(module, graph)


def _faster(
    graph: fx.Graph, node: fx.Node, left_shape: torch.Size, right_shape: torch.Size
) -> fx.Node | None:
    """Other operations in the place of a product; None where it is fast as it is."""
    left, right = node.args
    inner, columns = right_shape[1:]
    if inner == 1:
        return graph.call_function(aten.mul.Tensor, (left, right))
    if columns == 1:
        row = graph.call_function(aten.transpose.int, (right, 1, 2))
        products = graph.call_function(aten.mul.Tensor, (left, row))
        return graph.call_function(aten.sum.dim_IntList, (products, [2], True))
    missing = -columns % WIDTH
    if left_shape[1] == 1 or not missing or columns > WIDEST:
        return None
    wide = graph.call_function(aten.constant_pad_nd.default, (right, [0, missing], 0.0))
    product = graph.call_function(aten.bmm.default, (left, wide))
    return graph.call_function(aten.slice.Tensor, (product, 2, 0, columns))


def _shape(node: Any) -> torch.Size:
    shape: torch.Size = node.meta["tensor_meta"].shape
    return shape
