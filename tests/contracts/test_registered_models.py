"""Every registered model passes every check at every kind of event shape.

As registered, and with other options.
"""

import pytest

from genzoo.models import MODELS, recommended_recipe
from genzoo.models.named_gan import NamedGAN
from genzoo.registry import Spec
from genzoo.testing import MODEL_CHECKS
from genzoo.testing.training import check_training, check_training_groups, check_training_seeds

SHAPES = [(2,), (15,), (1, 8, 8)]

VARIANTS = [
    "autoencoder:sample_mean=true,components=2",
    "bigan:stochastic=true,r1=0",
    "gan:consensus=1,objective=wasserstein",
    "gan:instance_noise=0.5,minibatch_std=true",
    "gan:objective=relativistic_paired,unrolled_steps=2,r1=1",
    "gan:packing=2,gradient_penalty=1,dragan=1,r1=1,r2=1,spectral_norm=1,instance_noise=0.1",
    "gan_minimax:discriminator_steps=3,latent_distribution=uniform",
    "vae:beta=4,latent_dim=3,variance=0.5",
    "vae:sample_mean=true,variance=0.5",
]

NO_DRAWS = "the option asks for samples that are not draws of p(x)"
KNOWN_FAILURES: dict[tuple[str, str], str] = {
    ("vae:sample_mean=true,variance=0.5", "check_elbo_mass"): NO_DRAWS,
}
"""By model and check, the reason; one that passes is a failure too."""

COMPOSED = {name for name in MODELS.names() if isinstance(MODELS.entry(name).factory, NamedGAN)}
REPRESENTATIVES = {"gan_minimax", "gdpp", "pacgan2", "r3gan", "sngan", "wgan_clip", "wgan_gp"}
"""GANs composed by one function: these see every event shape, the others one."""
FIRST_REPRESENTATIVES = {"gan_minimax", "pacgan2", "sngan"}
"""Those that see every event shape although tests are not thorough."""

OF_ONE_SHAPE = (check_training_groups, check_training_seeds)
"""Costly, and about the trainer; `check_stacking` and `check_gradients` see every event shape."""
OF_REPRESENTATIVES = (check_training, *OF_ONE_SHAPE)
"""Those of other composed GANs run where thorough tests do."""


def shapes(text):
    whole = text in MODELS.names() and (text not in COMPOSED or text in REPRESENTATIVES)
    return SHAPES if whole else SHAPES[:1]


def cases():
    for text in MODELS.names() + VARIANTS:
        for shape in shapes(text):
            for check in MODEL_CHECKS:
                if check in OF_ONE_SHAPE and shape != SHAPES[0]:
                    continue
                reason = KNOWN_FAILURES.get((text, check.__name__))
                marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
                if text in COMPOSED - REPRESENTATIVES and check in OF_REPRESENTATIVES:
                    marks.append(pytest.mark.thorough)
                if text in REPRESENTATIVES - FIRST_REPRESENTATIVES and shape != SHAPES[0]:
                    marks.append(pytest.mark.thorough)
                name = f"{text}-{shape}-{check.__name__}"
                yield pytest.param(text, shape, check, marks=marks, id=name)


@pytest.mark.parametrize(("text", "shape", "check"), list(cases()))
def test_model(text, shape, check):
    spec = Spec.parse(text)
    check(lambda: MODELS.create(spec.name, shape, **spec.options))


@pytest.mark.parametrize("name", MODELS.names())
def test_recommended_recipe_fits_the_updates(name):
    recipe = recommended_recipe(name)
    for update in MODELS.create(name, (2,)).updates():
        assert recipe.rate(update.name) > 0
