"""The mechanisms of GANs: what they do to the losses, and that switched off they do nothing."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from genzoo.core.model import Batch
from genzoo.core.recipe import Recipe
from genzoo.data import create_source
from genzoo.errors import InputError
from genzoo.losses.adversarial import Minimax, NonSaturating
from genzoo.losses.penalty import mixed, squared_gradient_penalty
from genzoo.models import GAN, MODELS, BiGAN, CriticGAN, PackedGAN
from genzoo.models.gan_options import GANOptions, compose_gan
from genzoo.models.named_gan import NamedGAN
from genzoo.models.regularisers import (
    R1,
    R2,
    Critic,
    Diversity,
    GradientPenalty,
    Regulariser,
    WeightClipping,
)
from genzoo.networks.discriminator import MinibatchStd, discriminator_mlp
from genzoo.networks.spectral import SpectralLinear, spectral_state
from genzoo.training import Trainer

PARTS = {
    "latent_dim": 2,
    "generator": nn.Linear(2, 2),
    "discriminator": nn.Linear(2, 1),
    "objective": Minimax(),
}
SMALL = {"width": 8, "depth": 2, "latent_dim": 3}


def built(name="gan", shape=(2,), seed=0, **options):
    torch.manual_seed(seed)
    return MODELS.create(name, shape, **{**SMALL, **options}).double()


def inputs(model, update, n=8, progress=0.5):
    generator = torch.Generator().manual_seed(1)
    noise = {
        name: spec.draw(n, generator=generator).double() for name, spec in update.noise.items()
    }
    x = torch.randn(n, *model.event_shape, generator=generator).double()
    return Batch(x, progress=torch.tensor(progress, dtype=torch.float64)), noise


def terms(model, player, **keywords):
    update = next(update for update in model.updates() if update.name == player)
    return update.loss(model, *inputs(model, update, **keywords)).terms


def gradients(model, player):
    loss = torch.stack(list(terms(model, player).values())).sum()
    part = {"discriminator": model.discriminator, "generator": model.generator}[player]
    return torch.autograd.grad(loss, list(part.parameters()))


@pytest.mark.parametrize(
    "off",
    [
        {"unrolled_steps": 0},
        {"consensus": 0.0},
        {"instance_noise": 0.0},
        {"packing": 1},
        {
            "r1": 0.0,
            "r2": 0.0,
            "gradient_penalty": 0.0,
            "dragan": 0.0,
            "clip": 0.0,
            "diversity": 0.0,
        },
        {"spectral_norm": 0.0, "minibatch_std": False},
    ],
)
def test_a_mechanism_switched_off_is_the_plain_gan_to_the_bit(off):
    plain, other = built(objective="minimax"), built(objective="minimax", **off)
    assert type(plain) is type(other) is GAN
    for player in ("discriminator", "generator"):
        assert terms(plain, player) == terms(other, player)
        assert all(
            torch.equal(a, b)
            for a, b in zip(gradients(plain, player), gradients(other, player), strict=True)
        )


def test_unrolling_by_hand():
    """It meets the discriminator after K steps of descent and knows how it moves them."""
    model = built(unrolled_steps=2, unrolled_rate=0.3, discriminator=nn.Linear(2, 1), r1=0.5)
    update = model.updates()[1]
    batch, noise = inputs(model, update)
    fake = model.generator(noise["latent"])
    weight, bias = model.discriminator.weight, model.discriminator.bias
    for _ in range(2):
        real_scores, fake_scores = (batch.x @ weight.T + bias)[:, 0], (fake @ weight.T + bias)[:, 0]
        loss = (
            NonSaturating().discriminator(real_scores, fake_scores) + 0.25 * weight.square().sum()
        )
        slopes = torch.autograd.grad(loss, [weight, bias], create_graph=True)
        weight, bias = weight - 0.3 * slopes[0], bias - 0.3 * slopes[1]
    expected = NonSaturating().generator(fake[:, 0], (fake @ weight.T + bias)[:, 0])
    got = update.loss(model, batch, noise).terms["generator"]
    torch.testing.assert_close(got, expected)
    own = list(model.generator.parameters())
    torch.testing.assert_close(
        torch.autograd.grad(got, own, retain_graph=True),
        torch.autograd.grad(expected, own, retain_graph=True),
    )


def test_consensus_by_the_gradients_of_both_players():
    model = built(objective="minimax", consensus=0.7)
    for player in ("discriminator", "generator"):
        batch, noise = inputs(
            model, next(update for update in model.updates() if update.name == player)
        )
        real, fake = (
            model.discriminator(x).flatten() for x in (batch.x, model.generator(noise["latent"]))
        )
        losses = {
            model.discriminator: Minimax().discriminator(real, fake),
            model.generator: Minimax().generator(real, fake),
        }
        squares = [
            slope.square().sum()
            for part, loss in losses.items()
            for slope in torch.autograd.grad(loss, list(part.parameters()), retain_graph=True)
        ]
        got = getattr(model, f"{player}_loss")(batch, noise).terms["consensus"]
        torch.testing.assert_close(got, 0.7 * torch.stack(squares).sum() / 2)


def test_instance_noise_falls_to_nothing():
    plain, noisy = built(), built(instance_noise=0.8)
    for player in ("discriminator", "generator"):
        update = next(update for update in noisy.updates() if update.name == player)
        for progress in (0.0, 0.25, 1.0):
            batch, noise = inputs(noisy, update, progress=progress)
            step = 0.8 * (1 - progress)
            fake = noisy.generator(noise["latent"]) + step * noise["instance noise on fake"]
            real = batch.x + step * noise["instance noise on real"]
            scores = (noisy.discriminator(x).flatten() for x in (real, fake))
            expected = getattr(NonSaturating(), player)(*scores)
            torch.testing.assert_close(update.loss(noisy, batch, noise).terms[player], expected)
        assert (
            update.loss(noisy, batch, noise).terms[player]
            == update.loss(plain, batch, noise).terms[player]
        )
        assert (
            update.loss(noisy, batch._replace(progress=None), noise).terms[player]
            != terms(plain, player)[player]
        )


def test_packs_are_neighbours():
    seen = []

    class Recording(nn.Linear):
        def forward(self, packs):
            seen.append(packs)
            return super().forward(packs.flatten(1))

    model = built(packing=3, discriminator=lambda: Recording(6, 1))
    assert isinstance(model, PackedGAN)
    update = model.updates()[0]
    batch, noise = inputs(model, update, n=8)
    seen.clear()
    update.loss(model, batch, noise)
    torch.testing.assert_close(seen[0], batch.x[:6].reshape(2, 3, 2))
    torch.testing.assert_close(seen[1], model.generator(noise["latent"])[:6].reshape(2, 3, 2))
    with pytest.raises(InputError, match="a batch of 2 is smaller than a pack of 3"):
        update.loss(model, *inputs(model, update, n=2))
    with pytest.raises(InputError, match="packing must be at least 2"):
        PackedGAN((2,), packing=1, **PARTS)


def test_a_packed_gradient_penalty_mixes_whole_packs():
    model = built(packing=2, gradient_penalty=0.5)
    update = model.updates()[0]
    batch, noise = inputs(model, update)
    real, fake = (x.reshape(4, 2, 2) for x in (batch.x, model.generator(noise["latent"])))
    points = mixed(real, fake, noise["gradient penalty mixing"][::2]).detach().requires_grad_()
    slope = torch.autograd.grad(model.discriminator(points).sum(), points)[0].flatten(1)
    expected = 0.5 * (slope.norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(update.loss(model, batch, noise).terms["gradient penalty"], expected)


def test_penalties_look_at_the_right_examples():
    model = built("r3gan", gamma=0.4)
    update = model.updates()[0]
    batch, noise = inputs(model, update)
    fake = model.generate(noise)
    got = update.loss(model, batch, noise).terms
    assert list(got) == ["discriminator", "r1", "r2"]
    torch.testing.assert_close(
        got["r1"], squared_gradient_penalty(model.discriminator, batch.x, 0.4)
    )
    torch.testing.assert_close(got["r2"], squared_gradient_penalty(model.discriminator, fake, 0.4))
    assert list(terms(model, "generator")) == ["generator"]


def test_the_diversity_loss_reads_the_last_hidden_layer_and_belongs_to_the_generator():
    model = built("gdpp", diversity=0.3, r1=0.0)
    update = model.updates()[1]
    batch, noise = inputs(model, update)
    critic, x = Critic(model.discriminator), batch.x
    for layer in (0, 2):
        x = nn.functional.leaky_relu(model.discriminator[layer](x), 0.2)
    torch.testing.assert_close(critic.hidden(batch.x), x)
    expected = Diversity(0.3).penalty(critic, batch.x, model.generate(noise), {})
    torch.testing.assert_close(update.loss(model, batch, noise).terms["diversity"], expected)
    assert list(terms(model, "discriminator")) == ["discriminator"]
    opaque = built("gdpp", discriminator=nn.Linear(2, 1))
    with pytest.raises(InputError, match=r"needs a discriminator that is an nn\.Sequential"):
        terms(opaque, "generator")


def test_clipping_bounds_the_discriminator_alone():
    model = built("wgan_clip", clip=0.05)
    before = [parameter.clone() for parameter in model.generator.parameters()]
    model.updates()[0].projection(model)
    assert (
        max(float(parameter.detach().abs().max()) for parameter in model.discriminator.parameters())
        <= 0.05
    )
    assert all(torch.equal(a, b) for a, b in zip(before, model.generator.parameters(), strict=True))
    assert model.updates()[1].projection is None
    assert built().updates()[0].projection is None


def test_spectral_layers_have_the_norm_they_are_given():
    torch.manual_seed(0)
    layer = SpectralLinear(5, 7, norm=1.5).double()
    with torch.no_grad():
        layer.weight.copy_(torch.randn(7, 5))
        for _ in range(300):
            layer.u.copy_(layer.next_u())
    x, zero = torch.eye(5, dtype=torch.float64), torch.zeros(1, 5, dtype=torch.float64)
    effective = (layer(x) - layer(zero)).detach().T
    assert float(torch.linalg.matrix_norm(effective, 2)) == pytest.approx(1.5)
    largest = torch.linalg.svd(layer.weight.detach())
    torch.testing.assert_close(layer.u.abs(), largest.U[:, 0].abs())
    reference = nn.utils.parametrizations.spectral_norm(
        nn.Linear(5, 7).double(), n_power_iterations=100
    )
    reference.parametrizations.weight.original = layer.weight
    torch.testing.assert_close(effective / 1.5, reference.weight, rtol=1e-5, atol=1e-7)


def test_spectral_state_is_carried_by_discriminator_steps():
    model = built("sngan")
    step = model.discriminator_loss(*inputs(model, model.updates()[0]))
    assert step.state.keys() == {name for name, _ in model.named_buffers() if name.endswith(".u")}
    assert step.state.keys() == spectral_state(model.discriminator, "discriminator.").keys()
    assert not model.generator_loss(*inputs(model, model.updates()[1])).state
    assert not built().discriminator_loss(*inputs(built(), built().updates()[0])).state


def test_minibatch_deviation():
    x = torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    out = MinibatchStd()(x)
    torch.testing.assert_close(out[:, :2], x)
    torch.testing.assert_close(out[:, 2], torch.full((2,), (1 + 1e-4) / 2, dtype=torch.float64))
    assert not isinstance(built(minibatch_std=True), GAN)


def test_critics_whose_loss_ignores_a_constant_have_no_output_bias():
    assert discriminator_mlp((2,), width=4, depth=1, activation="relu")[-1].bias is not None
    for name, has_bias in [
        ("wgan_gp", False),
        ("ragan", False),
        ("r3gan", False),
        ("lsgan", True),
        ("fgan_kl", True),
    ]:
        assert (built(name).discriminator[-1].bias is not None) is has_bias


def test_each_name_is_the_composition_that_it_says():
    def parts(name, **options):
        model = built(name, **options)
        return type(model.objective).__name__, model.regularisers

    assert parts("gan_r1", gamma=0.5) == ("NonSaturating", (R1(0.5),))
    assert parts("r3gan", gamma=0.5) == ("RelativisticPaired", (R1(0.5), R2(0.5)))
    assert parts("lsgan", r1=0.0) == ("LeastSquares", ())
    assert parts("hinge_gan", r1=2.0) == ("Hinge", (R1(2.0),))
    assert parts("wgan_gp", weight=0.5) == ("Wasserstein", (GradientPenalty(0.5),))
    assert parts("wgan_clip", clip=0.5) == ("Wasserstein", (WeightClipping(0.5),))
    assert [built(f"pacgan{m}").packing for m in (2, 3, 4)] == [2, 3, 4]
    assert type(built("hinge_gan")) is CriticGAN
    assert type(built("lsgan")) is GAN
    assert isinstance(built("bigan"), BiGAN)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gan", {"objective": "mini"}, "objective must be one of minimax, non_saturating"),
        ("gan", {"r1": -1.0}, "r1 must be a number of at least 0, got -1.0"),
        ("gan", {"instance_noise": float("nan")}, "instance_noise must be a number of at least 0"),
        ("gan", {"unrolled_steps": -1}, "unrolled_steps must be at least 0, got -1"),
        ("gan", {"packing": 0}, "packing must be at least 1, got 0"),
        ("gan_r1", {"r1": 1.0}, "gan_r1' has no option 'r1'"),
        ("veegan", {"reconstruction": -1.0}, "reconstruction must be a number of at least 0"),
        ("bigan", {"encoder": nn.Linear(2, 5)}, r"encoder must map"),
        ("bigan", {"latent_dim": 0}, "latent_dim must be at least 1, got 0"),
    ],
)
def test_mistakes(name, options, message):
    with pytest.raises(InputError, match=message):
        MODELS.create(name, (2,), **options)


def test_regularisers_have_distinct_names_and_positive_weights():
    with pytest.raises(InputError, match="distinct names, got r1, r1"):
        GAN((2,), regularisers=[R1(), R1(2.0)], **PARTS)
    with pytest.raises(InputError, match="gamma of R1 must be positive, got -1"):
        R1(-1)
    with pytest.raises(InputError, match="penalties on its discriminator only"):
        BiGAN((2,), encoder=nn.Linear(2, 2), regularisers=[Diversity()], **PARTS)
    with pytest.raises(InputError, match="plain has no option 'r1'"):
        NamedGAN("plain", "A GAN.", GANOptions())((2,), r1=1.0)


def test_joint_gans_exchange_labels_and_reconstruct_noise():
    model = built("bigan", r1=0.2)
    batch, noise = inputs(model, model.updates()[0])
    real = torch.cat([batch.x, model.encoder(batch.x)], 1)
    fake = torch.cat([model.generator(noise["latent"]), noise["latent"]], 1)
    scores = [model.discriminator(pairs).flatten() for pairs in (real, fake)]
    step = model.discriminator_loss(batch, noise)
    torch.testing.assert_close(step.terms["discriminator"], NonSaturating().discriminator(*scores))
    torch.testing.assert_close(
        step.terms["r1"], squared_gradient_penalty(model.discriminator, real, 0.2)
    )
    torch.testing.assert_close(
        model.generator_loss(batch, noise).terms["generator"],
        NonSaturating().generator(scores[0], scores[1])
        + NonSaturating().generator(-scores[1], -scores[0]),
    )
    model = built("veegan", reconstruction=0.5)
    batch, noise = inputs(model, model.updates()[1])
    x, z = model.generator(noise["latent"]), noise["latent"]
    got = model.generator_loss(batch, noise).terms
    torch.testing.assert_close(got["generator"], -model.discriminator(torch.cat([x, z], 1)).mean())
    torch.testing.assert_close(
        got["reconstruction"], 0.5 * (z - model.encoder(x)).square().sum(1).mean()
    )


def test_an_inference_model_draws_codes():
    model = built("bigan", stochastic=True)
    update = model.updates()[0]
    batch, noise = inputs(model, update)
    assert set(noise) == {"latent", "posterior"}
    mean, log_variance = model.encoder(batch.x).chunk(2, 1)
    code = mean + (0.5 * log_variance).exp() * noise["posterior"]
    real, _ = model._pairs(batch, noise)
    torch.testing.assert_close(real, torch.cat([batch.x, code], 1))
    torch.testing.assert_close(model.encode(batch.x), mean)


@pytest.mark.parametrize(
    "name", [name for name in MODELS.names() if "gan" in name or name == "gdpp"]
)
def test_seeds_are_trained_in_one_stack(name):
    """The trainer falls back to one seed after another where a loss does not run under vmap."""
    source = create_source("ring")
    recipe = Recipe(steps=1, batch_size=8)
    given = {"context_spec": source.context_spec}

    def build():
        return MODELS.create(name, (2,), given=given, width=8, depth=1)

    fit = Trainer().fit(build, source, [0, 1], recipe)
    assert [run.stacked for run in fit.runs] == [2, 2]


def test_compose_gan_takes_objectives_from_outside():
    model = compose_gan((2,), objective=Minimax(), **SMALL)
    assert model.objective == Minimax()


@pytest.mark.parametrize(
    "options", [{"r1": 1.0}, {"gradient_penalty": 1.0}, {"unrolled_steps": 1}, {"consensus": 0.1}]
)
def test_gradients_through_running_statistics_are_one_sentence(options):
    def network(**keywords):
        return nn.Sequential(
            nn.Linear(2, 4), nn.BatchNorm1d(4, **keywords), nn.ReLU(), nn.Linear(4, 1)
        )

    with pytest.raises(
        InputError,
        match="running statistics of BatchNorm1d: build it with track_running_stats=False",
    ):
        compose_gan((2,), **SMALL, discriminator=network, **options)
    compose_gan((2,), **SMALL, discriminator=lambda: network(track_running_stats=False), **options)
    compose_gan((2,), **SMALL, discriminator=network)


@dataclass(frozen=True)
class Lipschitz(Regulariser):
    """A penalty from outside: the mean squared gradient of the critic on both sides."""

    name: ClassVar[str] = "lipschitz"
    differentiates: ClassVar[bool] = True

    def penalty(self, critic, real, fake, noise):
        return squared_gradient_penalty(critic, torch.cat([real, fake]), 1.0)


def test_a_regulariser_from_outside_says_that_it_differentiates():
    def network(**keywords):
        return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4, **keywords), nn.Linear(4, 1))

    options = {**SMALL, "regularisers": [Lipschitz()]}
    with pytest.raises(InputError, match="running statistics of BatchNorm1d"):
        compose_gan((2,), **options, discriminator=network)
    model = compose_gan(
        (2,), **options, discriminator=lambda: network(track_running_stats=False)
    ).double()
    assert terms(model, "discriminator")["lipschitz"] > 0


def test_a_gan_with_an_encoder_refuses_running_statistics_under_a_penalty():
    def network(**keywords):
        return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, **keywords), nn.Linear(4, 1))

    options = {"latent_dim": 2, "width": 4, "depth": 1, "r1": 1.0}
    with pytest.raises(InputError, match="running statistics of BatchNorm1d"):
        MODELS.create("bigan", (2,), discriminator=network, **options)
    MODELS.create("bigan", (2,), discriminator=network, **{**options, "r1": 0.0})


def test_batch_statistics_of_seeds_together_are_those_of_seeds_alone():
    def build():
        return compose_gan(
            (2,),
            **{**SMALL, "latent_dim": 2},
            generator=lambda: nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)),
        )

    trainer, recipe = Trainer(dtype=torch.float64), Recipe(steps=3, batch_size=8)
    together = trainer.fit(build, create_source("ring"), [0, 1], recipe).runs[1].model.generator[0]
    alone = trainer.fit(build, create_source("ring"), [1], recipe).runs[0].model.generator[0]
    assert together.num_batches_tracked == alone.num_batches_tracked == 6
    torch.testing.assert_close(together.running_var, alone.running_var)
