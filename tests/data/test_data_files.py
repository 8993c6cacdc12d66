"""The user's own files: what is read, and what is answered with one sentence."""

import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

from genzoo.core.noise import stream
from genzoo.data import FileSource, load_file, load_samples
from genzoo.errors import InputError


def all_rows(source):
    return np.array(
        sorted(torch.cat([source.train.x, source.holdout.x]).flatten(1).tolist()), dtype=np.float32
    )


def as_rows(values):
    return np.array(
        sorted(np.asarray(values, dtype=np.float32).reshape(len(values), -1).tolist()),
        dtype=np.float32,
    )


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


TABLE = [[1.5, 2.0, -3.0], [4.0, 5.25, 6e3], [7.0, 8.0, 9.0], [1.0, 0.0, 2.0]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", ", "])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_dialects(tmp_path, delimiter, header, end, encoding):
    lines = [delimiter.join(map(str, row)) for row in TABLE]
    text = end.join([delimiter.join(["a", "b", "c"])] * header + lines) + end
    source = load_file(write(tmp_path / "t.csv", text, encoding))
    np.testing.assert_array_equal(all_rows(source), as_rows(TABLE))
    assert source.columns == (("a", "b", "c") if header else ("1", "2", "3"))
    assert source.event_shape == (3,)
    assert source.recommended_standardisation == "column"


@given(seed=st.integers(0, 10**6), size=st.integers(2, 9), exponent=st.integers(-30, 30))
def test_csv_written_in_full_is_read_back(tmp_path_factory, seed, size, exponent):
    path = tmp_path_factory.getbasetemp() / "full.csv"
    rows = np.random.default_rng(seed).normal(size=(size, 2)) * 10.0**exponent
    np.savetxt(path, rows, delimiter=",", header="x,y", comments="")
    np.testing.assert_array_equal(all_rows(load_file(path)), as_rows(rows))


def test_csv_details(tmp_path):
    quoted = write(tmp_path / "q.csv", '"height, cm","w"\n"1","2"\n\n  \n"3.5", 4\n"5",6')
    source = load_file(quoted)
    assert source.columns == ("height, cm", "w")
    np.testing.assert_array_equal(all_rows(source), as_rows([[1, 2], [3.5, 4], [5, 6]]))
    single = load_file(write(tmp_path / "s.csv", "value\n1\n2\n3\n"))
    assert single.event_shape == (1,)
    indexed = load_file(write(tmp_path / "i.csv", ",a\n0,5\n1,6\n2,9\n"))
    assert indexed.columns == ("a",)
    old_mac = load_file(write(tmp_path / "m.csv", "a,b\r1,2\r3,4\r"))
    np.testing.assert_array_equal(all_rows(old_mac), as_rows([[1, 2], [3, 4]]))


def test_header_detection(tmp_path):
    numbers_and_label = write(tmp_path / "n.csv", "label,0,1\n5,1,2\n6,3,4\n")
    assert load_file(numbers_and_label).columns == ("label", "0", "1")
    assert load_file(numbers_and_label, drop="label").event_shape == (2,)
    years = write(tmp_path / "y.csv", "2019,2020\n1,2\n3,4\n")
    assert len(all_rows(load_file(years))) == 3
    assert len(all_rows(load_file(years, header=True))) == 2
    assert load_file(years, header=True).columns == ("2019", "2020")
    with pytest.raises(InputError, match=r"'1.o' in line 1"):
        load_file(write(tmp_path / "typo.csv", "1.o,2.5\n3.5,4.5\n1.0,2.0\n"))
    with pytest.raises(InputError, match="'a' in line 1"):
        load_file(write(tmp_path / "forced.csv", "a,b\n1,2\n3,4\n"), header=False)


@pytest.mark.parametrize("drop", ["label", "4", 4, "label+x", "x+4", " label "])
def test_columns_can_be_left_out(tmp_path, drop):
    path = write(tmp_path / "d.csv", "x,y,z,label\n1,2,3,red\n4,5,6,blue\n7,8,9,red\n")
    source = load_file(path, drop=drop)
    assert source.columns == (("y", "z") if "x" in str(drop) else ("x", "y", "z"))


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("", {}, "is empty"),
        ("\n\n  \n", {}, "is empty"),
        ("a,b\n", {}, "header line and no rows"),
        ("1,2\n", {}, "single row"),
        ("a,b\n1,2\n", {}, "single row"),
        ("a,b\n1,2\n3\n", {}, "line 3 has 1 cells and line 1 has 2"),
        ("1,2\n3,4\n5,6,7\n", {}, "line 3 has 3 cells"),
        ("a,b\n1,2\n3,x\n5,6\n", {}, "column 'b' holds 'x' in line 3 .*correct"),
        ("a;b\n1,5;2\n3;4\n", {}, "'1,5' in line 2 .*if that is 1.5, .*decimal=comma"),
        ("a,kind\n1,red\n2,blue\n", {}, "column 'kind' holds text .'red' in line 2.*drop=kind"),
        (
            "5.1,3.5,setosa\n4.9,3.0,setosa\n",
            {},
            "column '3' holds text .'setosa' in line 1.*drop=3",
        ),
        ("a,b\n1,\n2,nan\n\n3,inf\n", {}, "3 cells .*line 2, column 'b'"),
        ("a,b\n1,2\n2,NA\n3,4\n", {}, "1 cell .*line 3, column 'b'"),
        ("a,b\n1,2\n3,4\n", {"drop": "c"}, "no column 'c'"),
        ("height,b\n1,2\n3,4\n", {"drop": "heigth"}, "did you mean 'height'"),
        ("a,b\n1,2\n3,4\n", {"drop": "a+b"}, "no column left"),
        ("a,b\n1,2\n3,4\n", {"drop": 3}, "no column '3'"),
        ("a,b\n1,2\n3,4\n", {"key": "x"}, "npz files only"),
        ("a,b\n1,2\n3,4\n", {"holdout": 2}, "holdout"),
    ],
)
def test_bad_csv(tmp_path, content, options, words):
    with pytest.raises(InputError, match=words) as raised:
        load_file(write(tmp_path / "bad.csv", content), **options)
    assert "bad.csv" in str(raised.value) or "holdout" in words
    assert "\n" not in str(raised.value)


