"""Steps that are compiled ahead are those that training would compile."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, fx

import genzoo
from genzoo.cli import main
from genzoo.core.model import Update
from genzoo.core.recipe import Recipe
from genzoo.errors import EngineFallback
from genzoo.experiment.experiment import Experiment
from genzoo.training import Trainer, ahead, compiled, engines
from genzoo.training.compiler import compile_graph
from tests.training.test_engines import Line

Shapes = list[tuple[str, list[tuple[int, ...]]]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Shapes:
    """What the compiler is given: the code of each graph and the shapes of its arguments."""
    graphs: Shapes = []

    def uncompiled(
        module: fx.GraphModule, arguments: Sequence[Tensor], *, templates: bool = False
    ) -> Callable[..., Any]:
        graphs.append((module.code, [tuple(argument.shape) for argument in arguments]))
        return module

    monkeypatch.setattr(compiled, "compile_graph", uncompiled)
    monkeypatch.setattr(compiled, "has_templates", lambda dtype: True)
    monkeypatch.setattr(engines, "has_compiler", lambda: True)
    return graphs


class TwoStages(Line):
    """Its second half has another turn."""

    def updates(self) -> tuple[Update, ...]:
        (update,) = super().updates()
        first = replace(update, window=(0.0, 0.5))
        return (first, replace(update, name="again", window=(0.5, 1.0)))


def line(event_shape: tuple[int, ...]) -> Line:
    return Line()


def test_they_are_what_training_compiles(seen: Shapes) -> None:
    trainer = Trainer(engine="compiled")
    given = (TwoStages, genzoo.create_source("ring"), [0, 1], Recipe(steps=6, batch_size=4))
    said = trainer.compile_ahead(*given)
    assert (said.kinds, said.refusal) == (2, "")
    before = list(seen)
    seen.clear()
    trainer.fit(*given)
    assert seen == before
    assert len(seen) == 2


def test_a_row_for_each_size_of_stack_says_what_was_done(
    seen: Shapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[float, str]] = []
    monkeypatch.setattr(
        Experiment, "stacks", lambda self, one, where: ((0, 1), (2,), (3,))[: len(self.seeds)]
    )
    # The second is found on disk.
    monkeypatch.setattr(ahead, "_found", lambda: len(seen) // 2)
    done = genzoo.precompile(
        [line, "gaussian"],
        ["ring"],
        seeds=3,
        steps=400_000,
        observer=lambda share, doing: heard.append((share, doing)),
    )
    assert [(one.model, one.seeds, one.state) for one in done] == [
        ("line", 2, "compiled"),
        ("line", 1, "found"),
        ("gaussian", 2, "not compiled"),
        ("gaussian", 1, "not compiled"),
    ]
    assert len(seen) == 2
    assert heard[1] == (0.25, "line on ring, 1 seeds")


def test_what_is_not_compiled_says_why(seen: Shapes, capsys: pytest.CaptureFixture[str]) -> None:
    (short,) = genzoo.precompile(["vae:width=4"], ["ring"], seeds=2, steps=1_500)
    assert str(short) == "not compiled: engine replay pays for 1500 steps of 2 seeds"
    (asked,) = genzoo.precompile(["vae:width=4"], ["ring"], seeds=2, engine="eager")
    assert str(asked) == "not compiled: engine eager was asked for"
    with pytest.warns(EngineFallback):
        (clipped,) = genzoo.precompile(["wgan_clip:width=4"], ["ring"], seeds=2, engine="compiled")
    assert str(clipped) == "not compiled: update 'discriminator' has a projection"
    assert not seen
    words = ["precompile", "-m", "wgan_clip:width=4", "-d", "ring", "--seeds", "2"]
    assert main([*words, "--engine", "compiled"]) == 0
    assert "not compiled: update 'discriminator' has a projection" in capsys.readouterr().out
    assert main(["precompile", "-m", "nothing"]) == 2


@pytest.mark.thorough
def test_torch_finds_what_was_compiled_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))

    class Sum(torch.nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor]:
            return (x + y,)

    arguments = [torch.ones(3, 5), torch.ones(5)]
    found = []
    for _ in range(2):
        before = ahead._found()
        (total,) = compile_graph(fx.symbolic_trace(Sum()), arguments)(*arguments)
        assert torch.equal(total, torch.full((3, 5), 2.0))
        found.append(ahead._found() - before)
    assert found == [0, 1]
