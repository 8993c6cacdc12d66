"""Examples as rows of float64 numbers, and the small statistics that every metric uses."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genzoo.arrays import Array
from genzoo.core.metric import Evidence
from genzoo.errors import InputError

BLOCKS = 12
"""Parts that `block_error` deals the rows into."""
LARGEST = 1e150
"""Numbers beyond it have squares that double precision cannot hold."""


def as_rows(x: Any, what: str = "x") -> Array:
    """Examples as a float64 matrix `(n, D)`, one flattened example a row; `(n,)` becomes `(n, 1)`.

    Raises:
        InputError: When it is not numeric, empty, or holds NaN, infinity or numbers beyond 1e150.
    """
    rows = _real_numbers(x, what)
    if rows.ndim == 0 or rows.size == 0:
        raise InputError(f"{what} must hold at least one example, got shape {rows.shape}")
    rows = np.ascontiguousarray(rows.reshape(len(rows), -1))
    if not np.isfinite(rows).all():
        raise InputError(f"{what} must be finite, got NaN or infinity: remove those rows first")
    if np.abs(rows).max() > LARGEST:
        raise InputError(
            f"{what} must lie within {LARGEST:g}, as squares overflow beyond: "
            "bring it to another unit first"
        )
    return rows


def _real_numbers(x: Any, what: str) -> Array:
    """A tensor, array or nested list as float64 numbers, of any shape."""
    is_complex = torch.is_complex(x) if isinstance(x, Tensor) else np.iscomplexobj(x)
    if is_complex:
        raise InputError(f"{what} must hold real numbers, got complex ones")
    if isinstance(x, Tensor):
        x = x.detach().cpu().to(torch.float64).numpy()
    try:
        return np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} must be a numeric array of examples, got {type(x).__name__}"
        ) from error


def as_numbers(x: Tensor) -> Array:
    """The numbers of a tensor as a float64 array of its own, of the same shape."""
    values: Array = x.detach().cpu().to(torch.float64).numpy().copy()
    return values


def as_pair(x: Any, y: Any) -> tuple[Array, Array]:
    """Two samples as rows of the same width.

    Raises:
        InputError: As `as_rows`, or when their widths differ.
    """
    first, second = as_rows(x, "x"), as_rows(y, "y")
    if first.shape[1] != second.shape[1]:
        raise InputError(
            f"x and y must hold examples of one shape, got {first.shape[1]} and "
            f"{second.shape[1]} numbers an example"
        )
    return first, second


def sample_rows(evidence: Evidence) -> Array:
    """The generated examples as rows, converted once."""
    return evidence.shared("sample rows", lambda: as_rows(evidence.samples))


def reference_rows(evidence: Evidence) -> Array:
    """The real examples as rows, converted once."""
    return evidence.about_real("reference rows", lambda: as_rows(evidence.reference))


def rng(generator: torch.Generator) -> np.random.Generator:
    """A numpy generator that continues a torch one."""
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))


def standard_error(values: Array) -> float | None:
    """Standard deviation of the mean of independent values; None for a single one."""
    if len(values) < 2:
        return None
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def share_standard_error(count: int, n: int) -> float:
    """Standard error of count / n, taken at (count + 1/2) / (n + 1) so that it is never 0."""
    share = (count + 0.5) / (n + 1)
    return float(np.sqrt(share * (1 - share) / n))


def not_a_density(log_q: tuple[Array, Array]) -> str:
    """Why log-densities of a model at real and at its own examples cannot be used, or nothing."""
    real, fake = log_q
    bad_real = int((np.isnan(real) | np.isposinf(real)).sum())
    bad_fake = int((~np.isfinite(fake)).sum())
    bad = bad_real + bad_fake
    if not bad:
        return ""
    return f"the model's log-density is not a number at {bad} examples"


def p_text(p: float) -> str:
    """A p-value in words, never 0.

    >>> p_text(0.0123), p_text(0.0)
    ('p = 0.012', 'p < 1e-300')
    """
    if p < 1e-300:
        return "p < 1e-300"
    return f"p = {p:.2g}"


def total_error(parts: Iterable[float | None]) -> float | None:
    """Root of the sum of squares of independent errors; None when any is unknown."""
    squares = []
    for part in parts:
        if part is None:
            return None
        squares.append(part**2)
    return float(np.sqrt(sum(squares)))


def jackknife_error(without_x: Sequence[float], without_y: Sequence[float]) -> float:
    """Standard error of a statistic of two samples, from its values without a part of one of them.

    Args:
        without_x: One value for each part of the first sample, which is left out.
        without_y: One value for each part of the second sample, which is left out.
    """
    return float(np.sqrt((len(without_x) - 1) * (np.var(without_x) + np.var(without_y))))


def block_error(
    statistic: Callable[[Array, Array], float], x: Array, y: Array, blocks: int = BLOCKS
) -> float | None:
    """Standard error of a statistic of two samples, from its spread over disjoint parts of both.

    sd / sqrt(B) over B parts of size n / B: for statistics whose variance falls like 1 / n but has
    no simple formula. Rows are dealt to parts in turn, so that sorted files do no harm. None with
    fewer than 10 rows a part.
    """
    if min(len(x), len(y)) < 10 * blocks:
        return None
    values = [statistic(x[part::blocks], y[part::blocks]) for part in range(blocks)]
    return float(np.std(values, ddof=1) / np.sqrt(blocks))
