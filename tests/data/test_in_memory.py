"""Data in memory: what becomes a source, under which name, and what is refused."""

import numpy as np
import pandas as pd
import pyarrow
import pytest
import scipy.sparse
import torch

import genzoo
from genzoo.api.create import contestant, distinct, problem
from genzoo.api.reproduction import reproduction
from genzoo.data import ArraySource, create_source, load_samples
from genzoo.errors import InputError
from genzoo.experiment import Experiment

FAST = {"steps": 2, "seeds": 2, "metrics": "sliced_wasserstein"}


def numbers(n=30, d=3):
    return np.random.default_rng(0).normal(size=(n, d))


def frame():
    """A frame of mixed types, each column of which says its own name by its values."""
    return pd.DataFrame(
        {
            "height": np.linspace(150, 190, 30),
            "visits": np.arange(30) % 7,
            "smoker": np.arange(30) % 3 == 0,
            "children": pd.array(np.arange(30) % 4, dtype="Int64"),
            "share": np.linspace(0, 1, 30).astype(np.float32),
        }
    )


def rows_of(source):
    rows = torch.cat([source.train.x, source.holdout.x]).flatten(1)
    return np.array(sorted(rows.tolist()), dtype=np.float32)


def as_rows(values):
    return np.array(sorted(np.asarray(values, dtype=np.float32).tolist()), dtype=np.float32)


FORMS = {
    "array": numbers(),
    "integers": (100 * numbers()).astype(np.int64),
    "tensor": torch.from_numpy(numbers()),
    "bfloat16": torch.from_numpy(numbers()).to(torch.bfloat16),
    "list of rows": numbers().tolist(),
    "tuple of tuples": tuple(map(tuple, numbers().tolist())),
    "list of arrays": list(numbers()),
    "list of tensors": list(torch.from_numpy(numbers())),
    "frame": frame(),
    "records": frame().to_dict("records"),
    "arrow": pyarrow.Table.from_pandas(frame()),
    "masked, nothing masked": np.ma.masked_less(numbers(), -100),
}


@pytest.mark.parametrize("rows", FORMS.values(), ids=FORMS.keys())
def test_what_is_read(rows):
    source = create_source(rows)
    assert isinstance(source, ArraySource)
    values = rows.to_pandas() if isinstance(rows, pyarrow.Table) else rows
    values = (
        pd.DataFrame(values) if isinstance(values, list) and isinstance(values[0], dict) else values
    )
    if isinstance(values, pd.DataFrame):
        assert source.columns == source.column_names == tuple(frame().columns)
        values = values.to_numpy(dtype=np.float64)
    else:
        assert source.columns == ("1", "2", "3")
        assert source.column_names == ()
    if isinstance(values, torch.Tensor):
        values = values.double()
    np.testing.assert_array_equal(
        rows_of(source), as_rows([np.asarray(row, dtype=np.float64) for row in values])
    )


def test_a_series_is_a_column_with_its_name():
    assert create_source(frame()["height"]).column_names == ("height",)
    assert create_source(pd.Series(np.arange(9.0))).column_names == ()


def test_a_row_of_several_axes_keeps_its_shape():
    assert create_source([np.ones((4, 5))] * 3).event_shape == (4, 5)


def test_options_go_with_data_in_memory():
    assert len(create_source(numbers(), holdout=0.5).holdout.x) == 15
    with pytest.raises(InputError, match="no option 'hold'"):
        create_source(numbers(), hold=0.5)
    source = create_source("ring")
    assert create_source(source) is source


def test_every_door_takes_a_frame():
    data = frame()
    assert genzoo.train("vae", data, steps=2).run(0).model.event_shape == (5,)
    table = genzoo.evaluate(data, data, metrics="sliced_wasserstein", seeds=2)
    assert table.tables[0].source == "data"
    compared = genzoo.compare(["vae"], [data], samples={"mine": data}, **FAST)
    assert compared.tables[0].rows == ("vae", "oracle", "single_mode", "mine")


def test_sources_in_memory_have_names_of_their_own(tmp_path):
    (tmp_path / "a").mkdir()
    for path in (tmp_path / "x.csv", tmp_path / "a" / "x.csv"):
        np.savetxt(path, numbers(), delimiter=",")
    ring, other = genzoo.create_source("ring"), genzoo.create_source("grid")
    named = ArraySource(numbers(), name="lab")
    sources = [numbers(), "ring", frame(), ring, other, named, named, ArraySource(numbers())]
    sources += [tmp_path / "x.csv", tmp_path / "a" / "x.csv"]
    assert [one.name for one in distinct([problem(source) for source in sources])] == [
        "data",
        "ring",
        "data 2",
        "GaussianMixture",
        "GaussianMixture 2",
        "lab",
        "lab 2",
        "data 3",
        str(tmp_path / "x.csv"),
        str(tmp_path / "a" / "x.csv"),
    ]
    table = genzoo.compare([], [frame(), numbers()], samples={"mine": frame()}, **FAST)
    assert [one.source for one in table.tables] == ["data", "data 2"]
    with pytest.raises(InputError, match="'ring' is named twice"):
        genzoo.compare(["vae"], ["ring", "ring"], **FAST)


