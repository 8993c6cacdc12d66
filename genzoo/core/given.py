"""Samples that another program generated, as a comparison takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class GivenSamples:
    """Rows that another program generated: one set for all seeds, or one for each seed.

    A single set is one draw: an interval over seeds, which differ in the real sample and in the
    rows that are taken of the set, holds for this set only, not for the program that made it.

    Attributes:
        sets: `(n_k, *event_shape)` each; none stands for a row whose samples a model makes.
        what: What one set is called, `"file"` or `"sample"`.
        notes: What must be said about how they were read.
    """

    sets: tuple[Tensor, ...]
    what: str = "sample"
    notes: tuple[str, ...] = ()

    @property
    def per_seed(self) -> bool:
        """Whether each seed has a set of its own, so that the row may be compared with others by tests over seeds."""
        return len(self.sets) != 1

    def at(self, position: int) -> Tensor:
        """All rows of the set of a seed, by the seed's position."""
        return self.sets[position if self.per_seed else 0]

    def remark(self, n: int, seeds: int, *, modes: bool) -> str:
        """What must be said about the row: how it was read, how many rows count, and what an interval holds for.

        Args:
            n: Rows that are scored at a seed, where there are as many.
            seeds: How many seeds.
            modes: Whether the source knows its modes, which are counted on all rows.
        """
        return "; ".join(
            filter(
                None, (*self.notes, self._sizes(n, seeds), self._counted(n, modes), self._few(n))
            )
        )

    def _sizes(self, n: int, seeds: int) -> str:
        if not self.sets:
            return ""
        sizes = _range([len(rows) for rows in self.sets])
        if self.per_seed:
            return f"one {self.what} for each seed, of {sizes} rows"
        given = f"this {self.what} of {sizes} rows"
        return f"intervals are given {given}" if seeds > 1 else f"the scores are of {given}"

    def _counted(self, n: int, modes: bool) -> str:
        if not any(len(rows) > n for rows in self.sets):
            return ""
        used = f"{n:,} of them at each seed"
        return f"{used}, and all of them where modes are counted" if modes else used

    def _few(self, n: int) -> str:
        fewest = min((len(rows) for rows in self.sets), default=n)
        if fewest >= n:
            return ""
        return f"fewer than the {n:,} of other rows, so that values which depend on the number differ by that alone"


def _range(sizes: Sequence[int]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
