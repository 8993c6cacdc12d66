"""Films of conditional models: the same conditions in each frame, kept with the film."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import OutsideRange
from genzoo.core.noise import stream
from genzoo.core.recipe import Recipe
from genzoo.core.source import DataSource
from genzoo.errors import InputError
from genzoo.metrics.quick_metrics import quick_metrics
from genzoo.observation.asked import Asked, by_class, by_number
from genzoo.observation.filming import film, steps_to_keep
from genzoo.observation.frame import PUSHED
from genzoo.observation.stage import CODED, Stage
from genzoo.results.recording import Recording
from genzoo.results.recording_file import recording_bytes, recording_of
from genzoo.results.shown_condition import condition_in_words, shown_field, shown_values
from genzoo.results.types import FitResult
from genzoo.training import Trainer
from tests.observation.conditional import DOSE, KINDS, HeldOutDoses, Kinds, Shifted

STEPS = 3


def filmed(source: DataSource) -> tuple[FitResult, Recording]:
    build = lambda: Shifted(source.event_shape, source.context_spec)  # noqa: E731
    recipe = Recipe(batch_size=16, learning_rate=0.1, steps=STEPS)
    keep = steps_to_keep(build, STEPS, 1)
    fit = Trainer().fit(build, source, [0], recipe, keep=keep)
    fit = film(fit, source, quick_metrics, [0])
    return fit, fit.recordings[0]


@pytest.fixture(scope="module")
def plane() -> tuple[FitResult, Recording]:
    return filmed(Kinds((2,)))


def conditions(recording: Recording) -> Tensor:
    return torch.from_numpy(recording.constants["context"]).float()


def test_samples_of_each_frame_answer_the_conditions_of_the_real_examples(plane) -> None:
    fit, recording = plane
    stage = Stage.of(Kinds((2,)))
    context = conditions(recording)
    assert torch.equal(context, stage.context[:400])
    np.testing.assert_array_equal(recording.constants["real"], stage.real[:400])
    samples = fit.runs[0].model.sample(400, generator=stream(0, "frame"), context=context)
    np.testing.assert_allclose(recording.arrays["samples"][-1], samples, rtol=1e-5)


def test_codes_gradients_and_the_density_are_those_of_the_conditions(plane) -> None:
    fit, recording = plane
    model = fit.runs[0].model.double()
    stage = Stage.of(Kinds((2,)))
    codes = model.encode(stage.real[:CODED], stage.context[:CODED]).detach()
    np.testing.assert_allclose(recording.arrays["codes"][-1], codes, atol=1e-4)
    assert "discriminator" not in recording.arrays
    x = torch.from_numpy(recording.arrays["samples"][-1][:PUSHED]).double().requires_grad_()
    log_d = torch.nn.functional.logsigmoid(model.discriminate(x, conditions(recording)[:PUSHED]))
    (slope,) = torch.autograd.grad(log_d.sum(), x)
    np.testing.assert_allclose(recording.arrays["gradients"][-1], slope, rtol=1e-3, atol=1e-5)
    shares = stage.context.mean(0).double()
    log_p = [
        model.log_prob(stage.points, one.expand(len(stage.points), -1)) for one in torch.eye(3)
    ]
    mixture = (shares[:, None] * torch.stack(log_p).detach().exp()).sum(0)
    np.testing.assert_allclose(
        np.exp(recording.arrays["log density"][-1]).ravel(), mixture, rtol=1e-3, atol=1e-9
    )


def test_the_lattice_is_of_the_most_frequent_class(plane) -> None:
    fit, recording = plane
    assert recording.constants["lattice context"].tolist() == [[0, 1, 0]]
    model = fit.runs[0].model.double()
    corners = torch.from_numpy(recording.arrays["lattice"][-1][[0, -1], [0, -1]]).double()
    codes = model.encode(corners, torch.tensor([[0.0, 1, 0]] * 2)).detach()
    known = torch.from_numpy(recording.arrays["codes"][-1])
    ends = torch.stack([known.quantile(0.01, dim=0), known.quantile(0.99, dim=0)])
    np.testing.assert_allclose(codes, ends, atol=1e-3)


def test_conditions_survive_the_file(plane, tmp_path: Path) -> None:
    _, recording = plane
    back = recording_of(recording_bytes(recording), tmp_path)
    assert back.context_spec == KINDS
    for name in ("context", "lattice context"):
        np.testing.assert_array_equal(back.constants[name], recording.constants[name])
    plain = replace(recording, context_spec=None)
    assert recording_of(recording_bytes(plain), tmp_path).context_spec is None
    for context in (recording.constants["context"][:9], recording.constants["context"][:, :2]):
        damaged = replace(recording, constants={**recording.constants, "context": context})
        with pytest.raises(InputError, match="one condition for each example"):
            recording_of(recording_bytes(damaged), tmp_path)


def test_images_are_filmed_in_a_row_for_each_class() -> None:
    _, recording = filmed(Kinds((1, 4, 4)))
    classes = shown_values(KINDS, conditions(recording))
    assert classes.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert recording.arrays["samples"].shape[1:] == (15, 1, 4, 4)
    levels = recording.constants["real"].mean(axis=(1, 2, 3))
    np.testing.assert_allclose(levels, 3 * classes, atol=1.2)


def test_numbers_beyond_those_of_training_are_filmed_without_a_warning(recwarn) -> None:
    _, recording = filmed(HeldOutDoses())
    assert recording.constants["context"].max() > 2
    assert not [said for said in recwarn if issubclass(said.category, OutsideRange)]
    (middle,) = recording.constants["lattice context"][0]
    assert middle == pytest.approx(2, abs=0.4)
    grid = recording.constants["grid 0"]
    assert np.trapezoid(recording.arrays["density"][-1], grid) == pytest.approx(1, abs=0.05)


def test_curves_and_few_rows_take_their_conditions_in_turn() -> None:
    _, recording = filmed(Kinds((15,)))
    assert len(recording.constants["context"]) == recording.arrays["plane"].shape[1] == 400
    source = Kinds((2,))
    few = source.sample(7, generator=torch.Generator().manual_seed(0))
    stage = Stage(source, few.x, (), context=few.context)
    asked = stage.asked(KINDS)
    assert torch.equal(asked.samples[7:14], few.context)
    with pytest.raises(InputError, match="the model needs kind"):
        Stage(source, few.x, ()).asked(KINDS)


def test_rows_of_classes_are_few_and_a_rare_class_is_shown_again() -> None:
    context = torch.eye(3)[[0, 1, 0, 0, 1, 1, 1, 1, 1, 2]]
    assert by_class(KINDS, context, 500).tolist() == [0, 2, 3, 0, 1, 4, 5, 6, 9, 9, 9, 9]
    assert len(by_class(KINDS, context, 6400)) == 6
    assert len(by_class(KINDS, context, 1)) == 15
    doses = torch.tensor([[0.5], [0.1], [1.5]])
    assert by_number(DOSE, doses, 4).tolist() == [1, 0, 0, 2]


def test_one_condition_stands_for_all_and_a_few_for_their_law() -> None:
    both = ContextSpec((*DOSE.fields, *KINDS.fields))
    rows = torch.tensor([[0.3, 1, 0, 0], [0.9, 0, 0, 1], [0.1, 0, 0, 1], [0.5, 0, 0, 1]])
    asked = Asked(both, rows, torch.arange(4))
    assert torch.equal(asked.typical(), rows[3:])
    assert condition_in_words(both, rows[3]) == "dose = 0.5, kind = c"
    assert shown_field(both) == KINDS.fields[0]
    assert shown_values(both, rows).tolist() == [0, 2, 2, 2]
    assert shown_values(DOSE, rows[:, :1]) == pytest.approx([0.3, 0.9, 0.1, 0.5])
    many = torch.linspace(0, 2, 101)[:, None]
    some, shares = Asked(DOSE, many, torch.arange(3)).law()
    assert len(some) == len(shares) == 32
    assert (some.min(), some.max(), shares.sum()) == (0, 2, pytest.approx(1))


def test_a_film_of_an_unconditional_model_says_nothing_of_conditions() -> None:
    stage = Stage.of(Kinds((2,)))
    assert stage.asked(None) is None
    assert set(stage.constants()) == {"real", "grid 0", "grid 1"}
