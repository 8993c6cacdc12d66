"""The checks in order, and the functions that run them all."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from genzoo.core.metric import Metric
from genzoo.core.source import DataSource
from genzoo.losses.objective import Objective
from genzoo.testing import (
    metrics,
    model_capabilities,
    model_conditions,
    model_losses,
    model_pairing,
    model_sampling,
    model_stacking,
    model_structure,
    model_sums,
    model_velocity,
    objectives,
    source_capabilities,
    source_conditions,
    sources,
    training,
)
from genzoo.testing.evidence import MakeEvidence, default_evidence
from genzoo.testing.order import AFTER, FIRST
from genzoo.testing.subjects import require_build, require_object
from genzoo.testing.support import Build, CheckError

MODEL_CHECKS: tuple[Callable[[Build], None], ...] = (
    model_structure.check_build,
    model_structure.check_updates,
    model_structure.check_prepare,
    model_sampling.check_sample,
    model_sampling.check_sample_reproducible,
    model_sampling.check_generate_rows,
    model_sampling.check_sample_units,
    model_sampling.check_state_dict,
    model_losses.check_loss_terms,
    model_losses.check_loss_deterministic,
    model_losses.check_loss_pure,
    model_losses.check_loss_order,
    model_losses.check_loss_mean,
    model_losses.check_loss_units,
    model_sums.check_loss_sum,
    model_pairing.check_pairing,
    model_losses.check_gradients,
    model_stacking.check_stacking,
    training.check_training,
    training.check_training_groups,
    training.check_training_seeds,
    model_capabilities.check_log_prob,
    model_capabilities.check_log_prob_mass,
    model_capabilities.check_elbo,
    model_capabilities.check_elbo_mass,
    model_capabilities.check_elbo_below,
    model_capabilities.check_reconstruct,
    model_capabilities.check_discriminate,
    model_velocity.check_velocity,
    model_velocity.check_score,
    model_velocity.check_ode_log_prob,
    model_velocity.check_trajectory,
    model_conditions.check_conditions_refused,
    model_conditions.check_conditions_used,
    model_conditions.check_conditions_learned,
    model_conditions.check_conditions_units,
)
"""Each takes a function that builds the model."""

SOURCE_CHECKS: tuple[Callable[[DataSource], None], ...] = (
    sources.check_source_sample,
    sources.check_source_reproducible,
    sources.check_source_pickle,
    source_capabilities.check_source_log_prob,
    source_capabilities.check_source_density,
    source_capabilities.check_source_modes,
    source_capabilities.check_source_gaussians,
    sources.check_source_rows,
    sources.check_source_held_out,
    source_capabilities.check_source_draws_by_mode,
    source_capabilities.check_source_features,
    source_capabilities.check_source_parameter,
    source_conditions.check_source_conditions,
    source_conditions.check_source_labels,
    source_conditions.check_source_density_given,
)
"""Each takes a source."""

METRIC_CHECKS: tuple[Callable[[Metric, Iterable[MakeEvidence]], None], ...] = (
    metrics.check_metric_facts,
    metrics.check_metric_explained,
    metrics.check_metric_estimate,
    metrics.check_metric_needs,
    metrics.check_metric_repeats,
    metrics.check_metric_pure,
    metrics.check_metric_truth,
    metrics.check_metric_precision,
    metrics.check_metric_units,
    metrics.check_metric_hostile,
)
"""Each takes a metric and functions that make evidence."""


OBJECTIVE_CHECKS: tuple[Callable[[Objective], None], ...] = (
    objectives.check_objective_shape,
    objectives.check_objective_finite,
    objectives.check_objective_pure,
    objectives.check_objective_mean,
    objectives.check_objective_declared,
    objectives.check_objective_direction,
    objectives.check_objective_stacks,
    objectives.check_objective_optimum,
)
"""Each takes an objective of a GAN."""


def check_model(build: Build, *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Run every check of `MODEL_CHECKS` on a model.

    Args:
        build: Makes a fresh model: `lambda: MyModel((2,))`. Try several event shapes and, of a
            model that takes conditions, a `context_spec` of a label and a number.
        expected_failures: Names of checks that the model is known to fail, each with the reason. A
            check that is listed and passes is a failure too.

    Raises:
        CheckError: When checks do not go as expected; the message names each of them and says what
            was got and expected. It comes from the first of their errors, whose traceback leads to
            the line.
    """
    require_build(build)
    _run(MODEL_CHECKS, (build,), expected_failures or {})


