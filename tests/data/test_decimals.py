"""Numbers with commas are asked about; damaged files of any kind are one sentence."""

import io

import numpy as np
import pytest

import genzoo
from genzoo.data.decimals import plain, readings
from genzoo.errors import LINE, InputError

ROWS = np.random.default_rng(0).normal(size=(6, 2)).round(3)


def written(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_a_decimal_comma_is_asked_about_and_read_when_it_is_said(tmp_path):
    text = "a;b\n" + "\n".join(
        ";".join(f"{value:.3f}".replace(".", ",") for value in row) for row in ROWS
    )
    path = written(tmp_path, text)
    with pytest.raises(InputError, match="decimal=comma") as error:
        genzoo.create_source(path)
    assert "drop=" not in str(error.value)
    source = genzoo.create_source(f"{path}:decimal=comma")
    kept = np.concatenate([source.train.x.numpy(), source.holdout.x.numpy()])
    assert np.allclose(np.sort(kept, axis=0), np.sort(ROWS, axis=0), atol=1e-6)
    assert source.column_names == ("a", "b")


def test_both_readings_are_offered_where_both_are_possible(tmp_path):
    path = written(tmp_path, "a;b\n1,500;2\n2,250;3\n3,125;4\n4,000;5\n")
    with pytest.raises(InputError, match=r"1\.500 or 1500.*decimal=comma or decimal=point"):
        genzoo.create_source(path)
    comma, point = (genzoo.create_source(f"{path}:decimal={said}") for said in ("comma", "point"))
    assert {1.5, 2.25} <= set(np.concatenate([comma.train.x[:, 0], comma.holdout.x[:, 0]]).tolist())
    assert {1500.0, 2250.0} <= set(
        np.concatenate([point.train.x[:, 0], point.holdout.x[:, 0]]).tolist()
    )


def test_one_column_with_decimal_commas(tmp_path):
    path = written(tmp_path, "x\n1,5\n2,5\n4,25\n-3,5\n")
    with pytest.raises(InputError, match="decimal=comma"):
        genzoo.create_source(path)
    assert genzoo.create_source(f"{path}:decimal=comma").event_shape == (1,)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1,5", ["comma"]),
        ("-0,25", ["comma"]),
        ("1.234,5", ["comma"]),
        ("1,5e-3", ["comma"]),
        ("1,234", ["comma", "point"]),
        ("1,234.5", ["point"]),
        ("1,234,567", ["point"]),
        ("1234,567", ["comma"]),
        ("1,23,456", []),
        ("1,", []),
        ("a,b", []),
        ("1.5", []),
    ],
)
def test_readings(cell, found):
    assert readings(cell) == found
    for decimal in found:
        float(plain(cell, decimal))


ADVICE = {
    "percentages": ("a,b\n1,57.4%\n2,50.0%\n", "without the sign"),
    "truths": ("a,b\n1,True\n2,False\n", "1 for true"),
    "bars": ("a|b\n1|2\n3|4\n", "a comma, a semicolon, a tab or a space"),
    "comments": ("# station 4\na,b\n1,2\n3,4\n", "begin with #"),
    "a trailing delimiter": ("a,b,\n1,2,\n3,4,\n", "drop=3"),
    "text": ("a,b\nx,1\ny,2\n", "drop=a"),
    "text under a name that drop= cannot hold": ('"a,b",c\nx,1\ny,2\n', "drop=1"),
    "thousands": ('a,b\n"1,021,369.1",1\n"1,021,370.1",2\n', "decimal=point"),
}


@pytest.mark.parametrize(("text", "advice"), ADVICE.values(), ids=ADVICE.keys())
def test_advice_names_what_helps(text, advice, tmp_path):
    with pytest.raises(InputError) as error:
        genzoo.create_source(written(tmp_path, text))
    assert advice in str(error.value)


@pytest.mark.parametrize(
    "save", [np.save, np.savez, np.savez_compressed], ids=["npy", "npz", "compressed"]
)
def test_a_changed_byte_anywhere_is_read_or_refused_in_one_sentence(save, tmp_path):
    buffer = io.BytesIO()
    save(buffer, ROWS)
    whole = buffer.getvalue()
    path = tmp_path / ("data.npy" if save is np.save else "data.npz")
    said = []
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << place % 8
        path.write_bytes(spoilt)
        try:
            genzoo.create_source(str(path))
        except InputError as error:
            said.append(str(error))
    assert len(said) > len(whole) / 4
    assert max(map(len, said)) <= LINE


HEADERS = [
    b"{'descr': '<f8', 'shape': (",
    b"(99999999999999999999, 2)",
    b"(-1, 2)",
    b"('a', 2)",
    b"(2,)*9**9",
    b"\xff" * 40,
]


@pytest.mark.parametrize("text", HEADERS)
def test_a_broken_header(text, tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, ROWS)
    path = tmp_path / "data.npy"
    path.write_bytes(buffer.getvalue().replace(b"(6, 2)", text))
    with pytest.raises(InputError, match=r"data\.npy"):
        genzoo.create_source(str(path))
