"""Tables such as people have, made by formula, and samples that differ from them in one way."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.stats import norm, poisson

from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import ArraySource

LATENT = 0.3
"""Share of the variance of every column that is common to all."""
KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "measure": lambda z: 170 + 9 * z,
    "amount": lambda z: np.exp(6 + 2.5 * z),
    "years": lambda z: np.round(45 + 15 * z),
    "count": lambda z: poisson.ppf(norm.cdf(z), 3),
    "yes/no": lambda z: (z > norm.isf(0.3)).astype(float),
    "mostly zero": lambda z: np.where(z > norm.isf(0.08), np.exp(8 + z), 0.0),
    "constant": lambda z: np.full_like(z, 5.0),
}
"""Columns as functions of standard normal numbers."""
TABLES = {
    "amount": ("amount",),
    "people": ("measure", "years", "amount"),
    "ties": ("yes/no", "count", "years"),
    "mixed": (
        "measure",
        "amount",
        "years",
        "count",
        "yes/no",
        "mostly zero",
        "constant",
        *2 * ("measure", "amount", "yes/no", "count"),
    ),
    "wide": ("constant", *99 * ("measure",)),
    "pictures": 784 * ("measure",),
}


def draw(table: str, n: int, random: np.random.Generator) -> np.ndarray:
    kinds = TABLES[table]
    common = random.standard_normal((n, 1))
    z = np.sqrt(LATENT) * common + np.sqrt(1 - LATENT) * random.standard_normal((n, len(kinds)))
    return np.stack([KINDS[kind](z[:, at]) for at, kind in enumerate(kinds)], axis=1)


def places(table: str, kind: str) -> list[int]:
    return [at for at, each in enumerate(TABLES[table]) if each == kind]


Change = Callable[[str, np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""From the table's name, samples, training rows and a generator to samples that differ in one way.
"""


def nothing(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    return y


def small_amounts(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    at = places(table, "amount")[0]
    y[:, at] = np.where(y[:, at] < np.exp(6 + 2.5 * 1.28), y[:, at] / 20, y[:, at])
    return y


def shifted(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    y[:, places(table, "measure")[0]] += 18.0
    return y


def brighter(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    return y + 4.5


def other_shares(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    at = places(table, "yes/no")[0]
    y[:, at] = np.where(random.random(len(y)) < 0.3, 1.0, y[:, at])
    return y


def fractions(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    at = places(table, "years")[0]
    y[:, at] += random.random(len(y)) - 0.5
    return y


def independent(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    return random.permuted(y, axis=0)


def noisy_constant(
    table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    at = places(table, "constant")[0]
    y[:, at] += 0.1 * random.standard_normal(len(y))
    return y


def copied(table: str, y: np.ndarray, train: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count = len(y) // 5
    y[:count] = train[random.choice(len(train), count, replace=False)]
    return y


GLITCH = 1e5
CASES: dict[str, tuple[str, int, bool, Change]] = {
    **{
        f"{table}, {rows:,} rows": (table, rows, False, nothing)
        for table, sizes in {
            "amount": (25, 400),
            "people": (100, 400, 2_000, 10_000),
            "ties": (400, 2_000),
            "mixed": (100, 400, 2_000),
            "wide": (100, 400, 2_000),
            "pictures": (25, 100, 400),
        }.items()
        for rows in sizes
    },
    "people with a glitch, 2,000 rows": ("people", 2_000, True, nothing),
    "nine in ten amounts / 20, 400 rows of people": ("people", 400, False, small_amounts),
    "nine in ten amounts / 20, 10,000 rows of people": ("people", 10_000, False, small_amounts),
    "nine in ten amounts / 20, 2,000 mixed rows": ("mixed", 2_000, False, small_amounts),
    "2 sd beside a glitch, 2,000 rows of people": ("people", 2_000, True, shifted),
    "2 sd in one of 100 columns, 2,000 rows": ("wide", 2_000, False, shifted),
    "half a sd in all pixels, 400 pictures": ("pictures", 400, False, brighter),
    "half of the yes/no's moved, 2,000 rows of ties": ("ties", 2_000, False, other_shares),
    "years with fractions, 2,000 rows of ties": ("ties", 2_000, False, fractions),
    "columns independent, 2,000 mixed rows": ("mixed", 2_000, False, independent),
    "noise on a constant column, 400 mixed rows": ("mixed", 400, False, noisy_constant),
    "a fifth copied, 2,000 rows of people": ("people", 2_000, False, copied),
}
"""Name: table, rows of the file, whether one of its cells is wrong, what is wrong with the samples.
"""
EQUAL = [name for name, case in CASES.items() if case[3] is nothing]
DIFFERENT = [name for name in CASES if name not in EQUAL]


def evidence_of(case: str, repeat: int) -> Evidence:
    """A file, halved as `evaluate` does it, and as many samples as there are real examples."""
    table, rows, wrong_cell, change = CASES[case]
    random = np.random.default_rng([repeat, *case.encode()])
    x = draw(table, rows, random)
    if wrong_cell:
        x[random.integers(rows), 0] = GLITCH
    source = ArraySource(x.astype(np.float32))
    reference = real_sample(source, rows, generator=stream(repeat, "real"))[0].x
    train = source.train.x.double().numpy()
    samples = change(table, draw(table, len(reference), random), train, random)
    return Evidence(torch.from_numpy(samples.astype(np.float32)), reference, source, seed=repeat)
