"""Scoring a trained model, or samples that any program generated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from genzoo.api.subjects import Case, cases_of, problem_of, weights_note
from genzoo.core.features import Extractor
from genzoo.core.metric import Estimate
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.source import DataSource, take_rows
from genzoo.errors import InputError
from genzoo.experiment import Experiment
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.rows import as_scores
from genzoo.experiment.run import data_notes
from genzoo.experiment.tables import build_table
from genzoo.memory import check_memory
from genzoo.metrics import panel
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.types import ComparisonTable, FitResult, Score, TrainedRun
from genzoo.statistics.deciders import ALMOST_RIGHT, DISTANCES
from genzoo.storage.evaluation import (
    EVALUATION_SAMPLES,
    model_sample,
    reference_sample,
    rows_sample,
    score,
)

FLOOR = "oracle"
"""The control whose scores are the noise floor."""
ASKED_OF_CONTROLS: Mapping[str, Collection[str]] = {
    "single_mode": ("js", *DISTANCES, "parameter_ks", "modes_captured", "coverage"),
    ALMOST_RIGHT: ("js",),
}
"""Of the other controls, the metrics that a verdict may need."""


def evaluate(
    subject: FitResult | TrainedRun | GenerativeModel | Tensor | str | Path | Any,
    source: Any = None,
    *,
    metrics: str | Sequence[str] = "quick",
    seeds: int | Sequence[int] | None = None,
    n: int = EVALUATION_SAMPLES,
    name: str | None = None,
    features: str | Extractor | None = None,
    weights: str | None = None,
    train: Any = None,
    holdout: Any = None,
) -> ComparisonTable:
    """Score a model or samples against a source, exactly as a comparison does.

    The scores stand beside what the truth itself scores.

    Args:
        subject: What `train` returned, one run of it, a model, or samples: a file, an array, a
            tensor, a DataFrame or a list of rows. Or one set of samples for each seed, as a list or
            as a pattern that files match (`"runs/*.csv"`). Columns are matched by name where both
            sides have names.
        source: A registered name with options, a file of your own, data in memory, or a
            `DataSource`; not needed with `train` and `holdout`.
        metrics: `"quick"`, `"standard"`, `"full"` or metric names.
        seeds: Seed indices of the real samples, for a model or samples: 10 by default, or as many
            as there are sets of samples. Trained runs use their own seeds.
        n: Generated and real examples at each seed, where there are as many. Modes are counted on
            all rows of samples.
        name: The row's name.
        features: What metrics that compare samples alone look at: None or `"pixels"` for the
            examples themselves, `"classifier"` for the scores of the classifier of `digits` and
            `stacked_digits`, or your own function or torch module from a batch `(B, *event_shape)`
            to `(B, F)`. Densities, likelihoods, modes and curve parameters stay in data units.
        weights: Which weights of trained runs, `"averaged"` or `"last"`; by default those that they
            sample from, the averaged ones where there are any.
        train: Rows that the program which made the samples was trained on: a file or data in
            memory. With `holdout` they replace the split of the source.
        holdout: Rows of the same law that it did not see.

    Returns:
        A table with two rows: the subject, and `oracle`, a second real sample of the same size at
        each seed. The other controls are scored by what the verdict asks of them, and have no row.

    Raises:
        InputError: When shapes or columns do not fit, a name is unknown, there are no such weights,
            or nothing is given to hold samples against.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 2:
        raise InputError(f"n must be an integer of at least 2, got {n!r}")
    check_memory(n, f"an evaluation of {n} examples")
    where = problem_of(source, train, holdout, features)
    cases, samples, where = cases_of(subject, where, seeds, weights)
    model = cases[0].model
    row = name or ("samples" if model is None else "model")
    if row in CONTROLS:
        raise InputError(f"{row!r} is the name of a control: name the samples otherwise")
    conditional = samples.has_conditions or (model is not None and model.context_spec is not None)
    experiment = Experiment(
        contestants=[],
        problems=[where],
        seeds=[case.seed for case in cases],
        metrics=panel(metrics, where.source, conditional=conditional),
        samples={row: {where.name: samples}},
        n=n,
        controls=(FLOOR,),
    )
    scores: list[Score] = []
    for position, case in enumerate(cases):
        every = samples.at(position) if samples.sets else None
        scores += _scores(experiment, row, case, every)
    others = replace(experiment, controls=tuple(ASKED_OF_CONTROLS)).controls_on(where)
    beside: list[Score] = []
    for position, case in enumerate(cases):
        size = len(samples.at(position).x) if samples.sets else n
        scores += _control(experiment, FLOOR, case.seed, size)
        for control in others:
            beside += _control(experiment, control, case.seed, size)
    notes = data_notes(experiment, where)
    of_model = "" if model is None else model.note
    parts = (of_model, weights_note(cases, weights), notes.get(row, ""))
    notes[row] = "; ".join(part for part in parts if part)
    events: dict[tuple[str, str], dict[int, tuple[TrainingEvent, ...]]] = {}
    if cases[0].trained:
        events[where.name, row] = {case.seed: case.events for case in cases}
    table = build_table(experiment, where, scores, notes, events, beside)
    return ComparisonTable(tuple(scores), (table,), events=events)


def _scores(experiment: Experiment, row: str, case: Case, every: Batch | None) -> list[Score]:
    """Scores of the subject at one seed."""
    (where,) = experiment.problems
    if case.diverged_at is not None:
        absent = Estimate.absent(f"diverged at step {case.diverged_at}")
        estimates = {metric.name: absent for metric in experiment.metrics}
        return as_scores(row, where.name, case.seed, estimates, experiment, status="diverged")
    reference = reference_sample(where.source, experiment.n, case.seed)
    samples = _sample(case, every, where.source, len(reference.x))
    estimates = score(
        samples,
        reference,
        where.source,
        experiment.metrics,
        seed=case.seed,
        model=case.model,
        features=where.features,
        every=None if every is None else every.x,
    )
    evaluations = None if case.model is None else case.model.evaluations
    return as_scores(row, where.name, case.seed, estimates, experiment, evaluations=evaluations)


def _sample(case: Case, every: Batch | None, source: DataSource, n: int) -> Batch:
    if case.model is not None:
        return model_sample(case.model, source, n, case.seed)[0]
    if every is None:
        raise TypeError("a case without a model needs rows")
    return rows_sample(every, n, case.seed)


def _control(experiment: Experiment, control: str, seed: int, n: int) -> list[Score]:
    """Scores of a control at one seed, of n examples at most.

    The oracle is scored by all metrics, the others by what a verdict asks of them.
    """
    (where,) = experiment.problems
    metrics = experiment.metrics
    if control in ASKED_OF_CONTROLS:
        asked = ASKED_OF_CONTROLS[control]
        metrics = [metric for metric in experiment.metrics if metric.name in asked]
    reference = reference_sample(where.source, experiment.n, seed)
    truth = take_rows(CONTROLS[control](where.source, len(reference.x), seed), slice(n))
    estimates = score(truth, reference, where.source, metrics, seed=seed, features=where.features)
    return as_scores(control, where.name, seed, estimates, replace(experiment, metrics=metrics))
