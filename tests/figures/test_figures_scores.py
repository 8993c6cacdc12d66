import pytest
from matplotlib.colors import to_hex

from genzoo.errors import InputError
from genzoo.figures import score_figure
from genzoo.figures.style import LIGHT
from genzoo.results.table import Cell, Column, SourceTable

HOSTILE = "$x_1$<script>alert('_')</script>"
LONG = "gan_minimax:discriminator_steps=3"
ROWS = ("vae", LONG, HOSTILE, "oracle", "single_mode")
COLUMNS = (
    Column("js", "JS divergence", "nats", "min"),
    Column("modes", "modes captured", "", "max"),
    Column("hq", "high-quality share", "", "target"),
    Column("ll", "log-likelihood of the held-out rows", "nats", "max"),
    Column("time", "training time", "s", "min"),
)


def table(**cells):
    rows = ROWS
    made = {
        (row, c.name): Cell(1.0 + i, 0.9 + i, 1.2 + i, 5, 5)
        for i, row in enumerate(rows)
        for c in COLUMNS
    }
    made |= {tuple(key.split("__")): cell for key, cell in cells.items()}
    return SourceTable("high_dim_mixture:dimension=10,modes=5", COLUMNS, rows, made)


def panel_of(figure, i):
    return figure.axes[i]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_cell_is_a_dot_an_interval_and_a_number(texts, check_readable, theme):
    figure = score_figure(table(), theme=theme)
    check_readable(figure)
    assert len(figure.axes) == len(COLUMNS)
    for axes in figure.axes:
        dots = [line for line in axes.lines if line.get_marker() not in ("None", None)]
        bars = [
            line
            for line in axes.lines
            if len(line.get_xdata()) == 2 and line.get_ydata()[0] in range(5)
        ]
        assert [dot.get_xdata()[0] for dot in dots] == [1, 2, 3, 4, 5]
        spans = [list(bar.get_xdata()) for bar in bars if bar.get_ydata()[0] == bar.get_ydata()[1]]
        assert spans == [pytest.approx([0.9 + i, 1.2 + i]) for i in range(5)]
    said = texts(figure)
    assert said.count("5.00") == len(COLUMNS)
    assert said.count("↓ lower is better") == 2
    assert said.count("↑ higher is better") == 2
    assert said.count("◎ nearer the oracle is better") == 1


def test_controls_are_hollow_and_models_in_the_colours_of_their_rows():
    dots = [
        line
        for line in score_figure(table()).axes[0].lines
        if line.get_marker() not in ("None", None)
    ]
    assert [to_hex(dot.get_markerfacecolor()).upper() for dot in dots] == [
        *LIGHT.palette[:3],
        LIGHT.background,
        LIGHT.background,
    ]


def test_what_has_no_value_says_so_with_its_reason(texts):
    cells = {"vae__js": Cell(None, reason="no density"), "oracle__js": Cell(float("nan"))}
    said = texts(score_figure(table(**cells)))
    assert said.count("n/a") == 2
    assert "no density" in said
    missing = SourceTable("s", COLUMNS[:1], ("vae",), {})
    assert {"n/a", "not measured"} <= set(texts(score_figure(missing)))


def test_failed_runs_bounds_and_flags_stand_beside_the_number(texts):
    said = texts(score_figure(table(vae__js=Cell(0.5, 0.4, 0.6, 7, 10, bound="lower", flag="†"))))
    assert "≥ 0.50" in said
    assert "7/10 †" in said


def test_positive_scores_far_apart_get_a_logarithmic_axis():
    axes = score_figure(table(vae__js=Cell(0.001, -0.001, 0.003, 5, 5))).axes
    assert axes[0].get_xscale() == "log"
    assert axes[1].get_xscale() == "linear"


def test_a_control_far_off_becomes_an_arrow_at_the_edge(texts):
    figure = score_figure(table(single_mode__js=Cell(-90.0, -91.0, -89.0, 5, 5)))
    axes = figure.axes[0]
    assert axes.get_xlim()[0] > -20
    assert [line.get_marker() for line in axes.lines].count("<") == 1
    assert "−90.0" in texts(figure)


def test_the_oracles_interval_and_the_optimum_are_marked(texts):
    figure = score_figure(table(), optima={"hq": 0.98889})
    shaded = figure.axes[0].transData.inverted().transform(figure.axes[0].patches[0].get_extents())
    assert shaded[:, 0] == pytest.approx([3.9, 4.2])
    assert 0.98889 in [line.get_xdata()[0] for line in figure.axes[2].lines]
    assert figure.axes[2].get_xlim()[0] < 0.98889
    assert "◎ nearer 0.989 is better" in texts(figure)


@pytest.mark.parametrize("scale", [1e-7, 1e5, 1e9])
def test_very_small_and_large_scores_have_plain_ticks(check_readable, scale):
    cells = {
        (row, "js"): Cell((1 + i) * scale, i * scale, (2 + i) * scale, 5, 5)
        for i, row in enumerate(ROWS)
    }
    figure = score_figure(SourceTable("s", COLUMNS[:1], ROWS, cells))
    check_readable(figure)
    assert not figure.axes[0].xaxis.get_offset_text().get_text()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-12, 1e300])
def test_a_single_value_without_an_interval_is_drawn(check_readable, value):
    figure = score_figure(
        SourceTable("s", COLUMNS[:1], ("vae",), {("vae", "js"): Cell(value, None, None, 1, 1)})
    )
    low, high = figure.axes[0].get_xlim()
    assert low < value < high
    check_readable(figure)


def test_an_empty_table_is_named():
    with pytest.raises(InputError, match="nothing to draw"):
        score_figure(SourceTable("s", (), (), {}))
