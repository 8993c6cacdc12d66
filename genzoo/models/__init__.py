"""The models, one family a file, and their registry."""

from genzoo.models.autoencoder import Autoencoder, autoencoder
from genzoo.models.gan import GAN, gan_minimax, gan_nonsaturating
from genzoo.models.registry import MODELS, recommended_recipe, register_model
from genzoo.models.vae import VAE, vae

__all__ = [
    "GAN",
    "MODELS",
    "VAE",
    "Autoencoder",
    "autoencoder",
    "gan_minimax",
    "gan_nonsaturating",
    "recommended_recipe",
    "register_model",
    "vae",
]
