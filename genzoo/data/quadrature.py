"""Quadrature along a curve that is blurred by Gaussian noise."""

import numpy as np
import torch
from torch import Tensor

NODES = 16
"""Gauss-Legendre nodes in each panel."""
PANEL = 6.0
"""Arc length of a panel, in units of the noise."""
HALVINGS = 4
"""How often the first and the last panel are halved towards the end of the curve."""


def arc_rule(t: Tensor, points: Tensor, noise: float) -> tuple[Tensor, Tensor]:
    """Nodes and weights for integrals over t of a function as narrow as N(x; c(t), noise^2 I).

    Gauss-Legendre panels of equal arc length, refined towards the ends: seen from far beyond an
    end, the integrand decays along the curve within noise^2 / distance.

    Args:
        t: `(M,)` increasing parameters, from one end of the curve to the other.
        points: `(M, d)` positions c(t), which give the arc length.
        noise: Standard deviation of the blur.

    Returns:
        Nodes `(m,)` and weights `(m,)`, both float64: the integral of g is close to `(weights *
        g(nodes)).sum()`.
    """
    steps = torch.linalg.vector_norm(points.diff(dim=0), dim=1)
    length = np.concatenate([[0.0], steps.cumsum(0).numpy()])
    panels = max(2, int(np.ceil(length[-1] / (PANEL * noise))))
    inner = np.arange(1, panels)
    finer = 0.5 ** np.arange(HALVINGS, 0, -1)
    places = np.concatenate([[0.0], finer, inner, panels - finer[::-1], [panels]])
    edges = places * length[-1] / panels
    bounds = np.interp(edges, length, t.numpy())
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(bounds)[:, None] / 2
    middle = (bounds[1:, None] + bounds[:-1, None]) / 2
    places = (middle + half * nodes).ravel()
    shares = (half * weights).ravel()
    return torch.from_numpy(places), torch.from_numpy(shares)
