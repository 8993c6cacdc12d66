"""Columns of samples, of the two parts of data and of a trained model are matched by name."""

import numpy as np
import pandas as pd
import pytest
import torch

import genzoo
from genzoo.data import ArraySource, create_parts, create_source, given_samples
from genzoo.data.matching import is_numbering, match_columns
from genzoo.errors import InputError


def people(n, seed):
    """Height in cm and weight in kg of n people."""
    random = np.random.default_rng(seed)
    height = random.normal(170, 9, n)
    return pd.DataFrame({"height": height, "weight": height * 0.45 + random.normal(0, 8, n)})


def js(subject, source):
    table = genzoo.evaluate(subject, source, metrics="js", seeds=2)
    return np.mean(
        [score.value for score in table.scores if score.model == "samples"]
    ), table.tables[0].remarks


@pytest.mark.parametrize(
    ("mine", "theirs", "order", "words"),
    [
        ("ab", "ab", None, ""),
        ("", "", None, ""),
        ("ba", "ab", [1, 0], "by name"),
        ("cab", "abc", [1, 2, 0], "by name"),
        ("", "ab", None, "by position, as there are no column names in mine"),
        ("ab", "", None, "by position, as there are no column names in yours"),
        ("01", "ab", None, "by position, as those of mine are numbered"),
        ("ab", "12", None, "by position, as those of yours are numbered"),
        ("10", "01", [1, 0], "by name"),
        ("12", "01", None, "by position, as those of mine are numbered"),
    ],
)
def test_how_columns_are_matched(mine, theirs, order, words):
    found, note = match_columns(tuple(mine), tuple(theirs), "mine", "yours")
    assert found == order
    assert words in note
    assert bool(note) is bool(words)


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    [
        ("ac", "ab", "missing 'b'; extra 'c'"),
        ("abc", "ab", "yours: extra 'c'"),
        ("a", "ab", "yours: missing 'b'"),
        ("10", "ab", "missing 'a', 'b'; extra '1', '0'"),
        ("aab", "aba", "'a' occurs twice"),
        ("Ab", "ab", "missing 'a'; extra 'A'"),
        ("abcdefghijkl", "x", "'h' and 4 more"),
    ],
)
def test_names_that_do_not_match_are_one_sentence(mine, theirs, words):
    with pytest.raises(InputError, match=words) as raised:
        match_columns(tuple(mine), tuple(theirs), "mine", "yours")
    assert "\n" not in str(raised.value)


def test_numberings():
    assert is_numbering(["0"])
    assert is_numbering(["1", "2"])
    assert not any(map(is_numbering, (["1", "3"], ["1", "0"], ["a"], ["00"])))


def test_a_file_with_columns_in_another_order_scores_as_the_same_file(tmp_path):
    people(1500, 0).to_csv(tmp_path / "real.csv", index=False)
    same, swapped = tmp_path / "same.csv", tmp_path / "swapped.csv"
    people(1500, 1).to_csv(same, index=False)
    people(1500, 1)[["weight", "height"]].to_csv(swapped, index=False)
    first, remarks = js(same, tmp_path / "real.csv")
    assert not any("matched" in remark for remark in remarks)
    again, remarks = js(swapped, tmp_path / "real.csv")
    assert again == first
    assert first < 0.02
    assert any(remark.startswith("samples: columns matched by name") for remark in remarks)
    people(1500, 1)[["weight", "height"]].to_csv(swapped, index=False, header=False)
    wrong, remarks = js(swapped, tmp_path / "real.csv")
    assert wrong > 0.6
    assert any(
        "matched by position, as there are no column names in samples" in remark
        for remark in remarks
    )


def test_frames_are_matched_as_files_are():
    source = create_source(people(100, 0))
    given = given_samples(people(50, 1)[["weight", "height"]], source)
    torch.testing.assert_close(
        given.at(0).x, torch.tensor(people(50, 1).to_numpy(), dtype=torch.float32)
    )
    assert given.notes == ("columns matched by name",)
    with pytest.raises(
        InputError, match="samples do not match those of the data: missing 'weight'; extra 'age'"
    ):
        given_samples(people(50, 1).rename(columns={"weight": "age"}), source)


def test_an_index_in_samples_is_left_out_and_said(tmp_path):
    people(50, 1).to_csv(tmp_path / "mine.csv")
    given = given_samples(tmp_path / "mine.csv", create_source(people(100, 0)))
    assert given.at(0).x.shape == (50, 2)
    assert given.notes == ("its unnamed column of row numbers is left out",)


def test_notes_on_data_reach_the_table(tmp_path):
    people(60, 0).to_csv(tmp_path / "real.csv")
    table = genzoo.evaluate(
        people(60, 1), tmp_path / "real.csv", seeds=2, metrics="sliced_wasserstein"
    )
    assert "real.csv: its unnamed column of row numbers is left out." in table.tables[0].remarks
    table = genzoo.compare(
        ["vae"], [tmp_path / "real.csv"], steps=1, seeds=2, metrics="sliced_wasserstein"
    )
    assert "real.csv: its unnamed column of row numbers is left out." in table.tables[0].remarks


def test_samples_that_fit_one_of_two_sources_say_why_not_the_other():
    other = people(60, 0).rename(columns={"weight": "age"})
    table = genzoo.compare(
        ["vae"],
        [people(60, 0), other],
        samples={"mine": people(60, 1)},
        steps=1,
        seeds=2,
        metrics="sliced_wasserstein",
    )
    assert "mine" in table.tables[0].rows
    assert "mine" not in table.tables[1].rows
    assert any(
        "mine: not scored on data 2: columns of samples 'mine' do not" in r
        for r in table.tables[0].remarks
    )


def test_the_parts_of_data_are_matched_too():
    seen, unseen = people(60, 0), people(40, 1)[["weight", "height"]]
    source = ArraySource.of_parts(seen, unseen)
    assert source.column_names == ("height", "weight")
    torch.testing.assert_close(
        source.holdout.x, torch.tensor(people(40, 1).to_numpy(), dtype=torch.float32)
    )
    whole = create_source(people(30, 2)[["weight", "height"]])
    parts = create_parts(seen, unseen, name="people", like=whole)
    assert parts.column_names == ("weight", "height")
    assert float(parts.train.x[:, 0].mean()) < 100
    with pytest.raises(
        InputError, match=r"the holdout of data do not match .*missing 'weight'; extra 'age'"
    ):
        ArraySource.of_parts(seen, unseen.rename(columns={"weight": "age"}))


def test_a_trained_model_is_held_against_data_in_its_own_order():
    fit = genzoo.train("vae", people(300, 0), steps=20)
    assert fit.run(0).column_names == ("height", "weight")
    same = genzoo.evaluate(fit, people(300, 1), metrics="sliced_wasserstein")
    other = genzoo.evaluate(fit, people(300, 1)[["weight", "height"]], metrics="sliced_wasserstein")
    assert [score.value for score in same.scores] == [score.value for score in other.scores]
    assert any("model: columns matched by name" in remark for remark in other.tables[0].remarks)
    with pytest.raises(
        InputError, match="do not match those of the model: missing 'weight'; extra 'age'"
    ):
        genzoo.evaluate(fit, people(300, 1).rename(columns={"weight": "age"}))
