"""What `auto` chooses for recommended recipes, and what each engine would take.

Processor seconds of training seeds together by a model's recipe: what is paid once, compiling with
an empty cache included, and what a step costs, times the steps. Each model and engine is a process
of its own; chunks of steps after the first give the price of a step. Of training alone: commands
pay as much again for their start, scores and figures with every engine.

    OMP_NUM_THREADS=1 taskset -c 0 python tests/benchmarks/engine_choice.py [--models vae gan_r1]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from statistics import median

import torch

from genzoo.data import create_source
from genzoo.models import MODELS, recommended_recipe
from genzoo.training.draws import CHUNK
from genzoo.training.engines import chosen_engine
from genzoo.training.fit import Fit
from genzoo.training.price import compiling_price

ENGINES = ("replay", "compiled")
CHUNKS = 5
"""Timed chunks of steps."""


def processor() -> float:
    """Processor seconds of this process and of all that it has started."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + started.ru_utime + started.ru_stime


def time_one(name: str, source_name: str, seeds: int, engine: str) -> None:
    """Print what is paid once and for a step."""
    torch.set_num_threads(1)
    source = create_source(source_name)
    fit = Fit(
        lambda: MODELS.create(name, source.event_shape),
        source,
        tuple(range(seeds)),
        recommended_recipe(name),
        (),
        device=torch.device("cpu"),
        dtype=torch.float32,
        engine=engine,
    )
    before = processor()
    fit._chunk()
    first = processor() - before
    steps: list[float] = []
    for _ in range(CHUNKS):
        start = time.process_time()
        fit._chunk()
        steps.append((time.process_time() - start) / CHUNK)
    assert fit.engine.name == engine
    print(first - CHUNK * median(steps), median(steps))


def seconds(name: str, source: str, seeds: int, engine: str) -> float:
    """Processor seconds of the training."""
    with tempfile.TemporaryDirectory() as cache:
        words = [sys.executable, __file__, "--models", name, "--source", source]
        words += ["--seeds", str(seeds), "--engine", engine]
        environment = {
            **os.environ,
            "TORCHINDUCTOR_CACHE_DIR": cache,
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
        }
        said = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    once, step = map(float, said.stdout.split()[-2:])
    return once + step * recommended_recipe(name).steps


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="*", default=MODELS.names())
    parser.add_argument("--source", default="ring")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--engine", choices=ENGINES, default=None, help="time one, and no more")
    arguments = parser.parse_args()
    if arguments.engine is not None:
        (name,) = arguments.models
        time_one(name, arguments.source, arguments.seeds, arguments.engine)
        return
    where = f"{arguments.seeds} seeds on {arguments.source}"
    print(f"| recipe, {where} | steps | replay | compiled | auto |")
    print("|---|---:|---:|---:|---|")
    for name in arguments.models:
        recipe = recommended_recipe(name)
        build = partial(MODELS.create, name, create_source(arguments.source).event_shape)
        price = partial(compiling_price, build, recipe, arguments.seeds)
        auto = chosen_engine("auto", recipe.steps, "cpu", price)
        taken = [seconds(name, arguments.source, arguments.seeds, engine) for engine in ENGINES]
        print(
            f"| `{name}` | {recipe.steps:,} | {taken[0]:.1f} | {taken[1]:.1f} | {auto} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
