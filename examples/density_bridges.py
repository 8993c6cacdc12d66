"""
Bridges in the density of a flow
================================

The exact densities of two sources and those of two normalizing flows, as heat maps.

A flow carries one Gaussian to all modes by a continuous map, so some mass is left on the way from
one mode to the next. How much depends on how sharply the map can bend."""

import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.figures.style import drawing

FRAMES = {"ring": ((-1.6, 1.6), (-1.6, 1.6)), "two_moons": ((-1.6, 2.6), (-1.1, 1.6))}
FLOWS = ("real_nvp", "neural_spline_flow")
SIZE = 301

densities = {}
for name in FRAMES:
    source = genzoo.create_source(name)
    densities[name, "exact"] = source.log_prob
    for flow in FLOWS:
        model = genzoo.train(flow, source, record=False).runs[0].model
        densities[name, flow] = model.log_prob

# %%
# Each density on a grid. Off the data is where the exact density is below the level that 99 % of
# the data exceed; there the truth has 1 % of its mass. Beside it KL(data || model), the mean
# difference of the exact log-density and the flow's.

maps = {}
for (name, row), log_prob in densities.items():
    across, along = (torch.linspace(low, high, SIZE) for low, high in FRAMES[name])
    points = torch.cartesian_prod(across, along)
    source = genzoo.create_source(name)
    truth = source.sample(20_000, generator=stream(0, "truth")).x
    exact = source.log_prob(truth)
    with torch.no_grad():
        kl = (exact - log_prob(truth)).mean()
        log_density = torch.cat([log_prob(block).double() for block in points.split(10_000)])
    mass = log_density.exp() * float(across[1] - across[0]) * float(along[1] - along[0])
    off = 1 - mass[source.log_prob(points) >= exact.quantile(0.01)].sum()
    print(f"{name:10} {row:18}  off the data {100 * off:4.1f} %   KL {kl:.3f} nats")
    maps[name, row] = (across, along, log_density.reshape(SIZE, SIZE).T)

# %%

TENS = [10.0**power for power in range(-4, 2)]
LOGS = torch.tensor(TENS).log().tolist()

with drawing("light") as look:
    heat = LinearSegmentedColormap.from_list("heat", [look.background, *reversed(look.ramp)])
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    panels = figure.subplots(2, 3, height_ratios=(3.2, 2.2))
    for axes, ((name, row), heights) in zip(panels.flat, maps.items(), strict=True):
        image = axes.pcolormesh(*heights, cmap=heat, vmin=LOGS[0], vmax=LOGS[-1], rasterized=True)
        axes.set(title=f"{name}: {row}", aspect="equal", xticks=(), yticks=())
    bar = figure.colorbar(image, ax=panels, shrink=0.7, extend="min", label="density")
    bar.set_ticks(LOGS, labels=[f"{ten:g}" for ten in TENS])
    figures.save(figure, "density_bridges")
