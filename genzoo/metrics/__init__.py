"""Metrics: pure functions of samples and densities, and thin registered metrics over them."""

from genzoo.metrics.coverage import ModeMetric as ModeMetric
from genzoo.metrics.curves import ks_distance
from genzoo.metrics.density import discrete_js, discrete_kl, js_divergence, kl_divergence
from genzoo.metrics.divergence import forward_kl_bound, js_bound, kl_bound
from genzoo.metrics.likelihood import Bound as Bound
from genzoo.metrics.modes import ModeCoverage, high_quality_radius, mass_test, mode_coverage, mode_kl
from genzoo.metrics.registry import METRICS, explain, panel, register_metric
from genzoo.metrics.wasserstein import sliced_wasserstein

__all__ = [
    "METRICS",
    "ModeCoverage",
    "discrete_js",
    "discrete_kl",
    "explain",
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
    "panel",
    "register_metric",
    "sliced_wasserstein",
]
