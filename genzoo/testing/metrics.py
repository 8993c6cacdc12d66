"""Checks of a metric: what it returns, that it repeats, and that it survives hostile evidence."""

import dataclasses
import inspect
import math
import re
from collections.abc import Iterable

import torch

from genzoo.core.capabilities import Capability
from genzoo.core.metric import PANELS, QUESTIONS, Estimate, Evidence, Metric
from genzoo.core.noise import stream
from genzoo.core.source import real_sample
from genzoo.testing.evidence import SIZE, MakeEvidence, hostile_evidence
from genzoo.testing.moved import moved
from genzoo.testing.support import (
    CheckError,
    global_randomness_untouched,
    require,
    require_equal,
)


def check_metric_facts(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Name, label, unit, direction, optimum, panel and needs are declared, as class facts of the right types."""
    for fact in ("name", "label"):
        value = getattr(metric, fact, None)
        require(
            isinstance(value, str) and bool(value),
            f"{type(metric).__name__}.{fact} is {value!r}, expected text",
        )
    require(
        metric.direction in ("min", "max", "target"),
        f"direction is {metric.direction!r}, expected min, max or target",
    )
    require(metric.panel in PANELS, f"panel is {metric.panel!r}, expected one of {PANELS}")
    require(
        metric.question in QUESTIONS,
        f"question is {metric.question!r}, expected one of {QUESTIONS}",
    )
    optimum = metric.optimum
    require(
        optimum is None or math.isfinite(optimum),
        f"optimum is {optimum!r}, expected a finite number or None",
    )
    low, high = metric.limits
    require(
        low < high, f"limits are {metric.limits!r}, expected the smallest and the largest value"
    )
    for need in (*metric.source_needs, *metric.model_needs):
        require(
            isinstance(need, type) and issubclass(need, Capability), f"{need!r} is no capability"
        )


EXPLANATION = {
    "what it sees": r"\b[Ss]ees?\b",
    "what it is blind to": r"\b[Bb]lind\b",
    "its null": r"\b[Nn]ull\b",
    "its cost": r"\b[Cc]ost:\s",
    "when not to use it": r"\b[Nn]ot\s(for|on|above|where|with)\b",
}
"""Parts of the docstring of a metric, and the words that show them."""


def check_metric_explained(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The docstring, which `genzoo explain` prints, says what the metric sees and misses, its null, cost and limits."""
    text = inspect.getdoc(type(metric)) or ""
    lacking = [part for part, words in EXPLANATION.items() if not re.search(words, text)]
    require(
        not lacking,
        f"the docstring of {type(metric).__name__} does not say {', '.join(lacking)}: write sentences with "
        "'Sees ...', 'Blind to ...', 'Null: ...', 'Cost: ...' and 'Not for ...'",
    )


def check_metric_estimate(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Each answer is a finite value within the limits, its error at least 0 or None, or a reason; one is a value."""
    estimates = [metric(make()) for make in evidence]
    for estimate in estimates:
        _check_estimate(metric, estimate, "the estimate")
    some = any(estimate.value is not None for estimate in estimates)
    require(
        some,
        f"no evidence gave a value: {sorted({estimate.reason for estimate in estimates})}; give some that does",
    )


def check_metric_needs(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Without the model, or on a bare source, the metric gives a value or a reason, never an exception."""
    for make in evidence:
        _survive(metric, dataclasses.replace(make(), model=None, _cache={}), "no model")


def check_metric_repeats(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The same evidence and seed give the same estimate, fresh or from the cache; no global randomness is used."""
    for make in evidence:
        once = make()
        first = metric(once)
        with global_randomness_untouched("the metric"):
            second = metric(once)
        require(_same(second, first), f"asked twice of one evidence: {second}, first {first}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(12345)
            again = metric(make())
        require(_same(again, first), f"asked of equal evidence: {again}, first {first}")


def check_metric_pure(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Samples, reference and model are left as they were."""
    for make in evidence:
        given, untouched = make(), make()
        metric(given)
        require_equal(given.samples, untouched.samples, "samples before and after the metric")
        require_equal(
            given.reference, untouched.reference, "the reference before and after the metric"
        )
        if given.model is not None and untouched.model is not None:
            after = given.model.state_dict()
            for name, value in untouched.model.state_dict().items():
                require_equal(
                    after[name], value, f"{name} of the model before and after the metric"
                )


def check_metric_truth(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """On fresh draws of the source, the value is at its target within 6 standard errors, or on a bound's side of it.

    The target is the null, else the ceiling, else the optimum; without one, or without an error,
    nothing is said.
    """
    for make in evidence:
        given = make()
        real, oracle = real_sample(given.source, SIZE, generator=stream(1, "check", "truth"))
        estimate = metric(Evidence(oracle, real, given.source))
        targets = [t for t in (estimate.null, estimate.ceiling, metric.optimum) if t is not None]
        if estimate.value is None or estimate.standard_error is None or not targets:
            continue
        excess, allowed = estimate.value - targets[0], 6 * estimate.standard_error + 1e-6
        found = f"draws of the truth score {estimate.value:.4g} (standard error {estimate.standard_error:.2g})"
        require(
            estimate.bound == "upper" or excess <= allowed,
            f"{found}, expected at most {targets[0]:.4g}",
        )
        require(
            estimate.bound == "lower" or excess >= -allowed,
            f"{found}, expected at least {targets[0]:.4g}",
        )


def check_metric_precision(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The same numbers in single and in double precision give the same value."""
    for make in evidence:
        given = make()
        single = metric(given)
        doubled = dataclasses.replace(
            given, samples=given.samples.double(), reference=given.reference.double(), _cache={}
        )
        double = metric(doubled)
        require(
            _close(double.value, single.value, 1e-4, 1e-6),
            f"{double.value} in double precision, {single.value} in single",
        )


def check_metric_units(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """A common shift and a fourfold unit change a metric of samples alone by its own unit only.

    Fourfold for `"data units"`, sixteenfold for `"data units²"`, not at all for others; on tables,
    whose columns may have been brought to standard units, not at all is right too. Nothing is said
    of metrics that need the truth or the model.
    """
    if not metric.compares_samples:
        return
    for make in evidence:
        given = make()
        table = given.source.recommended_standardisation == "column"
        factors = [
            {"data units": 4.0, "data units²": 16.0}.get(metric.unit, 1.0),
            *([1.0] if table else []),
        ]
        before, after = metric(moved(given, 1.0, 0.0)).value, metric(moved(given, 4.0, 3.0)).value
        expected = [None if before is None else factor * before for factor in factors]
        require(
            any(_close(after, value, 1e-5, 1e-9) for value in expected),
            f"{after} after a shift by 3 and in a unit of 1/4, expected {expected[0]}",
        )


def check_metric_hostile(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """One example, constants, duplicates, unequal sizes, half and double precision, huge scale, disjoint supports."""
    for make in evidence:
        for name, hostile in hostile_evidence(make):
            _survive(metric, hostile, name)


def _survive(metric: Metric, evidence: Evidence, what: str) -> None:
    try:
        estimate = metric(evidence)
    except Exception as error:
        raise CheckError(
            f"{what}: raised {type(error).__name__} ({error}), expected an Estimate, if need be without a value"
        ) from error
    _check_estimate(metric, estimate, what)


def _check_estimate(metric: Metric, estimate: Estimate, what: str) -> None:
    require(
        isinstance(estimate, Estimate), f"{what} is a {type(estimate).__name__}, expected Estimate"
    )
    if estimate.value is None:
        require(bool(estimate.reason), f"{what} has neither a value nor a reason")
        return
    require(
        type(estimate.value) is float,
        f"{what} has a value of {type(estimate.value).__name__}, expected float",
    )
    for name in ("value", "null", "ceiling", "standard_error"):
        number = getattr(estimate, name)
        require(
            number is None or math.isfinite(number),
            f"{what} has {name} {number}, expected a finite number or None",
        )
    low, high = metric.limits
    slack = 1e-9 * max(1.0, abs(estimate.value))
    inside = low - slack <= estimate.value <= high + slack
    require(inside, f"{what} is {estimate.value}, expected within the limits {low:g} to {high:g}")
    error = estimate.standard_error
    require(
        error is None or error >= 0,
        f"{what} has standard error {error}, expected at least 0 or None",
    )
    require(estimate.bound in ("none", "lower", "upper"), f"{what} has bound {estimate.bound!r}")
    require(
        isinstance(estimate.n, int) and estimate.n >= 1,
        f"{what} has n {estimate.n!r}, expected the examples used",
    )
    require(bool(estimate.estimator), f"{what} does not name its estimator")


def _close(first: float | None, second: float | None, relative: float, absolute: float) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=relative, abs_tol=absolute)


def _same(first: Estimate, second: Estimate) -> bool:
    return dataclasses.asdict(first) == dataclasses.asdict(second)
