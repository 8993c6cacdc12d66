"""Which first line of a text is a header, and which column an index."""

import numpy as np
import pandas as pd
import pytest

from genzoo.data import load_file
from genzoo.errors import InputError


def draws(n=60, d=2, mean=0.0, sd=1.0):
    return np.random.default_rng(3).normal(mean, sd, (n, d))


def written(table, **options):
    return pd.DataFrame(table).to_csv(**options)


def lines(rows, form="%g"):
    return "\n".join(",".join(form % value for value in row) for row in rows) + "\n"


def load(folder, text, **options):
    path = folder / "t.csv"
    path.write_text(text)
    return load_file(path, **options)


def size(source):
    return len(source.train.x) + len(source.holdout.x)


counts = np.random.default_rng(0).poisson(3, (60, 2))
one_hot = np.eye(2, dtype=int)[np.random.default_rng(0).integers(0, 2, 60)]
far = np.random.default_rng(3).normal([1000, 2000, 3000], [1, 2, 3], (600, 3))
yes = np.random.default_rng(0).integers(0, 2, (150, 3))
images = np.random.default_rng(0).integers(0, 17, (40, 64))

HEADERS = {
    "far from the data": (written(far, index=False), ("0", "1", "2")),
    "around the data": (written(draws(), index=False), ("0", "1")),
    "one column": (written(draws(60, 1), index=False), ("0",)),
    "counted from 1": ("1,2\n" + lines(draws(), "%.6f"), ("1", "2")),
    "whole numbers as floats": (written(one_hot.astype(float), index=False), ("0", "1")),
    "whole numbers far away": (written(counts + 40, index=False), ("0", "1")),
    "more columns than grey levels": (written(images, index=False), tuple(map(str, range(64)))),
    "three columns of yes and no, many rows": (written(yes, index=False), ("0", "1", "2")),
    "index, no names": (written(draws()), ("0", "1")),
    "index, no names, tab": (written(draws(), sep="\t"), ("0", "1")),
    "index, no names, whole numbers": (written(one_hot), ("0", "1")),
    "index and names": (written({"a": draws()[:, 0], "b": draws()[:, 1]}), ("a", "b")),
    "shuffled index": (
        written(pd.DataFrame(draws(), columns=["a", "b"]).sample(frac=0.5, random_state=0)),
        ("a", "b"),
    ),
    "index and years": (written(pd.DataFrame(draws(), columns=[2019, 2020])), ("2019", "2020")),
    "index read again": (
        written(pd.DataFrame(draws()).reset_index(names="Unnamed: 0"), index=False),
        ("0", "1"),
    ),
    "index of R": (
        '"","a"\n' + "\n".join(f'"{k + 1}",{x:.3f}' for k, (x,) in enumerate(draws(9, 1))),
        ("a",),
    ),
    "numbers in quotes": ('"2019","2020"\n1,2\n3,4\n', ("2019", "2020")),
}


@pytest.mark.parametrize(("text", "names"), HEADERS.values(), ids=HEADERS.keys())
def test_headers_that_look_like_numbers(tmp_path, text, names):
    source = load(tmp_path, text)
    assert source.column_names == source.columns == names
    assert size(source) == text.strip().count("\n")
    assert source.event_shape == (len(names),)


EXAMPLES = {
    "a one-hot row in savetxt's form": (lines(one_hot[np.argsort(one_hot[:, 0])], "%.18e"), 60),
    "years": ("2019,2020\n1,2\n3,4\n", 3),
    "no order": ("1,0\n" + lines(draws()), 61),
    "not whole": ("0.0,1.0\n" + lines(draws()), 61),
    "a value of 1 in one column": ("1\n0\n1\n3\n0\n1\n", 6),
}


@pytest.mark.parametrize(("text", "n"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_first_lines_that_are_examples(tmp_path, text, n):
    source = load(tmp_path, text)
    assert source.column_names == ()
    assert size(source) == n


EITHER = {
    "a one-hot table with header": written(one_hot, index=False),
    "a one-hot table without": "0,1\n" + lines(one_hot, "%d"),
    "counts with header": written(counts, index=False),
    "counts without": "0,1\n" + lines(counts, "%d"),
    "a cosine in time": lines([(t, np.cos(t)) for t in np.linspace(0, 5, 40)]),
    "a decay in time that meets no whole number": lines(
        [(t, np.exp(-t)) for t in 0.07 * np.arange(30)]
    ),
    "yes and no, few rows": written(yes[:60, [0, 1, 1]], index=False),
    "a decay in time": lines([(t, np.exp(-t)) for t in np.linspace(0, 5, 23)]),
    "windows of a count": lines([range(k, k + 3) for k in range(30)], "%d"),
    "a single column of counts": "0\n" + lines(counts[:, :1], "%d"),
    "few rows": written(draws(3), index=False),
}


@pytest.mark.parametrize("text", EITHER.values(), ids=EITHER.keys())
def test_a_first_line_that_can_be_either_is_asked_for(tmp_path, text):
    with pytest.raises(
        InputError, match=r"t.csv: the first line .* header=true or header=false"
    ) as raised:
        load(tmp_path, text)
    assert "\n" not in str(raised.value)
    n = text.strip().count("\n") + 1
    assert size(load(tmp_path, text, header=True)) == n - 1
    assert size(load(tmp_path, text, header=False)) == n


def test_what_was_decided_is_said(tmp_path):
    assert load(tmp_path, written(draws(), index=False)).notes == (
        "its first line (0,1) is read as a header",
    )
    assert load(tmp_path, written(draws())).notes == (
        "its unnamed column of row numbers is left out",
    )
    assert load(tmp_path, written({"a": draws()[:, 0]}, index=False)).notes == ()
    assert load(tmp_path, written(draws(), index=False), header=True).notes == ()


def test_an_index_is_left_out_of_every_kind_of_table(tmp_path):
    frame = pd.DataFrame(draws(), columns=["a", "b"]).sample(frac=1, random_state=0)
    frame.to_parquet(tmp_path / "t.parquet")
    source = load_file(tmp_path / "t.parquet")
    assert source.columns == ("a", "b")
    assert source.notes == ("its unnamed column of row numbers is left out",)


@pytest.mark.parametrize("first", [(1.5, 2.5, 3.5), (3, 3, 4)])
def test_a_first_column_without_a_name_that_is_no_index_stays(tmp_path, first):
    source = load(tmp_path, ",a\n" + lines([(value, 0.5) for value in first]))
    assert source.columns == ("1", "a")
    assert source.notes == ()


def test_a_missing_first_cell_is_no_header(tmp_path):
    with pytest.raises(InputError, match="1 cell that is empty"):
        load(tmp_path, ",1.5,2.5\n0,4.5,5\n1,7.5,8\n")
    with pytest.raises(InputError, match="1 cell that is empty"):
        load(tmp_path, ",1,2\n3,4,5\n6,7,8\n1,2,3\n")


def test_lengths_are_checked_first(tmp_path):
    with pytest.raises(InputError, match="line 3 has 3 cells"):
        load(tmp_path, "0,1\n3,4\n5,6,7\n")
