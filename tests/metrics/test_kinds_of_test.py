"""Which test holds each metric against a closed form, and which against another library.

The other kinds of test are shared.

Null, growth with the failure, limits, units, precision and hostile input are asked of every
registered metric by `test_registered_metrics.py`, rotation and swapped roles by
`test_symmetries.py`."""

import re
from pathlib import Path

import pytest

from genzoo.metrics import METRICS

ORACLES = {  # metric: closed form, second opinion; nothing where no other program computes it
    "js": ("test_known_density", "test_discrete_js_identities"),
    "kl": ("test_known_density", "test_neighbour_entropy_by_another_search"),
    "forward_kl": ("test_forward_kl_is_at_least", "test_logistic_regression"),
    "kl_on_support": ("test_kl_on_support", "test_neighbour_entropy_by_another_search"),
    "off_support": ("test_off_the_support", ""),
    "high_quality": (
        "test_truth_reaches_the_ceiling_in_any_dimension",
        "test_counts_of_modes_by_their_densities",
    ),
    "modes_captured": ("test_dropped_modes", "test_tails_agree_with_scipy"),
    "missing_modes": ("test_a_mode_at_half_its_weight_is_found", "test_tails_agree_with_scipy"),
    "modes_held": ("test_blurred_modes_are_held", "test_tails_agree_with_scipy"),
    "kl_modes": ("test_dropped_modes", "test_kl_over_modes_is_a_corrected_relative_entropy"),
    "mode_variance": ("test_the_ratio_is_one_of_variances", ""),
    "wrong_widths": ("test_ten_per_cent_is_found_at_2500_samples", "test_holm_by_hand"),
    "published_modes": ("test_one_sample_within_three_sigma_captures_a_mode", ""),
    "published_high_quality": (
        "test_the_truth_reaches_the_ceiling_of_the_papers",
        "test_counts_of_modes_by_their_densities",
    ),
    "cells": (
        "test_a_missing_half_is_a_third",
        "test_the_distance_is_its_definition_and_the_p_value_pearson_s",
    ),
    "cells_different": ("test_false_alarms_are_at_the_level", "test_adjusted_p_values"),
    "cell_variance": ("test_variance_and_rank_of_known_shapes", ""),
    "cell_rank": ("test_variance_and_rank_of_known_shapes", "test_components_of_curves"),
    "js_exact": ("test_both_densities_are_used", "test_both_densities_reach_the_closed_form"),
    "kl_exact": ("test_both_densities_are_used", "test_both_densities_reach_the_closed_form"),
    "parameter_mean": ("test_truth", ""),
    "parameter_sd": ("test_a_variance_is_not_a_standard_deviation", ""),
    "parameter_ks": ("test_collapse_to_one_curve", "test_ks_agrees_with_scipy"),
    "residual": ("test_noise_shows_in_the_residual", ""),
    "parameter_js": ("test_divergence_of_the_parameter", "test_discrete_js_identities"),
    "parameter_kl": (
        "test_divergence_of_the_parameter",
        "test_exact_cells_are_the_masses_of_the_law",
    ),
    "band_share": ("test_divergence_of_the_parameter", ""),
    "curve_variance": ("test_divergence_of_the_parameter", "test_components_of_curves"),
    "curve_component": (
        "test_paintings_have_the_published_components",
        "test_components_of_curves",
    ),
    "reconstruction": ("test_reconstruction_is_summed_over_the_event", ""),
    "log_likelihood": (
        "test_log_likelihood_of_the_truth_is_minus_the_entropy",
        "test_log_likelihood_of_a_linear_model",
    ),
    "elbo": ("test_the_gap_of_the_elbo_is_the_divergence_of_the_posteriors", ""),
    "field_error": ("test_a_shifted_normal_costs_pi_quarters", ""),
    "iw_bound": ("test_the_bound_rises_with_the_draws_and_stays_below", ""),
    "sliced_wasserstein": (
        "test_a_shift_is_its_square_over_the_dimension",
        "test_sliced_wasserstein_agrees_with_pot",
    ),
    "energy": ("test_unit_shift", "test_energy_distance_agrees_with_dcor"),
    "mmd": ("test_unit_shift", "test_mmd_by_kernel_tables"),
    "frechet": ("test_frechet_of_two_gaussians", "test_frechet_by_a_matrix_square_root"),
    "wasserstein": ("test_exact_wasserstein", "test_wasserstein_agrees_with_pot"),
    "js_stack": ("test_stack_reaches_the_best_classifier", "test_logistic_regression"),
    "c2st_accuracy": ("test_accuracy_and_area_with_the_best_log_odds", "test_accuracy_and_area"),
    "c2st_auc": ("test_accuracy_and_area_with_the_best_log_odds", "test_accuracy_and_area"),
    "total_variation": ("test_f_divergences_of_two_normals", ""),
    "hellinger": ("test_f_divergences_of_two_normals", ""),
    "pearson": ("test_pearson_of_two_normals", ""),
    "precision": ("test_against_the_definitions", "test_fidelity_and_diversity_agree_with_prdc"),
    "recall": ("test_against_the_definitions", "test_fidelity_and_diversity_agree_with_prdc"),
    "density": ("test_density_of_the_truth_is_one", "test_fidelity_and_diversity_agree_with_prdc"),
    "coverage": ("test_expected_coverage", "test_fidelity_and_diversity_agree_with_prdc"),
    "train_share": (
        "test_exact_copies",
        "test_the_error_of_the_train_share_is_that_of_all_labellings",
    ),
    "near_duplicates": ("test_near_duplicate_null", ""),
    "constant_columns": ("test_constant_columns_are_checked_on_their_own", ""),
    "copied_rows": ("test_a_shuffled_copy_of_the_file_is_seen_whatever_its_split", ""),
    "likelihood_gap": ("test_likelihood_gap", ""),
    "joint_js": ("test_swapped_labels_show_in_the_joint_law_alone", ""),
    "condition_accuracy": ("test_the_share_is_that_of_the_best_classifier", ""),
    "worst_class": ("test_the_least_of_binomial_shares_is_exact", ""),
}


@pytest.fixture(scope="module")
def defined():
    files = Path(__file__).parent.glob("test_*.py")
    return set(
        re.findall(
            r"^def (test_\w+)",
            "\n".join(f.read_text(encoding="utf-8") for f in files),
            re.MULTILINE,
        )
    )


@pytest.mark.parametrize("name", METRICS.names())
def test_every_metric_is_held_against_a_closed_form(name, defined):
    assert name in ORACLES, f"enter {name} in ORACLES: which test knows its value in closed form?"
    closed, other = ORACLES[name]
    assert closed in defined
    assert not other or other in defined


def test_no_metric_is_listed_that_is_gone():
    assert set(ORACLES) == set(METRICS.names())
