"""The result types that everything joins on: what training, evaluation and comparison return."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor

from genzoo.core.metric import Estimate
from genzoo.core.model import GenerativeModel
from genzoo.core.recipe import Recipe
from genzoo.csv_cells import rows_to_csv
from genzoo.errors import InputError
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.history import History as History
from genzoo.results.making import Making
from genzoo.results.profiles import PerformanceProfiles
from genzoo.results.recording import Recording
from genzoo.results.table import SourceTable, rows_to_html, table_to_html, table_to_markdown

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class TrainedRun:
    """One model trained from one seed.

    Attributes:
        seed: The seed.
        model: On the CPU, in evaluation mode, with the weights to sample from.
        weights: State dicts by name: `"last"`, and `"averaged"` where the recipe averages.
        history: Losses and monitors.
        diverged_at: The first step (counted from 1) after which a loss or parameter was NaN or
            infinite, or None.
        seconds: Wall-clock training time, an equal share of a stacked fit.
        stacked: How many seeds were trained together.
        snapshots: By step, the weights to sample from at it, where some were to be kept; 0 is
            before the first step.
        watched: Cheap numbers about the model at some of these steps, where they were computed.
            Columns are such as "modes captured", see `genzoo.metrics.quick_metrics`.
        mode_shares: At the same steps, the share of samples nearest to each mode, a column for
            each mode, where the source knows its modes.
        by_weights: The same cheap numbers at the end of training for `"averaged"` and for
            `"last"` weights, where there are averaged weights and the run was watched.
        events: What happened in training, see `genzoo.observation.events`.
        column_names: Names of the columns of the data that it was trained on; empty where they have
            none.
        makings: Where and how its steps were made; empty where that was not stored.
    """

    seed: int
    model: GenerativeModel
    weights: Mapping[str, Mapping[str, Tensor]]
    history: History
    diverged_at: int | None
    seconds: float
    stacked: int
    snapshots: Mapping[int, Mapping[str, Tensor]] = field(default_factory=dict)
    watched: History | None = None
    mode_shares: History | None = None
    by_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    events: tuple[TrainingEvent, ...] = ()
    column_names: tuple[str, ...] = ()
    makings: tuple[Making, ...] = ()

    @property
    def parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def model_of(self, weights: str) -> GenerativeModel:
        """A copy of the model with the weights of that name.

        Raises:
            InputError: When there are none.
        """
        if weights not in self.weights:
            names = ", ".join(self.weights)
            raise InputError(f"seed {self.seed} has no {weights} weights: choose from {names}")
        model = copy.deepcopy(self.model)
        model.load_state_dict(self.weights[weights])
        return model


@dataclass(frozen=True)
class FitResult:
    """All seeds of one model on one source.

    Attributes:
        runs: One for each seed, in the order asked for.
        recipe: The settings used.
        recordings: Films of the median and of the worst seed, where the fit was recorded.
    """

    runs: tuple[TrainedRun, ...]
    recipe: Recipe
    recordings: tuple[Recording, ...] = ()

    def run(self, seed: int) -> TrainedRun:
        """The run of a seed.

        Raises:
            InputError: When that seed was not trained.
        """
        for run in self.runs:
            if run.seed == seed:
                return run
        trained = [run.seed for run in self.runs]
        raise InputError(f"seed {seed} was not trained: choose from {trained}")

    @property
    def events(self) -> dict[int, tuple[TrainingEvent, ...]]:
        """What happened to each seed in training."""
        by_seed = {}
        for run in self.runs:
            by_seed[run.seed] = run.events
        return by_seed

    @property
    def models(self) -> tuple[GenerativeModel, ...]:
        """The trained models, in the order of the seeds."""
        return tuple(run.model for run in self.runs)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each seed: its state, its cost and the last recorded value of each series.

        See `History.last` for the last values.
        """
        rows = []
        for run in self.runs:
            row: dict[str, Any] = {
                "seed": run.seed,
                "status": "finished" if run.diverged_at is None else "diverged",
                "parameters": run.parameters,
                "training [s]": run.seconds,
                "NFE": run.model.evaluations,
            }
            rows.append(row | run.history.last(run.diverged_at))
        return rows

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        page = rows_to_html("After the last step", self.rows())
        for sentence in self.event_sentences():
            page += f"<p>{sentence}</p>"
        return page

    def event_sentences(self) -> list[str]:
        """What happened to each seed in training, a sentence for each seed with events."""
        sentences = []
        for run in self.runs:
            if run.events:
                events = ", ".join(map(str, run.events))
                sentences.append(f"Seed {run.seed}: {events}.")
        return sentences


