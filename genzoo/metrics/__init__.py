"""Metrics: pure functions of samples and densities, and thin registered metrics over them."""

from genzoo.metrics.cell_metrics import CellMetric as CellMetric
from genzoo.metrics.cells import fit_cells as fit_cells
from genzoo.metrics.coverage import ModeMetric as ModeMetric
from genzoo.metrics.curves import ks_distance
from genzoo.metrics.density import discrete_js, discrete_kl, f_divergence, js_divergence, kl_divergence
from genzoo.metrics.divergence import forward_kl_bound, js_bound, kl_bound
from genzoo.metrics.fidelity import coverage, density, precision, recall
from genzoo.metrics.likelihood import Bound as Bound
from genzoo.metrics.mode_shape import mode_widths
from genzoo.metrics.modes import ModeCoverage, high_quality_radius, mass_test, mode_coverage, mode_kl
from genzoo.metrics.registry import METRICS, explain, panel, register_metric
from genzoo.metrics.two_sample import accuracy as accuracy
from genzoo.metrics.wasserstein import sliced_wasserstein

__all__ = [
    "METRICS",
    "ModeCoverage",
    "coverage",
    "density",
    "discrete_js",
    "discrete_kl",
    "explain",
    "f_divergence",
    "forward_kl_bound",
    "high_quality_radius",
    "js_bound",
    "js_divergence",
    "kl_bound",
    "kl_divergence",
    "ks_distance",
    "mass_test",
    "mode_coverage",
    "mode_kl",
    "mode_widths",
    "panel",
    "precision",
    "recall",
    "register_metric",
    "sliced_wasserstein",
]
