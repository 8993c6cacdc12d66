"""Global state is borrowed and put back."""

import pytest
import torch

from genzoo.core.noise import stream
from genzoo.training.process_state import drawing_from, threads


def test_what_draws_globally_draws_from_the_stream_and_leaves_no_trace() -> None:
    before = torch.get_rng_state()
    for _ in range(2):
        with drawing_from(stream(3, "weights")):
            assert torch.equal(torch.rand(4), torch.rand(4, generator=stream(3, "weights")))
    with pytest.raises(ZeroDivisionError), drawing_from(stream(4)):
        raise ZeroDivisionError
    assert torch.equal(torch.get_rng_state(), before)


def test_only_a_cuda_device_has_a_generator_of_its_own() -> None:
    with drawing_from(stream(3, "weights"), torch.device("meta")):
        assert torch.equal(torch.rand(4), torch.rand(4, generator=stream(3, "weights")))


def test_threads_are_set_and_put_back() -> None:
    before, within = torch.get_num_threads(), []
    with pytest.raises(ZeroDivisionError), threads(before + 1):
        raise ZeroDivisionError(within.append(torch.get_num_threads()))
    assert within == [before + 1]
    assert torch.get_num_threads() == before
