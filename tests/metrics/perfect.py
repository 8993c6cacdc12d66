"""A model of transport whose network is the best there is."""

import torch
from torch import nn

from genzoo.core.context_fields import one_hot
from genzoo.metrics import MixtureField
from genzoo.models.transport import Transport
from genzoo.models.transport.prediction import PREDICTIONS, Coefficients, Ends
from genzoo.models.transport.samplers import Heun
from genzoo.models.transport.times import Uniform


class Perfect(nn.Module):
    """The best output, and a constant beside it, for data in units of their own.

    Where it sees a condition, for the data that this leaves.
    """

    def __init__(self, source, path, prediction, offset=0.0):
        super().__init__()
        self.field = MixtureField(source, path)
        self.path, self.prediction, self.offset = path, prediction, offset

    def forward(self, x, t, context=None):
        x = x / self.path.input_scale(t[:, None])
        ends = self.ends(x, t)
        if context is not None:
            seen = context[:, -1:] > 0
            any_class = one_hot(torch.zeros(len(x), dtype=torch.int64), context.shape[1] - 1)
            given = self.ends(x, t, torch.where(seen, context[:, :-1], any_class))
            data = torch.where(seen, given.data, ends.data)
            ends = Ends(data, torch.where(seen, given.noise, ends.noise))
        at = Coefficients.of(self.path, t[:, None])
        best = self.prediction.target(ends, at) + self.offset
        return (best - self.prediction.guess(x, at)) / self.prediction.unit(at)

    def ends(self, x, t, context=None):
        return Ends(*self.field.data_and_noise(x, t, context))


def perfect(source, path, name, *, offset=0.0, **parts):
    """A model with the best network."""
    prediction = PREDICTIONS[name]
    parts = {"times": Uniform(), "sampler": Heun(), "sampler_steps": 2, **parts}
    network = Perfect(source, path, prediction, offset)
    return Transport(
        source.event_shape,
        network=network,
        path=path,
        prediction=prediction,
        **parts,
    ).double()
