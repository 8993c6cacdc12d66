"""Samples that another program made: here scikit-learn's Gaussian mixture, beside genzoo's models."""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture

import genzoo
from genzoo.core.noise import stream

if __name__ == "__main__":
    source = genzoo.create_source("two_moons")
    rows = source.sample(2000, generator=stream(0, "training rows")).x.numpy()
    mixture = GaussianMixture(8, random_state=0).fit(rows)
    samples = mixture.sample(5000)[0].astype(np.float32)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mixture.npy"
        np.save(path, samples)

        print(genzoo.evaluate(path, "two_moons", seeds=3).to_markdown())

        table = genzoo.compare(["vae"], ["two_moons"], samples={"mixture": path}, seeds=3, steps=300)
        print(table.to_markdown())
