"""Names for the types of numpy arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""Numbers that are computed with."""

FloatArray = npt.NDArray[np.floating[Any]]
"""Numbers of any precision, as they are stored."""

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
