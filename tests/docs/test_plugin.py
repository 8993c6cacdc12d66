"""A package written from the pages alone passes the kit and appears in a comparison.

Wrong models are answered.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest
import torch

import genzoo
from genzoo import Batch, GenerativeModel, NoiseSpec, Step, Update
from genzoo.models import MODELS
from genzoo.testing import CheckError, check_model
from genzoo.testing.conditions import LABEL_AND_DOSE
from genzoo.testing.specimens import Rows
from tests.docs.test_pages import DOCS
from tests.docs.test_pages import blocks as blocks_of


def blocks(page: str, language: str = "python") -> list[str]:
    return blocks_of(DOCS / page, language)


def definitions(page: str) -> str:
    """The blocks of a page up to where it begins to check or to train."""
    code: list[str] = []
    for block in blocks(page):
        if "from genzoo.testing import" in block:
            break
        code.append(block)
    return "\n".join(code).split("\n\n\ntable = ")[0]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A folder with the package `my_plugin` as it is installed, made of what the pages show."""
    package = tmp_path / "site" / "my_plugin"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for name, page in [
        ("energy_generator", "add_a_model.md"),
        ("laplace", "add_a_source.md"),
        ("tail_share", "add_a_metric.md"),
    ]:
        (package / f"{name}.py").write_text(definitions(page))
    objective = blocks("add_an_objective.md")
    registered = objective[2].split("\n\n\ntable = ")[0]
    (package / "boosting_gan.py").write_text(f"{objective[0]}\n{registered}\n")

    project = tomllib.loads(blocks("package_a_plugin.md", "toml")[0])["project"]
    installed = package.parent / "my_plugin-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines.append(f"[{group}]")
        lines += [f"{name} = {module}" for name, module in entries.items()]
    (installed / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return package.parent


def run(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    search = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": search, "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        env=environment,
        cwd=site.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.thorough
def test_a_plugin_passes_the_kit(plugin: Path) -> None:
    (plugin.parent / "test_my_plugin.py").write_text(blocks("package_a_plugin.md")[0])
    done = run(plugin, "pytest", "-q", "-p", "no:cacheprovider", "test_my_plugin.py")
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\b(9|1\d)\d passed", done.stdout), done.stdout[-300:]


@pytest.mark.thorough
def test_a_plugin_appears_in_a_comparison(plugin: Path) -> None:
    plain = blocks("package_a_plugin.md", "")
    command = next(block for block in plain if block.startswith("genzoo compare")).split()
    done = run(plugin, *command, "--seeds", "2", "--steps", "20", "--out", "results")
    assert done.returncode == 0, done.stderr
    for name in ("energy_generator", "boosting_gan", "vae", "tail share", "laplace"):
        assert name in done.stdout
    table = (plugin.parent / "results" / "results.csv").read_text()
    assert len(re.findall(r"boosting_gan,.*tail_share", table)) >= 2


class Sound(GenerativeModel):
    """A generator that is trained to match the mean: right, and next to nothing."""

    noise: ClassVar = {"z": NoiseSpec("normal", (3,))}

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.generator = torch.nn.Linear(3, self.event_size)

    def updates(self):
        return (Update("generator", type(self).loss, ("generator",), self.noise),)

    def sampling_noise(self):
        return self.noise

    def generate(self, noise, context=None):
        return self.generator(noise["z"]).reshape(-1, *self.event_shape)

    def loss(self, batch: Batch, noise):
        distance = (batch.x - self.generate(noise)).flatten(1).square().sum(1)
        return Step({"distance": distance.mean()})


class UndeclaredNoise(Sound):
    def loss(self, batch, noise):
        return Step({"distance": (batch.x.mean() - noise["latent"].mean()).square()})


class NoContext(Sound):
    def generate(self, noise):
        return super().generate(noise)


class MeanOverCoordinates(Sound):
    def loss(self, batch, noise):
        return Step({"distance": (batch.x - self.generate(noise)).square().mean()})


class SumOverBatch(Sound):
    def loss(self, batch, noise):
        return Step({"distance": (batch.x - self.generate(noise)).square().sum()})


class OwnNoise(Sound):
    def loss(self, batch, noise):
        blurred = batch.x + torch.randn_like(batch.x)
        return Step({"distance": (blurred - self.generate(noise)).square().sum(1).mean()})


class WrongGroup(Sound):
    def updates(self):
        return (Update("generator", type(self).loss, ("decoder",), self.noise),)


class ForgottenGroup(Sound):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.prior = torch.nn.Linear(2, 2)


class WrongShape(Sound):
    def generate(self, noise, context=None):
        return self.generator(noise["z"]).reshape(-1, 1, *self.event_shape)


class NoStep(Sound):
    def loss(self, batch, noise):
        return (batch.x - self.generate(noise)).flatten(1).square().sum(1).mean()


class NotFinite(Sound):
    def loss(self, batch, noise):
        return Step({"distance": (batch.x - self.generate(noise)).sum(1).log().mean()})


class KeepsAverages(Sound):
    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.register_buffer("average", torch.zeros(event_shape))

    def loss(self, batch, noise):
        self.average.lerp_(batch.x.mean(0).detach(), 0.1)
        return super().loss(batch, noise)


def test_the_conditional_model_of_the_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    code = blocks("add_a_model.md")
    page = ModuleType("page")
    with monkeypatch.context() as patch:
        patch.setattr(MODELS, "_entries", {name: MODELS.entry(name) for name in MODELS.names()})
        exec(compile("\n".join([code[0], code[4]]), "page", "exec"), vars(page))
        factory = MODELS.entry("conditional_energy_generator").factory
        source = Rows((2,), stretch=0.2, context_spec=LABEL_AND_DOSE)
        settings = {"steps": 150, "batch_size": 64, "learning_rate": 5e-3}
        fit = genzoo.train("conditional_energy_generator", source, record=False, **settings)
        assert genzoo.evaluate(fit, source, metrics="energy", n=20) is not None
    check_model(lambda: factory((5,), context_spec=LABEL_AND_DOSE))
    model = fit.runs[0].model
    means = []
    for label in LABEL_AND_DOSE.categories[0].classes:
        context = LABEL_AND_DOSE.encode({"label": label, "dose": 6.0}, 500)
        samples = model.sample(500, generator=torch.Generator().manual_seed(0), context=context)
        means.append(float(samples[:, 0].mean()))
    # The mean of the first number is 1, 2 and 3 by label, in the middle of the doses.
    assert means == pytest.approx([1, 2, 3], abs=0.5)


WRONG = [
    (UndeclaredNoise, "'latent'"),
    (NoContext, "context"),
    (SumOverBatch, "batch given twice over"),
    (OwnNoise, "random"),
    (WrongGroup, "decoder"),
    (ForgottenGroup, "prior"),
    (WrongShape, r"shape"),
    (NoStep, "expected Step"),
    (NotFinite, "nan|finite"),
    (KeepsAverages, "average"),
]


@pytest.mark.parametrize(("kind", "words"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_model_is_answered_in_a_sentence(kind: type, words: str) -> None:
    with pytest.raises(CheckError, match=words) as caught:
        check_model(lambda: kind((2,)))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("check_")
    assert all(len(line) < 500 for line in lines)
    assert "Traceback" not in str(caught.value)


def test_a_sound_model_of_the_same_kind_passes() -> None:
    check_model(lambda: Sound((2,)))
