"""
Densities as heat maps
======================

Three models that know their density, beside the truth, all on one scale.

None is trained: they are fitted in closed form. One Gaussian covers the ring and its middle, a
mixture finds the modes, a kernel estimate finds them a little too wide and a little ragged."""

import genzoo
from genzoo import figures

names = ("gaussian", "gaussian_mixture", "kde")
models = {name: genzoo.train(name, "ring", record=False).models[0] for name in names}
figures.save(genzoo.density_figure(models, "ring", title="Densities on the ring"), "density_maps")
