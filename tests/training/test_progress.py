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
