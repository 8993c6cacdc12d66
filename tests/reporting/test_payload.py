"""What a page is given of films, against arrays that are known; nothing is trained."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genzoo.reporting import ModelStory, SourceStory, Story, report_page
from genzoo.reporting.charts import _drawn, inline_svg
from genzoo.reporting.opening import NOTHING
from genzoo.reporting.payload import CURVES, TILES, player_data
from genzoo.results.recording import Recording
from genzoo.results.table import SourceTable
from tests.figures.examples import GRID, table

FRAMES = 7
ROOM = 10**7


def film(event_shape: tuple[int, ...], n: int = 30, **arrays: np.ndarray) -> Recording:
    """Samples whose every number says where it stands."""
    shape = (FRAMES, n, *event_shape)
    samples = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    real = 10 + np.arange(n * int(np.prod(event_shape)), dtype=np.float64).reshape(n, *event_shape)
    values = {"distance": np.linspace(1, 0.1, FRAMES)}
    return Recording(
        3, np.arange(FRAMES) * 10, values, {"samples": samples, **arrays}, {"real": real}, "median"
    )


def shown(
    recording: Recording, positions: np.ndarray | None = None, room: int = ROOM
) -> dict[str, Any]:
    source = SourceStory(table(), {"vae": ModelStory(recordings=[recording])}, positions)
    (data,) = player_data(Story([source]), room)
    return data


def unpacked(packed: Mapping[str, Any]) -> np.ndarray:
    """As the page reads it: codes between the ends of the range of each last coordinate."""
    kind = np.uint8 if packed["bits"] == 8 else np.dtype("<u2")
    codes = np.frombuffer(base64.b64decode(packed["data"]), kind).reshape(packed["shape"])
    low, high = np.array(packed["range"])
    return low + (high - low) * codes / (2 ** packed["bits"] - 1)


def samples_of(data: Mapping[str, Any]) -> np.ndarray:
    return unpacked(data["models"][0]["films"]["median"]["arrays"]["samples"])


@pytest.mark.parametrize(
    ("event_shape", "positions", "kind", "kept"),
    [
        ((2,), None, "points", (30, 2)),
        ((5,), None, "points", (30, 2)),
        ((3, 2), None, "points", (30, 2)),
        ((1,), None, "line", (30, 1)),
        ((15,), GRID, "curves", (30, 15)),
        ((1, 4, 4), None, "images", (TILES, 1, 4, 4)),
    ],
)
def test_each_kind_is_drawn_in_its_own_way(event_shape, positions, kind, kept):
    recording = film(event_shape)
    data = shown(recording, positions)
    assert data["kind"] == kind
    samples = samples_of(data)
    assert samples.shape == (FRAMES, *kept)
    flat = recording.arrays["samples"].reshape(FRAMES, 30, -1)[
        :, : kept[0], : int(np.prod(kept[1:]))
    ]
    np.testing.assert_allclose(samples.reshape(FRAMES, kept[0], -1), flat, atol=flat.max() / 2**15)
    real = recording.constants["real"].reshape(30, -1)[: kept[0], : int(np.prod(kept[1:]))]
    np.testing.assert_allclose(
        unpacked(data["real"]).reshape(len(real), -1), real, atol=real.max() / 2**15
    )
    assert ("positions" in data) == (positions is not None)


def test_boxes_hold_the_real_examples():
    images, curves = shown(film((1, 4, 4))), shown(film((15,)), GRID)
    assert images["box"] == [[10.0, 10.0 + 30 * 16 - 1]]
    low, high = 10.0, 10.0 + 30 * 15 - 1
    pad = 0.18 * (high - low)
    assert curves["box"][0] == [-1.0, 1.0]
    assert curves["box"][1] == pytest.approx([low - pad, high + pad])
    (across, up) = shown(film((2,)))["box"]
    assert across[0] < 10 < 68 < across[1]
    assert up[0] < 11 < 69 < up[1]


def test_examples_of_many_numbers_are_drawn_in_their_plane():
    plane = np.arange(FRAMES * 4 * 2, dtype=np.float64).reshape(FRAMES, 4, 2)
    recording = film((5,), plane=plane)
    constants = {**recording.constants, "real plane": np.array([[0.0, 1.0], [2.0, 5.0]])}
    data = shown(
        Recording(3, recording.steps, recording.values, recording.arrays, constants, "median")
    )
    np.testing.assert_allclose(samples_of(data), plane, atol=1e-2)
    np.testing.assert_allclose(unpacked(data["real"]), constants["real plane"], atol=1e-3)
    assert "principal components" in data["note"]
    assert "plane" not in data["models"][0]["films"]["median"]["arrays"]


def test_a_story_without_films_has_no_player():
    (data,) = player_data(Story([SourceStory(table(), {"vae": ModelStory()})]), ROOM)
    assert data == {"source": "ring", "kind": "none", "models": []}


def test_colours_take_eight_bits_and_numbers_that_are_none_the_end_of_the_scale():
    heat = np.linspace(2.0, 4.0, FRAMES * 9).reshape(FRAMES, 3, 3)
    heat[1, 0, 0], heat[1, 0, 1], heat[1, 0, 2] = np.nan, np.inf, -np.inf
    packed = shown(film((2,), discriminator=heat))["models"][0]["films"]["median"]["arrays"][
        "discriminator"
    ]
    assert (packed["bits"], packed["range"]) == (8, [[2.0], [4.0]])
    known = np.isfinite(heat)
    np.testing.assert_allclose(unpacked(packed)[known], heat[known], atol=1 / 255 + 1e-9)
    assert unpacked(packed)[1, 0].tolist() == [2.0, 4.0, 2.0]


@pytest.mark.parametrize(("fill", "range_"), [(5.0, [[5.0], [5.0]]), (np.nan, [[0.0], [0.0]])])
def test_a_flat_colour_is_no_division_by_zero(fill, range_):
    heat = np.full((FRAMES, 2, 2), fill)
    packed = shown(film((2,), **{"log density": heat}))["models"][0]["films"]["median"]["arrays"][
        "log density"
    ]
    assert packed["range"] == range_
    assert set(base64.b64decode(packed["data"])) == {0}


def test_a_density_of_the_last_frame_is_that_of_one_frame():
    recording = film((2,))
    heat = np.linspace(2.0, 4.0, 9).reshape(3, 3)
    constants = {**recording.constants, "log density": heat}
    packed = shown(replace(recording, constants=constants))["models"][0]["films"]["median"]
    density = packed["arrays"]["log density"]
    assert density["shape"] == [1, 3, 3]
    np.testing.assert_allclose(unpacked(density)[0], heat, atol=1 / 255 + 1e-9)


def test_frames_are_left_out_until_there_is_room_and_the_last_stays():
    whole = shown(film((2,)))["models"][0]["films"]["median"]
    assert whole["steps"] == [0, 10, 20, 30, 40, 50, 60]
    fewer = shown(film((2,)), room=len(json.dumps(shown(film((2,))))) - 1)["models"][0]["films"][
        "median"
    ]
    assert fewer["steps"] == [0, 20, 40, 60]
    assert fewer["values"]["distance"] == [whole["values"]["distance"][at] for at in (0, 2, 4, 6)]
    assert shown(film((2,)), room=1)["models"][0]["films"]["median"]["steps"] == [0, 60]


def page_of(recordings: list[Recording], given: SourceTable) -> str:
    return report_page(Story([SourceStory(given, {"vae": ModelStory(recordings=recordings)})]))


def policy_of(page: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_only_the_scripts_of_the_page_may_run():
    page = page_of([film((2,))], table())
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert scripts
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts
    ]
    assert policy_of(page) == (
        "default-src 'none'; style-src 'unsafe-inline'; script-src "
        + " ".join(f"'sha256-{each}'" for each in hashes)
        + "; img-src data:"
    )


def test_a_page_without_films_runs_no_script():
    page = page_of([], table())
    assert "script-src 'none';" in policy_of(page)
    assert "<script" not in page


def test_a_card_says_the_verdict_or_that_there_is_none():
    given = table()
    silent = SourceTable(given.source, given.columns, given.rows, given.cells)
    assert NOTHING not in page_of([], given)
    assert "<p class=winner>So it is.</p>" in page_of([], given)
    assert NOTHING in page_of([], silent)
    assert "class=winner" not in page_of([], silent)


def test_a_figure_is_as_wide_as_it_was_drawn():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    svg = inline_svg(figure, "a figure", "k")
    box = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
    assert box
    assert f'style="width:{float(box[1]) * 4 / 3:.0f}px"' in svg


def test_paths_are_short_and_lead_where_they_led():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2))
    figure.add_axes((0, 0, 1, 1)).plot(np.linspace(0, 1, 50) ** 2, marker="o")
    drawn = re.findall(r' d="([^"]*)"', _drawn(figure))
    short = re.findall(r' d="([^"]*)"', inline_svg(figure, "a figure", "k"))
    for long, less in zip(drawn, short, strict=True):
        assert re.findall("[A-Za-z]", long) == re.findall("[A-Za-z]", less)
        np.testing.assert_allclose(numbers(less), numbers(long), atol=0.0051)
    assert sum(map(len, short)) < 0.75 * sum(map(len, drawn))


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


def test_only_the_curves_that_are_drawn_are_given():
    recording = film((15,), n=CURVES + 20)
    data = shown(recording, GRID)
    assert samples_of(data).shape == (FRAMES, CURVES, 15)
    assert unpacked(data["real"]).shape == (CURVES, 15)
    np.testing.assert_allclose(
        samples_of(data), recording.arrays["samples"][:, :CURVES], rtol=1e-3, atol=0.5
    )
