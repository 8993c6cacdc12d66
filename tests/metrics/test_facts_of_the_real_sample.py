"""What rows share of one real sample is about that sample alone: no score changes by it."""

import dataclasses

import pytest
import torch

from genzoo.core.features import Features
from genzoo.core.metric import Evidence
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.data import ArraySource, create_source
from genzoo.metrics import METRICS, panel

ROWS = 40
DEAR = {"mmd", "wasserstein", "js_stack", "c2st_accuracy", "c2st_auc"}


def table():
    return ArraySource(torch.randn(4 * ROWS, 3, generator=stream(0, "table")).exp())


def rows(source, features=None):
    """Two rows at one seed: good samples, and bad ones."""
    reference = real_sample(source, ROWS, generator=stream(1, "real"))[0].x
    good = source.sample(len(reference), generator=stream(1, "good")).x
    for samples in (good, 1 - 0.3 * good):
        yield Evidence(samples, reference, source, seed=1, features=features)


def cases():
    yield table(), None
    yield table(), Features(lambda x: x[:, :2] ** 2)
    for name in ("ring", "paintings", "gaussian_1d"):
        yield create_source(name), None


@pytest.mark.parametrize(("source", "features"), list(cases()))
def test_a_row_scores_the_same_whatever_rows_came_before(source, features):
    kept = {}
    names = {metric.name for metric in panel("full", source)} - DEAR
    for alone in rows(source, features):
        after_others = dataclasses.replace(alone, real_facts=kept, _cache={})
        for name in sorted(names):
            metric = METRICS.create(name)
            assert metric(after_others) == metric(alone), name
    assert len(kept) >= 3


def test_features_of_the_real_sample_are_taken_once():
    seen = []

    def features(x):
        seen.append(len(x))
        return x[:, :2]

    first, second = rows(table(), Features(features))
    first.on_features()
    seen.clear()
    dataclasses.replace(second, real_facts=first.real_facts).on_features()
    assert [n for n in seen if n > 2] == [len(second.samples)]


def test_rows_of_other_sizes_share_nothing():
    kept = {}
    for count in (5, 9):
        evidence = Evidence(torch.zeros(count, 2), torch.ones(4, 2), create_source("ring"))
        evidence = dataclasses.replace(evidence, real_facts=kept)
        assert evidence.about_real("n", lambda n=count: n) == count
