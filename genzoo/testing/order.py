"""Which checks say what others would only say again."""

TRAINING = ("check_training", "check_training_groups", "check_training_seeds")

FIRST = frozenset(
    {
        "check_build",
        "check_updates",
        "check_source_sample",
        "check_metric_facts",
        "check_metric_estimate",
        "check_objective_shape",
    }
)
"""Checks without which the others would only say the same again."""

AFTER: dict[str, frozenset[str]] = {
    "check_sample": frozenset(
        {
            "check_sample_reproducible",
            "check_generate_rows",
            "check_sample_units",
            "check_state_dict",
            *TRAINING,
            "check_log_prob",
            "check_log_prob_mass",
            "check_elbo",
            "check_elbo_mass",
            "check_elbo_below",
            "check_conditions_used",
            "check_conditions_units",
        }
    ),
    "check_loss_terms": frozenset(
        {
            "check_loss_deterministic",
            "check_loss_pure",
            "check_loss_order",
            "check_loss_mean",
            "check_loss_units",
            "check_loss_sum",
            "check_gradients",
            "check_stacking",
            *TRAINING,
            "check_log_prob_mass",
            "check_elbo_mass",
            "check_elbo_below",
            "check_conditions_learned",
            "check_conditions_units",
        }
    ),
}
"""Checks that would only say again what one has said: where it fails, they are not run."""
