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
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.noise import stream
from genzoo.core.source import take_rows
from genzoo.testing.density import check_density
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import (
    Build,
    build_ready,
    build_seeded,
    change_units,
    conditions,
    copies,
    disturb,
    normal,
    one_condition,
    require,
    require_close,
    require_equal,
    require_input_error,
    tensors_of,
)
from genzoo.testing.training import train_briefly

PROPOSALS = 5000
"""Sample size for the mass of a density."""
FAR = 1e6
"""Model units beyond which no example of standard data lies."""
SENSIBLE = 1e6
"""Nats beyond which a log-density is no more than its rounding."""

Given = Callable[..., Tensor]
"""A public method of examples and, where the model takes any, their conditions."""


def check_log_prob(build: Build) -> None:
    """`log_prob` is `(B,)`, row by row, and under x -> x scale + shift falls by sum(log scale).

    Where the density of a model with random weights is beyond e^`SENSIBLE`, as an equation solved
    in many dimensions may have it, rounding is all that is left, and the fall is not looked at.
    """
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsLogProb):
        return
    x = model.sample(8, generator=stream(0, "check"))
    # Random weights may send samples so far out that an equation solved from there is all rounding.
    far = x.abs().flatten(1).amax(1) > FAR
    x[far] = normal(8, model)[far]
    context = conditions(model, 8)
    value = check_rows(model, model.log_prob, x, "log_prob", (8,))
    shift, scale = change_units(model)
    sensible = value.abs() < SENSIBLE
    require_close(
        model.log_prob(x * scale + shift, context)[sensible],
        (value - scale.log().sum())[sensible],
        "log_prob in data units and log_prob in model units - sum(log scale)",
    )


def check_log_prob_mass(build: Build) -> None:
    """After some training, exp(log_prob) integrates to 1 and has the moments of the samples.

    For events of one or two numbers; of a conditional model, given one condition.
    """
    model = build_seeded(build)
    if isinstance(model, SupportsLogProb) and model.event_size <= 2:
        model.load_state_dict(train_briefly(build).state_dict())
        context = one_condition(model, PROPOSALS)
        sample = model.sample(PROPOSALS, generator=stream(1, "check"), context=context)
        check_density(partial(_given_one, model, model.log_prob), sample)


def check_elbo(build: Build) -> None:
    """The bound is finite, goes row by row and carries the Jacobian.

    It does not fall with more importance samples, and follows from the generator's state.
    """
    model = build_ready(build)
    disturb(model)
    if not isinstance(model, SupportsElbo):
        return
    context = conditions(model, 256)
    x = model.sample(256, generator=stream(0, "check"), context=context)
    bound = partial(model.elbo, context=context)
    with torch.no_grad(), global_randomness_untouched("elbo"):
        one = bound(x, importance_samples=1, generator=stream(1, "check"))
        many = bound(x, importance_samples=16, generator=stream(16, "check"))
        again = bound(x, importance_samples=1, generator=stream(1, "check"))
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
    none = partial(bound, x, importance_samples=0)
    require_input_error(none, "elbo with importance_samples=0")
    _check_bad_input(model, partial(_elbo, model), "elbo")
    if context is not None:
        _check_own_conditions(model, x, context, one)
    shift, scale = change_units(model)
    moved = bound(x * scale + shift, generator=stream(1, "check")).detach()
    require_close(
        moved,
        one - scale.log().sum(),
        "elbo in data units and elbo in model units - sum(log scale)",
    )


def check_elbo_mass(build: Build) -> None:
    """After some training, exp of the bound is an unbiased density: it integrates to 1.

    E[p(x, z) / q(z | x)] = p(x) for any q, so a missing or mis-signed term shows in the integral.
    For events of one or two numbers; of a conditional model, given one condition.
    """
    model = build_seeded(build)
    if isinstance(model, SupportsElbo) and model.event_size <= 2:
        model.load_state_dict(train_briefly(build).state_dict())
        bound = partial(model.elbo, importance_samples=8, generator=stream(2, "check"))
        context = one_condition(model, PROPOSALS)
        sample = model.sample(PROPOSALS, generator=stream(1, "check"), context=context)
        given = partial(_given_one, model, bound)
        check_density(given, sample, slack=0.03, estimated=True)


def check_elbo_below(build: Build) -> None:
    """Where both are known, after some training, the bound is at most log_prob on average."""
    model = build_seeded(build)
    if not (isinstance(model, SupportsElbo) and isinstance(model, SupportsLogProb)):
        return
    model.load_state_dict(train_briefly(build).state_dict())
    context = conditions(model, PROPOSALS)
    x = model.sample(PROPOSALS, generator=stream(1, "check"), context=context)
    with torch.no_grad():
        bound = model.elbo(x, generator=stream(3, "check"), context=context)
        excess = bound - model.log_prob(x, context)
    mean = float(excess.mean())
    error = float(excess.std()) / math.sqrt(PROPOSALS)
    require(
        mean <= 5 * error + 1e-9,
        f"elbo exceeds log_prob by {mean:.3g} on average, expected at most 0",
    )


