"""The digits' classifier, and the modes of one digit and of three."""

import pickle

import pytest
import torch

from genzoo.core.noise import stream
from genzoo.core.source import FiniteSource, real_sample
from genzoo.data import create_source
from genzoo.data.digit_classifier import DigitClassifier
from genzoo.data.digits import fitted_classifier
from genzoo.errors import InputError
from genzoo.experiment.controls import oracle, single_mode

SPLITS = range(3)


def held_out(split):
    rows = create_source(f"digits:split_seed={split}").holdout
    return rows.x, rows.context.argmax(dim=1)


@pytest.mark.parametrize("split", SPLITS)
def test_held_out_digits_are_classified(split):
    x, labels = held_out(split)
    classifier = fitted_classifier(1 / 3, split)
    assert float((classifier.scores(x).argmax(dim=1) == labels).double().mean()) >= 0.985
    found = classifier.classify(x)
    kept = found >= 0
    assert 0.94 <= float(kept.double().mean()) <= 0.98
    assert float((found[kept] == labels[kept]).double().mean()) >= 0.998


@pytest.mark.parametrize("split", SPLITS)
def test_what_is_no_digit_is_not_recognised(split):
    x, labels = held_out(split)
    classifier, generator = fitted_classifier(1 / 3, split), stream(split, "junk")

    def recognised(images):
        return float((classifier.classify(images) >= 0).double().mean())

    assert recognised(torch.rand(500, 1, 8, 8, generator=generator)) == 0
    mean = create_source(f"digits:split_seed={split}").train.x.mean(dim=0)
    assert recognised(mean + 0.05 * torch.randn(500, 1, 8, 8, generator=generator)) == 0
    assert (
        recognised(torch.stack([torch.full((1, 8, 8), grey) for grey in (0.0, 0.3, 0.5, 1.0)])) == 0
    )
    order = torch.randperm(len(x), generator=generator)
    mixed = (x + x[order])[labels != labels[order]] / 2
    assert recognised(mixed) < 0.25
    assert recognised(1e6 * x) == 0


def test_the_classifier_has_not_seen_the_held_out_digits():
    """Fitted to them, it would recognise all of them, as it does its own training images."""
    source = create_source("digits")
    assert float((source.modes().assign(source.train.x) >= 0).double().mean()) == 1
    assert float((source.modes().assign(source.holdout.x) >= 0).double().mean()) < 0.98
    rows = source.train
    alone = DigitClassifier(rows.x, rows.context.argmax(dim=1))
    torch.testing.assert_close(alone.scores(source.holdout.x), source.features(source.holdout.x))


def test_the_classifier_is_least_squares_with_a_kernel():
    from sklearn.kernel_ridge import KernelRidge

    rows, (x, _) = create_source("digits").train, held_out(0)
    oracle_scores = KernelRidge(alpha=0.01, kernel="rbf", gamma=1 / 8)
    oracle_scores.fit(rows.x.double().flatten(1).numpy(), rows.context.double().numpy())
    expected = torch.from_numpy(oracle_scores.predict(x.double().flatten(1).numpy()))
    torch.testing.assert_close(
        fitted_classifier(1 / 3, 0).scores(x), expected, atol=1e-7, rtol=1e-7
    )


def test_modes_of_digits_are_the_classes_in_order():
    source = create_source("digits")
    modes = source.modes()
    assert modes.names == tuple("0123456789")
    assert modes.rejects
    assert torch.equal(modes.assign(source.train.x), source.train.context.argmax(dim=1))
    assert torch.allclose(modes.weights * 1797, (modes.weights * 1797).round())


def test_modes_of_stacked_digits_read_the_channels_in_order():
    rows, stacked = create_source("digits").train, create_source("stacked_digits")
    labels = rows.context.argmax(dim=1)
    seven, one, four = (rows.x[labels == digit][0, 0] for digit in (7, 1, 4))
    modes = stacked.modes()
    (index,) = modes.assign(torch.stack([seven, one, four])[None]).tolist()
    assert index == 714
    assert modes.names[index] == "7-1-4"
    assert modes.names[5] == "0-0-5"
    assert len(modes) == 1000
    blank = torch.stack([seven, torch.zeros(8, 8), four])[None]
    assert modes.assign(blank).tolist() == [-1]


def parts(x):
    return {image.numpy().tobytes() for image in x.reshape(-1, 64)}


def test_stacked_digits_keep_training_and_held_out_images_apart():
    source, digits = create_source("stacked_digits"), create_source("digits")
    reference, oracle_sample = (
        part.x for part in real_sample(source, 2000, generator=stream(0, "real"))
    )
    train = parts(source.sample(2000, generator=stream(0)).x)
    assert not isinstance(source, FiniteSource)
    assert train <= parts(digits.train.x)
    assert parts(reference) | parts(oracle_sample) <= parts(digits.holdout.x)
    assert not parts(reference) & parts(oracle_sample)
    assert len(parts(reference) | parts(oracle_sample)) == len(parts(digits.holdout.x))


def test_digits_of_a_stack_are_uniform_and_independent():
    source = create_source("stacked_digits")
    index = source.modes().assign(source.sample(20_000, generator=stream(3)).x)
    counts = torch.bincount(index, minlength=1000).double()
    assert (
        float(((counts - 20) ** 2 / 20).sum()) < 1143
    )  # chi-square, 999 degrees of freedom, p = .001


@pytest.mark.parametrize("mode", [0, 7, 42, 999])
def test_a_mode_is_drawn_by_itself(mode):
    source = create_source("stacked_digits")
    x = source.sample_mode(mode, 200, generator=stream(0)).x
    assert set(source.modes().assign(x).tolist()) == {mode}
    assert len(x.flatten(1).unique(dim=0)) > 150


def test_controls_of_stacked_digits():
    source = create_source("stacked_digits")
    second = real_sample(source, 50, generator=stream(1, "real"))[1]
    assert torch.equal(oracle(source, 50, 1).x, second.x)
    assert set(source.modes().assign(single_mode(source, 50, 1).x).tolist()) == {0}


@pytest.mark.parametrize("name", ["digits", "stacked_digits"])
def test_what_travels_to_another_process_knows_its_modes(name):
    source = create_source(name)
    copy = pickle.loads(pickle.dumps(source))
    x = source.sample(20, generator=stream(0)).x
    assert torch.equal(copy.modes().assign(x), source.modes().assign(x))


@pytest.mark.parametrize("holdout", [0.002, 0.999])
def test_a_split_without_images_of_each_digit_is_refused(holdout):
    with pytest.raises(InputError, match="nearer to 1/3"):
        create_source("stacked_digits", holdout=holdout)
