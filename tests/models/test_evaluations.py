"""What models say of their number of function evaluations is what sampling does."""

from collections import Counter

import pytest

import genzoo
from genzoo.models import MODELS

SHAPE = (3,)
"""Three numbers tell passes of a coupling layer from those of an autoregressive one."""
NONE = ("gaussian", "gaussian_mixture", "kde", "memoriser")


def counted(model):
    """How often the layer that is called most is called for samples."""
    calls = Counter()
    for name, layer in model.named_modules():
        if layer is not model and list(layer.parameters(recurse=False)):
            layer.register_forward_hook(lambda *_, name=name: calls.update([name]))
    model.sample(2)
    return max(calls.values(), default=0)


@pytest.mark.parametrize("name", [name for name in MODELS.names() if name not in NONE])
def test_networks_are_evaluated_as_often_as_is_said(name):
    model = genzoo.create_model(name, event_shape=SHAPE)
    assert counted(model) == model.evaluations


@pytest.mark.parametrize("name", NONE)
def test_what_has_no_network_evaluates_none(name):
    assert genzoo.create_model(name, event_shape=SHAPE).evaluations == 0


def test_a_flow_of_one_number_takes_one_pass():
    assert genzoo.create_model("maf", event_shape=(1,)).evaluations == 1
    assert genzoo.create_model("maf", event_shape=SHAPE).evaluations == 3
    assert genzoo.create_model("real_nvp", event_shape=SHAPE).evaluations == 2
