"""The film of a training as a GIF or an MP4."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genzoo.api.report import FACTS, read_story
from genzoo.api.runs import seed_folders
from genzoo.errors import InputError
from genzoo.figures.film import save_film
from genzoo.figures.generation import save_generation
from genzoo.figures.style import ThemeName
from genzoo.reporting import SourceStory
from genzoo.reporting.payload import films
from genzoo.results.recording import Recording, Role, by_role
from genzoo.results.types import FitResult
from genzoo.storage import run_files


def film(
    results: FitResult | str | Path,
    path: str | Path,
    *,
    source: str | None = None,
    seed: Role = "median",
    theme: ThemeName = "light",
    generation: bool = False,
) -> Path:
    """Write the film of a training: all models of a comparison side by side, or one trained model.

    Or that of generation: how the trained models move samples from noise to data. It shows the
    models that have a velocity.

    Args:
        results: A folder that `compare` or `train` wrote, or what `train` returned.
        path: A .gif file, or an .mp4 file where ffmpeg is installed. For generation also a .png or
            .svg file, which shows five moments.
        source: Of a comparison of several sources, which one; by default the first.
        seed: Which seed of each model: `"median"` or `"worst"`.
        theme: `"light"` or `"dark"`.
        generation: Whether the film is of generation and not of training.

    Returns:
        The film's path.

    Raises:
        InputError: When nothing was recorded, the source is unknown, or the film cannot be written.
    """
    if isinstance(results, FitResult):
        return _save(path, _pick(results.recordings, seed), theme, generation)
    root = Path(results)
    if not (root / FACTS).exists():
        return _save(path, _pick(_recordings(root), seed), theme, generation)
    story = _source(read_story(root).sources, source)
    chosen = {}
    for row, model in story.models.items():
        if model.recordings:
            chosen[row] = films(model)[seed]
    _check(chosen)
    look: dict[str, Any] = {"positions": story.positions, "rows": story.table.rows, "theme": theme}
    whose = f"on {story.table.source}: the {seed} seed of each model"
    if generation:
        return save_generation(path, _moving(chosen), title=f"From noise to data {whose}", **look)
    return save_film(path, chosen, title=f"Training {whose}", **look)


def _recordings(root: Path) -> list[Recording]:
    """The recordings of one run, or of the seeds of one training."""
    recordings = []
    for folder in _recorded(root):
        recording = run_files.read_recording(folder)
        if recording is not None:
            recordings.append(recording)
    return recordings


def _recorded(root: Path) -> list[Path]:
    """The folders that may hold a recording: of a run, or of the seeds of one training."""
    folders = [root, *seed_folders(root)]
    if not any(_holds_run(folder) for folder in folders):
        raise InputError(
            f"{root} holds no comparison and no run: name a folder that compare or train wrote"
        )
    return folders


def _holds_run(folder: Path) -> bool:
    return (folder / run_files.CONFIG).exists() or (folder / run_files.RECORDING).exists()


def _source(stories: Sequence[SourceStory], name: str | None) -> SourceStory:
    """The story of a source; without a name, the first."""
    for story in stories:
        if name in (None, story.table.source):
            return story
    names = ", ".join(story.table.source for story in stories)
    raise InputError(f"there is no source {name!r} in this comparison: choose from {names}")


def _pick(recordings: Sequence[Recording], role: Role) -> dict[str, Recording]:
    if not recordings:
        return {}
    return {"trained model": by_role(recordings)[role]}


def _check(chosen: Mapping[str, Recording]) -> None:
    if not chosen:
        raise InputError("no training was recorded here: train again without --no-record")


def _moving(chosen: Mapping[str, Recording]) -> dict[str, Recording]:
    """Those of models that move noise to data."""
    moving = {row: film for row, film in chosen.items() if "path" in film.constants}
    if not moving:
        raise InputError(
            "no model here was recorded on its way from noise to data: it takes one with a "
            "velocity, such as flow_matching, trained by this version of genzoo"
        )
    return moving


def _save(
    path: str | Path, chosen: dict[str, Recording], theme: ThemeName, generation: bool
) -> Path:
    _check(chosen)
    if generation:
        return save_generation(path, _moving(chosen), theme=theme)
    return save_film(path, chosen, title="Training", theme=theme)
