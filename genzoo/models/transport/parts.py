"""The parts of a transport model by the names that options give them."""

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from torch import nn

from genzoo.core.context import ContextSpec
from genzoo.errors import InputError
from genzoo.models.checks import whole_number
from genzoo.models.transport.couplings import GibbsKernel, Pairing, optimal_pairing
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Path,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import MinSNR, OwnWeighting, Weighting
from genzoo.models.transport.samplers import (
    DDIM,
    Ancestral,
    Euler,
    EulerMaruyama,
    Heun,
    HeunDDIM,
    Midpoint,
    RungeKutta,
    Sampler,
)
from genzoo.models.transport.times import LogitNormal, LogNormalNoise, Times, Uniform
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.mlp import Activation
from genzoo.networks.time_mlp import FASTEST, TimeMLP

Part = TypeVar("Part")

PathName = Literal["linear", "trigonometric", "variance_preserving", "cosine", "edm"]
PredictionName = Literal["velocity", "noise", "data", "score", "preconditioned"]
WeightingName = Literal["own", "min_snr"]
TimesName = Literal["uniform", "logit_normal", "log_normal"]
CouplingName = Literal["independent", "optimal", "weighted"]
SamplerName = Literal[
    "euler", "midpoint", "heun", "rk4", "ddim", "heun_ddim", "ancestral", "euler_maruyama"
]


def no_kernel() -> None:
    """All pairs count alike."""


PATHS: dict[str, Callable[[], Path]] = {
    "linear": Linear,
    "trigonometric": Trigonometric,
    "variance_preserving": VariancePreserving,
    "cosine": Cosine,
    "edm": VarianceExploding,
}
WEIGHTINGS: dict[str, Callable[[], Weighting]] = {"own": OwnWeighting, "min_snr": MinSNR}
TIMES: dict[str, Callable[[], Times]] = {
    "uniform": Uniform,
    "logit_normal": LogitNormal,
    "log_normal": LogNormalNoise,
}
COUPLINGS: dict[str, Pairing | None] = {
    "independent": None,
    "optimal": optimal_pairing,
    "weighted": None,
}
KERNELS: dict[str, Callable[..., GibbsKernel | None]] = {
    "independent": no_kernel,
    "optimal": no_kernel,
    "weighted": GibbsKernel,
}
SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "euler": Euler,
    "midpoint": Midpoint,
    "heun": Heun,
    "rk4": RungeKutta,
    "ddim": DDIM,
    "heun_ddim": HeunDDIM,
    "ancestral": Ancestral,
    "euler_maruyama": EulerMaruyama,
}


def network_of(
    event_shape: tuple[int, ...],
    context_spec: ContextSpec | None,
    width: int,
    depth: int,
    activation: Activation,
    given: Network | None = None,
    times: int = 1,
    fastest: float = FASTEST,
) -> nn.Module:
    """A network that sees, beside a condition if there is any, whether it is shown.

    Raises:
        InputError: When a size is out of range, or a given network does not fit.
    """
    whole_number("width", width, 1)
    whole_number("depth", depth, 0)
    columns = 0
    if context_spec is not None:
        columns = context_spec.width + 1

    def default() -> nn.Module:
        return TimeMLP(
            event_shape,
            width=width,
            depth=depth,
            activation=activation,
            conditions=columns,
            times=times,
            fastest=fastest,
        )

    return choose_network(
        given,
        default,
        "network",
        event_shape,
        event_shape,
        like="(B, *event_shape)",
        context_shape=(columns,),
        timed=True,
    )


def made(option: str, name: str, parts: dict[str, Callable[..., Part]], **settings: Any) -> Part:
    """The part of a name, made with the settings that are not None.

    Raises:
        InputError: When there is no such part, or it has no such setting.
    """
    factory = chosen(option, name, parts)
    given = {setting: value for setting, value in settings.items() if value is not None}
    for setting in given:
        if setting not in inspect.signature(factory).parameters:
            raise InputError(f"{option} {name!r} has no {setting}: leave it out")
    return factory(**given)


def chosen(option: str, name: str, parts: dict[str, Part]) -> Part:
    """The part of a name.

    Raises:
        InputError: When there is none.
    """
    if name not in parts:
        raise InputError(f"{option} must be one of {', '.join(parts)}, got {name!r}")
    return parts[name]
