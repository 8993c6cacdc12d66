"""Conditional GANs: what is judged at which condition, and that they learn which class is which."""

import re

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from genzoo.core.context import TWO_CLASSES, ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.losses.adversarial import NonSaturating
from genzoo.models import GAN, MODELS, cgan
from genzoo.models.gan_options import compose_gan
from genzoo.models.regularisers import Critic, Diversity
from genzoo.networks.conditional import Projection
from genzoo.networks.discriminator import discriminator_mlp
from genzoo.networks.spectral import SpectralLinear
from genzoo.training import Trainer

SPEC = ContextSpec((Category("group", ("a", "b", "c")), Covariate("dose", 2.0, 10.0)))
SMALL = {"width": 8, "depth": 2, "latent_dim": 3, "conditional": True}
KINDS = ("concatenation", "projection")
GAME = NonSaturating()


def built(name="gan", seed=0, **options):
    torch.manual_seed(seed)
    given = {"context_spec": SPEC}
    return MODELS.create(name, (2,), given=given, **{**SMALL, **options}).double()


def inputs(model, update, n=8):
    generator = torch.Generator().manual_seed(1)
    noise = {}
    for name, spec in update.noise.items():
        noise[name] = spec.draw(n, generator=generator).double()
    x = torch.randn(n, *model.event_shape, generator=generator).double()
    context = SPEC.to_model(SPEC.draw(n, generator=generator)).double()
    return Batch(x, context), noise


def both_steps(model):
    """Each update with a batch and noise for it."""
    for update in model.updates():
        yield update, *inputs(model, update)


def judged(model, x, context):
    return model.discriminator(x, context).flatten()


@pytest.mark.parametrize("conditioning", KINDS)
def test_real_and_generated_examples_are_judged_at_the_conditions_of_the_batch(conditioning):
    model = built(conditioning=conditioning)
    for update, batch, noise in both_steps(model):
        assert update.reads_data
        fake = model.generator(noise["latent"], batch.context)
        scores = judged(model, batch.x, batch.context), judged(model, fake, batch.context)
        expected = getattr(GAME, update.name)(*scores)
        torch.testing.assert_close(update.loss(model, batch, noise).terms[update.name], expected)
    x, context = torch.randn(5, 2).double(), SPEC.draw(5, generator=torch.Generator()).double()
    expected = judged(model, x, SPEC.to_model(context))
    torch.testing.assert_close(model.discriminate(x, context), expected)


def test_the_two_ways_to_see_a_condition_by_hand():
    x, c = torch.randn(6, 2), torch.randn(6, 4)
    plain = {"width": 5, "depth": 1, "activation": "relu", "conditions": 4}
    beside = discriminator_mlp((2,), **plain)
    hidden = torch.relu(torch.cat([x, c], 1) @ beside[1].weight.T + beside[1].bias)
    torch.testing.assert_close(beside(x, c), hidden @ beside[3].weight.T + beside[3].bias)
    projected = discriminator_mlp((2,), **plain, conditioning="projection")
    hidden = torch.relu(x @ projected[0].weight.T + projected[0].bias)
    last = projected[2]
    products = (hidden * (c @ last.embedding.weight.T)).sum(1, keepdim=True)
    expected = hidden @ last.head.weight.T + last.head.bias + products
    torch.testing.assert_close(projected(x, c), expected)


def test_the_rows_of_a_projection_start_as_large_as_the_last_layer():
    last = discriminator_mlp(
        (2,), width=400, depth=1, activation="relu", conditions=4, conditioning="projection"
    )[2]
    for layer in (last.head, last.embedding):
        assert float(layer.weight.abs().max()) == pytest.approx(1 / 20, rel=0.05)


def test_a_projection_is_spectrally_normalised_with_the_rest():
    last = built("sngan", conditioning="projection").discriminator[-1]
    assert isinstance(last, Projection)
    assert isinstance(last.embedding, SpectralLinear)
    assert last.embedding.bias is None


