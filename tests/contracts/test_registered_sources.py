"""Every registered source passes every check, as registered and with other options."""

import functools

import pytest

from genzoo.data import SOURCES
from genzoo.registry import Spec
from genzoo.testing import SOURCE_CHECKS

VARIANTS = [
    "checkerboard:cells=6,half_width=1",
    "circles:inner=0.8,noise=0.02",
    "damped_oscillations:noise=0.1,points=12",
    "gaussian_1d:mean=-3,sd=0.01",
    "grid:side=2,sigma=0.1",
    "high_dim_mixture:dimension=2,modes=3,separation=4",
    "mixture_1d:modes=2,sigma=0.05",
    "paintings:noise=0.05",
    "pinwheel:arms=3",
    "random_mixture:dimension=1,modes=3,layout_seed=2",
    "random_mixture:dimension=5,layout_seed=1",
    "ring:modes=25,sigma=0.01,radius=2",
    "sines:noise=0.1,points=12",
    "spirals:arms=3,noise=0.05",
    "swiss_roll:noise=0.5",
    "two_moons:noise=0.2",
    # moved
    "checkerboard:scale=0.3,shift=-20",
    "paintings:noise=0.05,scale=-2,shift=1",
    "random_mixture:scale=-2,shift=1",
    "two_moons:scale=3,shift=-1",
]

KNOWN_FAILURES: dict[tuple[str, str], str] = {}
"""By source and check, the reason; one that passes is a failure too."""


@functools.cache
def create(text):
    spec = Spec.parse(text)
    return SOURCES.create(spec.name, **spec.options)


def cases():
    for text in SOURCES.names() + VARIANTS:
        for check in SOURCE_CHECKS:
            reason = KNOWN_FAILURES.get((text, check.__name__))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(text, check, marks=marks, id=f"{text}-{check.__name__}")


@pytest.mark.parametrize(("text", "check"), list(cases()))
def test_source(text, check):
    check(create(text))
