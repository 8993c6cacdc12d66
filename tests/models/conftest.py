"""Networks draw weights from torch's global generator: here it starts the same in every test."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _first_weights():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
