"""The trainer: stacked seeds equal lone ones, interrupted fits go on, divergence is contained."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.results.types import FitResult
from genzoo.training import Trainer, TrainingProgress
from tests.training.conftest import SHORT


class Line(DataSource):
    event_shape = (3,)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        return Batch(torch.randn(n, 3, generator=generator) * torch.tensor([1.0, 2.0, 0.5]) + 1)


class Quadratic(GenerativeModel):
    """Minimises |w - x|^2 at a rate that `gain` scales; each seed's gradient is known by hand."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__((3,))
        self.gain = gain
        self.part = nn.Module()
        self.part.w = nn.Parameter(torch.randn(3))
        self.other = nn.Parameter(torch.zeros(2))
        self.register_buffer("count", torch.zeros(()))

    def updates(self) -> tuple[Update, ...]:
        return (
            Update("fit", type(self).loss, ("part",), {"z": NoiseSpec("normal", (3,))}),
            Update("late", Quadratic.late, ("other",), window=(0.5, 1.0), steps=2),
        )

    def sampling_noise(self) -> dict[str, NoiseSpec]:
        return {"z": NoiseSpec("normal", (3,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        return self.part.w + noise["z"]

    def loss(self, batch: Batch, noise: Noise) -> Step:
        loss = self.gain * ((self.part.w - batch.x) ** 2).sum(1).mean() + self.other.sum()
        return Step(
            {"loss": loss}, {"progress": batch.progress * torch.ones(())}, {"count": self.count + 1}
        )

    def late(self, batch: Batch, noise: Noise) -> Step:
        return Step({"a": ((self.other - 1) ** 2).sum(), "b": 0 * self.part.w.sum()})


RECIPE = Recipe(steps=100, batch_size=16, learning_rate=1e-2, standardisation="none")


def largest_difference(first: dict[str, Tensor], second: dict[str, Tensor]) -> float:
    return max(float((first[name] - second[name]).abs().max()) for name in first)


MORE = {"gradient_clip": 0.1, "averaging": 0.9, "schedule": "cosine", "weight_decay": 0.1}
KINDS = [
    ("autoencoder", {}),
    ("bigan", MORE),
    ("gan_minimax", MORE),
    ("sngan", MORE),
    ("vae", MORE),
    ("wgan_gp", {}),
]


@pytest.mark.parametrize(("name", "extra"), KINDS)
def test_seeds_stacked_equal_seeds_alone(name: str, extra: dict[str, object]) -> None:
    recipe = Recipe(steps=20, batch_size=16, learning_rate=1e-3).override(**extra)
    trainer = Trainer(dtype=torch.float64)

    def build() -> GenerativeModel:
        return MODELS.create(name, (3,), width=16)

    together = trainer.fit(build, Line(), [4, 0, 7], recipe)
    for seed in (4, 7):
        alone = trainer.fit(build, Line(), [seed], recipe)
        for kind, weights in alone.runs[0].weights.items():
            assert largest_difference(weights, together.run(seed).weights[kind]) < 1e-9
        for column, values in alone.runs[0].history.series.items():
            np.testing.assert_allclose(
                values, together.run(seed).history.series[column], rtol=1e-5, atol=1e-6
            )
    assert (
        largest_difference(together.run(0).weights["last"], together.run(4).weights["last"]) > 1e-3
    )


@pytest.mark.parametrize("decay", [0.0, 0.9, 0.999])
def test_averaged_weights_are_the_weighted_mean_of_the_trained_ones(decay: float) -> None:
    """Also in a run far shorter than the memory: the untrained weights have no share."""
    trainer, steps = Trainer(dtype=torch.float64), 7

    def build() -> GenerativeModel:
        return MODELS.create("gan_minimax", (3,), width=4)

    lasts = [
        trainer.fit(build, Line(), [3], RECIPE.override(steps=n, schedule="constant"))
        .runs[0]
        .weights["last"]
        for n in range(1, steps + 1)
    ]
    recipe = RECIPE.override(steps=steps, schedule="constant", averaging=decay)
    run = trainer.fit(build, Line(), [3], recipe).runs[0]
    shares = [decay ** (steps - n) for n in range(1, steps + 1)]
    for name, value in run.weights["averaged"].items():
        mean = sum(share * last[name] for share, last in zip(shares, lasts, strict=True)) / sum(
            shares
        )
        torch.testing.assert_close(value, mean, rtol=1e-9, atol=1e-12)
    assert largest_difference(run.weights["last"], lasts[-1]) == 0
    assert largest_difference(dict(run.model.state_dict()), run.weights["averaged"]) == 0


class InterruptionError(Exception):
    pass


def interrupt(progress: TrainingProgress) -> None:
    if progress.step >= 3 * SHORT:
        raise InterruptionError


LONG = 3 * SHORT + 1


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("optimiser", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_an_interrupted_fit_continues_to_the_bit(
    tmp_path: Path, optimiser: str, seeds: list[int]
) -> None:
    recipe = RECIPE.override(
        steps=LONG, averaging=0.9, optimiser=optimiser, weight_decay=0.1, warm_up=0.97
    )

    whole = Trainer().fit(Quadratic, Line(), seeds, recipe)
    trainer = Trainer(checkpoint=tmp_path / "fit", checkpoint_seconds=0)
    with pytest.raises(InterruptionError):
        trainer.fit(Quadratic, Line(), seeds, recipe, [interrupt])
    assert list(tmp_path.iterdir())
    heard: list[int] = []
    resumed = trainer.fit(
        Quadratic, Line(), seeds, recipe, [lambda progress: heard.append(progress.step)]
    )
    assert heard == [3 * SHORT, LONG]
    trainer.discard_checkpoints()
    assert not list(tmp_path.iterdir())
    for seed in seeds:
        for kind, weights in whole.run(seed).weights.items():
            assert largest_difference(weights, resumed.run(seed).weights[kind]) == 0
        for column, values in whole.run(seed).history.series.items():
            np.testing.assert_array_equal(values, resumed.run(seed).history.series[column])


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize(
    ("recipe", "seeds", "dtype", "keep"),
    [
        ({"learning_rate": 0.5}, [0, 1], torch.float32, ()),
        ({}, [0, 2], torch.float32, ()),
        ({}, [0, 1], torch.float64, ()),
        ({}, [0, 1], torch.float32, (1,)),
    ],
)
def test_a_checkpoint_of_another_fit_is_not_used(
    tmp_path: Path,
    recipe: dict[str, float],
    seeds: list[int],
    dtype: torch.dtype,
    keep: tuple[int, ...],
) -> None:
    path, long = tmp_path / "fit", RECIPE.override(steps=LONG)
    with pytest.raises(InterruptionError):
        Trainer(checkpoint=path, checkpoint_seconds=0).fit(
            Quadratic, Line(), [0, 1], long, [interrupt]
        )
    assert path.exists()
    heard: list[int] = []
    other = Trainer(dtype=dtype, checkpoint=path)
    other.fit(
        Quadratic,
        Line(),
        seeds,
        long.override(**recipe),
        [lambda progress: heard.append(progress.step)],
        keep,
    )
    assert heard == [SHORT, 2 * SHORT, 3 * SHORT, LONG]


def test_a_damaged_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "fit").write_bytes(b"\x00garbage" * 10)
    with pytest.raises(InputError, match="damaged: delete it"):
        Trainer(checkpoint=tmp_path / "fit").fit(Quadratic, Line(), [0, 1], RECIPE)


def test_a_diverging_seed_leaves_the_others_alone() -> None:
    class Fragile(Quadratic):
        def loss(self, batch: Batch, noise: Noise) -> Step:
            step = super().loss(batch, noise)
            bad = torch.where((self.part.w.sum() > 1e3) & (batch.progress > 0.7), torch.nan, 0.0)
            return Step({"loss": step.terms["loss"] + bad})

    def build() -> Quadratic:
        model = Fragile()
        with torch.no_grad():
            if float(model.part.w[0]) > 0:
                model.part.w += 1e4
        return model

    result = Trainer().fit(build, Line(), list(range(6)), RECIPE)
    diverged = [run.diverged_at for run in result.runs]
    assert set(diverged) == {None, 72}
    for run in result.runs:
        if run.diverged_at is None:
            alone = Trainer().fit(build, Line(), [run.seed], RECIPE)
            torch.testing.assert_close(
                run.weights["last"], alone.runs[0].weights["last"], rtol=1e-4, atol=1e-5
            )


def test_infinite_weights_at_the_last_step_count_as_diverged() -> None:
    class Explosive(Quadratic):
        def loss(self, batch: Batch, noise: Noise) -> Step:
            return Step(
                {"loss": torch.where(batch.progress > 0.98, 1e38, 1.0) * 1e4 * self.part.w.sum()}
            )

    result = Trainer().fit(Explosive, Line(), [0, 1], RECIPE.override(optimiser="sgd"))
    assert [run.diverged_at for run in result.runs] == [100, 100]


def test_updates_change_their_group_alone_and_windows_open_in_time() -> None:
    result = Trainer().fit(Quadratic, Line(), [0, 1], RECIPE)
    for run in result.runs:
        assert int(run.model.count) == 100
        late = run.history.series["late/loss"]
        assert np.isnan(late[:50]).all()
        assert np.isfinite(late[50:]).all()
        assert run.history.series["fit/progress"][0] == 0
        names = {
            "fit/loss",
            "fit/progress",
            "fit/gradient norm",
            "late/loss",
            "late/a",
            "late/b",
            "late/gradient norm",
        }
        assert set(run.history.series) == names
        # untouched until the window opens, though the other update's loss depends on it; then
        # Adam's first step of .01
        np.testing.assert_allclose(late[50], 2 * (1 - 0.01) ** 2, rtol=1e-5)


@pytest.mark.parametrize("seeds", [[5], [5, 6, 7]])
@pytest.mark.parametrize("name", ["gan_minimax", "bigan"])
def test_gradient_norms_are_those_of_whole_updates_before_clipping(
    name: str, seeds: list[int]
) -> None:
    """A step of descent is the gradient times the rate; a clipped one is as long as the bound."""
    recipe = Recipe(steps=3, batch_size=8, optimiser="sgd", learning_rate=0.01, schedule="constant")
    trainer = Trainer(dtype=torch.float64)
    parts = {update.name: update.parameters for update in MODELS.create(name, (3,)).updates()}

    def fit(**fields: object) -> FitResult:
        chosen = recipe.override(**fields)
        return trainer.fit(
            lambda: MODELS.create(name, (3,), width=6), Line(), seeds, chosen, keep=[0, 1, 2, 3]
        )

    for run, bounded in zip(fit().runs, fit(gradient_clip=1e-4).runs, strict=True):
        for update, groups in parts.items():
            own = [key for key in run.snapshots[0] if key.partition(".")[0] in groups]
            for kept, clip in ((run, False), (bounded, True)):
                moved = [
                    torch.cat(
                        [
                            (kept.snapshots[t][key] - kept.snapshots[t + 1][key]).flatten()
                            for key in own
                        ]
                    ).norm()
                    for t in range(3)
                ]
                recorded = kept.history.series[f"{update}/gradient norm"]
                np.testing.assert_allclose(
                    np.array(moved) / 0.01,
                    np.minimum(recorded, 1e-4) if clip else recorded,
                    rtol=1e-5,
                )
        first = (each.history.series["discriminator/gradient norm"][0] for each in (run, bounded))
        np.testing.assert_allclose(*first)
        assert run.history.series["discriminator/gradient norm"].min() > 1e-4


def test_gradients_with_foreign_strides_step_as_plain_ones() -> None:
    """Gradients are contiguous, whatever autograd gives.

    A fused optimiser on the CPU reads them by raw memory.
    """

    class Transposed(GenerativeModel):
        def __init__(self) -> None:
            super().__init__((3,))
            self.m = nn.Parameter(torch.randn(3, 4))

        def updates(self) -> tuple[Update, ...]:
            return (Update("fit", Transposed.loss, ("m",)),)

        def sampling_noise(self) -> dict[str, NoiseSpec]:
            return {"z": NoiseSpec("normal", (4,))}

        def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
            return noise["z"] @ self.m.T

        def loss(self, batch: Batch, noise: Noise) -> Step:
            target = torch.arange(12.0).view(4, 3)
            return Step({"loss": ((self.m.T.contiguous() - target) ** 2).sum()})

    for seeds in ([0], [0, 1]):
        result = Trainer().fit(
            Transposed, Line(), seeds, RECIPE.override(optimiser="sgd", learning_rate=0.1)
        )
        torch.testing.assert_close(result.runs[0].model.m.detach(), torch.arange(12.0).view(4, 3).T)


def test_global_random_state_and_threads_are_left_alone() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    Trainer().fit(Quadratic, Line(), [0, 1], RECIPE.override(steps=5))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_layers_that_draw_for_themselves_are_reproducible_and_touch_no_global_state(
    tmp_path: Path,
) -> None:
    drawn: list[float] = []

    class Dropping(Quadratic):
        def loss(self, batch: Batch, noise: Noise) -> Step:
            drawn.append(float(torch.rand(())))
            return super().loss(batch._replace(x=nn.functional.dropout(batch.x, 0.5)), noise)

    recipe, before = RECIPE.override(steps=200), torch.get_rng_state()
    result = Trainer().fit(Dropping, Line(), [0, 1], recipe)
    assert torch.equal(before, torch.get_rng_state())
    assert [run.stacked for run in result.runs] == [1, 1]
    assert len(set(drawn)) == len(drawn) >= 2 * 200, (
        "no step and no seed repeats the draws of another"
    )
    torch.manual_seed(5)
    trainer = Trainer(checkpoint=tmp_path / "fit", checkpoint_seconds=0)
    with pytest.raises(InterruptionError):
        trainer.fit(Dropping, Line(), [1], recipe, [interrupt])
    resumed = trainer.fit(Dropping, Line(), [1], recipe)
    assert largest_difference(result.run(1).weights["last"], resumed.run(1).weights["last"]) == 0
    plain = Trainer().fit(Quadratic, Line(), [1], recipe)
    assert largest_difference(plain.run(1).weights["last"], resumed.run(1).weights["last"]) > 0


def test_what_cannot_be_stacked_is_trained_seed_by_seed_with_the_same_numbers() -> None:
    class Branching(Quadratic):
        def loss(self, batch: Batch, noise: Noise) -> Step:
            return (
                super().loss(batch, noise) if float(self.part.w.detach().sum()) < 1e9 else Step({})
            )

    class Declared(Quadratic):
        stackable = False

    plain = Trainer().fit(Quadratic, Line(), [0], RECIPE)
    for kind in (Branching, Declared):
        result = Trainer().fit(kind, Line(), [0, 1], RECIPE)
        assert [run.stacked for run in result.runs] == [1, 1]
        assert (
            largest_difference(plain.runs[0].weights["last"], result.runs[0].weights["last"]) == 0
        )


def test_a_projection_acts_on_every_seed_after_every_step() -> None:
    class Clipped(Quadratic):
        def updates(self) -> tuple[Update, ...]:
            return (Update("fit", Quadratic.loss, ("part", "other"), projection=Clipped.clip),)

        def clip(self) -> None:
            self.part.w.clamp_(-0.1, 0.1)

    for seeds in ([0], [0, 1, 2]):
        result = Trainer().fit(Clipped, Line(), seeds, RECIPE)
        for run in result.runs:
            assert float(run.model.part.w.detach().abs().max()) <= 0.1 + 1e-6


def test_units_scalar_column_none() -> None:
    class Table(Line):
        recommended_standardisation = "column"

        def sample(self, n: int, *, generator: torch.Generator) -> Batch:
            x = super().sample(n, generator=generator).x
            x[:, 2] = 5.0
            return Batch(x)

    def scale(standardisation: str) -> Tensor:
        recipe = RECIPE.override(steps=1, standardisation=standardisation)
        return Trainer().fit(Quadratic, Table(), [0], recipe).runs[0].model.scale

    torch.testing.assert_close(scale("scalar"), torch.full((3,), (5 / 3) ** 0.5), rtol=0.02, atol=0)
    torch.testing.assert_close(scale("source"), torch.tensor([1.0, 2.0, 1.0]), rtol=0.02, atol=0)
    assert torch.equal(scale("none"), torch.ones(3))


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1]])
def test_bad_seeds(seeds: list[int]) -> None:
    with pytest.raises(InputError, match="seeds must be distinct"):
        Trainer().fit(Quadratic, Line(), seeds, RECIPE)


def test_a_model_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(2,\).*\(3,\)"):
        Trainer().fit(lambda: MODELS.create("vae", (2,)), Line(), [0], RECIPE)


@pytest.mark.parametrize("seeds", [[3], [3, 5]])
def test_losses_see_model_units(seeds: list[int]) -> None:
    class Watching(Quadratic):
        def loss(self, batch: Batch, noise: Noise) -> Step:
            return Step(
                {"loss": self.part.w.sum() * 0 + self.other.sum() * 0},
                {"mean": batch.x.mean(), "sd": batch.x.std()},
            )

    result = Trainer().fit(
        Watching, Line(), seeds, RECIPE.override(standardisation="column", batch_size=512)
    )
    for run in result.runs:
        assert abs(float(run.history.series["fit/mean"].mean())) < 0.02
        assert abs(float(run.history.series["fit/sd"].mean()) - 1) < 0.02
