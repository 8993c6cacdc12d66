"""What the compiler is told, and with what it is called."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from genzoo.training import compiler


def test_there_are_templates_for_single_precision_alone() -> None:
    assert not compiler.has_templates(torch.float64)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_gcc_is_called_with_other_limits(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gcc = cache.parent / "a folder of $mine" / "own-g++"
    gcc.parent.mkdir()
    gcc.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    gcc.chmod(0o755)
    monkeypatch.setenv("CXX", str(gcc))
    _, script = compiler._options(templates=True)["cpp.cxx"]
    said = subprocess.run([script, "a b", "-c"], capture_output=True, text=True, check=True)
    expected = [f"--param={parameter}" for parameter in compiler.PARAMETERS]
    assert said.stdout.splitlines() == ["a b", "-c", *expected]
    # Torch knows GCC by its name, and finds what it compiled by the path of the compiler.
    assert script.endswith("g++")
    assert compiler._options(templates=True)["cpp.cxx"] == (None, script)
    assert os.listdir(cache) == [Path(script).name]


def test_many_may_write_the_script_at_once(cache: Path) -> None:
    with ThreadPoolExecutor(8) as executor:
        found = set(executor.map(compiler._inlining, ["g++"] * 64))
    assert len(found) == 1
    assert os.listdir(cache) == [path.name for path in found]


@pytest.mark.parametrize("name", ["clang++", "cl"])
def test_other_compilers_are_called_as_they_are(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", name)
    assert "cpp.cxx" not in compiler._options(templates=True)
    assert not cache.exists()


def test_without_templates_nothing_is_said_of_products(cache: Path) -> None:
    assert not set(compiler._options(templates=False)) & {*compiler.TEMPLATES, "cpp.cxx"}
    assert not cache.exists()
