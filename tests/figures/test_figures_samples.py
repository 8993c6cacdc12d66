import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle, StepPatch
from scipy.stats import multivariate_normal

from genzoo.errors import InputError
from genzoo.figures import DensityGrid, density_grid, samples_sheet
from genzoo.figures.images import tile_images
from genzoo.figures.style import DARK, LIGHT

GRID = np.linspace(-1, 1, 15)
HOSTILE = "$x_1$<script>alert('_')</script>"
LONG = "gan_minimax:discriminator_steps=3"
ROWS = ["autoencoder", "vae", LONG, HOSTILE, "_mine", "oracle", "single_mode"]


def test_the_sheet_has_a_panel_for_the_truth_and_every_row_of_every_source(
    ring, paintings, texts, check_readable
):
    truth = {
        "ring": ring(300),
        "paintings:points=15": paintings(300),
        "digits": np.random.default_rng(1).random((9, 1, 8, 8)),
    }
    samples = {source: dict.fromkeys(ROWS, x) for source, x in truth.items()}
    figure = samples_sheet(truth, samples, grids={"paintings:points=15": GRID})
    assert len(figure.axes) == 3 * (1 + len(ROWS))
    check_readable(figure)
    said = texts(figure)
    assert all(
        name in said
        for name in ("ring", "paintings:points=15", "truth", "autoencoder", "_mine", "oracle")
    )
    assert said.count("control") == 2
    assert all(not text.get_parse_math() for text in figure.texts)


@pytest.mark.parametrize("rows", [["vae"], ROWS[:3], ROWS])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_source_fills_lines_of_at_most_five_panels(ring, check_readable, rows, theme):
    figure = samples_sheet({"ring": ring(50)}, {"ring": dict.fromkeys(rows, ring(50))}, theme=theme)
    tops = [round(axes.get_position().y1, 6) for axes in figure.axes]
    assert max(tops.count(top) for top in tops) <= 5
    assert "ring" in figure.texts[0].get_text()
    check_readable(figure)


def test_points_outside_the_frame_are_counted_not_dropped(ring, texts):
    sample = ring(1000)
    sample[:120] += 10
    figure = samples_sheet({"ring": ring(1000)}, {"ring": {"gan": sample}}, max_points=50)
    assert "12 % outside" in texts(figure)
    assert not [text for text in texts(figure) if "outside" in text and text != "12 % outside"]


def test_examples_that_are_not_finite_are_counted(ring, texts):
    sample = ring(100)
    sample[:7, 1] = np.nan
    assert "7 % not finite" in texts(samples_sheet({"ring": ring(100)}, {"ring": {"gan": sample}}))


def test_a_far_outlier_in_the_truth_does_not_squeeze_the_frame_and_is_counted(ring, texts):
    truth = ring(2000)
    truth[0] = 1e6
    figure = samples_sheet({"ring": truth}, {"ring": {"gan": ring(50)}})
    assert figure.axes[0].get_xlim()[1] < 2
    assert "< 0.1 % outside" in texts(figure)


def test_all_panels_of_a_source_share_the_frame_of_its_truth(ring):
    figure = samples_sheet(
        {"ring": ring(500)}, {"ring": {"a": 5 * ring(500), "b": np.zeros((1, 2))}}
    )
    assert len({(*axes.get_xlim(), *axes.get_ylim()) for axes in figure.axes}) == 1
    assert all(axes.get_aspect() == 1 for axes in figure.axes)


def test_columns_of_very_different_width_get_their_own_scale(rng):
    x = rng.normal(size=(100, 2)) * [1, 1000]
    figure = samples_sheet({"table": x}, {"table": {"a": x}})
    assert figure.axes[0].get_aspect() == "auto"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"gan": None}, "diverged"),
        ({}, "no samples"),
        ({"gan": np.full((4, 2), np.nan)}, "diverged: no finite\nsample"),
        ({"gan": np.zeros((0, 2))}, "no samples"),
    ],
)
def test_an_empty_panel_says_why(ring, texts, given, said):
    assert said in texts(samples_sheet({"ring": ring(50)}, {"ring": given}, rows=["gan"]))


