"""A line of progress."""

import torch

from genzoo.training import TrainingProgress


def test_it_says_step_losses_and_accuracy_of_the_finite_seeds():
    latest = {
        "discriminator/loss": torch.tensor([1.0, 2.0, torch.nan]),
        "discriminator/D(real)": torch.ones(3),
        "discriminator/accuracy": torch.tensor([0.5, 0.7, torch.nan]),
        "generator/loss": torch.tensor([torch.nan] * 3),
    }
    progress = TrainingProgress(64, 2000, (0, 1, 2), latest, 1)
    assert progress.summary == "step 64 of 2,000, discriminator 1.5, accuracy of D 0.6, 1 diverged"


def test_notes_are_said_after_the_losses():
    progress = TrainingProgress(1, 2, (0,), {"a/loss": torch.ones(1)}, 0, notes=("7 of 8 modes",))
    assert progress.summary == "step 1 of 2, a 1, 7 of 8 modes"
