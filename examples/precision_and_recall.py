"""
Precision and recall
====================

The two questions drawn for a model that knows one moon of two.

Precision asks of every sample whether it lies in the neighbourhood of a real example; recall asks
of every real example whether it lies in the neighbourhood of a sample. A neighbourhood reaches to
the third nearest of its kind. A sixth of this model's samples lie between the moons."""

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

import genzoo
from genzoo import figures
from genzoo.core.noise import stream
from genzoo.figures.style import drawing
from genzoo.metrics.fidelity import precision, recall

source = genzoo.create_source("two_moons")
real = source.sample(60, generator=stream(0, "real")).x.numpy()
drawn = source.sample(200, generator=stream(0, "drawn")).x
upper = drawn[source.modes().assign(drawn) == 0][:50].numpy()
model = np.concatenate([upper, [0.5, 0.2] + 0.1 * drawn[:10].numpy()])


def radii(points):
    return np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 3]


# %%

with drawing("light") as look:
    figure = Figure(figsize=(7.2, 2.8), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    share_of_samples, share_of_real = precision(real, model).value, recall(real, model).value
    asked = {
        f"precision {share_of_samples:.2f}": (real, model, look.truth, look.palette[1]),
        f"recall {share_of_real:.2f}": (model, real, look.palette[1], look.control),
    }
    for axes, (title, (centres, points, ground, colour)) in zip(panels, asked.items(), strict=True):
        size = 2 * radii(centres)
        where = {"units": "xy", "offsets": centres, "transOffset": axes.transData}
        balls = EllipseCollection(size, size, 0 * size, **where)
        balls.set(facecolor=ground, alpha=0.18, edgecolor="none")
        axes.add_collection(balls)
        inside = (np.linalg.norm(points[:, None] - centres, axis=2) <= radii(centres)).any(axis=1)
        axes.plot(*points[inside].T, "o", ms=4, color=colour, label="inside")
        axes.plot(*points[~inside].T, "x", ms=5, color=colour, label="outside")
        axes.set(title=title, aspect="equal", xticks=[], yticks=[])
        axes.set(xlim=(-1.8, 2.8), ylim=(-1.4, 1.8))
        axes.legend(loc="lower left")
    figures.save(figure, "precision_and_recall")