def test_a_reason_that_is_given_is_written(ring, texts):
    figure = samples_sheet(
        {"ring": ring(9)}, {"ring": {"gan": None}}, reasons={("ring", "gan"): "diverged at step 3"}
    )
    assert "diverged at step 3" in texts(figure)


def test_histograms_share_bins_and_count_what_lies_outside(rng, texts):
    truth = rng.normal(size=(3000, 1))
    shifted = np.where(np.arange(1000)[:, None] < 400, 50.0, rng.normal(size=(1000, 1)))
    figure = samples_sheet(
        {"gaussian_1d": truth}, {"gaussian_1d": {"a": rng.normal(size=(500, 1)), "b": shifted}}
    )
    steps = [
        [p for p in axes.patches if isinstance(p, StepPatch)][-1].get_data() for axes in figure.axes
    ]
    assert all(np.array_equal(step.edges, steps[0].edges) for step in steps)
    areas = [float((step.values * np.diff(step.edges)).sum()) for step in steps]
    assert areas[0] == pytest.approx(1, abs=0.003)
    assert areas[2] == pytest.approx(0.6, abs=0.01)
    assert "40 % outside" in texts(figure)


def test_a_histogram_cut_at_the_top_says_so(rng, texts):
    figure = samples_sheet(
        {"s": rng.normal(size=(500, 1))}, {"s": {"collapsed": np.full((500, 1), 0.01)}}
    )
    assert any("× truth's" in text for text in texts(figure))
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_curves_are_drawn_over_the_band_in_the_order_of_the_grid(paintings, texts):
    shuffled = np.random.default_rng(0).permutation(15)
    x = paintings(200)
    figure = samples_sheet(
        {"p": x[:, shuffled]}, {"p": {"a": 40 * x[:, shuffled]}}, grids={"p": GRID[shuffled]}
    )
    lines = next(c for c in figure.axes[1].collections if isinstance(c, LineCollection))
    assert len(lines.get_segments()) == 60
    assert all((np.diff(segment[:, 0]) > 0).all() for segment in lines.get_segments())
    assert all(np.ptp(segment[:, 1] - segment[::-1, 1]) < 1e-9 for segment in lines.get_segments())
    assert any(text.endswith("leave the frame") for text in texts(figure))


def test_tables_are_seen_along_the_principal_components_of_the_truth(rng, texts):
    truth = (
        rng.normal(size=(500, 1)) * [1, -2, 5, 0]
        + 0.01 * rng.normal(size=(500, 4)) * [1, 1, 1, 0]
        + 3
    )
    figure = samples_sheet({"wine.csv": truth}, {"wine.csv": {"a": truth[:1]}})
    assert any(text.startswith(("PC 1 (> 99 %)", "PC 1 (100 %)")) for text in texts(figure))
    sd = truth.std(axis=0)
    scaled = (truth - truth.mean(axis=0))[:, :3] / sd[:3]
    first = np.linalg.eigh(scaled.T @ scaled)[1][:, -1]
    drawn = figure.axes[0].lines[0].get_xdata()
    assert np.abs(drawn) == pytest.approx(np.abs(scaled @ first), abs=1e-9)
    assert drawn.mean() == pytest.approx(0, abs=1e-9)
    assert figure.axes[1].lines[-1].get_xdata() == pytest.approx(drawn[:1])


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (1, 8, 8), (3, 4, 4), (7, 4, 4), (6, 6)])
@pytest.mark.parametrize(("n", "constant"), [(1, True), (2, False), (150, True), (150, False)])
def test_every_shape_takes_few_and_constant_examples(rng, check_readable, shape, n, constant):
    truth = np.full((n, *shape), 3.0) if constant else rng.normal(size=(n, *shape))
    figure = samples_sheet(
        {"s": truth}, {"s": {"a": truth[:1], "b": 1e9 * truth, "c": None}}, theme="dark"
    )
    check_readable(figure)


def test_torch_tensors_and_plain_vectors_are_read():
    figure = samples_sheet({"s": torch.randn(40)}, {"s": {"a": torch.zeros(3, 1)}})
    assert len(figure.axes) == 2


