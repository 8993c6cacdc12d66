"""The experiment: models x sources x seeds, to tidy scores and tables."""

from genzoo.comparison.execution import ComparisonObserver, ComparisonProgress
from genzoo.comparison.experiment import EVALUATION_SAMPLES, Contestant, Experiment, Problem
from genzoo.comparison.run import run_experiment

__all__ = [
    "EVALUATION_SAMPLES",
    "ComparisonObserver",
    "ComparisonProgress",
    "Contestant",
    "Experiment",
    "Problem",
    "run_experiment",
]
