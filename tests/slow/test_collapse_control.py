"""The events name a GAN that is known to collapse and to rotate, and spare its twin."""

import pytest

import genzoo


def is_lost(events) -> bool:
    return any(event.kind in ("collapsed", "unspread", "rotating") for event in events)


@pytest.mark.slow
def test_relu_nets_collapse_or_rotate_and_tanh_nets_do_not(tmp_path) -> None:
    table = genzoo.bench("collapse_control", out=tmp_path, workers=2)
    source = table.tables[0].source
    lost = {}
    for (name, row), seeds in table.events.items():
        if name == source:
            lost[row] = [is_lost(events) for events in seeds.values()]
    relu, tanh = lost["ReLU"], lost["tanh"]
    assert len(relu) == len(tanh) == 8
    assert sum(relu) >= 7
    assert sum(tanh) <= 1
    remarks = [text for text in table.tables[0].remarks if text.startswith("ReLU: ")]
    assert any("of 8 runs" in text for text in remarks)
