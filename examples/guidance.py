"""
Guidance
========

Samples of one mode among eight that overlap, by the exact field: the condition ignored, obeyed and
exaggerated.

Guided samples follow (1 - w) v(x, t) + w v(x, t, c). At w = 1 they have the law p(x | c). Above,
they keep away from where other conditions are likely."""

import torch

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.models.transport.prediction import Ends
from genzoo.models.transport.samplers import Field, Heun

source = genzoo.create_source("ring:sigma=0.3")
exact = genzoo.optimal_field(source, "linear")
start = torch.randn(1500, 2, generator=stream(0, "start"), dtype=torch.float64)
asked = source.context_spec.encode({"mode": "mode 2"}, len(start))


class Guided(Field):
    """The exact field given the condition and that without, mixed."""

    path = exact.path

    def __init__(self, w):
        self.w = w

    def ends(self, x, t):
        data = (1 - self.w) * exact.data(x, t) + self.w * exact.data(x, t, asked)
        noise = (1 - self.w) * exact.noise(x, t) + self.w * exact.noise(x, t, asked)
        return Ends(data, noise)


# %%

samples = {}
for w in (0, 1, 2, 4):
    *_, x = Heun().states(Guided(w), start, torch.linspace(0, 1, 51, dtype=torch.float64))
    samples[f"w = {w}"] = x.float()
    centre, spread = x.mean(0).tolist(), x.std(0).tolist()
    print("w = {}   mean ({:.2f}, {:.2f})   sd ({:.2f}, {:.2f})".format(w, *centre, *spread))

# %%

truth = source.sample(1500, generator=stream(0, "truth")).x
density = figures.density_grid(truth, source.log_prob)
figure = figures.samples_sheet(
    {"ring": truth}, {"ring": samples}, densities={"ring": density}, title="Mode 2, asked for"
)
figures.save(figure, "guidance")