@pytest.mark.parametrize("conditioning", KINDS)
def test_penalties_take_gradients_by_x_at_the_condition_of_each_pair(conditioning):
    weights = {"r1": 0.2, "r2": 0.3, "gradient_penalty": 0.5, "dragan": 0.7}
    model = built(conditioning=conditioning, spread=0.4, **weights)
    update = model.updates()[0]
    batch, noise = inputs(model, update)
    fake = model.generator(noise["latent"], batch.context).detach()
    mixing = noise["gradient penalty mixing"][:, None]
    points = {
        "r1": batch.x,
        "r2": fake,
        "gradient penalty": (1 - mixing) * batch.x + mixing * fake,
        "dragan": batch.x + 0.4 * noise["dragan displacement"],
    }
    norms = {}
    for name, at in points.items():
        slopes = []
        for row, own in zip(at, batch.context, strict=True):
            x = row.clone().requires_grad_()
            score = judged(model, x[None], own[None]).sum()
            slopes.append(torch.autograd.grad(score, x)[0].norm())
        norms[name] = torch.stack(slopes)
    got = update.loss(model, batch, noise).terms
    torch.testing.assert_close(got["r1"], 0.1 * norms["r1"].square().mean())
    torch.testing.assert_close(got["r2"], 0.15 * norms["r2"].square().mean())
    one = (norms["gradient penalty"] - 1).square().mean()
    torch.testing.assert_close(got["gradient penalty"], 0.5 * one)
    torch.testing.assert_close(got["dragan"], 0.7 * (norms["dragan"] - 1).square().mean())


def test_mechanisms_know_the_conditions():
    """One unrolled step, consensus and the diversity of features, each written out."""
    model = built(unrolled_steps=1, unrolled_rate=0.3)
    update = model.updates()[1]
    batch, noise = inputs(model, update)
    c, fake = batch.context, model.generator(noise["latent"], batch.context)
    loss = GAME.discriminator(judged(model, batch.x, c), judged(model, fake, c))
    own = dict(model.discriminator.named_parameters())
    slopes = torch.autograd.grad(loss, list(own.values()), create_graph=True)
    ahead = {}
    for (name, value), slope in zip(own.items(), slopes, strict=True):
        ahead[name] = value - 0.3 * slope
    scores = functional_call(model.discriminator, ahead, (fake, c)).flatten()
    got = update.loss(model, batch, noise).terms["generator"]
    torch.testing.assert_close(got, GAME.generator(scores, scores))

    model = built(consensus=0.7)
    batch, noise = inputs(model, model.updates()[0])
    fake = model.generator(noise["latent"], batch.context)
    scores = judged(model, batch.x, batch.context), judged(model, fake, batch.context)
    total = 0
    for part, player in ((model.discriminator, "discriminator"), (model.generator, "generator")):
        loss = getattr(GAME, player)(*scores)
        for slope in torch.autograd.grad(loss, list(part.parameters()), retain_graph=True):
            total = total + slope.square().sum()
    got = model.discriminator_loss(batch, noise).terms["consensus"]
    torch.testing.assert_close(got, 0.35 * total)

    model = built("gdpp", diversity=0.3)
    update = model.updates()[1]
    batch, noise = inputs(model, update)
    critic = Critic(model.discriminator, batch.context)
    hidden = model.discriminator[:-1](batch.x, batch.context)
    torch.testing.assert_close(critic.hidden(batch.x), hidden)
    fake = model.generate(noise, batch.context)
    expected = Diversity(0.3).penalty(critic, batch.x, fake, {})
    torch.testing.assert_close(update.loss(model, batch, noise).terms["diversity"], expected)


def test_packs_come_with_their_conditions():
    seen = []

    class Recording(nn.Linear):
        def forward(self, packs: Tensor, context: Tensor) -> Tensor:
            seen.append((packs, context))
            return super().forward(torch.cat([packs, context], 2).flatten(1))

    model = built(packing=3, discriminator=lambda: Recording(18, 1))
    update = model.updates()[0]
    batch, noise = inputs(model, update)
    seen.clear()
    update.loss(model, batch, noise)
    fake = model.generator(noise["latent"], batch.context)
    for (packs, context), x in zip(seen, (batch.x, fake), strict=True):
        torch.testing.assert_close(packs, x[:6].reshape(2, 3, 2))
        torch.testing.assert_close(context, batch.context[:6].reshape(2, 3, 4))


def test_pairs_of_a_gan_with_an_encoder_are_judged_at_the_condition_of_the_example():
    model = built("bigan", r1=0.2, stochastic=True)
    for update, batch, noise in both_steps(model):
        c = batch.context
        mean, log_variance = model.encoder(batch.x, c).chunk(2, 1)
        code = mean + (0.5 * log_variance).exp() * noise["posterior"]
        real = torch.cat([batch.x, code], 1)
        fake = torch.cat([model.generator(noise["latent"], c), noise["latent"]], 1)
        scores = judged(model, real, c), judged(model, fake, c)
        if update.name == "generator":
            scores = scores[::-1]
        got = update.loss(model, batch, noise).terms[update.name]
        torch.testing.assert_close(got, GAME.discriminator(*scores))
    model = built("veegan", reconstruction=0.5)
    batch, noise = inputs(model, model.updates()[1])
    c, z = batch.context, noise["latent"]
    x = model.generator(z, c)
    got = model.generator_loss(batch, noise).terms
    torch.testing.assert_close(got["generator"], -judged(model, torch.cat([x, z], 1), c).mean())
    distance = (z - model.encoder(x, c)).square().sum(1).mean()
    torch.testing.assert_close(got["reconstruction"], 0.5 * distance)


