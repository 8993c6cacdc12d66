"""What scoring costs: the stack's trees, the Frechet distance, and what rows at one seed share.

Processor seconds, the smallest of a few rounds, each beside a reference in the same process: the
trees beside scikit-learn's `HistGradientBoostingClassifier` at its defaults, fitted as often; the
Frechet distance beside covariances and `scipy.linalg.sqrtm`, which give the same value and neither
error nor null; and rows that share facts of the real sample beside rows that do not.

    python tests/benchmarks/scoring_speed.py [--rounds 5] [--panel quick standard]
    [--sources ring paintings]
"""

import argparse
import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
import torch
from scipy.linalg import sqrtm
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from genzoo.arrays import Array
from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, real_sample
from genzoo.data import create_source
from genzoo.metrics import facts, frechet_distance, panel
from genzoo.metrics.classification_problem import FOLDS, ClassificationProblem
from genzoo.metrics.classifier_stack import stack

N = 2500
ROWS = 6
"""Models and controls of the default comparison on one source."""


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The smallest processor time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def row(source: DataSource, seed: int, place: int, **given: object) -> Evidence:
    """A row that is somewhat wider than the truth."""
    generator = stream(seed, "benchmark", str(place))
    real = real_sample(source, N, generator=stream(seed, "real"))[0].x
    fake = source.sample(N, generator=generator).x
    noise = torch.randn(fake.shape, generator=generator)
    return Evidence(fake + 0.1 * fake.std(0) * noise, real, source, seed=seed, **given)


def trees_by_default(problem: ClassificationProblem) -> None:
    """Default boosting for each pair of folds, on the coordinates."""
    dimension = problem.coordinates.shape[1] // 2
    rows = problem.coordinates[:, :dimension]
    for j, k in combinations(range(FOLDS), 2):
        train = (problem.fold != j) & (problem.fold != k)
        trees = HistGradientBoostingClassifier(random_state=0)
        trees.fit(rows[train], problem.labels[train])
        trees.decision_function(rows)


def of_trees(source: DataSource, rounds: int) -> str:
    problem = facts.problem(row(source, 0, 0))
    light = np.zeros((FOLDS, len(problem.labels)))
    ours = seconds(lambda: stack(problem, light, np.random.default_rng(0)), rounds)
    theirs = seconds(lambda: trees_by_default(problem), rounds)
    return f"stack {ours:.2f} s, default trees {theirs:.2f} s, ratio {ours / theirs:.2f}"


def by_sqrtm(x: Array, y: Array) -> float:
    """The value alone."""
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    gap = x.mean(axis=0) - y.mean(axis=0)
    return float(gap @ gap + np.trace(first + second - 2 * sqrtm(first @ second).real))


def of_frechet(dimension: int, rounds: int) -> str:
    x, y = np.random.default_rng(0).standard_normal((2, N, dimension))
    theirs = seconds(lambda: by_sqrtm(x, y), 10 * rounds)
    ours = seconds(lambda: frechet_distance(x, y, null=0.0), 10 * rounds)
    with_null = seconds(lambda: frechet_distance(x, y), 10 * rounds)
    return (
        f"{dimension} columns: scipy {1e3 * theirs:.2f} ms, with error {ours / theirs:.2f} times "
        f"that, with error and null {with_null / theirs:.2f} times"
    )


def of_sharing(source: DataSource, name: str, rounds: int) -> str:
    metrics = panel(name, source)

    def score(*, share: bool) -> None:
        kept: dict = {}
        for place in range(ROWS):
            evidence = row(source, 0, place, real_facts=kept if share else {})
            for metric in metrics:
                metric(evidence)

    alone = seconds(lambda: score(share=False), rounds)
    shared = seconds(lambda: score(share=True), rounds)
    return f"{name}: a row {alone / ROWS:.3f} s alone, sharing {shared / alone:.2f} times that"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--panel", nargs="+", default=["quick", "standard"])
    parser.add_argument("--sources", nargs="+", default=["ring", "paintings"])
    given = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1), torch.no_grad():
        for dimension in (2, 15, 64):
            print(of_frechet(dimension, given.rounds), flush=True)
        for name in given.sources:
            source = create_source(name)
            print(f"{name}: {of_trees(source, given.rounds)}", flush=True)
            for metrics in given.panel:
                print(f"{name}, {of_sharing(source, metrics, given.rounds)}", flush=True)


if __name__ == "__main__":
    main()
