"""
What metrics notice
===================

Samples with one known defect each, scored like those of any program: every number is blind to
something."""

from dataclasses import replace

import torch

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

source = genzoo.create_source("ring")
n, generator = 2500, stream(0, "defects")


def draw(count):
    return source.sample(count, generator=generator).x


sound = draw(n)
every = draw(2 * n)
mode = source.modes().assign(every)
centres = source.modes().locations
on_bridge = torch.rand(n, 1, generator=generator)
k = torch.randint(8, (n,), generator=generator)
bridges = centres[k] + on_bridge * (centres[(k + 1) % 8] - centres[k])
centre = centres[source.modes().assign(sound)]
a_fifth = torch.rand(n, 1, generator=generator) < 0.2
samples = {
    "sound": sound,
    "two modes missing": every[(mode != 1) & (mode != 4)][:n],
    "modes half as wide": centre + 0.5 * (sound - centre),
    "a fifth on bridges": torch.where(a_fifth, bridges, draw(n)),
}

# %%

truth = draw(n)
density = figures.density_grid(truth, source.log_prob)
figure = figures.samples_sheet(
    {"ring": truth}, {"ring": samples}, densities={"ring": density}, title="Four samples"
)
figures.save(figure, "defects")

# %%

metrics = "js,sliced_wasserstein,modes_captured,high_quality,mode_variance"
metrics += ",precision,recall,coverage"
table = genzoo.compare([], ["ring"], samples=samples, metrics=metrics, seeds=3)
scores = table.tables[0]
shown = [column for column in scores.columns if column.name in metrics.split(",")]
figures.save(figures.score_figure(replace(scores, columns=shown)), "defects-scores")
