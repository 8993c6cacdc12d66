"""
Figure 1 of a GAN
=================

The figure that explained the game, for a GAN that was really trained, and the value of its game
beside theory.

A generator learns a Gaussian from uniform noise: data dotted, model solid, discriminator dashed,
and below the lines that carry noise to examples (Goodfellow et al. 2014, figure 1)."""

import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import trapezoid

import genzoo
from genzoo import figures
from genzoo.figures.style import drawing

model = "gan_r1:latent_dim=1,latent_distribution=uniform,width=64,depth=2,gamma=0.02"
fit = genzoo.train(model, "gaussian_1d", steps=1200, batch_size=256, averaging=0.99)
film = fit.recordings[0]
x, p_data = film.constants["grid 0"], film.constants["data density"]

# %%
# Four frames of the recording. D* is the best discriminator for the generator of that frame.

panels = []
for step in (120, 180, 300, 1200):
    frame = film.frame(int(np.searchsorted(film.steps, step)))
    density, discriminator = frame.arrays["density"], frame.arrays["discriminator"]
    generated = frame.arrays["lattice"][:, 0, 0]
    panels.append(figures.GoodfellowPanel(f"step {frame.step}", density, discriminator, generated))
latents = np.linspace(0, 1, len(generated))
figures.save(figures.goodfellow_figure(x, p_data, latents, panels), "figure_1")

# %%
# The value of the game, V, beside the value at D*, which is -log 4 + 2 JS. Both are integrals over
# the grid, so V(D) never exceeds V(D*); the gap is what the discriminator has not learned. The
# model's density is a kernel estimate of 1,000 samples, and so V(D*) stays a little above -log 4.


def value(d, p_model):
    d = np.clip(d, 1e-12, 1 - 1e-12)
    return trapezoid(p_data * np.log(d) + p_model * np.log(1 - d), x)


p_model, d = film.arrays["density"], film.arrays["discriminator"]
best = p_data / (p_data + p_model)
rows = []
for i, step in enumerate(film.steps):
    rows.append((step, value(d[i], p_model[i]), value(best[i], p_model[i])))
print("  step       V(D)      V(D*)       JS")
for step, of_d, of_best in rows[::6]:
    print(f"{step:6} {of_d:10.3f} {of_best:10.3f} {(of_best + np.log(4)) / 2:8.3f}")

with drawing("light") as look:
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    steps, of_d, of_best = np.array(rows[1:]).T
    axes.fill_between(steps, of_d, of_best, color=look.shades[0], label="what D misses")
    axes.plot(steps, of_best, color=look.palette[0], label="V(D*) = -log 4 + 2 JS")
    axes.plot(steps, of_d, color=look.palette[1], linestyle="--", label="V(D)")
    axes.axhline(-np.log(4), color=look.target, linestyle=":", label="-log 4")
    axes.set(xscale="log", xlim=(1, 1200), xlabel="step", ylabel="value of the game [nats]")
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.legend()
    figures.save(figure, "figure_1-value")
