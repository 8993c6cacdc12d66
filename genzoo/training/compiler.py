"""Graphs of operations as machine code, by Inductor, torch's compiler."""

import hashlib
import importlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx
from torch._guards import TracingContext, tracing
from torch._subclasses import FakeTensorMode

Compute = Callable[..., Sequence[Tensor]]

SCRIPT = '#!/bin/sh\nexec {compiler} "$@" {parameters}\n'
PARAMETERS = (
    "early-inlining-insns=10000",
    "max-inline-insns-single=50000",
    "max-inline-insns-auto=5000",
    "large-function-growth=10000",
    "large-stack-frame-growth=100000",
    "inline-unit-growth=1000",
)
"""Limits of GCC. With its own it keeps the sums of a product in memory, and takes twice as long."""
TEMPLATES = {
    "max_autotune_gemm": True,
    # One way leaves nothing to be timed: what is compiled must not follow from a clock.
    "max_autotune_gemm_backends": "CPP",
    # Inductor 2.13 fails where what it would join to a product is not all that needs the product.
    "epilogue_fusion": False,
}
"""Products from templates of the compiler, in the place of calls of a library."""
CHEAP_TANH = "use_decompose_tanh"
"""Tanh from one exponential function, right to 2e-7, in a third of the time."""


def has_compiler() -> bool:
    """Whether there is a C++ compiler, where torch looks for one."""
    return shutil.which(_compiler()) is not None


def has_templates(dtype: torch.dtype) -> bool:
    """Whether products are faster from templates: where processors take 16 numbers at once.

    Elsewhere the library that torch calls is at least as fast. It is made for Intel's processors,
    and takes no more than 8 on those of AMD.

    Args:
        dtype: Of the numbers; there are templates for single precision.
    """
    if dtype != torch.float32:
        return False
    isa = importlib.import_module("torch._inductor.cpu_vec_isa")
    return isinstance(isa.pick_vec_isa(), isa.VecAVX512)


def compile_graph(
    module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
) -> Compute:
    """A module as machine code, for arguments of these shapes and types.

    It is called without the guards of `torch.compile`, since these never change.

    Args:
        module: Operations of tensors.
        arguments: What it is called with; only shapes and types are read.
        templates: Whether products are made from templates; see `has_templates`.
    """
    # Loading the compiler takes seconds.
    inductor = importlib.import_module("torch._inductor")
    shapes = importlib.import_module("torch.fx.experimental.symbolic_shapes")
    # Only where sizes might be symbols does torch look into its cache of compiled graphs on disk.
    mode = FakeTensorMode(shape_env=shapes.ShapeEnv(assume_static_by_default=True))
    fixed = [mode.from_tensor(tensor, static_shapes=True) for tensor in arguments]
    with tracing(TracingContext(mode)):
        compute: Compute = inductor.compile(module, fixed, options=_options(templates))
    return compute


def _options(templates: bool) -> dict[str, Any]:
    config = importlib.import_module("torch._inductor.config")
    options: dict[str, Any] = {}
    if CHEAP_TANH in vars(config.cpp):
        options[f"cpp.{CHEAP_TANH}"] = True
    if templates:
        options.update(TEMPLATES)
        compiler = _compiler()
        if "g++" in compiler and "clang" not in compiler:
            options["cpp.cxx"] = (None, str(_inlining(compiler)))
    return options


def _compiler() -> str:
    return os.environ.get("CXX", "g++")


def _inlining(compiler: str) -> Path:
    """A script beside what torch compiles, that calls GCC with `PARAMETERS`.

    Inductor takes no arguments for its compiler, but any program for one. It knows GCC by the name.
    """
    cache = importlib.import_module("torch._inductor.codecache")
    parameters = " ".join(f"--param={parameter}" for parameter in PARAMETERS)
    path = shlex.quote(shutil.which(compiler) or compiler)
    text = SCRIPT.format(compiler=path, parameters=parameters)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    script = Path(cache.cache_dir()) / f"genzoo-{digest}-g++"
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        # Others may be looking for it, and writing it: it is there whole, or not at all.
        with tempfile.NamedTemporaryFile("w", dir=script.parent, delete=False) as own:
            own.write(text)
        Path(own.name).chmod(0o755)
        Path(own.name).replace(script)
    return script
