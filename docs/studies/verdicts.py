"""How often verdicts are wrong, and how small a defect they name; writes ../verdict_rates.md.

    python docs/studies/verdicts.py [--workers 2] [--files 8] [--seeds 40] [--repeats 1000]

About 40 core-minutes. Scores are kept in build/studies: a second run reads them and adds what is
missing."""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from repeats import repeated
from threadpoolctl import threadpool_limits
from torch import Tensor

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, FiniteSource, SupportsModes
from genzoo.data import ArraySource, create_source
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.experiment import Experiment, Problem
from genzoo.experiment.rows import as_scores
from genzoo.experiment.tables import case_of
from genzoo.metrics import panel
from genzoo.results.types import Score
from genzoo.results.verdict import Verdict
from genzoo.statistics.verdict import reach_verdict
from genzoo.storage.evaluation import reference_sample, score

PAGE = Path(__file__).parents[1] / "verdict_rates.md"
N = 2_500
EQUAL = 12
"""Equal models at each seed; comparisons of fewer take some of them."""
SOUND = 3
"""Sound models beside a defective one."""
FIELD = 10
"""Seeds of a comparison with a defective model."""
KEPT = (
    "model",
    "metric",
    "value",
    "standard_error",
    "n",
    "estimator",
    "bound",
    "null",
    "ceiling",
    "reason",
)
"""What is kept of a score."""
RANKING = ("closest", "good", "covering")
CLUSTERS, COLUMNS = 8, 6

Row = Callable[[Tensor, Tensor, np.random.Generator], Tensor]
"""Makes the samples of a row from fresh draws of the law, training rows and randomness."""


