"""Checks of a data source: its samples, its rows, and how it keeps held-out examples apart."""

import itertools
import pickle

import torch
from torch import Tensor

from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import DataSource, FiniteSource, SplitSource, held_out_parts
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    LARGE,
    CheckError,
    draw,
    require,
    require_equal,
)


def check_source_sample(source: DataSource) -> None:
    """`sample(n)` gives a batch of n finite float32 examples of the event shape.

    With n contexts or none.
    """
    require(
        isinstance(source, DataSource),
        f"got a {type(source).__name__}, expected a DataSource",
    )
    check_event_shape(source.event_shape)
    for n in (1, 7, 300):
        batch = draw(source, n)
        kind = type(batch).__name__
        require(isinstance(batch, Batch), f"sample({n}) gave {kind}, expected Batch")
        x, context = batch.x, batch.context
        got, expected = tuple(x.shape), (n, *source.event_shape)
        require(
            got == expected,
            f"sample({n}) gave x of shape {got}, expected {expected}",
        )
        is_single = x.dtype == torch.float32
        require(is_single, f"sample({n}) gave x of {x.dtype}, expected torch.float32")
        require(bool(torch.isfinite(x).all()), f"sample({n}) gave NaN or infinity")
        fits = context is None or (context.ndim == 2 and len(context) == n)
        require(fits, f"sample({n}) gave a context that is not ({n}, C)")
    word, words = source.recommended_standardisation, ("scalar", "column")
    advice = f"recommended_standardisation is {word!r}, expected one of {words}"
    require(word in words, advice)


def check_source_reproducible(source: DataSource) -> None:
    """The generator's state decides the sample.

    The global random state is neither read nor changed.
    """
    with global_randomness_untouched("sample"):
        first = draw(source, 50)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(12345)
        require_equal(
            draw(source, 50).x,
            first.x,
            "two samples from one generator state",
        )
    other = draw(source, 50, seed=1).x
    require(
        not torch.equal(other, first.x),
        "samples from two generator states are the same",
    )
    generator = stream(0, "check", "source")
    source.sample(50, generator=generator)
    second = source.sample(50, generator=generator).x
    same = torch.equal(second, first.x)
    require(not same, "two samples from one generator in a row are the same")


def check_source_pickle(source: DataSource) -> None:
    """A copy made by pickling in memory, as process pools do, draws the same examples."""
    try:
        copy = pickle.loads(pickle.dumps(source))
    except Exception as error:
        raise CheckError(f"the source cannot be sent to another process: {error}") from error
    require_equal(
        draw(copy, 20).x,
        draw(source, 20).x,
        "samples of the source and of its copy",
    )


def check_source_rows(source: DataSource) -> None:
    """A finite source has training and held-out rows, keeps them apart, and samples the former."""
    if not isinstance(source, FiniteSource):
        return
    train, holdout = _as_set(source.train.x), _as_set(source.holdout.x)
    both = len(source.train.x) >= 1 and len(source.holdout.x) >= 1
    require(both, "train and holdout need at least one row each")
    expected = source.event_shape
    for name, rows in (("train", source.train), ("holdout", source.holdout)):
        shape = tuple(rows.x.shape[1:])
        fits = shape == tuple(expected)
        require(fits, f"{name} has rows of shape {shape}, expected {expected}")
    # Measured tables repeat rows: a leak is more overlap than repetition within the training rows.
    repeated = 1 - len(train) / len(source.train.x)
    leaked = len(train & holdout) / len(holdout)
    require(
        leaked <= repeated + 0.2,
        f"{leaked:.0%} of the held-out rows are training rows too, expected none",
    )
    require(
        _as_set(draw(source, 500).x) <= train,
        "sample drew rows that are not training rows",
    )
    require_equal(
        source.holdout.x,
        source.holdout.x,
        "the held-out rows asked for twice",
    )


def check_source_held_out(source: DataSource) -> None:
    """A split source gives two held-out samples that share no example.

    Neither with one another nor with training draws.
    """
    if not isinstance(source, SplitSource):
        return
    with global_randomness_untouched("held_out"):
        first, second = _held_out(source)
    for x in (first, second):
        shape = tuple(x.shape)
        fits = shape == (300, *source.event_shape) and x.dtype == torch.float32
        require(
            fits,
            f"held_out(300) gave {x.dtype} {shape}, expected torch.float32 (300, *event_shape)",
        )
    again, _ = _held_out(source)
    require_equal(again, first, "two held-out samples from one generator state")
    sets = {
        "held-out": _as_set(first),
        "other held-out": _as_set(second),
        "training": _as_set(draw(source, LARGE).x),
    }
    for one, other in itertools.combinations(sets, 2):
        shared = len(sets[one] & sets[other])
        require(
            shared == 0,
            f"{one} and {other} examples share {shared}, expected none",
        )


def _as_set(x: Tensor) -> set[bytes]:
    return {row.tobytes() for row in x.flatten(1).numpy()}


def _held_out(source: SplitSource) -> tuple[Tensor, Tensor]:
    """The examples of two samples that follow from a seed."""
    generator = stream(0, "check", "held out")
    first, second = held_out_parts(source, 300, generator=generator)
    return first.x, second.x
