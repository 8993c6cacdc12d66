"""Wrong pairings turn their check red."""

import pytest
import torch

from genzoo.models import MODELS
from genzoo.models.transport.couplings import START, optimal_pairing
from genzoo.testing import CheckError
from genzoo.testing.model_pairing import check_pairing


def forgets_times(batch, noise):
    return {START: noise[START]}


def repeats_rows(batch, noise):
    return {**noise, START: noise[START][:1].expand_as(noise[START])}


def moves_noise(batch, noise):
    return {**noise, START: noise[START] + 0.1}


def writes(batch, noise):
    noise[START].copy_(noise[START].flip(0))
    return dict(noise)


def draws(batch, noise):
    return {**noise, START: noise[START][torch.randperm(len(batch.x))]}


def built(pairing):
    model = MODELS.create("flow_matching", (2,), width=4)
    model.pairing = pairing
    return model


def test_a_sound_pairing_passes():
    check_pairing(lambda: built(optimal_pairing))


@pytest.mark.parametrize(
    ("pairing", "words"),
    [
        (forgets_times, "expected .*time"),
        (repeats_rows, "rows of start"),
        (moves_noise, "rows of start"),
        (writes, "start before and after"),
        (draws, "global"),
    ],
)
def test_a_fault_turns_the_check_red(pairing, words):
    with pytest.raises(CheckError, match=words):
        check_pairing(lambda: built(pairing))
