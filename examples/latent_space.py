"""
Two latent spaces
=================

Codes of handwritten digits, from an autoencoder and from a VAE, and what random codes become.
"""

import torch

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

digits = genzoo.create_source("digits")


def train(name):
    return genzoo.train(name, digits, steps=1200, record=False).runs[0].model


plain = train("autoencoder:latent_dim=2,width=128,sample_mean=true")
vae = train("vae:latent_dim=2")

# %%
# The codes of the images held out, coloured by digit, and straight lines between the first 0 and
# the first 1, the first 3 and the first 4.

x, labels = digits.holdout.x, digits.holdout.context.argmax(1)
first = [int((labels == digit).nonzero()[0]) for digit in range(10)]
codes = {"autoencoder": plain.encode(x).detach(), "vae": vae.encode(x).detach()}
share = torch.linspace(0, 1, 9)[:, None]
paths = {}
for name, z in codes.items():
    starts, ends = (z[first[0]], z[first[3]]), (z[first[1]], z[first[4]])
    lines = [start + share * (end - start) for start, end in zip(starts, ends, strict=True)]
    paths[name] = torch.stack(lines)
figure = figures.latent_figure(
    codes, labels, prior=["vae"], paths=paths, title="Codes of held-out digits"
)
figures.save(figure, "latent_space")

# %%
# Codes drawn from N(0, I), decoded by both; for the autoencoder also codes drawn from the mixture
# that genzoo fits to its codes after training.

z = torch.randn(36, 2, generator=stream(0, "codes"))
with torch.no_grad():
    decoded = {
        "autoencoder, z from N(0, I)": plain.decode(z),
        "autoencoder, z from a mixture": plain.sample(36, generator=stream(0, "samples")),
        "vae, z from N(0, I)": vae.decode(z),
    }
figure = figures.image_grid(decoded, columns=6, title="Random codes, decoded")
figures.save(figure, "latent_space-samples")
