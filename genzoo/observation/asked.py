"""What a recording asks a conditional model for: the conditions of the real examples it shows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.results.shown_condition import shown_values

CLASSES = 10
"""Images are shown in a row for each class, of so many classes at most."""
FEWEST, MOST = 2, 5
"""Images in a row; of many classes at most as many as there are classes, which makes a square."""
NUMBERS_IN_ROWS = 6400
"""Numbers in all these images, about."""
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


def by_number(spec: ContextSpec, context: Tensor, count: int) -> Tensor:
    """Places of the first so many real images with conditions `(m, C)`, by their number."""
    first = in_turn(count, len(context))
    values = torch.from_numpy(shown_values(spec, context[first]))
    return first[values.argsort()]


def by_class(spec: ContextSpec, context: Tensor, event_size: int) -> Tensor:
    """Places of real images, a row of each class after the other.

    Args:
        spec: What the conditions mean.
        context: The conditions of all of them `(m, C)`.
        event_size: Numbers in an image.
    """
    values = torch.from_numpy(shown_values(spec, context))
    classes = torch.unique(values)[:CLASSES]
    each = min(NUMBERS_IN_ROWS // (len(classes) * event_size), max(MOST, len(classes)))
    each = max(each, FEWEST)
    rows = []
    for one in classes:
        members = (values == one).nonzero()[:, 0]
        rows.append(members[in_turn(each, len(members))])
    return torch.cat(rows)
