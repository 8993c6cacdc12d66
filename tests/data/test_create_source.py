"""One text, one source: names with options, and paths with options."""

import os

import numpy as np
import pytest

from genzoo.data import FileSource, create_source
from genzoo.data.create import split_path
from genzoo.data.mixtures import GaussianMixture
from genzoo.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    np.savetxt(tmp_path / "data.csv", np.random.default_rng(0).normal(size=(10, 2)), delimiter=",")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_with_options():
    assert isinstance(create_source("ring"), GaussianMixture)
    source = create_source("ring:modes=12, radius=2")
    assert len(source.modes()) == 12
    assert source.modes().locations.norm(dim=1).max().item() == pytest.approx(2)
    assert len(create_source("ring:radius=2", modes=5).modes()) == 5


def test_files_with_options(folder):
    assert isinstance(create_source("data.csv"), FileSource)
    assert len(create_source("data.csv:holdout=0.5").holdout.x) == 5
    assert len(create_source(str(folder / "data.csv") + ":holdout=0.5").holdout.x) == 5
    assert len(create_source(folder / "data.csv", holdout=0.2).holdout.x) == 2
    assert create_source("./data.csv:drop=1").event_shape == (1,)
    os.rename("data.csv", "DATA.CSV")
    assert isinstance(create_source("DATA.CSV:split_seed=1"), FileSource)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ring", ("", "")),
        ("ring:modes=8", ("", "")),
        ("ring:radius=1/2", ("", "")),
        ("a.csv", ("a.csv", "")),
        ("a.csv:holdout=0.5,drop=x", ("a.csv", "holdout=0.5,drop=x")),
        ("a.csv.npy", ("a.csv.npy", "")),
        ("C:\\data\\x.csv:holdout=0.5", ("C:\\data\\x.csv", "holdout=0.5")),
        ("C:\\data\\x.txt:holdout=0.5", ("C:\\data\\x.txt", "holdout=0.5")),
        ("C:/data/x.parquet", ("C:/data/x.parquet", "")),
        ("/tmp/12:30/x.npz:key=a", ("/tmp/12:30/x.npz", "key=a")),
        ("folder/thing", ("folder/thing", "")),
        ("my table.txt", ("my table.txt", "")),
        ("two words.csv", ("two words.csv", "")),
    ],
)
def test_what_is_a_path(text, expected):
    assert split_path(text) == expected


def test_a_registered_name_wins_over_a_folder_of_that_name(folder):
    (folder / "ring").mkdir()
    assert isinstance(create_source("ring"), GaussianMixture)
    (folder / "notes").mkdir()
    with pytest.raises(InputError, match="notes is a folder"):
        create_source("notes")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rng", "unknown source 'rng': did you mean 'ring'"),
        ("ring:mode=3", "no option 'mode': did you mean 'modes'"),
        ("ring:modes=many", "takes an integer, got 'many'"),
        ("ring:modes=2.5", "takes an integer, got 2.5"),
        ("ring:modes", "cannot read 'modes'"),
        ("ring:modes=3,modes=4", "given twice"),
        ("data.csv:hold=0.5", "no option 'hold': did you mean 'holdout'"),
        ("data.csv:holdout=lots", "takes a number, got 'lots'"),
        ("data.csv:holdout=1", "between 0 and 1"),
        ("missing.csv", "no file missing.csv"),
        ("table.txt", "no file table.txt"),
        ("folder/ring", "no file folder/ring"),
        ("", "unknown source ''"),
        (":modes=3", "unknown source ''"),
    ],
)
def test_mistakes(folder, text, words):
    with pytest.raises(InputError, match=words) as raised:
        create_source(text)
    assert "\n" not in str(raised.value)


def test_an_option_in_the_text_and_beside_it():
    with pytest.raises(InputError, match="'modes' is given twice"):
        create_source("ring:modes=3", modes=4)
