"""Scoring a trained model, or samples that any program generated."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from genzoo.api.create import problem, seed_list
from genzoo.core.features import Extractor
from genzoo.core.given import GivenSamples
from genzoo.core.metric import Estimate
from genzoo.core.model import Batch, GenerativeModel
from genzoo.core.source import DataSource, SupportsModes, take_rows
from genzoo.data import ArraySource, create_parts, given_samples
from genzoo.data.create import split_path
from genzoo.data.matching import match_columns
from genzoo.errors import InputError
from genzoo.experiment import Experiment, Problem
from genzoo.experiment.controls import CONTROLS
from genzoo.experiment.rows import as_scores
from genzoo.experiment.run import data_notes
from genzoo.experiment.tables import build_table
from genzoo.memory import check_memory
from genzoo.metrics import panel
from genzoo.results.diagnosis import TrainingEvent, summarise_weights
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
SEEDS = 10
"""Real samples that a model or a set of samples is held against, where no number is given."""


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
    where = _problem(source, train, holdout, features)
    cases, samples, where = _cases(subject, where, seeds, weights)
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
    parts = (of_model, _weights_note(cases, weights), notes.get(row, ""))
    notes[row] = "; ".join(part for part in parts if part)
    events: dict[tuple[str, str], dict[int, tuple[TrainingEvent, ...]]] = {}
    if cases[0].trained:
        events[where.name, row] = {case.seed: case.events for case in cases}
    table = build_table(experiment, where, scores, notes, events, beside)
    return ComparisonTable(tuple(scores), (table,), events=events)


@dataclass(frozen=True)
class _Case:
    """One seed of what is evaluated.

    Attributes:
        seed: The seed.
        model: The model; None where rows of samples are evaluated.
        diverged_at: The step at which its training diverged, or None.
        trained: Whether it is a trained run.
        events: What happened in its training.
        by_weights: See `TrainedRun.by_weights`.
    """

    seed: int
    model: GenerativeModel | None = None
    diverged_at: int | None = None
    trained: bool = False
    events: tuple[TrainingEvent, ...] = ()
    by_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def _weights_note(cases: Sequence[_Case], weights: str | None) -> str:
    """Which weights were asked for, or what averaging them changed."""
    if weights:
        return f"{weights} weights"
    averaging = summarise_weights(case.by_weights for case in cases)
    if not averaging:
        return ""
    return f"on the source it was trained on, {averaging}"


def _problem(source: Any, train: Any, holdout: Any, features: str | Extractor | None) -> Problem:
    """What the subject is held against: the source, or the parts that replace its split."""
    if (train is None) != (holdout is None):
        missing = "holdout" if holdout is None else "train"
        raise InputError(f"train and holdout belong together: give {missing} too")
    if train is None:
        if source is None:
            raise InputError("nothing to score against: give the data, or both train and holdout")
        return problem(source, features)
    if source is None:
        name = "data"
        if isinstance(train, str | Path):
            file, *_ = split_path(str(train))
            name = Path(file).name or str(train)
        return problem(create_parts(train, holdout, name=name), features)
    whole = problem(source)
    if not isinstance(whole.source, ArraySource) or isinstance(whole.source, SupportsModes):
        raise InputError(
            f"{whole.name} has no split that train and holdout could replace: leave it out, or them"
        )
    return problem(create_parts(train, holdout, name=whole.name, like=whole.source), features)


def _cases(
    subject: Any, where: Problem, seeds: int | Sequence[int] | None, weights: str | None
) -> tuple[list[_Case], GivenSamples, Problem]:
    """What is evaluated at each seed.

    Returns:
        A case for each seed, the samples where no model makes them, and the problem with its
        columns in a model's order.
    """
    if weights is not None and not isinstance(subject, FitResult | TrainedRun):
        raise InputError(f"only trained runs have {weights} weights: leave weights out")
    if isinstance(subject, FitResult):
        return _cases_of_runs(subject.runs, where, weights)
    if isinstance(subject, TrainedRun):
        return _cases_of_runs((subject,), where, weights)
    if isinstance(subject, GenerativeModel):
        chosen = seed_list(SEEDS if seeds is None else seeds)
        where, notes = _in_order_of_model(where, subject, ())
        if len(chosen) > 1:
            notes = (*notes, "intervals are given this model, trained once")
        cases = [_Case(seed, subject) for seed in chosen]
        return cases, GivenSamples((), notes=notes), where
    count = None if seeds is None else len(seed_list(seeds))
    samples = given_samples(subject, where.source, where=where.name, seeds=count)
    if seeds is None:
        seeds = SEEDS
        if len(samples.sets) > 1:
            seeds = len(samples.sets)
    return [_Case(seed) for seed in seed_list(seeds)], samples, where


def _cases_of_runs(
    runs: Sequence[TrainedRun], where: Problem, weights: str | None
) -> tuple[list[_Case], GivenSamples, Problem]:
    cases = []
    for run in runs:
        model = run.model if weights is None else run.model_of(weights)
        case = _Case(run.seed, model, run.diverged_at, True, run.events, run.by_weights)
        cases.append(case)
    where, notes = _in_order_of_model(where, runs[0].model, runs[0].column_names)
    return cases, GivenSamples((), notes=notes), where


def _in_order_of_model(
    where: Problem, model: GenerativeModel, names: Sequence[str]
) -> tuple[Problem, tuple[str, ...]]:
    """The problem with its columns in the order of those that a model was trained on.

    The note says so where the order changed.
    """
    source = where.source
    order, note = match_columns(source.column_names, names, where.name, "the model")
    if model.event_shape != source.event_shape:
        raise InputError(
            f"the model makes examples of shape {model.event_shape}, "
            f"the source has {source.event_shape}"
        )
    if order is not None and isinstance(source, ArraySource):
        where = replace(where, source=source.in_order(names))
    if not note:
        return where, ()
    return where, (note,)


def _scores(experiment: Experiment, row: str, case: _Case, every: Batch | None) -> list[Score]:
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
    return as_scores(row, where.name, case.seed, estimates, experiment)


def _sample(case: _Case, every: Batch | None, source: DataSource, n: int) -> Batch:
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
