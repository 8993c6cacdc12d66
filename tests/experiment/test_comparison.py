"""A comparison: what it keeps on disk, reuses and survives, and what its tables say."""

import dataclasses
import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import genzoo
from genzoo.api.create import contestant, problem
from genzoo.core.features import Features
from genzoo.core.metric import Estimate, Evidence, Metric
from genzoo.data import ArraySource, create_source
from genzoo.errors import InputError
from genzoo.experiment import Experiment, execution, run_experiment
from genzoo.experiment.controls import oracle, single_mode
from genzoo.experiment.protocol import list_protocols, load_protocol
from genzoo.experiment.run import experiment_tasks
from genzoo.models import MODELS, register_model
from genzoo.statistics.intervals import t_interval
from genzoo.storage import run_files
from genzoo.storage.evaluation import EVALUATION_SAMPLES, reference_sample, score
from genzoo.storage.score_files import SCORES, read_scores
from tests.experiment.small import Mean, experiment


class Broken(Metric):
    name = "broken"
    label = "broken"
    direction = "min"

    def _estimate(self, evidence: Evidence) -> Estimate:
        raise ZeroDivisionError("division by zero")


def files(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): path.stat().st_mtime_ns
        for path in root.rglob("*")
        if path.is_file()
    }


def test_finished_runs_are_reused_and_new_seeds_join_them(tmp_path: Path) -> None:
    first = run_experiment(experiment(seeds=(0, 1)), tmp_path)
    before = files(tmp_path / "runs")
    again = run_experiment(experiment(seeds=(0, 1)), tmp_path)
    trained = {name: at for name, at in before.items() if "vae" in name or "gan" in name}
    assert trained.items() <= files(tmp_path / "runs").items()
    assert [(s.model, s.seed, s.value) for s in first.scores] == [
        (s.model, s.seed, s.value) for s in again.scores
    ]
    more = run_experiment(experiment(seeds=(0, 1, 2)), tmp_path)
    assert trained.items() <= files(tmp_path / "runs").items()
    assert {s.seed for s in more.scores} == {0, 1, 2}
    assert not list(tmp_path.rglob(".*")), "no drafts are left"


def test_another_recipe_is_another_run(tmp_path: Path) -> None:
    run_experiment(experiment(steps=3), tmp_path)
    before = files(tmp_path)
    run_experiment(experiment(steps=4), tmp_path)
    assert {name for name in before if "seed" in name} <= set(files(tmp_path))
    folders = [path.name for path in (tmp_path / "runs" / "ring").iterdir()]
    assert len([name for name in folders if name.startswith("vae-")]) == 2


def test_a_lost_seed_is_made_again_with_the_same_numbers(tmp_path: Path) -> None:
    first = run_experiment(experiment(), tmp_path)
    task = experiment_tasks(experiment(), tmp_path)[0]
    weights = run_files.read_weights(task.folder / "seed-0001")
    for file in (task.folder / "seed-0001").iterdir():
        file.unlink()
    (task.folder / "seed-0001").rmdir()
    again = run_experiment(experiment(), tmp_path)
    remade = run_files.read_weights(task.folder / "seed-0001")
    assert all(torch.equal(weights[name], remade[name]) for name in weights)
    assert [s.value for s in first.scores] == [s.value for s in again.scores]


def test_a_metric_that_raises_costs_its_own_cells_alone(tmp_path: Path) -> None:
    broken = dataclasses.replace(experiment(("vae",)), metrics=[Mean(), Broken()])
    table = run_experiment(broken, tmp_path)
    assert {score.status for score in table.scores} == {"finished"}
    assert all((score.value is None) == (score.metric == "broken") for score in table.scores)
    reason = (
        "failed: ZeroDivisionError: division by zero; genzoo.testing.check_metric helps to mend it"
    )
    assert {score.reason for score in table.scores if score.metric == "broken"} == {reason}
    assert f"broken is n/a ({reason}) for every row." in table.tables[0].remarks
    assert not list(tmp_path.rglob("failure.txt"))


