"""What a conditional model is asked for, where a user names some of it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Field
from genzoo.core.model import GenerativeModel
from genzoo.errors import InputError


def asked_conditions(
    model: GenerativeModel, n: int, given: Mapping[str, Any], *, generator: torch.Generator
) -> Tensor | None:
    """Conditions `(n, C)` with these values; what is not named is as in training.

    Where some labels are named and others not, the others are those of training examples that have
    the named ones.

    Args:
        model: The model that is asked.
        n: How many samples are asked for.
        given: Values by name of the field; none for conditions as in training.
        generator: Source of what is not named.

    Returns:
        None for an unconditional model.

    Raises:
        InputError: When there is no such field or value, no training example has these labels, or
            the model takes no conditions.
    """
    spec = model.context_spec
    if spec is None:
        if given:
            names = ", ".join(given)
            raise InputError(f"this model is unconditional, got a wish for {names}: leave it out")
        return None
    if not given:
        return model.draw_conditions(n, generator=generator)
    spec.check_names(given)
    if len(given) == len(spec.fields):
        return spec.encode(given, n)
    rows = model.conditions
    if rows is None:
        missing = [name for name in spec.names if name not in given]
        raise InputError(f"this model was never trained: give {', '.join(missing)} too")
    named: dict[Field, Tensor] = {}
    for field in spec.fields:
        if field.name in given:
            named[field] = torch.tensor(field.encode(given[field.name])).to(rows)
    fitting = rows[_fits(spec, rows, named)]
    if not len(fitting):
        raise InputError(
            "no training example that the model remembers has these labels together: "
            f"give a value for each of {', '.join(spec.names)}"
        )
    index = torch.randint(len(fitting), (n,), generator=generator)
    return _with_values(spec, fitting[index], named)


def _fits(spec: ContextSpec, rows: Tensor, named: Mapping[Field, Tensor]) -> Tensor:
    """Which conditions have the labels that are named, `(m,)` bool."""
    fits = torch.ones(len(rows), dtype=torch.bool)
    for field, columns in spec.columns(rows).items():
        if field in spec.categories and field in named:
            fits &= (columns == named[field]).all(dim=1)
    return fits


def _with_values(spec: ContextSpec, rows: Tensor, named: Mapping[Field, Tensor]) -> Tensor:
    """Conditions with the named values in place of their own."""
    parts = []
    for field, columns in spec.columns(rows).items():
        if field in named:
            columns = named[field].expand(len(rows), -1)
        parts.append(columns)
    return torch.cat(parts, dim=1)
