"""What a report tells: results, gathered from wherever they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genzoo.arrays import FloatArray
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.making import MadeRun
from genzoo.results.profiles import PerformanceProfiles
from genzoo.results.recording import Recording
from genzoo.results.table import SourceTable
from genzoo.results.types import History


@dataclass(frozen=True)
class ModelStory:
    """One model on one source.

    Attributes:
        histories: Losses and monitors of each seed.
        watched: By seed, the gauges over training.
        recordings: Films, at least of the median and of the worst seed.
        events: By seed, what happened in training.
        made: On which machine each run was made, and how.
    """

    histories: Sequence[History] = ()
    watched: Mapping[int, History] = field(default_factory=dict)
    recordings: Sequence[Recording] = ()
    events: Mapping[int, Sequence[TrainingEvent]] = field(default_factory=dict)
    made: Sequence[MadeRun] = ()


@dataclass(frozen=True)
class SourceStory:
    """One source.

    Attributes:
        table: Scores, conclusions and remarks.
        models: By row, for the rows that were trained.
        positions: `(L,)` where the examples are curves.
        least_losses: By row, the least loss that any network can reach, where it is known.
    """

    table: SourceTable
    models: Mapping[str, ModelStory]
    positions: FloatArray | None = None
    least_losses: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_filmed(self) -> bool:
        """Whether there is a film of any model."""
        return any(model.recordings for model in self.models.values())


@dataclass(frozen=True)
class Story:
    """A comparison.

    Attributes:
        sources: What is told of each source, in the order of the page.
        facts: How it was made, in JSON types: version, settings, seeds.
        summary: The models over all sources, where there are enough of them.
        profiles: Their performance profiles, where there are enough sources and seeds.
        command: What reproduces it on the command line, or nothing where that cannot be written.
        refresh: Seconds after which the page loads itself again, while training goes on; None for a
            finished page.
        status: A sentence on what is still under way.
    """

    sources: Sequence[SourceStory]
    facts: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    summary: SourceTable | None = None
    profiles: PerformanceProfiles | None = None
    refresh: int | None = None
    status: str = ""

    @property
    def tables(self) -> list[SourceTable]:
        """The tables of the sources, in their order."""
        return [source.table for source in self.sources]

    @property
    def made(self) -> list[MadeRun]:
        """How all runs were made."""
        runs: list[MadeRun] = []
        for source in self.sources:
            for model in source.models.values():
                runs += model.made
        return runs
