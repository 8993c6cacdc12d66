"""Whatever the input, a metric gives a value within its limits or a reason.

A bad array is named.
"""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genzoo.core.metric import Evidence
from genzoo.errors import InputError
from genzoo.metrics import (
    METRICS,
    copied_rows,
    coverage,
    density,
    energy_distance,
    frechet_distance,
    mmd_test,
    near_duplicates,
    precision,
    recall,
    sliced_wasserstein,
    train_share,
    wasserstein,
)
from genzoo.testing.metrics import _survive
from genzoo.testing.specimens import LinearGaussian, Parabolas, Rows, StandardNormal, ThreeModes
from genzoo.testing.support import build_ready

SOURCES = [ThreeModes(), StandardNormal((1,)), StandardNormal((3,)), Parabolas(), Rows()]
FUNCTIONS = {
    "energy": energy_distance,
    "frechet": frechet_distance,
    "wasserstein": wasserstein,
    "sliced": lambda x, y: sliced_wasserstein(
        x, y, random=np.random.default_rng(0), projections=10
    ),
    "mmd": lambda x, y: mmd_test(x, y, random=np.random.default_rng(0), permutations=20),
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
    "near_duplicates": lambda x, y: near_duplicates(x, x, y),
    "copied_rows": lambda x, y: copied_rows(x, x, y),
    "train_share": lambda x, y: train_share(x, x, y),
}
kinds = st.sampled_from(
    ["normal", "normal", "constant", "duplicates", "grid", "zero", "one far off"]
)
settings_of_a_sample = st.tuples(
    kinds,
    st.integers(1, 60),
    st.integers(0, 9),
    st.sampled_from([0.0, 1.0, -1e3, 1e6]),
    st.sampled_from([1e-6, 1.0, 1e3, 1e6]),
    st.sampled_from([torch.float32, torch.float32, torch.float64, torch.float16]),
)


def sample(shape, kind, n, seed, offset, scale, dtype):
    random = np.random.RandomState(seed)
    rows = {
        "normal": lambda: random.standard_normal((n, *shape)),
        "constant": lambda: np.broadcast_to(random.standard_normal(shape), (n, *shape)),
        "duplicates": lambda: random.standard_normal((3, *shape))[random.randint(0, 3, n)],
        "grid": lambda: random.randint(-2, 3, (n, *shape)),
        "zero": lambda: np.zeros((n, *shape)),
        "one far off": lambda: np.where(
            np.arange(n)[:, None] == 0, 1e4, random.standard_normal((n, *shape))
        ),
    }[kind]()
    limit = 6e4 if dtype == torch.float16 else 1e30
    return torch.from_numpy(np.clip(scale * rows + offset, -limit, limit)).to(dtype)


@settings(max_examples=30)
@given(
    st.sampled_from(range(len(SOURCES))), settings_of_a_sample, settings_of_a_sample, st.booleans()
)
def test_every_metric_survives_anything(place, fake, real, with_model):
    source = SOURCES[place]
    model = (
        build_ready(lambda: LinearGaussian(source.event_shape), dtype=torch.float32)
        if with_model
        else None
    )
    x, y = sample(source.event_shape, *real), sample(source.event_shape, *fake)
    evidence = Evidence(y, x, source, model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in METRICS.names():
            _survive(METRICS.create(name), evidence, f"{name} on {fake} against {real}")


GOOD = np.random.RandomState(0).standard_normal((30, 2))
BAD = {
    "nan": (np.where(GOOD > 2, np.nan, GOOD), "finite"),
    "inf": (np.where(GOOD > 2, np.inf, GOOD), "finite"),
    "beyond the squares of double precision": (1e200 * GOOD, "within 1e+150"),
    "empty": (GOOD[:0], "at least one example"),
    "a number": (np.float64(3.0), "at least one example"),
    "wider": (np.c_[GOOD, GOOD], "one shape"),
    "complex": (GOOD + 1j, "real numbers"),
    "complex tensor": (torch.from_numpy(GOOD + 1j), "real numbers"),
    "words": (np.array([["a", "b"]]), "numeric"),
    "objects": (np.array([[1, None]], dtype=object), "finite"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_array_is_named(function, bad):
    assert (GOOD > 2).any()
    rows, said = BAD[bad]
    for pair in ((GOOD, rows), (rows, GOOD)):
        with pytest.raises(InputError, match=said.replace("+", r"\+")):
            FUNCTIONS[function](*pair)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "made", [lambda x: x.tolist(), torch.tensor, lambda x: torch.tensor(x, dtype=torch.bfloat16)]
)
def test_whole_numbers_lists_and_tensors_are_read(function, made):
    """Numbers that every type can hold."""
    x, y = np.round(GOOD), np.round(2 * GOOD)
    assert repr(FUNCTIONS[function](made(x), made(y))) == repr(FUNCTIONS[function](x, y))
    assert repr(FUNCTIONS[function](x.astype(np.int8), y.astype(np.float16))) == repr(
        FUNCTIONS[function](x, y)
    )