def test_binary_csv(tmp_path):
    path = tmp_path / "b.csv"
    path.write_bytes(b"a,b\n1,\xb5\n")
    with pytest.raises(InputError, match=r"b.csv is not UTF-8 text \(byte 6\)"):
        load_file(path)
    with pytest.raises(InputError, match="UTF-8"):
        load_file(write(tmp_path / "u.csv", "a,b\n1,2\n3,4\n", "utf-16"))
    path.write_bytes(b"a,b\n1,2\x00\n3,4\n")
    with pytest.raises(InputError, match=r"b\.csv"):
        load_file(path)


def test_a_line_number_counts_lines_of_the_file(tmp_path):
    path = write(tmp_path / "l.csv", '"a\nb",c\n\n1,2\n\n3,x\n4,5\n')
    with pytest.raises(InputError, match="line 6"):
        load_file(path)


def test_npy_and_npz(tmp_path):
    images = np.random.default_rng(0).random((9, 1, 4, 4))
    np.save(tmp_path / "i.npy", images)
    assert load_file(tmp_path / "i.npy").event_shape == (1, 4, 4)
    np.save(tmp_path / "v.npy", np.arange(7))
    assert load_file(tmp_path / "v.npy").event_shape == (1,)
    np.savez(tmp_path / "one.npz", rows=TABLE)
    np.testing.assert_array_equal(all_rows(load_file(tmp_path / "one.npz")), as_rows(TABLE))
    np.savez_compressed(tmp_path / "two.npz", x=TABLE, y=[1, 2])
    np.testing.assert_array_equal(
        all_rows(load_file(tmp_path / "two.npz", key="x")), as_rows(TABLE)
    )
    np.save(tmp_path / "t.npy", TABLE)
    assert load_file(tmp_path / "t.npy", drop=2).columns == ("1", "3")
    os.rename(tmp_path / "t.npy", tmp_path / "T.NPY")
    assert load_file(str(tmp_path / "T.NPY")).event_shape == (3,)


