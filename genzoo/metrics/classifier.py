"""A light cross-fitted classifier of real against generated, shared by the quick divergences."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from genzoo.arrays import Array, Mask
from genzoo.metrics.classification_problem import CLIP, FOLDS, SMALL, ClassificationProblem, Logits
from genzoo.metrics.logistic import fit_logistic, with_intercept


def support_odds(problem: ClassificationProblem) -> Logits:
    """The log-odds of being on the support, for all rows alike.

    It stands in where hardly any generated example is on the support.
    """
    on = float((problem.labels == 0).sum())
    odds = (problem.n + 0.5) / (on + 0.5)
    return problem.split(np.full(len(problem.labels), np.log(odds)))


def light(problem: ClassificationProblem) -> Array:
    """Log-odds `(FOLDS, N)` of ridge logistic regressions, as `without_each_fold` gives them.

    Features: log p where the density is known, what else is told, log distances to the 2nd, 6th and
    16th nearest generated example (and real example, where it is not), their squares and products,
    coordinates and their squares.
    """
    coefficients = None

    def fit(train: Mask) -> Array:
        nonlocal coefficients
        near = problem.near(train)
        main = np.concatenate([problem.likelihood, problem.told, near], axis=1)
        main = standardise(main, train)
        if problem.quadratic:
            main = quadratic(main)
        coordinates = standardise(problem.coordinates, train)
        features = np.concatenate([main, coordinates], axis=1)
        ridge = np.repeat(_ridges(problem.fitted_rows), [main.shape[1], coordinates.shape[1]])
        coefficients = fit_logistic(
            features[train], problem.labels[train], problem.weights[train], ridge, coefficients
        )
        return with_intercept(features) @ coefficients

    return without_each_fold(problem, fit)


def without_each_fold(problem: ClassificationProblem, fit: Callable[[Mask], Array]) -> Array:
    """Log-odds `(FOLDS, N)` of classifiers that saw neither fold k, in line k, nor the row itself.

    One classifier for each pair of folds is fitted to the other three. Rows of fold k get the mean
    of the four that left it out. So a combination for fold k can be fitted on line k and knows
    nothing of the labels of fold k. From plain out-of-fold log-odds it would know a little, as they
    come from classifiers that saw fold k, and tell equal laws apart in .51 of cases.

    Args:
        problem: Rows, labels and folds.
        fit: Fits a classifier to the rows of a mask and returns the log-odds of all rows.
    """
    without = np.zeros((FOLDS, len(problem.labels)))
    for j, k in itertools.combinations(range(FOLDS), 2):
        in_j, in_k = problem.fold == j, problem.fold == k
        logits = problem.clip(fit(~(in_j | in_k)))
        without[k, in_j] = logits[in_j]
        without[j, in_k] = logits[in_k]
        without[j, in_j] += logits[in_j] / (FOLDS - 1)
        without[k, in_k] += logits[in_k] / (FOLDS - 1)
    return without


def combine(problem: ClassificationProblem, classifiers: Sequence[Array]) -> Logits:
    """Log-odds from several classifiers, by a cross-fitted logistic regression of theirs.

    It also corrects overconfidence: where nothing can be told apart, the combined odds are even.

    Args:
        problem: Rows, labels and folds.
        classifiers: Log-odds of each, `(FOLDS, N)`, see `without_each_fold`.
    """
    combined = np.empty(len(problem.labels))
    ridge = np.ones(len(classifiers))
    for held_out in range(FOLDS):
        train = problem.fold != held_out
        logits = np.stack([of_folds[held_out] for of_folds in classifiers], axis=1)
        features = standardise(logits, train)
        coefficients = fit_logistic(
            features[train], problem.labels[train], problem.weights[train], ridge
        )
        combined[~train] = with_intercept(features[~train]) @ coefficients
    return problem.split(combined)


def _ridges(rows: int) -> tuple[float, float]:
    """Ridge of the main features and of the coordinates.

    Chosen so that equal laws score near 0 at any size.
    """
    return max(1.0, SMALL / rows), max(50.0, rows / 40)


def standardise(features: Array, train: Mask) -> Array:
    """Features in standard units of the training rows, clipped at 10."""
    centre, scale = features[train].mean(axis=0), features[train].std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    standard: Array = np.clip((features - centre) / scale, -2 * CLIP, 2 * CLIP)
    return standard


def quadratic(features: Array) -> Array:
    """Features, their squares and their products."""
    first, second = np.triu_indices(features.shape[1])
    return np.concatenate([features, features[:, first] * features[:, second]], axis=1)