def test_a_mended_metric_is_asked_again(tmp_path: Path) -> None:
    run_experiment(dataclasses.replace(experiment(("vae",)), metrics=[Mean(), Broken()]), tmp_path)
    kept = [read_scores(path.parent) for path in tmp_path.rglob(SCORES)]
    assert kept
    assert all("mean" in scores and "broken" not in scores for scores in kept)
    trained = {
        name: at for name, at in files(tmp_path / "runs").items() if name.endswith("safetensors")
    }
    mended = run_experiment(
        dataclasses.replace(experiment(("vae",)), metrics=[Mean(), Mended()]), tmp_path
    )
    assert {score.value for score in mended.scores if score.metric == "broken"} == {1.0}
    assert trained
    assert trained.items() <= files(tmp_path / "runs").items()


class Mended(Mean):
    name = "broken"

    def _estimate(self, evidence: Evidence) -> Estimate:
        return Estimate(1.0, 0.1, len(evidence.samples))


class Refusing(Mean):
    name = "refusing"

    def _estimate(self, evidence: Evidence) -> Estimate:
        raise InputError("samples must lie within\n1e+150")


def test_a_sentence_of_a_metric_is_the_reason() -> None:
    source = create_source("ring")
    real = source.sample(20, generator=torch.Generator().manual_seed(0))
    found = score(real, real, source, [Refusing()], seed=0)["refusing"]
    assert found.reason.startswith("failed: samples must lie within 1e+150; genzoo.testing")


def test_authors_are_advised_of_their_own_metrics_only(monkeypatch: pytest.MonkeyPatch) -> None:
    source = create_source("ring")
    real = source.sample(20, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(Broken, "__module__", "genzoo.metrics.broken")
    assert (
        score(real, real, source, [Broken()], seed=0)["broken"].reason
        == "failed: ZeroDivisionError: division by zero"
    )


def test_features_that_fail_still_stop_the_comparison() -> None:
    source = create_source("ring")
    real = source.sample(20, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="features <lambda> failed"):
        score(real, real, source, [Mean()], seed=0, features=Features(lambda x: x @ x))


@pytest.mark.thorough
def test_workers_change_no_number_and_train_what_was_matched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "WORTH_WORKERS", 0.0)
    models = ["vae:width=4", "gan_minimax:width=8"]
    settings = {"seeds": 2, "steps": 3, "metrics": "kl_modes", "match": "parameters"}
    alone, spread = (
        genzoo.compare(models, ["ring"], out=tmp_path / str(workers), workers=workers, **settings)  # type: ignore[arg-type]
        for workers in (1, 2)
    )
    assert [s.value for s in alone.scores] == [s.value for s in spread.scores]
    assert [s.parameters for s in alone.scores] == [s.parameters for s in spread.scores]
    csv = (tmp_path / "1" / "results.csv").read_text().splitlines()
    assert csv[0].startswith("model,source,metric,seed,value,standard_error")
    assert len(csv) == 1 + len(alone.scores)


def test_the_real_sample_is_shared_by_rows_and_fresh_for_each_seed() -> None:
    seen: dict[tuple[str, int], torch.Tensor] = {}

    class Spy(Mean):
        def _estimate(self, evidence: Evidence) -> Estimate:
            seen[str(len(seen)), evidence.seed] = evidence.reference
            return super()._estimate(evidence)

    import dataclasses
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run_experiment(dataclasses.replace(experiment(), metrics=[Spy()]), Path(folder))
    for seed in (0, 1):
        references = [reference for (_, at), reference in seen.items() if at == seed]
        assert len(references) == 4
        assert all(torch.equal(references[0], other) for other in references)
    source = create_source("ring")
    assert not torch.equal(reference_sample(source, 100, 0).x, reference_sample(source, 100, 1).x)


