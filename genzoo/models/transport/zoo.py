"""The registered models that transport noise to data, each with its recommended recipe."""

from collections.abc import Callable
from typing import Literal, TypeVar

from genzoo.core.context import ContextSpec
from genzoo.core.event import check_event_shape
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.models.checks import whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model, variant
from genzoo.models.transport.couplings import Pairing, optimal_pairing
from genzoo.models.transport.model import Transport
from genzoo.models.transport.path import (
    Cosine,
    Linear,
    Path,
    Trigonometric,
    VarianceExploding,
    VariancePreserving,
)
from genzoo.models.transport.prediction import PREDICTIONS, MinSNR, OwnWeighting, Weighting
from genzoo.models.transport.samplers import (
    DDIM,
    Ancestral,
    Euler,
    EulerMaruyama,
    Heun,
    Midpoint,
    RungeKutta,
    Sampler,
)
from genzoo.models.transport.times import LogitNormal, LogNormalNoise, Times, Uniform
from genzoo.networks.mlp import Activation
from genzoo.networks.time_mlp import TimeMLP

RECIPE = Recipe(
    steps=8000,
    batch_size=256,
    learning_rate=1e-2,
    betas=(0.9, 0.99),
    schedule="cosine",
    averaging=0.99,
)

PathName = Literal["linear", "trigonometric", "variance_preserving", "cosine", "edm"]
PredictionName = Literal["velocity", "noise", "data", "score", "preconditioned"]
WeightingName = Literal["own", "min_snr"]
TimesName = Literal["uniform", "logit_normal", "log_normal"]
CouplingName = Literal["independent", "optimal"]
SamplerName = Literal["euler", "midpoint", "heun", "rk4", "ddim", "ancestral", "euler_maruyama"]

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
COUPLINGS: dict[str, Pairing | None] = {"independent": None, "optimal": optimal_pairing}
SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "euler": Euler,
    "midpoint": Midpoint,
    "heun": Heun,
    "rk4": RungeKutta,
    "ddim": DDIM,
    "ancestral": Ancestral,
    "euler_maruyama": EulerMaruyama,
}

Part = TypeVar("Part")


@register_model("transport", recipe=RECIPE)
def transport(
    event_shape: tuple[int, ...],
    *,
    path: PathName = "linear",
    prediction: PredictionName = "velocity",
    weighting: WeightingName = "own",
    times: TimesName = "uniform",
    coupling: CouplingName = "independent",
    sampler: SamplerName = "heun",
    sampler_steps: int = 25,
    spacing: float = 2.0,
    width: int = 64,
    depth: int = 4,
    activation: Activation = "silu",
    conditional: bool = False,
    hidden: float = 0.1,
    guidance: float = 1.0,
    context_spec: ContextSpec | None = None,
) -> Transport:
    """Transport of noise to data along a path, put together from options (Albergo et al. 2023).

    Args:
        event_shape: Shape of one example.
        path: How data take the place of noise.
        prediction: What the network predicts.
        weighting: How errors at different times count: as belongs to the prediction, or by the
            smaller of 5 and the signal-to-noise ratio (Hang et al. 2023).
        times: The law of training times; `log_normal` is that of sigma, for path `edm`.
        coupling: Which noise goes with which example: any, or as optimal transport between the two
            halves of a batch has it (Tong et al. 2024).
        sampler: How samples are made.
        sampler_steps: Its steps.
        spacing: 1 for steps of equal time, above 1 for shorter ones near the data.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditional: Whether the network sees the conditions of the source.
        hidden: Share of examples whose condition is hidden in training, if conditional.
        guidance: w of (1 - w) v(x, t) + w v(x, t, c), if conditional; above 1, samples are more
            typical of their condition and less diverse.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option that is unknown or out of range.
    """
    shape = check_event_shape(event_shape)
    whole_number("width", width, 1)
    whole_number("depth", depth, 0)
    spec = chosen_conditions(conditional, context_spec)
    columns = 0
    if spec is not None:
        columns = spec.width + 1
    return Transport(
        shape,
        network=TimeMLP(shape, width=width, depth=depth, activation=activation, conditions=columns),
        path=_chosen("path", path, PATHS)(),
        prediction=_chosen("prediction", prediction, PREDICTIONS),
        weighting=_chosen("weighting", weighting, WEIGHTINGS)(),
        times=_chosen("times", times, TIMES)(),
        pairing=_chosen("coupling", coupling, COUPLINGS),
        sampler=_chosen("sampler", sampler, SAMPLERS)(),
        sampler_steps=sampler_steps,
        spacing=spacing,
        hidden=hidden,
        guidance=guidance,
        context_spec=spec,
    )


def _chosen(option: str, name: str, parts: dict[str, Part]) -> Part:
    """The part of a name.

    Raises:
        InputError: When there is none.
    """
    if name not in parts:
        raise InputError(f"{option} must be one of {', '.join(parts)}, got {name!r}")
    return parts[name]


flow_matching = register_model("flow_matching", recipe=RECIPE)(
    variant(
        transport,
        "Flow matching: straight paths, their velocity predicted, solved by Heun's method (Lipman "
        "et al. 2023; Liu, Gong and Liu 2023).",
    )
)

OPTIMAL_RECIPE = RECIPE.override(steps=6000, batch_size=128)

ot_flow_matching = register_model("ot_flow_matching", recipe=OPTIMAL_RECIPE)(
    variant(
        transport,
        "Flow matching with data and noise paired by optimal transport within each batch (Tong et "
        "al. 2024; Pooladian et al. 2023).",
        coupling="optimal",
    )
)

ddpm = register_model("ddpm", recipe=RECIPE)(
    variant(
        transport,
        "Denoising diffusion: a variance-preserving path, its noise predicted, ancestral sampling "
        "(Ho, Jain and Abbeel 2020).",
        path="variance_preserving",
        prediction="noise",
        sampler="ancestral",
        sampler_steps=100,
    )
)

ddim = register_model("ddim", recipe=RECIPE)(
    variant(
        transport,
        "The network of denoising diffusion with a deterministic sampler (Song, Meng and Ermon "
        "2020).",
        path="variance_preserving",
        prediction="noise",
        sampler="ddim",
        sampler_steps=50,
    )
)

score_vp = register_model("score_vp", recipe=RECIPE)(
    variant(
        transport,
        "Score-based model of a variance-preserving path, sampled by its stochastic equation (Song "
        "et al. 2021).",
        path="variance_preserving",
        prediction="score",
        sampler="euler_maruyama",
        sampler_steps=100,
    )
)

edm = register_model("edm", recipe=RECIPE)(
    variant(
        transport,
        "Diffusion with a preconditioned denoiser and little noise where it matters, solved by "
        "Heun's method (Karras et al. 2022).",
        path="edm",
        prediction="preconditioned",
        times="log_normal",
        sampler_steps=40,
        spacing=1.0,
    )
)
