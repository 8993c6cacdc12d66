"""What a recording asks a conditional model for: the conditions of the real examples it shows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.results.shown_condition import shown_values

CLASSES, FEWEST, MOST = 10, 2, 5
"""Images are shown in a row for each of so many classes at most, and so many in a row."""
LAW = 32
"""Conditions that stand for all in a density of all examples, at most."""


@dataclass(frozen=True)
class Asked:
    """The same in every frame of every conditional model on one source.

    Attributes:
        spec: What conditions mean.
        real: Conditions `(m, C)` of the real examples.
        order: Which real examples are shown, and lend their conditions to the samples.
    """

    spec: ContextSpec
    real: Tensor
    order: Tensor

    @property
    def samples(self) -> Tensor:
        """The conditions of the samples in a frame."""
        return self.real[self.order]

    def typical(self) -> Tensor:
        """The condition `(1, C)` for which one alone must stand.

        It is of the most frequent classes, and among these of the median of the first number.
        """
        rows = self.real
        if self.spec.categories:
            labels = self.spec.labels(rows)
            _, kinds, counts = torch.unique(labels, dim=0, return_inverse=True, return_counts=True)
            rows = rows[kinds == counts.argmax()]
        if self.spec.covariates:
            values = torch.tensor(self.spec.decode(rows)[self.spec.covariates[0].name])
            rows = rows[values.argsort()]
        return rows[len(rows) // 2][None]

    def law(self) -> tuple[Tensor, Tensor]:
        """Conditions `(k, C)` and their shares `(k,)`, in place of all that real examples have."""
        distinct, counts = torch.unique(self.real, dim=0, return_counts=True)
        spread = torch.linspace(0, len(distinct) - 1, min(len(distinct), LAW)).round().long()
        shares = counts[spread].double()
        return distinct[spread], shares / shares.sum()


def in_turn(count: int, rows: int) -> Tensor:
    """The places of so many rows, from the first; where there are fewer, from the first again."""
    return torch.arange(count) % rows


def by_class(spec: ContextSpec, context: Tensor, room: int) -> Tensor:
    """Places of real images, a row of each class after the other; without classes, by number.

    Args:
        spec: What the conditions mean.
        context: The conditions of all of them `(m, C)`.
        room: About how many images shall be shown.
    """
    values = torch.from_numpy(shown_values(spec, context))
    if not spec.categories:
        first = in_turn(room, len(values))
        return first[values[first].argsort()]
    classes = torch.unique(values)[:CLASSES]
    each = max(FEWEST, min(MOST, room // len(classes)))
    rows = []
    for one in classes:
        members = (values == one).nonzero()[:, 0]
        rows.append(members[in_turn(each, len(members))])
    return torch.cat(rows)
