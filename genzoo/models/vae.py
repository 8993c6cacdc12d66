"""The variational autoencoder (Kingma and Welling 2014; Rezende, Mohamed and Wierstra 2014)."""

import math
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from genzoo.core.capabilities import SupportsElbo, SupportsReconstruct
from genzoo.core.context import ContextSpec, columns_of
from genzoo.core.event import check_event_shape
from genzoo.core.model import Batch, GenerativeModel, Step, Update
from genzoo.core.noise import Noise, NoiseSpec
from genzoo.core.recipe import Recipe
from genzoo.errors import InputError
from genzoo.losses.divergence import gaussian_kl
from genzoo.losses.elbo import log_importance_weight, negative_elbo_terms
from genzoo.losses.reconstruction import gaussian_log_likelihood
from genzoo.models.checks import Size, whole_number
from genzoo.models.conditions import chosen_conditions
from genzoo.models.registry import register_model, variant
from genzoo.networks.conditional import with_condition
from genzoo.networks.custom import Network, choose_network
from genzoo.networks.mlp import Activation, mlp_from_event, mlp_to_event
from genzoo.networks.variance import LogVariance

RECIPE = Recipe(
    steps=2500,
    batch_size=256,
    learning_rate=1.5e-2,
    betas=(0.9, 0.99),
    schedule="cosine",
    warm_up=0.02,
)
"""A decoder is steep between modes where rates are high, layers narrow and many, batches large."""
CONDITIONAL_RECIPE = Recipe(
    steps=1250, batch_size=128, learning_rate=1e-2, betas=(0.9, 0.99), schedule="cosine"
)


