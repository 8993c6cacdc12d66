"""What is believed of a stored comparison.json."""

import pytest

from genzoo.api.facts import are_facts


@pytest.mark.parametrize(
    ("positions", "believed"),
    [
        (None, True),
        ([0.0, 1.0], True),
        ([1.0], False),
        (["a", "b"], False),
        ([], False),
        ("ab", False),
        ({}, False),
    ],
)
def test_positions_of_curves_are_two_numbers_or_more(positions, believed):
    assert (
        are_facts({"seeds": [0], "runs": {"paintings": {"models": {}, "positions": positions}}})
        is believed
    )


@pytest.mark.parametrize(
    ("folder", "believed"), [("runs/a", True), ("/etc", False), ("a/../../b", False)]
)
def test_folders_lie_within_the_comparison(folder, believed):
    assert are_facts({"seeds": [0], "runs": {"ring": {"models": {"vae": folder}}}}) is believed


@pytest.mark.parametrize(
    ("least", "believed"),
    [
        ({"ring": {"ddpm": 0.3}}, True),
        ({}, True),
        ({"ring": {"ddpm": "low"}}, False),
        ({"ring": [0.3]}, False),
        ([], False),
    ],
)
def test_least_losses_are_numbers(least, believed):
    assert are_facts({"seeds": [0], "least_losses": least}) is believed


def test_there_must_be_seeds():
    assert are_facts({"seeds": [0]})
    assert not are_facts({})
    assert not are_facts([])