def test_oracle_and_reference_are_disjoint_for_a_finite_source() -> None:
    rows = torch.arange(60.0).view(30, 2)
    source = ArraySource(rows, name="rows", holdout=0.5)
    for seed in range(5):
        reference, truth = reference_sample(source, 2500, seed).x, oracle(source, 2500, seed).x
        held = {float(x) for x in source.holdout.x[:, 0]}
        first, second = {float(x) for x in reference[:, 0]}, {float(x) for x in truth[:, 0]}
        assert len(reference) == len(truth) == 7
        assert not first & second
        assert first | second <= held


@pytest.mark.parametrize(
    "name", ["ring", "mixture_1d", "two_moons", "paintings", "swiss_roll", "digits"]
)
def test_single_mode_has_one_mode(name: str) -> None:
    source = create_source(name)
    sample = single_mode(source, 400, 0).x
    assert sample.shape == (400, *source.event_shape)
    real = reference_sample(source, 400, 0).x
    assert float(sample.double().flatten(1).var(0).sum()) < 0.85 * float(
        real.double().flatten(1).var(0).sum()
    )


def test_a_diverged_run_is_counted_and_shown(tmp_path: Path) -> None:
    wild = contestant(
        "vae", {"steps": 70, "batch_size": 8, "learning_rate": 1e30, "optimiser": "sgd"}
    )
    result = run_experiment(Experiment([wild], [problem("ring")], (0, 1), [Mean()]), tmp_path)
    mine = [s for s in result.scores if s.model == wild.name]
    assert {s.status for s in mine} == {"diverged"}
    assert all("diverged at step" in s.reason for s in mine)
    assert any("2 of 2 runs diverged" in remark for remark in result.tables[0].remarks)
    again = run_experiment(Experiment([wild], [problem("ring")], (0, 1), [Mean()]), tmp_path)
    assert again.scores[0].status == "diverged"


def test_a_model_that_fails_takes_only_its_row_down(tmp_path: Path) -> None:
    class Broken(type(MODELS.create("vae", (2,)))):  # type: ignore[misc]
        def loss(self, *_: object) -> None:
            raise ZeroDivisionError("by the author")

        def updates(self) -> tuple[object, ...]:
            import dataclasses

            return tuple(
                dataclasses.replace(update, loss=type(self).loss) for update in super().updates()
            )

    @register_model("broken_for_test")
    def broken(event_shape: tuple[int, ...]) -> object:
        model = MODELS.create("vae", event_shape)
        model.__class__ = Broken
        return model

    try:
        result = run_experiment(experiment(models=("vae", "broken_for_test")), tmp_path)
    finally:
        MODELS._entries.pop("broken_for_test")
    assert {s.status for s in result.scores if s.model == "broken_for_test"} == {"failed"}
    assert {s.status for s in result.scores if s.model == "vae"} == {"finished"}
    assert any(
        "failed" in remark and "by the author" in remark for remark in result.tables[0].remarks
    )
    assert "by the author" in next(tmp_path.rglob("failure.txt")).read_text()


def test_alarms_reach_cells_and_remarks(tmp_path: Path) -> None:
    table = run_experiment(experiment(), tmp_path).tables[0]
    assert table.cells["single_mode", "spread"].flag == "!"
    assert table.cells["oracle", "spread"].flag == ""
    assert table.cells["oracle", "spread"].bound == "lower"
    assert any(remark == "! no spread: single_mode (2 of 2 runs)." for remark in table.remarks)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_t_interval_is_scipys(values: list[float]) -> None:
    mean, low, high = t_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean == pytest.approx(np.mean(values), abs=1e-9)
    if np.std(values) > 1e-6:
        assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-6)


def test_t_interval_of_one_value_is_infinite() -> None:
    assert t_interval([2.0]) == (2.0, -math.inf, math.inf)


@pytest.mark.parametrize("name", list_protocols())
def test_shipped_protocols_can_be_run(name: str) -> None:
    protocol = load_protocol(name)
    for model in protocol.models:
        contestant(model, protocol.recipe).build(problem(protocol.sources[0]).source.event_shape)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "format"),
        ('{"format": 2}', "format"),
        ('{"format": 1, "modles": []}', "unknown field 'modles': did you mean 'models'"),
        ('{"format": 1, "description": "x", "models": ["vae"]}', "lacks the field 'sources'"),
        (
            '{"format": 1, "description": "x", "models": "vae", "sources": ["ring"]}',
            "must be a list",
        ),
    ],
)
def test_a_bad_protocol_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_protocol(str(path))


