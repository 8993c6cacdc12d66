"""The checks in order, and the functions that run them all."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from genzoo.core.metric import Metric
from genzoo.core.source import DataSource
from genzoo.testing import (
    metrics,
    model_capabilities,
    model_losses,
    model_structure,
    model_sums,
    sources,
    training,
)
from genzoo.testing.metrics import MakeEvidence, default_evidence
from genzoo.testing.support import Build, CheckError

MODEL_CHECKS: tuple[Callable[[Build], None], ...] = (
    model_structure.check_build,
    model_structure.check_updates,
    model_structure.check_prepare,
    model_structure.check_sample,
    model_structure.check_sample_reproducible,
    model_structure.check_generate_rows,
    model_structure.check_sample_units,
    model_structure.check_state_dict,
    model_losses.check_loss_terms,
    model_losses.check_loss_deterministic,
    model_losses.check_loss_pure,
    model_losses.check_loss_order,
    model_losses.check_loss_mean,
    model_losses.check_loss_units,
    model_sums.check_loss_sum,
    model_losses.check_gradients,
    model_losses.check_stacking,
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
)
"""Each takes a function that builds the model."""

SOURCE_CHECKS: tuple[Callable[[DataSource], None], ...] = (
    sources.check_source_sample,
    sources.check_source_reproducible,
    sources.check_source_pickle,
    sources.check_source_log_prob,
    sources.check_source_density,
    sources.check_source_modes,
    sources.check_source_rows,
    sources.check_source_held_out,
    sources.check_source_draws_by_mode,
    sources.check_source_features,
    sources.check_source_parameter,
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


def check_model(build: Build, *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Run every check of `MODEL_CHECKS` on a model.

    Args:
        build: Makes a fresh model: `lambda: MyModel((2,))`. Try several event shapes.
        expected_failures: Names of checks that the model is known to fail, each with the reason. A
            check that is listed and passes is a failure too.

    Raises:
        CheckError: At the first check that does not go as expected; the message says what was got
            and expected.
    """
    _run(MODEL_CHECKS, (build,), expected_failures or {})


def check_source(source: DataSource, *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Run every check of `SOURCE_CHECKS` on a source.

    Args:
        source: The source.
        expected_failures: See `check_model`.

    Raises:
        CheckError: See `check_model`.
    """
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
            evidence of four kinds. Give your own where the metric needs a capability that the
            default evidence lacks.
        expected_failures: See `check_model`.

    Raises:
        CheckError: See `check_model`.
    """
    cases = default_evidence() if evidence is None else tuple(evidence)
    _run(METRIC_CHECKS, (metric, cases), expected_failures or {})


def _run(
    checks: Iterable[Callable[..., None]], subject: tuple[Any, ...], expected: Mapping[str, str]
) -> None:
    named = {check.__name__: partial(check, *subject) for check in checks}
    unknown = sorted(set(expected) - set(named))
    if unknown:
        raise CheckError(
            f"expected_failures names {unknown}, which are no checks: choose from {sorted(named)}"
        )
    for name, run in named.items():
        try:
            run()
        except Exception as error:
            if name not in expected:
                error.add_note(f"in {name}")
                raise
        else:
            if name in expected:
                raise CheckError(
                    f"{name} passes, but is listed as failing ({expected[name]}): take it off the list"
                )
