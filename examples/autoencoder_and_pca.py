"""
An autoencoder beside PCA
=========================

A linear autoencoder cannot do better than principal components; a nonlinear one with as many
numbers can."""

import torch
from sklearn.decomposition import PCA

import genzoo
from genzoo import figures

digits = genzoo.create_source("digits")
recipe = genzoo.Recipe(
    steps=1500, batch_size=128, learning_rate=5e-3, betas=(0.9, 0.99), schedule="cosine"
)


def train(name):
    return genzoo.train(name, digits, recipe=recipe, record=False).runs[0].model


linear = train("autoencoder:latent_dim=8,depth=0")
deep = train("autoencoder:latent_dim=8,width=128")

# %%
# Mean squared error per pixel, on the images that all three were fitted to and on those held out.

trained, held_out = digits.train.x, digits.holdout.x
pca = PCA(8).fit(trained.flatten(1))


def project(x):
    return torch.from_numpy(pca.inverse_transform(pca.transform(x.flatten(1)))).view(x.shape)


compressors = {
    "PCA, 8 components": project,
    "linear": linear.reconstruct,
    "nonlinear": deep.reconstruct,
}
print(f"{'':20} {len(trained):5} trained on {len(held_out):5} held out")
with torch.no_grad():
    for name, back in compressors.items():
        errors = [(back(x) - x).square().mean() for x in (trained, held_out)]
        print(f"{name:20} {errors[0]:16.5f} {errors[1]:14.5f}")

# %%
# Images held out, and what comes back.

x = held_out[:16]
with torch.no_grad():
    back = {"linear": linear.reconstruct(x), "nonlinear": deep.reconstruct(x)}
figures.save(figures.reconstruction_figure(x, back, source="digits"), "autoencoder_and_pca")
