"""What the registered GANs reach by their own recipes, and by a long one; writes ../gan_recipes.md.

    python docs/studies/gan_recipes.py [--seeds 8] [--long-seeds 4] [--results gan_recipes.json]

About five core-hours. What the results file holds is not trained again: stopped, it continues; with
more seeds, it adds them. With --page-only the page is written of what there is."""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import genzoo
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.disk import write_text
from genzoo.metrics import METRICS
from genzoo.models import MODELS, recommended_recipe
from genzoo.results.types import FitResult
from genzoo.storage.evaluation import EVALUATION_SAMPLES, model_sample, reference_sample, score
from genzoo.training import Trainer

PAGE = Path(__file__).parents[1] / "gan_recipes.md"
NAMES = [name for name in genzoo.list_models() if "gan" in name or name == "gdpp"]
NAMES.remove("gan")
"""All but `gan`, which is what its options make of it."""
LONG_NAMES = ("gan_r1", "r3gan", "lsgan", "hinge_gan")
SOURCES, LONG_SOURCES = ("grid", "ring"), ("ring:sigma=0.01", "grid")
"""The ring has sigma .05 by default."""
LONG = Recipe(
    steps=25_000,
    batch_size=256,
    learning_rate=1e-3,
    betas=(0.0, 0.99),
    schedule="cosine",
    final_learning_rate=0.02,
    averaging=0.999,
)
STACK = 8
"""Seeds that are trained together."""
METRIC_NAMES = ("published_modes", "modes_captured", "published_high_quality", "kl_modes")

Scores = Mapping[str, Mapping[str, Sequence[float]]]
"""By kind of weights and metric, a number for each seed."""


@dataclass(frozen=True)
class Job:
    """Some seeds of one model on one source."""

    part: str
    source: str
    name: str
    recipe: Recipe
    seeds: tuple[int, ...]

    def key(self, seed: int) -> str:
        """Of one seed in the results file."""
        return json.dumps([self.part, self.source, self.name, seed, self.recipe.to_dict()])

    def on_file(self, done: Mapping[str, Any]) -> list[Mapping[str, Mapping[str, float]]]:
        """The scores of seeds that are there, by kind of weights and metric."""
        return [done[self.key(seed)] for seed in self.seeds if self.key(seed) in done]


def fit(name: str, source: DataSource, seeds: Sequence[int], recipe: Recipe) -> FitResult:
    return Trainer().fit(lambda: MODELS.create(name, source.event_shape), source, seeds, recipe)


def scores_of(job: Job) -> dict[str, dict[str, list[float]]]:
    """NaN for runs that diverged."""
    source = genzoo.create_source(job.source)
    metrics = [METRICS.create(metric) for metric in METRIC_NAMES]
    found: dict[str, dict[str, list[float]]] = {}
    for run in fit(job.name, source, job.seeds, job.recipe).runs:
        reference = reference_sample(source, EVALUATION_SAMPLES, run.seed)
        for kind in run.weights:
            model = run.model_of(kind)
            samples, _ = model_sample(model, source, EVALUATION_SAMPLES, run.seed)
            estimates = score(samples, reference, source, metrics, seed=run.seed, model=model)
            for metric, estimate in estimates.items():
                value = float("nan") if estimate.value is None else estimate.value
                found.setdefault(kind, {}).setdefault(metric, []).append(value)
    return found


def core_seconds(name: str, recipe: Recipe) -> float:
    """Processor time of one seed alone on one thread."""
    source = genzoo.create_source(SOURCES[0])
    start = time.process_time()
    fit(name, source, [0], recipe)
    return time.process_time() - start


def jobs(seeds: int, long_seeds: int) -> list[Job]:
    """In an order in which a part of them says most.

    Few seeds of everything come before more seeds of anything.
    """
    found = []
    for first in range(0, max(seeds, long_seeds), STACK):
        for part, sources, names, count in (
            ("default", SOURCES, NAMES, seeds),
            ("long", LONG_SOURCES, LONG_NAMES, long_seeds),
        ):
            some = tuple(range(first, min(first + STACK, count)))
            if not some:
                continue
            for source in sources:
                for name in names:
                    recipe = LONG if part == "long" else recommended_recipe(name)
                    found.append(Job(part, source, name, recipe, some))
    return found


def measure(wanted: Sequence[Job], path: Path, done: dict[str, Any]) -> None:
    """Train what is not on file, and put it there."""
    for job in wanted:
        missing = replace(job, seeds=tuple(seed for seed in job.seeds if job.key(seed) not in done))
        if missing.seeds:
            found = scores_of(missing)
            for at, seed in enumerate(missing.seeds):
                done[job.key(seed)] = {
                    kind: {m: v[at] for m, v in scores.items()} for kind, scores in found.items()
                }
            write_text(path, json.dumps(done))
            print(job.part, job.source, job.name, missing.seeds, found, flush=True)


def clock(wanted: Sequence[Job], path: Path, done: dict[str, Any]) -> None:
    """Take the times that are not on file, one after the other."""
    for name, recipe in {job.name: job.recipe for job in wanted if job.part == "default"}.items():
        if timed(name) not in done:
            done[timed(name)] = core_seconds(name, recipe)
            write_text(path, json.dumps(done))
            print(timed(name), done[timed(name)], flush=True)


