"""Pictures from results: each a function that takes results and returns a matplotlib Figure.

Nothing here trains or scores.
"""

from genzoo.figures.arrays import Conditioned
from genzoo.figures.densities import density_sheet
from genzoo.figures.film import film_still, save_film
from genzoo.figures.generation import (
    FieldPanel,
    field_sheet,
    generation_sheet,
    on_the_way,
    save_generation,
)
from genzoo.figures.glance import glance_figure
from genzoo.figures.goodfellow import (
    goodfellow_figure,
    recorded_goodfellow_figure,
    shows_goodfellow,
)
from genzoo.figures.goodfellow_panel import GoodfellowPanel
from genzoo.figures.image_grid import image_grid
from genzoo.figures.keys import with_conditions
from genzoo.figures.latent import latent_figure
from genzoo.figures.loss_curves import loss_curves
from genzoo.figures.modes import mode_histogram
from genzoo.figures.paintings import curve_training_figure
from genzoo.figures.profiles import profile_figure
from genzoo.figures.ranks import rank_figure
from genzoo.figures.reconstructions import reconstruction_figure
from genzoo.figures.samples import samples_sheet
from genzoo.figures.scores import score_figure
from genzoo.figures.step_curves import step_curves
from genzoo.figures.style import save
from genzoo.figures.views import DensityGrid, density_grid

__all__ = [
    "Conditioned",
    "DensityGrid",
    "FieldPanel",
    "GoodfellowPanel",
    "curve_training_figure",
    "density_grid",
    "density_sheet",
    "field_sheet",
    "film_still",
    "generation_sheet",
    "glance_figure",
    "goodfellow_figure",
    "image_grid",
    "latent_figure",
    "loss_curves",
    "mode_histogram",
    "on_the_way",
    "profile_figure",
    "rank_figure",
    "reconstruction_figure",
    "recorded_goodfellow_figure",
    "samples_sheet",
    "save",
    "save_film",
    "save_generation",
    "score_figure",
    "shows_goodfellow",
    "step_curves",
    "with_conditions",
]
