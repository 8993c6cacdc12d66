"""Spectral normalisation with the state of its power iteration carried from step to step."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

FIRST_ITERATIONS = 20
"""Power iterations on the initial weights, so that the first estimate is already a good one."""


class SpectralLinear(nn.Module):
    """x -> (c W / s) x + b, s an estimate of the largest singular value of W (Miyato et al. 2018).

    From the buffer u, one power iteration gives v = W'u / |W'u|, u+ = W v / |W v| and s = u+'W v;
    gradients flow through W in s and not through u+ and v. The forward pass writes nothing: whoever
    trains the layer stores `next_u()` in u.

    Args:
        in_size: Numbers in.
        out_size: Numbers out.
        norm: c, the largest singular value that the layer is given.
        bias: Whether there is a b.
    """

    u: Tensor

    def __init__(
        self, in_size: int, out_size: int, *, norm: float = 1.0, bias: bool = True
    ) -> None:
        super().__init__()
        plain = nn.Linear(in_size, out_size, bias=bias)
        self.weight, self.bias = plain.weight, plain.bias
        self.norm = norm
        self.register_buffer("u", normalize(torch.randn(out_size), dim=0))
        with torch.no_grad():
            for _ in range(FIRST_ITERATIONS):
                self.u.copy_(self.next_u())

    def forward(self, x: Tensor) -> Tensor:
        """`(B, in_size)` to `(B, out_size)`."""
        u, v = self._iterate()
        largest = torch.dot(u, self.weight @ v)
        return linear(x, self.weight * (self.norm / largest), self.bias)

    def next_u(self) -> Tensor:
        """u+ `(out_size,)`, without gradient."""
        return self._iterate()[0]

    def _iterate(self) -> tuple[Tensor, Tensor]:
        weight = self.weight.detach()
        v = normalize(weight.T @ self.u, dim=0)
        return normalize(weight @ v, dim=0), v


def spectral_state(module: nn.Module, prefix: str) -> dict[str, Tensor]:
    """The next u of every spectral layer in a module, by the name of its buffer.

    Args:
        module: Any module; its spectral layers may lie at any depth.
        prefix: The module's own name in the model, with a dot: "discriminator.".
    """
    state = {}
    for name, layer in module.named_modules():
        if isinstance(layer, SpectralLinear):
            state[f"{prefix}{name}.u"] = layer.next_u()
    return state
