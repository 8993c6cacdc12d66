"""Each figure beside the picture of it that somebody has looked at, without its text.

After a change that is meant, look at the new pictures and keep them:
`GENZOO_KEEP_FIGURES=1 python -m pytest tests/figures/test_figures_look.py`.
"""

import os
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

from tests.figures.examples import EXAMPLES

BASELINES = Path(__file__).parent / "baselines"
DPI = 45
TOLERANCES = {"images": 8.0, "losses": 5.0}
TOLERANCE = 3.0
"""Root mean square difference of 8-bit levels.

Matplotlib 3.9 is within 2 of 3.11, where thin lines and pixels are resampled within 5.1; one line
of another style or colour makes 6 and more.
"""


def draw(figure: Figure, path: Path, width: int, height: int) -> None:
    """The figure without its text, which each font draws in its own way, in this many pixels."""
    for text in figure.findobj(Text):
        text.set_visible(False)
    figure.set_size_inches((width + 0.01) / DPI, (height + 0.01) / DPI)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_looks_as_it_did(name: str, tmp_path: Path) -> None:
    figure, expected, actual = EXAMPLES[name](), BASELINES / f"{name}.png", tmp_path / f"{name}.png"
    own = figure.get_size_inches() * DPI
    if os.environ.get("GENZOO_KEEP_FIGURES"):
        draw(figure, expected, *own.round().astype(int))
    height, width = imread(expected).shape[:2]
    assert own == pytest.approx([width, height], abs=6)  # widths of names hang on the font a little
    draw(figure, actual, width, height)
    assert compare_images(str(expected), str(actual), TOLERANCES.get(name, TOLERANCE)) is None


def test_no_baseline_is_left_over() -> None:
    assert {path.stem for path in BASELINES.glob("*.png")} == set(EXAMPLES)
