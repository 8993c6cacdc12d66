"""Feature extractors: used without a trace, checked at every use."""

import pytest
import torch
from torch import nn

from genzoo.core.features import BLOCK, Features, seen_through
from genzoo.core.noise import stream
from genzoo.core.source import FiniteSource, SplitSource, real_sample
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.testing.randomness import global_randomness_untouched
from genzoo.testing.specimens import Rows, StandardNormal

X = torch.randn(2 * BLOCK + 7, 3, generator=stream(0, "x"))


def norms(x):
    return torch.stack([x.square().sum(1), x.abs().sum(1)], 1)


def test_a_function_is_applied_in_blocks():
    sizes = []

    def spy(x):
        sizes.append(len(x))
        return norms(x)

    torch.testing.assert_close(Features(spy)(X), norms(X).double())
    assert max(sizes) == BLOCK
    assert Features(spy).name == "spy"


class Net(nn.Sequential):
    def __init__(self):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            super().__init__(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5))


def test_a_module_is_used_in_evaluation_mode_and_left_as_it_was():
    net = Net().train().double()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with global_randomness_untouched("features"):
        found = Features(net)(X)
    assert net.training
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert not found.requires_grad
    torch.testing.assert_close(found, net.eval()(X.double()).detach())
    assert Features(net).name == "Net"


def test_the_examples_are_left_as_they_were():
    x = X.clone()
    Features(lambda x: x.mul_(2))(x)
    assert torch.equal(x, X)


def test_a_function_that_hides_a_module_in_training_mode_is_refused():
    layers = list(Net().train())[:3]
    with pytest.raises(InputError, match="evaluation mode"):
        Features(lambda x: nn.Sequential(*layers)(torch.cat([x, x]))[: len(x)])(X)
    with pytest.raises(InputError, match="chance"):
        Features(lambda x: nn.functional.dropout(x))(X)


def test_global_randomness_is_put_back():
    with global_randomness_untouched("features"), pytest.raises(InputError, match="chance"):
        Features(lambda x: x + torch.rand(len(x), 1))(X)


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        (lambda x: x.numpy(), r"must give a tensor \(\d+, F\), got ndarray"),
        (lambda x: x[:, 0], r"shape \(\d+, F\) for a batch of"),
        (lambda x: x[:, :, None], "flatten or pool"),
        (lambda x: x[:-1], "got"),
        (lambda x: x[:, :0], "got"),
        (lambda x: x + 1j, "real numbers"),
        (lambda x: x @ torch.ones(7, 2), r"failed on a batch of shape \(1024, 3\): RuntimeError"),
        (lambda x: x[:, : 1 + len(x) % 2], "columns"),
        ("vgg", "got 'vgg'"),
        (7, "got 7"),
    ],
)
def test_what_is_no_extractor_is_refused(extractor, message):
    with pytest.raises(InputError, match=message):
        Features(extractor)(X)


def test_features_that_are_not_finite_on_real_examples_are_refused():
    with pytest.raises(InputError, match="NaN or infinity for"):
        seen_through(StandardNormal((3,)), Features(lambda x: x.log()))


@pytest.mark.parametrize("source", [StandardNormal((3,)), Rows(), create_source("stacked_digits")])
def test_a_source_seen_through_features(source):
    def doubled(x):
        return 2 * x.flatten(1)

    seen = seen_through(source, Features(doubled))
    assert isinstance(seen, FiniteSource) == isinstance(source, FiniteSource)
    assert isinstance(seen, SplitSource) == isinstance(source, SplitSource)
    assert seen.event_shape == (source.event_size,)
    drawn, expected = (s.sample(9, generator=stream(1)).x.double() for s in (seen, source))
    assert torch.equal(drawn, doubled(expected))
    for found, plain in zip(
        *(real_sample(s, 9, generator=stream(1)) for s in (seen, source)), strict=True
    ):
        assert torch.equal(found.x, doubled(plain.x.double()))
    if isinstance(source, FiniteSource):
        assert torch.equal(seen.train.x, doubled(source.train.x.double()))
        assert torch.equal(seen.holdout.x, doubled(source.holdout.x.double()))
