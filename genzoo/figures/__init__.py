"""Pictures from results: each a function that takes results and returns a matplotlib Figure."""

from genzoo.figures.loss_curves import loss_curves
from genzoo.figures.paintings import curve_training_figure
from genzoo.figures.samples import samples_sheet
from genzoo.figures.scores import score_figure
from genzoo.figures.style import save
from genzoo.figures.views import DensityGrid, density_grid

__all__ = [
    "DensityGrid",
    "curve_training_figure",
    "density_grid",
    "loss_curves",
    "samples_sheet",
    "save",
    "score_figure",
]
