"""Which defect each metric notices, in 2, 15 and 64 dimensions; writes ../detection.md and its heat maps.

    python docs/studies/detection.py [--workers 2] [--trials 12]

About 35 core-minutes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from cases import modes
from threadpoolctl import threadpool_limits
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import FiniteSource, GaussianModes, SupportsModes
from genzoo.data.mixtures import GaussianMixture
from genzoo.figures import detection_heat_map, save
from genzoo.metrics import METRICS, panel

FOLDER = Path(__file__).parents[1]
DIMENSIONS = (2, 15, 64)
ROWS = 2_500
NULL_TRIALS = 39
"""Sound samples: a further one lies outside their range in 2 of 40 trials."""
MODES = 10


class Measured(FiniteSource, SupportsLogProb, SupportsModes):
    """As many training rows as held-out ones, drawn from a mixture whose density and modes are known."""

    def __init__(self, law: GaussianMixture, generator: torch.Generator) -> None:
        self.law = law
        self.event_shape = law.event_shape
        self._train, self._holdout = (law.sample(ROWS, generator=generator) for _ in range(2))

    @property
    def train(self) -> Batch:
        return self._train

    @property
    def holdout(self) -> Batch:
        return self._holdout

    def modes(self) -> GaussianModes:
        return self.law.modes()

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        return self.law.log_prob(x)


Defect = Callable[[Measured, torch.Generator], Tensor]


def sound(source: Measured, generator: torch.Generator) -> Tensor:
    return source.law.sample(ROWS, generator=generator).x


def reweighted(*weights: float) -> Defect:
    """The first modes with other weights; each of the rest keeps weight 1."""

    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        found = source.law.modes()
        every = torch.ones(MODES, dtype=torch.float64)
        every[: len(weights)] = torch.tensor(weights, dtype=torch.float64)
        kept = every > 0
        law = GaussianMixture(every[kept], found.locations[kept], found.covariances[kept])
        return law.sample(ROWS, generator=generator).x

    return draw


def widened(factor: float) -> Defect:
    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        found = source.law.modes()
        law = GaussianMixture(found.weights, found.locations, factor**2 * found.covariances)
        return law.sample(ROWS, generator=generator).x

    return draw


def lines(source: Measured, generator: torch.Generator) -> Tensor:
    """Each mode collapsed to its first axis."""
    x = sound(source, generator)
    centres = source.law.modes().locations[source.law.modes().assign(x)].to(x)
    offset = x - centres
    offset[:, 1:] = 0
    return centres + offset


def bridges(source: Measured, generator: torch.Generator) -> Tensor:
    """One sample in twenty lies between two modes."""
    x = sound(source, generator)
    locations = source.law.modes().locations.to(x)
    count = ROWS // 20
    ends = torch.rand(count, MODES, generator=generator).argsort(dim=1)[:, :2]
    along = torch.rand(count, 1, generator=generator)
    x[:count] = along * locations[ends[:, 0]] + (1 - along) * locations[ends[:, 1]]
    return x


def copies(share: float) -> Defect:
    def draw(source: Measured, generator: torch.Generator) -> Tensor:
        x = sound(source, generator)
        count = int(share * ROWS)
        x[:count] = source.train.x[torch.randint(ROWS, (count,), generator=generator)]
        return x

    return draw


def shifted(source: Measured, generator: torch.Generator) -> Tensor:
    """Everything moved by half a standard deviation along the first axis."""
    x = sound(source, generator)
    x[:, 0] += 0.5
    return x


DEFECTS: dict[str, Defect] = {
    "a mode missing": reweighted(0.0),
    "a mode at half weight": reweighted(0.5),
    "modes sd x.8": widened(0.8),
    "modes sd x1.1": widened(1.1),
    "modes are lines": lines,
    "5 % between modes": bridges,
    "shift of half a sd": shifted,
    "half are copies": copies(0.5),
}


def trial(dimension: int, defect: str, repeat: int) -> dict[str, float]:
    """The values of all metrics on one sample."""
    torch.set_num_threads(1)
    generator = stream(repeat, f"detection {dimension} {defect}")
    source = Measured(modes(dimension, MODES), generator)
    samples = DEFECTS.get(defect, sound)(source, generator)
    evidence = Evidence(samples, source.holdout.x, source, seed=repeat)
    with threadpool_limits(1):
        found = {metric.name: metric(evidence).value for metric in panel("standard")}
    return {name: float("nan") if value is None else value for name, value in found.items()}


def shares(null: list[dict[str, float]], found: list[dict[str, float]], metric: str) -> float:
    """Share of trials outside the range of the sound ones; NaN where the metric has no value."""
    sound_values = np.array([values[metric] for values in null])
    values = np.array([values[metric] for values in found])
    if np.isnan(sound_values).all():
        return float("nan")
    outside = (values < np.nanmin(sound_values)) | (values > np.nanmax(sound_values)) | np.isnan(values)
    return float(outside.mean())


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--trials", type=int, default=12)
    given = words.parse_args()
    parts, start = [HEAD.format(trials=given.trials)], time.monotonic()
    with ProcessPoolExecutor(given.workers) as pool:
        for dimension in DIMENSIONS:
            null = [pool.submit(trial, dimension, "none", repeat) for repeat in range(NULL_TRIALS)]
            waiting = {
                defect: [pool.submit(trial, dimension, defect, repeat) for repeat in range(given.trials)]
                for defect in DEFECTS
            }
            null_values = [each.result() for each in null]
            found = {defect: [each.result() for each in each_trial] for defect, each_trial in waiting.items()}
            parts.append(section(dimension, null_values, found))
            print(f"{dimension}-D done, {time.monotonic() - start:.0f} s", flush=True)
    (FOLDER / "detection.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def section(dimension: int, null: list[dict[str, float]], found: dict[str, list[dict[str, float]]]) -> str:
    """Heat map and table of one dimension."""
    table = {name: [shares(null, found[defect], name) for defect in DEFECTS] for name in null[0]}
    table = {name: row for name, row in table.items() if not np.isnan(row).all()}
    labels = [METRICS.create(name).label for name in table]
    figure = detection_heat_map(
        list(table.values()),
        labels,
        list(DEFECTS),
        title=f"What each metric notices in {dimension} dimensions",
        caption=f"Share of trials outside the range of {NULL_TRIALS} sound samples; 5 % is chance.",
    )
    picture = save(figure, FOLDER / "studies" / f"detection_{dimension}d", dpi=120)[0]
    head = "| metric | " + " | ".join(DEFECTS) + " |\n|---|" + "---:|" * len(DEFECTS)
    rows = [
        f"| `{name}` | " + " | ".join("n/a" if np.isnan(share) else f"{share:.0%}" for share in row) + " |"
        for name, row in table.items()
    ]
    return "\n".join(
        [
            f"## {dimension} dimensions",
            "",
            f"![Share of trials in which each metric notices each defect](studies/{picture.name})",
            "",
            head,
            *rows,
        ]
    )


HEAD = """# What each metric notices

Written by `python docs/studies/detection.py`. No metric sees every failure, and the cheap ones are blind to some of
the worst. The data are 10 unit Gaussian modes, the nearest two 10 apart (on a circle in 2-D), 2,500 training rows and
as many held out; a model's sample of 2,500 has one defect at a time.

Each number is the share of {trials} trials in which the metric's value lay outside the range of 39 sound samples: a
metric that sees nothing scores about 5 %, one that always sees 100 %. Data, sample and reference are drawn afresh in
each trial."""


if __name__ == "__main__":
    main()
