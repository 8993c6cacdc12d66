"""
The zoo at a glance
===================

A small comparison: three models on two sources over three seeds, the winner of each, and the scores
behind it."""

from dataclasses import replace

import genzoo
from genzoo import figures

metrics = "js,modes_captured,high_quality,sliced_wasserstein"
models, sources = ["autoencoder", "vae", "gan_nonsaturating"], ["ring", "two_moons"]
table = genzoo.compare(models, sources, seeds=3, steps=500, metrics=metrics)
figures.save(figures.glance_figure(table.tables), "zoo_at_a_glance")

# %%
# Means over seeds with 95 % intervals, for one source. ``genzoo compare`` draws such pictures too,
# and a page of films.

ring = table.tables[0]
shown = [column for column in ring.columns if column.name in metrics.split(",")]
figures.save(figures.score_figure(replace(ring, columns=shown)), "zoo_at_a_glance-scores")
