"""Whether what is read from a run folder is what was written to one."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from genzoo.core.context import ContextSpec
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.making import makings_from_json
from genzoo.results.recording import Recording
from genzoo.results.typed import typed
from genzoo.results.types import History

REQUIRED = (
    "seed",
    "recipe",
    "diverged_at",
    "training_seconds",
    "seeds_together",
    "status",
    "parameters",
)
"""Of every run that was trained, beside its model and the shape of its examples."""


def config_fault(config: Mapping[str, Any]) -> str:
    """What is wrong with the first faulty field of a run's configuration, if there is one."""
    for key in REQUIRED:
        if key not in config:
            return f"the key {key!r} is missing"
    for key, holds in FIELDS.items():
        if key in config and not holds(config[key]):
            return f"{key!r} is {config[key]!r}"
    return ""


def history_fault(history: History, *, gauged: bool) -> str:
    """What is wrong with a history; nothing where all is well.

    Args:
        history: The history.
        gauged: Whether it must hold the gauge "distance".
    """
    steps = history.steps
    if steps.ndim != 1 or steps.dtype.kind not in "iu" or (np.diff(steps) <= 0).any():
        return "its steps are no increasing integers"
    if gauged and ("distance" not in history.series or not len(steps)):
        return "it has no distances"
    for name, values in history.series.items():
        if values.dtype.kind != "f" or values.shape != steps.shape:
            return f"its column {name!r} does not hold one number for each step"
    return ""


def recording_fault(recording: Recording) -> str:
    """What is wrong with a recording; nothing where all is well."""
    fault = history_fault(History(recording.steps, recording.values), gauged=True)
    arrays, constants = recording.arrays, recording.constants
    if fault:
        return fault
    if "samples" not in arrays or "real" not in constants:
        return "it has no samples, or none of the data"
    for name, array in arrays.items():
        if array.ndim < 2 or len(array) != len(recording):
            return f"its {name!r} do not hold one frame for each step"
    event = constants["real"].shape[1:]
    if constants["real"].ndim < 2 or arrays["samples"].shape[2:] != event:
        return "its samples have another shape than the data"
    return _path_fault(recording) or _density_fault(recording) or _conditions_fault(recording)


def _path_fault(recording: Recording) -> str:
    """What is wrong with the way of samples from noise, where there is one."""
    if "path" not in recording.constants:
        return ""
    shown = recording.arrays.get("plane", recording.arrays["samples"])
    path = recording.constants["path"]
    times = recording.constants.get("path times", np.zeros(0))
    if not len(times) or times.shape != path.shape[:1] or path.shape[1:] != shown.shape[1:]:
        return "its path does not hold the samples at each of its times"
    if (np.diff(times) < 0).any():
        return "the times of its path fall"
    return ""


def _density_fault(recording: Recording) -> str:
    """What is wrong with the density of the last frame, where it alone has one."""
    constants = recording.constants
    if "log density" not in constants:
        return ""
    grid = tuple(len(constants.get(name, ())) for name in ("grid 0", "grid 1"))
    if constants["log density"].shape != grid:
        return "its density does not hold one value for each point of the grid"
    return ""


def _conditions_fault(recording: Recording) -> str:
    """What is wrong with the conditions of a conditional model's recording."""
    if recording.context_spec is None:
        return ""
    width = recording.context_spec.width
    context = recording.constants.get("context", np.zeros(0))
    needed = max(recording.arrays["samples"].shape[1], len(recording.constants["real"]))
    if len(context) < needed or context.shape[1:] != (width,):
        return "it does not hold one condition for each example"
    return ""


def _each(holds: Callable[[Any], bool], values: Iterable[Any]) -> bool:
    return all(holds(value) for value in values)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shape(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and _each(_size, value)


def _size(value: Any) -> bool:
    return _count(value) and value > 0


def _model(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    name, options = value.get("name", ""), value.get("options", {})
    return (name is None or isinstance(name, str)) and isinstance(options, dict)


def _source(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    columns = value.get("columns", [])
    return isinstance(columns, list) and _each(_text, columns)


def _context(value: Any) -> bool:
    try:
        return isinstance(value, list) and isinstance(ContextSpec.from_dict(value), ContextSpec)
    except InputError:
        return False


def _recipe(value: Any) -> bool:
    try:
        return isinstance(value, dict) and isinstance(Recipe.from_dict(value), Recipe)
    except InputError:
        return False


def _events(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    try:
        for event in value:
            typed(TrainingEvent, event)
    except TypeError:
        return False
    return True


def _makings(value: Any) -> bool:
    try:
        return isinstance(value, list) and isinstance(makings_from_json(value), tuple)
    except TypeError:
        return False


def _gauges(value: Any) -> bool:
    return isinstance(value, dict) and _each(_gauge_row, value.values())


def _gauge_row(value: Any) -> bool:
    return isinstance(value, dict) and _each(_gauge, value.values())


def _gauge(value: Any) -> bool:
    """Whether it is a number, which may be NaN or infinite."""
    return isinstance(value, int | float)


FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "seed": _count,
    "model": _model,
    "source": _source,
    "recipe": _recipe,
    "event_shape": _shape,
    "status": lambda value: value in ("finished", "diverged"),
    "diverged_at": lambda value: value is None or _count(value),
    "parameters": _count,
    "training_seconds": _number,
    "sampling_seconds": lambda value: value is None or _number(value),
    "seeds_together": _count,
    "examples_seen": _count,
    "updates": _count,
    "evaluations": _count,
    "events": _events,
    "context": _context,
    "by_weights": _gauges,
    "made": _makings,
}
"""What each field of a configuration holds."""