def timed(name: str) -> str:
    return f"{name} alone"


def clocked(part: str, source: str) -> bool:
    """Whether the times were taken there."""
    return (part, source) == ("default", SOURCES[0])


def lines(part: str, source: str, wanted: Sequence[Job], done: Mapping[str, Any]) -> list[str]:
    """The rows of one table."""
    modes = len(genzoo.create_source(source).modes())
    rows = []
    for name in dict.fromkeys(job.name for job in wanted if job.part == part):
        runs = []
        for job in wanted:
            if (job.part, job.source, job.name) == (part, source, name):
                runs += job.on_file(done)
        if not runs:
            continue
        kind = "averaged" if "averaged" in runs[0] else "last"
        values = {metric: [run[kind][metric] for run in runs] for metric in METRIC_NAMES}
        last = {metric: [run["last"][metric] for run in runs] for metric in METRIC_NAMES}
        cells = [f"`{name}`", str(len(values["kl_modes"]))]
        cells += [coverage(values[metric], modes) for metric in METRIC_NAMES[:2]]
        cells.append(f"{fmean(values['published_high_quality']):.3f}")
        cells.append(f"{fmean(values['kl_modes']):z.4f}")
        if kind == "averaged":
            quality = fmean(last["published_high_quality"])
            cells.append(f"{coverage(last['published_modes'], modes)}; {quality:.3f}")
        else:
            cells.append("the same")
        if clocked(part, source):
            cells.append(f"{done[timed(name)]:.0f}" if timed(name) in done else "not taken")
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def coverage(values: Sequence[float], modes: int) -> str:
    """Runs with all modes, and where not all have them, the fewest."""
    full = sum(value == modes for value in values)
    return f"{full}/{len(values)}" + ("" if full == len(values) else f" ({min(values):.0f})")


def page(wanted: Sequence[Job], done: Mapping[str, Any]) -> str:
    made = [job for job in wanted if job.on_file(done)]
    head = (
        "| model | seeds | all modes, one sample | all modes, by mass | within 3 σ | KL(modes) "
        "| last weights |"
    )
    rule = "|---|---:|---:|---:|---:|---:|---:|"
    parts = [HEAD]
    for part, text in (("default", DEFAULT), ("long", LONG_TEXT)):
        parts += [text] if any(job.part == part for job in made) else []
        for source in dict.fromkeys(job.source for job in made if job.part == part):
            cost = (" core-s |", "---:|") if clocked(part, source) else ("", "")
            rows = lines(part, source, made, done)
            parts.append(f"### {source}")
            parts.append("\n".join([head + cost[0], rule + cost[1], *rows]))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--seeds", type=int, default=8)
    words.add_argument("--long-seeds", type=int, default=4)
    words.add_argument("--results", type=Path, default=Path("gan_recipes.json"))
    words.add_argument("--names", nargs="*", default=NAMES, help="train only these")
    words.add_argument(
        "--no-times", action="store_true", help="leave times to a later run on an idle machine"
    )
    words.add_argument("--page-only", action="store_true")
    given = words.parse_args()
    done = json.loads(given.results.read_text(encoding="utf-8")) if given.results.exists() else {}
    wanted = jobs(given.seeds, given.long_seeds)
    if not given.page_only:
        chosen = [job for job in wanted if job.name in given.names]
        measure(chosen, given.results, done)
        if not given.no_times:
            clock(chosen, given.results, done)
    PAGE.write_text(page(wanted, done), encoding="utf-8")


HEAD = """# What the recipes reach

Written by `python docs/studies/gan_recipes.py`, which adds seeds to rows that have few. \
Every registered GAN is
trained on the ring of 8 modes and on the grid of 25, and 2,500 samples of each run are counted \
twice: *one sample* is
the criterion of the papers (a mode counts that is nearest to at least one sample within 3 sigma), \
*by mass* is
genzoo's own (its mass is not significantly below its weight). 3/4 (18) \
says that 3 of 4 runs had all modes, and the
poorest 18. *Within 3 σ* is the share of such samples, .989 for the truth; KL(modes) is in nats, \
about 0 for the truth;
both are means over seeds. Samples come from averaged weights where the recipe averages; \
*last weights* are the runs
with all modes by one sample, and the share within 3 σ, without averaging.
[GANs](gans.md#what-the-recipes-reach) says in words what stands here."""

DEFAULT = """## The recipe of each name

[Models](models.md) gives the recipes. *Core-s* is the processor time of one seed alone on one \
thread, trained on the
grid from first step to last, on a shared machine whose speed changed by a factor of two; \
seeds trained together cost
less. Rows were made with 2 to 16 seeds trained at once, the command trains 8; \
their rounding differs, so figures
repeat within their noise, not to the digit."""

LONG_TEXT = """## A long recipe

25,000 steps of batches of 256, Adam with rate 1e-3 and betas (0, .99), cosine decay to 2 %, \
averaging .999, for nets
of 3 layers of 128."""

if __name__ == "__main__":
    main()
