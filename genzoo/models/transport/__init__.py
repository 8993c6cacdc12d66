"""Models that transport noise to data: flow matching and diffusion, composed of their parts.

A path says how data take the place of noise, a prediction what a network learns of that, a sampler
how noise is brought to data by what it learned.
"""

from genzoo.models.transport.equilibrium import EquilibriumMatching
from genzoo.models.transport.mean import MeanFlow
from genzoo.models.transport.model import Transport
from genzoo.models.transport.other_zoo import equilibrium_matching, mean_flow
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
    weighted_flow_matching,
)

__all__ = [
    "EquilibriumMatching",
    "MeanFlow",
    "RectifiedFlow",
    "SolvedTransport",
    "Transport",
    "ddim",
    "ddpm",
    "edm",
    "equilibrium_matching",
    "flow_matching",
    "mean_flow",
    "ot_flow_matching",
    "rectified_flow",
    "score_vp",
    "transport",
    "weighted_flow_matching",
]