def test_rows_fix_the_colours_whatever_is_drawn(ring):
    figure = samples_sheet(
        {"ring": ring(9)}, {"ring": {"vae": ring(9)}}, rows=["autoencoder", "vae"], theme="dark"
    )
    bars = [
        to_hex(patch.get_facecolor()).upper()
        for patch in figure.findobj(Rectangle)
        if patch in figure.artists
    ]
    bars = bars or [to_hex(p.get_facecolor()).upper() for p in figure.patches]
    assert bars == [DARK.truth, *DARK.palette[:2]]
    assert to_hex(figure.axes[2].lines[-1].get_color()).upper() == DARK.palette[1]


def test_density_regions_hold_the_probability_they_claim(rng):
    truth = rng.normal(size=(4000, 2))
    density = density_grid(truth, multivariate_normal(np.zeros(2)).logpdf)
    levels = density.levels()
    heights = multivariate_normal(np.zeros(2)).pdf(truth)
    assert [float((heights >= level).mean()) for level in levels] == pytest.approx(
        [0.99, 0.9, 0.5], abs=0.03
    )
    figure = samples_sheet({"g": truth}, {"g": {"a": truth}}, densities={"g": density})
    assert LIGHT.shades[2].lower() in {to_hex(c) for c in _contour_colours(figure.axes[1])}


def _contour_colours(axes):
    return [colour for collection in axes.collections for colour in collection.get_facecolor()]


def test_a_flat_density_has_one_level_below_its_plateau():
    flat = DensityGrid((np.arange(5.0), np.arange(5.0)), np.zeros((5, 5)))
    assert flat.levels() == [0.9]
    assert DensityGrid((np.arange(3.0),), np.full(3, -np.inf)).levels() == []


def test_the_density_is_drawn_the_right_way_round(rng):
    truth = rng.normal(size=(500, 2)) * [1, 0.25]
    density = density_grid(truth, multivariate_normal(np.zeros(2), [1, 0.0625]).logpdf)
    axes = samples_sheet({"g": truth}, {}, densities={"g": density}).axes[0]
    paths = [
        path
        for collection in axes.collections
        for path in collection.get_paths()
        if len(path.vertices)
    ]
    extent = np.ptp(np.concatenate([path.vertices for path in paths]), axis=0)
    assert extent[0] > 2 * extent[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: samples_sheet({}, {}), "at least one source"),
        (
            lambda: samples_sheet({"s": np.zeros((3, 2))}, {"s": {"a": np.zeros((3, 4))}}),
            r"'a' on 's'.*\(n, 2\)",
        ),
        (lambda: samples_sheet({"s": np.full((3, 2), np.nan)}, {}), "at least one finite"),
        (lambda: samples_sheet({"s": [["a"]]}, {}), "numeric"),
        (lambda: samples_sheet({"s": np.zeros((3, 0))}, {}), "at least one number"),
        (
            lambda: samples_sheet({"s": np.zeros((3, 4))}, {}, grids={"s": np.arange(5)}),
            "grid of 4",
        ),
        (
            lambda: samples_sheet({"s": np.zeros((3, 1, 8, 8))}, {}, grids={"s": np.arange(8)}),
            "curves",
        ),
        (lambda: density_grid(np.zeros((3, 3)), len), "1-D or 2-D"),
        (lambda: DensityGrid((np.arange(3.0),), np.zeros(4)), r"\(3,\)"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


@given(n=st.integers(1, 12), columns=st.integers(1, 5), channels=st.sampled_from([1, 3]))
def test_tiles_keep_every_image_in_order(n, columns, channels):
    x = np.arange(n, dtype=float)[:, None, None, None] * np.ones((n, channels, 4, 4))
    picture = tile_images(x, (0.0, float(n)), columns=columns)
    picture = picture if channels == 1 else picture[..., 0]
    corners = [picture[5 * (i // columns), 5 * (i % columns)] for i in range(n)]
    assert corners == pytest.approx(np.arange(n) / n)
