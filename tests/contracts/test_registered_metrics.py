"""Every registered metric passes every check, on the evidence of the kit and two further cases."""

import functools

import pytest
import torch

from genzoo.core.metric import Evidence
from genzoo.data import ArraySource
from genzoo.metrics import METRICS
from genzoo.testing import METRIC_CHECKS
from genzoo.testing import metrics as kit
from genzoo.testing.evidence import (
    default_evidence,
    hostile_evidence,
    of_truth,
    with_conditions,
)
from genzoo.testing.moved import moved
from genzoo.testing.specimens import Parabolas

KNOWN_FAILURES: dict[tuple[str, str], str] = {}
"""By metric and check, the reason; one that passes is a failure too."""


def true_curves():
    generator = torch.Generator().manual_seed(0)
    source = Parabolas()
    return Evidence(
        source.sample(200, generator=generator).x, source.sample(200, generator=generator).x, source
    )


def a_constant_column():
    generator = torch.Generator().manual_seed(0)
    rows = torch.cat([torch.randn(90, 2, generator=generator), torch.full((90, 1), 3.0)], dim=1)
    source = ArraySource(rows)
    samples = torch.cat(
        [
            torch.randn(40, 2, generator=generator),
            3 + 0.1 * torch.randn(40, 1, generator=generator),
        ],
        1,
    )
    return Evidence(samples, source.holdout.x, source)


EVIDENCE = (*default_evidence(), true_curves, a_constant_column)
COSTLY = (
    kit.check_metric_repeats,
    kit.check_metric_pure,
    kit.check_metric_truth,
    kit.check_metric_precision,
    kit.check_metric_units,
    kit.check_metric_hostile,
)
FEWER = (EVIDENCE[0], EVIDENCE[2], EVIDENCE[3])
"""Modes, curves and a table: what costly checks look at unless tests are thorough."""


FRESH = (kit.check_metric_repeats, kit.check_metric_pure)
"""They see what a metric does to evidence. The others share theirs, and what is computed of it."""


@functools.cache
def shared(make):
    evidence = make()
    return lambda: evidence


@functools.cache
def shared_hostile_evidence(make):
    """Made once for all metrics, which share through it what they compute."""
    return list(hostile_evidence(make))


shared_truth = functools.cache(of_truth)
MOVED = {}


def shared_moved(evidence, *how):
    key = id(evidence), how
    if key not in MOVED:
        MOVED[key] = evidence, moved(evidence, *how)
    return MOVED[key][1]


def cases():
    for name in METRICS.names():
        for check in METRIC_CHECKS:
            reason = KNOWN_FAILURES.get((name, check.__name__))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            case = f"{name}-{check.__name__}"
            if check in COSTLY:
                fewer = FEWER
                if METRICS.create(name).conditional:
                    fewer = (with_conditions,)
                yield pytest.param(name, check, fewer, marks=marks, id=f"{case}-fewer")
                marks = [*marks, pytest.mark.thorough]
            yield pytest.param(name, check, EVIDENCE, marks=marks, id=case)


@pytest.mark.parametrize(("name", "check", "evidence"), list(cases()))
def test_metric(name, check, evidence, monkeypatch):
    if check not in FRESH:
        evidence = [shared(make) for make in evidence]
        monkeypatch.setattr(kit, "hostile_evidence", shared_hostile_evidence)
        monkeypatch.setattr(kit, "of_truth", shared_truth)
        monkeypatch.setattr(kit, "moved", shared_moved)
    check(METRICS.create(name), evidence)


@pytest.mark.parametrize("name", METRICS.names())
def test_knows_its_registered_name(name):
    assert METRICS.create(name).name == name
