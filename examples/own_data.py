"""Your own file: a CSV with a header, compared on the rows that were held out."""

import csv
import tempfile
from pathlib import Path

from sklearn.datasets import load_wine

import genzoo

if __name__ == "__main__":
    wine = load_wine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wine.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(wine.feature_names)
            writer.writerows(wine.data.tolist())

        source = genzoo.create_source(str(path))
        print(f"{len(source.train.x)} rows to learn from, {len(source.holdout.x)} held out, shape {source.event_shape}")

        table = genzoo.compare(["autoencoder", "vae"], [path], seeds=3, steps=300)
        print(table.to_markdown())
