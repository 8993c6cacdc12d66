"""
Paths that cross, and the flow that does not
============================================

Straight lines from noise to data, and where the mean velocity of all lines through a point leads.

The lines join random pairs, so they cross, and a network that sees where a point is cannot tell
which line it is on. It learns the mean of their velocities. Followed, that mean carries the noise
to the same law of the data, on ways that never cross."""

import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.figures.style import drawing
from genzoo.models.transport.samplers import Heun

source = genzoo.create_source("mixture_1d:modes=2,spacing=3,sigma=0.4")
field = genzoo.optimal_field(source, "linear")
times = torch.linspace(0, 1, 101, dtype=torch.float64)

noise = torch.randn(40, 1, generator=stream(0, "noise"), dtype=torch.float64)
data = source.sample(40, generator=stream(0, "data")).x
lines = torch.stack([t * data + (1 - t) * noise for t in times])
flow = torch.stack([noise, *Heun().states(field, noise, times)])

# %%

x = torch.linspace(-3.2, 3.2, 161, dtype=torch.float64)
density = torch.stack([field.log_prob(x[:, None], t).exp() for t in times]).T

with drawing("light") as look:
    heat = LinearSegmentedColormap.from_list("heat", [look.background, look.shades[2]])
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    titles = ("straight lines between random pairs", "following the mean velocity")
    for axes, title, ways in zip(panels, titles, (lines, flow), strict=True):
        axes.pcolormesh(times, x, density, cmap=heat, vmin=0, rasterized=True)
        axes.plot(times, ways[:, :, 0], color=look.palette[0], linewidth=0.7)
        axes.set(title=title, xlabel="time t, from noise to data", xlim=(0, 1), ylim=(-3.2, 3.2))
    panels[0].set_ylabel("x")
    figures.save(figure, "crossing_paths")
