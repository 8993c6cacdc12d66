"""
Steps of a sampler
==================

The ring, sampled along its exact field: all that differs is how many steps are taken, when, and by
which method.

No network is involved, so whatever is wrong here is the sampler's doing."""

import torch
from matplotlib.figure import Figure

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.figures.style import MARKERS, drawing
from genzoo.models.transport.samplers import Ancestral, Euler, EulerMaruyama, Heun

source = genzoo.create_source("ring")
start = torch.randn(2500, 2, generator=stream(0, "start"), dtype=torch.float64)


def follow(sampler, steps, path, spacing):
    """Samples, from the start that all share; a last look removes what noise is left.

    Times are 1 - (1 - k / steps)^spacing.
    """
    field = genzoo.optimal_field(source, path)
    first, last = field.path.first, field.path.last
    left = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    times = last - (last - first) * left**spacing
    noise = None
    if not sampler.follows_velocity:
        shape = (len(start), steps, 2)
        noise = torch.randn(shape, generator=stream(0, "noise"), dtype=torch.float64)
    *_, x = sampler.states(field, start, times, noise)
    return field.data(x, times[-1]).float()


# %%
# Two solvers of the ODE on straight lines, and two stochastic samplers on the path of diffusion,
# with steps that get shorter near the data; beside them Euler with equal steps. The width is the
# standard deviation around the nearest mode over the true one; near are samples within three true
# standard deviations of a mode.

modes = source.modes()
deviation = float(modes.covariances[0, 0, 0]) ** 0.5


def describe(x):
    distances = torch.cdist(x, modes.locations.to(x)).min(dim=1).values
    width = (distances.square().mean() / 2).sqrt() / deviation
    near = (distances <= 3 * deviation).float().mean()
    return float(width), float(near)


SAMPLERS = {
    "Euler, equal steps": (Euler(), "linear", 1),
    "Euler": (Euler(), "linear", 2),
    "Heun": (Heun(), "linear", 2),
    "ancestral": (Ancestral(), "variance_preserving", 2),
    "Euler-Maruyama": (EulerMaruyama(), "variance_preserving", 2),
}
samples, curves = {}, {}
for name, (sampler, path, spacing) in SAMPLERS.items():
    curves[name] = []
    for steps in (4, 8, 16, 32, 64):
        x = follow(sampler, steps, path, spacing)
        samples[name, steps] = x
        count = sampler.evaluations(steps)
        curves[name].append((count, *describe(x)))
        print(f"{name:18} {count:4} evaluations   ", end="")
        print("width {:6.2f}   near {:.3f}".format(*describe(x)))
truth = source.sample(2500, generator=stream(0, "truth")).x
print(f"{'truth':37}", "width {:6.2f}   near {:.3f}".format(*describe(truth)))

# %%

shown = {f"Euler, {steps} steps": samples["Euler, equal steps", steps] for steps in (4, 16, 64)}
density = figures.density_grid(truth, source.log_prob)
figure = figures.samples_sheet(
    {"ring": truth}, {"ring": shown}, densities={"ring": density}, title="The exact field"
)
figures.save(figure, "sampler_steps")

# %%

with drawing("light") as look:
    figure = Figure(figsize=(8.4, 2.8), layout="constrained")
    width, near = figure.subplots(1, 2)
    for (name, points), colour, marker in zip(curves.items(), look.palette, MARKERS, strict=False):
        counts, widths, shares = zip(*points, strict=True)
        for axes, values in ((width, widths), (near, shares)):
            axes.plot(counts, values, color=colour, marker=marker, markersize=4, label=name)
    for axes, value in zip((width, near), describe(truth), strict=True):
        axes.axhline(value, color=look.target, linestyle=":")
        axes.set(xscale="log", xlabel="evaluations of the field")
        axes.set_xticks([4, 8, 16, 32, 64, 128], labels=["4", "8", "16", "32", "64", "128"])
        axes.minorticks_off()
    width.set(title="width of the modes over the true one", ylim=(0, 2.5))
    near.set(title="share of samples near a mode", ylim=(0, 1.05))
    near.legend(loc="lower right")
    figures.save(figure, "sampler_steps-curves")
