"""The registered models that transport noise to data, each with its recommended recipe."""

from genzoo.core.context import ContextSpec
from genzoo.core.event import check_event_shape
from genzoo.core.recipe import Recipe
from genzoo.models.checks import whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model, variant
from genzoo.models.transport.model import Transport
from genzoo.models.transport.parts import (
    COUPLINGS,
    KERNELS,
    PATHS,
    SAMPLERS,
    TIMES,
    WEIGHTINGS,
    CouplingName,
    PathName,
    PredictionName,
    SamplerName,
    TimesName,
    WeightingName,
    chosen,
    made,
    network_of,
)
from genzoo.models.transport.path import Linear
from genzoo.models.transport.prediction import PREDICTIONS, Velocity
from genzoo.models.transport.rectified import RectifiedFlow
from genzoo.models.transport.samplers import Heun
from genzoo.models.transport.solved import composed
from genzoo.models.transport.times import Uniform
from genzoo.networks.custom import Network
from genzoo.networks.mlp import Activation

RECIPE = Recipe(
    steps=8000,
    batch_size=256,
    learning_rate=1e-2,
    betas=(0.9, 0.99),
    schedule="cosine",
    averaging=0.99,
)


@register_model("transport", recipe=RECIPE)
def transport(  # noqa: PLR0913 - one argument an option
    event_shape: tuple[int, ...],
    *,
    path: PathName = "linear",
    prediction: PredictionName = "velocity",
    weighting: WeightingName = "own",
    times: TimesName = "uniform",
    coupling: CouplingName = "independent",
    kernel_width: float | None = None,
    sampler: SamplerName = "heun",
    sampler_steps: int = 25,
    spacing: float = 2.0,
    beta_min: float | None = None,
    beta_max: float | None = None,
    sigma_min: float | None = None,
    sigma_max: float | None = None,
    churn: float | None = None,
    width: int = 64,
    depth: int = 4,
    activation: Activation = "silu",
    conditional: bool = False,
    hidden: float = 0.1,
    guidance: float = 1.0,
    network: Network | None = None,
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
            halves of a batch has it (Tong et al. 2024), or any, weighted by how close they are
            (Calvo-Ordonez et al. 2025).
        kernel_width: With coupling `weighted`, the root mean squared difference of coordinates of a
            pair that counts exp(-1/2); the smaller, the shorter lines are and the further samples
            from the law of the data; none for 2.
        sampler: How samples are made.
        sampler_steps: Its steps.
        spacing: 1 for steps of equal time, above 1 for shorter ones near the data.
        beta_min: Least rate of the path `variance_preserving`; none for .1.
        beta_max: Its largest rate; none for 20.
        sigma_min: What noise the path `edm` leaves; none for .002.
        sigma_max: What noise it begins with; none for 80.
        churn: How much noise the sampler `euler_maruyama` adds and takes away; none for 1.
        width: Units of each hidden layer.
        depth: Hidden layers.
        activation: After each hidden layer.
        conditional: Whether the network sees the conditions of the source.
        hidden: Share of examples whose condition is hidden in training, if conditional.
        guidance: w of (1 - w) v(x, t) + w v(x, t, c), if conditional; above 1, samples are more
            typical of their condition and less diverse.
        network: Your own, from x_t `(B, *event_shape)` and times `(B,)` to `(B, *event_shape)`;
            width, depth and activation then do not matter. If conditional, it is called with
            `(B, C + 1)` too, the condition and whether it is shown: `network(x, t, context)`.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option that is unknown or out of range.
    """
    shape = check_event_shape(event_shape)
    spec = chosen_conditions(conditional, context_spec)
    return composed(
        shape,
        network=network_of(shape, spec, width, depth, activation, network),
        path=made(
            "path",
            path,
            PATHS,
            beta_min=beta_min,
            beta_max=beta_max,
            sigma_min=sigma_min,
            sigma_max=sigma_max,
        ),
        prediction=chosen("prediction", prediction, PREDICTIONS),
        weighting=chosen("weighting", weighting, WEIGHTINGS)(),
        times=chosen("times", times, TIMES)(),
        pairing=chosen("coupling", coupling, COUPLINGS),
        kernel=made("coupling", coupling, KERNELS, kernel_width=kernel_width),
        sampler=made("sampler", sampler, SAMPLERS, churn=churn),
        sampler_steps=sampler_steps,
        spacing=spacing,
        hidden=hidden,
        guidance=guidance,
        context_spec=spec,
    )


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

weighted_flow_matching = register_model("weighted_flow_matching", recipe=RECIPE)(
    variant(
        transport,
        "Flow matching whose independent pairs count the more, the closer they are "
        "(Calvo-Ordonez et al. 2025).",
        coupling="weighted",
    )
)


@register_model("rectified_flow", recipe=RECIPE)
def rectified_flow(
    event_shape: tuple[int, ...],
    *,
    sampler: SamplerName = "euler",
    sampler_steps: int = 5,
    pairing_steps: int = 6,
    width: int = 64,
    depth: int = 4,
    activation: Activation = "silu",
    conditional: bool = False,
    hidden: float = 0.1,
    guidance: float = 1.0,
    network: Network | None = None,
    context_spec: ContextSpec | None = None,
) -> RectifiedFlow:
    """Rectified flow: a straighter flow learns where a first brings noise (Liu et al. 2023).

    Args:
        event_shape: Shape of one example.
        sampler: How samples are made of the second flow.
        sampler_steps: Its steps, of equal time.
        pairing_steps: Heun steps of the first flow, which make data for the second.
        width: Units of each hidden layer of both networks.
        depth: Hidden layers of both networks.
        activation: After each hidden layer.
        conditional: Whether the networks see the conditions of the source.
        hidden: Share of examples whose condition is hidden in training, if conditional.
        guidance: w of (1 - w) v(x, t) + w v(x, t, c) of the second flow, if conditional.
        network: Your own, as of `transport`, for each of both flows.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option that is unknown or out of range.
    """
    whole_number("pairing_steps", pairing_steps, 1)
    shape = check_event_shape(event_shape)
    spec = chosen_conditions(conditional, context_spec)
    curved = Transport(
        shape,
        network=network_of(shape, spec, width, depth, activation, network),
        path=Linear(),
        prediction=Velocity(),
        times=Uniform(),
        sampler=Heun(),
        sampler_steps=pairing_steps,
        spacing=2.0,
        hidden=hidden,
        context_spec=spec,
    )
    return RectifiedFlow(
        shape,
        curved=curved,
        network=network_of(shape, spec, width, depth, activation, network),
        path=Linear(),
        prediction=Velocity(),
        times=Uniform(),
        sampler=chosen("sampler", sampler, SAMPLERS)(),
        sampler_steps=sampler_steps,
        hidden=hidden,
        guidance=guidance,
        context_spec=spec,
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
        "Heun's method in sigma (Karras et al. 2022).",
        path="edm",
        prediction="preconditioned",
        times="log_normal",
        sampler="heun_ddim",
        sampler_steps=40,
        spacing=1.0,
    )
)
