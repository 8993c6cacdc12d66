"""Traced operations without what is computed twice or for nothing."""

import torch
from torch import fx

aten = torch.ops.aten
TRANSPOSITIONS = (aten.t.default, aten.transpose.int)
SHAPINGS = (
    aten.expand.default,
    aten.view.default,
    aten._unsafe_view.default,
    aten.detach.default,
)
"""Operations that give a value of the same numbers."""


def simplified(module: fx.GraphModule) -> fx.GraphModule:
    """The module, each value of which is computed once, and only if it is used.

    It is left as it is where an operation writes to a tensor or draws numbers: twice is then not
    the same as once.
    """
    if not is_pure(module):
        return module
    earlier: dict[tuple[object, str], fx.Node] = {}
    for node in module.graph.nodes:
        if node.op != "call_function":
            continue
        same = _equal_to(node)
        if same is None:
            # Arguments are compared as text, since in Python 1 == 1.0 == True, and a tensor plus 1
            # is not of the type of a tensor plus 1.0. Nodes are written by their names, which are
            # unique.
            key = node.target, repr((node.args, node.kwargs))
            same = earlier.setdefault(key, node)
        if same is not node:
            node.replace_all_uses_with(same)
    module.graph.eliminate_dead_code()
    module.recompile()
    return module


def is_pure(module: fx.GraphModule) -> bool:
    """Whether no operation writes to a tensor or draws numbers, so that others may replace it."""
    return not any(_writes_or_draws(node) for node in module.graph.nodes)


def is_random(node: fx.Node) -> bool:
    """Whether an operation draws numbers."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    return torch.Tag.nondeterministic_seeded in node.target.tags


def _writes_or_draws(node: fx.Node) -> bool:
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    return node.target._schema.is_mutable or is_random(node)


def _equal_to(node: fx.Node) -> fx.Node | None:
    """An earlier value that has the numbers and the layout of this one; transforms leave many."""
    before = node.args[0] if node.args else None
    if not isinstance(before, fx.Node):
        return None
    if node.target in TRANSPOSITIONS:
        turns_back = before.target == node.target and before.args[1:] == node.args[1:]
        if turns_back and isinstance(before.args[0], fx.Node):
            return before.args[0]
        if turns_back:
            return None
    times_1 = node.target is aten.mul.Scalar and node.args[1] == 1
    if not times_1 and node.target not in SHAPINGS:
        return None
    layout = _layout(node)
    if layout is not None and layout == _layout(before):
        return before
    return None


def _layout(node: fx.Node) -> tuple[object, ...] | None:
    meta = node.meta.get("tensor_meta")
    if not meta:
        return None
    return meta.shape, meta.stride, meta.dtype
