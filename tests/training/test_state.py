"""A checkpoint keeps the parts of a fit under names that stay, so that earlier files are read."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.models import MODELS
from genzoo.training import Trainer, TrainingProgress
from genzoo.training.state import InPlace, State, gathered, hand_out

NAMES = {
    "draws",
    "flat/0",
    "flat/1",
    "average/0",
    "average/1",
    "buffer/scale",
    "buffer/shift",
    "kept/0/0",
    "kept/0/1",
    "kept/0/2",
    "kept/0/3",
    "record/diverged_at",
    "record/rows/discriminator",
    "record/rows/generator",
    "record/steps/discriminator",
    "record/steps/generator",
    "optimiser/discriminator/0.exp_avg",
    "optimiser/discriminator/0.exp_avg_sq",
    "optimiser/discriminator/0.step",
    "optimiser/generator/0.exp_avg",
    "optimiser/generator/0.exp_avg_sq",
    "optimiser/generator/0.step",
}


def test_the_names_in_a_checkpoint_stay(tmp_path: Path) -> None:
    def stop(progress: TrainingProgress) -> None:
        if progress.step == 128:
            raise KeyboardInterrupt

    trainer = Trainer(checkpoint=tmp_path / "fit", checkpoint_seconds=0)
    recipe = Recipe(steps=200, batch_size=4, averaging=0.9)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(
            lambda: MODELS.create("gan_minimax", (2,), width=4, depth=1),
            create_source("ring"),
            [0, 1],
            recipe,
            [stop],
            (0,),
        )
    with safe_open(tmp_path / "fit", framework="pt") as file:
        assert set(file.keys()) == NAMES
        facts = json.loads(file.metadata()["facts"])
    assert facts["step"] == 64
    assert set(facts) == {"step", "seconds", "names", "made"}
    assert set(facts["names"]) == {"discriminator", "generator"}


class Single:
    """A part of one tensor and one fact."""

    def __init__(self, value: float) -> None:
        self.value = torch.tensor(value)
        self.word = str(value)

    def state(self) -> State:
        return State({"": self.value}, {"word": self.word})

    def load_state(self, state: State) -> None:
        self.value, self.word = state.tensors[""], state.facts["word"]


def test_each_part_gets_its_own_back() -> None:
    held = torch.ones(2)
    written = {"one": Single(1.5), "on": InPlace({"a": torch.zeros(2), "b/c": torch.zeros(3)})}
    state = gathered(written)
    assert set(state.tensors) == {"one", "on/a", "on/b/c"}
    read = {"one": Single(0.0), "on": InPlace({"a": held, "b/c": torch.ones(3)})}
    hand_out(state, read)
    assert read["one"].value == 1.5
    assert read["one"].word == "1.5"
    assert not held.any(), "written over in place"
