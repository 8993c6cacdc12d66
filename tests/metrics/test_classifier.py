"""Cross-fitted classifiers: no fit sees the rows that it judges."""

import numpy as np
import pytest

from genzoo.metrics.classification_problem import lay_out
from genzoo.metrics.classifier import combine, without_each_fold
from genzoo.metrics.two_sample import accuracy


def noise_problem(seed):
    """Equal laws in ten dimensions, 100 rows of each kind."""
    random = np.random.default_rng(seed)
    return lay_out(random.normal(size=(100, 10)), random.normal(size=(100, 10)), None, random)


def directions(problem, columns):
    """A classifier that finds a direction in anything."""
    x = problem.coordinates[:, columns]

    def fit(train):
        return x @ (
            x[train & (problem.labels == 1)].mean(0) - x[train & (problem.labels == 0)].mean(0)
        )

    return fit


@pytest.mark.thorough
def test_classifiers_combined_tell_equal_laws_apart_half_of_the_time():
    """A combination that knows something of the fold it judges is right in .57 of cases."""
    found = []
    for seed in range(150):
        problem = noise_problem(seed)
        parts = [without_each_fold(problem, directions(problem, [at])) for at in range(10)]
        found.append(accuracy(combine(problem, parts), "").value)
    assert np.mean(found) == pytest.approx(0.5, abs=0.012)


def test_no_classifier_has_seen_its_row_or_its_line():
    """Nothing of a fit reaches the rows it was fitted to, nor the line of a fold that it saw."""
    problem = noise_problem(0)
    found = without_each_fold(problem, lambda train: np.where(train, np.inf, 1.0))
    assert (found == 1).all()
    for fold in range(5):
        line = without_each_fold(
            problem, lambda train, k=fold: np.full(200, float((train & (problem.fold == k)).any()))
        )
        assert (line[fold] == 0).all()
