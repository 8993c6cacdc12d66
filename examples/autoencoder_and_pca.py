"""
An autoencoder beside PCA
=========================

A linear autoencoder cannot do better than principal components; a nonlinear one with as many numbers can.
"""

import torch
from sklearn.decomposition import PCA

import genzoo
from genzoo import figures

digits = genzoo.create_source("digits")
recipe = genzoo.Recipe(steps=1500, batch_size=128, learning_rate=5e-3, betas=(0.9, 0.99), schedule="cosine")
linear = genzoo.train("autoencoder:latent_dim=8,depth=0", digits, recipe=recipe, record=False).runs[0].model
deep = genzoo.train("autoencoder:latent_dim=8,width=128", digits, recipe=recipe, record=False).runs[0].model

# %%
# Mean squared error per pixel on the images that both were trained on.

x = digits.train.x
rows = x.flatten(1).double().numpy()
pca = PCA(8).fit(rows)
print(f"PCA, 8 components   {((pca.inverse_transform(pca.transform(rows)) - rows) ** 2).mean():.5f}")
with torch.no_grad():
    for name, model in (("linear", linear), ("nonlinear", deep)):
        print(f"{name:19} {(model.reconstruct(x) - x).square().mean():.5f}")

# %%
# Images held out, and what comes back.

x = digits.holdout.x[:16]
with torch.no_grad():
    back = {"linear": linear.reconstruct(x), "nonlinear": deep.reconstruct(x)}
figures.save(figures.reconstruction_figure(x, back, source="digits"), "autoencoder_and_pca")
