"""Samples of other programs.

How many rows count, one file for each seed, and what an interval holds for.
"""

import numpy as np
import pandas as pd
import pytest
import torch

import genzoo
from genzoo.core.given import GivenSamples
from genzoo.core.metric import Evidence
from genzoo.core.model import Batch
from genzoo.core.noise import stream
from genzoo.data import create_source, given_samples
from genzoo.errors import InputError
from genzoo.experiment import Experiment
from genzoo.experiment.run import experiment_tasks
from genzoo.metrics import METRICS, panel

RING = create_source("ring")
MODES = "high_quality,modes_captured,missing_modes,kl_modes,modes_held,mode_variance,wrong_widths"
PUBLISHED = "published_modes,published_high_quality"
FAST = {"steps": 1, "metrics": "sliced_wasserstein"}


def ring(n, seed=0):
    return RING.sample(n, generator=stream(seed, "outside")).x


def scores(table, metric, row="samples"):
    return [score for score in table.scores if score.metric == metric and score.model == row]


def remark(table, row="samples"):
    return next(text for text in table.tables[0].remarks if text.startswith(f"{row}: "))


def test_n_is_the_number_of_rows_at_a_seed():
    table = genzoo.evaluate(ring(4000), "ring", n=700, seeds=2, metrics=f"{MODES},energy")
    assert [score.n for score in scores(table, "energy")] == [700, 700]
    assert [score.n for score in scores(table, "energy", "oracle")] == [700, 700]
    for metric in MODES.split(","):
        assert [score.n for score in scores(table, metric)] == [4000, 4000], metric
    assert "held against at each seed a fresh real sample of 700" in table.tables[0].remarks[0]


@pytest.mark.parametrize("n", [1, 0, -5, 2.5, True, "many"])
def test_a_bad_n_is_one_sentence(n):
    with pytest.raises(InputError, match="n must be an integer of at least 2"):
        genzoo.evaluate(ring(100), "ring", n=n)


def test_a_large_file_is_used_where_n_asks_for_it():
    table = genzoo.evaluate(
        ring(12_000), "ring", n=10_000, seeds=1, metrics=f"sliced_wasserstein,{PUBLISHED}"
    )
    assert scores(table, "sliced_wasserstein")[0].n == 10_000
    for metric in PUBLISHED.split(","):
        assert scores(table, metric)[0].n == 2500
        assert "published" not in scores(table, metric)[0].estimator


def test_a_mode_that_only_a_large_file_shows_to_be_starved_is_found_at_every_n():
    """A mode at four fifths of its weight: 2,500 rows show it one time in twenty, 60,000 always."""
    x = ring(60_000)
    mode = RING.modes().assign(x)
    kept = (mode != 3) | (torch.rand(len(x), generator=stream(1)) < 0.8)
    table = genzoo.evaluate(x[kept], "ring", seeds=3, metrics="missing_modes")
    assert [score.value for score in scores(table, "missing_modes")] == [1.0, 1.0, 1.0]


def test_a_published_criterion_counts_on_the_n_that_it_was_published_with():
    whole, part = ring(6000), ring(400)
    evidence = Evidence(whole[:500], ring(500, 1), RING, every=whole)
    few = Evidence(part, ring(500, 1), RING, every=part)
    for name in PUBLISHED.split(","):
        metric = METRICS.create(name)
        assert metric(evidence).n == 2500
        assert metric(few).n == 400
        assert "n 400, published with 2,500" in metric(few).estimator
        assert metric(Evidence(whole, ring(500, 1), RING)).n == 2500


def test_rows_of_a_sorted_file_are_drawn_for_a_published_criterion():
    whole = ring(6000)
    ordered = whole[RING.modes().assign(whole).argsort()]
    evidence = Evidence(ordered[:500], ring(500, 1), RING, every=ordered)
    assert METRICS.create("published_modes")(evidence).value == 8


def test_modes_are_counted_in_blocks_as_at_once(monkeypatch):
    from genzoo.metrics import modes

    x = ring(3000)
    whole = modes.count_modes(x, RING.modes())
    monkeypatch.setattr(modes, "BLOCK", 700)
    monkeypatch.setattr(modes, "LEAST_BLOCK", 7)
    blocks = modes.count_modes(x, RING.modes())
    assert all(np.array_equal(one, other) for one, other in zip(whole, blocks, strict=True))


