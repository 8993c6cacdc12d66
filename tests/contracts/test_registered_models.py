"""Every registered model passes every check at every kind of event shape.

As registered, with other options, and with conditions where it can take any.
"""

import pytest

from genzoo.core.capabilities import SupportsLogProb
from genzoo.models import MODELS, ContinuousFlow, SolvedTransport, recommended_recipe
from genzoo.models.named_gan import NamedGAN
from genzoo.models.transport import transport
from genzoo.registry import Spec
from genzoo.testing import MODEL_CHECKS
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.model_capabilities import check_log_prob, check_log_prob_mass
from genzoo.testing.model_conditions import (
    check_conditions_learned,
    check_conditions_refused,
    check_conditions_units,
    check_conditions_used,
)
from genzoo.testing.model_losses import (
    check_gradients,
    check_loss_mean,
    check_loss_order,
    check_loss_terms,
)
from genzoo.testing.model_sampling import (
    check_generate_rows,
    check_sample,
    check_sample_reproducible,
)
from genzoo.testing.model_stacking import check_stacking
from genzoo.testing.model_structure import check_build, check_updates
from genzoo.testing.model_velocity import check_ode_log_prob
from genzoo.testing.training import check_training, check_training_groups, check_training_seeds

SHAPES = [(2,), (15,), (1, 8, 8)]
NARROW = 16

VARIANTS = [
    "autoencoder:sample_mean=true,components=2",
    "bigan:stochastic=true,r1=0",
    "cgan:conditioning=projection",
    "gan:consensus=1,objective=wasserstein",
    "gan:instance_noise=0.5,minibatch_std=true",
    "gan:objective=relativistic_paired,unrolled_steps=2,r1=1",
    "gan:packing=2,gradient_penalty=1,dragan=1,r1=1,r2=1,spectral_norm=1,instance_noise=0.1",
    "gan_minimax:discriminator_steps=3,latent_distribution=uniform",
    "continuous_flow:width=8,depth=1,solver_steps=4,training_steps=1",
    "transport:path=trigonometric,sampler=midpoint,width=16,depth=1",
    "transport:path=cosine,prediction=data,sampler=rk4,weighting=min_snr",
    "transport:path=variance_preserving,prediction=noise,sampler=ancestral,sampler_steps=5",
    "transport:conditional=true,guidance=2,sampler_steps=5",
    "equilibrium_matching:momentum=0.5,sampler_steps=5",
    "vae:beta=4,latent_dim=3,variance=0.5",
    "vae:sample_mean=true,variance=0.5",
]

NO_DRAWS = "the option asks for samples that are not draws of p(x)"
KNOWN_FAILURES: dict[tuple[str, str], str] = {
    ("vae:sample_mean=true,variance=0.5", "check_elbo_mass"): NO_DRAWS,
}
"""By model and check, the reason; one that passes is a failure too."""

GANS = {name for name in MODELS.names() if isinstance(MODELS.entry(name).factory, NamedGAN)}
FOLDER = transport.__module__.rpartition(".")[0]
TRANSPORTS = {name for name in MODELS.names() if MODELS.entry(name).module.startswith(FOLDER)}
COMPOSED = GANS | TRANSPORTS
REPRESENTATIVES = {
    "gan_minimax",
    "gdpp",
    "pacgan2",
    "r3gan",
    "sngan",
    "wgan_clip",
    "wgan_gp",
    "flow_matching",
    "mean_flow",
    "equilibrium_matching",
}
"""Models composed by one function: these see every event shape, the others one."""
FIRST_REPRESENTATIVES = {"gan_minimax", "pacgan2", "sngan", "flow_matching"}
"""Those that see every event shape although tests are not thorough."""

DEAR_IN_MANY_NUMBERS = {"continuous_flow", "gaussian_mixture", "maf", "neural_spline_flow"}
"""A pass for each number of an example, or a fit: further shapes are for thorough tests."""

