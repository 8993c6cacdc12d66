"""A model with buffers that are no numbers to learn from."""

import torch

from genzoo.testing.specimens import LinearGaussian


class Masked(LinearGaussian):
    """A boolean and an integer buffer, as masked networks have."""

    def __init__(self, event_shape):
        super().__init__(event_shape)
        self.register_buffer("mask", torch.arange(self.event_size) % 2 == 0)
        self.register_buffer("order", torch.arange(self.event_size))

    def _encode(self, x, context):
        return self.encoder(torch.where(self.mask, x.flatten(1), 0)[:, self.order])
