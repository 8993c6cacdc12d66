"""Whether a model was still coming nearer to the truth when its training ended."""

import numpy as np

from genzoo.arrays import FloatArray

LATER, EARLIER, LATEST = 0.9, 0.75, 0.6
"""Shares of pairs of looks in which the later one is nearer, see `improving`."""
GAIN = 0.05
"""Share of the mean distance."""
FEWEST = 15
"""Looks below which nothing is said."""


def improving(distances: FloatArray) -> bool:
    """Whether distances at evenly spaced looks were still falling at the end, beyond their noise.

    Of the looks, which are cut into thirds, the last third is held against the third before. All of
    these hold:

    - in at least `LATER` of the pairs of a look of each, the later one is nearer;
    - the mean is at least `GAIN` of it smaller;
    - within the last third, in at least `LATEST` of the pairs the later one is nearer;
    - the third before was itself nearer than the first, in at least `EARLIER` of the pairs: a fall
      in the last third alone comes of a learning rate that is annealed, and would come as late in a
      longer training.

    Of pairs rather than means, so that one wild look decides nothing. Of 100 runs whose distance
    only fluctuates about a constant, at most 1 is said to improve, or 5 where looks are so alike
    that their correlation is .9.

    Args:
        distances: `(T,)`, without the untrained model; below `FEWEST` that are finite, the answer
            is no.
    """
    finite = np.asarray(distances, dtype=np.float64)[np.isfinite(distances)]
    if len(finite) < FEWEST:
        return False
    size = len(finite) // 3
    first, before, last = np.split(finite[-3 * size :], 3)
    late, early = np.triu_indices(size, 1)[::-1]
    gain = before.mean() - last.mean()
    return bool(
        _nearer(before[:, None], last) >= LATER
        and gain >= GAIN * before.mean()
        and _nearer(last[early], last[late]) >= LATEST
        and _nearer(first[:, None], before) >= EARLIER
    )


def _nearer(earlier: FloatArray, later: FloatArray) -> float:
    """Share of the pairs in which the later distance is smaller; equal ones count half."""
    nearer = (later < earlier).mean()
    equal = (later == earlier).mean()
    return float(nearer + 0.5 * equal)
