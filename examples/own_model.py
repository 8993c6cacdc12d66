"""
A model of your own
===================

A Gaussian fitted in closed form, with its exact density: one class, checked by the shipped checks,
registered under a name, and compared with a VAE."""

import math

import torch
from torch import Tensor

import genzoo
from genzoo import figures
from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import NoiseSpec, stream
from genzoo.testing import check_model


class Gaussian(GenerativeModel, SupportsLogProb):
    """N(mean, L L^T), by maximum likelihood; nothing is left to gradient steps."""

    mean: Tensor
    factor: Tensor

    def __init__(self, event_shape: tuple[int, ...]) -> None:
        super().__init__(event_shape)
        self.register_buffer("mean", torch.zeros(self.event_size))
        self.register_buffer("factor", torch.eye(self.event_size))

    def updates(self):
        return ()

    def prepare(self, x, *, generator):
        rows = x.flatten(1)
        covariance = torch.cov(rows.T, correction=0).reshape(self.event_size, self.event_size)
        jitter = 1e-6 * torch.eye(self.event_size, dtype=x.dtype)
        self.mean.copy_(rows.mean(0))
        self.factor.copy_(torch.linalg.cholesky(covariance + jitter))

    def sampling_noise(self):
        return {"z": NoiseSpec("normal", (self.event_size,))}

    def generate(self, noise, context=None):
        return (self.mean + noise["z"] @ self.factor.T).reshape(-1, *self.event_shape)

    def _log_prob(self, x, context):
        centred = x.flatten(1) - self.mean
        z = torch.linalg.solve_triangular(self.factor, centred.T, upper=False)
        log_det = self.factor.diagonal().log().sum()
        log_volume = log_det + self.event_size * math.log(2 * math.pi) / 2
        return -z.square().sum(0) / 2 - log_volume


@genzoo.register_model("my_gaussian")
def my_gaussian(event_shape: tuple[int, ...]) -> Gaussian:
    """Gaussian fitted in closed form."""
    return Gaussian(event_shape)


# %%
# The checks find what breaks the contracts of a model: hidden randomness, a density that does not
# fit its samples, ...

check_model(lambda: my_gaussian((2,)))

table = genzoo.compare(["my_gaussian", "vae"], ["two_moons"], seeds=3, steps=300)
print(table.to_markdown())

# %%

source = genzoo.create_source("two_moons")
truth = source.sample(1500, generator=stream(0, "truth")).x
model = genzoo.train("my_gaussian", source, record=False).runs[0].model
samples = {"two_moons": {"my_gaussian": model.sample(1500, generator=stream(0, "samples"))}}
density = figures.density_grid(truth, source.log_prob)
figure = figures.samples_sheet({"two_moons": truth}, samples, densities={"two_moons": density})
figures.save(figure, "own_model")