def check_reconstruct(build: Build) -> None:
    """Codes are `(B, L)` and know no units; `decode(encode(x))` has the shape and units of x.

    With the same conditions it is `reconstruct(x)`.
    """
    model = build_ready(build)
    if not isinstance(model, SupportsReconstruct):
        return
    x = normal(8, model)
    context = conditions(model, 8)
    code = model.encode(x, context)
    shape = tuple(code.shape)
    is_code = code.ndim == 2 and code.shape[0] == 8
    require(is_code, f"encode gave shape {shape}, expected (8, L)")
    check_rows(model, model.encode, x, "encode", shape)
    image = check_rows(model, model.reconstruct, x, "reconstruct", (8, *model.event_shape))
    require_close(model.decode(code, context), image, "decode(encode(x)) and reconstruct(x)")
    shift, scale = change_units(model)
    moved = x * scale + shift
    require_close(
        model.encode(moved, context),
        code,
        "codes of the same examples in other data units",
    )
    moved_image = image * scale + shift
    require_close(
        model.reconstruct(moved, context),
        moved_image,
        "reconstructions in other data units",
    )


def check_discriminate(build: Build) -> None:
    """`discriminate` gives logits `(B,)`, row by row, that know no units."""
    model = build_ready(build)
    if not isinstance(model, SupportsDiscriminate):
        return
    x = normal(8, model)
    logits = check_rows(model, model.discriminate, x, "discriminate", (8,))
    shift, scale = change_units(model)
    moved = model.discriminate(x * scale + shift, conditions(model, 8))
    require_close(moved, logits, "logits of the same examples in other data units")


def check_rows(
    model: GenerativeModel,
    function: Given,
    x: Tensor,
    name: str,
    shape: tuple[int, ...],
) -> Tensor:
    """Require shape, finite numbers, the same row by row, no side effects, bad input refused.

    Each row has its own condition, where the model takes any.

    Returns:
        The values, `(8, ...)`.
    """
    rows = Batch(x, conditions(model, len(x)))
    before = copies(tensors_of(model))
    with global_randomness_untouched(name):
        together = function(rows.x, rows.context)
        alone = torch.cat([function(*_row(rows, i)) for i in range(len(x))])
    got = tuple(together.shape)
    require(got == shape, f"{name} gave shape {got}, expected {shape}")
    require(bool(torch.isfinite(together).all()), f"{name} gave NaN or infinity")
    require_close(alone, together, f"{name} of examples one by one and together")
    for key, tensor in tensors_of(model).items():
        require_equal(tensor.detach(), before[key], f"{key} before and after {name}")
    _check_bad_input(model, function, name)
    return together.detach()


def _check_bad_input(model: GenerativeModel, function: Given, name: str) -> None:
    rows = Batch(normal(3, model), conditions(model, 3))
    empty = rows._replace(x=rows.x[..., :0])
    spoilt = rows._replace(x=rows.x.clone())
    spoilt.x.view(-1)[0] = torch.nan
    single = take_rows(rows, slice(1))._replace(x=rows.x[0])
    none = take_rows(rows, slice(0))
    wrong = {
        f"{name} of examples of shape {tuple(empty.x.shape[1:])}": empty,
        f"{name} of one example without a batch dimension": single,
        f"{name} of no examples": none,
        f"{name} of examples with NaN": spoilt,
    }
    for what, (x, context, _) in wrong.items():
        require_input_error(partial(function, x, context), what)


def _check_own_conditions(model: SupportsElbo, x: Tensor, context: Tensor, bound: Tensor) -> None:
    """The bound of each example depends on its own condition only.

    That is seen by giving others to the second half.
    """
    half = len(x) // 2
    mixed = torch.cat([context[:half], context[:half]])
    other = model.elbo(x, generator=stream(1, "check"), context=mixed)
    require_close(
        other[:half].detach(),
        bound[:half].detach(),
        "elbo of the same examples where others have other conditions",
    )


def _elbo(model: SupportsElbo, x: Tensor, context: Tensor | None) -> Tensor:
    return model.elbo(x, context=context)


def _given_one(model: GenerativeModel, function: Given, x: Tensor) -> Tensor:
    """A density of examples given one and the same condition, where the model takes any."""
    return function(x, context=one_condition(model, len(x)))


def _row(rows: Batch, i: int) -> tuple[Tensor, Tensor | None]:
    own = take_rows(rows, slice(i, i + 1))
    return own.x, own.context
