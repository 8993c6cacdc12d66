"""What the user gives a comparison, checked and brought to one form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from genzoo.api.builders import Row
from genzoo.core.given import GivenSamples
from genzoo.core.source import DataSource
from genzoo.data import given_samples
from genzoo.data.memory import called, is_array, is_frame
from genzoo.errors import InputError
from genzoo.experiment import Problem


@dataclass(frozen=True)
class Asked:
    """What a comparison is asked to compare.

    Attributes:
        models: The models, as the user or a protocol names them.
        sources: The sources, as the user or a protocol names them.
        metrics: A panel or names of metrics.
        seeds: A count, or a list of seeds.
        match: What every model is given equally much of; nothing for no match.
    """

    models: Sequence[Any]
    sources: Sequence[Any]
    metrics: str | Sequence[str]
    seeds: int | Sequence[int]
    match: str

    def but(
        self,
        models: Any,
        sources: Any,
        metrics: str | Sequence[str] | None,
        seeds: int | Sequence[int] | None,
        match: str | None,
    ) -> "Asked":
        """The same with whatever is not None in its place.

        Raises:
            InputError: When models or sources are no lists.
        """
        asked = self
        if models is not None:
            asked = replace(asked, models=_models(models))
        if sources is not None:
            asked = replace(asked, sources=_listed(sources, "sources"))
        if metrics is not None:
            asked = replace(asked, metrics=metrics)
        if seeds is not None:
            asked = replace(asked, seeds=seeds)
        if match is not None:
            asked = replace(asked, match=match)
        return asked


def _models(models: Any) -> Sequence[Any]:
    """The models of a list, or of a dict from the names of their rows."""
    if not isinstance(models, Mapping):
        return _listed(models, "models")
    for name in models:
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"the names of models must be texts, got {name!r}: name each row")
    return [Row(name, model) for name, model in models.items()]


def _listed(names: Any, what: str) -> Sequence[Any]:
    if isinstance(names, str | Path | DataSource):
        raise InputError(f"{what} must be a list, got {names!r}: write [{names!r}]")
    one_thing = isinstance(names, Mapping) or is_array(names) or is_frame(names)
    if not isinstance(names, Iterable) or one_thing:
        raise InputError(f"{what} must be a list, got {called(names)}: write [...] around it")
    listed = list(names)
    if len(listed) > 1 and all(_is_row(name) for name in listed):
        raise InputError(
            f"{what} must be a list, got rows of numbers: write [rows] for data in memory"
        )
    return listed


def _is_row(value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(isinstance(number, int | float) for number in value)


def samples_on(
    problems: Sequence[Problem], samples: Mapping[str, Any], seeds: int
) -> dict[str, dict[str, GivenSamples]]:
    """Samples from outside as they are scored on each source, by row and then source.

    Args:
        problems: The sources.
        samples: By row, a file or data in memory, or one of these for each seed.
        seeds: The number of seeds.

    Raises:
        InputError: When the samples of a row fit no source.
    """
    sources = {one.name: one.source for one in problems}
    rows = {}
    for name, data in samples.items():
        rows[name] = _fitting(data, f"samples {name!r}", sources, seeds)
    return rows


def _fitting(
    data: Any, name: str, sources: Mapping[str, DataSource], seeds: int
) -> dict[str, GivenSamples]:
    """The samples of one row on each source that they fit.

    Notes name the sources of the same shape that they do not fit.
    """
    fitting: dict[str, GivenSamples] = {}
    misfits: dict[str, InputError] = {}
    for where, source in sources.items():
        try:
            fitting[where] = given_samples(data, source, name=name, where=where, seeds=seeds)
        except InputError as error:
            misfits[where] = error
    if not fitting:
        raise next(reversed(misfits.values()))
    shapes = {sources[where].event_shape for where in fitting}
    notes = []
    for where, misfit in misfits.items():
        if sources[where].event_shape in shapes:
            notes.append(f"not scored on {where}: {misfit}")
    noted = {}
    for where, one in fitting.items():
        noted[where] = replace(one, notes=(*one.notes, *notes))
    return noted


def check_workers(workers: Any) -> None:
    """Refuse anything but a number of processes.

    Raises:
        InputError: In one sentence.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"workers must be an integer of at least 1, got {workers!r}")


def check_travels(value: Any, what: str) -> None:
    """Refuse what cannot be sent to worker processes.

    Args:
        value: What is to be sent.
        what: How the message calls it.

    Raises:
        InputError: When it cannot be sent.
    """
    try:
        ForkingPickler.dumps(value)
    except Exception as error:
        raise InputError(
            f"{what} cannot be sent to worker processes ({error}): "
            "define it in a module, or use workers=1"
        ) from error
