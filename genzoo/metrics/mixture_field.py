"""What is known of a path from noise to a mixture of Gaussians: everything, in closed form.

x_t = alpha x_1 + sigma x_0 with x_1 ~ sum_k w_k N(mu_k, C_k) and, independently, x_0 ~ N(0, I). The
law of x_t is then sum_k w_k N(alpha mu_k, S_k) with S_k = alpha^2 C_k + sigma^2 I.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genzoo.core.event import check_examples
from genzoo.core.gaussian_mixture import SupportsGaussians
from genzoo.core.path import Path
from genzoo.core.source import DataSource
from genzoo.core.units import Units
from genzoo.errors import InputError
from genzoo.metrics.gaussian_posterior import Components, Posterior

BLOCK = 2**18
"""Numbers in each table of a block of examples."""
SLACK = 1e-6
"""How far a time may lie outside those of a path, by rounding."""


class MixtureField:
    """The exact field on a path from N(0, I) to a mixture of Gaussians, in independent pairs.

    With r_k the posterior weights of the components at x_t = x:

    score = sum_k r_k S_k^-1 (alpha mu_k - x), the gradient of log p_t;
    E[x_1 | x_t] = sum_k r_k (mu_k + alpha C_k S_k^-1 (x - alpha mu_k)) and
    E[x_0 | x_t] = -sigma score, the best predictions of data and noise;
    velocity = alpha' E[x_1 | x_t] + sigma' E[x_0 | x_t].

    All are regular at alpha = 0 and at sigma = 0, and computed in float64. Examples x are
    `(B, *event_shape)`, times t one number or `(B,)`. Without conditions the field is that of all
    data together; given conditions `(B, C)`, that of the components which they leave.

    Args:
        source: The mixture.
        path: alpha and sigma.
        units: Affine units in which x_t is made of data and noise, as those of a model are by
            default; None for data units.

    Attributes:
        event_shape: Shape of one example.
        path: alpha and sigma.

    Raises:
        InputError: When the source is no mixture of Gaussians, or the units are not affine.
    """

    def __init__(self, source: DataSource, path: Path, units: Units | None = None) -> None:
        if not isinstance(source, SupportsGaussians):
            raise InputError(
                "the exact field is known where data are a mixture of Gaussians, got "
                f"{type(source).__name__}: choose ring, grid, random_mixture, mixture_1d, "
                "high_dim_mixture or gaussian_1d"
            )
        if units is not None and units.centre is not None:
            raise InputError(
                "the exact field is known in affine units, got robust ones: "
                "choose another standardisation"
            )
        self.event_shape = source.event_shape
        self.path = path
        self._source = source
        self._components = Components(source.gaussians(), units)

    def velocity(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """alpha' E[x_1 | x_t = x] + sigma' E[x_0 | x_t = x], of the shape of x.

        Raises:
            InputError: On a wrong shape, NaN or infinity, wrong conditions, or a time at which the
                path is not defined. So do all other methods.
        """
        return self._shaped(self._each(x, t, context, self._velocity_of))

    def score(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """The gradient of log p_t at x, of the shape of x."""
        return self._shaped(self._each(x, t, context, lambda at, _: at.score))

    def data(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """E[x_1 | x_t = x], of the shape of x."""
        return self._shaped(self._each(x, t, context, lambda at, _: at.data))

    def noise(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """E[x_0 | x_t = x], of the shape of x."""
        return self._shaped(self._each(x, t, context, lambda at, _: at.noise))

    def data_and_noise(self, x: Any, t: Any, context: Any = None) -> tuple[Tensor, Tensor]:
        """Both of these, of the shape of x, for the work of one."""
        both = self._each(x, t, context, lambda at, _: torch.cat([at.data, at.noise], 1))
        data, noise = both.chunk(2, dim=1)
        shape = (-1, *self.event_shape)
        return data.reshape(shape), noise.reshape(shape)

    def log_prob(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """log p_t(x) in nats, `(B,)`, with respect to the units of x."""
        return self._each(x, t, context, lambda at, _: at.log_prob)

    def variance(self, x: Any, t: Any, context: Any = None) -> Tensor:
        """E|x_1 - E[x_1 | x_t]|^2 given x_t = x, summed over coordinates, `(B,)`."""
        return self._each(x, t, context, lambda at, _: at.variance)

    def sample(self, t: Any, n: int, *, generator: torch.Generator, context: Any = None) -> Tensor:
        """Draws of x_t, `(n, *event_shape)`.

        Args:
            t: One number or `(n,)`.
            n: How many.
            generator: Source of the draws.
            context: Conditions `(n, C)`; by default draws of all data together.
        """
        times = self._times(t, n)
        weights = self._source.gaussian_weights(context, n)
        chosen = torch.multinomial(weights, 1, generator=generator)[:, 0]
        shape = (n, self._components.locations.shape[1])
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        alpha, sigma = self.path.alpha(times), self.path.sigma(times)
        x = self._components.draw(chosen, noise, alpha, sigma)
        return x.reshape(n, *self.event_shape)

    def _velocity_of(self, at: Posterior, times: Tensor) -> Tensor:
        d_alpha, d_sigma = self.path.d_alpha(times), self.path.d_sigma(times)
        return d_alpha * at.data + d_sigma * at.noise

    def _each(
        self, x: Any, t: Any, context: Any, tell: Callable[[Posterior, Tensor], Tensor]
    ) -> Tensor:
        """What is told of each example as a row, in blocks that fit in memory."""
        examples = check_examples(x, self.event_shape).to("cpu", torch.float64)
        flat = examples.flatten(1)
        times = self._times(t, len(flat))
        weights = self._source.gaussian_weights(context, len(flat))
        size = max(1, BLOCK // self._components.locations.numel())
        told = []
        for start in range(0, len(flat), size):
            rows = slice(start, start + size)
            alpha, sigma = self.path.alpha(times[rows]), self.path.sigma(times[rows])
            at = Posterior(self._components, flat[rows], alpha, sigma, weights[rows])
            told.append(tell(at, times[rows]))
        return torch.cat(told)

    def _shaped(self, rows: Tensor) -> Tensor:
        """Rows in the shape of examples."""
        return rows.reshape(-1, *self.event_shape)

    def _times(self, t: Any, n: int) -> Tensor:
        """Times of n examples, `(n, 1)`."""
        try:
            times = torch.as_tensor(t, dtype=torch.float64).detach().cpu().flatten()
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"t must be one number or numbers, got a {type(t).__name__}"
            ) from error
        if len(times) not in (1, n):
            raise InputError(
                f"t must be one number or a time for each of {n} examples, "
                f"got shape {tuple(torch.as_tensor(t).shape)}"
            )
        first, last = self.path.first, self.path.last
        if not bool(((times >= first - SLACK) & (times <= last + SLACK)).all()):
            raise InputError(
                f"t must be from {first:g} to {last:g}, where the path is defined, "
                f"got {float(times.min()):g} to {float(times.max()):g}"
            )
        return times.clamp(first, last).expand(n)[:, None]
