"""Traced operations without those whose result is nothing but zeros.

Second derivatives bring them: the slope of a leaky ReLU does not change with its argument, and
torch multiplies the zeros that say so with the weights of every layer below.
"""

from typing import Any

import torch
from torch import fx

aten = torch.ops.aten
ZEROS = (aten.zeros_like.default, aten.zeros.default, aten.new_zeros.default)
"""Operations that give zeros."""
FIRST = (
    aten.view.default,
    aten._unsafe_view.default,
    aten.expand.default,
    aten.t.default,
    aten.transpose.int,
    aten.unsqueeze.default,
    aten.squeeze.dim,
    aten.select.int,
    aten.slice.Tensor,
    aten.neg.default,
    aten.sum.default,
    aten.sum.dim_IntList,
    aten.div.Scalar,
    aten.mul.Scalar,
    aten.leaky_relu_backward.default,
    aten.threshold_backward.default,
    aten.tanh_backward.default,
    aten.sigmoid_backward.default,
    aten.elu_backward.default,
)
"""Those that give zeros where their first argument is zeros."""
ANY = (aten.mul.Tensor, aten.bmm.default, aten.mm.default)
"""Those that give zeros where one of their arguments is."""


def without_zeros(graph: fx.Graph) -> None:
    """Change a graph in place: zeros are not computed, nor added.

    Zeros times what is not finite count as zeros, where they would be NaN.
    """
    zeros: set[fx.Node] = set()
    for node in list(graph.nodes):
        if _are_zeros(node, zeros):
            zeros.add(node)
            continue
        if node.target is aten.add.Tensor and not node.kwargs:
            _leave_out(node, zeros)
    for node in [node for node in graph.nodes if node in zeros]:
        if any(user not in zeros for user in node.users) and node.target not in ZEROS:
            meta = node.meta["tensor_meta"]
            with graph.inserting_before(node):
                plain = graph.call_function(
                    aten.full.default,
                    (list(meta.shape), 0.0),
                    {"dtype": meta.dtype, "device": node.meta["val"].device},
                )
            plain.meta = dict(node.meta)
            node.replace_all_uses_with(plain)
    graph.eliminate_dead_code()


def _are_zeros(node: fx.Node, zeros: set[fx.Node]) -> bool:
    """Whether a value is zeros, given those before it that are."""
    if node.target in ZEROS:
        return True
    if node.target in FIRST:
        return node.args[0] in zeros
    if node.target in ANY:
        return any(argument in zeros for argument in node.args)
    if node.target is aten.add.Tensor:
        return all(argument in zeros for argument in node.args)
    return False


def _leave_out(node: fx.Node, zeros: set[fx.Node]) -> None:
    """Take the other term of a sum with zeros, where it is all that the sum is."""
    first, second = node.args
    for term, other in ((first, second), (second, first)):
        if term in zeros and _kind(other) == _kind(node):
            node.replace_all_uses_with(other)  # type: ignore[arg-type]
            return


def _kind(value: Any) -> tuple[object, ...] | None:
    """Shape and type of a tensor."""
    if not isinstance(value, fx.Node) or "tensor_meta" not in value.meta:
        return None
    meta = value.meta["tensor_meta"]
    return meta.shape, meta.dtype
