"""Sources with closed-form answers for the tests of metrics."""

import math

import numpy as np
import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, FiniteSource, GaussianModes, SupportsModes, real_sample


class Mixture(DataSource, SupportsLogProb, SupportsModes):
    """Spherical Gaussians of one width."""

    def __init__(self, locations, sd, weights=None):
        self.locations = torch.as_tensor(np.asarray(locations), dtype=torch.float64)
        self.sd = sd
        count, self.dimension = self.locations.shape
        self.event_shape = (self.dimension,)
        weights = torch.ones(count) if weights is None else torch.as_tensor(weights)
        self.weights = weights.to(torch.float64) / weights.sum()

    def modes(self):
        covariance = self.sd**2 * torch.eye(self.dimension).repeat(len(self.weights), 1, 1)
        return GaussianModes(self.weights, self.locations, covariance)

    def sample(self, n, *, generator):
        index = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.dimension, generator=generator, dtype=torch.float64)
        return Batch((self.locations[index] + self.sd * noise).to(torch.float32))

    def _log_prob(self, x, context):
        kernels = -0.5 * self.modes().distances(x) ** 2 + self.weights.log()
        return torch.logsumexp(kernels, 1) - self.dimension * math.log(
            self.sd * math.sqrt(2 * math.pi)
        )


class Square(DataSource, SupportsLogProb):
    """Uniform on the unit square."""

    event_shape = (2,)

    def sample(self, n, *, generator):
        return Batch(torch.rand(n, 2, generator=generator))

    def _log_prob(self, x, context):
        inside = ((x >= 0) & (x <= 1)).all(1)
        return torch.where(inside, 0.0, -math.inf).to(torch.float64)


class Unknown(DataSource):
    """Draws of another source, without anything known of them."""

    def __init__(self, source):
        self.source = source
        self.event_shape = source.event_shape

    def sample(self, n, *, generator):
        return self.source.sample(n, generator=generator)


class Table(FiniteSource):
    """Standard normal rows in the plane, as many for training as held out."""

    event_shape = (2,)

    def __init__(self, seed, rows):
        x = torch.randn(2 * rows, 2, generator=torch.Generator().manual_seed(1000 + seed))
        self._parts = Batch(x[:rows]), Batch(x[rows:])

    @property
    def train(self):
        return self._parts[0]

    @property
    def holdout(self):
        return self._parts[1]


def ring(kept=8, sd=0.05, scale=1.0):
    angles = 2 * math.pi * np.arange(8) / 8
    weights = np.arange(8) < kept
    return Mixture(scale * np.c_[np.cos(angles), np.sin(angles)], sd, weights.astype(float))


def normal(dimension=2, shift=0.0, sd=1.0):
    location = np.zeros((1, dimension))
    location[0, 0] = shift
    return Mixture(location, sd)


def draws(source, n, seed):
    return source.sample(n, generator=torch.Generator().manual_seed(seed)).x


def make_evidence(truth, model=None, n=2500, seed=0, *, known=True, transform=None):
    """Real samples of `truth` against samples of `model`, a source; by default the truth itself."""
    generator = torch.Generator().manual_seed(seed)
    reference, samples = (part.x for part in real_sample(truth, n, generator=generator))
    if model is not None:
        samples = model.sample(n, generator=generator).x
    if transform is not None:
        samples = transform(samples)
    return Evidence(samples, reference, truth if known else Unknown(truth), None, seed)


@pytest.fixture(scope="session")
def kit():
    """The names above, for test modules."""
    return globals()
