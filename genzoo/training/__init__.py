"""The one trainer: any model, many seeds at once."""

from genzoo.training.progress import Observer, TrainingProgress
from genzoo.training.trainer import Trainer

__all__ = ["Observer", "Trainer", "TrainingProgress"]