def save_bad_numpy(folder):
    np.save(folder / "objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)
    (folder / "pickle.npy").write_bytes(pickle.dumps([1, 2, 3]))
    (folder / "noise.npy").write_bytes(b"not an array at all")
    (folder / "nothing.npy").write_bytes(b"")
    (folder / "nothing.npz").write_bytes(b"")
    np.save(folder / "whole.npy", np.ones((50, 3)))
    (folder / "cut.npy").write_bytes((folder / "whole.npy").read_bytes()[:-100])
    (folder / "header.npy").write_bytes(
        (folder / "whole.npy").read_bytes().replace(b"(50, 3)", b"(5e, 3)")
    )
    np.save(folder / "huge.npy", np.ones((50, 3)))
    huge = (
        (folder / "huge.npy")
        .read_bytes()
        .replace(b"(50, 3), }" + b" " * 12, b"(50" + b"0" * 12 + b", 3), }")
    )
    (folder / "huge.npy").write_bytes(huge)
    np.savez(folder / "whole.npz", a=np.ones((500, 3)))
    (folder / "cut.npz").write_bytes((folder / "whole.npz").read_bytes()[:-60])
    damaged = bytearray((folder / "whole.npz").read_bytes())
    damaged[3000:3100] = bytes(100)
    (folder / "damaged.npz").write_bytes(damaged)
    np.savez(folder / "objects.npz", a=np.array([{}, None], dtype=object), allow_pickle=True)
    np.savez(folder / "several.npz", a=np.ones(3), b=np.ones(3))
    with zipfile.ZipFile(folder / "empty.npz", "w"):
        pass
    with zipfile.ZipFile(folder / "texts.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    np.save(folder / "zero.npy", np.float64(3))
    np.save(folder / "complex.npy", np.ones((4, 2)) * 1j)
    np.save(folder / "text.npy", np.array(["a", "b"]))
    np.save(folder / "row.npy", np.ones((1, 4)))
    np.save(folder / "nan.npy", np.where(np.eye(4) == 1, np.nan, 1.0))
    np.savez(folder / "late.npz", x=np.where(np.eye(4) == 1, np.nan, 1.0)[1:])


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("objects.npy", {}, "Python objects"),
        ("pickle.npy", {}, "Python objects"),
        ("noise.npy", {}, "Python objects or is not a numpy file|damaged"),
        ("nothing.npy", {}, "damaged"),
        ("nothing.npz", {}, "damaged"),
        ("cut.npy", {}, "damaged"),
        ("header.npy", {}, "damaged"),
        ("huge.npy", {}, "damaged"),
        ("cut.npz", {}, "damaged"),
        ("damaged.npz", {}, "damaged"),
        ("objects.npz", {"key": "a"}, "Python objects"),
        ("several.npz", {}, r"several arrays: .*key= \(a, b\)"),
        ("several.npz", {"key": "c"}, r"no array 'c'"),
        ("empty.npz", {}, "no array"),
        ("texts.npz", {}, "damaged|text|no array"),
        ("zero.npy", {}, "single number"),
        ("complex.npy", {}, "complex"),
        ("text.npy", {}, "text"),
        ("row.npy", {}, "single row"),
        ("nan.npy", {}, "4 cells .*row 1, column 1"),
        ("late.npz", {}, "3 cells .*row 1, column 2"),
        ("nan.npy", {"header": True}, "csv files only"),
    ],
)
def test_bad_numpy_files(tmp_path, name, options, words):
    save_bad_numpy(tmp_path)
    with pytest.raises(InputError, match=words) as raised:
        load_file(tmp_path / name, **options)
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_drop_is_for_tables(tmp_path):
    np.save(tmp_path / "i.npy", np.ones((4, 1, 2, 2)))
    with pytest.raises(InputError, match="applies to tables"):
        load_file(tmp_path / "i.npy", drop=1)


