"""What happened to a model while it trained.

The events of one run, and one sentence on the events of many.
"""

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
    """Something that happened while one seed trained.

    `genzoo.observation.events` says what each kind means.

    Attributes:
        kind: What happened.
        step: The step at which it was first seen.
        until: The step at which it was over. None where it lasted, or where an event of its own
            says that it was over. It does not count when two events are compared.
    """

    kind: EventKind
    step: int
    until: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        sentence = f"{PHRASES[self.kind]} at step {self.step:,}"
        if self.until is None:
            return sentence
        return f"{sentence} until step {self.until:,}"


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

    A seed counts once for each kind, with its first event of that kind. Divergence is left out:
    tables speak of it elsewhere.

    >>> calm, lost = [], [TrainingEvent("collapsed", 800)]
    >>> back = [TrainingEvent("collapsed", 1200), TrainingEvent("recovered", 1500)]
    >>> summarise_events([calm, lost, back])
    'collapsed in 2 of 3 runs (at step 800 ... 1,200), recovered in 1 (at step 1,500)'
    """
    every = list(runs)
    parts: list[str] = []
    for kind, phrase in PHRASES.items():
        steps = _first_steps(every, kind)
        if not steps or kind == "diverged":
            continue
        count = str(len(steps))
        if not parts:
            count = f"{count} of {len(every)} runs"
        parts.append(f"{phrase} in {count} (at step {_span(steps)})")
    return ", ".join(parts)


def _first_steps(runs: Iterable[Sequence[TrainingEvent]], kind: EventKind) -> list[int]:
    """The step of the first event of a kind in each run that has one, in increasing order."""
    firsts = []
    for events in runs:
        steps = [event.step for event in events if event.kind == kind]
        if steps:
            firsts.append(min(steps))
    return sorted(firsts)


def _span(steps: Sequence[int]) -> str:
    """The first and the last of increasing steps, in words."""
    if steps[0] == steps[-1]:
        return f"{steps[0]:,}"
    return f"{steps[0]:,} ... {steps[-1]:,}"


def summarise_weights(runs: Iterable[Mapping[str, Mapping[str, float]]]) -> str:
    r"""What averaging the weights changed, in one line; nothing, where no run has both kinds.

    Args:
        runs: For each seed, numbers by kind of weights (`"averaged"` and `"last"`) and then by
            name, see `TrainedRun.by_weights`.

    >>> words = summarise_weights([{"averaged": {"gap": 0.05}, "last": {"gap": 0.081}}, {}])
    >>> print(words.replace("; ", ";\n"))
    scored by averaged weights;
    averaged against last ones, means over seeds: gap 0.05 against 0.081
    """
    both = [run for run in runs if run]
    if not both:
        return ""
    pairs = []
    for name in sorted(both[0]["averaged"]):
        averaged = _mean_over(both, "averaged", name)
        last = _mean_over(both, "last", name)
        pairs.append(f"{name} {averaged:.3g} against {last:.3g}")
    numbers = ", ".join(pairs)
    heading = "scored by averaged weights; averaged against last ones, means over seeds"
    return f"{heading}: {numbers}"


def _mean_over(runs: Sequence[Mapping[str, Mapping[str, float]]], kind: str, name: str) -> float:
    return sum(run[kind][name] for run in runs) / len(runs)


def events_to_json(events: Sequence[TrainingEvent]) -> list[dict[str, Any]]:
    """Plain JSON types."""
    stored = []
    for event in events:
        fields: dict[str, Any] = {"kind": event.kind, "step": event.step}
        if event.until is not None:
            fields["until"] = event.until
        stored.append(fields)
    return stored


def events_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[TrainingEvent, ...]:
    """The inverse of `events_to_json`."""
    events = []
    for fields in stored:
        events.append(TrainingEvent(fields["kind"], fields["step"], fields.get("until")))
    return tuple(events)
