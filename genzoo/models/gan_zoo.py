"""The registered GANs: one composition each, with the recipe it is best trained by."""

from genzoo.core.recipe import Recipe
from genzoo.models.gan_options import GANOptions
from genzoo.models.named_gan import NamedGAN
from genzoo.models.registry import register_model

PLAIN_RECIPE = Recipe(
    steps=2000, batch_size=128, learning_rate=3e-3, betas=(0.0, 0.95), schedule="cosine"
)
RECIPE = Recipe(
    steps=6000,
    batch_size=64,
    learning_rate=1.5e-3,
    betas=(0.0, 0.99),
    schedule="cosine",
    averaging=0.999,
)
AS_PUBLISHED = "the game as published, whose players need not settle; gan_r1 and r3gan go further"
"""Mescheder, Geiger and Nowozin (2018): training without a regulariser need not converge."""
WGAN_GP = RECIPE.override(steps=3500)
WGAN_CLIP = RECIPE.override(steps=4000, learning_rate=5e-4, optimiser="rmsprop")
PACKED = RECIPE.override(
    steps=9000,
    batch_size=128,
    learning_rate={"discriminator": 3e-3, "generator": 1e-3},
    betas=(0.5, 0.99),
)
UNROLLED = RECIPE.override(
    steps=4000, learning_rate={"discriminator": 3e-4, "generator": 1e-3}, betas=(0.5, 0.999)
)


def _register(gan: NamedGAN, recipe: Recipe = RECIPE) -> NamedGAN:
    return register_model(gan.name, recipe=recipe)(gan)


gan_minimax = _register(
    NamedGAN(
        "gan_minimax",
        "Generative adversarial network, minimax game: the generator descends E[log(1 - D(G(z)))] "
        "(Goodfellow et al. 2014, algorithm 1).",
        GANOptions(
            objective="minimax",
            latent_dim=8,
            width=64,
            depth=2,
            discriminator_activation=None,
        ),
        note=AS_PUBLISHED,
    ),
    PLAIN_RECIPE,
)

gan_nonsaturating = _register(
    NamedGAN(
        "gan_nonsaturating",
        "Generative adversarial network, non-saturating game: the generator ascends E[log D(G(z))] "
        "(Goodfellow et al. 2014, section 3).",
        GANOptions(
            objective="non_saturating",
            latent_dim=8,
            width=64,
            depth=2,
            discriminator_activation=None,
        ),
        note=AS_PUBLISHED,
    ),
    PLAIN_RECIPE,
)

gan = _register(
    NamedGAN(
        "gan",
        "Generative adversarial network of any objective, regularisers and mechanisms, put "
        "together from options.",
        GANOptions(),
        offers=(
            "objective",
            "r1",
            "r2",
            "gradient_penalty",
            "dragan",
            "spread",
            "clip",
            "diversity",
            "instance_noise",
            "consensus",
            "unrolled_steps",
            "unrolled_rate",
            "packing",
            "spectral_norm",
            "minibatch_std",
        ),
    )
)

lsgan = _register(
    NamedGAN(
        "lsgan",
        "Least-squares GAN, labels 0 and 1, with R1 (Mao et al. 2017).",
        GANOptions(objective="least_squares", r1=0.1),
        offers=("r1",),
    )
)

hinge_gan = _register(
    NamedGAN(
        "hinge_gan",
        "GAN with the hinge loss and R1 (Lim and Ye 2017).",
        GANOptions(objective="hinge", r1=0.1),
        offers=("r1",),
    )
)

wgan_clip = _register(
    NamedGAN(
        "wgan_clip",
        "Wasserstein GAN whose critic's weights are clipped (Arjovsky, Chintala and Bottou 2017).",
        GANOptions(objective="wasserstein", clip=0.05, discriminator_steps=3),
        offers=("clip",),
    ),
    WGAN_CLIP,
)

wgan_gp = _register(
    NamedGAN(
        "wgan_gp",
        "Wasserstein GAN with gradient penalty (Gulrajani et al. 2017).",
        GANOptions(objective="wasserstein", gradient_penalty=0.1, discriminator_steps=2),
        called={"weight": ("gradient_penalty",)},
    ),
    WGAN_GP,
)

