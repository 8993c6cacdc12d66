"""What a comparison is: contestants, problems, seeds and metrics, and the identity of each run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch

from genzoo.core.context import ContextSpec
from genzoo.core.features import Features
from genzoo.core.given import GivenSamples
from genzoo.core.metric import Estimate, Metric
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.experiment.controls import CONTROLS, needs_almost_right
from genzoo.experiment.stacks import split, stack_size
from genzoo.results.recording import Gauge
from genzoo.results.table import Column
from genzoo.statistics.blocks import Design
from genzoo.statistics.deciders import ALMOST_RIGHT
from genzoo.storage.evaluation import EVALUATION_SAMPLES, FAILED
from genzoo.storage.identity import run_identity
from genzoo.training.checks import check_conditions
from genzoo.training.engines import EngineName, chosen_engine
from genzoo.training.price import Price, compiling_price

Build = Callable[[tuple[int, ...], ContextSpec | None], GenerativeModel]
"""Makes an untrained model for an event shape and the conditions of a source, where it has any."""


@dataclass(frozen=True)
class Width:
    """The option by which a model is scaled.

    Attributes:
        option: Name of the option, as the model's factory takes it.
        value: Its value, at least 1.
    """

    option: str
    value: int


@dataclass(frozen=True)
class Contestant:
    """A model in a comparison.

    Attributes:
        name: Its row: the registered name with the options given, or a label.
        build: Makes an untrained model for an event shape and conditions; picklable, where worker
            processes are used.
        recipe: How it is trained.
        config: What identifies it and rebuilds it, in JSON types.
        spec: Where the row has a label, the registered name with the options given.
        width: By which option it is scaled; None where it has none.
    """

    name: str
    build: Build
    recipe: Recipe
    config: Mapping[str, Any]
    spec: str = ""
    width: Width | None = None

    def build_on(self, source: DataSource) -> GenerativeModel:
        """An untrained model for the examples and conditions of a source.

        Raises:
            InputError: When it cannot be built, or the source does not give its conditions.
        """
        model = self.build(source.event_shape, source.context_spec)
        check_conditions(model, source)
        return model


@dataclass(frozen=True)
class Problem:
    """A source in a comparison.

    Attributes:
        name: Its table: the registered name with the options given, or the file name.
        source: Where the examples come from.
        config: What identifies it, in JSON types; for a file, the digest of its content.
        features: What metrics that compare samples alone look at; None for the examples themselves.
        spec: The text that names it on a command line; empty for an object.
        note: What must be said about how the data were read.
    """

    name: str
    source: DataSource
    config: Mapping[str, Any]
    features: Features | None = None
    spec: str = ""
    note: str = ""

    def on_features(self, metrics: Sequence[Metric]) -> set[str]:
        """Names of the metrics that look at features."""
        if self.features is None:
            return set()
        return {metric.name for metric in metrics if metric.compares_samples}

    def lasting(
        self, estimates: Mapping[str, Estimate], metrics: Sequence[Metric]
    ) -> dict[str, Estimate]:
        """Estimates that may be kept on disk.

        Not those on features, whose extractor has no lasting identity, nor those of a metric that
        failed: once it is mended it shall be asked again.
        """
        on_features = self.on_features(metrics)
        lasting = {}
        for name, estimate in estimates.items():
            has_failed = estimate.reason.startswith(FAILED)
            if name not in on_features and not has_failed:
                lasting[name] = estimate
        return lasting


@dataclass(frozen=True)
class Experiment:
    """Contestants x problems x seeds, and how they are scored.

    Attributes:
        contestants: Models to train.
        problems: Sources to learn.
        seeds: Seed indices; the same real sample is used by all rows at a seed.
        metrics: What to compute, in the order of the tables.
        samples: Rows that somebody else generated, by name and then problem name.
        n: Generated and real examples for each evaluation.
        controls: Which control rows to add.
        device: Where models are trained.
        engine: How training steps are made, see `genzoo.training.engines`.
        version: Of genzoo; runs of another version are not reused.
        gauge: Cheap numbers to watch while models train, and by which two seeds of each are chosen
            to be filmed; None for no recording.
        measured: By problem name, the names of the metrics computed there; all of them on problems
            without an entry.
        match: What the models were given equally much of, as `Match` writes it; nothing where they
            were not matched.
        matched: By names of problem and contestant, the contestant as it is trained there; as it is
            where it has no entry.
        match_notes: By problem name, the sentence that says how its models were matched.
        remarks: What must be said beside every table.
    """

    contestants: Sequence[Contestant]
    problems: Sequence[Problem]
    seeds: Sequence[int]
    metrics: Sequence[Metric]
    samples: Mapping[str, Mapping[str, GivenSamples]] = field(default_factory=dict)
    n: int = EVALUATION_SAMPLES
    controls: Sequence[str] = tuple(CONTROLS)
    device: str = "cpu"
    engine: EngineName = "auto"
    version: str = ""
    gauge: Gauge | None = None
    measured: Mapping[str, Collection[str]] = field(default_factory=dict)
    match: str = ""
    matched: Mapping[tuple[str, str], Contestant] = field(default_factory=dict)
    match_notes: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the contestants."""
        return tuple(contestant.name for contestant in self.contestants)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the problems."""
        return tuple(problem.name for problem in self.problems)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The metrics as table columns, those that are not computed on every problem included."""
        return tuple(_column(metric) for metric in self.metrics)

    @property
    def design(self) -> Design:
        """What is compared, as the statistics over all sources need it."""
        return Design(self.models, self.sources, self.columns)

    def contestants_on(self, problem: Problem) -> tuple[Contestant, ...]:
        """The contestants as they are trained on a problem."""
        return tuple(self.matched.get((problem.name, one.name), one) for one in self.contestants)

    def has_conditions(self, problem: Problem) -> bool:
        """Whether a row of a problem is asked for conditions, so that its samples have any.

        Raises:
            InputError: When a model cannot be built for the problem.
        """
        if problem.source.context_spec is None:
            return False
        for contestant in self.contestants_on(problem):
            if contestant.build_on(problem.source).context_spec is not None:
                return True
        for by_problem in self.samples.values():
            given = by_problem.get(problem.name)
            if given is not None and given.has_conditions:
                return True
        return False

    def metrics_on(self, problem: Problem | str) -> tuple[Metric, ...]:
        """The metrics that are computed on a problem, or on the one of that name."""
        if isinstance(problem, Problem):
            return self.metrics_on(problem.name)
        chosen = self.measured.get(problem)
        if chosen is None:
            return tuple(self.metrics)
        return tuple(metric for metric in self.metrics if metric.name in chosen)

    def columns_on(self, problem: Problem | str) -> tuple[Column, ...]:
        """The metrics of a problem as table columns."""
        return self.on(problem).columns

    def on(self, problem: Problem | str) -> "Experiment":
        """The experiment with the metrics of one problem alone."""
        return replace(self, metrics=self.metrics_on(problem), measured={})

    def controls_on(self, problem: Problem) -> tuple[str, ...]:
        """The control rows of a problem.

        Almost right samples are among them only where the verdict needs to know how JS sees them.
        """
        has_js = any(metric.name == "js" for metric in self.metrics)
        if has_js and needs_almost_right(problem.source):
            return tuple(self.controls)
        return tuple(name for name in self.controls if name != ALMOST_RIGHT)

    def per_seed(self, row: str) -> bool:
        """Whether a row is made anew for each seed, so that tests over seeds may compare it.

        True of trained models and controls, and of given samples with one set for each seed; not of
        a single file.
        """
        return all(samples.per_seed for samples in self.samples.get(row, {}).values())

    def stacks(self, contestant: Contestant, problem: Problem) -> tuple[tuple[int, ...], ...]:
        """The seeds of a model in the stacks that are trained as one, the largest first.

        They follow from the model, its recipe and the seeds alone.
        """
        seeds = tuple(self.seeds)
        if len(seeds) == 1:
            return (seeds,)
        with torch.random.fork_rng(devices=[]):
            model = contestant.build_on(problem.source)
        return split(seeds, stack_size(model, contestant.recipe))

    def engine_of(self, contestant: Contestant, problem: Problem) -> EngineName:
        """How all stacks of a model are trained: as it pays for the largest."""
        price = partial(self.compiling_price, contestant, problem)
        return chosen_engine(self.engine, contestant.recipe.steps, self.device, price)

    def compiling_price(self, contestant: Contestant, problem: Problem) -> Price:
        """What a training step of the largest stack costs, where it can be compiled."""
        largest = len(self.stacks(contestant, problem)[0])
        build = partial(contestant.build_on, problem.source)
        return compiling_price(build, contestant.recipe, largest)

    def identity(self, contestant: Contestant, problem: Problem) -> dict[str, Any]:
        """What two runs must share to be the same, apart from the seed.

        Seeds that are trained together and seeds that are trained alone never mix, since float32
        rounding differs.

        Args:
            contestant: The model, as it is trained there.
            problem: The source that it learns.
        """
        return run_identity(
            contestant.config,
            problem.config,
            contestant.recipe,
            samples=self.n,
            stacked=len(self.stacks(contestant, problem)[0]) > 1,
            device=self.device,
            engine=self.engine_of(contestant, problem),
            version=self.version,
        )


def _column(metric: Metric) -> Column:
    """What a table says about a metric."""
    return Column(
        name=metric.name,
        label=metric.label,
        unit=metric.unit,
        direction=metric.direction,
        alarm=metric.alarm,
        ranked=metric.ranked,
        question=metric.question,
        depends_on_n=metric.depends_on_n,
        limits=metric.limits,
        optimum=metric.optimum,
    )
