"""The checkerboard: a uniform law on every other square."""

import math

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context_fields import one_hot
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, SupportsLabels
from genzoo.data.checks import count, positive, size
from genzoo.data.draws import uniform
from genzoo.data.labels import MANY, label
from genzoo.data.registry import register_source

CELLS = 3000
"""Along a side, at most: all of them are listed."""


class Checkerboard(DataSource, SupportsLogProb, SupportsLabels):
    """Uniform on the squares (i, j) with i + j even of a board.

    The board has cells x cells squares over [-half_width, half_width]^2.
    p(x) = 1 / (filled squares * side^2) on the support, 0 off it; side = 2 half_width / cells, in
    data units. A square owns its left and lower edge. Given its square, x is uniform on it.

    Args:
        cells: Squares along each side of the board.
        half_width: Half the side of the board.
        context: Whether draws come with their square, called "i-j".
    """

    event_shape = (2,)
    has_edges = True

    def __init__(self, cells: int, half_width: float, *, context: bool) -> None:
        self.cells = size("cells", cells, maximum=CELLS)
        self.half_width = positive("half_width", half_width)
        self.side = 2 * self.half_width / self.cells
        board = torch.cartesian_prod(torch.arange(cells), torch.arange(cells))
        even = board.sum(dim=1) % 2 == 0
        self._filled = board[even]
        area = len(self._filled) * self.side**2
        self._log_density = -math.log(area)
        # A board has up to millions of squares, too many for a label.
        some = self._filled[: MANY + 1].tolist()
        self.context_spec = label("square", tuple(f"{i}-{j}" for i, j in some), context)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw `(n, 2)`: a filled square, then a point in it."""
        shape = (count("n", n),)
        index = torch.randint(len(self._filled), shape, generator=generator)
        squares = self._filled[index]
        x = self._places(squares + uniform(n, 2, generator=generator))
        # Single precision rounds a point near an edge out of its square.
        inwards = torch.nextafter(x, self._places(squares + 0.5))
        rounded_out = self._squares(x.to(torch.float64)) != squares
        x = torch.where(rounded_out, inwards, x)
        if self.context_spec is None:
            return Batch(x)
        return Batch(x, one_hot(index, len(self._filled)))

    def labels_of(self, x: Tensor) -> Tensor:
        """The filled square of each example, `(B, 1)`, -1 off them; `(B, 0)` without a label."""
        if self.context_spec is None:
            return torch.zeros(len(x), 0, dtype=torch.int64)
        squares = self._squares(x.to(torch.float64))
        same = (squares[:, None] == self._filled).all(dim=2)
        index = same.to(torch.int64).argmax(dim=1)
        return torch.where(same.any(dim=1), index, -1)[:, None]

    def _places(self, squares: Tensor) -> Tensor:
        """Places on the board, counted in squares, in data units and single precision."""
        return (squares * self.side - self.half_width).to(torch.float32)

    def _squares(self, x: Tensor) -> Tensor:
        return torch.floor((x + self.half_width) / self.side).to(torch.int64)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        edge = self.half_width
        on_board = ((x >= -edge) & (x < edge)).all(dim=1)
        squares = self._squares(x.clamp(-edge, edge))
        if context is not None:
            given = self._filled[context.argmax(dim=1)]
            there = on_board & (squares == given).all(dim=1)
            return torch.where(there, -2 * math.log(self.side), -math.inf).to(torch.float64)
        even = squares.sum(dim=1) % 2 == 0
        density = torch.where(on_board & even, self._log_density, -math.inf)
        return density.to(torch.float64)


@register_source("checkerboard")
def checkerboard(*, cells: int = 4, half_width: float = 4.0, context: bool = True) -> Checkerboard:
    """A uniform law on every other square of a board, with sharp edges, 2-D.

    Args:
        cells: Squares along each side.
        half_width: Half the side of the board, in data units.
        context: Whether draws come with their square, of 2 to 100, as a condition.

    Raises:
        InputError: When an option is out of range.
    """
    return Checkerboard(cells, half_width, context=context)
