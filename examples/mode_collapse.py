"""
Mode collapse and cures
=======================

A GAN that loses most of eight modes, and three attempts to keep them.

In this game the discriminator learns too slowly: as it is, with averaged weights, with a
discriminator that judges two examples at once, and with one whose slope at the data is penalised.
"""

import torch

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

source = genzoo.create_source("ring:sigma=0.02")
recipe = genzoo.Recipe(
    steps=2000,
    batch_size=64,
    learning_rate={"discriminator": 3e-4, "generator": 1e-3},
    betas=(0.5, 0.999),
)
nets = "latent_dim=2,width=64,depth=2,discriminator_activation=relu"
averaging = recipe.override(averaging=0.999)
fits = {
    "plain": genzoo.train("gan_nonsaturating:latent_dim=2", source, recipe=recipe),
    "averaged": genzoo.train("gan_nonsaturating:latent_dim=2", source, recipe=averaging),
    "two at once": genzoo.train(f"pacgan2:{nets}", source, recipe=recipe),
    "R1": genzoo.train(f"gan_r1:{nets},gamma=10", source, recipe=recipe),
}
films = {name: fit.recordings[0] for name, fit in fits.items()}

# %%
# Three moments of the four trainings, side by side; ``genzoo.film`` writes such pictures as a GIF.

figures.save(figures.film_still(films, 300), "mode_collapse-1")

# %%

figures.save(figures.film_still(films, 1000), "mode_collapse-2")

# %%

figures.save(figures.film_still(films, 2000), "mode_collapse-3")

# %%
# What genzoo says of it: events, from the shares of the modes at 20 steps.

for name, fit in fits.items():
    print(f"{name:12}", "; ".join(str(event) for event in fit.runs[0].events) or "no event")

# %%
# The shares of the modes at the end.

counts = {}
for name in ("plain", "two at once", "R1"):
    x = fits[name].runs[0].model.sample(2500, generator=stream(0, "samples"))
    counts[name] = torch.bincount(source.modes().assign(x), minlength=8)
figure = figures.mode_histogram(counts, source.modes().weights, source="ring", rows=list(fits))
figures.save(figure, "mode_collapse-shares")

# %%
# Losses and monitors of two of them. Nothing in the losses of the first says how bad it is; the
# mark above them does.

shown = ("plain", "two at once")
histories = {name: [run.history for run in fits[name].runs] for name in shown}
events = {name: [run.events for run in fits[name].runs] for name in shown}
figure = figures.loss_curves(histories, "ring", rows=list(fits), events=events)
figures.save(figure, "mode_collapse-losses")
