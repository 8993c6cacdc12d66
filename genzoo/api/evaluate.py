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
from genzoo.core.model import GenerativeModel
from genzoo.core.source import SupportsModes
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
    """Score a model or samples against a source, exactly as a comparison does, beside what the truth itself scores.

    Args:
        subject: What `train` returned, one run of it, a model, or samples: a file, an array, a
            tensor, a DataFrame or a list of rows; or one set of samples for each seed, as a list or
            as a pattern that files match (`"runs/*.csv"`). Columns are matched by name where both
            sides have names.
        source: A registered name with options, a file of your own, data in memory, or a
            `DataSource`; not needed with `train` and `holdout`.
        metrics: `"quick"`, `"standard"`, `"full"` or metric names.
        seeds: Seed indices of the real samples, for a model or samples: 10 by default, or as many
            as there are sets of samples; trained runs use their own seeds.
        n: Generated and real examples at each seed, where there are as many. Modes are counted on
            all rows of samples.
        name: The row's name.
        features: What metrics that compare samples alone look at: None or `"pixels"` for the
            examples themselves, `"classifier"` for the scores of the classifier of `digits` and
            `stacked_digits`, or your own function or torch module from a batch `(B, *event_shape)`
            to `(B, F)`. Densities, likelihoods, modes and curve parameters stay in data units.
        weights: Of trained runs, `"averaged"` or `"last"`; by default those that they sample from,
            the averaged ones where there are any.
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
    cases, given, where = _cases(subject, where, seeds, weights)
    row = name or ("model" if cases[0].model is not None else "samples")
    if row in CONTROLS:
        raise InputError(f"{row!r} is the name of a control: name the samples otherwise")
    chosen = [case.seed for case in cases]
    asked = panel(metrics, where.source)
    experiment = Experiment(
        [], [where], chosen, asked, {row: {where.name: given}}, n=n, controls=(FLOOR,)
    )
    scores: list[Score] = []
    for position, case in enumerate(cases):
        scores += _scores(experiment, row, case, given.at(position) if given.sets else None)
    beside: list[Score] = []
    for position, case in enumerate(cases):
        size = len(given.at(position)) if given.sets else n
        scores += _control(experiment, FLOOR, case.seed, size)
        for control in replace(experiment, controls=tuple(ASKED_OF_CONTROLS)).controls_on(where):
            beside += _control(experiment, control, case.seed, size)
    told = summarise_weights(case.by_weights for case in cases)
    of_weights = (
        f"{weights} weights" if weights else told and f"on the source it was trained on, {told}"
    )
    notes = data_notes(experiment, where)
    said = ("" if cases[0].model is None else cases[0].model.note, of_weights, notes.get(row, ""))
    notes[row] = "; ".join(filter(None, said))
    events = (
        {(where.name, row): {case.seed: case.events for case in cases}} if cases[0].trained else {}
    )
    return ComparisonTable(
        tuple(scores),
        (build_table(experiment, where, scores, notes, events, beside),),
        events=events,
    )


@dataclass(frozen=True)
class _Case:
    """One seed of what is evaluated; without a model, rows of samples."""

    seed: int
    model: GenerativeModel | None = None
    diverged_at: int | None = None
    trained: bool = False
    events: tuple[TrainingEvent, ...] = ()
    by_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


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
        name = Path(split_path(str(train))[0]).name if isinstance(train, str | Path) else "data"
        return problem(create_parts(train, holdout, name=name or str(train)), features)
    whole = problem(source)
    if not isinstance(whole.source, ArraySource) or isinstance(whole.source, SupportsModes):
        raise InputError(
            f"{whole.name} has no split that train and holdout could replace: leave it out, or them"
        )
    return problem(create_parts(train, holdout, name=whole.name, like=whole.source), features)


def _cases(
    subject: Any, where: Problem, seeds: int | Sequence[int] | None, weights: str | None
) -> tuple[list[_Case], GivenSamples, Problem]:
    """The seeds, the samples where no model makes them, and the problem with its columns in a model's order."""
    if weights is not None and not isinstance(subject, FitResult | TrainedRun):
        raise InputError(f"only trained runs have {weights} weights: leave weights out")
    if isinstance(subject, FitResult | TrainedRun):
        runs = subject.runs if isinstance(subject, FitResult) else (subject,)
        models = [run.model if weights is None else run.model_of(weights) for run in runs]
        cases = [
            _Case(run.seed, model, run.diverged_at, True, run.events, run.by_weights)
            for run, model in zip(runs, models, strict=True)
        ]
        where, note = _in_order_of_model(where, models[0], runs[0].column_names)
        return cases, GivenSamples((), notes=note), where
    if isinstance(subject, GenerativeModel):
        cases = [_Case(seed, subject) for seed in seed_list(SEEDS if seeds is None else seeds)]
        where, note = _in_order_of_model(where, subject, ())
        one = ("intervals are given this model, trained once",) if len(cases) > 1 else ()
        return cases, GivenSamples((), notes=(*note, *one)), where
    count = None if seeds is None else len(seed_list(seeds))
    given = given_samples(subject, where.source, where=where.name, seeds=count)
    default = len(given.sets) if len(given.sets) > 1 else SEEDS
    return [_Case(seed) for seed in seed_list(default if seeds is None else seeds)], given, where


def _in_order_of_model(
    where: Problem, model: GenerativeModel, names: Sequence[str]
) -> tuple[Problem, tuple[str, ...]]:
    """The problem with its columns in the order of those that a model was trained on, and the note that says so."""
    source = where.source
    order, note = match_columns(source.column_names, names, where.name, "the model")
    if model.event_shape != source.event_shape:
        raise InputError(
            f"the model makes examples of shape {model.event_shape}, the source has {source.event_shape}"
        )
    if order is not None and isinstance(source, ArraySource):
        where = replace(where, source=source.in_order(names))
    return where, (note,) if note else ()


def _scores(experiment: Experiment, row: str, case: _Case, every: Tensor | None) -> list[Score]:
    """Scores of the subject at one seed."""
    (where,) = experiment.problems
    if case.diverged_at is not None:
        gone = Estimate.absent(f"diverged at step {case.diverged_at}")
        estimates = {metric.name: gone for metric in experiment.metrics}
        return as_scores(row, where.name, case.seed, estimates, experiment, status="diverged")
    reference = reference_sample(where.source, experiment.n, case.seed)
    samples = _sample(case, every, len(reference))
    estimates = score(
        samples,
        reference,
        where.source,
        experiment.metrics,
        seed=case.seed,
        model=case.model,
        features=where.features,
        every=every,
    )
    return as_scores(row, where.name, case.seed, estimates, experiment)


def _sample(case: _Case, every: Tensor | None, n: int) -> Tensor:
    if case.model is not None:
        return model_sample(case.model, n, case.seed)[0]
    if every is None:
        raise TypeError("a case without a model needs rows")
    return rows_sample(every, n, case.seed)


def _control(experiment: Experiment, control: str, seed: int, n: int) -> list[Score]:
    """Scores of a control at one seed, of n examples at most; of all but the oracle, what a verdict asks of it."""
    (where,) = experiment.problems
    names = ASKED_OF_CONTROLS.get(control)
    metrics = [metric for metric in experiment.metrics if names is None or metric.name in names]
    reference = reference_sample(where.source, experiment.n, seed)
    truth = CONTROLS[control](where.source, len(reference), seed)[:n]
    estimates = score(truth, reference, where.source, metrics, seed=seed, features=where.features)
    return as_scores(control, where.name, seed, estimates, replace(experiment, metrics=metrics))
