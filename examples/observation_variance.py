"""
The variance of a VAE
=====================

Three VAEs that differ in the variance of p(x | z) alone.

Where it is set too high the posterior collapses onto the prior, the decoder ignores z, and all that
is left is one wide Gaussian."""

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

source = genzoo.create_source("ring")
models = ["vae", "vae:variance=0.3", "vae:variance=1"]
recipe = {"steps": 800, "batch_size": 128, "learning_rate": 0.01, "warm_up": 0.0}
fits = {}
for name in models:
    joint = "," if ":" in name else ":"
    spec = f"{name}{joint}width=64,depth=3"
    fits[name] = genzoo.train(spec, source, **recipe)

# %%

samples = {}
for name, fit in fits.items():
    samples[name] = fit.runs[0].model.sample(2000, generator=stream(0, "samples"))
truth = source.sample(2000, generator=stream(0, "truth")).x
density = figures.density_grid(truth, source.log_prob)
figure = figures.samples_sheet({"ring": truth}, {"ring": samples}, densities={"ring": density})
figures.save(figure, "observation_variance")

# %%
# Means over the last 100 steps, in units where the data have variance 1: the KL of the posteriors,
# the bound on the log-likelihood, and the variance. No bound can exceed the last line, the mean
# log-density of the truth.

for name, fit in fits.items():
    series = fit.runs[0].history.series
    kl = series["vae/KL"][-100:].mean()
    elbo = series["vae/ELBO"][-100:].mean()
    variance = series["vae/observation variance"][-100:].mean()
    print(f"{name:18} KL {kl:6.3f} nats   ELBO {elbo:7.3f} nats   variance {variance:.4f}")

scale = fits["vae"].runs[0].model.scale
print(f"{'truth':18} {'':23} {source.log_prob(truth).mean() + scale.log().sum():8.3f} nats")
