"""Scores of conditional models, held against closed forms, and what of others is conditional."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from genzoo.core.capabilities import SupportsLogProb
from genzoo.core.context import ContextSpec
from genzoo.core.context_fields import Category, Covariate, one_hot
from genzoo.core.features import Features
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.source import DataSource, FiniteSource, SupportsLabels, take_rows
from genzoo.metrics import METRICS
from genzoo.metrics.asked_metrics import least_share, pulled
from genzoo.results.types import Score
from genzoo.statistics.case import ruler_of
from genzoo.testing.asked_specimens import GivenGaussian, Shelves
from genzoo.testing.evidence import with_conditions
from genzoo.testing.support import build_ready


class TwoClasses(DataSource, SupportsLogProb, SupportsLabels):
    """N(-gap / 2, 1) and N(gap / 2, 1), equally likely; the condition says which."""

    event_shape = (1,)
    context_spec = ContextSpec((Category("side", ("left", "right")),))

    def __init__(self, gap):
        self.places = torch.tensor([-gap / 2, gap / 2])

    def sample(self, n, *, generator):
        side = torch.randint(2, (n,), generator=generator)
        x = self.places[side] + torch.randn(n, generator=generator)
        return Batch(x[:, None], one_hot(side, 2))

    def labels_of(self, x):
        return (x > 0).long()

    def _log_prob(self, x, context):
        kernels = -0.5 * (x - self.places) ** 2 - 0.5 * math.log(2 * math.pi)
        if context is None:
            return torch.logsumexp(kernels - math.log(2), 1)
        return (kernels * context).sum(1)


class Drawn(DataSource):
    """Another source of which only draws are known, with their conditions."""

    def __init__(self, source):
        self.source = source
        self.event_shape = source.event_shape
        self.context_spec = source.context_spec

    def sample(self, n, *, generator):
        return self.source.sample(n, generator=generator)


class File(Drawn, FiniteSource):
    """Rows of another source."""

    recommended_standardisation = "column"

    def __init__(self, source, train, holdout):
        super().__init__(source)
        rows = draws(source, train + holdout, 99)
        self.rows = take_rows(rows, slice(train)), take_rows(rows, slice(train, None))

    @property
    def train(self):
        return self.rows[0]

    @property
    def holdout(self):
        return self.rows[1]


def draws(source, n, seed):
    return source.sample(n, generator=torch.Generator().manual_seed(seed))


def evidence_of(source, n, seed=0, *, change=lambda context: context, known=True):
    """Draws of a source as samples, said to be asked for with changed conditions."""
    real, fake = draws(source, n, seed), draws(source, n, 1000 + seed)
    return Evidence(
        fake.x,
        real.x,
        source if known else Drawn(source),
        None,
        seed,
        sample_context=change(fake.context),
        reference_context=real.context,
    )


def shuffled(context):
    order = torch.randperm(len(context), generator=torch.Generator().manual_seed(0))
    return context[order]


def swapped(context):
    return context.flip(1)


def score(name, evidence):
    return METRICS.create(name)(evidence)


def js_of_swapped(gap):
    """JS of the joint laws: that of the two normals, for either class."""

    def integrand(t):
        p, q = stats.norm.pdf(t, -gap / 2), stats.norm.pdf(t, gap / 2)
        return 0.5 * (p * math.log(2 * p / (p + q)) + q * math.log(2 * q / (p + q)))

    return integrate.quad(integrand, -9, 9)[0]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("gap", [1.0, 3.0])
def test_swapped_labels_show_in_the_joint_law_alone(gap, known):
    evidence = evidence_of(TwoClasses(gap), 1000, change=swapped, known=known)
    found, marginal = score("joint_js", evidence), score("js", evidence)
    truth = js_of_swapped(gap)
    assert 0.75 * truth < found.value < truth + 3 * found.standard_error
    assert abs(marginal.value) < 4 * marginal.standard_error
    assert ("log p given the conditions" in found.estimator) == known


@pytest.mark.parametrize("known", [True, False])
def test_ignored_labels_of_far_classes_are_told_in_half_of_the_cases(known):
    """p is 1/2 at the class asked for, q is 1/4 at each pair: JS = .2158."""
    evidence = evidence_of(TwoClasses(8.0), 800, change=shuffled, known=known)
    found = score("joint_js", evidence)
    exact = (math.log(4 / 3) + math.log(2 / 3) / 2 + math.log(2) / 2) / 2
    assert found.value == pytest.approx(exact, abs=4 * found.standard_error)
    share = score("condition_accuracy", evidence)
    assert share.value == pytest.approx(0.5, abs=4 * share.standard_error)


def test_ignored_labels_are_seen_in_one_of_many_columns():
    class Wide(TwoClasses):
        event_shape = (40,)

        def sample(self, n, *, generator):
            batch = super().sample(n, generator=generator)
            return Batch(torch.cat([batch.x, torch.randn(n, 39, generator=generator)], 1), batch[1])

    evidence = evidence_of(Wide(8.0), 400, change=shuffled, known=False)
    assert score("joint_js", evidence).value > 0.15


def test_a_number_that_is_ignored_shows_in_the_joint_law():
    def without_heights(context):
        return torch.cat([context[:, :3], shuffled(context[:, 3:])], dim=1)

    evidence = evidence_of(Shelves(), 800, change=without_heights)
    found = score("joint_js", evidence)
    assert found.value > 0.1
    assert score("condition_accuracy", evidence).value > 0.95


def test_the_truth_scores_nothing_with_the_error_it_says():
    found = [score("joint_js", evidence_of(TwoClasses(2.0), 300, seed)) for seed in range(60)]
    values = np.array([e.value for e in found])
    error = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert abs(values.mean()) < 0.004
    assert 0.5 * error < values.std(ddof=1) < 2 * error


def test_of_a_file_no_condition_is_compared_twice():
    source = File(Shelves(), 60, 40)
    fake = draws(Shelves(), 40, 7)
    again = take_rows(fake, torch.arange(400) % 40)
    more = draws(Shelves(), 400, 8)
    real = source.holdout

    def joint(x, context):
        given = {"sample_context": context, "reference_context": real.context}
        return score("joint_js", Evidence(x, real.x, source, **given))

    assert joint(again.x, again.context) == joint(fake.x, fake.context)
    assert joint(more.x, more.context).n == 40


def test_the_share_is_that_of_the_best_classifier():
    """Half a gap of 1.5 standard deviations: Phi(.75) of the truth are on their side."""
    source = TwoClasses(1.5)
    found = score("condition_accuracy", evidence_of(source, 2000))
    truth = stats.norm.cdf(0.75)
    assert found.value == pytest.approx(truth, abs=4 * found.standard_error)
    assert found.standard_error == pytest.approx(math.sqrt(truth * (1 - truth) / 2000), rel=0.05)
    assert found.ceiling == pytest.approx(truth, abs=0.03)
    wrong = score("condition_accuracy", evidence_of(source, 2000, change=swapped))
    assert wrong.value == pytest.approx(1 - found.value)


def test_a_classifier_tells_where_the_source_cannot():
    """Fitted to training rows, it tells nearly as many as the best one."""
    known, unknown = (
        score("condition_accuracy", evidence_of(Shelves(), 400, known=known))
        for known in (True, False)
    )
    assert known.estimator == "told by the source; ceiling of 2900 real examples"
    assert unknown.estimator.startswith("told by a classifier of 2000 training rows; ")
    assert known.value - 0.03 < unknown.value < known.value + 0.01
    assert known.ceiling - 0.03 < unknown.ceiling < known.ceiling + 0.01


def test_a_sample_of_no_class_is_wrong():
    class Strict(TwoClasses):
        def labels_of(self, x):
            return torch.where(x.abs() > 9, -1, super().labels_of(x))

    evidence = evidence_of(Strict(8.0), 200)
    evidence.samples[:50] = 100.0
    assert score("condition_accuracy", evidence).value == pytest.approx(0.75, abs=0.01)
    assert score("worst_class", evidence).value < 0.8


def test_all_labels_must_be_right_and_each_has_classes_of_its_own():
    class Corners(DataSource, SupportsLabels):
        event_shape = (2,)
        context_spec = ContextSpec((Category("x", ("a", "b")), Category("y", ("c", "d"))))

        def sample(self, n, *, generator):
            sides = torch.randint(2, (n, 2), generator=generator)
            return Batch(sides.float(), one_hot(sides, 2).flatten(1))

        def labels_of(self, x):
            return x.long()

    def half_wrong(context):
        """The second label of every other example is the other one."""
        wrong = context.clone()
        wrong[::2, 2:] = context[::2, 2:].flip(1)
        return wrong

    evidence = evidence_of(Corners(), 400, change=half_wrong)
    assert score("condition_accuracy", evidence).value == 0.5
    worst = score("worst_class", evidence)
    assert 0.4 < worst.value <= 0.5
    assert "; y = " in worst.estimator


def test_the_least_of_binomial_shares_is_exact():
    sizes, shares = np.array([7.0, 12.0, 12.0, 30.0]), np.array([0.9, 0.8, 0.95, 0.85])
    drawn = np.random.default_rng(0).binomial(sizes.astype(int), shares, size=(100_000, 4)) / sizes
    least = drawn.min(axis=1)
    mean, sd = least_share(sizes, shares)
    assert mean == pytest.approx(least.mean(), abs=0.002)
    assert sd == pytest.approx(least.std(), rel=0.01)
    assert least_share(np.array([20.0]), np.array([0.3])) == pytest.approx(
        (0.3, math.sqrt(0.3 * 0.7 / 20))
    )
    assert least_share(np.array([9.0, 9.0]), np.array([1.0, 1.0])) == (1.0, 0.0)


def test_shares_are_pulled_together_as_far_as_chance_explains_their_spread():
    random, sizes = np.random.default_rng(0), np.full(10, 15.0)
    drawn = random.binomial(15, 0.8, size=(200, 10))
    truth = least_share(sizes, np.full(10, 0.8))[0]
    assert np.mean([(row / sizes).min() for row in drawn]) == pytest.approx(truth, abs=0.01)
    least = np.mean([least_share(sizes, pulled(row, sizes))[0] for row in drawn])
    assert least == pytest.approx(truth, abs=0.04)
    apart = np.array([90.0, 90.0, 20.0])
    assert pulled(apart, np.full(3, 100.0)) == pytest.approx(apart / 100, abs=0.02)


def test_the_worst_class_of_the_truth_scores_its_null_with_the_error_it_says():
    """The least of two shares of 20 samples lies .05 below either."""
    found = [score("worst_class", evidence_of(TwoClasses(1.5), 40, seed)) for seed in range(60)]
    gaps = np.array([e.value - e.null for e in found])
    error = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert abs(gaps.mean()) < 3 * error / math.sqrt(60)
    assert 0.7 * error < gaps.std(ddof=1) < 1.4 * error
    assert np.mean([e.null for e in found]) == pytest.approx(stats.norm.cdf(0.75) - 0.05, abs=0.01)


def test_the_worst_class_is_named_and_rare_ones_are_left_out():
    def left_for_right(context):
        """Every right shelf was asked for as a left one."""
        wrong = context.clone()
        wrong[context[:, 2] == 1, :3] = torch.tensor([1.0, 0.0, 0.0])
        return wrong

    found = score("worst_class", evidence_of(Shelves(), 400, change=left_for_right))
    assert "; shelf = left; classes of fewer than 10 samples, left out: 1" in found.estimator
    assert found.value == pytest.approx(2 / 3, abs=0.1)
    few = score("worst_class", evidence_of(Shelves(), 12))
    assert few.value is None
    assert few.reason.startswith("too few rows")


def reasons(evidence):
    return [
        score(name, evidence).reason for name in ("condition_accuracy", "worst_class", "joint_js")
    ]


def test_reasons():
    x = draws(Shelves(), 40, 0)
    assert reasons(Evidence(x.x, x.x, Shelves())) == ["no conditions"] * 3

    class Numbers(Drawn):
        def __init__(self):
            super().__init__(Shelves())
            self.context_spec = ContextSpec((Covariate("height", -1.0, 1.0),))

        def sample(self, n, *, generator):
            batch = super().sample(n, generator=generator)
            return Batch(batch.x, batch.context[:, 3:])

    *labels, joint = reasons(evidence_of(Numbers(), 100))
    assert labels == ["the conditions have no label"] * 2
    assert joint == ""
    *labels, _ = reasons(evidence_of(File(Shelves(), 15, 60), 40))
    assert labels == ["too few rows: 15, a classifier of labels needs 20"] * 2
    file = File(Shelves(), 60, 60)
    file.rows[0].context[:, :3] = torch.tensor([1.0, 0.0, 0.0])
    *labels, joint = reasons(evidence_of(file, 40))
    assert labels == ["no training row of the class shelf = middle"] * 2
    assert joint == ""


def test_on_features_the_label_is_still_told_from_the_example():
    def nothing(x):
        return torch.zeros(len(x), 1) + 1e-3 * x[:, 1:]

    plain = evidence_of(Shelves(), 300, change=shuffled)
    through = Evidence(
        plain.samples,
        plain.reference,
        plain.source,
        features=Features(nothing),
        sample_context=plain.sample_context,
        reference_context=plain.reference_context,
    )
    for name in ("condition_accuracy", "worst_class"):
        assert score(name, through) == score(name, plain)
    found, joint = score("joint_js", through), score("joint_js", plain)
    assert found.value < joint.value - 0.05
    assert found.estimator.endswith("on features nothing (1 columns)")


def conditional(n=400):
    """A conditional model that is the truth of its own law, and evidence of it."""

    class Law(Drawn, SupportsLogProb):
        """The law of the model, with conditions of the shelves."""

        def sample(self, n, *, generator):
            context = self.source.sample(n, generator=generator).context
            return Batch(model.sample(n, generator=generator, context=context), context)

        def _log_prob(self, x, context):
            if context is None:
                raise AssertionError("a conditional model is held against conditional densities")
            return model.log_prob(x.float(), context.float()).double()

    spec = Shelves.context_spec
    model = build_ready(lambda: GivenGaussian((2,), spec), dtype=torch.float32)
    source = Law(Shelves())
    real, fake = draws(source, n, 0), draws(source, n, 1)
    return Evidence(
        fake.x,
        real.x,
        source,
        model,
        sample_context=fake.context,
        reference_context=real.context,
    )


def test_what_is_shared_is_given_conditions_only_where_it_is_asked_for_with_them():
    shared = with_conditions()
    for name in ("log_likelihood", "kl", "kl_exact", "joint_js", "js"):
        assert score(name, shared) == score(name, with_conditions()), name


@pytest.mark.parametrize("name", ["log_likelihood", "elbo", "iw_bound"])
def test_likelihoods_are_given_the_conditions_and_so_is_their_ceiling(name):
    found = score(name, conditional())
    assert found.value == pytest.approx(found.ceiling)
    assert "given the conditions" in found.estimator


@pytest.mark.parametrize(
    "name", ["js_exact", "kl_exact", "forward_kl", "total_variation", "hellinger", "pearson"]
)
def test_divergences_by_both_densities_are_those_of_the_joint_laws(name):
    evidence = conditional()
    assert score(name, evidence).value == pytest.approx(0.0, abs=1e-6)
    assert "given the conditions" in score(name, evidence).estimator


def test_of_a_conditional_model_kl_is_the_mean_of_those_of_normals():
    """Of N(A c + b, 2 I) against N((2 k, h), I / 4)."""
    evidence = with_conditions()
    found = score("forward_kl", evidence)
    context = draws(Shelves(), 20_000, 3).context
    model = evidence.model
    with torch.no_grad():
        off = model.mean(context) - torch.stack(
            [context[:, :3] @ torch.tensor([0.0, 2.0, 4.0]), context[:, 3]], dim=1
        )
    exact = (math.log(8) + 1 / 8 - 1) + float((off**2).sum(1).mean()) / 4
    assert found.value == pytest.approx(exact, abs=4 * found.standard_error)


def test_scores_with_and_without_conditions_are_never_ranked_against_each_other():
    evidence = conditional()
    for name in ("log_likelihood", "elbo", "iw_bound", "js_exact", "kl_exact", "reconstruction"):
        found = score(name, evidence)
        said = found.estimator.replace(", given the conditions", "")
        rows = [
            Score("a", "b", name, 0, 1.0, n=400, estimator=text) for text in (found.estimator, said)
        ]
        assert ruler_of(rows[0]) != ruler_of(rows[1]), name
