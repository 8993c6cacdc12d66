"""
The two directions of KL
========================

One Gaussian for two modes. KL(data || model) wants both modes covered, KL(model || data) wants
nothing where there are no data."""

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.integrate import trapezoid

import genzoo
from genzoo import figures
from genzoo.figures.style import drawing

source = genzoo.create_source("mixture_1d:modes=2,spacing=4,sigma=0.5")
x = np.linspace(-9, 9, 1801)
log_p = source.log_prob(torch.from_numpy(x)[:, None].float()).double().numpy()


def log_normal(mean, sd):
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi))


def kl(log_a, log_b):
    return trapezoid(np.exp(log_a) * (log_a - log_b), x)


candidates = [(mean, sd) for mean in np.linspace(-3, 3, 61) for sd in np.linspace(0.3, 3, 55)]
fits = {
    "KL(data || model)": min(candidates, key=lambda c: kl(log_p, log_normal(*c))),
    "KL(model || data)": min(candidates, key=lambda c: kl(log_normal(*c), log_p)),
}
for name, (mean, sd) in fits.items():
    log_q = log_normal(mean, sd)
    forward, reverse = kl(log_p, log_q), kl(log_q, log_p)
    print(
        f"least {name}: N({mean:.2f}, {sd:.2f}²), KL(data||model) {forward:.2f}, "
        f"KL(model||data) {reverse:.2f} nats"
    )

# %%

with drawing("light") as look:
    figure = Figure(figsize=(6.4, 3.0), layout="constrained")
    axes = figure.add_subplot()
    axes.fill_between(x, np.exp(log_p), color=look.shades[1], label="data")
    for (name, fit), colour in zip(fits.items(), look.palette, strict=False):
        axes.plot(x, np.exp(log_normal(*fit)), color=colour, label=f"least {name}")
    axes.set(xlim=(-6, 6), ylim=(0, 0.95), xlabel="x", ylabel="density")
    axes.legend(ncols=3, loc="upper center")
    figures.save(figure, "two_directions_of_kl")
