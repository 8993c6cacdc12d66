"""A check of updates that pair noise with data."""

import torch
from torch import Tensor

from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.support import Build, copies, loss_inputs, prepared, require, require_equal


def check_pairing(build: Build) -> None:
    """A pairing gives the noise that it was given, rows in another order, and writes to nothing."""
    model = prepared(build)
    for update in model.updates():
        if update.pairing is None:
            continue
        batch, noise = loss_inputs(model, update)
        given = {**noise, "the batch": batch.x}
        before = copies(given)
        where = f"the pairing of update {update.name!r}"
        with global_randomness_untouched(where):
            paired = update.pairing(batch, noise)
        for name, value in given.items():
            require_equal(value, before[name], f"{name} before and after {where}")
        again = update.pairing(batch, noise)
        require(
            paired.keys() == noise.keys(),
            f"{where} gave noise {sorted(paired)}, expected {sorted(noise)}",
        )
        for name, value in noise.items():
            require_equal(again[name], paired[name], f"{where}, called twice: {name}")
            require_equal(
                _in_one_order(paired[name]),
                _in_one_order(value),
                f"rows of {name}, whatever their order, before and after {where}",
            )


def _in_one_order(rows: Tensor) -> Tensor:
    """Rows sorted as words are; noise has no two that are the same."""
    ordered: Tensor = torch.unique(rows.reshape(len(rows), -1), dim=0)
    return ordered