def table_law(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows of eight clusters in six columns of different units, and the cluster of each."""
    centres = np.random.default_rng(6).normal(size=(CLUSTERS, COLUMNS)) * 4
    which = random.integers(CLUSTERS, size=n)
    units = np.array([1.0, 10.0, 0.1, 100.0, 1.0, 1000.0])
    return (centres[which] + random.normal(size=(n, COLUMNS))) * units, which


@cache
def table(file: int) -> ArraySource:
    """A file of 15,000 rows, two thirds of them held out."""
    rows, _ = table_law(15_000, np.random.default_rng([1, file]))
    return ArraySource(rows, holdout=2 / 3)


def ring_draws(seed: int) -> tuple[Tensor, Tensor]:
    """Fresh draws of the ring, many times as many as are needed, and their modes."""
    ring = create_source("ring")
    assert isinstance(ring, SupportsModes)
    x = ring.sample(12 * N, generator=stream(seed, "study draws")).x
    return x, ring.modes().assign(x)


def table_draws(seed: int) -> tuple[Tensor, Tensor]:
    """The same of the law of the table."""
    rows, which = table_law(12 * N, np.random.default_rng([2, seed]))
    return torch.from_numpy(rows.astype(np.float32)), torch.from_numpy(which)


def starved(
    x: Tensor, which: Tensor, modes: int, kept: float, random: np.random.Generator
) -> Tensor:
    """Draws in which this many modes keep this share of their mass."""
    stays = (which.numpy() >= modes) | (random.uniform(size=len(x)) < kept)
    return x[torch.from_numpy(stays)][:N]


def widened(x: Tensor, which: Tensor, factor: float) -> Tensor:
    """Draws whose modes are wider by a factor."""
    x, which = x[:N], which[:N]
    means = torch.stack([x[which == k].mean(0) for k in range(int(which.max()) + 1)])
    return means[which] + factor * (x - means[which])


def copied(x: Tensor, train: Tensor, share: float, random: np.random.Generator) -> Tensor:
    """Draws of which a share is training rows."""
    count = round(share * N)
    rows = train[torch.from_numpy(random.choice(len(train), count, replace=False))]
    return torch.cat([rows, x[: N - count]])


LOST = {"half of a mode lost": (1, 0.5), "a mode lost": (1, 0.0), "2 of 8 modes lost": (2, 0.0)}
WIDE = {"sd x1.1": 1.1, "sd x1.2": 1.2, "sd x1.5": 1.5}
COPIED = {"2 % copied": 0.02, "5 % copied": 0.05, "10 % copied": 0.1, "20 % copied": 0.2}
SMALL_LOST = {
    "a fifth of a mode lost": (1, 0.8),
    "three tenths of a mode lost": (1, 0.7),
    "0.7 of a mode lost": (1, 0.3),
}
SMALL_WIDE = {"sd x1.03": 1.03, "sd x1.06": 1.06, "sd x1.13": 1.13, "sd x1.16": 1.16}
SMALL_COPIED = {"0.2 % copied": 0.002, "0.5 % copied": 0.005, "1 % copied": 0.01}
"""Smaller sizes, scored at fewer seeds."""
FULL = {*LOST, *WIDE, *COPIED}
DEFECTS = (
    dict(sorted((LOST | SMALL_LOST).items(), key=lambda item: item[1][0] * (1 - item[1][1]))),
    dict(sorted((WIDE | SMALL_WIDE).items(), key=lambda item: item[1])),
    dict(sorted((COPIED | SMALL_COPIED).items(), key=lambda item: item[1])),
)
SMALL_SEEDS = {"ring": 20, "table": 20}
NAMED_BY = {
    **dict.fromkeys(DEFECTS[0], ("covering", "closest")),
    **dict.fromkeys(DEFECTS[1], ("good", "closest")),
}
NAMED_BY |= dict.fromkeys(DEFECTS[2], ("copying",))
"""The answers that may name a defect: a model is named that an answer counts among the wanting."""


def rows_of(source: DataSource, seed: int, small: bool) -> dict[str, Tensor]:
    """The samples of every row at a seed: equal models, and defective ones; no controls.

    `small` takes the smaller defects.
    """
    lost, wide, copies = (SMALL_LOST, SMALL_WIDE, SMALL_COPIED) if small else (LOST, WIDE, COPIED)
    equal = range(SOUND if small else EQUAL)
    draws, which = table_draws(seed) if isinstance(source, FiniteSource) else ring_draws(seed)
    random = np.random.default_rng([3, seed])
    order = torch.from_numpy(random.permutation(len(draws)))
    rows = {}
    for k in equal:
        if isinstance(source, FiniteSource):
            rows[f"equal {k}"] = table_draws(1000 * (k + 1) + seed)[0][:N]
        else:
            rows[f"equal {k}"] = source.sample(N, generator=stream(seed, f"equal {k}")).x
    x, which = draws[order], which[order]
    rows |= {name: starved(x, which, *how, random) for name, how in lost.items()}
    rows |= {name: widened(x, which, how) for name, how in wide.items()}
    if isinstance(source, FiniteSource):
        rows |= {name: copied(x, source.train.x, share, random) for name, share in copies.items()}
    return rows


@cache
def experiment_of(kind: str, file: int = 0) -> Experiment:
    """What is measured on the ring or on a table."""
    source = create_source("ring") if kind == "ring" else table(file)
    return Experiment([], [Problem("source", source, {})], [0], panel("quick", source), n=N)


def seed_scores(kind: str, small: bool, index: int) -> list[list]:
    """All scores at a seed of the ring, or of a table: ten seeds of each file."""
    torch.set_num_threads(1)
    experiment = experiment_of(kind, 0 if kind == "ring" else index // FIELD)
    (problem,) = experiment.problems
    source = problem.source
    seed = index if kind == "ring" else index % FIELD
    reference = reference_sample(source, N, seed)
    rows = rows_of(source, index, small)
    n = len(reference.x)
    for name in experiment.controls_on(problem):
        rows[name] = CONTROLS[name](source, n, seed).x
    made = []
    with threadpool_limits(1):
        for row, samples in rows.items():
            drawn = Batch(samples[:n])
            estimates = score(drawn, reference, source, experiment.metrics, seed=seed)
            made += as_scores(row, "source", seed, estimates, experiment)
    return [[getattr(one, field) for field in KEPT] for one in made]


def compared(
    kind: str, pool: Sequence[Sequence[list]], rows: Sequence[dict[str, str]], models: Sequence[str]
) -> Verdict:
    """The verdict on models; `rows` says for each seed which stored row stands for which model."""
    scores = []
    for seed, (stored, names) in enumerate(zip(pool, rows, strict=True)):
        for one in stored:
            fields = dict(zip(KEPT, one, strict=True))
            row = names.get(fields.pop("model"))
            if row is not None:
                scores.append(Score(row, "source", seed=seed, **fields))
    experiment = experiment_of(kind)
    case = case_of(experiment, experiment.problems[0], scores, {})
    return reach_verdict(replace(case, models=list(models)))


CONTROL_NAMES = {name: name for name in ("oracle", "single_mode", "noisy_oracle")}


def equal_models(kind: str, pool: list, models: int, seeds: int, repeat: int) -> list[str]:
    """Which questions call equal models different.

    Labels are dealt anew at each seed, as nothing tells the models apart.
    """
    random = np.random.default_rng([models, seeds, repeat])
    chosen = pick(kind, len(pool), seeds, random)
    dealt = []
    for _ in chosen:
        order = random.permutation(EQUAL)[:models]
        dealt.append({f"equal {k}": f"m{at}" for at, k in enumerate(order)} | CONTROL_NAMES)
    verdict = compared(kind, [pool[at] for at in chosen], dealt, [f"m{at}" for at in range(models)])
    claims = [question for question in RANKING if differs(verdict, question, models)]
    return claims + [f"{a.question} wanting" for a in verdict.answers if a.wanting]


def differs(verdict: Verdict, question: str, models: int) -> bool:
    """Whether an answer calls any two models different."""
    answer = verdict.answer(question)
    if answer.standing == "lead":
        return len(answer.leaders) < models
    return answer.standing == "best" or "is better than it" in answer.sentence


def pick(kind: str, size: int, seeds: int, random: np.random.Generator) -> list[int]:
    """Seeds of a comparison: any of the ring's, those of one file of a table."""
    if kind == "ring":
        return random.choice(size, seeds, replace=False).tolist()
    file = random.integers(size // FIELD)
    return (FIELD * file + random.choice(FIELD, seeds, replace=False)).tolist()


def planted(kind: str, pool: list, defect: str, repeat: int) -> tuple[bool, bool]:
    """Whether a defective model among sound ones is named, and whether a sound one is."""
    random = np.random.default_rng([7, repeat, *defect.encode()])
    chosen = pick(kind, len(pool), FIELD, random)
    names = [f"m{at}" for at in range(SOUND)]
    dealt = []
    for _ in chosen:
        order = random.permutation(EQUAL if defect in FULL else SOUND)[:SOUND]
        hand = {f"equal {k}": name for k, name in zip(order, names, strict=True)}
        dealt.append(hand | CONTROL_NAMES | {defect: defect})
    verdict = compared(kind, [pool[at] for at in chosen], dealt, [*names, defect])
    asked = [verdict.answer(question) for question in NAMED_BY[defect]]
    blamed = {row for answer in verdict.answers for row in answer.wanting}
    return any(defect in answer.wanting for answer in asked), bool(blamed & set(names))


def level_line(kind: str, pool: list, repeats: int, size: tuple[int, int]) -> str:
    """How often so many equal models over so many seeds are called different."""
    models, seeds = size
    found: Counter = Counter()
    for repeat in range(repeats):
        claims = equal_models(kind, pool, models, seeds, repeat)
        found.update(claims)
        found["any"] += any(claim in RANKING for claim in claims)
        found["wanting"] += any("wanting" in claim for claim in claims)
    cells = " | ".join(f"{found[key] / repeats:.1%}" for key in (*RANKING, "any", "wanting"))
    return f"| {models} | {seeds} | {cells} |"


def power_line(kind: str, repeats: int, pool: list, defect: str) -> str:
    """How often a defect is named, and how often a sound model beside it is."""
    found = [planted(kind, pool, defect, repeat) for repeat in range(repeats)]
    hits, false = (sum(values) for values in zip(*found, strict=True))
    return f"| {defect} | {hits / repeats:.1%} | {false / repeats:.1%} |"


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--files", type=int, default=8)
    words.add_argument("--seeds", type=int, default=40)
    words.add_argument("--repeats", type=int, default=1_000)
    words.add_argument("--planted", type=int, default=300)
    given = words.parse_args()
    start = time.monotonic()
    head = HEAD.format(
        seeds=given.seeds,
        files=given.files,
        repeats=given.repeats,
        planted=given.planted,
    )
    parts = [head]
    with ProcessPoolExecutor(given.workers) as executor:
        for kind, wanted in (("ring", given.seeds), ("table", FIELD * given.files)):
            scores = partial(seed_scores, kind, False)
            pool = repeated(f"verdict scores {kind}", scores, wanted, executor)
            scores = partial(seed_scores, kind, True)
            few = repeated(f"verdict sizes {kind}", scores, SMALL_SEEDS[kind], executor)
            print(f"{kind}: scores, {time.monotonic() - start:.0f} s", flush=True)
            levels = executor.map(partial(level_line, kind, pool, given.repeats), SIZES)
            parts += [f"## {TITLES[kind]}", LEVEL_HEAD, *levels, "", POWER_HEAD]
            for sizes in DEFECTS[: 2 if kind == "ring" else 3]:
                pools = [pool if name in FULL else few for name in sizes]
                parts += executor.map(partial(power_line, kind, given.planted), pools, sizes)
            parts.append("")
            print(f"{kind}: done, {time.monotonic() - start:.0f} s", flush=True)
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


SIZES = [(models, seeds) for models in (12, 5, 2) for seeds in (3, 6, 10)]
TITLES = {
    "ring": "The ring: a known density, eight modes",
    "table": "A table of six columns: samples only",
}
LEVEL_HEAD = """
Equal models. Share of comparisons in which an answer calls any two of them different, \
by question; in which any of the
three does; and in which any model is called wanting on any question.

| models | seeds | closest | good | covering | any question | wanting |
|---:|---:|---:|---:|---:|---:|---:|"""
POWER_HEAD = """Three sound models and one with a defect, 10 seeds. *Named*: \
an answer to the question of the defect
counts the model among those that are wanting. *Sound one named*: \
some answer says so of a sound model.

| defect | named | sound one named |
|---|---:|---:|"""
HEAD = """# How often a verdict is wrong

Written by `python docs/studies/verdicts.py`. [The rules](verdict.md) \
are tried where the truth is known: samples are
fresh draws of the law (equal models), or draws with one defect, 2,500 at each seed, \
scored by the quick panel against
a real sample of 2,500. {repeats:,} comparisons for each line of equal models, \
{planted:,} for each defect.

Scores are made once: at {seeds} seeds of the ring, and at ten seeds of each of {files} files of \
15,000 rows (eight
clusters in six columns of different units). A comparison takes some of these seeds, \
all of one file; labels of equal
models are dealt anew at each seed, as nothing distinguishes them, \
so that shares of *different* are right up to chance
(1.4 % of 5 %). The other shares have no more independent parts than there are seeds and files;
defects of the sizes between were scored at 20 seeds and at 2 files.

Sign flips of ten seeds give p-values in steps of 1/512: \
one pair is called different in at most 25/512 = 4.9 % of
comparisons, and so is any pair of a family. With three seeds nothing is ranked.
"""


if __name__ == "__main__":
    main()
