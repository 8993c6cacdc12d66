"""The models, one family a file, and their registry.

No data and no training loop.
"""

from genzoo.models.autoencoder import Autoencoder, autoencoder
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.gan import GAN, PackedGAN
from genzoo.models.gan_zoo import cgan, gan_minimax, gan_nonsaturating
from genzoo.models.joint_gan import VEEGAN, BiGAN
from genzoo.models.joint_gan_zoo import bigan, veegan
from genzoo.models.registry import MODELS, recommended_recipe, register_model
from genzoo.models.vae import VAE, cvae, vae

__all__ = [
    "GAN",
    "MODELS",
    "VAE",
    "VEEGAN",
    "Autoencoder",
    "BiGAN",
    "CriticGAN",
    "PackedGAN",
    "autoencoder",
    "bigan",
    "cgan",
    "cvae",
    "gan_minimax",
    "gan_nonsaturating",
    "recommended_recipe",
    "register_model",
    "vae",
    "veegan",
]
