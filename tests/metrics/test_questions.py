"""Each metric says which of the four questions it answers, and comparisons pass that on."""

import json

import pytest

from genzoo.core.metric import QUESTIONS
from genzoo.experiment import Experiment
from genzoo.metrics import METRICS, panel
from genzoo.results.table import SourceTable
from genzoo.results.table_json import tables_from_json, tables_to_json

ANSWERS = {
    "closest": "js js_exact kl kl_exact forward_kl parameter_js parameter_kl parameter_ks energy "
    "sliced_wasserstein mmd frechet wasserstein js_stack c2st_accuracy c2st_auc total_variation "
    "hellinger pearson log_likelihood",
    "good": "high_quality published_high_quality off_support residual band_share precision "
    "density mode_variance wrong_widths cell_variance curve_component constant_columns",
    "covering": "modes_captured missing_modes kl_modes modes_held published_modes parameter_sd "
    "curve_variance coverage recall cells cells_different cell_rank",
    "copying": "train_share near_duplicates copied_rows likelihood_gap",
    "": "parameter_mean reconstruction elbo iw_bound kl_on_support joint_js condition_accuracy "
    "worst_class",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_metric_answers_its_question(question: str) -> None:
    for name in ANSWERS[question].split():
        assert METRICS.create(name).question == question, name


def test_columns_carry_what_the_metrics_declare() -> None:
    metrics = panel("full", conditional=True)
    columns = Experiment([], [], [0], metrics).columns
    for metric, column in zip(metrics, columns, strict=True):
        assert column.question == metric.question
        assert column.depends_on_n == metric.depends_on_n
        assert column.limits == metric.limits
        assert column.optimum == metric.optimum
    assert {column.question for column in columns} == set(QUESTIONS)


def test_columns_survive_the_disk() -> None:
    columns = Experiment([], [], [0], panel("full")).columns
    (found,) = tables_from_json(tables_to_json([SourceTable("ring", columns, (), {})]))
    assert found.columns == columns


def test_tables_that_an_earlier_version_wrote_are_read() -> None:
    columns = Experiment([], [], [0], panel("js")).columns
    (table,) = json.loads(tables_to_json([SourceTable("ring", columns, (), {})]))
    for field in ("question", "depends_on_n", "limits", "optimum"):
        del table["columns"][0][field]
    (found,) = tables_from_json(json.dumps([table]))
    assert found.columns[0].label == columns[0].label
