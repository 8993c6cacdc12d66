"""The one trainer: any model, many seeds at once."""

from genzoo.training.trainer import Observer, Trainer, TrainingProgress

__all__ = ["Observer", "Trainer", "TrainingProgress"]
