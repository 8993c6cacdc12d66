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
plain, vae = (
    genzoo.train(model, digits, steps=1200, record=False).runs[0].model
    for model in ("autoencoder:latent_dim=2,width=128,sample_mean=true", "vae:latent_dim=2")
)

# %%
# The codes of the images held out, coloured by digit, and straight lines between the first 0 and
# the first 1, the first 3 and the first 4.

x, labels = digits.holdout.x, digits.holdout.context.argmax(1)
first = [int((labels == digit).nonzero()[0]) for digit in range(10)]
codes = {"autoencoder": plain.encode(x), "vae": vae.encode(x)}
share = torch.linspace(0, 1, 9)[:, None]
paths = {
    name: torch.stack(
        [z[first[i]] + share * (z[first[j]] - z[first[i]]) for i, j in ((0, 1), (3, 4))]
    )
    for name, z in codes.items()
}
figure = figures.latent_figure(
    {name: z.detach() for name, z in codes.items()},
    labels,
    prior=["vae"],
    paths={name: path.detach() for name, path in paths.items()},
    title="Codes of held-out digits",
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
