"""Every registered name says what it is, and the documentation says it too."""

import re
from pathlib import Path

import pytest

from genzoo.data import SOURCES
from genzoo.metrics import METRICS
from genzoo.models import MODELS

DOCS = Path(__file__).parents[2] / "docs"
REGISTRIES = {"models": MODELS, "sources": SOURCES, "metrics": METRICS}
NAMES = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry.names()]


@pytest.fixture(scope="module")
def pages():
    return "\n".join(path.read_text() for path in sorted(DOCS.rglob("*.md")))


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_described_and_documented(kind, name, pages):
    entry = REGISTRIES[kind].entry(name)
    assert entry.description
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", pages), (
        f"no page of docs/ speaks of {name}"
    )
    for option in entry.options:
        if option != "event_shape":
            arguments = (entry.factory.__doc__ or "").partition("Args:")[2]
            assert re.search(rf"^\s*{option}:", arguments, re.MULTILINE), (
                f"option {option} of {name} is not documented"
            )


@pytest.mark.parametrize(("kind", "name"), [pair for pair in NAMES if pair[0] != "models"])
def test_creatable_without_options(kind, name):
    assert REGISTRIES[kind].create(name) is not None
