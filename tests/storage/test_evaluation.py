"""The protocol by which a row is scored: which real sample, which samples, how long they took."""

import itertools
import time

import numpy as np
import pytest
import torch

from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import create_source
from genzoo.storage import evaluation
from genzoo.storage.evaluation import RealSamples, model_sample, reference_sample, rows_sample
from genzoo.testing.specimens import LinearGaussian


def test_the_reference_is_the_first_half_of_what_is_drawn_and_the_oracle_has_the_other() -> None:
    source = create_source("ring")
    reference, oracle = (part.x for part in real_sample(source, 5, generator=stream(3, "real")))
    found = reference_sample(source, 5, 3).x
    assert torch.equal(found, reference)
    assert not torch.equal(found, oracle)


def test_a_real_sample_is_drawn_once_for_all_rows_of_a_seed() -> None:
    real = RealSamples(create_source("ring"), 5)
    assert real.at(0) is real.at(0)
    assert not torch.equal(real.at(0).x, real.at(1).x)


def test_the_seconds_of_a_sample_are_those_that_pass_while_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(5.0, 2.0)
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    model = LinearGaussian((2,)).double()
    samples, seconds = model_sample(model, create_source("ring"), 3, seed=0)
    assert samples.x.shape == (3, 2)
    assert samples.context is None
    assert samples.x.dtype == torch.float32
    assert seconds == 2.0


def test_a_finished_set_gives_each_seed_other_rows_and_none_twice() -> None:
    rows = torch.arange(40.0)[:, None]
    given = Batch(rows, -rows)
    first, second = rows_sample(given, 10, 0).x, rows_sample(given, 10, 1).x
    assert len(set(first.flatten().tolist())) == len(first) == 10
    assert not torch.equal(first, second)
    every = rows_sample(given, 99, 0)
    assert sorted(every.x.flatten().tolist()) == list(range(40))
    assert every.context is not None
    assert torch.equal(every.context, -every.x)


def test_facts_of_a_real_sample_are_kept_while_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = RealSamples(create_source("ring"), 5)
    assert real.facts(0) is real.facts(0)
    real.facts(0)["table"] = [(torch.zeros(2), {"part": np.zeros(3)})]
    monkeypatch.setattr(evaluation, "ROOM", 8 + 24)
    real.facts(1)["one more"] = np.zeros(1)
    assert "one more" in real.facts(1)
    assert real.facts(2) is not real.facts(2)
