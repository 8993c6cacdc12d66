"""Every check as a test of its own, for the tests of a plug-in."""

from collections.abc import Mapping, Sequence
from typing import Any

from genzoo.testing.suites import bound_checks, unknown_checks
from genzoo.testing.support import CheckError


def parametrize_with_checks(
    subjects: Mapping[str, object] | Sequence[object],
    *,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
) -> Any:
    """A pytest decorator: one test for each check of each model, source, metric and objective.

    The test takes the argument `check`, and calls it:

    >>> from genzoo.testing.specimens import Rows
    >>> @parametrize_with_checks({"my_rows": Rows()})
    ... def test_contract(check):
    ...     check()

    Args:
        subjects: Metrics, sources, objectives, and functions that build a model; with names of your
            own for the tests, or without.
        expected_failures: By name of a subject, the checks that it is known to fail, each with the
            reason. pytest expects them to fail, strictly.

    Returns:
        What `pytest.mark.parametrize` returns.

    Raises:
        CheckError: When a subject is none of these, or an expected failure names no check.
        ImportError: Without pytest.
    """
    import pytest

    expected = expected_failures or {}
    named = _named(subjects)
    strangers = sorted(set(expected) - set(named))
    if strangers:
        raise CheckError(
            f"expected_failures names {strangers}, which are not among {sorted(named)}"
        )
    cases = []
    for name, subject in named.items():
        checks = bound_checks(subject)
        reasons = expected.get(name, {})
        unknown = unknown_checks(reasons, checks)
        if unknown:
            raise CheckError(unknown)
        for check_name, check in checks.items():
            marks = []
            if check_name in reasons:
                marks.append(pytest.mark.xfail(reason=reasons[check_name], strict=True))
            cases.append(pytest.param(check, marks=marks, id=f"{name}-{check_name}"))
    return pytest.mark.parametrize("check", cases)


def _named(subjects: Mapping[str, object] | Sequence[object]) -> dict[str, object]:
    """Subjects by name; without names of their own, by that of the class or function."""
    if isinstance(subjects, Mapping):
        return dict(subjects)
    named: dict[str, object] = {}
    for position, subject in enumerate(subjects):
        name = getattr(subject, "__name__", type(subject).__name__)
        if name in named:
            name = f"{name} {position}"
        named[name] = subject
    return named
