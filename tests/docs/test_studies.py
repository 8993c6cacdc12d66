"""What the studies under docs/studies judge by: ranks, exact values, kept repetitions."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi, norm

STUDIES = Path(__file__).parents[2] / "docs" / "studies"


@pytest.fixture
def study(monkeypatch):
    monkeypatch.syspath_prepend(str(STUDIES))
    return importlib.import_module


@pytest.mark.parametrize("direction", ["min", "max", "target"])
def test_sound_values_are_noticed_at_the_level(direction, study):
    random, noticed = np.random.default_rng(0), study("detection").noticed
    found = [
        noticed(random.normal(size=39), random.normal(size=20), direction) for _ in range(1000)
    ]
    assert np.mean(found) == pytest.approx(0.05, abs=0.006)


def test_a_count_is_noticed_although_one_sound_sample_had_a_false_alarm(study):
    noticed = study("detection").noticed
    counts = np.zeros(39)
    counts[0] = 1
    assert noticed(counts, np.array([0, 1, np.nan]), "min").tolist() == [False, True, True]
    assert noticed(10 - counts, np.array([10, 9, np.nan]), "max").tolist() == [False, True, True]
    outside = noticed(counts, np.array([-1, 0, 1, 2, np.nan]), "target")
    assert outside.tolist() == [True, False, False, True, True]


def test_a_metric_that_looks_better_than_the_truth_has_noticed_nothing(study):
    random, noticed = np.random.default_rng(0), study("detection").noticed
    assert not noticed(random.uniform(size=39), np.full(3, 2.0), "max").any()
    assert not noticed(random.uniform(size=39), np.full(3, -2.0), "min").any()


def test_exact_values(study):
    cases = study("cases")
    shift = cases.on_a_line(norm(), norm(1))
    assert shift["js"] == pytest.approx(0.1114215, abs=1e-7)
    assert (shift["kl"], shift["forward_kl"]) == pytest.approx((0.5, 0.5))
    assert shift["accuracy"] == pytest.approx(norm.cdf(0.5))
    width = cases.on_a_line(chi(15), chi(15, scale=1.1))
    assert width["kl"] == pytest.approx(15 / 2 * (1.1**2 - 1 - 2 * np.log(1.1)))
    kept = [cases.kept_modes(8, count)["js"] for count in (6, 4, 1)]
    assert kept == pytest.approx([0.0956026, 0.2157616, 0.4969291])


def test_repetitions_are_kept_and_go_on(study, monkeypatch, tmp_path):
    repeats = study("repeats")
    monkeypatch.setattr(repeats, "FOLDER", tmp_path / "build")
    ran = []

    def trial(repeat: int) -> int:
        ran.append(repeat)
        return 10 * repeat

    with ThreadPoolExecutor(1) as pool:
        assert repeats.repeated("2-D, sd x.5", trial, 2, pool) == [0, 10]
        assert repeats.repeated("2-D, sd x.5", trial, 4, pool) == [0, 10, 20, 30]
    assert ran == [0, 1, 2, 3]
    assert repeats.repeated("2-D, sd x.5", trial, 9, None) == [0, 10, 20, 30]
    assert repeats.repeated("another", trial, 9, None) == []


def test_a_difference_changes_the_samples_and_nothing_else(study, monkeypatch):
    peoples = study("peoples")
    assert len(peoples.EQUAL) + len(peoples.DIFFERENT) == len(peoples.CASES)
    for name in peoples.DIFFERENT:
        changed = peoples.evidence_of(name, 3)
        table, rows, wrong_cell, _ = peoples.CASES[name]
        monkeypatch.setitem(peoples.CASES, name, (table, rows, wrong_cell, peoples.nothing))
        sound = peoples.evidence_of(name, 3)
        assert changed.reference.equal(sound.reference)
        assert changed.source.train.x.equal(sound.source.train.x)
        assert not changed.samples.equal(sound.samples), name


def test_cells_of_the_study_of_tables(study):
    tables = study("peoples_tables")
    of_a = {"js": {"told": 3, "not told": 1}, "mmd": {"n/a": 2}, "kl": {"failed": 3, "told": 1}}
    cells = [tables.cell({"a": of_a}, "a", name) for name in ("js", "mmd", "kl", "energy")]
    assert cells == ["75", "n/a", "failed", "-"]
    answers = {"js": {"told": 9, "not told": 31}, "mmd": {"told": 5, "not told": 35}}
    cases = len(tables.EQUAL)
    counted = tables.beyond_chance(dict.fromkeys(tables.EQUAL, answers), ["js", "mmd"])
    assert counted == (2 * cases, cases, 0)
