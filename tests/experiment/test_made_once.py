"""What a comparison makes once: the identity of each run, and the real sample of each seed."""

import pickle
from collections import Counter
from pathlib import Path

import pytest
import torch

from genzoo.experiment import experiment as experiments
from genzoo.experiment import run_experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.storage import evaluation
from genzoo.storage.evaluation import RealSamples, reference_sample
from tests.experiment.small import experiment

SEEDS = (0, 1, 2, 3)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """How often identities and real samples are made."""
    counts: Counter = Counter()
    identity = experiments.run_identity
    sample = evaluation.real_sample

    def counted_identity(*parts, **settings):
        counts["identity"] += 1
        return identity(*parts, **settings)

    def counted_sample(*parts, **settings):
        counts["real sample"] += 1
        return sample(*parts, **settings)

    monkeypatch.setattr(experiments, "run_identity", counted_identity)
    monkeypatch.setattr(evaluation, "real_sample", counted_sample)
    return counts


def test_identities_and_real_samples_are_made_once(tmp_path: Path, calls: Counter) -> None:
    asked = experiment(seeds=SEEDS)
    run_experiment(asked, tmp_path)
    assert calls == {"identity": len(asked.contestants), "real sample": len(SEEDS)}
    calls.clear()
    run_experiment(asked, tmp_path)
    assert calls == {"identity": len(asked.contestants)}


def test_a_task_for_another_process_takes_its_identity_along(
    tmp_path: Path, calls: Counter
) -> None:
    task = experiment_tasks(experiment(seeds=SEEDS), tmp_path)[0]
    folder = task.folder
    sent = pickle.loads(pickle.dumps(task))
    assert sent.folder == folder
    assert calls == {"identity": 1}


def test_what_would_fill_the_memory_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch, calls: Counter
) -> None:
    source = experiment().problems[0].source
    both_halves = 2 * 10 * 2 * 4  # bytes of 20 points in the plane
    monkeypatch.setattr(evaluation, "ROOM", 2 * both_halves)
    real = RealSamples(source, 10)
    for _ in range(2):
        for seed in SEEDS:
            assert torch.equal(real.at(seed).x, reference_sample(source, 10, seed).x)
    asked_for_comparison = 2 * len(SEEDS)
    kept = 2
    drawn = kept + 2 * (len(SEEDS) - kept)
    assert calls == {"real sample": asked_for_comparison + drawn}
