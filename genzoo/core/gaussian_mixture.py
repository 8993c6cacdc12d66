"""Sources that are mixtures of Gaussians, of which all that a path to noise does is known."""

import abc
from typing import Any, final

from torch import Tensor

from genzoo.core.capabilities import Capability
from genzoo.core.source import GaussianModes
from genzoo.errors import InputError


class SupportsGaussians(Capability):
    """A source whose law is exactly sum_k weights[k] N(locations[k], covariances[k])."""

    absence = "no Gaussian mixture"

    @abc.abstractmethod
    def gaussians(self) -> GaussianModes:
        """The components, in data units."""

    def _weights_given(self, context: Tensor) -> Tensor:
        """The weights of the components given conditions, `(B, K)`, of a source that has any."""
        raise InputError(
            f"{type(self).__name__} does not say what its Gaussians weigh given a condition: "
            "write _weights_given, or leave the context out"
        )

    @final
    def gaussian_weights(self, context: Any, n: int) -> Tensor:
        """The weights of the components for each of n examples, `(n, K)` float64.

        Args:
            context: Conditions `(n, C)`; None for those of all examples, the same in each row.
            n: The number of examples.

        Raises:
            InputError: When the conditions are wrong, or the source has none.
        """
        received = self._receive_context(context, n)
        if received is None:
            return self.gaussians().weights.expand(n, -1)
        return self._weights_given(received)