SCRIPT = """
import sys, time, genzoo

def wait_to_be_killed(progress):
    if ": step " in progress.message:
        print(progress.message, flush=True)
        time.sleep(60)

if __name__ == "__main__":
    genzoo.compare(["gan_minimax:width=4,depth=1", "vae:width=4,depth=1"], ["ring"], seeds=2,
                   steps=50, metrics="kl_modes", out=sys.argv[1], workers=int(sys.argv[2]),
                   observer=wait_to_be_killed)
"""


@pytest.mark.parametrize(
    ("kill", "workers"),
    [(signal.SIGKILL, 1), pytest.param(signal.SIGINT, 2, marks=pytest.mark.thorough)],
)
def test_a_killed_comparison_leaves_nothing_half_written_and_continues(
    tmp_path: Path, kill: signal.Signals, workers: int
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    out = tmp_path / "out"
    command = [sys.executable, str(script), str(out), str(workers)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    assert process.poll() is None
    process.send_signal(kill)
    assert process.wait(timeout=60) != 0
    process.stdout.close()
    for config in out.rglob("config.json"):
        if not config.parent.name.startswith("."):
            json.loads(config.read_text())
            assert (config.parent / "model.safetensors").exists()
    settings = {"seeds": 2, "steps": 50, "metrics": "kl_modes"}
    genzoo.compare(
        ["gan_minimax:width=4,depth=1", "vae:width=4,depth=1"], ["ring"], out=out, **settings
    )  # type: ignore[arg-type]
    # The script scores more samples, so that what it finished, if anything, stands beside the rest.
    configs = [json.loads(path.read_text()) for path in out.rglob("config.json")]
    assert len([config for config in configs if config["samples"] != EVALUATION_SAMPLES]) == 4
    assert (out / "results.csv").exists()
    assert not multiprocessing.active_children()
    assert os.path.exists(out / "table.md")


def test_what_does_not_apply_is_said_once_for_each_reason(tmp_path: Path) -> None:
    class Other(Mean):
        name = "other"
        label = "other"

        def _estimate(self, evidence: Evidence) -> Estimate:
            return Estimate.absent("no reason")

    class Third(Other):
        name = "third"
        label = "third"

    chosen = Experiment(
        [contestant("vae", {"steps": 2})], [problem("ring")], (0, 1), [Mean(), Other(), Third()]
    )
    table = run_experiment(chosen, tmp_path).tables[0]
    assert "other and third are n/a (no reason) for every row." in table.remarks
    assert table.columns[0].name == "mean"
    assert "other" not in [column.name for column in table.columns]


def test_conclusions_need_six_seeds_and_leave_controls_out(tmp_path: Path) -> None:
    class Known(Mean):
        direction = "min"

        def _estimate(self, evidence: Evidence) -> Estimate:
            model = (
                0 if evidence.model is None else sum(p.numel() for p in evidence.model.parameters())
            )
            return Estimate(model + 1e-3 * float(evidence.samples.mean()))

    def conclude(seeds: int) -> tuple[str, ...]:
        models = [
            contestant(name, {"steps": 1, "batch_size": 2})
            for name in ("vae:width=8", "gan_minimax:width=64")
        ]
        chosen = Experiment(models, [problem("ring")], range(seeds), [Known()])
        return run_experiment(chosen, tmp_path / str(seeds)).tables[0].conclusions

    assert conclude(3) == (
        "mean: nothing can be concluded from 3 seeds (smallest attainable p 0.25); "
        "at least 6 are needed.",
    )
    assert conclude(6) == ("mean: vae:width=8 is better than gan_minimax:width=64 (p ≤ 0.032).",)
