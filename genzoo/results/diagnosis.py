"""What happened to a model while it trained: the events of one run, and a sentence on those of many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

EventKind = Literal[
    "collapsed",
    "recovered",
    "unspread",
    "rotating",
    "saturated",
    "posterior collapsed",
    "unfinished",
    "diverged",
]

PHRASES: Mapping[EventKind, str] = {
    "collapsed": "collapsed",
    "recovered": "recovered",
    "unspread": "never spread over the modes",
    "rotating": "rotating among modes",
    "saturated": "discriminator saturated",
    "posterior collapsed": "posterior collapsed",
    "unfinished": "still improving when training ended",
    "diverged": "diverged",
}
"""How a kind is said, with "in 3 of 10 runs" or "at step 800" after it."""

FAULTS: frozenset[EventKind] = frozenset({"collapsed", "unspread", "saturated", "diverged"})
"""Kinds that mark a run as not to be trusted as a winner, while they last; see `faulty`.

A collapsed posterior is none of them: where the decoder alone can be right, as on a single
Gaussian, it is the optimum, and where it is not, scores say so. """


@dataclass(frozen=True)
class TrainingEvent:
    """Something that happened while one seed trained; `genzoo.observation.events` says what each kind means.

    Attributes:
        kind: What.
        step: The step at which it was first seen.
        until: The step at which it was over, where it was and no event of its own says so. Two
            events of one kind and step are equal whatever it is.
    """

    kind: EventKind
    step: int
    until: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        over = "" if self.until is None else f" until step {self.until:,}"
        return f"{PHRASES[self.kind]} at step {self.step:,}{over}"


def faulty(events: Iterable[TrainingEvent]) -> bool:
    """Whether a run ended in a state that its scores may hide: one of `FAULTS` that was not over.

    >>> faulty([TrainingEvent("collapsed", 400)])
    True
    >>> faulty([TrainingEvent("collapsed", 400), TrainingEvent("recovered", 700)])
    False
    >>> faulty([TrainingEvent("saturated", 100, until=300), TrainingEvent("unfinished", 2000)])
    False
    """
    lasting: set[EventKind] = set()
    for event in sorted(events, key=lambda event: event.step):
        if event.kind == "recovered":
            lasting.discard("collapsed")
        elif event.kind in FAULTS and event.until is None:
            lasting.add(event.kind)
    return bool(lasting)


def summarise_events(runs: Iterable[Sequence[TrainingEvent]]) -> str:
    """The events of several seeds in one line; nothing, where there are none.

    A seed counts once for each kind, with its first event of it. Divergence is left out: tables
    speak of it elsewhere.

    >>> calm, lost = [], [TrainingEvent("collapsed", 800)]
    >>> back = [TrainingEvent("collapsed", 1200), TrainingEvent("recovered", 1500)]
    >>> summarise_events([calm, lost, back])
    'collapsed in 2 of 3 runs (at step 800 ... 1,200), recovered in 1 (at step 1,500)'
    """
    every = [list(events) for events in runs]
    parts: list[str] = []
    for kind, phrase in PHRASES.items():
        steps = sorted(first for events in every if (first := _first(events, kind)) is not None)
        if not steps or kind == "diverged":
            continue
        count = f"{len(steps)} of {len(every)} runs" if not parts else str(len(steps))
        span = f"{steps[0]:,}" if steps[0] == steps[-1] else f"{steps[0]:,} ... {steps[-1]:,}"
        parts.append(f"{phrase} in {count} (at step {span})")
    return ", ".join(parts)


def summarise_weights(runs: Iterable[Mapping[str, Mapping[str, float]]]) -> str:
    """What averaging the weights changed, in one line; nothing, where no run has both kinds.

    Args:
        runs: By kind of weights and then name, the numbers of each seed, see
            `TrainedRun.by_weights`.

    >>> summarise_weights([{"averaged": {"distance": 0.05}, "last": {"distance": 0.081}}, {}])
    'scored by averaged weights; averaged against last ones, means over seeds: distance 0.05 against 0.081'
    """
    both = [run for run in runs if run]
    if not both:
        return ""
    pairs = []
    for name in sorted(both[0]["averaged"]):
        averaged, last = (
            sum(run[kind][name] for run in both) / len(both) for kind in ("averaged", "last")
        )
        pairs.append(f"{name} {averaged:.3g} against {last:.3g}")
    return f"scored by averaged weights; averaged against last ones, means over seeds: {', '.join(pairs)}"


def _first(events: Sequence[TrainingEvent], kind: str) -> int | None:
    return min((event.step for event in events if event.kind == kind), default=None)


def events_to_json(events: Sequence[TrainingEvent]) -> list[dict[str, Any]]:
    """Plain JSON types."""
    over = [{} if event.until is None else {"until": event.until} for event in events]
    return [
        {"kind": event.kind, "step": event.step, **end}
        for event, end in zip(events, over, strict=True)
    ]


def events_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[TrainingEvent, ...]:
    """The inverse of `events_to_json`."""
    return tuple(
        TrainingEvent(event["kind"], event["step"], event.get("until")) for event in stored
    )
