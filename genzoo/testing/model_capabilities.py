"""Checks of what a model can do beyond sampling, by capability; a model without it passes."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from genzoo.core.capabilities import (
    SupportsDiscriminate,
    SupportsElbo,
    SupportsLogProb,
    SupportsReconstruct,
)
from genzoo.core.model import GenerativeModel
from genzoo.core.noise import stream
from genzoo.testing.density import check_density
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    Build,
    build_ready,
    build_seeded,
    change_units,
    copies,
    disturb,
    normal,
    require,
    require_close,
    require_equal,
    require_input_error,
    tensors_of,
)
from genzoo.testing.training import train_briefly

PROPOSALS = 5000
"""Sample size for the mass of a density."""


def check_log_prob(build: Build) -> None:
    """`log_prob` is `(B,)`, row by row, and under x -> x scale + shift falls by sum(log scale)."""
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsLogProb):
        return
    x = model.sample(8, generator=stream(0, "check"))
    value = _check_rows(model, model.log_prob, x, "log_prob", (8,))
    shift, scale = change_units(model)
    require_close(
        model.log_prob(x * scale + shift),
        value - scale.log().sum(),
        "log_prob in data units and log_prob in model units - sum(log scale)",
    )


def check_log_prob_mass(build: Build) -> None:
    """After some training, exp(log_prob) integrates to 1 and has the moments of the samples.

    For events of one or two numbers.
    """
    model = build_seeded(build)
    if isinstance(model, SupportsLogProb) and model.event_size <= 2:
        model.load_state_dict(train_briefly(build).state_dict())
        sample = model.sample(PROPOSALS, generator=stream(1, "check"))
        check_density(model.log_prob, sample)


def check_elbo(build: Build) -> None:
    """The bound is finite, goes row by row and carries the Jacobian.

    It does not fall with more importance samples, and follows from the generator's state.
    """
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsElbo):
        return
    x = model.sample(256, generator=stream(0, "check"))
    with torch.no_grad(), global_randomness_untouched("elbo"):
        one = model.elbo(x, importance_samples=1, generator=stream(1, "check"))
        many = model.elbo(x, importance_samples=16, generator=stream(16, "check"))
        again = model.elbo(x, importance_samples=1, generator=stream(1, "check"))
    require(
        tuple(one.shape) == (256,),
        f"elbo gave shape {tuple(one.shape)}, expected (256,)",
    )
    finite = bool(torch.isfinite(one).all() and torch.isfinite(many).all())
    require(finite, "elbo gave NaN or infinity")
    require_equal(again, one, "two bounds from one generator state")
    gains = many - one
    gain = float(gains.mean())
    error = float(gains.std()) / math.sqrt(256)
    require(
        gain >= -5 * error,
        f"elbo fell by {-gain:.3g} from 1 to 16 importance samples",
    )
    none = partial(model.elbo, x, importance_samples=0)
    require_input_error(none, "elbo with importance_samples=0")
    _check_bad_input(model, model.elbo, "elbo")
    shift, scale = change_units(model)
    moved = model.elbo(x * scale + shift, generator=stream(1, "check")).detach()
    require_close(
        moved,
        one - scale.log().sum(),
        "elbo in data units and elbo in model units - sum(log scale)",
    )


def check_elbo_mass(build: Build) -> None:
    """After some training, exp of the bound is an unbiased density: it integrates to 1.

    E[p(x, z) / q(z | x)] = p(x) for any q, so a missing or mis-signed term shows in the integral.
    For events of one or two numbers.
    """
    model = build_seeded(build)
    if isinstance(model, SupportsElbo) and model.event_size <= 2:
        model.load_state_dict(train_briefly(build).state_dict())
        bound = partial(model.elbo, importance_samples=8, generator=stream(2, "check"))
        sample = model.sample(PROPOSALS, generator=stream(1, "check"))
        check_density(bound, sample, slack=0.03, estimated=True)


def check_elbo_below(build: Build) -> None:
    """Where both are known, after some training, the bound is at most log_prob on average."""
    model = build_seeded(build)
    if not (isinstance(model, SupportsElbo) and isinstance(model, SupportsLogProb)):
        return
    model.load_state_dict(train_briefly(build).state_dict())
    x = model.sample(PROPOSALS, generator=stream(1, "check"))
    with torch.no_grad():
        excess = model.elbo(x, generator=stream(3, "check")) - model.log_prob(x)
    mean = float(excess.mean())
    error = float(excess.std()) / math.sqrt(PROPOSALS)
    require(
        mean <= 5 * error + 1e-9,
        f"elbo exceeds log_prob by {mean:.3g} on average, expected at most 0",
    )


def check_reconstruct(build: Build) -> None:
    """Codes are `(B, L)` and know no units; `decode(encode(x))` has the shape and units of x."""
    model = build_ready(build)
    if not isinstance(model, SupportsReconstruct):
        return
    x = normal(8, model)
    code = model.encode(x)
    shape = tuple(code.shape)
    is_code = code.ndim == 2 and code.shape[0] == 8
    require(is_code, f"encode gave shape {shape}, expected (8, L)")
    _check_rows(model, model.encode, x, "encode", shape)
    image = _check_rows(model, model.reconstruct, x, "reconstruct", (8, *model.event_shape))
    require_close(model.decode(code), image, "decode(encode(x)) and reconstruct(x)")
    shift, scale = change_units(model)
    moved = x * scale + shift
    require_close(
        model.encode(moved),
        code,
        "codes of the same examples in other data units",
    )
    moved_image = image * scale + shift
    require_close(
        model.reconstruct(moved),
        moved_image,
        "reconstructions in other data units",
    )


def check_discriminate(build: Build) -> None:
    """`discriminate` gives logits `(B,)`, row by row, that know no units."""
    model = build_ready(build)
    if not isinstance(model, SupportsDiscriminate):
        return
    x = normal(8, model)
    logits = _check_rows(model, model.discriminate, x, "discriminate", (8,))
    shift, scale = change_units(model)
    moved = model.discriminate(x * scale + shift)
    require_close(moved, logits, "logits of the same examples in other data units")


def _check_rows(
    model: GenerativeModel,
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    name: str,
    shape: tuple[int, ...],
) -> Tensor:
    """Require shape, finite numbers, the same row by row, no side effects, bad input refused.

    Returns:
        The values, `(8, ...)`.
    """
    before = copies(tensors_of(model))
    with global_randomness_untouched(name):
        together = function(x)
        alone = torch.cat([function(x[i : i + 1]) for i in range(len(x))])
    got = tuple(together.shape)
    require(got == shape, f"{name} gave shape {got}, expected {shape}")
    require(bool(torch.isfinite(together).all()), f"{name} gave NaN or infinity")
    require_close(alone, together, f"{name} of examples one by one and together")
    for key, tensor in tensors_of(model).items():
        require_equal(tensor.detach(), before[key], f"{key} before and after {name}")
    _check_bad_input(model, function, name)
    return together.detach()


def _check_bad_input(
    model: GenerativeModel, function: Callable[[Tensor], Tensor], name: str
) -> None:
    x = normal(3, model)
    empty = x[..., :0]
    spoilt = x.clone()
    spoilt.view(-1)[0] = torch.nan
    require_input_error(
        lambda: function(empty), f"{name} of examples of shape {tuple(empty.shape[1:])}"
    )
    require_input_error(
        lambda: function(x[0]),
        f"{name} of one example without a batch dimension",
    )
    require_input_error(lambda: function(x[:0]), f"{name} of no examples")
    require_input_error(lambda: function(spoilt), f"{name} of examples with NaN")