def test_the_table_says_what_an_interval_over_seeds_is_given(tmp_path):
    np.save(tmp_path / "x.npy", ring(4000).numpy())
    several = genzoo.evaluate(tmp_path / "x.npy", "ring", seeds=3, metrics="kl_modes")
    assert "intervals are given this file of 4,000 rows" in remark(several)
    assert "2,500 of them at each seed, and all of them where modes are counted" in remark(several)
    one = genzoo.evaluate(ring(4000), "ring", seeds=1, metrics="kl_modes")
    assert "the scores are of this sample of 4,000 rows" in remark(one)
    few = genzoo.evaluate(ring(400), "ring", seeds=2, metrics="kl_modes")
    assert "this sample of 400 rows; fewer than the 2,500 of other rows" in remark(few)
    compared = genzoo.compare(
        ["vae"], ["ring"], samples={"mine": tmp_path / "x.npy"}, seeds=2, **FAST
    )
    assert "intervals are given this file of 4,000 rows" in remark(compared, "mine")
    fit = genzoo.train("vae", "ring", steps=1)
    repeated = genzoo.evaluate(fit.run(0).model, "ring", seeds=2, metrics="kl_modes")
    assert "intervals are given this model, trained once" in remark(repeated, "model")


def test_one_set_is_held_against_ten_real_samples_and_several_against_one_each():
    data = np.random.default_rng(0).normal(size=(300, 2))
    for given, count in ((data[:50], 10), ([data[:50]], 10), ([data[:50], data[50:100]], 2)):
        table = genzoo.evaluate(given, data, metrics="constant_columns")
        assert {score.seed for score in table.scores} == set(range(count))


def test_half_of_a_small_holdout_limits_the_rows():
    data = np.random.default_rng(0).normal(size=(300, 2))
    table = genzoo.evaluate(data[:200], data, seeds=2, metrics="sliced_wasserstein")
    assert "this sample of 200 rows; 50 of them at each seed" in remark(table)
    assert "modes" not in remark(table)


def test_one_set_for_each_seed():
    sets = [ring(300 + seed, seed) for seed in range(3)]
    table = genzoo.evaluate(sets, "ring", metrics="kl_modes,sliced_wasserstein")
    assert [score.n for score in scores(table, "sliced_wasserstein")] == [300, 301, 302]
    assert [score.n for score in scores(table, "sliced_wasserstein", "oracle")] == [300, 301, 302]
    assert "one sample for each seed, of 300 to 302 rows" in remark(table)
    alone = genzoo.evaluate(sets[2], "ring", seeds=[2], metrics="kl_modes")
    assert scores(table, "kl_modes")[2].value == scores(alone, "kl_modes")[0].value
    compared = genzoo.compare(["vae"], ["ring"], samples={"mine": sets}, seeds=3, **FAST)
    assert "one sample for each seed" in remark(compared, "mine")
    assert [score.n for score in scores(compared, "sliced_wasserstein", "mine")] == [300, 301, 302]


def test_files_of_a_pattern_are_taken_in_natural_order(tmp_path):
    for k in range(11):
        np.savetxt(
            tmp_path / f"run{k}.csv",
            np.full((20 + k, 2), k),
            delimiter=",",
            header="x,y",
            comments="",
        )
    given = given_samples(f"{tmp_path}/run*.csv", RING)
    assert [float(rows.x[0, 0]) for rows in given.sets] == list(range(11))
    assert given.per_seed
    assert given.what == "file"
    dropped = given_samples(f"{tmp_path}/run*.csv:drop=y", create_source("gaussian_1d"))
    assert {rows.x.shape[1] for rows in dropped.sets} == {1}