class VAE(GenerativeModel, SupportsElbo, SupportsReconstruct):
    """p(x | z) = N(mu(z), s^2 I), p(z) = N(0, I), q(z | x) = N(m(x), diag v(x)).

    It minimises -log p(x | z) + beta KL(q(z | x) || p(z)), with one draw of z for each example,
    summed over the event, averaged over the batch, in nats.

    A conditional one has mu(z, c), m(x, c) and v(x, c), and its bound is on log p(x | c); the prior
    of z does not depend on c (Kingma et al. 2014; Sohn, Lee and Yan 2015).

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of z.
        encoder: Maps `(B, *event_shape)`, and conditions `(B, C)` if there are any, to `(B, 2 L)`:
            m(x), then log v(x).
        decoder: Maps `(B, L)`, and conditions if there are any, to mu(z), `(B, *event_shape)`.
        beta: Weight of the KL term.
        variance: s^2 in model units; a number stays fixed, `"learned"` is one parameter, trained
            with the rest.
        sample_mean: Whether `sample` returns mu(z) instead of a draw from p(x | z).
        context_spec: What its conditions mean; None for an unconditional one.

    Raises:
        InputError: When `latent_dim` is below 1, beta is negative or a variance is not positive.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        *,
        latent_dim: int,
        encoder: nn.Module,
        decoder: nn.Module,
        beta: float = 1.0,
        variance: float | Literal["learned"] = "learned",
        sample_mean: bool = False,
        context_spec: ContextSpec | None = None,
    ) -> None:
        super().__init__(event_shape, context_spec)
        whole_number("latent_dim", latent_dim, 1)
        if not 0 <= beta < math.inf:
            raise InputError(f"beta must be a finite number of at least 0, got {beta}")
        self.latent_dim = latent_dim
        self.encoder = encoder
        self.decoder = decoder
        self.beta = beta
        self.sample_mean = sample_mean
        self.log_variance = LogVariance(variance)

    def updates(self) -> tuple[Update, ...]:
        """One joint step of encoder, decoder and, where it is learned, the observation variance."""
        noise = {"posterior": self._posterior_noise()}
        return (Update("vae", VAE.loss, ("encoder", "decoder", "log_variance"), noise=noise),)

    def loss(self, batch: Batch, noise: Noise) -> Step:
        """The negative ELBO with its KL weighted by beta.

        Watched: the ELBO, the KL and the observation variance.
        """
        mean, log_variance = self._posterior(batch.x, batch.context)
        z = _reparameterise(mean, log_variance, noise["posterior"])
        decoded = self._decode(z, batch.context)
        log_likelihood = gaussian_log_likelihood(batch.x, decoded, self.log_variance())
        kl = gaussian_kl(mean, log_variance)
        monitors = {
            "ELBO": (log_likelihood - kl).mean(),
            "KL": kl.mean(),
            "observation variance": self.log_variance().exp(),
        }
        return Step(
            negative_elbo_terms(log_likelihood, kl, beta=self.beta),
            {name: value.detach() for name, value in monitors.items()},
        )

    def sampling_noise(self) -> Mapping[str, NoiseSpec]:
        """z, and the observation noise unless samples are means."""
        noise = {"latent": NoiseSpec("normal", (self.latent_dim,))}
        if not self.sample_mean:
            noise["observation"] = NoiseSpec("normal", self.event_shape)
        return noise

    def generate(self, noise: Noise, context: Tensor | None = None) -> Tensor:
        """mu(z) + s e."""
        mean = self._decode(noise["latent"], context)
        if self.sample_mean:
            return mean
        deviation: Tensor = (0.5 * self.log_variance()).exp()
        return mean + deviation * noise["observation"]

    def _posterior(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.encoder(*with_condition(x, context)).chunk(2, dim=1)
        return mean, log_variance

    def _posterior_noise(self) -> NoiseSpec:
        return NoiseSpec("normal", (self.latent_dim,))

    def _log_weight(self, x: Tensor, noise: Tensor, context: Tensor | None) -> Tensor:
        mean, log_variance = self._posterior(x, context)
        z = _reparameterise(mean, log_variance, noise)
        return log_importance_weight(
            gaussian_log_likelihood(x, self._decode(z, context), self.log_variance()),
            gaussian_log_likelihood(z, torch.zeros_like(z), torch.zeros_like(z)),
            gaussian_log_likelihood(z, mean, log_variance),
        )

    def _encode(self, x: Tensor, context: Tensor | None) -> Tensor:
        mean, _ = self._posterior(x, context)
        return mean

    def _decode(self, z: Tensor, context: Tensor | None) -> Tensor:
        mean: Tensor = self.decoder(*with_condition(z, context))
        return mean


def _reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    return mean + (0.5 * log_variance).exp() * noise


@register_model("vae", recipe=RECIPE)
def vae(
    event_shape: tuple[int, ...],
    *,
    latent_dim: int | None = None,
    width: int = 48,
    depth: int = 4,
    encoder_width: int | None = None,
    encoder_depth: int | None = None,
    decoder_width: int | None = None,
    decoder_depth: int | None = None,
    activation: Activation = "tanh",
    beta: float = 1.0,
    variance: float | Literal["learned"] = "learned",
    sample_mean: bool = False,
    conditional: bool = False,
    encoder: Network | None = None,
    decoder: Network | None = None,
    context_spec: ContextSpec | None = None,
) -> VAE:
    """Variational autoencoder with a Gaussian likelihood (Kingma and Welling 2014).

    Args:
        event_shape: Shape of one example.
        latent_dim: Size L of z; by default the size of an example, at most 8.
        width: Units of each hidden layer of both networks.
        depth: Hidden layers of both networks.
        encoder_width: Width of the encoder alone; none for that of both.
        encoder_depth: Depth of the encoder alone; none for that of both.
        decoder_width: Width of the decoder alone; none for that of both.
        decoder_depth: Depth of the decoder alone; none for that of both.
        activation: After each hidden layer.
        beta: Weight of the KL term (Higgins et al. 2017); 1 gives the ELBO.
        variance: Observation variance in model units: a number, or `"learned"`.
        sample_mean: Whether samples leave out the observation noise.
        conditional: Whether both networks see the conditions of the source beside their input.
        encoder: Your own, from `(B, *event_shape)` to `(B, 2 L)`: mean, then log-variance; width,
            depth and activation then do not matter. If conditional, it is called with conditions
            `(B, C)` too: `encoder(x, context)`.
        decoder: Your own, from `(B, L)` to `(B, *event_shape)`; if conditional, called as
            `decoder(z, context)`.
        context_spec: What the conditions of a conditional one mean; by default `TWO_CLASSES`.

    Raises:
        InputError: On an option out of range, or a network of the wrong shape.
    """
    shape = check_event_shape(event_shape)
    size = latent_dim
    if size is None:
        size = min(math.prod(shape), 8)
    whole_number("latent_dim", size, 1)
    hidden = Size(width, depth).checked()
    encoding = hidden.of("encoder", encoder_width, encoder_depth)
    decoding = hidden.of("decoder", decoder_width, decoder_depth)
    spec = chosen_conditions(conditional, context_spec)
    columns = columns_of(spec)

    def default_encoder() -> nn.Module:
        return mlp_from_event(
            shape,
            2 * size,
            width=encoding.width,
            depth=encoding.depth,
            activation=activation,
            conditions=columns,
        )

    def default_decoder() -> nn.Module:
        return mlp_to_event(
            size,
            shape,
            width=decoding.width,
            depth=decoding.depth,
            activation=activation,
            conditions=columns,
        )

    return VAE(
        shape,
        latent_dim=size,
        encoder=choose_network(
            encoder,
            default_encoder,
            "encoder",
            shape,
            (2 * size,),
            like="(B, 2 * latent_dim)",
            context_shape=(columns,),
        ),
        decoder=choose_network(
            decoder,
            default_decoder,
            "decoder",
            (size,),
            shape,
            like="(B, *event_shape)",
            context_shape=(columns,),
        ),
        beta=beta,
        variance=variance,
        sample_mean=sample_mean,
        context_spec=spec,
    )


cvae = register_model("cvae", recipe=CONDITIONAL_RECIPE)(
    variant(
        vae,
        "Conditional variational autoencoder: both networks see the conditions of the source, on "
        "which the law of z does not depend (Sohn, Lee and Yan 2015; Kingma et al. 2014).",
        conditional=True,
        width=64,
        depth=3,
        activation="silu",
    )
)
