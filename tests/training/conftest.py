"""Settings of the tests of training."""

import pytest

SHORT = 8
"""Steps whose numbers are drawn at once where a test asks for `short_chunks`."""


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps are several chunks."""
    monkeypatch.setattr("genzoo.training.draws.CHUNK", SHORT)
    monkeypatch.setattr("genzoo.training.fit.CHUNK", SHORT)
