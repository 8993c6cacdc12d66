"""
What a comparison leaves behind
===============================

Scores, trained models and losses, read back from the folder of results.
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.results.types import History

temporary = tempfile.TemporaryDirectory()
out = Path(temporary.name) / "results"
genzoo.compare(["gan_nonsaturating"], ["ring"], seeds=2, steps=300, out=out)
print(*sorted(path.name for path in out.iterdir()))

# %%
# Every score is a row of ``results.csv``.

with (out / "results.csv").open(encoding="utf-8") as file:
    for row in csv.DictReader(file):
        print(row["model"], row["metric"], row["seed"], row["value"] or f"n/a: {row['reason']}")

# %%
# Every run is a folder, from which the model comes back, ready to sample.

run = next((out / "runs" / "ring").glob("gan_nonsaturating-*")) / "seed-0000"
model = genzoo.load(run)
print("eight samples:", model.sample(8, generator=stream(0, "eight")).tolist())

# %%
# Losses and monitors at each step.

recorded = np.load(run / "history.npz")
series = {name: recorded[name] for name in recorded.files if name != "steps"}
print(*series)
figure = figures.loss_curves({"gan_nonsaturating": [History(recorded["steps"], series)]}, "ring")
figures.save(figure, "read_results")
temporary.cleanup()
