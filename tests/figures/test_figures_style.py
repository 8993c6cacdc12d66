import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from genzoo.errors import InputError
from genzoo.figures import samples_sheet, save
from genzoo.figures.layout import cap_for
from genzoo.figures.style import CONTROLS, DARK, LIGHT, contrast, get_theme, row_styles
from genzoo.figures.text import number, percent, shorten, text_width, wrap

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


def linear(colour: str):
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_stay_apart_for_every_kind_of_colour_vision(theme, deficiency):
    seen = [lab(np.array(DEFICIENCIES[deficiency]) @ linear(colour)) for colour in theme.palette]
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 12


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_meets_the_contrast_of_wcag_aa_and_colours_can_be_seen(theme):
    assert min(contrast(colour, theme.background) for colour in (theme.text, theme.muted)) >= 4.5
    assert min(contrast(colour, theme.background) for colour in theme.palette) >= 2.2


def test_a_rows_style_depends_on_its_place_among_the_models_only():
    plain = row_styles(["a", "b", "c"], LIGHT)
    with_controls = row_styles(["a", *CONTROLS, "b", "c"], LIGHT)
    assert all(plain[name] == with_controls[name] for name in plain)
    assert all(
        with_controls[name].control and with_controls[name].colour == LIGHT.control
        for name in CONTROLS
    )
    assert len({with_controls[name].marker for name in CONTROLS}) == len(CONTROLS)


def test_many_rows_all_look_different():
    styles = row_styles([f"model_{i}" for i in range(16)], LIGHT)
    assert len(set(styles.values())) == 16


def test_an_unknown_theme_is_named():
    with pytest.raises(InputError, match=r"'blue'.*light, dark"):
        get_theme("blue")


def test_save_writes_the_same_bytes_again_and_leaves_no_other_file(tmp_path, rng):
    def sheet():
        return samples_sheet({"s": rng.normal(size=(50, 2))}, {"s": {"m": np.ones((3, 2))}})

    state = rng.bit_generator.state
    first = save(sheet(), tmp_path / "a:radius=2.5", ("png", "svg"))
    rng.bit_generator.state = state
    second = save(sheet(), tmp_path / "deep" / "b", ("png", "svg"))
    assert [path.name for path in first] == ["a:radius=2.5.png", "a:radius=2.5.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b"<dc:date>" not in first[1].read_bytes()
    assert b"Software" not in first[0].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a:radius=2.5.png",
        "a:radius=2.5.svg",
        "deep",
    ]


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.png").write_text("old")
    figure = Figure()
    figure.savefig = lambda file, **_: (
        file.write(b"half"),
        (_ for _ in ()).throw(RuntimeError("no")),
    )
    with pytest.raises(RuntimeError):
        save(figure, tmp_path / "a")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.png", "old")]


def test_save_says_what_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*a\.png"):
        save(Figure(), tmp_path / "file" / "a")
    with pytest.raises(InputError, match=r"'bmp'.*png, svg"):
        save(Figure(), tmp_path / "a", ("bmp",))


def test_drawing_leaves_matplotlibs_settings_alone_and_does_not_heed_them(texts):
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "axes.grid": True}):
        figure = samples_sheet({"s": np.zeros((3, 2))}, {})
        assert matplotlib.rcParams["font.size"] == 30
    assert dict(matplotlib.rcParams) == before
    assert figure.axes[0].get_facecolor() == (1, 1, 1, 1)
    assert "truth" in texts(figure)


@given(st.text(min_size=1, max_size=80), st.floats(0.3, 4), st.integers(1, 4))
def test_wrapped_names_fit(name, width, lines):
    wrapped = wrap(name, width, lines=lines).split("\n")
    assert len(wrapped) <= lines
    assert all(
        text_width(line) <= max(width, text_width(line[:1] + "…")) + 1e-9 for line in wrapped
    )


def test_a_name_that_fits_is_not_changed():
    assert wrap("gan_minimax", 3) == "gan_minimax"
    assert wrap("gan_minimax:discriminator_steps=3", 2) == "gan_minimax:\ndiscriminator_steps=3"
    assert shorten("short", 3) == "short"


@given(st.lists(st.floats(0.3, 5), min_size=1, max_size=8), st.floats(3, 20))
def test_a_cap_fits_the_room_and_no_larger_one_does(widths, room):
    cap = cap_for(widths, room)
    if sum(widths) <= room:
        assert cap == max(widths)
    elif cap > 0.25:
        assert sum(min(width, cap) for width in widths) == pytest.approx(room)


@given(st.floats(0, 1))
def test_percentages_are_0_and_100_only_where_that_is_true(share):
    assert (percent(share) == "0 %") == (share == 0)
    assert (percent(share) == "100 %") == (share == 1)


@given(st.floats(-1e12, 1e12))
def test_numbers_keep_their_size(value):
    read = float(number(value).replace("\N{MINUS SIGN}", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=0.05)
