"""What the kit can be asked to check, and one sentence about whatever else it is given."""

import inspect
from typing import Any

from torch import nn

from genzoo.core.metric import Metric
from genzoo.core.source import DataSource
from genzoo.losses.objective import Objective
from genzoo.testing.support import CheckError

WHOLE: dict[type, tuple[str, str, str]] = {
    DataSource: ("a source", "check_source", "create_source"),
    Metric: ("a metric", "check_metric", "METRICS.create"),
    Objective: ("an objective", "check_objective", ""),
}
"""Kinds that are given as objects: in words, the function that checks one, what makes one."""


def require_build(subject: Any) -> None:
    """A function without arguments, which may build a model.

    Raises:
        CheckError: When it is anything else.
    """
    expected = "expected a function that builds a model"
    for kind, (words, check, _) in WHOLE.items():
        if isinstance(subject, kind):
            raise CheckError(f"got {words}, {expected}: {words} is for {check}")
    if isinstance(subject, nn.Module):
        name = type(subject).__name__
        raise CheckError(f"got a {name} object, {expected} anew: lambda: {name}((2,))")
    if isinstance(subject, str):
        raise CheckError(
            f"got the text {subject!r}, {expected}: lambda: MODELS.create({subject!r}, (2,))"
        )
    if not callable(subject):
        raise CheckError(f"got a {type(subject).__name__}, {expected}: lambda: MyModel((2,))")
    name = getattr(subject, "__name__", "")
    example = name if name.isidentifier() else "MyModel"
    try:
        signature = inspect.signature(subject)
    except (TypeError, ValueError):
        return
    try:
        signature.bind()
    except TypeError as error:
        raise CheckError(
            f"{name or repr(subject)} cannot be called without arguments ({error}), "
            f"{expected}: lambda: {example}((2,))"
        ) from error


def require_object(subject: Any, kind: type) -> None:
    """An object of this kind: a source, a metric or an objective.

    Raises:
        CheckError: When it is anything else, such as a class.
    """
    words, check, make = WHOLE[kind]
    if isinstance(subject, kind):
        return
    if isinstance(subject, type):
        name = subject.__name__
        raise CheckError(f"got the class {name}, expected {words}, an object: {check}({name}())")
    if isinstance(subject, str) and make:
        raise CheckError(f"got the text {subject!r}, expected {words}: {make}({subject!r})")
    for other, (other_words, other_check, _) in WHOLE.items():
        if isinstance(subject, other):
            raise CheckError(
                f"got {other_words}, expected {words}: {other_words} is for {other_check}"
            )
    raise CheckError(f"got a {type(subject).__name__}, expected {words}")
