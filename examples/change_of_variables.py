"""
Change of variables
===================

The one increasing map that carries N(0, 1) to a mixture of two Gaussians: equal shares of the noise
become equal shares of the data.

Where the map squeezes, the density grows; where it stretches, the density shrinks."""

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.integrate import cumulative_trapezoid
from scipy.stats import norm

import genzoo
from genzoo import figures
from genzoo.figures.style import drawing

source = genzoo.create_source("mixture_1d:modes=2,spacing=3,sigma=0.5")
x = np.linspace(-4, 4, 4001)
density = np.exp(source.log_prob(torch.from_numpy(x)[:, None]).double().numpy())
shares = cumulative_trapezoid(density, x, initial=0)

# %%
# A point of the noise, where the map brings it, by how much it stretches there, and the density
# that follows: that of the noise over the stretch. The last column is the exact one.

print("     z       x   dx/dz   N(z) / (dx/dz)   density")
for z in (-2.0, -1.0, -0.3, 0.0, 0.3, 1.0, 2.0):
    below, here, above = np.interp(norm.cdf([z - 1e-3, z, z + 1e-3]), shares, x)
    stretch = (above - below) / 2e-3
    exact = np.interp(here, x, density)
    print(f"{z:6.1f}  {here:6.2f}  {stretch:6.2f}  {norm.pdf(z) / stretch:15.4f}  {exact:8.4f}")

# %%

with drawing("light") as look:
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.fill_between(x, 1.2, 1.2 + density, color=look.shades[1])
    axes.fill_between(x, 0.2, 0.2 - norm.pdf(x), color=look.shades[1])
    for share in np.linspace(0.02, 0.98, 49):
        ends = [norm.ppf(share), np.interp(share, shares, x)]
        axes.plot(ends, [0.2, 1.2], color=look.palette[0], linewidth=0.7)
    axes.text(-3.9, 1.3, "data x")
    axes.text(-3.9, -0.05, "noise z ~ N(0, 1)")
    axes.set(xlim=(-4, 4), yticks=())
    figures.save(figure, "change_of_variables")
