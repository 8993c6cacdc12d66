"""The one trainer: any model, many seeds at once.

It knows no metric, no comparison and no folder of runs but its checkpoint.
"""

from genzoo.training.progress import Observer, TrainingProgress
from genzoo.training.trainer import Trainer

__all__ = ["Observer", "Trainer", "TrainingProgress"]
