"""The GAN follows algorithm 1, plays its objective and takes parts from outside."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from genzoo.core.model import Batch
from genzoo.errors import InputError
from genzoo.losses.adversarial import Objective
from genzoo.models import GAN, MODELS, CriticGAN, gan_minimax, gan_nonsaturating

SHAPE = (2, 3)


class Scalar(nn.Module):
    def forward(self, x):
        return x.flatten(1).sum(1)


class Broken(nn.Module):
    def forward(self, x):
        return {"logits": x}


def inputs(model, n=8):
    generator = torch.Generator().manual_seed(0)
    noise = {
        name: spec.draw(n, generator=generator) for name, spec in model.sampling_noise().items()
    }
    return Batch(torch.randn(n, *model.event_shape, generator=generator)), noise


def logits(model, x):
    return model.discriminator(x).flatten()


@pytest.mark.parametrize("steps", [1, 3])
def test_algorithm_1(steps):
    updates = gan_minimax(SHAPE, discriminator_steps=steps).updates()
    assert [(update.name, update.steps, update.parameters) for update in updates] == [
        ("discriminator", steps, ("discriminator",)),
        ("generator", 1, ("generator",)),
    ]
    assert all(list(update.noise) == ["latent"] for update in updates)


def test_losses_and_monitors():
    for create in (gan_minimax, gan_nonsaturating):
        model = create(SHAPE)
        batch, noise = inputs(model)
        real, fake = logits(model, batch.x), logits(model, model.generate(noise))
        step = model.discriminator_loss(batch, noise)
        value = -softplus(-real).mean() - softplus(fake).mean()
        assert list(step.terms) == ["discriminator"]
        torch.testing.assert_close(step.terms["discriminator"], -value)
        expected = {
            "D(real)": real.sigmoid().mean(),
            "D(fake)": fake.sigmoid().mean(),
            "accuracy": ((real > 0).float().mean() + (fake < 0).float().mean()) / 2,
            "V": value,
            "implied JS": (value + math.log(4)) / 2,
        }
        torch.testing.assert_close(
            step.monitors, {name: value.detach() for name, value in expected.items()}
        )
        assert not any(monitor.requires_grad for monitor in step.monitors.values())
        generator = -softplus(fake).mean() if create is gan_minimax else softplus(-fake).mean()
        torch.testing.assert_close(
            model.generator_loss(batch, noise).terms, {"generator": generator}
        )


def test_a_generator_that_does_not_read_real_logits_spares_the_pass_over_real_examples():
    model = gan_minimax(SHAPE)
    calls = []
    model.discriminator.register_forward_hook(lambda *_: calls.append(1))
    model.generator_loss(*inputs(model))
    assert len(calls) == 1


@dataclass(frozen=True)
class Relativistic(Objective):
    """-log D(real - fake), paired: from outside, and its generator reads real examples."""

    generator_reads_real: ClassVar[bool] = True

    def discriminator(self, real_logits, fake_logits):
        return softplus(fake_logits - real_logits).mean()

    def generator(self, real_logits, fake_logits):
        return softplus(real_logits - fake_logits).mean()


def test_an_objective_may_read_real_logits_in_both_steps():
    parts = gan_minimax(SHAPE)
    model = CriticGAN(
        SHAPE,
        latent_dim=8,
        generator=parts.generator,
        discriminator=parts.discriminator,
        objective=Relativistic(),
    )
    batch, noise = inputs(model)
    difference = logits(model, batch.x) - logits(model, model.generate(noise))
    torch.testing.assert_close(
        model.discriminator_loss(batch, noise).terms["discriminator"], softplus(-difference).mean()
    )
    torch.testing.assert_close(
        model.generator_loss(batch, noise).terms["generator"], softplus(difference).mean()
    )


def test_scores_that_imply_no_probability_make_no_gan():
    parts = gan_minimax(SHAPE)
    with pytest.raises(InputError, match="Relativistic imply no probability: compose a CriticGAN"):
        GAN(
            SHAPE,
            latent_dim=8,
            generator=parts.generator,
            discriminator=parts.discriminator,
            objective=Relativistic(),
        )


def test_discriminate_returns_the_logits_of_real():
    model = gan_minimax(SHAPE)
    model.standardise(torch.tensor(1.0), torch.tensor(2.0))
    x = torch.randn(5, *SHAPE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.discriminate(x), logits(model, (x - 1) / 2))


def test_the_latent_law_is_an_option():
    for law, lowest in (("uniform", 0.0), ("normal", -6.0)):
        model = gan_minimax((2,), latent_dim=3, latent_distribution=law)
        z = model.sampling_noise()["latent"].draw(4000, generator=torch.Generator().manual_seed(0))
        assert z.shape == (4000, 3)
        assert lowest <= float(z.min()) < lowest + 3


def test_custom_networks():
    generator = nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, SHAPE))
    model = gan_minimax(SHAPE, latent_dim=4, generator=generator, discriminator=Scalar)
    assert model.generator is not generator
    torch.testing.assert_close(model.generator.state_dict(), generator.state_dict())
    assert model.sample(3).shape == (3, *SHAPE)


def test_a_module_is_copied_and_a_function_called_for_each_model():
    module = nn.Linear(8, 2)
    shared = [gan_minimax((2,), generator=module).generator.weight for _ in range(2)]
    own = [gan_minimax((2,), generator=lambda: nn.Linear(8, 2)).generator.weight for _ in range(2)]
    assert torch.equal(*shared)
    assert shared[0] is not shared[1]
    assert not torch.equal(*own)


def test_discriminators_may_return_a_vector_or_a_column():
    x = torch.ones(3, 2)
    assert gan_minimax((2,), discriminator=Scalar).discriminate(x).shape == (3,)
    assert gan_minimax((2,), discriminator=nn.Linear(2, 1)).discriminate(x).shape == (3,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"generator": nn.Linear(8, 3)},
            r"generator must map \(B, 8\) to .*\(2, 3\) where \(2, 2\) was expected",
        ),
        ({"generator": nn.Linear(5, 2)}, r"generator must map \(B, 8\).* failed with RuntimeError"),
        ({"discriminator": nn.Linear(2, 2)}, r"\(2, 2\) where \(2,\) or \(2, 1\) was expected"),
        ({"discriminator": Broken()}, "it returned dict where a tensor was expected"),
        (
            {"discriminator": lambda: "mlp"},
            "discriminator must be a torch module or a function that makes one, got str",
        ),
        ({"latent_dim": 0}, "latent_dim must be at least 1, got 0"),
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"depth": -1}, "depth must be at least 0, got -1"),
        ({"discriminator_steps": 0}, "discriminator_steps must be at least 1, got 0"),
        ({"activation": "rleu"}, "activation"),
        ({"latent_distribution": "cauchy"}, "latent_distribution"),
        ({"latent_dim": 2.5}, "latent_dim"),
    ],
)
@pytest.mark.parametrize("name", ["gan_minimax", "gan_nonsaturating"])
def test_mistakes(name, options, message):
    with pytest.raises(InputError, match=message):
        MODELS.create(name, (2,), **options)


def test_the_published_nets_are_a_choice_of_options():
    model = gan_minimax((15,), latent_dim=5, width=128, depth=1)
    sizes = [tuple(p.shape) for p in model.parameters() if p.ndim == 2]
    assert sizes == [(128, 5), (15, 128), (128, 15), (1, 128)]