OF_TRAINER = (check_training_groups, check_training_seeds)
"""Costly, and about the trainer; `check_stacking` and `check_gradients` see every event shape."""
OF_ONE_SHAPE = (*OF_TRAINER, check_conditions_refused, check_ode_log_prob)
OF_REPRESENTATIVES = (check_training, *OF_ONE_SHAPE)
"""Those of other composed GANs run where thorough tests do."""
OF_CONDITIONS = (check_conditions_used, check_conditions_learned, check_conditions_units)
"""An unconditional model passes these as it is."""
CONDITIONAL_ALREADY = {
    name for name in MODELS.names() if MODELS.create(name, (2,)).context_spec is not None
}
"""Those that are conditional as registered."""
CONDITIONAL = [
    f"{name}:conditional=true"
    for name in MODELS.names()
    if MODELS.entry(name).takes("conditional") and name not in CONDITIONAL_ALREADY
]
"""Those that an option makes conditional."""
LIKE_OTHERS = COMPOSED - REPRESENTATIVES - CONDITIONAL_ALREADY
OF_LOSSES = (
    check_build,
    check_updates,
    check_loss_terms,
    check_loss_order,
    check_loss_mean,
    check_gradients,
    check_stacking,
)
"""What a GAN's objective and penalties can break; networks and samples are those of the others."""
OF_SAMPLES = (check_sample, check_sample_reproducible, check_generate_rows)
"""Costly where samplers take many steps."""
OF_SOLVED = (check_log_prob, check_log_prob_mass, check_ode_log_prob)
"""Costly where an equation is solved for a density; a small variant of each kind sees them."""
SOLVED = (
    TRANSPORTS | {"continuous_flow"} | {text for text in VARIANTS if text.startswith("transport:")}
)
SMALL_FLOW = "continuous_flow:width=8,depth=1,solver_steps=4,training_steps=1"
SMALL = "transport:path=trigonometric,sampler=midpoint,width=16,depth=1"
SMALL_SOLVED = {(SMALL, check_log_prob), (SMALL, check_log_prob_mass)}
ON_A_LINE = [
    text
    for text in MODELS.names() + VARIANTS
    if isinstance(MODELS.create(Spec.parse(text).name, (1,)), SupportsLogProb)
]
CHEAP_ON_A_LINE = {"gaussian", "gaussian_mixture", "kde", SMALL, SMALL_FLOW}


def built(text, shape):
    """The model, for a source with conditions where it takes any.

    In the plane it is as registered. Of images and many numbers, which make a width neither right
    nor wrong, its networks are narrow.
    """
    spec = Spec.parse(text)
    options = dict(spec.options)
    if shape in SHAPES[1:] and MODELS.entry(spec.name).takes("width"):
        options.setdefault("width", NARROW)
    given = {"context_spec": LABEL_AND_DOSE}
    return MODELS.create(spec.name, shape, given=given, **options)


def takes_conditions(text):
    return text in CONDITIONAL or Spec.parse(text).name in CONDITIONAL_ALREADY


def first_of_each_class(texts):
    """Those that are checked, with conditions, although tests are not thorough.

    Flows of which an equation is solved are not.
    """
    chosen = {}
    for text in texts:
        chosen.setdefault(type(built(text, SHAPES[0])), text)
    for dear in (SolvedTransport, ContinuousFlow):
        chosen.pop(dear)
    return set(chosen.values())


WITH_CONDITIONS = first_of_each_class([*sorted(CONDITIONAL_ALREADY), *CONDITIONAL])


def shapes(text):
    whole = text in MODELS.names() and (text not in COMPOSED or text in REPRESENTATIVES)
    if text in CONDITIONAL_ALREADY and whole:
        return SHAPES[::2]
    return SHAPES if whole else SHAPES[:1]


def cases():
    for text in MODELS.names() + VARIANTS + CONDITIONAL:
        for shape in shapes(text):
            for check in MODEL_CHECKS:
                if check in OF_ONE_SHAPE and shape != SHAPES[0]:
                    continue
                if check in OF_CONDITIONS and not takes_conditions(text):
                    continue
                reason = KNOWN_FAILURES.get((text, check.__name__))
                marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
                if text in LIKE_OTHERS and check in OF_REPRESENTATIVES:
                    marks.append(pytest.mark.thorough)
                if text in LIKE_OTHERS & GANS and check not in OF_LOSSES:
                    marks.append(pytest.mark.thorough)
                if text in LIKE_OTHERS & TRANSPORTS and check in OF_SAMPLES:
                    marks.append(pytest.mark.thorough)
                if text in SOLVED and check in OF_SOLVED and (text, check) not in SMALL_SOLVED:
                    marks.append(pytest.mark.thorough)
                if text in CONDITIONAL and text not in WITH_CONDITIONS:
                    marks.append(pytest.mark.thorough)
                costly = REPRESENTATIVES - FIRST_REPRESENTATIVES | DEAR_IN_MANY_NUMBERS
                if text in costly and shape != SHAPES[0]:
                    marks.append(pytest.mark.thorough)
                name = f"{text}-{shape}-{check.__name__}"
                yield pytest.param(text, shape, check, marks=marks, id=name)


@pytest.mark.parametrize(("text", "shape", "check"), list(cases()))
def test_model(text, shape, check):
    check(lambda: built(text, shape))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, marks=[] if text in CHEAP_ON_A_LINE else pytest.mark.thorough)
        for text in ON_A_LINE
    ],
)
def test_on_a_line_samples_are_distributed_as_the_density_says(text):
    check_log_prob_mass(lambda: built(text, (1,)))


@pytest.mark.parametrize("text", CONDITIONAL)
def test_a_model_takes_the_conditions_that_it_is_given(text):
    assert built(text, (2,)).context_spec == LABEL_AND_DOSE


@pytest.mark.parametrize("name", MODELS.names())
def test_recommended_recipe_fits_the_updates(name):
    recipe = recommended_recipe(name)
    for update in MODELS.create(name, (2,)).updates():
        assert recipe.rate(update.name) > 0
