"""Marks of what happened in training, at the top of a panel whose horizontal axis is the step."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from genzoo.figures.style import Theme
from genzoo.results.diagnosis import PHRASES, TrainingEvent

MARKS: Mapping[str, str] = {
    "collapsed": "v",
    "recovered": "^",
    "rotating": "o",
    "saturated": "s",
    "unspread": "<",
    "posterior collapsed": "D",
    "unfinished": ">",
}
"""Marker of each kind; a diverged seed has a cross at the end of its line."""
SIGNS: Mapping[str, str] = {
    "collapsed": "▼",
    "recovered": "▲",
    "rotating": "●",
    "saturated": "■",
    "unspread": "◀",
    "posterior collapsed": "◆",
    "unfinished": "▶",
}


def draw_events(
    axes: Axes, theme: Theme, runs: Iterable[Sequence[TrainingEvent]], colour: str
) -> None:
    """Draw a mark for each event of each seed: a line for each kind.

    Where seeds agree, marks lie on each other.
    """
    heights = {kind: 0.94 - 0.1 * line for line, kind in enumerate(MARKS)}
    for events in runs:
        for event in events:
            if event.kind not in MARKS:
                continue
            axes.plot(
                event.step,
                heights[event.kind],
                marker=MARKS[event.kind],
                ms=5,
                mew=0.8,
                mfc=colour,
                mec=theme.text,
                alpha=0.8,
                clip_on=False,
                zorder=6,
                transform=axes.get_xaxis_transform(),
            )


def explain_marks(runs: Iterable[Sequence[TrainingEvent]]) -> str:
    """What the marks that are drawn mean, for a caption; nothing, where there are none."""
    kinds = {event.kind for event in itertools.chain.from_iterable(runs)}
    parts = [f"{SIGNS[kind]} {PHRASES[kind]}" for kind in MARKS if kind in kinds]
    if not parts:
        return ""
    return f"At the top of the first panel, for each seed: {', '.join(parts)}."
