import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from scipy.stats import binomtest, norm

import genzoo
from genzoo.errors import InputError
from genzoo.figures import (
    GoodfellowPanel,
    goodfellow_figure,
    image_grid,
    latent_figure,
    mode_histogram,
    reconstruction_figure,
    recorded_goodfellow_figure,
    shows_goodfellow,
)
from genzoo.figures.latent import principal_plane
from genzoo.figures.modes import wilson_interval
from genzoo.figures.style import LIGHT
from tests.figures.examples import heat_map

HOSTILE = "$x_1$<script>alert('_')</script>"
LONG = "gan_minimax:discriminator_steps=3"


@given(total=st.integers(1, 5000), share=st.floats(0, 1))
def test_intervals_of_shares_are_scipys(total, share):
    count = round(share * total)
    low, high = wilson_interval(np.array([float(count)]), total)
    theirs = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_modes_are_bars_of_all_examples_with_crosses_where_missing(texts, check_readable, theme):
    counts = {
        "vae": [25, 25, 20, 20],
        LONG: [0, 45, 45, 0],
        HOSTILE: [100, 0, 0, 0],
        "oracle": [24, 26, 25, 25],
    }
    missing = {LONG: [True, False, False, True]}
    totals = dict.fromkeys(counts, 100)
    figure = mode_histogram(
        counts, np.full(4, 0.25), source="ring", totals=totals, missing=missing, theme=theme
    )
    check_readable(figure)
    bars = [bar.get_height() for bar in figure.axes[0].containers[0]]
    assert bars == pytest.approx([0.25, 0.25, 0.2, 0.2])
    crosses = [line for line in figure.axes[1].lines if line.get_marker() == "x"]
    assert list(crosses[0].get_xdata()) == [0, 3]
    said = texts(figure)
    assert {"10 % in no mode", "2 of 4 missing, 10 % in no mode", "↑ 100 %"} <= set(said)


@pytest.mark.parametrize("modes", [1, 2, 25, 100])
def test_any_number_of_modes_can_be_labelled(rng, check_readable, modes):
    names = [f"mode number {k}" for k in range(modes)]
    counts = {"a": rng.integers(0, 9, modes) + 1, "b": rng.integers(0, 9, modes) + 1}
    check_readable(mode_histogram(counts, np.full(modes, 1 / modes), source="grid", names=names))
    check_readable(mode_histogram(counts, np.full(modes, 1 / modes), source="grid"))


def gaussian_panels(x, count=4):
    z = np.linspace(0.03, 0.97, 15)
    p_data = norm(0, 1).pdf(x)
    made = []
    for i, mean in enumerate(np.linspace(2, 0, count)):
        p_model = norm(mean, 1).pdf(x)
        made.append(
            GoodfellowPanel(f"step {i}", p_model, p_data / (p_data + p_model), norm(mean, 1).ppf(z))
        )
    return p_data, z, made


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_figure_1_draws_the_four_curves_and_the_map(check_readable, count):
    x = np.linspace(-4, 4, 81)
    p_data, z, made = gaussian_panels(x, count)
    figure = goodfellow_figure(x, p_data, z, made, caption="gan_minimax", theme="dark")
    check_readable(figure)
    assert len(figure.axes) == 3 * count
    dotted, solid = figure.axes[0].lines
    assert np.array_equal(dotted.get_ydata(), p_data)
    assert dotted.get_linestyle() != "-"
    assert solid.get_linestyle() == "-"
    right = next(axes for axes in figure.axes if axes.get_ylim() == (0, 1.12))
    dashed, optimal = right.lines[:2]
    assert dashed.get_linestyle() == "--"
    assert optimal.get_ydata() == pytest.approx(
        1 / (1 + np.exp(2 * x - 2)) if count > 1 else dashed.get_ydata()
    )
    arrows = [c for axes in figure.axes for c in axes.collections if isinstance(c, LineCollection)]
    ends = [segment[1, 0] for segment in arrows[-1].get_segments()]
    assert ends == pytest.approx(norm(0 if count > 1 else 2, 1).ppf(z))


def test_figure_1_of_a_recording_shows_its_frames(texts):
    fit = genzoo.train("gan_minimax", "mixture_1d", steps=12)
    (recording,) = fit.recordings
    figure = recorded_goodfellow_figure(recording, [0, 5, 99])
    assert [text for text in texts(figure) if "step" in text] == [
        "(a) step 0",
        "(b) step 5",
        "(c) step 12",
    ]
    right = [axes for axes in figure.axes if axes.get_ylim() == (0, 1.12)]
    for axes, at in zip(right, (0, 5, 12), strict=True):
        assert axes.lines[0].get_ydata() == pytest.approx(recording.arrays["discriminator"][at])
    assert (
        len([text for text in texts(recorded_goodfellow_figure(recording)) if "step" in text]) == 4
    )
    for other in (
        genzoo.train("vae", "mixture_1d", steps=1),
        genzoo.train("gan_minimax", "ring", steps=1),
    ):
        assert not shows_goodfellow(other.recordings[0])
        with pytest.raises(InputError, match="recording of a GAN"):
            recorded_goodfellow_figure(other.recordings[0])


def test_figure_1_says_what_it_cannot_show(texts):
    x = np.linspace(-4, 4, 81)
    p_data, z, _ = gaussian_panels(x)
    collapsed = GoodfellowPanel(
        "late", norm(0, 0.02).pdf(x), np.full(81, 0.5), np.where(z < 0.5, 0.0, 99.0)
    )
    said = texts(goodfellow_figure(x, p_data, z, [collapsed]))
    assert "8 of 15 leave the frame" in said
    assert "peak of p_g: 50 × p_data's" in said


