"""Training steps compiled whole."""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx

from genzoo.errors import EngineFallback
from genzoo.training.compiler import Compute, compile_graph, has_templates
from genzoo.training.products import fast_products
from genzoo.training.program import Program, RefusedError, WholeSteps, inputs_of
from genzoo.training.simplification import is_pure
from genzoo.training.steps import PlannedStep
from genzoo.training.whole_step import WholeStep

aten = torch.ops.aten


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
            raise RefusedError(f"the compiler failed ({_first_line(error)})") from error


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
        self._call = self._compiled(step)

    def count(self, left: int) -> int:
        """All of them."""
        return left

    def make(self, steps: Sequence[PlannedStep]) -> Sequence[Sequence[Tensor]]:
        """Call it once for each."""
        table = self.table(steps)
        rows: list[Sequence[Tensor]] = []
        for step, numbers in zip(steps, table, strict=True):
            rows.append(self._call(*self.live.tensors, numbers, *inputs_of(step)))
        return rows

    def tried(self, step: PlannedStep) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Those of copies of the live tensors."""
        values = [tensor.clone() for tensor in self.live.tensors]
        rows = self._call(*values, self.table([step])[0], *inputs_of(step))
        return values, rows

    @torch.no_grad()
    def _compiled(self, step: PlannedStep) -> Compute:
        arguments = [tensor.clone() for tensor in self.arguments_of_one(step)]
        count = len(self.live.tensors)
        if not is_pure(self.one):
            return compile_graph(in_place(self.one, count), arguments)
        if has_templates(arguments[0].dtype):
            module = in_place(fast_products(self.one, laid_out=True), count)
            try:
                return compile_graph(module, arguments, templates=True)
            except Exception as error:
                warnings.warn(
                    "engine compiled: products are made by torch's library, since those of the "
                    f"compiler failed ({_first_line(error)})",
                    EngineFallback,
                    stacklevel=2,
                )
        return compile_graph(in_place(fast_products(self.one), count), arguments)


def in_place(step: fx.GraphModule, count: int) -> fx.GraphModule:
    """A step that writes the values after it to those before.

    Args:
        step: From values, numbers and inputs to values and rows.
        count: How many values there are.

    Returns:
        From the same to rows.
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


def _first_line(error: Exception) -> str:
    """What an error is, in a few words."""
    words = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {words}"