Status = Literal["finished", "diverged", "failed"]


@dataclass(frozen=True)
class Score:
    """One tidy row: one metric of one run.

    Attributes:
        model: The row name: a model with its options, a control, or a name given to samples.
        source: The source's name with its options, or a file name.
        metric: Metric name.
        seed: Seed index.
        value: The number, or None; `reason` then says why.
        standard_error: See `Estimate`.
        n: The number of examples, see `Estimate`; the same for the fields up to `reason`.
        estimator: Which estimator gave the value.
        bound: Which bound of the number in question the value is.
        null: The value that a perfect model gets.
        ceiling: The value that the truth gets.
        reason: Why there is no value.
        status: Whether the run finished, diverged (NaN or infinite weights or loss) or failed (an
            exception).
        parameters: Trainable numbers of the model; None for rows that are not models.
        training_seconds: Wall-clock training time of this run; None for rows that are not models.
        sampling_seconds: Wall-clock time to draw the n samples.
        examples_seen: Examples that the run read from the data, see `genzoo.core.budget`; None for
            rows that are not models.
        updates: Optimiser updates that the run made; None for rows that are not models.
        evaluations: Number of function evaluations (NFE): how often the model's networks are
            evaluated for a sample; None for rows that are not models.
    """

    model: str
    source: str
    metric: str
    seed: int
    value: float | None
    standard_error: float | None = None
    n: int = 0
    estimator: str = ""
    bound: str = "none"
    null: float | None = None
    ceiling: float | None = None
    reason: str = ""
    status: Status = "finished"
    parameters: int | None = None
    training_seconds: float | None = None
    sampling_seconds: float | None = None
    examples_seen: int | None = None
    updates: int | None = None
    evaluations: int | None = None

    @property
    def estimate(self) -> Estimate:
        """The score as the metric returned it."""
        return Estimate(**{f.name: getattr(self, f.name) for f in fields(Estimate)})


EventMap = Mapping[tuple[str, str], Mapping[int, tuple[TrainingEvent, ...]]]
"""Events by (source, row) and then seed."""


@dataclass(frozen=True)
class ComparisonTable:
    """What a comparison returns: every score, and the tables made from them.

    Attributes:
        scores: Tidy rows.
        tables: One for each source.
        directory: Where runs, figures and results were written, if anywhere.
        facts: How it was made: version, settings, seeds.
        summary: The models over all sources, where there are enough of them.
        profiles: Their performance profiles, where there are enough sources and seeds.
        events: By (source, row) and then seed, what happened to each trained run.
    """

    scores: tuple[Score, ...]
    tables: tuple[SourceTable, ...]
    directory: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    summary: SourceTable | None = None
    profiles: PerformanceProfiles | None = None
    events: EventMap = field(default_factory=dict)

    @property
    def all_tables(self) -> tuple[SourceTable, ...]:
        """`tables`, then the `summary` where there is one."""
        if self.summary is None:
            return self.tables
        return (*self.tables, self.summary)

    def to_csv(self) -> str:
        """The tidy rows as CSV text."""
        return scores_to_csv(self.scores)

    def to_markdown(self) -> str:
        """One Markdown table for each source, and the one over all sources, with their remarks."""
        return "\n\n".join(table_to_markdown(table) for table in self.all_tables) + "\n"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        page = ""
        for table in self.all_tables:
            page += table_to_html(table)
        return page

    def event_rows(self) -> list[dict[str, Any]]:
        """What happened in training as tidy rows: model, source, seed, event and step."""
        rows: list[dict[str, Any]] = []
        for (source, model), by_seed in self.events.items():
            for seed, events in by_seed.items():
                for event in events:
                    values = (model, source, seed, event.kind, event.step)
                    rows.append(dict(zip(EVENT_FIELDS, values, strict=True)))
        return rows

    def to_dataframe(self) -> "pandas.DataFrame":
        """The tidy rows as a pandas data frame.

        Raises:
            InputError: When pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError("to_dataframe needs pandas: pip install pandas") from error
        return pandas.DataFrame(_score_rows(self.scores), columns=SCORE_FIELDS)


SCORE_FIELDS = tuple(f.name for f in fields(Score))
EVENT_FIELDS = ("model", "source", "seed", "event", "step")


def scores_to_csv(scores: Iterable[Score]) -> str:
    """Tidy rows as CSV text, one line for each score; missing values are empty."""
    return rows_to_csv(SCORE_FIELDS, _score_rows(scores))


def _score_rows(scores: Iterable[Score]) -> list[dict[str, Any]]:
    return [asdict(score) for score in scores]
