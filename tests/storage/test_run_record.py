"""What is written of a run beside its weights, and what its rows repeat of that."""

from types import SimpleNamespace

import pytest

from genzoo.core.recipe import Recipe
from genzoo.models import MODELS
from genzoo.results.diagnosis import TrainingEvent
from genzoo.results.making import Making
from genzoo.storage.run_record import run_config, run_facts


@pytest.mark.parametrize("diverged_at", [None, 30])
def test_what_is_written_of_a_run_is_what_its_rows_say(diverged_at: int | None) -> None:
    model = MODELS.create("gan_minimax", (2,), discriminator_steps=2)
    events = (TrainingEvent("collapsed", 9),)
    run = SimpleNamespace(
        model=model,
        seed=3,
        diverged_at=diverged_at,
        parameters=12,
        seconds=1.5,
        stacked=4,
        events=events,
        by_weights={"last": {"distance": 1.0}},
        makings=(Making("Z80", "AVX2", 2, "cpu", "2.6", "replay"),),
    )
    config = run_config(run, {"recipe": Recipe(steps=100, batch_size=8).to_dict(), "device": "cpu"})
    done = diverged_at or 100
    assert config["updates"] == 3 * done
    assert config["examples_seen"] == 2 * 8 * done
    assert config["status"] == ("diverged" if diverged_at else "finished")
    assert [
        config[name]
        for name in ("seed", "event_shape", "diverged_at", "parameters", "training_seconds")
    ] == [*(3, [2], diverged_at, 12, 1.5)]
    assert (config["seeds_together"], config["device"], config["by_weights"]) == (
        4,
        "cpu",
        run.by_weights,
    )
    assert config["made"] == [
        {
            "processor": "Z80",
            "instructions": "AVX2",
            "cores": 2,
            "device": "cpu",
            "torch": "2.6",
            "engine": "replay",
        }
    ]
    assert config["events"] == [{"kind": "collapsed", "step": 9}]
    facts = run_facts(
        config | {"sampling_seconds": 0.1}, lambda: pytest.fail("the budget is known")
    )
    assert facts == {
        "status": config["status"],
        "parameters": 12,
        "training_seconds": 1.5,
        "sampling_seconds": 0.1,
        "examples_seen": 16 * done,
        "updates": 3 * done,
        "evaluations": 1,
    }
    newer = {"examples_seen", "updates", "evaluations"}
    old = {name: value for name, value in config.items() if name not in newer}
    assert run_facts(old | {"sampling_seconds": 0.1}, lambda: model) == facts
    other = MODELS.create("transport", (2,), sampler="heun", sampler_steps=4)
    assert run_facts(old | {"sampling_seconds": 0.1}, lambda: other)["evaluations"] == 8
