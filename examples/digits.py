"""
Handwritten digits
==================

Images of 8 x 8 pixels from three models, and how many of them a classifier takes for digits.
"""

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

digits = genzoo.create_source("digits")
gan = genzoo.train("gan_r1:latent_dim=16", digits, steps=2500, averaging=0.99, record=False)
fits = {
    "autoencoder": genzoo.train("autoencoder", digits, record=False),
    "vae": genzoo.train("vae:latent_dim=16,width=128", digits, record=False),
    "gan_r1": gan,
}
samples = {}
for name, fit in fits.items():
    samples[name] = fit.runs[0].model.sample(1000, generator=stream(0, "samples"))

# %%

figures.save(figures.image_grid(samples, truth=digits.holdout.x, title="Digits"), "digits")

# %%
# Recognised: the share that the classifier takes for some digit, 96 % of real images. The Fréchet
# distance is taken on the classifier's scores, not on pixels.

for name, x in samples.items():
    quality = genzoo.evaluate(x, digits, metrics="high_quality", seeds=1)
    frechet = genzoo.evaluate(x, digits, metrics="frechet", features="classifier", seeds=1)
    recognised, distance = quality.scores[0].value, frechet.scores[0].value
    print(f"{name:12} recognised {recognised:.0%}   Fréchet distance {distance:.3f}")
