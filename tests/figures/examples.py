"""One example of each figure, made of closed forms alone: the same everywhere and always."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from genzoo import figures
from genzoo.results.profiles import PerformanceProfiles, ProfileCurve
from genzoo.results.recording import Recording
from genzoo.results.step_scores import StepScore
from genzoo.results.table import Cell, Column, SourceTable
from genzoo.results.types import History
from genzoo.results.verdict import ASKED, Answer, Standing, Verdict

ROWS = ("vae", "gan_minimax", "flow", "oracle", "single_mode")
MODELS = ROWS[:3]
COLUMNS = (Column("js", "JS", "nats"), Column("modes", "modes captured", "", "max"))
GRID = np.linspace(-1, 1, 15)


def study(name: str) -> ModuleType:
    """A module that serves the documentation alone."""
    path = Path(__file__).parents[2] / "docs" / "studies" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


heat_map = study("heat_map")


def spread(n: int, step: float = 0.6180339887) -> np.ndarray:
    """Numbers in (0, 1) that fill it evenly, `(n,)`."""
    return (0.5 + step * np.arange(n)) % 1


def normal(n: int, shift: float = 0.0) -> np.ndarray:
    """Points of a standard normal in the plane, `(n, 2)`."""
    radius, angle = np.sqrt(-2 * np.log((np.arange(n) + 0.5) / n)), 2 * np.pi * (spread(n) + shift)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)]


def ring(n: int, keep: int = 8, sd: float = 0.08) -> np.ndarray:
    angle = 2 * np.pi * (np.arange(n) % keep) / 8
    return np.c_[np.cos(angle), np.sin(angle)] + sd * normal(n)


def paintings(n: int, low: float = 1.0, high: float = 2.0) -> np.ndarray:
    a = low + (high - low) * spread(n)[:, None]
    return a * GRID**2 + a - 1


def history(wave: float, steps: int = 300) -> History:
    t = np.arange(1, steps + 1)
    early, noise = np.exp(-t / 60), 0.05 * np.sin(t / 7 + wave)
    value = -np.log(4) + 0.9 * early + noise
    series = {
        "discriminator/loss": -value,
        "discriminator/D(real)": 0.5 + 0.3 * early + noise,
        "discriminator/D(fake)": 0.5 - 0.3 * early + noise,
        "discriminator/accuracy": np.clip(0.5 + 0.4 * early + noise, 0, 1),
        "discriminator/V": value,
        "generator/loss": 0.7 + early - noise,
    }
    return History(t, series)


def verdict(leaders: tuple[str, ...], standing: Standing = "best", decider: str = "js") -> Verdict:
    """A verdict in which one question has this answer and the others none."""
    closest = Answer("closest", standing, "So it is.", leaders, decider)
    others = (
        Answer(question, "none", "No winner, because nobody asked.")
        for question in ASKED
        if question != "closest"
    )
    return Verdict("So it is.", (closest, *others))


def table(source: str = "ring", shift: float = 0.0) -> SourceTable:
    means = {"js": (0.3 + shift, 0.1, 0.22, 0.001, 0.6), "modes": (8, 5, 7, 8, 1)}
    cells = {
        (row, name): Cell(
            mean, mean - 0.03 - mean / 20, mean + 0.03 + mean / 20, 10, 10, group=group
        )
        for name, values in means.items()
        for row, mean, group in zip(ROWS, values, ("b", "a", "ab", "", ""), strict=True)
    }
    cells["flow", "modes"] = Cell(None, reason="diverged")
    return SourceTable(
        source, COLUMNS, ROWS, cells, verdict=verdict(("gan_minimax", "flow"), "lead")
    )


def profiles() -> PerformanceProfiles:
    levels = np.linspace(-0.5, 1, 61)
    curves = {}
    for i, name in enumerate(MODELS):
        share = norm(0.9 - 0.35 * i, 0.12).sf(levels)
        curves[name] = ProfileCurve(share, np.clip(share - 0.07, 0, 1), np.clip(share + 0.07, 0, 1))
    return PerformanceProfiles(COLUMNS[0], 8, 10, levels, curves)


def glance() -> Figure:
    return figures.glance_figure([table(), table("paintings", 0.3), table("moons")])


def scores() -> Figure:
    return figures.score_figure(table())


def ranks() -> Figure:
    return figures.rank_figure([table(f"source {i}", 0.05 * i) for i in range(6)])


def samples() -> Figure:
    truth = {"ring": ring(400), "paintings": paintings(60), "line": norm.ppf(spread(300))[:, None]}
    drawn = {
        "ring": {"vae": ring(300, sd=0.2), "gan_minimax": ring(300, keep=3), "flow": None},
        "paintings": {
            "vae": paintings(60, 0.8, 2.2),
            "gan_minimax": paintings(60, 1.4, 1.5),
            "flow": paintings(60),
        },
        "line": {name: norm(i / 2, 1).ppf(spread(200))[:, None] for i, name in enumerate(MODELS)},
    }
    density = figures.density_grid(
        truth["ring"], lambda x: norm.logpdf(np.hypot(*x.T), 1, 0.15), size=41
    )
    return figures.samples_sheet(
        truth, drawn, rows=list(MODELS), grids={"paintings": GRID}, densities={"ring": density}
    )


def losses() -> Figure:
    return figures.loss_curves(
        {"gan_minimax": [history(w) for w in range(7)], "flow": [history(2)]}, "ring"
    )


def training_on_paintings() -> Figure:
    drawn = {"vae": paintings(50, 0.9, 2.1), "gan_minimax": paintings(50, 1.4, 1.6)}
    histories = {"gan_minimax": [history(w) for w in range(7)]}
    return figures.curve_training_figure(
        GRID, GRID**2, 2 * GRID**2 + 1, paintings(60), drawn, histories, rows=ROWS
    )


def goodfellow() -> Figure:
    x, z = np.linspace(-4, 4, 81), np.linspace(0.03, 0.97, 15)
    data = norm.pdf(x)
    made = [
        figures.GoodfellowPanel(
            f"step {step}",
            norm(m, 1).pdf(x),
            1 / (1 + np.exp(w * (m * x - m * m / 2))),
            norm(m, 1).ppf(z),
        )
        for step, m, w in zip((0, 10, 100, 999), (2, 1.5, 0.7, 0), (0.4, 1, 1, 1), strict=True)
    ]
    return figures.goodfellow_figure(x, data, z, made)


def modes() -> Figure:
    counts = {
        "vae": [30, 28, 25, 27, 29],
        "gan_minimax": [0, 60, 55, 0, 25],
        "oracle": [20, 40, 20, 40, 20],
    }
    missing = {"gan_minimax": [True, False, False, True, False]}
    weights = np.array([1, 2, 1, 2, 1]) / 7
    return figures.mode_histogram(
        counts, weights, source="ring", totals=dict.fromkeys(counts, 150), missing=missing
    )


def latent() -> Figure:
    codes = {"vae": normal(240), "flow": normal(240, 0.3) * [1.6, 0.4]}
    paths = {"vae": np.linspace([[-2.0, -1.0]], [[2.0, 1.0]], 7).transpose(1, 0, 2)}
    return figures.latent_figure(codes, np.arange(240) % 5, prior=["vae"], paths=paths)


def reconstructions() -> Figure:
    x = paintings(40)
    made = {"vae": x + 0.1 * np.sin(6 * GRID), "flow": paintings(40, 1.2, 1.8)}
    return figures.reconstruction_figure(x, made, source="paintings", grid=GRID)


def images() -> Figure:
    across = np.linspace(-1, 1, 12)
    blobs = [
        np.exp(-8 * ((across[:, None] - a) ** 2 + (across - b) ** 2)) for a, b in 0.6 * normal(16)
    ]
    return figures.image_grid(
        {"vae": np.array(blobs)[:, None] ** 2, "flow": None}, truth=np.array(blobs)[:, None]
    )


def detection() -> Figure:
    shares = np.array([[0.05, 0.5, 1.0, np.nan], [1.0, 0.02, 0.4, 0.9], [0.3, 0.7, 0.06, 0.0]])
    return heat_map.detection_heat_map(
        shares, ["MMD", "coverage", "JS"], ["missing mode", "narrow", "copies", "shift"]
    )


def steps() -> Figure:
    """By closed forms: what falls by the square of the evaluations, to a floor."""
    floors = {("flow", "network"): 0.01, ("ddim", "network"): 0.03, ("flow", "exact"): 0.002}
    scores = [
        StepScore("ring", row, field, seed, most, most, metric, value * (1 + 0.1 * seed))
        for (row, field), floor in floors.items()
        for most in (1, 4, 16, 64)
        for metric, value in (("distance", 1 / most**2 + floor), ("share", 1 - 1 / most))
        for seed in (0, 1)
    ]
    return figures.step_curves(scores, "ring", truth={"distance": 0.002, "share": 0.99})


def film() -> Figure:
    steps = np.array([0, 10])
    field = np.stack([np.hypot(*np.mgrid[-1:1:18j, -1:1:18j])] * 2) / 1.5
    arrays = {"samples": np.stack([normal(200), ring(200, keep=5)]), "discriminator": field}
    constants = {
        "real": ring(200),
        "grid 0": np.linspace(-1.5, 1.5, 18),
        "grid 1": np.linspace(-1.5, 1.5, 18),
    }
    made = Recording(0, steps, {"distance": np.array([1.0, 0.5])}, arrays, constants)
    return figures.film_still({"gan_minimax": made, "flow": made}, rows=ROWS)


EXAMPLES: Mapping[str, Callable[[], Figure]] = {
    make.__name__: make
    for make in (
        glance,
        scores,
        ranks,
        samples,
        losses,
        training_on_paintings,
        goodfellow,
        modes,
        latent,
        reconstructions,
        images,
        detection,
        steps,
        film,
    )
} | {"profiles": lambda: figures.profile_figure(profiles())}
