"""
The field that samples follow
=============================

A flow from noise to the ring: its velocity as arrows, beside the exact one, and the samples on
their way.

The network is trained for 2,000 steps. The ring is a mixture of Gaussians, so what a perfect
network would say is known at every place and time."""

import genzoo
from genzoo import figures
from genzoo.core.noise import stream

fit = genzoo.train("flow_matching", "ring", steps=2000)

# %%
# Arrows of one column are on one scale. Far from the data every arrow points to the middle: noise
# has to come in. Near the end each mode draws what is around it. There the exact
# arrows push hardest from the middle, and those of the network are shorter.

figure = genzoo.field_figure(
    fit.models[0], "ring", name="flow_matching", generator=stream(0, "field")
)
figures.save(figure, "velocity_field")

# %%
# What the recording of the training kept of the samples' way. ``genzoo film DIR -o FILE.gif
# --generation`` makes a film of it.

figures.save(figures.generation_sheet({"flow_matching": fit.recordings[0]}), "velocity_field-way")
