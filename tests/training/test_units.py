"""Units that training examples give: robust ones for any column, and models trained in them."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import genzoo
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.data import ArraySource
from genzoo.errors import InputError
from genzoo.testing.specimens import LinearGaussian
from genzoo.training import Trainer
from genzoo.training.engines import EngineName
from genzoo.training.units import fit_units

N = 2000


def normal(seed: int = 0) -> Tensor:
    return torch.randn(N, generator=stream(seed), dtype=torch.float64)


def zeros_but(share: float) -> Tensor:
    """Zeros, and exponential amounts in this share of rows."""
    amounts = normal(1).exp()
    return torch.where(torch.arange(N) < share * N, amounts, 0.0)


COLUMNS = {
    "normal": normal(),
    "log-normal": (2.5 * normal()).exp(),
    "one wild cell": torch.cat([normal()[1:], torch.tensor([1e5])]),
    "ages": (40 + 10 * normal()).round(),
    "yes or no": (normal() > 0).double(),
    "few ones": zeros_but(0.15),
    "fewer": zeros_but(0.07),
    "rare": zeros_but(0.03),
    "one cell": zeros_but(1 / N),
    "far from zero": 1e6 + normal(),
    "tiny": 1e-12 * normal(),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_robust_units_have_mean_zero_and_variance_one(name: str, dtype: torch.dtype) -> None:
    x = COLUMNS[name][:, None].to(dtype)
    units = fit_units(x, "robust")
    u = units.to_model(x)
    assert float(u.double().mean()) == pytest.approx(0, abs=1e-3)
    assert float(u.double().std()) == pytest.approx(1, abs=1e-3)
    assert units.width.dtype == dtype
    largest = float((x - units.centre).abs().max())
    torch.testing.assert_close(
        units.to_data(u), x, rtol=1e-5, atol=1e-6 * largest + 1e-6 * float(units.width)
    )


def test_the_width_is_the_interquartile_range_or_the_next_that_is_not_zero() -> None:
    def width(name: str) -> float:
        return float(fit_units(COLUMNS[name][:, None], "robust").width)

    quantile = lambda name, *levels: np.quantile(COLUMNS[name].numpy(), levels)  # noqa: E731
    assert width("normal") == pytest.approx(np.diff(quantile("normal", 0.25, 0.75))[0])
    assert width("few ones") == pytest.approx(np.diff(quantile("few ones", 0.1, 0.9))[0])
    assert width("fewer") == pytest.approx(np.diff(quantile("fewer", 0.05, 0.95))[0])
    assert width("rare") == pytest.approx(np.diff(quantile("rare", 0.01, 0.99))[0])
    assert width("one cell") == pytest.approx(float(np.ptp(COLUMNS["one cell"].numpy())))


@pytest.mark.parametrize("value", [0.0, 5.0, -1e8, 1e-20])
def test_a_constant_column_is_only_shifted(value: float) -> None:
    for constant in (
        torch.full((50, 1), value),
        torch.full((50, 1), value) * (1 + 1e-8 * torch.randn(50, 1)),
    ):
        units = fit_units(constant, "robust")
        assert float(units.width) == 0
        assert torch.equal(units.to_model(constant), constant - units.centre)
        assert torch.equal(units.to_data(units.to_model(constant)), constant)
        assert float(units.log_volume(torch.zeros(1, 1))) == 0


def test_one_row_is_fine() -> None:
    assert float(fit_units(torch.tensor([[3.0]]), "robust").to_model(torch.tensor([[3.0]]))) == 0


@pytest.mark.thorough
def test_large_tables_are_fine() -> None:
    wide = torch.randn(5000, 4000, generator=stream(0))
    assert fit_units(wide, "robust").to_model(wide[:10]).isfinite().all()


@pytest.mark.parametrize("word", ["whiten", "a", "", "Column", "columns", "non"])
def test_an_unknown_word_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="robust"):
        fit_units(torch.zeros(3, 1), word)


@pytest.mark.parametrize("value", [0.0, 1e-3, 5.0, -1e6])
@pytest.mark.parametrize("word", ["column", "scalar"])
def test_rounding_is_no_spread(word: str, value: float) -> None:
    """Columns that are constant up to the rounding of float32 keep their units.

    A small true spread is a spread.
    """
    rounded = torch.full((50, 1), value) * (1 + 3e-8 * torch.randn(50, 1, generator=stream(0)))
    assert float(fit_units(rounded, word).scale) == 1
    true = value + max(1.0, abs(value)) * 1e-4 * torch.randn(
        50, 1, generator=stream(1), dtype=torch.float64
    )
    assert float(fit_units(true, word).scale) == pytest.approx(
        float(true.std(correction=0)), rel=1e-5
    )


def table() -> ArraySource:
    """Ages, amounts with a heavy tail, a constant."""
    x = torch.stack(
        [COLUMNS["ages"], COLUMNS["log-normal"], torch.full((N,), 7.0, dtype=torch.float64)], dim=1
    )
    return ArraySource(x.float())


@pytest.mark.parametrize(
    "model", ["autoencoder", "vae", "gan_minimax", "wgan_gp", "bigan", "sngan", "gdpp"]
)
def test_models_of_each_kind_train_in_robust_units(model: str) -> None:
    (run,) = genzoo.train(model, table(), steps=10, standardisation="robust", record=False).runs
    x = run.model.sample(200, generator=stream(0))
    assert run.diverged_at is None
    assert x.isfinite().all()
    assert run.model.units.width[2] == 0


@pytest.mark.parametrize("engine", ["eager", "replay"])
def test_seeds_together_and_replayed_see_what_each_sees_alone(engine: EngineName) -> None:
    recipe = Recipe(steps=30, batch_size=8, standardisation="robust", learning_rate=1e-2)
    build = lambda: LinearGaussian((3,))  # noqa: E731
    source, trainer = table(), Trainer(dtype=torch.float64, engine=engine)
    together = trainer.fit(build, source, [0, 1], recipe)
    for run in together.runs:
        alone = trainer.fit(build, source, [run.seed], recipe).runs[0]
        for name, value in alone.weights["last"].items():
            torch.testing.assert_close(run.weights["last"][name], value, rtol=1e-5, atol=1e-7)


def test_robust_units_are_kept_on_disk(tmp_path: Path) -> None:
    (run,) = genzoo.train(
        "vae", table(), steps=5, standardisation="robust", directory=tmp_path / "run"
    ).runs
    back = genzoo.load(tmp_path / "run")
    assert torch.equal(
        back.sample(9, generator=stream(0)), run.model.sample(9, generator=stream(0))
    )
    assert math.isclose(float(back.units.width[0]), float(run.model.units.width[0]))
    assert len(run.watched.steps) == 6
