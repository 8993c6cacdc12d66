"""What was recorded of a run, step by step, and what was recorded last."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genzoo.arrays import FloatArray


@dataclass(frozen=True)
class History:
    """What was recorded at each step of one run.

    Attributes:
        steps: `(T,)` step numbers, counted from 1.
        series: Columns `(T,)` named `update/term` or `update/monitor`, such as
            `discriminator/D(real)`. `update/loss` is the sum of the terms. `update/gradient norm`
            is the Euclidean norm of its gradient over all parameters that the update may change,
            before clipping. NaN at steps at which the update was not active.
    """

    steps: npt.NDArray[np.int64]
    series: Mapping[str, FloatArray]

    def last(self, diverged_at: int | None = None) -> dict[str, float]:
        """The last recorded value of each series, also where its update ended before training did.

        Args:
            diverged_at: The step at which the run diverged, or None. From then on NaN is what was
                recorded. A run that has not diverged recorded no NaN loss: NaN there says that an
                update was not active.
        """
        ends: dict[str, int] = {}
        for update in self._updates():
            ends[update] = self._end(update, diverged_at)
        last: dict[str, float] = {}
        for name, values in self.series.items():
            if len(values):
                last[name] = float(values[ends[_update(name)]])
        return last

    def active(self, update: str) -> npt.NDArray[np.bool_]:
        """At which steps the update recorded anything but NaN, `(T,)`."""
        columns = self._columns(update)
        return np.asarray((~np.isnan(columns)).any(axis=0))

    @property
    def broken(self) -> bool:
        """Whether something was recorded as NaN or infinite.

        NaN at steps at which an update was not active is none of this: others went on then.
        """
        if not self.series or not len(self.steps):
            return False
        recorded = np.zeros(len(self.steps), dtype=np.bool_)
        for update in self._updates():
            active = self.active(update)
            wrong = ~np.isfinite(self._columns(update)) & active
            if wrong.any():
                return True
            recorded |= active
        return not recorded.all()

    def _updates(self) -> set[str]:
        return {_update(name) for name in self.series}

    def _columns(self, update: str) -> FloatArray:
        """The series of one update, `(K, T)`."""
        columns = [values for name, values in self.series.items() if _update(name) == update]
        return np.stack(columns)

    def _end(self, update: str, diverged_at: int | None) -> int:
        """The place of the last row that the update recorded."""
        rows = np.flatnonzero(self.active(update))
        if not len(rows):
            return -1
        end = int(rows[-1])
        if diverged_at is not None and self.steps[end] >= diverged_at - 1:
            return -1
        return end


def _update(name: str) -> str:
    return name.rpartition("/")[0]
