"""What a step does to a parameter whose gradient is known, and what is drawn for it."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec, stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.core.units import Units
from genzoo.results.types import TrainedRun
from genzoo.training import Trainer
from genzoo.training.checkpoint import Checkpoint
from genzoo.training.draws import CHUNK, Draws
from genzoo.training.optimiser import clip_each_seed, seed_norms
from genzoo.training.schedule import cosine


class Normal(DataSource):
    event_shape = (2,)

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        return Batch(torch.randn(n, 2, generator=generator))


class Slope(GenerativeModel):
    """Two numbers; the gradient of the first is 1 + its place in training, of the second 1."""

    window = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__((2,))
        self.first = nn.Parameter(torch.zeros(()))
        self.second = nn.Parameter(torch.zeros(()))

    def updates(self) -> tuple[Update, ...]:
        return (
            Update("first", Slope.rising, ("first",)),
            Update("second", Slope.constant, ("second",), window=self.window),
        )

    def sampling_noise(self) -> dict[str, NoiseSpec]:
        return {"z": NoiseSpec("normal", (2,))}

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        return noise["z"] + self.first

    def rising(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": self.first * (1 + batch.progress)})

    def constant(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": self.second * 1.0})


STEPS = 8


def trained(build: type[Slope] = Slope, **fields: object) -> TrainedRun:
    recipe = Recipe(steps=STEPS, batch_size=1, standardisation="none").override(**fields)
    return (
        Trainer(dtype=torch.float64)
        .fit(build, Normal(), [0], recipe, keep=range(STEPS + 1))
        .runs[0]
    )


def path(run: TrainedRun, name: str) -> list[float]:
    return [float(state[name]) for state in run.snapshots.values()]


@pytest.mark.parametrize("final", [0.0, 0.02, 0.5])
def test_the_cosine_schedule_is_its_closed_form(final: float) -> None:
    """Descent along a gradient of 1 moves by the rate: a (f + (1 - f) (1 + cos(pi t / T)) / 2)."""
    run = trained(optimiser="sgd", learning_rate=0.1, schedule="cosine", final_learning_rate=final)
    values = path(run, "second")
    moved = [before - after for before, after in itertools.pairwise(values)]
    expected = [
        0.1 * (final + (1 - final) * (1 + math.cos(math.pi * t / STEPS)) / 2) for t in range(STEPS)
    ]
    assert moved == pytest.approx(expected)
    assert [cosine(place, final) for place in (0, 1 / 3, 1 / 2, 1)] == pytest.approx(
        [1, final + 0.75 * (1 - final), (1 + final) / 2, final]
    )


class Late(Slope):
    window = (0.5, 1.0)


def test_the_schedule_runs_over_the_window_of_an_update() -> None:
    run = trained(Late, optimiser="sgd", learning_rate=0.1, schedule="cosine")
    values = path(run, "second")
    moved = [before - after for before, after in itertools.pairwise(values)]
    rates = [0.1 * cosine(t / 4, 0.02) for t in range(4)]
    assert moved == pytest.approx([0, 0, 0, 0, *rates])


def test_a_constant_schedule_keeps_the_rate_and_each_update_has_its_own() -> None:
    run = trained(optimiser="sgd", learning_rate={"first": 0.3, "second": 0.1})
    assert path(run, "second") == pytest.approx([-0.1 * t for t in range(STEPS + 1)])
    sums = [t + t * (t - 1) / 2 / STEPS for t in range(STEPS + 1)]
    assert path(run, "first") == pytest.approx([-0.3 * total for total in sums])


def adam(gradients: list[float], rate: float, betas: tuple[float, float]) -> Iterator[float]:
    """Kingma and Ba 2015, Algorithm 1, of one number from 0."""
    value = m = v = 0.0
    for t, gradient in enumerate(gradients, start=1):
        m = betas[0] * m + (1 - betas[0]) * gradient
        v = betas[1] * v + (1 - betas[1]) * gradient**2
        value -= rate * m / (1 - betas[0] ** t) / (math.sqrt(v / (1 - betas[1] ** t)) + 1e-8)
        yield value


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.0, 0.0)])
def test_adam_is_its_algorithm(betas: tuple[float, float]) -> None:
    run = trained(optimiser="adam", learning_rate=0.01, betas=betas)
    gradients = [1 + t / STEPS for t in range(STEPS)]
    assert path(run, "first")[1:] == pytest.approx(list(adam(gradients, 0.01, betas)))


def test_rmsprop_is_that_of_torch() -> None:
    run = trained(optimiser="rmsprop", learning_rate=0.01)
    value = torch.zeros((), dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.RMSprop([value], lr=0.01)
    for t in range(STEPS):
        value.grad = torch.tensor(1 + t / STEPS, dtype=torch.float64)
        theirs.step()
    assert path(run, "first")[-1] == pytest.approx(value.item())


class Bowl(Slope):
    """The gradient of the first is its value; the second has none."""

    def __init__(self) -> None:
        super().__init__()
        nn.init.constant_(self.first, 2.0)
        nn.init.constant_(self.second, 3.0)

    def updates(self) -> tuple[Update, ...]:
        return (
            Update("first", Bowl.curved, ("first",)),
            Update("second", Bowl.flat, ("second",)),
        )

    def curved(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": self.first**2 / 2})

    def flat(self, batch: Batch, noise: Noise) -> Step:
        return Step({"loss": 0 * self.second})


def descent(optimiser: torch.optim.Optimizer, value: Tensor) -> Iterator[float]:
    """The values of a number whose gradient is the number itself."""
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [2, 6], gamma=0.5)
    rising = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=1 / 4, total_iters=3)
    yield value.item()
    for _ in range(STEPS):
        value.grad = value.detach().clone()
        optimiser.step()
        schedule.step()
        rising.step()
        yield value.item()


SCHEDULED = {
    "schedule": "step",
    "milestones": (0.25, 0.75),
    "step_factor": 0.5,
    "warm_up": 0.5,
    "gradient_clip": 1e9,
}


def test_weight_decay_warm_up_and_step_decay_of_adam_are_those_of_torch() -> None:
    run = trained(Bowl, learning_rate=0.1, weight_decay={"first": 0.3, "second": 0.0}, **SCHEDULED)
    value = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.AdamW([value], lr=0.1, weight_decay=0.3)
    assert path(run, "first") == pytest.approx(list(descent(theirs, value)), rel=1e-12)
    assert set(path(run, "second")) == {3.0}


@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop", "adam"])
def test_a_parameter_without_gradient_decays_by_rate_times_decay(optimiser: str) -> None:
    run = trained(Bowl, optimiser=optimiser, learning_rate=0.1, weight_decay=0.5)
    assert path(run, "second") == pytest.approx([3 * 0.95**t for t in range(STEPS + 1)])


def test_a_step_schedule_at_equal_distances_is_that_of_torch() -> None:
    run = trained(optimiser="sgd", learning_rate=0.1, schedule="step", milestones=(0.25, 0.5, 0.75))
    moved = [before - after for before, after in itertools.pairwise(path(run, "second"))]
    value = torch.zeros(())
    theirs = torch.optim.SGD([value], lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(theirs, step_size=2, gamma=0.1)
    rates = []
    for _ in range(STEPS):
        rates.append(schedule.get_last_lr()[0])
        theirs.step()
        schedule.step()
    assert moved == pytest.approx(rates)


def test_warm_up_runs_over_the_window_of_an_update() -> None:
    run = trained(Late, optimiser="sgd", learning_rate=0.1, warm_up=0.5, schedule="cosine")
    moved = [before - after for before, after in itertools.pairwise(path(run, "second"))]
    rates = [0.1 * cosine(t / 4, 0.02) for t in range(4)]
    assert moved == pytest.approx([0, 0, 0, 0, rates[0] / 2, *rates[1:]])


@pytest.mark.parametrize("window", [(0.0, 0.5), (0.25, 0.75), (0.5, 1.0), (0.3, 0.4)])
def test_an_update_moves_its_parameters_within_its_window_only(window: tuple[float, float]) -> None:
    class Windowed(Slope):
        pass

    Windowed.window = window
    run = trained(Windowed, optimiser="sgd", learning_rate=0.1)
    active = [window[0] <= t / STEPS < window[1] for t in range(STEPS)]
    assert path(run, "second") == pytest.approx([-0.1 * sum(active[:t]) for t in range(STEPS + 1)])
    seen = run.history.series["second/loss"]
    assert [value == value for value in seen] == active
    assert sum(active) in {4, 1}


def test_clipping_shortens_a_long_gradient_and_leaves_a_short_one() -> None:
    gradients = [torch.tensor([[3.0], [0.3]]), torch.tensor([[4.0], [0.4]])]
    norms = seed_norms(gradients, 2)
    assert norms.tolist() == pytest.approx([5.0, 0.5])
    first, second = clip_each_seed(gradients, norms, 2.0)
    assert first.flatten().tolist() == pytest.approx([1.2, 0.3])
    assert second.flatten().tolist() == pytest.approx([1.6, 0.4])


UPDATES = (
    Update(
        "a",
        Slope.constant,
        ("second",),
        {"z": NoiseSpec("normal", (2,)), "u": NoiseSpec("normal", (2,))},
        steps=2,
    ),
    Update("b", Slope.constant, ("second",), {"z": NoiseSpec("normal", (2,))}),
)


def draws(seeds: list[int]) -> Draws:
    ones = torch.ones(len(seeds), 2)
    return Draws(Normal(), UPDATES, seeds, 3, Units(0 * ones, ones))


def test_every_update_noise_and_seed_has_a_stream_of_its_own() -> None:
    made = draws([0, 1])
    drawn = [
        batch.x[seed]
        for update in UPDATES
        for batch in made.batches(update, 0, 10)[:2]
        for seed in (0, 1)
    ]
    for update in UPDATES:
        drawn += [
            values[seed]
            for noise in made.noise(update)[:2]
            for values in noise.values()
            for seed in (0, 1)
        ]
    assert len({tuple(values.flatten().tolist()) for values in drawn}) == len(drawn) == 20


def test_draws_are_those_of_the_named_streams_whatever_else_is_drawn() -> None:
    both, alone = draws([4, 7]), draws([7])
    n = CHUNK * 2 * 3
    expected = torch.randn(n, 2, generator=stream(7, "train", "a", "data")).view(CHUNK * 2, 3, 2)
    assert torch.equal(
        torch.stack([batch.x[1] for batch in both.batches(UPDATES[0], 0, 10)]), expected
    )
    assert torch.equal(
        torch.stack([batch.x for batch in alone.batches(UPDATES[0], 0, 10)]), expected
    )
    noise = torch.randn(n, 2, generator=stream(7, "train", "a", "u")).view(CHUNK * 2, 3, 2)
    assert torch.equal(torch.stack([drawn["u"] for drawn in alone.noise(UPDATES[0])]), noise)


def test_progress_counts_training_steps_from_the_first_of_the_chunk() -> None:
    for update in UPDATES:
        batches = draws([0]).batches(update, 128, 256)
        expected = [(128 + step) / 256 for step in range(CHUNK) for _ in range(update.steps)]
        assert [float(batch.progress) for batch in batches] == pytest.approx(expected)


def test_a_checkpoint_is_read_by_the_fit_that_wrote_it_only(tmp_path: Path) -> None:
    file = tmp_path / "fit"
    Checkpoint(file, "mine", every=0).write({"w": torch.ones(2)}, {"step": 3})
    tensors, facts = Checkpoint(file, "mine").read() or ({}, {})
    assert torch.equal(tensors["w"], torch.ones(2))
    assert facts == {"step": 3}
    assert Checkpoint(file, "another's").read() is None


def test_a_checkpoint_is_due_after_its_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("genzoo.training.checkpoint.time.monotonic", lambda: now[0])
    checkpoint = Checkpoint(tmp_path / "fit", "mine", every=5.0)
    now[0] = 104.0
    assert not checkpoint.due()
    now[0] = 105.0
    assert checkpoint.due()
    checkpoint.write({"w": torch.ones(1)}, {})
    assert not checkpoint.due()
