"""
Samples of another program
==========================

Samples that another program made, here scikit-learn's Gaussian mixture, scored beside genzoo's
models."""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

source = genzoo.create_source("two_moons")
rows = source.sample(2000, generator=stream(0, "training rows")).x.numpy()
mixture = GaussianMixture(8, random_state=0).fit(rows)
samples = mixture.sample(5000)[0].astype(np.float32)

# %%
# Any array will do, and any file of one, scored alone or as a row of a comparison.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "mixture.npy"
    np.save(path, samples)

    print(genzoo.evaluate(path, "two_moons", seeds=3).to_markdown())

    table = genzoo.compare(["vae"], ["two_moons"], samples={"mixture": path}, seeds=3, steps=300)
    print(table.to_markdown())

# %%

truth = source.sample(2000, generator=stream(0, "truth")).x
density = figures.density_grid(truth, source.log_prob)
rows = {"two_moons": {"mixture": samples}}
figure = figures.samples_sheet({"two_moons": truth}, rows, densities={"two_moons": density})
figures.save(figure, "other_program")
