"""Contracts and results are values: nobody changes them behind another's back."""

import dataclasses
import importlib
import pkgutil

import pytest

import genzoo.core
import genzoo.results

MODULES = [
    importlib.import_module(found.name)
    for room in (genzoo.core, genzoo.results)
    for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
]
CLASSES = {
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type)
    and dataclasses.is_dataclass(kind)
    and kind.__module__ == module.__name__
}
CHANGING = {"Evidence"}
"""What fills a cache of its own."""


@pytest.mark.parametrize(
    "kind", sorted(CLASSES, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_it_is_frozen(kind: type) -> None:
    assert kind.__dataclass_params__.frozen == (kind.__name__ not in CHANGING)
