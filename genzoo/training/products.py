"""Products of many small matrices, written so that they are computed fast.

Whoever computes products takes `WIDTH` numbers of a row of the result at once, and is slow where
some are left: (64, 128) times (128, 15) takes two to five times as long as with 16 columns.
"""

from typing import Any

import torch
from torch import fx

from genzoo.training.simplification import is_pure
from genzoo.training.zeros import without_zeros

aten = torch.ops.aten
WIDTH = 16
"""Numbers that processors take at once, at most."""
OF_MATRICES = (aten.mm.default, aten.addmm.default)
"""Products of two matrices, with a bias or without."""
PRODUCTS = (*OF_MATRICES, aten.bmm.default, aten.baddbmm.default)
PRECISE = (torch.float32, torch.float64)
SAME_PLACES = (aten.reshape.default, aten.unsqueeze.default, aten.squeeze.dim)
"""Operations that leave numbers where they are."""
PARTS = (aten.slice.Tensor, aten.select.int, aten.expand.default, aten.permute.default)
"""Operations that give views that need not be contiguous."""


def is_rewritable(module: fx.GraphModule) -> bool:
    """Whether `fast_products` may be asked for a copy of traced operations.

    Not where one writes to a tensor or draws numbers, sees how a tensor lies in memory, or
    multiplies matrices of whole numbers or of less than single precision.
    """
    if not is_pure(module):
        return False
    for node in module.graph.nodes:
        if node.target is aten.as_strided.default:
            return False
        if node.target in PRODUCTS and node.meta["tensor_meta"].dtype not in PRECISE:
            return False
    return True


def fast_products(module: fx.GraphModule, *, laid_out: bool = False) -> fx.GraphModule:
    """A copy of traced operations, the same up to rounding.

    Zeros are left out. Products of two matrices become batches of one. Transposed products become
    products of transposed factors: these are read as they lie, while whatever follows would read a
    transposed result across its rows. Products that give one column become sums of products, those
    over one column become products, both of which a compiler joins with what is around them. Other
    results are computed with columns of zeros beside them, up to a multiple of `WIDTH`.

    Args:
        module: Traced operations that are rewritable.
        laid_out: Whether factors must lie in memory row by row.
    """
    graph = fx.Graph()
    copies: dict[fx.Node, Any] = {}
    output: Any = graph.graph_copy(module.graph, copies)
    graph.output(output)
    without_zeros(graph)
    rewriting = _Rewriting(graph)
    rewriting.batch_products()
    rewriting.turn_products()
    rewriting.widen_products()
    if laid_out:
        rewriting.lay_out_factors()
    return fx.GraphModule(module, graph)


