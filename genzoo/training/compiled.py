"""Training steps compiled whole."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx

from genzoo.errors import EngineFallback
from genzoo.training.compiler import Compute, compile_graph, has_templates
from genzoo.training.products import fast_products, is_rewritable
from genzoo.training.program import Program, RefusedError, WholeSteps, in_words, inputs_of
from genzoo.training.simplification import SHAPINGS, TRANSPOSITIONS
from genzoo.training.steps import PlannedStep
from genzoo.training.whole_step import WholeStep

aten = torch.ops.aten
HANDED_ON = (
    *SHAPINGS,
    *TRANSPOSITIONS,
    aten.alias.default,
    aten.clone.default,
    aten.permute.default,
    aten.reshape.default,
    aten.select.int,
    aten.slice.Tensor,
    aten.squeeze.dim,
    aten.unsqueeze.default,
    aten._to_copy.default,
)
"""Operations whose result is their first argument, or a part of it."""


class Compiled(WholeSteps):
    """Calls compiled steps."""

    kind = "compiled"

    def program(self, whole: WholeStep, step: PlannedStep) -> Program:
        """Compile steps.

        Raises:
            RefusedError: When the compiler fails.
        """
        try:
            return CompiledProgram(whole, step)
        except Exception as error:
            raise RefusedError(f"the compiler failed ({in_words(error)})") from error


class CompiledProgram(Program):
    """A compiled step, which writes to what it changes and gives the rows of the history.

    Args:
        whole: One step.
        step: A step, whose inputs have the shapes of all.

    Raises:
        Exception: What the compiler raises.
    """

    def __init__(self, whole: WholeStep, step: PlannedStep) -> None:
        super().__init__(whole, step)
        self._in_place = not hands_on(self.one, len(self.live.tensors))
        self._call = self._compiled(step)

    def count(self, left: int) -> int:
        """All of them."""
        return left

    def make(self, steps: Sequence[PlannedStep]) -> Sequence[Sequence[Tensor]]:
        """Call it once for each."""
        values = self.live.tensors
        rows: list[Sequence[Tensor]] = []
        for step, numbers in zip(steps, self.table(steps), strict=True):
            rows.append(self._made(values, numbers, step))
        return rows

    def tried(self, step: PlannedStep) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Those of copies of the live tensors."""
        values = [tensor.clone() for tensor in self.live.tensors]
        rows = self._made(values, self.table([step])[0], step)
        return values, rows

    def _made(
        self, values: Sequence[Tensor], numbers: Tensor, step: PlannedStep
    ) -> Sequence[Tensor]:
        """Change values by a step; its rows."""
        results = self._call(*values, numbers, *inputs_of(step))
        if self._in_place:
            return results
        for value, after in zip(values, results, strict=False):
            value.copy_(after)
        return results[len(values) :]

    @torch.no_grad()
    def _compiled(self, step: PlannedStep) -> Compute:
        arguments = [tensor.clone() for tensor in self.arguments_of_one(step)]
        if not is_rewritable(self.one):
            return compile_graph(self._written(self.one), arguments)
        if has_templates(arguments[0].dtype):
            module = self._written(fast_products(self.one, laid_out=True))
            try:
                return compile_graph(module, arguments, templates=True)
            except Exception as error:
                warnings.warn(
                    "engine compiled: products are made by torch's library, since those of the "
                    f"compiler failed ({in_words(error)})",
                    EngineFallback,
                    stacklevel=2,
                )
        return compile_graph(self._written(fast_products(self.one)), arguments)

    def _written(self, module: fx.GraphModule) -> fx.GraphModule:
        """Operations that write to the values, where they may."""
        if self._in_place:
            return in_place(module, len(self.live.tensors))
        return module


def hands_on(step: fx.GraphModule, count: int) -> bool:
    """Whether a result of a step is another of its values as it was, or a part of that.

    Were that one written to first, so were the result: Inductor 2.13 leaves out the copy that would
    keep it.

    Args:
        step: From values, numbers and inputs to values and rows.
        count: How many values there are.
    """
    places = [node for node in step.graph.nodes if node.op == "placeholder"]
    results: Any = step.graph.output_node().args[0]
    for position, result in enumerate(results):
        if position < count and result is places[position]:
            continue
        while result.target in HANDED_ON:
            result = result.args[0]
        if result in places[:count]:
            return True
    return False


def in_place(step: fx.GraphModule, count: int) -> fx.GraphModule:
    """A step that writes the values after it to those before, and gives its rows.

    Args:
        step: From values, numbers and inputs to values and rows; it does not hand values on.
        count: How many values there are.
    """
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    results: Any = graph.graph_copy(step.graph, copies)
    places = [node for node in graph.nodes if node.op == "placeholder"]
    for place, result in zip(places[:count], results[:count], strict=True):
        if result is not place:
            graph.call_function(aten.copy_.default, (place, result))
    graph.output(list(results[count:]))
    return fx.GraphModule(step, graph)
