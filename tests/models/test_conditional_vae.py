"""The option `conditional` of a VAE, and networks of the user's own."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import genzoo
from genzoo.core.context import TWO_CLASSES, ContextSpec
from genzoo.core.context_fields import Category, Covariate
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.models import MODELS, cvae, vae
from genzoo.networks.conditional import Concatenation, ConditionalSequential
from genzoo.results.types import FitResult
from genzoo.training import Observer, TrainingProgress
from genzoo.training.checkpoint import Checkpoint

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


class Steps(DataSource):
    """0 in one class and 1 in the other, with noise."""

    event_shape = (1,)
    context_spec = TWO_CLASSES

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        context = TWO_CLASSES.draw(n, generator=generator)
        return Batch(context[:, 1:] + 0.1 * torch.randn(n, 1, generator=generator), context)


def test_a_replayed_fit_continues_to_the_bit_and_is_loaded_with_its_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(folder: str, observers: Sequence[Observer] = ()) -> FitResult:
        return genzoo.train(
            "cvae:width=8,depth=1",
            Steps(),
            seeds=2,
            steps=130,
            batch_size=16,
            record=False,
            engine="replay",
            directory=tmp_path / folder,
            observers=observers,
        )

    def interrupt(progress: TrainingProgress) -> None:
        if progress.step > 100:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "due", lambda self: True)
    whole = train("whole").runs[1]
    with pytest.raises(KeyboardInterrupt):
        train("stopped", [interrupt])
    stopped = train("stopped").runs[1]
    assert whole.stacked == 2
    loaded = genzoo.load(tmp_path / "stopped" / "seed-0001")
    assert loaded.context_spec == TWO_CLASSES
    for model in (stopped.model, loaded):
        for key, value in whole.model.state_dict().items():
            assert torch.equal(model.state_dict()[key], value), key
    made = [
        model.sample(5, generator=stream(0, "x")) for model in (whole.model, stopped.model, loaded)
    ]
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


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
