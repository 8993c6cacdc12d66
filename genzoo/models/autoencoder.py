"""The autoencoder, made generative by a density fitted to its codes after training."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsReconstruct
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.losses.reconstruction import gaussian_log_likelihood
from genzoo.models.checks import Size, whole_number
from genzoo.models.mixture import CodeMixture, check_mixture
from genzoo.models.registry import register_model
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.mlp import Activation, mlp_from_event, mlp_to_event


class Autoencoder(GenerativeModel, SupportsReconstruct):
    """x -> z = f(x) -> g(z), trained on the squared error as a Gaussian likelihood.

    Training minimises -log N(x; g(f(x)), I), summed over the event, averaged over the batch, in
    nats: the variance is fixed at 1 in model units, which does not move the minimiser. After
    training, `finalize` sets the observation variance to its maximum-likelihood value, the mean
    squared residual of the training examples, and fits a Gaussian mixture to their codes (Ghosh et
    al. 2020). Samples decode draws of that mixture and add the observation noise.

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of a code.
        encoder: Maps `(B, *event_shape)` to `(B, L)`.
        decoder: Maps `(B, L)` to `(B, *event_shape)`.
        components: Components of the mixture over codes.
        sample_mean: Whether `sample` leaves out the observation noise.

    Raises:
        InputError: When `latent_dim` or `components` is below 1.
    """

    note = "samples come from a Gaussian mixture fitted to the codes after training"
    observation_variance: Tensor

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        latent_dim: int,
        encoder: nn.Module,
        decoder: nn.Module,
        components: int = 30,
        sample_mean: bool = False,
    ) -> None:
        super().__init__(event_shape)
        whole_number("latent_dim", latent_dim, 1)
        whole_number("components", components, 1)
        self.latent_dim = latent_dim
        self.encoder = encoder
        self.decoder = decoder
        self.code_density = CodeMixture(latent_dim, components)
        self.sample_mean = sample_mean
        self.register_buffer("observation_variance", torch.ones(()))

    def updates(self) -> tuple[Update, ...]:
        """One joint step of encoder and decoder."""
        return (Update("autoencoder", Autoencoder.loss, ("encoder", "decoder")),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The negative log-likelihood at unit variance.

        Watched: the mean squared residual of one number.
        """
        reconstruction = self.decoder(self.encoder(batch.x))
        log_likelihood = gaussian_log_likelihood(batch.x, reconstruction, batch.x.new_zeros(()))
        residual = (batch.x - reconstruction).detach().square().mean()
        return Step({"reconstruction": -log_likelihood.mean()}, {"squared residual": residual})

    def finalize(
        self, x: Tensor, *, generator: torch.Generator, context: Tensor | None = None
    ) -> None:
        """Set the observation variance and fit the density of the codes."""
        with torch.no_grad():
            codes = self.encoder(x)
            self.observation_variance.copy_((x - self.decoder(codes)).square().mean())
        self.code_density.fit(codes, generator=generator)

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """A choice of component, the draw within it, and the observation noise.

        The last is left out where samples are means.
        """
        noise = {"component": NoiseSpec("uniform"), "code": NoiseSpec("normal", (self.latent_dim,))}
        if not self.sample_mean:
            noise["observation"] = NoiseSpec("normal", self.event_shape)
        return noise

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """g(z) + s e, z from the mixture over codes."""
        z = self.code_density(noise["component"], noise["code"])
        mean = self._decode(z, context)
        if self.sample_mean:
            return mean
        return mean + self.observation_variance.sqrt() * noise["observation"]

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        x: Tensor = self.decoder(z)
        return x


@register_model(
    "autoencoder",
    recipe=Recipe(
        steps=2000, batch_size=64, learning_rate=5e-3, betas=(0.9, 0.99), schedule="cosine"
    ),
)
def autoencoder(
    event_shape: tuple[int, ...],
    *,
    latent_dim: int | None = None,
    width: int = 64,
    depth: int = 2,
    encoder_width: int | None = None,
    encoder_depth: int | None = None,
    decoder_width: int | None = None,
    decoder_depth: int | None = None,
    activation: Activation = "relu",
    components: int = 30,
    sample_mean: bool = False,
    encoder: Network | None = None,
    decoder: Network | None = None,
) -> Autoencoder:
    """Autoencoder with a Gaussian mixture fitted to its codes, to sample from (Ghosh et al. 2020).

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of a code; by default one less than the size of an example, at least 1
            and at most 8.
        width: Units of each hidden layer of both networks.
        depth: Hidden layers of both networks.
        encoder_width: Width of the encoder alone; none for that of both.
        encoder_depth: Depth of the encoder alone; none for that of both.
        decoder_width: Width of the decoder alone; none for that of both.
        decoder_depth: Depth of the decoder alone; none for that of both.
        activation: After each hidden layer.
        components: Components of the mixture over codes.
        sample_mean: Whether samples leave out the observation noise.
        encoder: Your own, from `(B, *event_shape)` to `(B, L)`; width, depth and activation then do
            not matter.
        decoder: Your own, from `(B, L)` to `(B, *event_shape)`.

    Raises:
        InputError: On an option out of range, or a network of the wrong shape.
    """
    shape = check_event_shape(event_shape)
    size = latent_dim
    if size is None:
        size = max(1, min(math.prod(shape) - 1, 8))
    whole_number("latent_dim", size, 1)
    whole_number("components", components, 1)
    hidden = Size(width, depth).checked()
    encoding = hidden.of("encoder", encoder_width, encoder_depth)
    decoding = hidden.of("decoder", decoder_width, decoder_depth)
    check_mixture(size, components)

    def default_encoder() -> nn.Module:
        return mlp_from_event(
            shape, size, width=encoding.width, depth=encoding.depth, activation=activation
        )

    def default_decoder() -> nn.Module:
        return mlp_to_event(
            size, shape, width=decoding.width, depth=decoding.depth, activation=activation
        )

    return Autoencoder(
        shape,
        latent_dim=size,
        encoder=choose_network(
            encoder, default_encoder, "encoder", shape, (size,), like="(B, latent_dim)"
        ),
        decoder=choose_network(
            decoder, default_decoder, "decoder", (size,), shape, like="(B, *event_shape)"
        ),
        components=components,
        sample_mean=sample_mean,
    )
