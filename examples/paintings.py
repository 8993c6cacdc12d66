"""
The artist's paintings
======================

Parabolas between x² and 2x² + 1, drawn by a GAN and by a VAE.

Below, what the GAN's discriminator says in training beside the values of theory, D = 1/2 and V =
-log 4."""

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

source = genzoo.create_source("paintings")
gan = genzoo.train("gan_nonsaturating:latent_dim=5", source, seeds=3, steps=1500)
vae = genzoo.train("vae:latent_dim=2", source, steps=600)
fits = {"gan_nonsaturating": gan, "vae": vae}

# %%

samples, histories = {}, {}
for name, fit in fits.items():
    samples[name] = fit.runs[0].model.sample(300, generator=stream(0, "samples"))
    histories[name] = [run.history for run in fit.runs]
figure = figures.curve_training_figure(
    source.grid,
    source.lower_bound,
    source.upper_bound,
    source.sample(300, generator=stream(0, "truth")).x,
    samples,
    histories,
    bound_labels=("lower bound x²", "upper bound 2x² + 1"),
)
figures.save(figure, "paintings")

# %%
# A good D and V prove nothing. The law of the curve parameter a does more: it should be uniform on
# [1, 2).

for name, fit in fits.items():
    curves = fit.runs[0].model.sample(2000, generator=stream(0, "samples"))
    a, distance = source.fit_parameter(curves)
    print(
        f"{name:18} a = {a.mean():.3f} ± {a.std():.3f} (truth 1.500 ± .289), "
        f"rms distance {distance.mean():.3f}"
    )
