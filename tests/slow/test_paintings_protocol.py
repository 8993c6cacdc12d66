"""The published paintings protocol reaches its band, for both generator losses."""

import runpy
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.slow
def test_paintings_protocol_reaches_its_band() -> None:
    script = runpy.run_path(str(Path(__file__).with_name("paintings_protocol.py")))
    for model, figures in script["run_protocol"]().items():
        for name, (low, high) in script["BAND"].items():
            mean = np.mean([figure[name] for figure in figures])
            assert low <= mean <= high, f"{model}: {name} is {mean:.4f}, expected {low} ... {high}"
