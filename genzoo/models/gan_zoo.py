"""The registered GANs: one composition each, with the recipe it is best trained by."""

from genzoo.core.recipe import Recipe
from genzoo.models.gan_options import MEANINGS, PLAIN, gan_variant
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

gan_minimax = register_model("gan_minimax", recipe=PLAIN_RECIPE)(
    gan_variant(
        "gan_minimax",
        "Generative adversarial network, minimax game: the generator descends E[log(1 - D(G(z)))] "
        "(Goodfellow et al. 2014, algorithm 1).",
        objective="minimax",
        latent_dim=8,
        width=64,
        depth=2,
        discriminator_activation=None,
    )
)

gan_nonsaturating = register_model("gan_nonsaturating", recipe=PLAIN_RECIPE)(
    gan_variant(
        "gan_nonsaturating",
        "Generative adversarial network, non-saturating game: the generator ascends E[log D(G(z))] "
        "(Goodfellow et al. 2014, section 3).",
        objective="non_saturating",
        latent_dim=8,
        width=64,
        depth=2,
        discriminator_activation=None,
    )
)

gan = register_model("gan", recipe=RECIPE)(
    gan_variant(
        "gan",
        "Generative adversarial network of any objective, regularisers and mechanisms, put together from options.",
        offers=tuple(
            name
            for name in MEANINGS
            if name not in ("event_shape", *PLAIN, "generator", "discriminator")
        ),
    )
)

lsgan = register_model("lsgan", recipe=RECIPE)(
    gan_variant(
        "lsgan",
        "Least-squares GAN, labels 0 and 1, with R1 (Mao et al. 2017).",
        offers=("r1",),
        objective="least_squares",
        r1=0.1,
    )
)

hinge_gan = register_model("hinge_gan", recipe=RECIPE)(
    gan_variant(
        "hinge_gan",
        "GAN with the hinge loss and R1 (Lim and Ye 2017).",
        offers=("r1",),
        objective="hinge",
        r1=0.1,
    )
)

wgan_clip = register_model("wgan_clip", recipe=WGAN_CLIP)(
    gan_variant(
        "wgan_clip",
        "Wasserstein GAN whose critic's weights are clipped (Arjovsky, Chintala and Bottou 2017).",
        offers=("clip",),
        objective="wasserstein",
        clip=0.05,
        discriminator_steps=3,
    )
)

wgan_gp = register_model("wgan_gp", recipe=WGAN_GP)(
    gan_variant(
        "wgan_gp",
        "Wasserstein GAN with gradient penalty (Gulrajani et al. 2017).",
        called={"weight": ("gradient_penalty",)},
        objective="wasserstein",
        gradient_penalty=0.1,
        discriminator_steps=2,
    )
)

ragan = register_model("ragan", recipe=RECIPE)(
    gan_variant(
        "ragan",
        "Relativistic average GAN with R1 (Jolicoeur-Martineau 2019).",
        offers=("r1",),
        objective="relativistic_average",
        r1=0.1,
    )
)

r3gan = register_model("r3gan", recipe=RECIPE)(
    gan_variant(
        "r3gan",
        "Relativistic paired GAN with R1 and R2 (Huang et al. 2024).",
        called={"gamma": ("r1", "r2")},
        objective="relativistic_paired",
        r1=0.1,
        r2=0.1,
    )
)

gan_r1 = register_model("gan_r1", recipe=RECIPE)(
    gan_variant(
        "gan_r1",
        "Non-saturating GAN with the R1 gradient penalty (Mescheder et al. 2018).",
        called={"gamma": ("r1",)},
        r1=1.0,
    )
)

dragan = register_model("dragan", recipe=RECIPE)(
    gan_variant(
        "dragan",
        "Non-saturating GAN with DRAGAN's gradient penalty around the data (Kodali et al. 2017).",
        called={"weight": ("dragan",)},
        offers=("spread",),
        dragan=0.1,
        spread=0.1,
    )
)

sngan = register_model("sngan", recipe=RECIPE)(
    gan_variant(
        "sngan",
        "Non-saturating GAN with a spectrally normalised discriminator (Miyato et al. 2018).",
        offers=("spectral_norm",),
        spectral_norm=2.0,
    )
)

unrolled_gan = register_model("unrolled_gan", recipe=UNROLLED)(
    gan_variant(
        "unrolled_gan",
        "Non-saturating GAN whose generator looks ahead of the discriminator's steps (Metz et al. 2017).",
        offers=("unrolled_steps", "unrolled_rate"),
        unrolled_steps=3,
        unrolled_rate=0.1,
        width=64,
        depth=2,
        discriminator_activation="relu",
    )
)

gdpp = register_model("gdpp", recipe=RECIPE)(
    gan_variant(
        "gdpp",
        "Non-saturating GAN with R1 and the determinantal diversity loss (Elfeki et al. 2019).",
        offers=("diversity", "r1"),
        diversity=1.0,
        r1=0.1,
        width=64,
    )
)

pacgan2, pacgan3, pacgan4 = (
    register_model(f"pacgan{m}", recipe=PACKED)(
        gan_variant(
            f"pacgan{m}",
            f"Non-saturating GAN whose discriminator judges {m} examples at once (PacGAN, Lin et al. 2018).",
            packing=m,
            depth=2,
        )
    )
    for m in (2, 3, 4)
)

F_GANS = {
    "kl": "KL(p_data || p_g)",
    "reverse_kl": "KL(p_g || p_data)",
    "pearson": "Pearson's chi^2, the integral of (p_data - p_g)^2 / p_g,",
    "hellinger": "the squared Hellinger distance, the integral of (sqrt p_data - sqrt p_g)^2,",
    "js": "the Jensen-Shannon divergence",
    "tv": "total variation",
}

fgan_kl, fgan_reverse_kl, fgan_pearson, fgan_hellinger, fgan_js, fgan_tv = (
    register_model(f"fgan_{key}", recipe=RECIPE)(
        gan_variant(
            f"fgan_{key}",
            f"f-GAN of {text} with R1 (Nowozin, Cseke and Tomioka 2016).",
            offers=("r1",),
            objective=f"f_{key}",
            r1=1.0 if key == "pearson" else 0.1,
        )
    )
    for key, text in F_GANS.items()
)
