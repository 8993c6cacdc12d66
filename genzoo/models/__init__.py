"""The models, one family a file, and their registry.

No data and no training loop.
"""

from genzoo.models.autoencoder import Autoencoder, autoencoder
from genzoo.models.continuous_flow import ContinuousFlow, continuous_flow
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.flow import maf, neural_spline_flow, real_nvp
from genzoo.models.gan import GAN, PackedGAN
from genzoo.models.gan_zoo import cgan, gan_minimax, gan_nonsaturating
from genzoo.models.gaussian import gaussian, gaussian_mixture
from genzoo.models.joint_gan import VEEGAN, BiGAN
from genzoo.models.joint_gan_zoo import bigan, veegan
from genzoo.models.registry import MODELS, recommended_recipe, register_model
from genzoo.models.resampling import kde, memoriser
from genzoo.models.transport import (
    EquilibriumMatching,
    MeanFlow,
    RectifiedFlow,
    SolvedTransport,
    Transport,
    ddim,
    ddpm,
    edm,
    equilibrium_matching,
    flow_matching,
    mean_flow,
    ot_flow_matching,
    rectified_flow,
    score_vp,
    transport,
    weighted_flow_matching,
)
from genzoo.models.vae import VAE, cvae, vae

__all__ = [
    "GAN",
    "MODELS",
    "VAE",
    "VEEGAN",
    "Autoencoder",
    "BiGAN",
    "ContinuousFlow",
    "CriticGAN",
    "EquilibriumMatching",
    "MeanFlow",
    "PackedGAN",
    "RectifiedFlow",
    "SolvedTransport",
    "Transport",
    "autoencoder",
    "bigan",
    "cgan",
    "continuous_flow",
    "cvae",
    "ddim",
    "ddpm",
    "edm",
    "equilibrium_matching",
    "flow_matching",
    "gan_minimax",
    "gan_nonsaturating",
    "gaussian",
    "gaussian_mixture",
    "kde",
    "maf",
    "mean_flow",
    "memoriser",
    "neural_spline_flow",
    "ot_flow_matching",
    "real_nvp",
    "recommended_recipe",
    "rectified_flow",
    "register_model",
    "score_vp",
    "transport",
    "vae",
    "veegan",
    "weighted_flow_matching",
]
