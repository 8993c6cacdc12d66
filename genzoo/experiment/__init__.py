"""What is compared and how it is run.

Models x sources x seeds, protocols and benches, tasks and their execution. No statistics of its own
and no pictures.
"""

from genzoo.experiment.experiment import Contestant, Experiment, Problem
from genzoo.experiment.run import run_experiment
from genzoo.experiment.tally import ComparisonObserver, ComparisonProgress
from genzoo.storage.evaluation import EVALUATION_SAMPLES

__all__ = [
    "EVALUATION_SAMPLES",
    "ComparisonObserver",
    "ComparisonProgress",
    "Contestant",
    "Experiment",
    "Problem",
    "run_experiment",
]
