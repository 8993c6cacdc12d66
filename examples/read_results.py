"""What a comparison leaves on disk: scores, trained models, losses."""

import csv
import tempfile
from pathlib import Path

import numpy as np

import genzoo

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        genzoo.compare(["gan_nonsaturating"], ["ring"], seeds=2, steps=300, out=out)

        with (out / "results.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                print(row["model"], row["metric"], row["seed"], row["value"] or f"n/a: {row['reason']}")

        run = next((out / "runs" / "ring").glob("gan_nonsaturating-*")) / "seed-0000"
        model = genzoo.load(run)
        print("eight samples:", model.sample(8).tolist())

        history = np.load(run / "history.npz")
        print("recorded at each step:", [name for name in history.files if name != "steps"])
