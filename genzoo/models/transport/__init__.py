"""Models that transport noise to data: flow matching and diffusion, composed of their parts.

A path says how data take the place of noise, a prediction what a network learns of that, a sampler
how noise is brought to data by what it learned.
"""

from genzoo.models.transport.model import Transport
from genzoo.models.transport.rectified import RectifiedFlow
from genzoo.models.transport.solved import SolvedTransport
from genzoo.models.transport.zoo import (
    ddim,
    ddpm,
    edm,
    flow_matching,
    ot_flow_matching,
    rectified_flow,
    score_vp,
    transport,
)

__all__ = [
    "RectifiedFlow",
    "SolvedTransport",
    "Transport",
    "ddim",
    "ddpm",
    "edm",
    "flow_matching",
    "ot_flow_matching",
    "rectified_flow",
    "score_vp",
    "transport",
]