ragan = _register(
    NamedGAN(
        "ragan",
        "Relativistic average GAN with R1 (Jolicoeur-Martineau 2019).",
        GANOptions(objective="relativistic_average", r1=0.1),
        offers=("r1",),
    )
)

r3gan = _register(
    NamedGAN(
        "r3gan",
        "Relativistic paired GAN with R1 and R2 (Huang et al. 2024).",
        GANOptions(objective="relativistic_paired", r1=0.1, r2=0.1),
        called={"gamma": ("r1", "r2")},
    )
)

gan_r1 = _register(
    NamedGAN(
        "gan_r1",
        "Non-saturating GAN with the R1 gradient penalty (Mescheder et al. 2018).",
        GANOptions(r1=1.0),
        called={"gamma": ("r1",)},
    )
)

cgan = _register(
    NamedGAN(
        "cgan",
        "Conditional GAN, non-saturating with R1: generator and discriminator see the conditions "
        "of the source (Mirza and Osindero 2014).",
        GANOptions(conditional=True, r1=1.0),
        called={"gamma": ("r1",)},
    )
)

dragan = _register(
    NamedGAN(
        "dragan",
        "Non-saturating GAN with DRAGAN's gradient penalty around the data (Kodali et al. 2017).",
        GANOptions(dragan=0.1, spread=0.1),
        called={"weight": ("dragan",)},
        offers=("spread",),
    )
)

sngan = _register(
    NamedGAN(
        "sngan",
        "Non-saturating GAN with a spectrally normalised discriminator (Miyato et al. 2018).",
        GANOptions(spectral_norm=2.0),
        offers=("spectral_norm",),
    )
)

unrolled_gan = _register(
    NamedGAN(
        "unrolled_gan",
        "Non-saturating GAN whose generator looks ahead of the discriminator's steps "
        "(Metz et al. 2017).",
        GANOptions(
            unrolled_steps=3,
            unrolled_rate=0.1,
            width=64,
            depth=2,
            discriminator_activation="relu",
        ),
        offers=("unrolled_steps", "unrolled_rate"),
    ),
    UNROLLED,
)

gdpp = _register(
    NamedGAN(
        "gdpp",
        "Non-saturating GAN with R1 and the determinantal diversity loss (Elfeki et al. 2019).",
        GANOptions(diversity=1.0, r1=0.1, width=64),
        offers=("diversity", "r1"),
    )
)


def _packed(m: int) -> NamedGAN:
    return NamedGAN(
        f"pacgan{m}",
        f"Non-saturating GAN whose discriminator judges {m} examples at once "
        "(PacGAN, Lin et al. 2018).",
        GANOptions(packing=m, depth=2),
    )


pacgan2 = _register(_packed(2), PACKED)
pacgan3 = _register(_packed(3), PACKED)
pacgan4 = _register(_packed(4), PACKED)


def _f_gan(divergence: str, text: str, *, r1: float = 0.1) -> NamedGAN:
    return NamedGAN(
        f"fgan_{divergence}",
        f"f-GAN of {text} with R1 (Nowozin, Cseke and Tomioka 2016).",
        GANOptions(objective=f"f_{divergence}", r1=r1),
        offers=("r1",),
    )


fgan_kl = _register(_f_gan("kl", "KL(p_data || p_g)"))
fgan_reverse_kl = _register(_f_gan("reverse_kl", "KL(p_g || p_data)"))
fgan_pearson = _register(
    _f_gan("pearson", "Pearson's chi^2, the integral of (p_data - p_g)^2 / p_g,", r1=1.0)
)
fgan_hellinger = _register(
    _f_gan(
        "hellinger",
        "the squared Hellinger distance, the integral of (sqrt p_data - sqrt p_g)^2,",
    )
)
fgan_js = _register(_f_gan("js", "the Jensen-Shannon divergence"))
fgan_tv = _register(_f_gan("tv", "total variation"))