def check_source(source: DataSource, *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Run every check of `SOURCE_CHECKS` on a source.

    Args:
        source: The source.
        expected_failures: See `check_model`.

    Raises:
        CheckError: See `check_model`.
    """
    require_object(source, DataSource)
    _run(SOURCE_CHECKS, (source,), expected_failures or {})


def check_metric(
    metric: Metric,
    evidence: Iterable[MakeEvidence] | None = None,
    *,
    expected_failures: Mapping[str, str] | None = None,
) -> None:
    """Run every check of `METRIC_CHECKS` on a metric.

    Args:
        metric: The metric.
        evidence: Functions that each make the same evidence at every call; by default small
            evidence of five kinds. Give your own where the metric needs a capability that the
            default evidence lacks.
        expected_failures: See `check_model`.

    Raises:
        CheckError: See `check_model`.
    """
    require_object(metric, Metric)
    cases = default_evidence() if evidence is None else tuple(evidence)
    _run(METRIC_CHECKS, (metric, cases), expected_failures or {})


def check_objective(
    objective: Objective, *, expected_failures: Mapping[str, str] | None = None
) -> None:
    """Run every check of `OBJECTIVE_CHECKS` on an objective of a GAN.

    Args:
        objective: The objective.
        expected_failures: See `check_model`.

    Raises:
        CheckError: See `check_model`.
    """
    require_object(objective, Objective)
    _run(OBJECTIVE_CHECKS, (objective,), expected_failures or {})


def bound_checks(subject: object) -> dict[str, Callable[[], None]]:
    """The checks of whatever this is, by name, each ready to be called.

    Args:
        subject: A metric, a source, an objective, or a function that builds a model.

    Raises:
        CheckError: When it is none of them.
    """
    if isinstance(subject, Metric):
        return _bound(METRIC_CHECKS, (subject, default_evidence()))
    if isinstance(subject, DataSource):
        return _bound(SOURCE_CHECKS, (subject,))
    if isinstance(subject, Objective):
        return _bound(OBJECTIVE_CHECKS, (subject,))
    if isinstance(subject, type):
        raise CheckError(
            f"got the class {subject.__name__}, expected an object of it, or of a model a function "
            f"that builds it: lambda: {subject.__name__}((2,))"
        )
    if callable(subject) or isinstance(subject, str):
        require_build(subject)
        return _bound(MODEL_CHECKS, (subject,))
    raise CheckError(
        f"got a {type(subject).__name__}, expected a metric, a source, an objective, or a function "
        "that builds a model"
    )


def unknown_checks(names: Iterable[str], checks: Iterable[str]) -> str:
    """What to say of expected failures that are names of no check; nothing where all are."""
    unknown = sorted(set(names) - set(checks))
    if not unknown:
        return ""
    return f"expected_failures names {unknown}, which are no checks: choose from {sorted(checks)}"


def _bound(
    checks: Iterable[Callable[..., None]], subject: tuple[Any, ...]
) -> dict[str, Callable[[], None]]:
    return {check.__name__: partial(check, *subject) for check in checks}


def _run(
    checks: Iterable[Callable[..., None]], subject: tuple[Any, ...], expected: Mapping[str, str]
) -> None:
    named = _bound(checks, subject)
    unknown = unknown_checks(expected, named)
    if unknown:
        raise CheckError(unknown)
    complaints: dict[str, list[str]] = {}
    first: Exception | None = None
    said: set[str] = set()
    for name, run in named.items():
        if name in said:
            continue
        error = _error_of(run)
        if error is None and name in expected:
            words = f"passes, but is listed as failing ({expected[name]}): take it off the list"
            complaints.setdefault(words, []).append(name)
        if error is None or name in expected:
            continue
        complaints.setdefault(_in_words(error), []).append(name)
        first = first or error
        said |= AFTER.get(name, frozenset())
        if name in FIRST:
            break
    if complaints:
        lines = [f"{', '.join(names)}: {words}" for words, names in complaints.items()]
        raise CheckError("\n".join(lines)) from first


def _error_of(run: Callable[[], None]) -> Exception | None:
    try:
        run()
    except Exception as error:
        return error
    return None


def _in_words(error: Exception) -> str:
    if isinstance(error, CheckError):
        return str(error)
    return f"raised {type(error).__name__}: {error}"