def test_the_number_of_sets_must_be_that_of_the_seeds(tmp_path):
    for k in range(3):
        np.save(tmp_path / f"{k}.npy", ring(30, k).numpy())
    pattern = f"{tmp_path}/*.npy"
    for call in (
        lambda: genzoo.evaluate(pattern, "ring", seeds=2),
        lambda: genzoo.compare(["vae"], ["ring"], samples={"mine": pattern}, seeds=2, **FAST),
        lambda: genzoo.compare(["vae"], ["ring"], samples={"mine": [ring(9)] * 3}, seeds=2, **FAST),
    ):
        with pytest.raises(
            InputError, match="3 sets of rows and 2 seeds: give one set, or one for each seed"
        ):
            call()
    with pytest.raises(InputError, match=r"no file matches .*\*.npz"):
        genzoo.evaluate(f"{tmp_path}/*.npz", "ring")
    assert (
        len(
            scores(
                genzoo.evaluate(pattern, "ring", seeds=[4, 2, 7], metrics="kl_modes"), "kl_modes"
            )
        )
        == 3
    )


def test_a_name_with_brackets_is_a_file_where_there_is_one(tmp_path):
    np.save(tmp_path / "x[1].npy", ring(30).numpy())
    assert given_samples(tmp_path / "x[1].npy", RING).per_seed is False


LISTS = {
    "rows": ([[0.0, 1.0], [1.0, 0.0]], (2,), 1),
    "rows as arrays": ([np.zeros(2), np.ones(2)], (2,), 1),
    "tables": ([np.zeros((5, 2)), np.ones((6, 2))], (2,), 2),
    "frames": ([pd.DataFrame(np.zeros((5, 2)))] * 3, (2,), 3),
    "pictures": ([np.zeros((4, 4))] * 3, (4, 4), 1),
    "stacks of pictures": ([np.zeros((5, 4, 4))] * 3, (4, 4), 3),
    "flattened pictures": ([np.zeros((5, 16))] * 3, (4, 4), 3),
    "numbers": ([1.0, 2.0, 3.0], (1,), 1),
    "columns": ([np.zeros(5), np.zeros(7)], (1,), 2),
}


@pytest.mark.parametrize(("given", "shape", "sets"), LISTS.values(), ids=LISTS.keys())
def test_a_list_of_rows_and_a_list_of_sets(given, shape, sets):
    source = create_source(np.random.default_rng(0).normal(size=(9, *shape)))
    found = given_samples(given, source)
    assert len(found.sets) == sets
    assert all(tuple(rows.x.shape[1:]) == shape for rows in found.sets)


def test_only_rows_made_for_each_seed_may_be_compared():
    row = Batch(ring(9))
    one, several = GivenSamples((row,)), GivenSamples((row, row))
    given = {
        "one": {"ring": one},
        "several": {"ring": several},
        "both": {"ring": several, "grid": one},
    }
    experiment = Experiment([], [], [0, 1], [], given)
    rows = ("vae", "oracle", "several", "one", "both")
    assert [experiment.per_seed(row) for row in rows] == [True, True, True, False, False]


def test_another_set_for_a_seed_is_another_folder(tmp_path):
    where = genzoo.api.create.problem("ring")

    def folder(*sets):
        given = {"mine": {"ring": GivenSamples(tuple(map(Batch, sets)))}}
        experiment = Experiment([], [where], [0, 1], panel("kl_modes"), given, controls=())
        (task,) = experiment_tasks(experiment, tmp_path)
        return task.folder

    first, second = ring(9, 0), ring(9, 1)
    assert len({folder(first), folder(first, second), folder(second, first), folder(second)}) == 4


def test_options_of_a_samples_file(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.c_[ring(50).numpy(), np.arange(50)], b=np.zeros((50, 2)))
    with pytest.raises(
        InputError, match=r"several arrays: choose one with the option key= \(a, b\)"
    ):
        genzoo.evaluate(path, "ring")
    table = genzoo.evaluate(f"{path}:key=a,drop=3", "ring", seeds=1, metrics="kl_modes")
    assert scores(table, "kl_modes")[0].n == 50
    for words, answer in (
        ("key=c", "no array 'c'"),
        ("key=a,holdout=0.5", "no option 'holdout'"),
        ("key=a,drop=9", "no column '9'"),
    ):
        with pytest.raises(InputError, match=answer):
            genzoo.evaluate(f"{path}:{words}", "ring")