def test_a_comparison_of_objects_has_no_command(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, numbers(30, 2))
    plan = [contestant("vae", {})]
    for source, samples, named in (
        ("ring", {}, True),
        (path, {"mine": path}, True),
        (numbers(), {}, False),
        (ArraySource(numbers(), name="ring"), {}, False),
        ("ring", {"mine": numbers(30, 2)}, False),
        ("ring", {"mine": [path, path]}, False),
    ):
        command = reproduction(
            Experiment(plan, [problem(source)], [0, 1], []), {}, samples, "quick"
        )
        assert command.startswith("genzoo compare -m vae -d") is named


BAD = {
    "text": (frame().assign(kind="red"), r"column 'kind' holds text \('red'\)"),
    "text among numbers": (frame().assign(kind=[1, "red"] * 15), "column 'kind' is of type object"),
    "category": (
        frame().assign(kind=pd.Categorical(["a"] * 30)),
        r"column 'kind' holds text \('a'\)",
    ),
    "dates": (frame().assign(day=pd.Timestamp("2020-01-01")), "column 'day' is of type datetime64"),
    "objects": (frame().assign(kind=[{}] * 30), "column 'kind' is of type object"),
    "complex column": (frame().assign(kind=1j), "column 'kind' is of type complex128"),
    "NaN": (frame().assign(gap=np.nan), "30 cells .*row 1, column 'gap'"),
    "NA": (
        frame().assign(gap=pd.array([1, pd.NA, 3] * 10, dtype="Int64")),
        "10 cells .*row 2, column 'gap'",
    ),
    "empty frame": (frame().iloc[:0], r"is empty, with shape \(0, 5\)"),
    "no columns": (frame()[[]], "is empty"),
    "ragged": ([[1, 2], [3]], "equal length"),
    "dict": ({"a": [1, 2]}, "a dict"),
    "None": (None, "None"),
    "set": ({1, 2}, "a set"),
    "generator": ((i for i in range(3)), "a generator"),
    "number": (3, "an int"),
    "deep list": ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], "list of lists of lists"),
    "sparse matrix": (scipy.sparse.csr_matrix(numbers()), r"a sparse matrix .*toarray"),
    "sparse array": (scipy.sparse.coo_array(numbers()), r"a sparse matrix .*toarray"),
    "sparse tensor": (torch.eye(4).to_sparse(), r"a sparse tensor: give x.to_dense"),
    "tensor without data": (torch.empty(4, 2, device="meta"), "a tensor that cannot be read"),
    "complex tensor": (torch.ones(4, 2, dtype=torch.complex64), "complex numbers"),
    "masked": (np.ma.masked_less(numbers(), 0), r"\d+ masked cells"),
    "object array": (np.array([[1, "a"], [2, None]], dtype=object), "Python objects"),
    "text array": (np.array([["a", "b"]] * 3), "text"),
    "texts": (["a", "b"], "row 1 is a str|no file a"),
    "unlike records": ([{"a": 1}, {"b": 2}], "row 2 has other keys"),
    "records with text": ([{"a": "x"}, {"a": "y"}], r"column 'a' holds text \('x'\)"),
    "records and rows": ([{"a": 1}, [2]], "row 2 has other keys"),
    "rows and records": ([[1], {"a": 2}], "row 2 is a dict"),
    "empty list": ([], "is empty"),
    "empty records": ([{}, {}], "is empty"),
    "a set among rows": ([{1}, {2}], "row 1 is a set"),
}


@pytest.mark.parametrize(("given", "words"), BAD.values(), ids=BAD.keys())
def test_what_is_refused_by_one_sentence(given, words):
    doors = [
        lambda: create_source(given),
        lambda: genzoo.train("vae", given, steps=2),
        lambda: genzoo.compare(["vae"], [given], **FAST),
    ]
    if words.startswith(("30 cells", "10 cells")):
        words = f"{words}|must be finite"
    width = given.shape[1] if isinstance(given, pd.DataFrame) and len(given.columns) else 2
    truth = numbers(30, width)
    doors += [
        lambda: genzoo.compare(["vae"], [truth], samples={"mine": given}, **FAST),
        lambda: load_samples(given, (width,)),
    ]
    for door in doors:
        with pytest.raises(InputError, match=words) as raised:
            door()
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("sources", [numbers(), frame(), torch.ones(3, 2), {"a": 1}, 3])
def test_the_list_of_sources_is_a_list(sources):
    with pytest.raises(InputError, match="sources must be a list"):
        genzoo.compare(["vae"], sources, **FAST)


def test_rows_in_place_of_the_list_of_sources():
    with pytest.raises(InputError, match=r"rows of numbers: write \[rows\]"):
        genzoo.compare(["vae"], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], **FAST)
