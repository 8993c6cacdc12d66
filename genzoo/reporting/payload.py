"""Recordings as data for the page: numbers in 8 or 16 bits, written in base64 within JSON."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from genzoo.arrays import FloatArray
from genzoo.reporting.conditions import conditions
from genzoo.reporting.story import ModelStory, SourceStory, Story
from genzoo.results.box import (
    box_limits,
)
from genzoo.results.recording import Recording, Role, by_role, final_distances, pack

NOTE = "Drawn in the plane of the first two principal components of the real examples."
HEAT = ("discriminator", "log density")
"""Arrays that become colours: 8 bits are enough."""
TILES, CURVES = 25, 50
"""Images and curves that are shown, of the first examples."""
SPARSEST = 32
"""Of so many frames at least one is shown, however little room there is."""


def player_data(story: Story, room: int) -> list[dict[str, Any]]:
    """What the players of a page show, one for each source, in JSON types.

    Args:
        story: The comparison to tell of.
        room: Characters that this may take; beyond them, frames are left out evenly.
    """
    every = 1
    while True:
        data = [_source(source, every) for source in story.sources]
        size = sum(len(json.dumps(part)) for part in data)
        if every >= SPARSEST or size <= room:
            return data
        every *= 2


def embedded(data: Any) -> str:
    """JSON that may stand in a script element whatever its strings hold."""
    text = json.dumps(_plain(data), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def films(model: ModelStory) -> dict[Role, Recording]:
    """The recordings by role, among all seeds that were watched."""
    distances = {}
    for seed, history in model.watched.items():
        distances[seed] = (history.steps, history.series["distance"])
    return by_role(model.recordings, final_distances(distances))


def _source(source: SourceStory, every: int) -> dict[str, Any]:
    name = source.table.source
    films_of: dict[str, dict[Role, Recording]] = {}
    for model_name, model in source.models.items():
        roles = films(model)
        if roles:
            films_of[model_name] = roles
    if not films_of:
        return {"source": name, "kind": "none", "models": []}
    # What does not change from frame to frame is the same in all films of a source; those of
    # conditional models say more.
    any_film = next(iter(next(iter(films_of.values())).values()))
    kind = _kind(any_film.constants["real"].shape[1:], source.positions)
    models = []
    for model_name, roles in films_of.items():
        packed = {}
        for role, film in roles.items():
            packed[role] = _film(film, kind, every)
        models.append({"name": model_name, "films": packed})
    conditional = _conditional(films_of)
    scene = _scene([*conditional, any_film][0].constants, kind, source.positions)
    scene |= conditions(conditional, scene.get("note", ""))
    return {"source": name, "kind": kind, **scene, "models": models}


def _conditional(films_of: Mapping[str, Mapping[Role, Recording]]) -> list[Recording]:
    """The films of conditional models."""
    found: list[Recording] = []
    for roles in films_of.values():
        for film in roles.values():
            if film.context_spec is not None:
                found.append(film)
    return found


def _scene(
    constants: Mapping[str, FloatArray], kind: str, positions: FloatArray | None
) -> dict[str, Any]:
    """What all frames of a source are drawn on: real examples, the frame, grids."""
    scene: dict[str, Any] = {}
    real = constants["real"]
    if kind == "points" and "real plane" in constants:
        real = constants["real plane"]
        scene["note"] = NOTE
    most = _most(kind, len(real), conditional="context" in constants)
    scene["real"] = _packed(_shown(real, kind)[:most])
    scene["box"] = _box(kind, real, positions)
    if positions is not None:
        scene["positions"] = np.asarray(positions, dtype=np.float64).tolist()
    for name in ("grid 0", "grid 1", "data density"):
        if name in constants:
            scene[name] = constants[name].tolist()
    if "labels" in constants:
        scene["labels"] = np.rint(constants["labels"]).astype(int).tolist()
    return scene


def _film(film: Recording, kind: str, every: int) -> dict[str, Any]:
    frames = _frames(len(film), every)
    drawn = film.arrays["samples"]
    if kind == "points" and "plane" in film.arrays:
        drawn = film.arrays["plane"]
    most = _most(kind, drawn.shape[1], conditional=film.context_spec is not None)
    values = {}
    for name, series in film.values.items():
        values[name] = series[frames].tolist()
    arrays = {}
    for name, array in film.arrays.items():
        if name == "samples":
            arrays[name] = _packed(_shown(drawn[frames, :most], kind, first=2))
        elif name in HEAT:
            arrays[name] = _packed_heat(array[frames])
        elif name != "plane":
            arrays[name] = _packed(array[frames])
    if "log density" in film.constants:
        arrays["log density"] = _packed_heat(film.constants["log density"][None])
    told = {
        "seed": film.seed,
        "steps": film.steps[frames].tolist(),
        "values": values,
        "arrays": arrays,
    }
    if "path" in film.constants:
        path = _shown(film.constants["path"][:, :most], kind, first=2)
        told["path"] = {"times": film.constants["path times"].tolist(), "states": _packed(path)}
    if film.context_spec is not None:
        told["conditional"] = True
    return told


def _frames(count: int, every: int) -> list[int]:
    """Places of the frames that are shown, the last one among them."""
    return sorted({*range(0, count, every), count - 1})


def _kind(event_shape: Sequence[int], positions: FloatArray | None) -> str:
    if positions is not None:
        return "curves"
    if len(event_shape) == 3:
        return "images"
    if event_shape == (1,):
        return "line"
    return "points"


def _most(kind: str, recorded: int, *, conditional: bool) -> int:
    """How many examples are shown; images of a condition all, in a row for each class."""
    if kind == "curves":
        return CURVES
    if kind == "images" and not conditional:
        return TILES
    return recorded


def _shown(x: FloatArray, kind: str, first: int = 1) -> FloatArray:
    """Examples as the page draws them; `first` dimensions come before the event's."""
    if kind == "points":
        return x.reshape(*x.shape[:first], -1)[..., :2]
    return x