class TwoClasses(DataSource):
    """N(-1, 1) in the first class, N(1, 1) in the second; or further from each other."""

    event_shape = (1,)
    context_spec = TWO_CLASSES

    def __init__(self, deviation: float = 1.0) -> None:
        self.deviation = deviation

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        context = TWO_CLASSES.draw(n, generator=generator)
        noise = torch.randn(n, 1, generator=generator)
        return Batch(context @ torch.tensor([[-1.0], [1.0]]) + self.deviation * noise, context)


class Normal(nn.Module):
    """G(z, c) = z."""

    def forward(self, z: Tensor, context: Tensor) -> Tensor:
        return z


def test_the_best_discriminator_knows_the_class():
    """Against N(0, 1) its logit is log p(x | c) - log q(x) = -x - 1/2 or x - 1/2.

    A linear one can say so by projection.
    """
    model = compose_gan(
        (1,),
        latent_dim=1,
        depth=0,
        conditional=True,
        conditioning="projection",
        generator=Normal(),
    )
    assert isinstance(model, GAN)
    batch = TwoClasses().sample(20_000, generator=stream(0, "rows"))
    noise = {"latent": torch.randn(20_000, 1, generator=stream(0, "z"))}
    optimiser = torch.optim.LBFGS(
        model.discriminator.parameters(), max_iter=30, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = model.discriminator_loss(batch, noise).terms["discriminator"]
        loss.backward()
        return loss

    optimiser.step(closure)
    x = torch.linspace(-2, 2, 9)[:, None]
    for condition, sign in (([1.0, 0.0], -1), ([0.0, 1.0], 1)):
        logits = model.discriminate(x, torch.tensor(condition).expand(9, 2)).detach()
        torch.testing.assert_close(logits, sign * x[:, 0] - 0.5, rtol=0, atol=0.15)


@pytest.mark.parametrize("conditioning", KINDS)
def test_it_learns_which_class_is_which(conditioning):
    source = TwoClasses(deviation=0.3)
    recipe = Recipe(steps=120, batch_size=64, learning_rate=1e-2, betas=(0.0, 0.99))

    def build():
        options = {"width": 16, "depth": 1, "latent_dim": 1, "conditioning": conditioning}
        return cgan((1,), context_spec=TWO_CLASSES, gamma=0.1, **options)

    model = Trainer().fit(build, source, [0], recipe).runs[0].model
    context = TWO_CLASSES.draw(1000, generator=stream(0, "asked"))
    x = model.sample(1000, context=context, generator=stream(0, "x"))
    for place, mean in ((0, -1.0), (1, 1.0)):
        made = x[context[:, place] == 1]
        assert float((made * mean > 0).double().mean()) > 0.95
        assert float((made - mean).square().mean().sqrt()) < 0.7


def test_an_option_decides_and_without_a_source_there_are_two_classes():
    for name in ("gan", "gan_r1", "pacgan2", "bigan", "veegan"):
        entry = MODELS.entry(name)
        assert entry.takes("context_spec")
        assert {"conditional", "conditioning"} <= set(entry.options)
        assert MODELS.create(name, (2,), given={"context_spec": SPEC}).context_spec is None
        assert MODELS.create(name, (2,), conditional=True).context_spec == TWO_CLASSES
    assert "context_spec" not in (cgan.__doc__ or "")
    assert built("cgan").context_spec == SPEC


def test_what_cannot_be_judged_is_one_sentence():
    model = built()
    batch, _ = inputs(model, model.updates()[0])
    critic = Critic(model.discriminator, batch.context)
    with pytest.raises(InputError, match="each row at its own condition, got 16 rows for 8"):
        critic(torch.cat([batch.x, batch.x]))
    wanted = "discriminator must map (B, 2, 2) and conditions (B, 2, 4) to (B,) or (B, 1)"
    with pytest.raises(InputError, match=re.escape(wanted)):
        built(packing=2, discriminator=nn.Linear(2, 1))
    with pytest.raises(InputError, match="conditioning must be concatenation or projection, got"):
        compose_gan((2,), conditional=True, conditioning="film")
