"""Options: what is taken where nothing is said, and what is refused."""

import dataclasses
import inspect

import pytest
import torch

from genzoo.errors import InputError
from genzoo.models import MODELS
from genzoo.models.checks import not_negative, whole_number
from genzoo.models.critic_gan import CriticGAN
from genzoo.models.gan_options import GANOptions, compose_gan
from genzoo.models.gan_zoo import lsgan, r3gan
from genzoo.models.named_gan import option_meanings
from genzoo.models.registry import register_model

DEFAULTS = {
    "regularisers": (),
    "discriminator_steps": 1,
    "latent_distribution": "normal",
    "instance_noise": 0.0,
    "consensus": 0.0,
    "unrolled_steps": 0,
    "unrolled_rate": 0.1,
    "context_spec": None,
}

PARAMETERS = {
    "autoencoder": 8835,
    "bigan": 101125,
    "cgan": 67715,
    "cvae": 17671,
    "dragan": 67203,
    "fgan_hellinger": 67203,
    "fgan_js": 67203,
    "fgan_kl": 67203,
    "fgan_pearson": 67203,
    "fgan_reverse_kl": 67203,
    "fgan_tv": 67203,
    "gan": 67203,
    "gan_minimax": 9283,
    "gan_nonsaturating": 9283,
    "gan_r1": 67203,
    "gdpp": 17219,
    "hinge_gan": 67203,
    "lsgan": 67203,
    "pacgan2": 34435,
    "pacgan3": 34691,
    "pacgan4": 34947,
    "r3gan": 67202,
    "ragan": 67202,
    "sngan": 67203,
    "unrolled_gan": 8899,
    "vae": 14695,
    "veegan": 101125,
    "wgan_clip": 67202,
    "wgan_gp": 67202,
}
"""Of models of points in the plane, by the nets that their names promise."""


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_name_keeps_its_nets(name: str) -> None:
    model = MODELS.create(name, (2,))
    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS[name]


PARTS = ("generator", "discriminator", "encoder", "decoder")


def sizes(network: torch.nn.Module) -> tuple[int, int]:
    """Width and depth of hidden layers, from the shapes of the weights."""
    matrices = [weight for weight in network.parameters() if weight.ndim == 2]
    return len(matrices[0]), len(matrices) - 1


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_of_one_model_may_differ_in_size(name: str) -> None:
    plain = MODELS.create(name, (2,))
    parts = [part for part in PARTS if hasattr(plain, part)]
    assert len(parts) >= 2
    usual = {part: sizes(getattr(plain, part)) for part in parts}
    for part in parts:
        model = MODELS.create(name, (2,), **{f"{part}_width": 5, f"{part}_depth": 1})
        got = {part: sizes(getattr(model, part)) for part in parts}
        assert got == usual | {part: (5, 1)}
        with pytest.raises(InputError, match=f"{part}_depth must be at least 0"):
            MODELS.create(name, (2,), **{f"{part}_depth": -1})
        with pytest.raises(InputError, match=f"{part}_width must be at least 1"):
            MODELS.create(name, (2,), **{f"{part}_width": 0})


def test_a_gan_is_plain_where_nothing_is_said() -> None:
    taken = inspect.signature(CriticGAN.__init__).parameters.values()
    assert {
        one.name: one.default for one in taken if one.default is not inspect.Parameter.empty
    } == DEFAULTS


@pytest.mark.parametrize("value", [-1e-9, float("inf"), float("-inf"), float("nan"), torch.inf])
def test_a_number_below_0_or_not_finite_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="beta must be a number of at least 0"):
        not_negative(alpha=1.0, beta=value)


def test_what_is_just_large_enough_is_taken() -> None:
    not_negative(alpha=0, beta=0.0, gamma=1e300)
    assert whole_number("width", 1, 1) == 1
    assert whole_number("depth", 2, 1) == 2
    assert whole_number("depth", 0, 0) == 0
    for minimum in (0, 1, 3):
        with pytest.raises(
            InputError, match=f"depth must be at least {minimum}, got {minimum - 1}"
        ):
            whole_number("depth", minimum - 1, minimum)


OPTIONS = {
    "bigan": {"r1": 1.0, "stochastic": False},
    "dragan": {"weight": 0.1, "spread": 0.1},
    "gan_r1": {"gamma": 1.0},
    "gdpp": {"diversity": 1.0, "r1": 0.1},
    "sngan": {"spectral_norm": 2.0},
    "unrolled_gan": {"unrolled_steps": 3, "unrolled_rate": 0.1},
    "vae": {"beta": 1.0, "variance": "learned", "sample_mean": False},
    "veegan": {"reconstruction": 1.0, "r1": 0.1},
    "wgan_clip": {"clip": 0.05, "discriminator_steps": 3},
    "wgan_gp": {"weight": 0.1, "discriminator_steps": 2},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_name_keeps_its_mechanism(name: str) -> None:
    options = MODELS.entry(name).options
    assert {option: options[option].default for option in OPTIONS[name]} == OPTIONS[name]


def test_registering_takes_its_settings_by_name() -> None:
    kinds = inspect.signature(register_model).parameters
    assert {name: one.kind for name, one in kinds.items() if name != "name"} == {
        "recipe": inspect.Parameter.KEYWORD_ONLY,
        "width": inspect.Parameter.KEYWORD_ONLY,
    }


def test_every_option_of_a_gan_says_what_it_means() -> None:
    meanings = option_meanings()
    assert list(meanings) == [field.name for field in dataclasses.fields(GANOptions)]
    assert all(meaning.endswith(".") for meaning in meanings.values())


def test_a_named_gan_is_data_that_is_called_as_a_function() -> None:
    assert lsgan.options == GANOptions(objective="least_squares", r1=0.1)
    assert inspect.signature(lsgan).parameters["r1"].default == 0.1
    assert "r1: Weight gamma" in (inspect.getdoc(lsgan) or "")
    model = lsgan((2,), r1=0.0, width=4, depth=1)
    assert not model.regularisers
    assert r3gan.fields["gamma"] == ("r1", "r2")
    assert [each.name for each in r3gan((2,), gamma=2.0).regularisers] == ["r1", "r2"]


def test_an_unknown_option_of_compose_gan_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"no option 'widht': did you mean 'width'\?.*latent_dim"):
        compose_gan((2,), widht=3)


def test_a_recipe_is_a_recipe_when_it_is_registered() -> None:
    with pytest.raises(InputError, match="recipe of model 'mine' must be a Recipe, got a dict"):
        register_model("mine", recipe={"steps": 3})  # type: ignore[arg-type]


@pytest.mark.parametrize("network", [lambda shape: torch.nn.Linear(2, 2), torch.zeros(2)])
def test_a_network_is_made_without_arguments(network: object) -> None:
    with pytest.raises(InputError, match=r"generator must be .* a function without arguments"):
        MODELS.create("gan_r1", (2,), generator=network)
