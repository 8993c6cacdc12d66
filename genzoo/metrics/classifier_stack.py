"""The full stack of classifiers of real against generated.

A logistic regression, boosted trees and the light classifier, combined.
"""

import numpy as np
from threadpoolctl import threadpool_limits

from genzoo.arrays import Array, Mask
from genzoo.metrics.classification_problem import ClassificationProblem, Logits
from genzoo.metrics.classifier import combine, quadratic, standardise, without_each_fold
from genzoo.metrics.logistic import fit_logistic, with_intercept

FEWEST_ROWS = 2000
"""Rows of both kinds up to which trees add noise and no power."""
PRODUCTS_UP_TO = 15
"""Dimensions up to which the logistic regression gets products of coordinates beside squares."""


def stack(problem: ClassificationProblem, light: Array, random: np.random.Generator) -> Logits:
    """Log-odds of "real" from three classifiers on five folds, combined as `combine` does.

    The three are logistic regression on coordinates, squares and (up to 15 dimensions) products,
    with log p; histogram gradient boosting on coordinates with log p or neighbour distances; and
    the light classifier. Each example's log-odds come from fits that never saw it, the
    combination's included.

    Args:
        problem: Real and generated rows, with their folds.
        light: Log-odds of the light classifier without each fold, `(FOLDS, N)`.
        random: Seeds the trees.
    """
    return combine(problem, [_logistic(problem), _boosted(problem, random), light])


def enough_rows(problem: ClassificationProblem) -> bool:
    """Whether the stack is worth fitting: more than 2,000 rows in all."""
    return bool(problem.searches) and len(problem.labels) > FEWEST_ROWS


def _logistic(problem: ClassificationProblem) -> Array:
    dimension = problem.coordinates.shape[1] // 2
    coefficients = None

    def fit(train: Mask) -> Array:
        nonlocal coefficients
        coordinates = problem.coordinates[:, :dimension]
        linear = np.concatenate([problem.likelihood, coordinates], axis=1)
        linear = standardise(linear, train)
        if dimension <= PRODUCTS_UP_TO:
            features = quadratic(linear)
        else:
            squares = standardise(problem.coordinates[:, dimension:], train)
            features = np.concatenate([linear, squares], axis=1)
        ridge = np.full(features.shape[1], max(1.0, problem.fitted_rows / 400))
        coefficients = fit_logistic(
            features[train], problem.labels[train], problem.weights[train], ridge, coefficients
        )
        return with_intercept(features) @ coefficients

    return without_each_fold(problem, fit)


def _boosted(problem: ClassificationProblem, random: np.random.Generator) -> Array:
    # The import takes a second, which only those who ask for trees should pay.
    from sklearn.ensemble import HistGradientBoostingClassifier

    dimension = problem.coordinates.shape[1] // 2
    prior = np.log(problem.weights[0] / problem.weights[-1])

    def fit(train: Mask) -> Array:
        side = problem.likelihood
        if not side.shape[1]:
            side = problem.near(train)
        features = np.concatenate([problem.coordinates[:, :dimension], side], axis=1)
        trees = HistGradientBoostingClassifier(
            learning_rate=0.15,
            max_iter=150,
            max_leaf_nodes=15,
            min_samples_leaf=40,
            max_bins=63,
            l2_regularization=1.0,
            early_stopping=True,
            n_iter_no_change=10,
            tol=1e-4,
            random_state=int(random.integers(2**31)),
        )
        # Weights of samples would make its binning a hundred times slower: the prior stands in.
        trees.fit(features[train], problem.labels[train])
        logits: Array = trees.decision_function(features) + prior
        return logits

    with threadpool_limits(1):
        return without_each_fold(problem, fit)
