"""Samples that another program generated, as a comparison takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from genzoo.core.model import Batch


@dataclass(frozen=True)
class GivenSamples:
    """Rows that another program generated: one set for all seeds, or one for each seed.

    A single set is one draw. Seeds then differ in the real sample and in the rows that are taken of
    the set, so that an interval over them holds for this set only, not for the program that made
    it.

    Attributes:
        sets: `(n_k, *event_shape)` each, with what they were asked for where that is known; none
            stands for a row whose samples a model makes.
        what: How one set is called, `"file"` or `"sample"`.
        notes: What must be said about how they were read.
    """

    sets: tuple[Batch, ...]
    what: str = "sample"
    notes: tuple[str, ...] = ()

    @property
    def per_seed(self) -> bool:
        """Whether each seed has a set of its own.

        Only then may the row be compared with others by tests over seeds.
        """
        return len(self.sets) != 1

    @property
    def has_conditions(self) -> bool:
        """Whether it is known what the rows were asked for."""
        return any(rows.context is not None for rows in self.sets)

    def at(self, position: int) -> Batch:
        """All rows of the set of a seed, by the seed's position."""
        return self.sets[position if self.per_seed else 0]

    def remark(self, n: int, seeds: int, *, modes: bool) -> str:
        """What must be said about the row.

        How it was read, how many rows count, and what an interval holds for.

        Args:
            n: Rows that are scored at a seed, where there are as many.
            seeds: How many seeds there are.
            modes: Whether the source knows its modes, which are counted on all rows.
        """
        sizes = [len(rows.x) for rows in self.sets]
        parts = [note for note in self.notes if note]
        if sizes:
            parts.append(self._origin(sizes, seeds))
        if max(sizes, default=n) > n:
            used = f"{n:,} of them at each seed"
            if modes:
                used += ", and all of them where modes are counted"
            parts.append(used)
        if min(sizes, default=n) < n:
            parts.append(
                f"fewer than the {n:,} of other rows, "
                "so that values which depend on the number differ by that alone"
            )
        return "; ".join(parts)

    def _origin(self, sizes: Sequence[int], seeds: int) -> str:
        """Of which set or sets the scores are."""
        rows = f"{_range(sizes)} rows"
        if self.per_seed:
            return f"one {self.what} for each seed, of {rows}"
        if seeds > 1:
            return f"intervals are given this {self.what} of {rows}"
        return f"the scores are of this {self.what} of {rows}"


def _range(sizes: Sequence[int]) -> str:
    low, high = min(sizes), max(sizes)
    if low == high:
        return f"{low:,}"
    return f"{low:,} to {high:,}"
