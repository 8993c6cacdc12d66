"""Metrics: pure functions of samples and densities, and thin registered metrics over them.

No training, no tables, no comparison of models.
"""

from genzoo.metrics.asked_metrics import AskedMetric as AskedMetric
from genzoo.metrics.cell_metrics import CellMetric as CellMetric
from genzoo.metrics.cells import fit_cells as fit_cells
from genzoo.metrics.classifier_bounds import forward_kl_bound, js_bound, kl_bound
from genzoo.metrics.constants import ConstantColumns as ConstantColumns
from genzoo.metrics.copied import copied_rows
from genzoo.metrics.curve_shape import CurveMetric as CurveMetric
from genzoo.metrics.curves import ks_distance
from genzoo.metrics.densities import (
    discrete_js,
    discrete_kl,
    f_divergence,
    js_divergence,
    kl_divergence,
)
from genzoo.metrics.divergence import JS as JS
from genzoo.metrics.exact_divergences import BothDensities as BothDensities
from genzoo.metrics.fidelity import coverage, density, precision, recall
from genzoo.metrics.fidelity_metrics import FidelityMetric as FidelityMetric
from genzoo.metrics.field_error import FieldError as FieldError
from genzoo.metrics.global_metrics import Energy as Energy
from genzoo.metrics.joint import JointJS as JointJS
from genzoo.metrics.likelihood import Bound as Bound
from genzoo.metrics.memorisation import near_duplicates, train_share
from genzoo.metrics.mixture_field import MixtureField as MixtureField
from genzoo.metrics.mode_metrics import ModeMetric as ModeMetric
from genzoo.metrics.mode_shape import mode_widths
from genzoo.metrics.modes import (
    ModeCoverage,
    high_quality_radius,
    mass_test,
    mode_coverage,
    mode_kl,
)
from genzoo.metrics.moments import frechet_distance
from genzoo.metrics.pairwise import MMDTest, energy_distance, mmd, mmd_test
from genzoo.metrics.published import PublishedMetric as PublishedMetric
from genzoo.metrics.registry import (
    METRICS,
    explain,
    metric_called,
    metric_facts,
    panel,
    register_metric,
)
from genzoo.metrics.sliced import sliced_wasserstein
from genzoo.metrics.transport import wasserstein
from genzoo.metrics.two_sample import accuracy as accuracy

__all__ = [
    "METRICS",
    "MMDTest",
    "ModeCoverage",
    "copied_rows",
    "coverage",
    "density",
    "discrete_js",
    "discrete_kl",
    "energy_distance",
    "explain",
    "f_divergence",
    "forward_kl_bound",
    "frechet_distance",
    "high_quality_radius",
    "js_bound",
    "js_divergence",
    "kl_bound",
    "kl_divergence",
    "ks_distance",
    "mass_test",
    "metric_called",
    "metric_facts",
    "mmd",
    "mmd_test",
    "mode_coverage",
    "mode_kl",
    "mode_widths",
    "near_duplicates",
    "panel",
    "precision",
    "recall",
    "register_metric",
    "sliced_wasserstein",
    "train_share",
    "wasserstein",
]
