import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from genzoo.errors import InputError
from genzoo.figures import curve_training_figure, loss_curves
from genzoo.figures.style import LIGHT
from genzoo.figures.traces import Trace, trace
from genzoo.results.types import History

GRID = np.linspace(-1, 1, 15)
HOSTILE = "$x_1$<script>alert('_')</script>"
LONG = "gan_minimax:discriminator_steps=3"


def level_lines(axes):
    """Heights of the horizontal lines across a panel."""
    return [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def legend_names(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_theory_stands_at_a_half_and_at_minus_log_4(gan_history, check_readable):
    figure = loss_curves({"gan_minimax": [gan_history() for _ in range(6)]}, "ring")
    panels = {tuple(legend_names(axes)): level_lines(axes) for axes in figure.axes}
    assert panels == {
        ("discriminator loss", "generator loss"): [],
        ("D(real)", "D(fake)", "0.5"): [0.5],
        ("accuracy", "0.5"): [0.5],
        ("V", "−log 4"): [pytest.approx(-1.3862944)],
    }
    check_readable(figure)


def test_the_least_loss_stands_where_losses_do(check_readable):
    t = np.arange(1, 40)
    series = {"transport/squared error": 2 + 5 / t, "transport/loss": 2 + 5 / t}
    run = History(t, series | {"transport/gradient norm": 1 / t**2})
    figure = loss_curves({"flow": [run], "other": [run]}, "ring", least={"flow": 1.79})
    panels = [(legend_names(axes), level_lines(axes)) for axes in figure.axes]
    assert panels == [
        (["transport loss", "least 1.79"], [1.79]),
        (["gradient norm"], []),
        (["transport loss"], []),
        (["gradient norm"], []),
    ]
    check_readable(figure)


def test_terms_that_say_the_same_as_a_loss_are_drawn_once(rng):
    t = np.arange(1, 40)
    reconstruction, kl = rng.random(39), rng.random(39)
    loss = reconstruction + kl
    series = {
        "vae/reconstruction": reconstruction,
        "vae/KL": kl,
        "vae/loss": loss,
        "vae/ELBO": 3 - loss,
    }
    figure = loss_curves({"vae": [History(t, series)]}, "ring")
    assert [legend_names(axes) for axes in figure.axes] == [
        ["vae loss"],
        ["reconstruction"],
        ["KL"],
    ]


def test_smoothing_is_stated_on_the_axis(gan_history):
    smooth = loss_curves({"a": [gan_history(1500)]}, "ring", points=150)
    rough = loss_curves({"a": [gan_history(100)]}, "ring", points=150)
    assert smooth.axes[-1].get_xlabel() == "training step (each point: mean of 10)"
    assert rough.axes[-1].get_xlabel() == "training step"


def test_few_seeds_are_lines_and_many_a_band(gan_history, texts):
    few = loss_curves({"a": [gan_history() for _ in range(3)]}, "ring")
    many = loss_curves({"a": [gan_history() for _ in range(10)]}, "ring")
    accuracy = next(i for i, axes in enumerate(few.axes) if legend_names(axes)[0] == "accuracy")
    assert len(few.axes[accuracy].lines) == 3 + 1 + 1
    assert not few.axes[accuracy].collections
    assert len(many.axes[accuracy].lines) == 1 + 1
    assert len(many.axes[accuracy].collections) == 1
    assert "Each of 3 seeds and their median." in texts(few)
    assert "Median and band (10th to 90th percentile) over 10 seeds." in texts(many)


def test_rows_fix_the_colours_of_losses(gan_history):
    figure = loss_curves(
        {"gan": [gan_history()]}, "ring", rows=["oracle", "vae", "autoencoder", "gan"]
    )
    assert to_hex(figure.axes[0].lines[0].get_color()).upper() == LIGHT.palette[2]


def test_a_diverged_seed_is_counted_crossed_and_left_out_of_the_median(gan_history, texts):
    runs = [gan_history() for _ in range(9)] + [gan_history(diverged_at=200)]
    figure = loss_curves({"gan": runs}, "ring")
    assert "1 of 10 diverged" in texts(figure)
    crosses = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "x"]
    assert len(crosses) == 6
    assert all(190 < cross.get_xdata()[0] <= 200 for cross in crosses)
    assert np.isfinite(figure.axes[0].lines[-1].get_ydata()).all()


def test_a_peak_that_is_cut_is_stated(gan_history, texts):
    run = gan_history()
    run.series["discriminator/accuracy"][300] = 1e30
    figure = loss_curves({"gan": [run]}, "ring")
    assert any(text.startswith("up to") for text in texts(figure))


def test_nothing_recorded_is_said(texts, check_readable):
    empty = History(np.zeros(0, dtype=np.int64), {})
    figure = loss_curves(
        {"a": [], HOSTILE: [empty], "_b": [History(np.arange(3), {"a/loss": np.full(3, np.nan)})]},
        "s",
    )
    assert texts(figure).count("no history") == 3
    check_readable(figure)


def test_awkward_histories_are_drawn(gan_history, check_readable):
    one = History(np.array([1]), {"fit/loss": np.array([2.0])})
    constant = History(np.arange(1, 9), {"fit/loss": np.full(8, 3.0)})
    many = History(
        np.arange(1, 9), {f"fit/unit {i}": np.arange(8.0) ** i + i for i in range(2, 16)}
    )
    spread = History(np.arange(1, 9), {"fit/loss": 10.0 ** -np.arange(8)})
    runs = {
        LONG: [gan_history(50), gan_history(70)],
        "one": [one],
        "constant": [constant],
        "many": [many],
        HOSTILE: [spread],
    }
    figure = loss_curves(runs, "high_dim_mixture:dimension=10,modes=5", theme="dark")
    assert figure.axes[-1].get_yscale() == "log"
    check_readable(figure)


def test_mistakes_are_named(gan_history):
    with pytest.raises(InputError, match="at least one model"):
        loss_curves({}, "ring")
    with pytest.raises(InputError, match="at least 2"):
        loss_curves({"a": [gan_history()]}, "ring", points=1)


@given(arrays(float, (6, 9), elements=st.floats(-5, 5) | st.just(np.nan)), st.floats(0, 1))
def test_quantiles_over_seeds_are_numpys(values, q):
    ours = Trace(np.arange(9.0), values, 1).quantile(q)
    for column, mine in zip(values.T, ours, strict=True):
        kept = column[np.isfinite(column)]
        assert (
            mine == pytest.approx(np.quantile(kept, q), abs=1e-12) if len(kept) else np.isnan(mine)
        )


@given(steps=st.integers(1, 500), points=st.integers(2, 60), short=st.integers(1, 500))
def test_binning_keeps_the_mean_and_the_order(steps, points, short):
    values = np.random.default_rng(steps).normal(size=steps)
    runs = [History(np.arange(1, steps + 1), {"a/loss": values})]
    data = trace(runs, "a/loss", points=points)
    assert len(data.steps) == min(points, steps)
    assert (np.diff(data.steps) > 0).all()
    sizes = np.diff(np.searchsorted(np.arange(1, steps + 1), [*_edges(steps, points), steps + 1]))
    assert (sizes * data.values[0]).sum() == pytest.approx(values.sum(), abs=1e-9)
    assert sizes.max() == data.width
    cut = History(np.arange(1, min(short, steps) + 1), {"a/loss": values[:short]})
    assert trace([*runs, cut], "a/loss", points=points).values.shape == (2, len(data.steps))


def _edges(steps, points):
    return (
        np.arange(1, steps + 1) if points >= steps else np.linspace(1, steps + 1, points + 1)[:-1]
    )


def paintings_figure(paintings, gan_history, **options):
    leaving = np.concatenate(
        [paintings(29), paintings(8, 0.5, 0.9), paintings(9, 2.1, 2.5), np.full((4, 15), np.inf)]
    )
    curves = {
        "vae": paintings(80, 1.1, 1.9),
        "gan_minimax": leaving,
        "oracle": paintings(80),
        "broken": None,
    }
    histories = {
        "vae": [History(np.arange(1, 5), {"vae/loss": np.ones(4)})],
        "gan_minimax": [gan_history() for _ in range(6)],
        "broken": [gan_history(diverged_at=40) for _ in range(6)],
    }
    return curve_training_figure(
        GRID, GRID**2, 2 * GRID**2 + 1, paintings(100), curves, histories, **options
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_stand_between_their_bounds_and_monitors_beside_their_targets(
    paintings, gan_history, texts, check_readable, theme
):
    figure = paintings_figure(paintings, gan_history, bound_labels=("x²", "2x² + 1"), theme=theme)
    check_readable(figure)
    said = texts(figure)
    assert [text for text in said if text.endswith("within the bounds")] == [
        "100 % within the bounds",
        "58 % within the bounds",
        "100 % within the bounds",
    ]
    assert {"diverged", "x²", "2x² + 1", "target 0.5", "target −log 4"} <= set(said)
    assert [level for axes in figure.axes for level in level_lines(axes)] == [
        0.5,
        pytest.approx(-1.3862944),
    ]
    first = figure.axes[0]
    bounds = [line for line in first.lines if len(line.get_ydata()) == 15]
    assert np.array_equal(bounds[0].get_ydata(), GRID**2)
    assert np.array_equal(bounds[1].get_ydata(), 2 * GRID**2 + 1)


@pytest.mark.parametrize("rows", [1, 2, 3, 6, 7])
def test_any_number_of_rows_can_be_read(paintings, gan_history, check_readable, rows):
    names = [LONG, HOSTILE, "_x", "oracle", "single_mode", "mine", "yours"][:rows]
    histories = {name: [gan_history(10000)] for name in names}
    curves = dict.fromkeys(names, paintings(3))
    figure = curve_training_figure(GRID, GRID**2, 2 * GRID**2 + 1, paintings(5), curves, histories)
    check_readable(figure)
    shown = {name for axes in figure.axes if axes.get_legend() for name in legend_names(axes)}
    assert {name for name in names if len(name) < 12} <= shown


def test_without_a_discriminator_there_are_only_curves(paintings):
    figure = curve_training_figure(
        GRID, GRID**2, 2 * GRID**2 + 1, paintings(5), {"vae": paintings(1)}, {"vae": []}
    )
    assert len(figure.axes) == 2


def test_a_row_has_the_same_colour_in_curves_and_monitors(paintings, gan_history):
    figure = paintings_figure(
        paintings, gan_history, rows=["autoencoder", "vae", "gan_minimax", "broken"]
    )
    bundle = next(c for c in figure.axes[2].collections if isinstance(c, LineCollection))
    monitor = next(
        axes for axes in figure.axes if axes.get_title(loc="left").startswith("D accuracy")
    )
    assert to_hex(bundle.get_colors()[0]).upper() == LIGHT.palette[2]
    assert LIGHT.palette[2] in {to_hex(line.get_color()).upper() for line in monitor.lines}


def test_shapes_that_do_not_agree_are_named(paintings):
    with pytest.raises(InputError, match=r"\(14,\)"):
        curve_training_figure(GRID, GRID[1:], GRID, paintings(5), {}, {})
    with pytest.raises(InputError, match="'a'"):
        curve_training_figure(GRID, GRID**2, GRID**2 + 1, paintings(5), {"a": np.zeros((3, 4))}, {})
