"""Checks of a metric: what it returns, that it repeats, and that it survives hostile evidence."""

import dataclasses
import inspect
import math
import re
from collections.abc import Iterable

from genzoo.core.capabilities import Capability
from genzoo.core.metric import PANELS, QUESTIONS, Estimate, Evidence, Metric
from genzoo.testing.evidence import MakeEvidence, hostile_evidence, of_truth
from genzoo.testing.moved import moved
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    CheckError,
    require,
    require_equal,
)

EXAMPLES = ("samples", "reference", "sample_context", "reference_context")
"""What of evidence a metric leaves as it was."""
UNITS = {"data units": 4.0, "data units²": 16.0, "": 1.0}
"""Units, and how many times as large a value is in a unit a fourth as large."""


def check_metric_facts(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Name, label, direction, question, panel, optimum, limits and needs are of the right types."""
    for fact in ("name", "label"):
        value = getattr(metric, fact, None)
        is_text = isinstance(value, str) and bool(value)
        require(
            is_text,
            f"{type(metric).__name__}.{fact} is {value!r}, expected text",
        )
    direction, question = metric.direction, metric.question
    known_direction = direction in ("min", "max", "target")
    require(
        known_direction,
        f"direction is {direction!r}, expected min, max or target",
    )
    require(
        metric.panel in PANELS,
        f"panel is {metric.panel!r}, expected one of {PANELS}",
    )
    require(
        question in QUESTIONS,
        f"question is {question!r}, expected one of {QUESTIONS}",
    )
    optimum = metric.optimum
    valid = optimum is None or math.isfinite(optimum)
    require(valid, f"optimum is {optimum!r}, expected a finite number or None")
    low, high = metric.limits
    require(
        low < high,
        f"limits are {metric.limits!r}, expected the smallest and the largest value",
    )
    for need in (*metric.source_needs, *metric.model_needs):
        is_capability = isinstance(need, type) and issubclass(need, Capability)
        require(is_capability, f"{need!r} is no capability")


EXPLANATION = {
    "what it sees": r"\b[Ss]ees?\b",
    "what it is blind to": r"\b[Bb]lind\b",
    "its null": r"\b[Nn]ull\b",
    "its cost": r"\b[Cc]ost:\s",
    "when not to use it": r"\b[Nn]ot\s(for|on|above|where|with)\b",
}
"""Parts of the docstring of a metric, and the words that show them."""


def check_metric_explained(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The docstring says what the metric sees and misses, its null, its cost and its limits.

    `genzoo explain` prints it.
    """
    text = inspect.getdoc(type(metric)) or ""
    lacking = [part for part, words in EXPLANATION.items() if not re.search(words, text)]
    require(
        not lacking,
        f"the docstring of {type(metric).__name__} does not say {', '.join(lacking)}: "
        "write sentences with 'Sees ...', 'Blind to ...', 'Null: ...', 'Cost: ...' "
        "and 'Not for ...'",
    )


def check_metric_estimate(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Each answer is a finite value within the limits, or a reason; at least one is a value.

    Its standard error is at least 0, or None.
    """
    estimates = [metric(make()) for make in evidence]
    for estimate in estimates:
        _check_estimate(metric, estimate, "the estimate")
    some = any(estimate.value is not None for estimate in estimates)
    reasons = sorted({estimate.reason for estimate in estimates})
    require(some, f"no evidence gave a value: {reasons}; give some that does")


def check_metric_needs(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Without the model or conditions, it gives a value or a reason, never an exception."""
    for make in evidence:
        without = dataclasses.replace(make(), model=None, _cache={})
        _survive(metric, without, "no model")
        if without.sample_context is None:
            continue
        without = dataclasses.replace(without, sample_context=None, _cache={})
        _survive(metric, without, "no conditions")


def check_metric_repeats(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The same evidence and seed give the same estimate, fresh or from the cache.

    No global randomness is used.
    """
    for make in evidence:
        once = make()
        first = metric(once)
        with global_randomness_untouched("the metric"):
            second = metric(once)
        require(
            _same(second, first),
            f"asked twice of one evidence: {second}, first {first}",
        )
        equal = make()
        # Here nothing is in the cache, so all is computed again.
        with global_randomness_untouched("the metric"):
            again = metric(equal)
        require(
            _same(again, first),
            f"asked of equal evidence: {again}, first {first}",
        )


def check_metric_pure(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Samples, reference, their conditions and the model are left as they were."""
    for make in evidence:
        used, fresh = make(), make()
        metric(used)
        when = "before and after the metric"
        for name in EXAMPLES:
            given = getattr(fresh, name)
            if given is not None:
                require_equal(getattr(used, name), given, f"{name} {when}")
        if used.model is None or fresh.model is None:
            continue
        after = used.model.state_dict()
        for name, value in fresh.model.state_dict().items():
            require_equal(after[name], value, f"{name} of the model {when}")


def check_metric_truth(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """On fresh draws of the source, the value is at its target within 6 standard errors.

    An upper bound may lie above it, a lower one below. The target is the null, else the ceiling,
    else the optimum; without one, or without an error, nothing is said.
    """
    for make in evidence:
        estimate = metric(of_truth(make().source))
        target = _target(metric, estimate)
        value, error = estimate.value, estimate.standard_error
        if value is None or error is None or target is None:
            continue
        excess = value - target
        allowed = 6 * error + 1e-6
        score = f"draws of the truth score {value:.4g} (standard error {error:.2g})"
        not_above = estimate.bound == "upper" or excess <= allowed
        require(not_above, f"{score}, expected at most {target:.4g}")
        not_below = estimate.bound == "lower" or excess >= -allowed
        require(not_below, f"{score}, expected at least {target:.4g}")


def check_metric_precision(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """The same numbers in single and in double precision give the same value."""
    for make in evidence:
        plain = make()
        single = metric(plain).value
        samples = plain.samples.double()
        reference = plain.reference.double()
        doubled = dataclasses.replace(plain, samples=samples, reference=reference, _cache={})
        double = metric(doubled).value
        require(
            _close(double, single, 1e-4, 1e-6),
            f"{double} in double precision, {single} in single",
        )


def check_metric_units(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """A common shift and a fourfold unit change a metric of samples alone by its own unit only.

    Fourfold for `"data units"`, sixteenfold for `"data units²"`, not at all for others; on tables,
    whose columns may have been brought to standard units, not at all is right too. Nothing is said
    of metrics that need the truth or the model.
    """
    if not metric.compares_samples:
        return
    factor = UNITS.get(metric.unit, 1.0)
    for make in evidence:
        plain = make()
        before = metric(moved(plain, 1.0, 0.0)).value
        after = metric(moved(plain, 4.0, 3.0)).value
        expected = before
        if before is not None:
            expected = factor * before
        fits = _close(after, expected, 1e-5, 1e-9)
        if plain.source.recommended_standardisation == "column":
            fits = fits or _close(after, before, 1e-5, 1e-9)
        require(
            fits,
            f"{after} after a shift by 3 and in a unit of 1/4, expected {expected}: "
            f"{_advice(before, after, metric.unit)}",
        )


def _advice(before: float | None, after: float | None, unit: str) -> str:
    """Which unit a metric has whose value changed like this."""
    for right, factor in UNITS.items():
        if before and after and _close(after, factor * before, 1e-5, 1e-9):
            return f"declare unit = {right!r}, not {unit!r}"
    return (
        "a metric of unit 'data units' becomes 4 times as large, of 'data units²' 16 times, "
        "and of any other not larger"
    )


def check_metric_hostile(metric: Metric, evidence: Iterable[MakeEvidence]) -> None:
    """Evidence that is hard to judge gives a value or a reason, never an exception.

    One example, constants, duplicates, unequal sizes, half and double precision, huge scale,
    disjoint supports.
    """
    for make in evidence:
        for name, hostile in hostile_evidence(make):
            _survive(metric, hostile, name)


def _survive(metric: Metric, evidence: Evidence, what: str) -> None:
    try:
        estimate = metric(evidence)
    except Exception as error:
        raise CheckError(
            f"{what}: raised {type(error).__name__} ({error}), "
            "expected an Estimate, if need be without a value"
        ) from error
    _check_estimate(metric, estimate, what)


def _target(metric: Metric, estimate: Estimate) -> float | None:
    """What a perfect model scores: the null, else the ceiling, else the optimum."""
    for target in (estimate.null, estimate.ceiling, metric.optimum):
        if target is not None:
            return target
    return None


def _check_estimate(metric: Metric, estimate: Estimate, what: str) -> None:
    kind = type(estimate).__name__
    require(isinstance(estimate, Estimate), f"{what} is a {kind}, expected Estimate")
    value = estimate.value
    if value is None:
        require(bool(estimate.reason), f"{what} has neither a value nor a reason")
        return
    kind = type(value).__name__
    require(type(value) is float, f"{what} has a value of {kind}, expected float")
    for name in ("value", "null", "ceiling", "standard_error"):
        number = getattr(estimate, name)
        valid = number is None or math.isfinite(number)
        require(
            valid,
            f"{what} has {name} {number}, expected a finite number or None",
        )
    low, high = metric.limits
    slack = 1e-9 * max(1.0, abs(value))
    inside = low - slack <= value <= high + slack
    require(
        inside,
        f"{what} is {value}, expected within the limits {low:g} to {high:g}",
    )
    error, n = estimate.standard_error, estimate.n
    valid = error is None or error >= 0
    require(valid, f"{what} has standard error {error}, expected at least 0 or None")
    require(
        estimate.bound in ("none", "lower", "upper"),
        f"{what} has bound {estimate.bound!r}",
    )
    counted = isinstance(n, int) and n >= 1
    require(counted, f"{what} has n {n!r}, expected the examples used")
    require(bool(estimate.estimator), f"{what} does not name its estimator")


def _close(first: float | None, second: float | None, relative: float, absolute: float) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=relative, abs_tol=absolute)


def _same(first: Estimate, second: Estimate) -> bool:
    return dataclasses.asdict(first) == dataclasses.asdict(second)
