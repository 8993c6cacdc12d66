"""The checkerboard: a uniform law on every other square."""

import math

import torch
from torch import Tensor

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.model import Batch
from genzoo.core.source import DataSource
from genzoo.data.checks import count, positive, size
from genzoo.data.registry import register_source

CELLS = 3000
"""Along a side, at most: all of them are listed."""


class Checkerboard(DataSource, SupportsLogProb):
    """Uniform on the squares (i, j) with i + j even of a board of cells x cells over [-half_width, half_width]^2.

    p(x) = 1 / (filled squares * side^2) on the support, 0 off it; side = 2 half_width / cells, in
    data units. A square owns its left and lower edge.

    Args:
        cells: Squares along each side of the board.
        half_width: Half the side of the board.
    """

    event_shape = (2,)

    def __init__(self, cells: int, half_width: float) -> None:
        self.cells = size("cells", cells, maximum=CELLS)
        self.half_width = positive("half_width", half_width)
        self.side = 2 * self.half_width / self.cells
        board = torch.cartesian_prod(torch.arange(cells), torch.arange(cells))
        self._filled = board[board.sum(dim=1) % 2 == 0]
        self._log_density = -math.log(len(self._filled) * self.side**2)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """Draw `(n, 2)`: a filled square, then a point in it."""
        index = torch.randint(len(self._filled), (count("n", n),), generator=generator)
        squares = self._filled[index]
        inside = torch.rand(n, 2, generator=generator, dtype=torch.float64)
        x = ((squares + inside) * self.side - self.half_width).to(torch.float32)
        centres = ((squares + 0.5) * self.side - self.half_width).to(torch.float32)
        rounded_out = self._squares(x.to(torch.float64)) != squares
        return Batch(torch.where(rounded_out, torch.nextafter(x, centres), x))

    def _squares(self, x: Tensor) -> Tensor:
        return torch.floor((x + self.half_width) / self.side).to(torch.int64)

    def _log_prob(self, x: Tensor, context: Tensor | None) -> Tensor:
        on_board = ((x >= -self.half_width) & (x < self.half_width)).all(dim=1)
        squares = self._squares(x.clamp(-self.half_width, self.half_width))
        filled = on_board & (squares.sum(dim=1) % 2 == 0)
        return torch.where(filled, self._log_density, -math.inf).to(torch.float64)


@register_source("checkerboard")
def checkerboard(*, cells: int = 4, half_width: float = 4.0) -> Checkerboard:
    """A uniform law on every other square of a board, with sharp edges, 2-D.

    Args:
        cells: Squares along each side.
        half_width: Half the side of the board, in data units.

    Raises:
        InputError: When an option is out of range.
    """
    return Checkerboard(cells, half_width)
