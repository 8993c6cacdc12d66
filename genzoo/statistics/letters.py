"""The letters of a table: models that share one cannot be told apart."""

from collections.abc import Sequence

from genzoo.statistics.significance import LEVEL, PairTest, smallest_p


def letters(order: Sequence[str], tests: Sequence[PairTest]) -> dict[str, str]:
    """Compact letter display (Piepho 2004): rows that share a letter cannot be told apart.

    Args:
        order: Rows from best to worst; the best gets "a".
        tests: All pairs of them.
    """
    groups: list[set[str]] = [set(order)]
    for test in tests:
        if test.significant:
            groups = _largest(_split(groups, test.better, test.worse))
    groups.sort(key=lambda group: [at for at, name in enumerate(order) if name in group])
    letters_of = dict.fromkeys(order, "")
    for at, group in enumerate(groups):
        letter = chr(97 + at % 26)
        for name in group:
            letters_of[name] += letter
    return letters_of


def explain_letters(seeds: int) -> str:
    """The remark that says what letters mean."""
    return (
        f"Models that share a letter cannot be told apart on that metric at the {LEVEL:.0%} level: "
        f"step-down max-T test with joint sign flips over {seeds} paired seeds, all pairs of "
        "models of one metric as the family, controls left out (smallest attainable p "
        f"{smallest_p(seeds):.2g})."
    )


def _split(groups: Sequence[set[str]], first: str, second: str) -> list[set[str]]:
    """Groups of which none holds both rows: one that does becomes two, each without one of them."""
    apart = []
    for group in groups:
        if first in group and second in group:
            apart.append(group - {first})
            apart.append(group - {second})
        else:
            apart.append(group)
    return apart


def _largest(groups: Sequence[set[str]]) -> list[set[str]]:
    """The groups that are part of no other, each once."""
    largest: list[set[str]] = []
    for group in groups:
        is_part = any(group < other for other in groups)
        if not is_part and group not in largest:
            largest.append(group)
    return largest
