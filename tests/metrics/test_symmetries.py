"""What may not matter: a common rotation, shift, unit, the order of rows; and swapped roles."""

import math

import pytest
import torch

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.core.source import DataSource
from genzoo.metrics import METRICS
from genzoo.testing.specimens import LinearGaussian

TURN = torch.linalg.qr(torch.tensor([[1.0, 2.0], [-1.0, 1.0]], dtype=torch.float64))[0]
ON_SAMPLES = [
    metric.name
    for metric in map(METRICS.create, METRICS.names())
    if metric.compares_samples and not metric.conditional
]
OF_TABLES = {"train_share", "near_duplicates", "copied_rows", "constant_columns"}
ROTATES = [name for name in ON_SAMPLES if name not in OF_TABLES]
EXACT = {"energy", "frechet", "wasserstein"}
"""Those that see distances or moments only; others see standard units or random directions."""

OF_MODES = (
    "high_quality",
    "modes_captured",
    "missing_modes",
    "kl_modes",
    "modes_held",
    "mode_variance",
    "wrong_widths",
)
OF_MODES += ("published_modes", "published_high_quality")


def both(kit, n=400):
    """A ring of 5 modes and wider ones against one of 8, and the same turned."""
    evidence = kit["make_evidence"](kit["ring"](), kit["ring"](5, sd=0.07), n=n, known=False)
    x, y = evidence.samples.double(), evidence.reference.double()
    turned = kit["Unknown"](kit["Mixture"](kit["ring"]().locations @ TURN, 0.05))
    return Evidence(x, y, evidence.source), Evidence(x @ TURN, y @ TURN, turned)


@pytest.fixture(scope="module")
def plain_and_turned(kit):
    return both(kit)


@pytest.mark.parametrize("name", ROTATES)
def test_a_common_rotation_changes_no_more_than_chance(name, plain_and_turned):
    first, second = (METRICS.create(name)(evidence) for evidence in plain_and_turned)
    assert second.value == pytest.approx(
        first.value, rel=1e-9 if name in EXACT else None, abs=first.standard_error
    )


@pytest.mark.parametrize("name", OF_MODES)
def test_modes_may_lie_anywhere_in_any_unit(name, kit):
    evidence = kit["make_evidence"](kit["ring"](), kit["ring"](5, sd=0.07), n=400)
    source = kit["Mixture"](1000 * kit["ring"]().locations @ TURN + 300, 50.0)
    first = METRICS.create(name)(
        Evidence(evidence.samples.double(), evidence.reference.double(), evidence.source)
    )
    moved = (1000 * part.double() @ TURN + 300 for part in (evidence.samples, evidence.reference))
    second = METRICS.create(name)(Evidence(*moved, source))
    assert second.value == pytest.approx(first.value, rel=1e-6)
    assert second.null == (None if first.null is None else pytest.approx(first.null, rel=1e-9))


class ModelLaw(DataSource, SupportsLogProb):
    """The law of a model without offset, in a unit."""

    event_shape = (3,)

    def __init__(self, unit):
        self.model = linear_model(unit, 0.0)

    def sample(self, n, *, generator):
        return Batch(self.model.sample(n, generator=generator))

    def _log_prob(self, x, context):
        return self.model.log_prob(x.float()).double()


def linear_model(unit, offset=0.5):
    model = LinearGaussian((3,), 1)
    with torch.no_grad():
        model.decoder.weight.fill_(1.0)
        model.decoder.bias.fill_(offset)
        model.encoder.weight.fill_(0.25)
        model.encoder.bias.fill_(0.0)
        model.log_posterior_variance.fill_(math.log(0.25))
    model.standardise(torch.full((3,), 3.0 * (unit - 1)), torch.full((3,), unit))
    return model.eval()


WITH_A_MODEL = {  # what becomes of a value v in a unit a quarter as large
    "log_likelihood": lambda v: v - 3 * math.log(4),
    "elbo": lambda v: v - 3 * math.log(4),
    "iw_bound": lambda v: v - 3 * math.log(4),
    "reconstruction": lambda v: 16 * v,
    **dict.fromkeys(
        ("js", "kl", "forward_kl", "total_variation", "hellinger", "pearson"), lambda v: v
    ),
}


@pytest.mark.parametrize("name", WITH_A_MODEL)
def test_what_a_model_scores_in_another_unit(name):
    def score(unit):
        source, model = ModelLaw(unit), linear_model(unit)
        x, y = (made.sample(200, generator=stream(0, "unit")) for made in (source.model, model))
        return METRICS.create(name)(Evidence(y, x, source, model))

    first, second = score(1.0), score(4.0)
    assert second.value == pytest.approx(WITH_A_MODEL[name](first.value), rel=1e-4, abs=1e-5)


ANTISYMMETRIC = {"cell_variance", "cell_rank"}
SWAPPED = {"precision": "recall", "recall": "precision"}
ONE_SIDED = {"kl", "forward_kl", "density", "coverage", *OF_TABLES}
SYMMETRIC = sorted(set(ON_SAMPLES) - ANTISYMMETRIC - set(SWAPPED) - ONE_SIDED)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_it_does_not_matter_which_sample_is_called_real(name, kit):
    evidence = kit["make_evidence"](kit["normal"](), kit["normal"](shift=0.8), n=400, known=False)
    forth = METRICS.create(name)(evidence)
    back = METRICS.create(name)(Evidence(evidence.reference, evidence.samples, evidence.source))
    assert back.value == pytest.approx(
        forth.value, rel=1e-9 if name in EXACT else None, abs=2 * forth.standard_error
    )


@pytest.mark.parametrize("name", sorted(ANTISYMMETRIC))
def test_ratios_change_their_sign_when_the_roles_are_swapped(name, kit):
    """Not their size: columns are in the standard units of those that are called real."""
    truth = kit["normal"](3)
    x = kit["draws"](truth, 2000, 0)
    y = kit["draws"](truth, 2000, 1) * torch.tensor([1.0, 1.0, 0.2])
    forth, back = (
        METRICS.create(name)(Evidence(y, x, truth)),
        METRICS.create(name)(Evidence(x, y, truth)),
    )
    assert forth.value < -4 * forth.standard_error
    assert back.value > 1.5 * back.standard_error


@pytest.mark.parametrize("name", sorted(SWAPPED))
def test_precision_of_one_is_recall_of_the_other(name, kit):
    """In standard units of the real columns, which are nearly the same here."""
    evidence = kit["make_evidence"](kit["normal"](), kit["normal"](shift=0.8), n=400, known=False)
    swapped = Evidence(evidence.reference, evidence.samples, evidence.source)
    forth, back = METRICS.create(name)(evidence).value, METRICS.create(SWAPPED[name])(swapped).value
    assert back == pytest.approx(forth, abs=0.02)


@pytest.mark.parametrize("name", sorted(EXACT | {"cells", "mmd", "precision", "coverage", "js"}))
def test_the_order_of_rows_changes_no_more_than_chance(name, plain_and_turned):
    evidence = plain_and_turned[0]
    mixed = Evidence(evidence.samples.flip(0), evidence.reference.roll(7, 0), evidence.source)
    first, second = METRICS.create(name)(evidence), METRICS.create(name)(mixed)
    assert second.value == pytest.approx(first.value, rel=1e-9, abs=first.standard_error)
