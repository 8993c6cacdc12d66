"""Recordings as data for the page: numbers in 8 or 16 bits, written in base64 within JSON."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genzoo.reporting.story import ModelStory, SourceStory, Story
from genzoo.results.frame import FloatArray, frame_limits
from genzoo.results.recording import Recording, Role, by_role, final_distances, pack

HEAT = ("discriminator", "log density")
"""Arrays that become colours: 8 bits are enough."""
TILES = 25


def player_data(story: Story, room: int) -> list[dict[str, Any]]:
    """What the players of a page show, one for each source, in JSON types.

    Args:
        story: What to tell.
        room: Characters that this may take; beyond them, frames are left out evenly.
    """
    every = 1
    while True:
        data = [_source(source, every) for source in story.sources]
        if every >= 32 or sum(len(json.dumps(part)) for part in data) <= room:
            return data
        every *= 2


def embedded(data: Any) -> str:
    """JSON that may stand in a script element whatever its strings hold."""
    text = json.dumps(_plain(data), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def films(model: ModelStory) -> dict[Role, Recording]:
    """The recordings by role, among all seeds that were watched."""
    watched = {
        seed: (history.steps, history.series["distance"]) for seed, history in model.watched.items()
    }
    return by_role(model.recordings, final_distances(watched))


def _source(source: SourceStory, every: int) -> dict[str, Any]:
    chosen = {name: films(model) for name, model in source.models.items()}
    some = next((film for roles in chosen.values() for film in roles.values()), None)
    if some is None:
        return {"source": source.table.source, "kind": "none", "models": []}
    kind = _kind(some.constants["real"].shape[1:], source.positions)
    real = some.constants["real"]
    data: dict[str, Any] = {"source": source.table.source, "kind": kind}
    if kind == "points" and "real plane" in some.constants:
        real = some.constants["real plane"]
        data["note"] = (
            "Drawn in the plane of the first two principal components of the real examples."
        )
    data["real"] = _packed(_shown(real, kind))
    data["box"] = _box(kind, real, source.positions)
    if source.positions is not None:
        data["positions"] = np.asarray(source.positions, dtype=np.float64).tolist()
    for name in ("grid 0", "grid 1", "data density"):
        if name in some.constants:
            data[name] = some.constants[name].tolist()
    if "labels" in some.constants:
        data["labels"] = some.constants["labels"].astype(int).tolist()
    data["models"] = [
        {"name": name, "films": {role: _film(film, kind, every) for role, film in roles.items()}}
        for name, roles in chosen.items()
        if roles
    ]
    return data


def _film(film: Recording, kind: str, every: int) -> dict[str, Any]:
    kept = _kept(len(film), every)
    arrays = {name: array[kept] for name, array in film.arrays.items() if name != "plane"}
    drawn = (
        film.arrays["plane"][kept]
        if kind == "points" and "plane" in film.arrays
        else arrays["samples"]
    )
    arrays["samples"] = _shown(drawn, kind, first=2)
    return {
        "seed": film.seed,
        "steps": film.steps[kept].tolist(),
        "values": {name: values[kept].tolist() for name, values in film.values.items()},
        "arrays": {name: _packed(array, heat=name in HEAT) for name, array in arrays.items()},
    }


def _kept(frames: int, every: int) -> list[int]:
    return sorted({*range(0, frames, every), frames - 1})


def _kind(event_shape: Sequence[int], positions: FloatArray | None) -> str:
    if positions is not None:
        return "curves"
    if len(event_shape) == 3:
        return "images"
    return "line" if event_shape == (1,) else "points"


def _shown(x: FloatArray, kind: str, first: int = 1) -> FloatArray:
    """Examples as the page draws them; `first` dimensions come before the event's."""
    if kind == "points":
        return x.reshape(*x.shape[:first], -1)[..., :2]
    if kind == "images":
        return x[:, :TILES] if first == 2 else x[:TILES]
    return x


def _box(kind: str, real: FloatArray, positions: FloatArray | None) -> list[list[float]]:
    if kind == "images":
        return [[float(real.min()), float(real.max())]]
    if kind == "curves" and positions is not None:
        pad = 0.18 * (float(real.max()) - float(real.min())) or 1.0
        return [
            [float(positions.min()), float(positions.max())],
            [float(real.min()) - pad, float(real.max()) + pad],
        ]
    flat = real.reshape(len(real), -1)[:, :2].astype(np.float64)
    return [list(limits) for limits in frame_limits(flat)]


def _packed(array: FloatArray, *, heat: bool = False) -> dict[str, Any]:
    if heat:
        table = np.asarray(array, dtype=np.float64)
        known = table[np.isfinite(table)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        share = (np.nan_to_num(table, nan=low, posinf=high, neginf=low) - low) / (
            (high - low) or 1.0
        )
        codes, limits = np.rint(255 * share).astype(np.uint8), np.array([[low], [high]])
    else:
        wide, limits = pack(array)
        codes = wide.astype("<u2").view(np.uint8) if wide.size else wide.astype(np.uint8)
    text = base64.b64encode(np.ascontiguousarray(codes).tobytes()).decode("ascii")
    return {
        "shape": list(array.shape),
        "bits": 8 if heat else 16,
        "range": _rounded(limits),
        "data": text,
    }


def _rounded(limits: FloatArray) -> list[list[float]]:
    return [[float(f"{value:.7g}") for value in row] for row in limits]


def _plain(value: Any) -> Any:
    """The same with None for numbers that JSON does not know."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
