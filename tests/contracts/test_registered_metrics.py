"""Every registered metric passes every check."""

import pytest

from genzoo.metrics import METRICS
from genzoo.testing import METRIC_CHECKS
from genzoo.testing.metrics import default_evidence

KNOWN_FAILURES: dict[tuple[str, str], str] = {}
"""By metric and check, the reason; one that passes is a failure too."""


def cases():
    for name in METRICS.names():
        for check in METRIC_CHECKS:
            reason = KNOWN_FAILURES.get((name, check.__name__))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(name, check, marks=marks, id=f"{name}-{check.__name__}")


@pytest.mark.parametrize(("name", "check"), list(cases()))
def test_metric(name, check):
    check(METRICS.create(name), default_evidence())


@pytest.mark.parametrize("name", METRICS.names())
def test_knows_its_registered_name(name):
    assert METRICS.create(name).name == name
