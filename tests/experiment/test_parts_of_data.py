"""What another program trained on, and what it did not see, in place of a split of the data."""

import numpy as np
import pandas as pd
import pytest

import genzoo
from genzoo.data import ArraySource
from genzoo.errors import InputError

COLUMNS = list("abcdef")


def correlated(n, seed):
    random = np.random.default_rng(4)
    mixing = random.normal(0, 1, (6, 6))
    return pd.DataFrame(np.random.default_rng(seed).normal(0, 1, (n, 6)) @ mixing, columns=COLUMNS)


def share(table, row="samples"):
    return np.mean([s.value for s in table.scores if s.metric == "train_share" and s.model == row])


def test_a_verbatim_copy_of_the_training_part_is_seen():
    train, holdout = correlated(1000, 0), correlated(1000, 1)
    copy = train.sample(frac=1, random_state=0)
    settings = {"train": train, "holdout": holdout, "metrics": "train_share", "seeds": 3}
    assert share(genzoo.evaluate(copy, **settings)) > 0.7
    assert share(genzoo.evaluate(correlated(1000, 2), **settings)) == pytest.approx(0.5, abs=0.06)
    split_again = genzoo.evaluate(copy, train, metrics="train_share", seeds=3)
    assert share(split_again) == pytest.approx(0.5, abs=0.07), "a split of one's own cannot show it"


def test_the_parts_replace_the_split_of_the_data(tmp_path):
    train, holdout = correlated(300, 0), correlated(200, 1)
    holdout[COLUMNS[::-1]].to_csv(tmp_path / "holdout.csv", index=False)
    train.to_csv(tmp_path / "train.csv")
    whole = correlated(500, 3)
    table = genzoo.evaluate(
        correlated(80, 2),
        whole,
        train=tmp_path / "train.csv",
        holdout=tmp_path / "holdout.csv",
        metrics="sliced_wasserstein",
        seeds=2,
    )
    remarks = table.tables[0].remarks
    assert "random half of the 200 held-out rows" in remarks[0]
    said = next(remark for remark in remarks if remark.startswith("data: "))
    assert "its unnamed column of row numbers is left out (training part)" in said
    assert "columns matched by name (holdout)" in said
    alone = genzoo.evaluate(
        correlated(80, 2), train=train, holdout=holdout, metrics="sliced_wasserstein", seeds=2
    )
    assert [s.value for s in alone.scores] == [s.value for s in table.scores]
    named = genzoo.evaluate(
        correlated(80, 2),
        train=str(tmp_path / "train.csv"),
        holdout=holdout,
        metrics="energy",
        seeds=1,
    )
    assert named.tables[0].source == "train.csv"


def test_rows_in_both_parts_are_counted_and_said():
    train = correlated(300, 0)
    holdout = pd.concat([correlated(100, 1), train.iloc[:37]])
    source = ArraySource.of_parts(train, holdout)
    assert source.notes == (
        "37 of 137 rows of the holdout are also in the training part, "
        "so that these were not unseen",
    )
    table = genzoo.evaluate(
        correlated(50, 2), train=train, holdout=holdout, metrics="energy", seeds=1
    )
    assert any("37 of 137 rows of the holdout" in remark for remark in table.tables[0].remarks)
    assert ArraySource.of_parts(train, correlated(10, 1)).notes == ()
    for seen, unseen in ((0.0, -0.0), (-0.0, 0.0)):
        assert "1 of 1 rows" in ArraySource.of_parts([[seen], [1.0]], [[unseen]]).notes[0]


def test_parts_keep_their_rows_and_can_be_trained_on():
    train, holdout = correlated(30, 0), correlated(7, 1)
    source = ArraySource.of_parts(train, holdout, name="lab")
    np.testing.assert_allclose(source.train.x, train.to_numpy(dtype=np.float32))
    np.testing.assert_allclose(source.holdout.x, holdout.to_numpy(dtype=np.float32))
    assert source.recommended_standardisation == "column"
    assert source.name == "lab"
    assert genzoo.train("vae", source, steps=2).run(0).column_names == tuple(COLUMNS)


x = correlated(20, 0).to_numpy()
MISTAKES = {
    "nothing": ({}, "nothing to score against: give the data, or both train and holdout"),
    "train alone": ({"train": x}, "train and holdout belong together: give holdout too"),
    "holdout alone": ({"source": x, "holdout": x}, "give train too"),
    "an endless source": ({"source": "ring", "train": x, "holdout": x}, "ring has no split"),
    "a source with modes": ({"source": "digits", "train": x, "holdout": x}, "digits has no split"),
    "parts of two shapes": ({"train": x, "holdout": x[:, :5]}, r"shape \(6,\) and .* \(5,\)"),
    "parts unlike the data": (
        {"source": x[:, :5], "train": x, "holdout": x},
        r"of shape \(6,\), data of \(5,\)",
    ),
    "other names": (
        {"train": correlated(9, 0), "holdout": correlated(9, 0).rename(columns={"a": "z"})},
        "missing 'a'; extra 'z'",
    ),
    "a missing file": ({"train": "missing.csv", "holdout": x}, "no file missing.csv"),
    "samples of another width": (
        {"train": x[:, :5], "holdout": x[:, :5]},
        r"samples must have shape \(n, 5\)",
    ),
}


@pytest.mark.parametrize(("given", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_one_sentence(given, words):
    with pytest.raises(InputError, match=words) as raised:
        genzoo.evaluate(x, **given)
    assert "\n" not in str(raised.value)
