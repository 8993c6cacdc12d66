"""What a command asks of the machine: cores and devices."""

import importlib
import sys

import pytest

from genzoo import machine
from genzoo.cli import commands, run
from genzoo.errors import InputError


@pytest.mark.parametrize(("platform", "cores"), [("linux", 3), ("darwin", 8), ("win32", 8)])
def test_the_cores_are_those_that_this_process_may_use(platform, cores, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 8)
    assert machine.cores() == cores
    monkeypatch.setattr(machine.os, "cpu_count", lambda: None)
    assert machine.cores() == (3 if platform == "linux" else 1)


def test_a_device_is_tried_and_no_device_is_the_processor():
    assert commands._device(None) == "cpu"
    assert commands._device("cpu") == "cpu"
    with pytest.raises(InputError, match=r"device 'nowhere' cannot be used here .*: choose cpu"):
        commands._device("nowhere")


def test_importing_the_command_runs_nothing(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["genzoo", "compar"])
    monkeypatch.delitem(sys.modules, "genzoo.cli.__main__", raising=False)
    assert importlib.import_module("genzoo.cli.__main__").run is run
