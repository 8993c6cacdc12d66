"""The option `conditional` of a VAE, and networks of the user's own."""

import re

import pytest
import torch
from torch import Tensor, nn

from genzoo.core.context import TWO_CLASSES, ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.errors import InputError
from genzoo.models import MODELS, cvae, vae
from genzoo.networks.conditional import Concatenation, ConditionalSequential

SPEC = ContextSpec((Category("group", ("a", "b")), Covariate("dose", 2.0, 10.0)))


def test_an_option_decides_and_without_a_source_there_are_two_classes() -> None:
    assert vae((2,), context_spec=SPEC).context_spec is None
    assert vae((2,), conditional=True).context_spec == TWO_CLASSES
    assert cvae((2,)).context_spec == TWO_CLASSES
    assert cvae((2,), context_spec=SPEC).context_spec == SPEC
    assert cvae((2,), conditional=False).context_spec is None
    assert "context_spec" not in MODELS.entry("cvae").options


class Sum(nn.Module):
    """A network of the user's own: it is called with both."""

    def __init__(self, out: int) -> None:
        super().__init__()
        self.of_x, self.of_c = nn.Linear(2, out), nn.Linear(3, out)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        total: Tensor = self.of_x(x) + self.of_c(context)
        return total


def test_networks_of_the_user_are_called_with_the_conditions_too() -> None:
    decoder = ConditionalSequential(Concatenation(), nn.Linear(5, 2))
    model = cvae((2,), encoder=lambda: Sum(4), decoder=decoder, context_spec=SPEC)
    x, context = torch.ones(2, 2), torch.tensor([[1.0, 0, 2], [0, 1, 10]])
    as_seen = torch.tensor([[1.0, 0, -1], [0, 1, 1]])
    codes = model.encoder(x, as_seen)[:, :2]
    torch.testing.assert_close(model.encode(x, context), codes)
    expected = model.decoder[1](torch.cat([codes, as_seen], 1))
    torch.testing.assert_close(model.reconstruct(x, context), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": nn.Linear(2, 4)}, "encoder must map (B, 2) and conditions (B, 3) to (B, 2"),
        ({"decoder": nn.Linear(5, 2)}, "decoder must map (B, 2) and conditions (B, 3) to (B, *ev"),
        ({"encoder": lambda: Sum(3)}, "it returned shape (2, 3) where (2, 4) was expected"),
    ],
)
def test_networks_of_another_shape_are_one_sentence(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        cvae((2,), context_spec=SPEC, **options)