def test_two_dimensional_codes_are_drawn_as_they_are_and_longer_ones_only_turned(
    rng, check_readable
):
    labels = rng.integers(-1, 9, 120)
    plane, long = rng.normal(size=(120, 2)), rng.normal(size=(120, 6))
    codes = {
        "vae": plane,
        LONG: long,
        "autoencoder": rng.normal(size=(120, 1)),
        HOSTILE: np.full((120, 2), np.nan),
    }
    paths = {"vae": np.linspace(plane[:2], plane[2:4], 5).transpose(1, 0, 2)}
    figure = latent_figure(
        codes, labels, prior=["vae", LONG], paths=paths, label_names=["_a", "$b$"]
    )
    check_readable(figure)
    drawn = np.concatenate(
        [line.get_xydata() for line in figure.axes[0].lines if line.get_ls() == "None"]
    )
    assert np.isin(plane, drawn).all()
    circles = [line.get_xydata() for line in figure.axes[0].lines if len(line.get_xdata()) == 121]
    assert [np.linalg.norm(circle[0]) for circle in circles] == pytest.approx(
        [1.17741, 2.447747], abs=1e-5
    )


def test_the_principal_plane_keeps_lengths(rng):
    z = rng.normal(size=(80, 5)) * [5, 3, 0.1, 0.1, 0.1]
    mean, directions, shares = principal_plane(z)
    assert directions.T @ directions == pytest.approx(np.eye(2), abs=1e-12)
    assert ((z - mean) @ directions).var(axis=0) == pytest.approx(
        np.linalg.eigvalsh(np.cov(z.T, bias=True))[::-1][:2], rel=1e-9
    )
    assert sum(shares) > 0.99


@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (1, 8, 8), (3, 4, 4)])
@pytest.mark.parametrize("n", [1, 30])
def test_reconstructions_of_every_shape(rng, texts, check_readable, shape, n):
    x = rng.normal(size=(n, *shape))
    figure = reconstruction_figure(
        x, {"vae": x + 0.1, LONG: x, HOSTILE: None}, source="s", theme="dark"
    )
    check_readable(figure)
    assert {"rms error 0.1", "rms error 0", "diverged"} <= set(texts(figure))


def test_reconstructed_curves_lie_over_their_originals(paintings, check_readable):
    x = paintings(40)
    grid = np.linspace(-1, 1, 15)
    figure = reconstruction_figure(
        x, {"vae": 0.9 * x}, source="paintings", grid=grid, rows=["autoencoder", "vae"]
    )
    check_readable(figure)
    original, back = figure.axes[0].lines[:2]
    assert back.get_ydata() == pytest.approx(0.9 * original.get_ydata())
    assert to_hex(back.get_color()).upper() == LIGHT.palette[1]


def test_image_grids_share_the_truths_scale(rng, texts, check_readable):
    images = {"vae": 2 * rng.random((5, 1, 8, 8)), HOSTILE: rng.random((70, 3, 4, 4)), "_x": None}
    figure = image_grid(images, truth=np.linspace(0, 1, 64 * 9).reshape(9, 1, 8, 8))
    check_readable(figure)
    pictures = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(pictures) == 3
    assert (pictures[1] == 1).mean() > 0.1
    assert "diverged" in texts(figure)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_heat_map_writes_every_share(rng, texts, check_readable, theme):
    shares = rng.random((3, 4))
    shares[1, 2] = np.nan
    metrics, defects = (
        ["JS", LONG, HOSTILE],
        ["one mode dropped of eight", "noise", "_shift", "nothing"],
    )
    figure = heat_map.detection_heat_map(shares, metrics, defects, theme=theme)
    check_readable(figure)
    said = texts(figure)
    assert said.count("n/a") == 1
    assert all(f"{100 * share:.0f} %" in said for share in shares[np.isfinite(shares)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mode_histogram({}, [1.0], source="s"), "0 rows"),
        (lambda: mode_histogram({"a": [1, 2]}, [1.0], source="s"), "'a' must be 1"),
        (
            lambda: mode_histogram({"a": [5]}, [1.0], source="s", totals={"a": 3}),
            "at least the sum",
        ),
        (
            lambda: mode_histogram({"a": [5]}, [1.0], source="s", missing={"a": [True, True]}),
            r"\(1,\)",
        ),
        (lambda: goodfellow_figure(np.arange(3), np.ones(3), np.ones(2), []), "0 panels"),
        (
            lambda: goodfellow_figure(
                np.arange(3), np.ones(3), np.ones(2), [GoodfellowPanel("a", [1], [1], [1])]
            ),
            r"model density of 'a'.*\(3,\)",
        ),
        (lambda: latent_figure({}), "at least one row"),
        (lambda: latent_figure({"a": np.zeros((3, 2))}, [0, 1]), "3 codes of 'a'"),
        (lambda: reconstruction_figure(np.zeros((3, 2)), {}, source="s"), "at least one row"),
        (
            lambda: reconstruction_figure(np.zeros((3, 2)), {"a": np.zeros((2, 2))}, source="s"),
            "all 3 examples",
        ),
        (
            lambda: reconstruction_figure(np.zeros((3, 2)), {"a": None}, source="s", grid=[1]),
            "grid",
        ),
        (lambda: image_grid({"a": np.zeros((3, 2))}), r"\(2,\)"),
        (lambda: heat_map.detection_heat_map([[0.1]], ["a"], ["b", "c"]), r"\(1, 2\)"),
        (lambda: heat_map.detection_heat_map([[1.1]], ["a"], ["b"]), "between 0 and 1"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