class _Rewriting:
    """Changes a graph in place.

    Args:
        graph: Traced operations, which know the shapes of their results.

    Attributes:
        alone: Results of batches of one, without that dimension.
        shapes: Of results, as far as they are tensors.
    """

    def __init__(self, graph: fx.Graph) -> None:
        self.graph = graph
        self.alone: set[Any] = set()
        self.shapes: dict[Any, torch.Size] = {}
        for node in graph.nodes:
            shape = getattr(node.meta.get("tensor_meta"), "shape", None)
            if shape is not None:
                self.shapes[node] = shape

    def batch_products(self) -> None:
        """Have products of two matrices be batches of one product, and biases be added to them."""
        for node in list(self.graph.nodes):
            if node.target not in (*OF_MATRICES, aten.baddbmm.default) or node.kwargs:
                continue
            *bias, left, right = node.args
            with self.graph.inserting_before(node):
                if node.target in OF_MATRICES:
                    factors = self._batch_of_one(left), self._batch_of_one(right)
                    product = self._call(aten.bmm.default, *factors)
                    self.shapes[product] = torch.Size([1, *self.shapes[node]])
                    other = self._call(aten.squeeze.dim, product, 0)
                    self.alone.add(other)
                else:
                    other = self._call(aten.bmm.default, left, right)
                if bias:
                    self.shapes[other] = self.shapes[node]
                    other = self._call(aten.add.Tensor, bias[0], other)
                self._replace(node, other)

    def turn_products(self) -> None:
        """Transpose factors in the place of products and of sums of products."""
        for node in list(self.graph.nodes):
            if not self._is_transposition(node):
                continue
            value = node.args[0]
            if self._is_transposition(value) or not self._can_turn(value, node):
                continue
            with self.graph.inserting_before(node):
                self._replace(node, self._turned(value))
        self.graph.eliminate_dead_code()
        for node in self.graph.nodes:
            # What was contiguous may not be so any more, and of that there is no view.
            if node.target in (aten.view.default, aten._unsafe_view.default):
                node.target = aten.reshape.default

    def widen_products(self) -> None:
        """Change products of results with few columns."""
        for node in self._products():
            with self.graph.inserting_before(node):
                other = self._faster(node)
            if other is not None:
                self._replace(node, other)

    def lay_out_factors(self) -> None:
        """Copy factors that are parts of other values, or transposed.

        What makes a product is then the same for all products of these shapes, and compiled once.
        """
        copies: dict[Any, fx.Node] = {}
        for node in self._products():
            for factor in node.args:
                if factor not in copies and self._is_view(factor):
                    with self.graph.inserting_before(node):
                        copies[factor] = self.graph.call_function(
                            aten.clone.default,
                            (factor,),
                            {"memory_format": torch.contiguous_format},
                        )
            node.args = tuple(copies.get(factor, factor) for factor in node.args)

    def _is_view(self, factor: Any) -> bool:
        while factor.target in SAME_PLACES:
            factor = factor.args[0]
        return factor.target in PARTS or self._is_transposition(factor)

    def _products(self) -> list[fx.Node]:
        return [node for node in self.graph.nodes if node.target is aten.bmm.default]

    def _replace(self, node: fx.Node, other: fx.Node) -> None:
        self.shapes[other] = self.shapes[node]
        node.replace_all_uses_with(other)
        self.graph.erase_node(node)

    def _call(self, target: Any, *args: Any) -> fx.Node:
        return self.graph.call_function(target, args)

    def _batch_of_one(self, matrix: fx.Node) -> fx.Node:
        """A matrix with a dimension before it; a transposed one stays the outermost operation."""
        turned = self._is_transposition(matrix)
        inner: Any = matrix.args[0] if turned else matrix
        batch = self._call(aten.unsqueeze.default, inner, 0)
        self.shapes[batch] = torch.Size([1, *self.shapes[inner]])
        return self._flipped(batch) if turned else batch

    def _is_transposition(self, value: Any) -> bool:
        """Whether its last two dimensions are those of its argument the other way round."""
        if not isinstance(value, fx.Node):
            return False
        if value.target is aten.t.default:
            return len(self.shapes[value]) == 2
        if value.target is not aten.transpose.int:
            return False
        count = len(self.shapes[value])
        if count < 2:
            return False
        dimensions = {dimension % count for dimension in value.args[1:]}  # type: ignore[operator]
        return dimensions == {count - 2, count - 1}

    def _can_turn(self, value: Any, user: fx.Node) -> bool:
        """Whether a value can be computed transposed, without another operation."""
        if self._is_transposition(value):
            return True
        if value not in self.shapes or set(value.users) != {user}:
            return False
        if value.target is aten.bmm.default:
            # Few rows would become few columns, and so little is soon transposed.
            return self.shapes[value][-2] >= WIDTH
        if value in self.alone:
            return self._can_turn(value.args[0], value)
        if value.target is not aten.add.Tensor or value.kwargs:
            return False
        for term in value.args:
            if self.shapes.get(term) != self.shapes[value] or not self._can_turn(term, value):
                return False
        return True

    def _turned(self, value: Any) -> Any:
        """The transposed value; of one that `_can_turn`."""
        if self._is_transposition(value):
            return value.args[0]
        if value.target is aten.bmm.default:
            left, right = value.args
            turned = self._call(value.target, self._flipped(right), self._flipped(left))
        elif value in self.alone:
            turned = self._call(value.target, self._turned(value.args[0]), 0)
        else:
            turned = self._call(value.target, *(self._turned(term) for term in value.args))
        self.shapes[turned] = _other_way(self.shapes[value])
        return turned

    def _flipped(self, factor: Any) -> Any:
        """A transposed factor."""
        if self._is_transposition(factor):
            return factor.args[0]
        flipped = self._call(aten.transpose.int, factor, -2, -1)
        self.shapes[flipped] = _other_way(self.shapes[factor])
        return flipped

    def _faster(self, node: fx.Node) -> fx.Node | None:
        """Other operations in the place of a product; None where it is fast as it is."""
        left, right = node.args
        rows = self.shapes[left][1]
        inner, columns = self.shapes[right][1:]
        if inner == 1:
            return self._call(aten.mul.Tensor, left, right)
        if columns == 1:
            row = self._call(aten.transpose.int, right, 1, 2)
            products = self._call(aten.mul.Tensor, left, row)
            return self._call(aten.sum.dim_IntList, products, [2], True)
        missing = -columns % WIDTH
        if rows == 1 or not missing:
            return None
        wide = self._call(aten.constant_pad_nd.default, right, [0, missing], 0.0)
        product = self._call(aten.bmm.default, left, wide)
        return self._call(aten.slice.Tensor, product, 2, 0, columns)


def _other_way(shape: torch.Size) -> torch.Size:
    """That of a transposed value."""
    *before, rows, columns = shape
    return torch.Size([*before, columns, rows])
