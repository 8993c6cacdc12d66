"""Training steps as a captured CUDA graph: state in place, inputs in fixed buffers.

A graph is a list of kernels on fixed addresses that the GPU runs by itself. Python and the launch
of each kernel, which cost more than the arithmetic of small networks, are paid once.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from genzoo.training.program import Program, RefusedError, WholeSteps, in_words, inputs_of
from genzoo.training.steps import PlannedStep
from genzoo.training.whole_step import WholeStep

STEPS = 8
"""Steps in the larger of the two graphs; the other has one."""
WARM_UPS = 3
"""Calls before the capture, in which libraries choose kernels and take their memory."""


class Graph(Protocol):
    """What was captured."""

    def replay(self) -> None:
        """Do it again, on the same tensors."""


class CudaGraph:
    """Kernels captured from a call, as torch's notes on CUDA graphs ask for it.

    The call is warmed up on a stream that is not the default one, and captured on the same. It must
    neither wait for the GPU nor read or write any tensor but those that outlast the graph and those
    that it makes itself, whose memory belongs to the graph. It draws no numbers, so no generator
    has to be registered with the graph.

    Args:
        call: What is captured.
        device: The GPU.
    """

    def __init__(self, call: Callable[[], None], device: torch.device) -> None:
        self._device = device
        cuda: Any = torch.cuda
        with torch.cuda.device(device):
            stream = cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(WARM_UPS):
                    call()
            torch.cuda.current_stream().wait_stream(stream)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=stream):
                call()

    def replay(self) -> None:
        """Launch all kernels at once."""
        with torch.cuda.device(self._device):
            self._graph.replay()


class PlainCall:
    """The same without a GPU: the call itself. By it the rest is tested everywhere.

    Args:
        call: What is called.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self.replay = call
        for _ in range(WARM_UPS):
            call()


def captured(call: Callable[[], None], device: torch.device) -> Graph:
    """A call as a graph where there are graphs; it is made a few times to warm up."""
    if device.type == "cuda":
        return CudaGraph(call, device)
    return PlainCall(call)


class Captured(WholeSteps):
    """Replays captured steps."""

    kind = "captured"

    def program(self, whole: WholeStep, step: PlannedStep) -> Program:
        """Capture steps.

        Raises:
            RefusedError: When an operation cannot be captured.
        """
        try:
            return CapturedProgram(whole, step)
        except Exception as error:
            raise RefusedError(f"the steps cannot be captured ({in_words(error)})") from error


class CapturedProgram(Program):
    """Two graphs, one of several steps and one of a single step, on the live tensors.

    Args:
        whole: One step.
        step: A step, whose inputs have the shapes of all.

    Raises:
        Exception: What fails in the capture.
    """

    def __init__(self, whole: WholeStep, step: PlannedStep) -> None:
        super().__init__(whole, step)
        device = self.live.tensors[0].device
        self._numbers = self.table([step]).repeat(STEPS, 1)
        self._inputs: list[list[Tensor]] = []
        for _ in range(STEPS):
            self._inputs.append([tensor.clone() for tensor in inputs_of(step)])
        with torch.no_grad():
            results = self.one(*self.arguments_of_one(step))
            rows = results[len(self.live.tensors) :]
            self._rows = [torch.stack([row] * STEPS) for row in rows]
            self._graphs: dict[int, Graph] = {}
            for size in (STEPS, 1):
                with self._restored():
                    self._graphs[size] = captured(partial(self._steps, size), device)

    def count(self, left: int) -> int:
        """The steps of the larger graph where there are as many, else one."""
        return STEPS if left >= STEPS else 1

    def make(self, steps: Sequence[PlannedStep]) -> Sequence[Sequence[Tensor]]:
        """Fill the buffers, replay, and take the rows out."""
        size = len(steps)
        self._numbers[:size].copy_(self.table(steps))
        buffers: list[Tensor] = []
        inputs: list[Tensor] = []
        for own, step in zip(self._inputs, steps, strict=False):
            buffers += own
            inputs += inputs_of(step)
        torch._foreach_copy_(buffers, inputs)
        self._graphs[size].replay()
        # The next replay writes over them.
        taken_out = [rows[:size].clone() for rows in self._rows]
        return [[rows[k] for rows in taken_out] for k in range(size)]

    def tried(self, step: PlannedStep) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Make it, and put the live tensors back."""
        with self._restored():
            (rows,) = self.make([step])
            return [tensor.clone() for tensor in self.live.tensors], rows

    def _steps(self, size: int) -> None:
        """So many steps in place; this is what is captured."""
        live = self.live.tensors
        for k in range(size):
            results = self.one(*live, self._numbers[k], *self._inputs[k])
            after = results[: len(live)]
            changed = [i for i, tensor in enumerate(live) if after[i] is not tensor]
            torch._foreach_copy_([live[i] for i in changed], [after[i] for i in changed])
            for rows, row in zip(self._rows, results[len(live) :], strict=True):
                rows[k].copy_(row)

    @contextlib.contextmanager
    def _restored(self) -> Iterator[None]:
        """The live tensors are put back."""
        before = [tensor.clone() for tensor in self.live.tensors]
        try:
            yield
        finally:
            torch._foreach_copy_(self.live.tensors, before)