def _box(kind: str, real: FloatArray, positions: FloatArray | None) -> list[list[float]]:
    """The range of values of images; else the frame, across and upwards."""
    low, high = float(real.min()), float(real.max())
    if kind == "images":
        return [[low, high]]
    if kind == "curves" and positions is not None:
        pad = 0.18 * (high - low) or 1.0
        across = [float(positions.min()), float(positions.max())]
        return [across, [low - pad, high + pad]]
    flat = real.reshape(len(real), -1)[:, :2].astype(np.float64)
    return list(map(list, box_limits(flat)))


def _packed(array: FloatArray) -> dict[str, Any]:
    """An array in 16 bits."""
    codes, limits = pack(array)
    return _coded(array, codes.astype("<u2"), 16, limits)


def _packed_heat(array: FloatArray) -> dict[str, Any]:
    """An array in 8 bits; what is not finite lies at an end of the range."""
    values = np.asarray(array, dtype=np.float64)
    finite = values[np.isfinite(values)]
    low, high = 0.0, 0.0
    if len(finite):
        low, high = float(finite.min()), float(finite.max())
    filled = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    share = (filled - low) / ((high - low) or 1.0)
    codes = np.rint(255 * share).astype(np.uint8)
    return _coded(array, codes, 8, np.array([[low], [high]]))


def _coded(
    array: FloatArray, codes: npt.NDArray[np.unsignedinteger], bits: int, limits: FloatArray
) -> dict[str, Any]:
    """Codes of an array's numbers as the page reads them; limits are the ends of their range."""
    rounded = []
    for row in limits.tolist():
        rounded.append([float(f"{limit:.7g}") for limit in row])
    return {
        "shape": list(array.shape),
        "bits": bits,
        "range": rounded,
        "data": base64.b64encode(codes.tobytes()).decode("ascii"),
    }


def _plain(value: Any) -> Any:
    """The same value with None for numbers that JSON does not know."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
