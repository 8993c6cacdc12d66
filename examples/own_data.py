"""
Your own data
=============

A CSV file with a header: a third of its rows is held out, two models learn the rest, and the scores
are taken on the rows that nobody has seen."""

import csv
import tempfile
from dataclasses import replace
from pathlib import Path

from sklearn.datasets import load_wine

import genzoo
from genzoo import figures

wine = load_wine()
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "wine.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(wine.feature_names)
        writer.writerows(wine.data.tolist())

    source = genzoo.create_source(str(path))
    train, holdout = len(source.train.x), len(source.holdout.x)
    print(f"{train} rows to learn from, {holdout} held out, shape {source.event_shape}")

    metrics = "js,frechet,recall,sliced_wasserstein"
    table = genzoo.compare(["autoencoder", "vae"], [path], seeds=3, steps=300, metrics=metrics)
    print(table.to_markdown())

# %%

scores = table.tables[0]
shown = [column for column in scores.columns if column.name in metrics.split(",")]
figures.save(figures.score_figure(replace(scores, columns=shown)), "own_data")
