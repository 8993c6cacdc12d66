"""How often each objective finds all modes, with exact intervals, from a bench of many seeds.

    genzoo bench mode_collapse --profile thousand --no-record -o many-seeds
    python docs/studies/many_seeds.py many-seeds

A run whose training diverged has not found them. The interval is that of Clopper and Pearson
(1934). The table is printed; with --png the shares are drawn.
"""

import argparse
import csv
import itertools
from collections import Counter, defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
from scipy import stats

COUNTS = {"published_modes": "one sample", "modes_captured": "by mass"}
"""Metrics that count modes, and their criteria in words."""
CONTROLS = {"oracle", "single_mode"}


def counted(folder: Path) -> dict[tuple[str, str], Counter[int]]:
    """By model and metric, how many runs found how many modes; -1 stands for a run without."""
    found: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    with (folder / "results.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["metric"] in COUNTS:
                modes = round(float(row["value"])) if row["value"] else -1
                found[row["model"], row["metric"]][modes] += 1
    return dict(found)


def share(successes: int, runs: int) -> tuple[float, float, float]:
    """A share and its 95 % interval."""
    interval = stats.binomtest(successes, runs).proportion_ci(0.95, method="exact")
    return successes / runs, interval.low, interval.high


def table(found: dict[tuple[str, str], Counter[int]], modes: int) -> str:
    """A line for each model and criterion."""
    lines = ["| | criterion | seeds | all modes | share | 95 % interval | by modes found |"]
    lines.append("|---|---|---:|---:|---:|---:|---|")
    for (model, metric), counts in found.items():
        runs = sum(counts.values())
        mean, low, high = share(counts[modes], runs)
        spread = ", ".join(f"{k}: {counts[k]}" for k in sorted(counts, reverse=True))
        name = f"*{model}*" if model in CONTROLS else model
        lines.append(
            f"| {name} | {COUNTS[metric]} | {runs:,} | {counts[modes]} | {mean:.3f} | "
            f"{low:.3f} to {high:.3f} | {spread} |"
        )
    return "\n".join(lines)


def differences(found: dict[tuple[str, str], Counter[int]], modes: int) -> str:
    """Fisher's exact test of each pair of models, Holm's correction within a criterion."""
    lines = []
    for metric, criterion in COUNTS.items():
        models = [model for model, own in found if own == metric and model not in CONTROLS]
        p_values = {}
        for one, other in itertools.combinations(models, 2):
            cells = []
            for model in (one, other):
                counts = found[model, metric]
                cells.append([counts[modes], sum(counts.values()) - counts[modes]])
            p_values[one, other] = float(stats.fisher_exact(cells).pvalue)
        largest = 0.0
        for rank, (pair, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
            largest = max(largest, min(1.0, p * (len(p_values) - rank)))
            lines.append(f"- {criterion}, {pair[0]} against {pair[1]}: p = {largest:.2g}")
    return "\n".join(lines)


def draw(found: dict[tuple[str, str], Counter[int]], modes: int, path: str) -> None:
    """The shares with their intervals, a panel for each criterion."""
    figure, panels = plt.subplots(1, len(COUNTS), figsize=(9, 2.6), sharey=True)
    for panel, (metric, criterion) in zip(panels, COUNTS.items(), strict=True):
        models = [model for model, own in found if own == metric and model not in CONTROLS]
        for place, model in enumerate(models):
            counts = found[model, metric]
            mean, low, high = share(counts[modes], sum(counts.values()))
            error = [[mean - low], [high - mean]]
            panel.errorbar(mean, place, xerr=error, fmt="o", color="black", capsize=3)
        panel.set_yticks(range(len(models)), models)
        panel.set_xlim(-0.03, 1.03)
        panel.set_xlabel(f"share of seeds with all {modes} modes, {criterion}")
        panel.grid(visible=True, axis="x", alpha=0.3)
    panels[0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the table, and draw it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modes", type=int, default=8)
    parser.add_argument("--png", default="")
    arguments = parser.parse_args()
    found = counted(arguments.folder)
    print(table(found, arguments.modes), "", differences(found, arguments.modes), sep="\n")
    if arguments.png:
        draw(found, arguments.modes, arguments.png)


if __name__ == "__main__":
    main()