def test_a_pickle_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "sprung"),))

    np.save(tmp_path / "trap.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "trap.npz", x=np.array([Trap()], dtype=object))
    for name in ("trap.npy", "trap.npz"):
        with pytest.raises(InputError, match="Python objects"):
            load_file(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(InputError, match=r"no file .*missing.csv"):
        load_file(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="is a folder"):
        load_file(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        load_file(tmp_path / "folder.csv")
    with pytest.raises(InputError, match=r"unknown type: give one of .csv, .npy, .npz, .parquet"):
        load_file(write(tmp_path / "a.xlsx", "x"))


def test_parquet(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(TABLE, columns=["a", "b", "c"])
    frame["n"] = [1, 2, 3, 4]
    frame["flag"] = [True, False, True, True]
    frame.to_parquet(tmp_path / "t.parquet")
    source = load_file(tmp_path / "t.parquet")
    assert source.columns == ("a", "b", "c", "n", "flag")
    np.testing.assert_array_equal(all_rows(source), as_rows(frame.to_numpy(dtype=float)))
    frame["kind"] = ["x", "y", "x", "y"]
    frame["day"] = pandas.to_datetime(["2020-01-01"] * 4)
    frame.to_parquet(tmp_path / "k.parquet")
    with pytest.raises(InputError, match=r"column 'kind' holds text .*drop=kind"):
        load_file(tmp_path / "k.parquet")
    with pytest.raises(InputError, match=r"column 'day' .*drop=day"):
        load_file(tmp_path / "k.parquet", drop="kind")
    assert load_file(tmp_path / "k.parquet", drop="kind+day").event_shape == (5,)
    frame = frame[["a", "n"]].astype({"n": "Int64"})
    frame.loc[2, "n"] = pandas.NA
    frame.to_parquet(tmp_path / "null.parquet")
    with pytest.raises(InputError, match=r"1 cell .*row 3, column 'n'"):
        load_file(tmp_path / "null.parquet")
    frame.iloc[:0].to_parquet(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="empty"):
        load_file(tmp_path / "none.parquet")
    (tmp_path / "bad.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged") as raised:
        load_file(tmp_path / "bad.parquet")
    assert "\n" not in str(raised.value)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="pip install pyarrow"):
        load_file(tmp_path / "t.parquet")


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="root reads everything",
)
def test_unreadable_file(tmp_path):
    path = write(tmp_path / "p.csv", "1,2\n3,4\n")
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        load_file(path)


@pytest.mark.parametrize("suffix", [".csv", ".npy", ".npz", ".parquet"])
@pytest.mark.parametrize("load", [datasets.load_wine, datasets.load_breast_cancer])
def test_real_tables_survive_every_format(tmp_path, suffix, load):
    data = load()
    path = tmp_path / f"real{suffix}"
    if suffix == ".csv":
        names = ",".join(data.feature_names)
        np.savetxt(path, data.data, delimiter=",", header=names, comments="", fmt="%.17g")
    elif suffix == ".parquet":
        pytest.importorskip("pandas").DataFrame(data.data, columns=data.feature_names).to_parquet(
            path
        )
    else:
        (np.save if suffix == ".npy" else np.savez)(path, data.data)
    source = load_file(path)
    assert isinstance(source, FileSource)
    assert len(source.holdout.x) == round(len(data.data) / 3)
    np.testing.assert_array_equal(all_rows(source), as_rows(data.data))
    assert source.columns[0] == (data.feature_names[0] if suffix in (".csv", ".parquet") else "1")
    assert source.sample(256, generator=stream(0)).x.shape == (256, data.data.shape[1])


def test_wine_with_its_class_names_names_the_column(tmp_path):
    data = datasets.load_wine()
    lines = [",".join([*data.feature_names, "cultivar"])]
    lines += [
        ",".join([*map(str, row), data.target_names[k]])
        for row, k in zip(data.data, data.target, strict=True)
    ]
    path = write(tmp_path / "wine.csv", "\n".join(lines))
    with pytest.raises(
        InputError, match=r"column 'cultivar' holds text .'class_0' in line 2.*drop=cultivar"
    ):
        load_file(path)
    assert load_file(path, drop="cultivar").event_shape == (13,)


def test_digits_images_and_curves(tmp_path):
    images = datasets.load_digits().images[:, None]
    np.save(tmp_path / "digits.npy", images)
    assert load_file(tmp_path / "digits.npy").event_shape == (1, 8, 8)
    mnist1d = pytest.importorskip("mnist1d.data")
    arguments = mnist1d.get_dataset_args()
    arguments.num_samples = 300
    curves = mnist1d.make_dataset(arguments)["x"]
    np.savetxt(tmp_path / "curves.csv", curves, delimiter=",")
    source = load_file(tmp_path / "curves.csv")
    assert source.event_shape == (40,)
    np.testing.assert_allclose(all_rows(source), as_rows(curves), rtol=1e-6)


def test_samples_of_another_program(tmp_path):
    np.save(tmp_path / "s.npy", np.ones((5, 16)))
    assert load_samples(tmp_path / "s.npy", (1, 4, 4)).shape == (5, 1, 4, 4)
    assert load_samples(np.ones((1, 2)), (2,)).dtype == torch.float32
    np.save(tmp_path / "one.npy", np.ones((1, 2)))
    assert load_samples(str(tmp_path / "one.npy"), (2,)).shape == (1, 2)
    with pytest.raises(InputError, match="shape"):
        load_samples(tmp_path / "s.npy", (3,))
    with pytest.raises(InputError, match="finite"):
        load_samples(np.full((5, 2), np.nan), (2,))
