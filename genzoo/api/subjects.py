"""What is evaluated at each seed: a model, trained runs or samples, and against what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from genzoo.api.create import problem, seed_list
from genzoo.core.features import Extractor
from genzoo.core.given import GivenSamples
from genzoo.core.model import GenerativeModel
from genzoo.core.source import SupportsModes
from genzoo.data import ArraySource, create_parts, given_samples
from genzoo.data.create import split_path
from genzoo.data.matching import match_columns
from genzoo.errors import InputError
from genzoo.experiment import Problem
from genzoo.results.diagnosis import TrainingEvent, summarise_weights
from genzoo.results.types import FitResult, TrainedRun
from genzoo.training.checks import check_evaluated

SEEDS = 10
"""Real samples that a model or a set of samples is held against, where no number is given."""


@dataclass(frozen=True)
class Case:
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


def weights_note(cases: Sequence[Case], weights: str | None) -> str:
    """Which weights were asked for, or what averaging them changed."""
    if weights:
        return f"{weights} weights"
    averaging = summarise_weights(case.by_weights for case in cases)
    if not averaging:
        return ""
    return f"on the source it was trained on, {averaging}"


def problem_of(source: Any, train: Any, holdout: Any, features: str | Extractor | None) -> Problem:
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


def cases_of(
    subject: Any, where: Problem, seeds: int | Sequence[int] | None, weights: str | None
) -> tuple[list[Case], GivenSamples, Problem]:
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
        cases = [Case(seed, subject) for seed in chosen]
        return cases, GivenSamples((), notes=notes), where
    count = None if seeds is None else len(seed_list(seeds))
    samples = given_samples(subject, where.source, where=where.name, seeds=count)
    if seeds is None:
        seeds = SEEDS
        if len(samples.sets) > 1:
            seeds = len(samples.sets)
    return [Case(seed) for seed in seed_list(seeds)], samples, where


def _cases_of_runs(
    runs: Sequence[TrainedRun], where: Problem, weights: str | None
) -> tuple[list[Case], GivenSamples, Problem]:
    cases = []
    for run in runs:
        model = run.model if weights is None else run.model_of(weights)
        case = Case(run.seed, model, run.diverged_at, True, run.events, run.by_weights)
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
    check_evaluated(model, source)
    if order is not None and isinstance(source, ArraySource):
        where = replace(where, source=source.in_order(names))
    if not note:
        return where, ()
    return where, (note,)
