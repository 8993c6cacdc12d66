"""What was recorded of a run, step by step, and what was recorded last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class History:
    """What was recorded at each step of one run.

    Attributes:
        steps: `(T,)` step numbers, counted from 1.
        series: Columns `(T,)` named `update/term` or `update/monitor`, such as
            `discriminator/D(real)`; `update/loss` is the sum of the terms, `update/gradient norm`
            the Euclidean norm of its gradient over all parameters that the update may change,
            before clipping. NaN at steps at which the update was not active.
    """

    steps: npt.NDArray[np.int64]
    series: Mapping[str, FloatArray]

    def last(self, diverged_at: int | None = None) -> dict[str, float]:
        """The last value of each series that was recorded, also where its update ended before training did.

        Args:
            diverged_at: The step at which the run diverged, or None. From then on NaN is what was
                recorded; a run that has not diverged recorded no NaN loss, so that NaN there says
                that an update was not active.
        """
        ends = {
            update: self._end(update, diverged_at)
            for update in {_update(name) for name in self.series}
        }
        return {
            name: float(values[ends[_update(name)]])
            for name, values in self.series.items()
            if len(values)
        }

    def active(self, update: str) -> npt.NDArray[np.bool_]:
        """At which steps the update recorded anything but NaN, `(T,)`."""
        rows = [
            ~np.isnan(values) for name, values in self.series.items() if _update(name) == update
        ]
        return np.asarray(np.stack(rows).any(axis=0))

    @property
    def broken(self) -> bool:
        """Whether something was recorded as NaN or infinite.

        NaN at steps at which an update was not active is none of this: others went on then.
        """
        active = {update: self.active(update) for update in {_update(name) for name in self.series}}
        if not active or not len(self.steps):
            return False
        wrong = [
            ~np.isfinite(values) & active[_update(name)] for name, values in self.series.items()
        ]
        nothing = ~np.stack(list(active.values())).any(axis=0)
        return bool(np.stack(wrong).any() or nothing.any())

    def _end(self, update: str, diverged_at: int | None) -> int:
        """The place of the last row that the update recorded."""
        rows = np.flatnonzero(self.active(update))
        if not len(rows) or (diverged_at is not None and self.steps[rows[-1]] >= diverged_at - 1):
            return -1
        return int(rows[-1])


def _update(name: str) -> str:
    return name.rpartition("/")[0]
