"""Scoring a trained model, or samples that any program generated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genzoo.api.create import problem, seed_list
from genzoo.comparison import EVALUATION_SAMPLES, Experiment
from genzoo.comparison.controls import CONTROLS
from genzoo.comparison.evaluation import model_sample, reference_sample, rows_sample, score
from genzoo.comparison.rows import as_scores
from genzoo.comparison.tables import build_table
from genzoo.core.diagnosis import TrainingEvent, summarise_weights
from genzoo.core.features import Extractor
from genzoo.core.metric import Estimate
from genzoo.core.model import GenerativeModel
from genzoo.core.results import ComparisonTable, FitResult, Score, TrainedRun
from genzoo.core.source import DataSource
from genzoo.data import load_samples
from genzoo.errors import InputError
from genzoo.metrics import panel

FLOOR = "oracle"
"""The control whose scores are the noise floor."""


def evaluate(
    subject: FitResult | TrainedRun | GenerativeModel | Tensor | str | Path | Any,
    source: str | Path | DataSource,
    *,
    metrics: str | Sequence[str] = "quick",
    seeds: int | Sequence[int] = 10,
    name: str | None = None,
    features: str | Extractor | None = None,
    weights: str | None = None,
) -> ComparisonTable:
    """Score a model or samples against a source, exactly as a comparison does, beside what the truth itself scores.

    Args:
        subject: What `train` returned, one run of it, a model, an array of samples, or a file of samples.
        source: A registered name with options, a file of your own, or a `DataSource`.
        metrics: `"quick"`, `"standard"`, `"full"` or metric names.
        seeds: Seed indices of the real samples, for a model or samples; trained runs use their own seeds.
        name: The row's name.
        features: What metrics that compare samples alone look at: None or `"pixels"` for the examples themselves,
            `"classifier"` for the scores of the classifier of `digits` and `stacked_digits`, or your own function or
            torch module from a batch `(B, *event_shape)` to `(B, F)`. Densities, likelihoods, modes and curve
            parameters stay in data units.
        weights: Of trained runs, `"averaged"` or `"last"`; by default those that they sample from, the averaged ones
            where there are any.

    Returns:
        A table with two rows: the subject, and `oracle`, a second real sample of the same size at each seed.

    Raises:
        InputError: When shapes do not fit, a name is unknown or there are no such weights.
    """
    where = problem(source, features)
    cases, rows = _cases(subject, where.source, seeds, weights)
    row = name or ("model" if cases[0].model is not None else "samples")
    if row in CONTROLS:
        raise InputError(f"{row!r} is the name of a control: name the samples otherwise")
    experiment = Experiment(
        [], [where], [case.seed for case in cases], panel(metrics), {row: {where.name: rows}}, controls=(FLOOR,)
    )
    scores: list[Score] = []
    for case in cases:
        if case.diverged_at is not None:
            gone = Estimate.absent(f"diverged at step {case.diverged_at}")
            estimates = {metric.name: gone for metric in experiment.metrics}
            scores += as_scores(row, where.name, case.seed, estimates, experiment, status="diverged")
            continue
        reference = reference_sample(where.source, EVALUATION_SAMPLES, case.seed)
        n = len(reference)
        samples = rows_sample(rows, n, case.seed) if case.model is None else model_sample(case.model, n, case.seed)[0]
        estimates = score(
            samples,
            reference,
            where.source,
            experiment.metrics,
            seed=case.seed,
            model=case.model,
            features=where.features,
        )
        scores += as_scores(row, where.name, case.seed, estimates, experiment)
    for seed in experiment.seeds:
        reference = reference_sample(where.source, EVALUATION_SAMPLES, seed)
        truth = CONTROLS[FLOOR](where.source, len(reference), seed)
        truth = truth if cases[0].model is not None else truth[: len(rows)]
        estimates = score(truth, reference, where.source, experiment.metrics, seed=seed, features=where.features)
        scores += as_scores(FLOOR, where.name, seed, estimates, experiment)
    told = summarise_weights(case.by_weights for case in cases)
    of_weights = f"{weights} weights" if weights else told and f"on the source it was trained on, {told}"
    notes = {row: "; ".join(filter(None, ("" if cases[0].model is None else cases[0].model.note, of_weights)))}
    events = {(where.name, row): {case.seed: case.events for case in cases}} if cases[0].trained else {}
    return ComparisonTable(tuple(scores), (build_table(experiment, where, scores, notes, events),), events=events)


@dataclass(frozen=True)
class _Case:
    """One seed of what is evaluated; without a model, rows of samples."""

    seed: int
    model: GenerativeModel | None = None
    diverged_at: int | None = None
    trained: bool = False
    events: tuple[TrainingEvent, ...] = ()
    by_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def _cases(
    subject: Any, source: DataSource, seeds: int | Sequence[int], weights: str | None
) -> tuple[list[_Case], Tensor]:
    if weights is not None and not isinstance(subject, FitResult | TrainedRun):
        raise InputError(f"only trained runs have {weights} weights: leave weights out")
    if isinstance(subject, FitResult | TrainedRun):
        runs = subject.runs if isinstance(subject, FitResult) else (subject,)
        models = [run.model if weights is None else run.model_of(weights) for run in runs]
        cases = [
            _Case(run.seed, model, run.diverged_at, True, run.events, run.by_weights)
            for run, model in zip(runs, models, strict=True)
        ]
    elif isinstance(subject, GenerativeModel):
        cases = [_Case(seed, subject) for seed in seed_list(seeds)]
    else:
        return [_Case(seed) for seed in seed_list(seeds)], load_samples(subject, source.event_shape)
    shape = next(case.model.event_shape for case in cases if case.model is not None)
    if shape != source.event_shape:
        raise InputError(f"the model makes examples of shape {shape}, the source has {source.event_shape}")
    return cases, torch.empty(0, *source.event_shape)
