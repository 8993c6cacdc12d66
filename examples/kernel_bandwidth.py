"""
The bandwidth of a kernel density
=================================

Three kernel densities of the same 300 examples: with a kernel too narrow, with the one that
leave-one-out likelihood chooses, and with one too wide.

The kept examples themselves always favour the narrowest; fresh ones do not."""

import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.figures.style import drawing

source = genzoo.create_source("two_moons")
rows = source.sample(450, generator=stream(0, "rows")).x
fresh = source.sample(5_000, generator=stream(0, "fresh")).x

fits = {}
for name in ("kde:bandwidth=0.02", "kde", "kde:bandwidth=0.5"):
    fits[name] = genzoo.train(name, rows, record=False).runs[0].model

# %%
# A third of the rows is held out, as of any table; the others are kept. The bandwidth h is in units
# in which each column has variance 1, and log-densities are means in nats.

kept = fits["kde"].rows * fits["kde"].scale + fits["kde"].shift
print(f"{len(kept)} examples kept")
for name, model in fits.items():
    scores = [float(model.log_prob(x).mean()) for x in (kept, fresh)]
    print(f"{name:20} h {model.bandwidth:.3f}   kept {scores[0]:6.3f}   fresh {scores[1]:6.3f}")
print(f"{'exact':20}           kept {source.log_prob(kept).mean():6.3f}   ", end="")
print(f"fresh {source.log_prob(fresh).mean():6.3f}")

# %%

across, along = torch.linspace(-1.6, 2.6, 201), torch.linspace(-1.1, 1.6, 131)
points = torch.cartesian_prod(across, along)

with drawing("light") as look:
    heat = LinearSegmentedColormap.from_list("heat", [look.background, *reversed(look.ramp)])
    figure = Figure(figsize=(8.4, 2.2), layout="constrained")
    for axes, model in zip(figure.subplots(1, 3), fits.values(), strict=True):
        density = model.log_prob(points).exp().reshape(len(across), len(along)).T
        axes.pcolormesh(across, along, density, cmap=heat, vmin=0, vmax=0.8, rasterized=True)
        axes.scatter(*kept.T, s=1, color=look.palette[1], alpha=0.6)
        axes.set(title=f"h = {model.bandwidth:.2f}", aspect="equal", xticks=(), yticks=())
    figures.save(figure, "kernel_bandwidth")
