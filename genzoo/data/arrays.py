"""A finite table of examples: checked, and split once into training and held-out rows."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.model import Batch
from genzoo.core.source import FiniteSource, take_rows
from genzoo.data.conditions import (
    ConditionColumn,
    encoded,
    joined,
    never_seen,
    spec_of,
)
from genzoo.data.matching import in_the_order_of
from genzoo.data.memory import beside, in_memory
from genzoo.data.tables import Table
from genzoo.data.values import NEGLIGIBLE, Values, single_precision
from genzoo.errors import InputError

UNLIKE = 10.0
"""Channels whose spreads differ by more than this factor carry units of their own."""


class ArraySource(FiniteSource):
    """The rows of data in memory, as they are, in data units, with a fixed part kept for scores.

    The columns of a table `(n, D)` are standardised one by one. So are the positions of a series
    whose channels carry units of their own: `(n, T, C)` or `(n, C, T)` with C at most T / 2, where
    the spreads of the channels differ by more than ten times (see `has_unlike_channels`). All other
    examples, such as pictures, are scaled as a whole.

    Args:
        rows: `(n, *event_shape)` numbers, n >= 2: an array, a tensor, a DataFrame, a list of rows
            or of dicts; `(n,)` is read as one column.
        name: What messages call it.
        holdout: Share of the rows to keep for scores, between 0 and 1: at least one row, at least
            two of four or more, and never all.
        split_seed: Fixes which rows.
        context: Columns of a table that are conditions of its rows, by name or number counted from
            1, several joined by "+"; or columns beside the rows: a dict or a DataFrame of them. A
            column of text is a label, and so is one of at most 20 different whole numbers; other
            numbers are covariates, with the range of the rows to train on. "@number" or "@label"
            after a name decides, `context="year@number"`.

    Attributes:
        columns: What messages call the columns of a table: their names, or else "1", "2", ...;
            empty where examples have several axes.
        notes: What must be said about how the data were read.

    Raises:
        InputError: When it is no table or array of numbers, is empty, has a single row, or holds
            NaN, infinity or numbers that single precision cannot tell apart; or an option is out of
            range.
    """

    def __init__(
        self,
        rows: Any,
        *,
        name: str = "data",
        holdout: float = 1 / 3,
        split_seed: int = 0,
        context: Any = None,
    ) -> None:
        if context is None or isinstance(context, str | int):
            table = in_memory(rows, name, context)
        else:
            table = beside(in_memory(rows, name), context, name)
        self._describe(table, name)
        x = _single(table, name)
        if len(x) == 1:
            raise InputError(
                f"{name} has a single row: at least 2 are needed, one to train on and one to keep "
                "for scores"
            )
        size = holdout_size(len(x), holdout)
        shuffled = np.random.default_rng(split_seed).permutation(len(x))
        order = torch.from_numpy(shuffled)
        whole = Batch(x)
        if table.conditions:
            self.context_spec = spec_of(table.conditions, order[size:], name)
            whole = Batch(x, encoded(table.conditions, self.context_spec, name))
        self._train = take_rows(whole, order[size:])
        self._holdout = take_rows(whole, order[:size])
        self.notes += self._notes_on_conditions()

    @staticmethod
    def of_parts(
        train: Any,
        holdout: Any,
        *,
        name: str = "data",
        context_spec: ContextSpec | None = None,
    ) -> "ArraySource":
        """Data whose two parts are given: what some program trained on, and what it did not see.

        Args:
            train: Rows that models may see, as `ArraySource` takes them.
            holdout: Rows kept for scores; columns are matched by name where both parts have names.
            name: What messages call it.
            context_spec: What their conditions mean; by default found out.

        Raises:
            InputError: When a part is no table or array of numbers, or the two do not fit each
                other.
        """
        seen_name = f"the training part of {name}"
        unseen_name = f"the holdout of {name}"
        seen = in_memory(train, seen_name)
        unseen = in_memory(holdout, unseen_name)
        unseen = in_the_order_of(seen.names, unseen, unseen_name, seen_name)
        seen_shape, unseen_shape = seen.values.shape[1:], unseen.values.shape[1:]
        if seen_shape != unseen_shape:
            raise InputError(
                f"examples of {seen_name} have shape {seen_shape} "
                f"and those of {unseen_name} {unseen_shape}"
            )
        # The parts are given, so there is nothing for the constructor to split.
        source = ArraySource.__new__(ArraySource)
        source._describe(seen, name)
        source._train = Batch(_single(seen, seen_name))
        source._holdout = Batch(_single(unseen, unseen_name))
        source._take_conditions(seen, unseen, context_spec)
        notes = [f"{note} (training part)" for note in seen.notes]
        notes += [f"{note} (holdout)" for note in unseen.notes]
        notes += _overlap(source._train.x, source._holdout.x)
        source.notes = (*notes, *source._notes_on_conditions())
        return source

    @property
    def train(self) -> Batch:
        """The rows that models may see."""
        return self._train

    @property
    def holdout(self) -> Batch:
        """The rows kept for scores."""
        return self._holdout

    def in_order(self, names: Sequence[str]) -> "ArraySource":
        """The same data with its columns in the order of their names.

        Args:
            names: The names of all columns, each of which occurs once.
        """
        order = [self.column_names.index(name) for name in names]
        other = copy.copy(self)
        other.columns = other.column_names = tuple(names)
        other._train = Batch(self._train.x[:, order], self._train.context)
        other._holdout = Batch(self._holdout.x[:, order], self._holdout.context)
        return other

    def _describe(self, table: Table, name: str) -> None:
        self.name = name
        self.columns = table.columns
        self.column_names = table.names
        self.notes = table.notes
        self.event_shape = tuple(table.values.shape[1:])
        self.recommended_standardisation = "scalar"
        if table.values.ndim == 2 or has_unlike_channels(table.values):
            self.recommended_standardisation = "column"

    def _notes_on_conditions(self) -> tuple[str, ...]:
        if self.context_spec is None or self._train.context is None:
            return ()
        return tuple(never_seen(self.context_spec, self._train.context))

    def _take_conditions(self, seen: Table, unseen: Table, spec: ContextSpec | None) -> None:
        """Give both parts their conditions."""
        columns = _joined_conditions(seen, unseen, spec, self.name)
        if not columns:
            return
        count = len(self._train.x)
        self.context_spec = spec or spec_of(columns, torch.arange(count), self.name)
        context = encoded(columns, self.context_spec, self.name)
        self._train = Batch(self._train.x, context[:count])
        self._holdout = Batch(self._holdout.x, context[count:])


def holdout_size(n: int, holdout: float) -> int:
    """How many of n >= 2 rows to keep for scores.

    round(n * holdout), at least 1, at least 2 of four or more, at most n - 1.

    Raises:
        InputError: When `holdout` is not between 0 and 1.
    """
    is_number = isinstance(holdout, int | float) and not isinstance(holdout, bool)
    if not is_number or not 0 < holdout < 1:
        raise InputError(f"holdout must be a share between 0 and 1, both excluded, got {holdout!r}")
    least = 2 if n >= 4 else 1
    return min(max(round(n * holdout), least), n - 1)


def has_unlike_channels(values: Values) -> bool:
    """Whether examples are series of several channels whose spreads differ by more than ten times.

    The channel axis of `(n, T, C)` or `(n, C, T)` is the shorter one, where it is at most half of
    the other. The spread of a channel is the root-mean-square deviation from the mean of each
    position. Constant channels do not count.
    """
    if values.ndim != 3:
        return False
    _, first, second = values.shape
    if 2 * min(first, second) > max(first, second):
        return False
    positions = 1 if first > second else 2
    exact = values.astype(np.float64)
    variance = exact.var(axis=0).mean(axis=positions - 1)
    spreads = np.sqrt(variance)
    constant = NEGLIGIBLE * np.abs(exact).max(axis=(0, positions))
    varying = spreads[spreads > constant]
    return len(varying) > 1 and bool(varying.max() > UNLIKE * varying.min())


def _single(table: Table, name: str) -> Tensor:
    return torch.from_numpy(single_precision(table.values, name, table.place))


def _overlap(train: Tensor, holdout: Tensor) -> list[str]:
    """A warning, where rows of the holdout are among the training rows too."""
    # Adding 0 turns -0 into 0, whose bytes differ.
    seen = {row.tobytes() for row in (train + 0.0).numpy()}
    common = sum(row.tobytes() in seen for row in (holdout + 0.0).numpy())
    if not common:
        return []
    return [
        f"{common:,} of {len(holdout):,} rows of the holdout are also in the training part, "
        "so that these were not unseen"
    ]


def _joined_conditions(
    seen: Table, unseen: Table, spec: ContextSpec | None, name: str
) -> list[ConditionColumn]:
    """The conditions of both parts, one after the other, in the order of the first or of a spec."""
    wanted: tuple[str, ...] = tuple(column.name for column in seen.conditions)
    if spec is not None:
        wanted = spec.names
    columns: list[ConditionColumn] = []
    for part, what in ((seen, "the training part"), (unseen, "the holdout")):
        there = [column.name for column in part.conditions]
        if sorted(there) != sorted(wanted):
            raise InputError(
                f"{what} of {name} has the conditions {', '.join(there) or 'none'}, expected "
                f"{', '.join(wanted) or 'none'}: name the same with the option context="
            )
    for wanted_name in wanted:
        columns.append(joined(seen.condition(wanted_name), unseen.condition(wanted_name)))
    return columns
