"""The pictures of the sources' sections: drawn once, for the page and as files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from matplotlib.figure import Figure

from genzoo.figures.loss_curves import loss_curves
from genzoo.figures.pace import without_collections
from genzoo.figures.scores import score_figure
from genzoo.figures.style import save
from genzoo.reporting.charts import inline_svg
from genzoo.reporting.story import SourceStory, Story
from genzoo.results.table import SourceTable

Kind = Literal["scores", "losses"]
COSTS = {"scores": 0.07, "losses": 0.16}
"""Rough core-seconds that a picture takes for each row, as SVG and PNG."""


@dataclass(frozen=True)
class PagePicture:
    """A picture of a section that is still to be drawn; it can be pickled.

    Attributes:
        kind: What it shows.
        source: Of which source.
        key: What sets its identifiers apart from those of other pictures of the page.
        label: What it shows, for those who do not see it.
        figure: Makes the figure.
        cost: Rough core-seconds that it takes.
    """

    kind: Kind
    source: str
    key: str
    label: str
    figure: Callable[[], Figure]
    cost: float

    def drawn(self, file: Path | None = None) -> str:
        """The picture as SVG for the page; it is written as a PNG too where a file is named."""
        with without_collections():
            figure = self.figure()
            if file is not None:
                save(figure, file)
            return inline_svg(figure, self.label, self.key)


def page_pictures(story: Story) -> list[PagePicture]:
    """The pictures of all sections, in the order of the page."""
    pictures: list[PagePicture] = []
    for number, source in enumerate(story.sources):
        pictures += section_pictures(number, source)
    return pictures


def section_pictures(number: int, source: SourceStory) -> list[PagePicture]:
    """The pictures of a section, by its place on the page."""
    table = source.table
    scores = _picture(number, table, "scores", partial(score_figure, table))
    histories, events = {}, {}
    for row, model in source.models.items():
        if model.histories:
            histories[row] = model.histories
            events[row] = list(model.events.values())
    if not histories:
        return [scores]
    curves = partial(
        loss_curves,
        histories,
        table.source,
        rows=table.rows,
        events=events,
        least=source.least_losses,
    )
    return [scores, _picture(number, table, "losses", curves)]


LABELS = {"scores": "Scores on {} with 95 % intervals", "losses": "Losses and monitors on {}"}


def _picture(
    number: int, table: SourceTable, kind: Kind, figure: Callable[[], Figure]
) -> PagePicture:
    label = LABELS[kind].replace("{}", table.source)
    cost = COSTS[kind] * len(table.rows)
    return PagePicture(kind, table.source, f"s{number}-{kind}", label, figure, cost)
