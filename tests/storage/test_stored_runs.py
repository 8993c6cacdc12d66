"""Run folders that are damaged: whatever a file holds, reading it is one sentence."""

import json
import shutil

import numpy as np
import pytest

import genzoo
from genzoo.cli import main
from genzoo.errors import LINE, InputError
from genzoo.results.stored import FIELDS, REQUIRED
from genzoo.storage import records

WRONG = [
    5.5,
    -1,
    "text",
    True,
    None,
    [],
    [1],
    [-1],
    {},
    {"a": 1},
    {"a": "b"},
    [{"kind": "sunk", "step": 1}],
    10**30,
]
ALLOWED = {
    "source": [{}, {"a": 1}, {"a": "b"}],
    "recipe": [{}],
    "event_shape": [[1]],
    "diverged_at": [None],
    "model": [{}, {"a": 1}, {"a": "b"}],
    "sampling_seconds": [5.5, -1, None, 10**30],
    "training_seconds": [5.5, -1, 10**30],
    "events": [[]],
    "made": [[]],
    "by_weights": [{}],
}
"""What a field may hold of these, whether or not the rest of the folder fits it."""
SEALS = (records.DIGEST, records.FILES)
"""Keys that older folders lack, and that somebody who edits a record by hand may make again."""


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    fit = ["train", "vae", "-d", "ring", "-o", str(folder / "run"), "--steps", "3"]
    words = [
        "-m",
        "autoencoder",
        "-d",
        "ring",
        "--seeds",
        "1",
        "--steps",
        "2",
        "--metrics",
        "energy",
        "--workers",
        "1",
    ]
    assert main(fit) == 0
    assert main(["compare", *words, "-o", str(folder / "comparison")]) == 0
    return folder


@pytest.fixture
def copy(stored, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("run", "comparison"):
        shutil.copytree(stored / name, tmp_path / name)
    for path in tmp_path.rglob("config.json"):
        path.write_text(
            json.dumps(
                {
                    key: value
                    for key, value in json.loads(path.read_text()).items()
                    if key not in SEALS
                }
            )
        )
    return tmp_path


def refused(words, capsys):
    capsys.readouterr()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("genzoo: error: ")
    assert error.count("\n") == 1
    assert len(error) < LINE + 20
    return error


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_configuration_of_another_kind(field, copy, capsys):
    config = json.loads((copy / "run" / "config.json").read_text())
    for value in WRONG:
        (copy / "run" / "config.json").write_text(json.dumps({**config, field: value}))
        if value not in ALLOWED.get(field, []) or type(value) is bool:
            for words in (
                ["sample", "run", "-n", "3", "-o", "x.csv"],
                ["evaluate", "run", "-d", "ring"],
            ):
                assert "damaged" in refused(words, capsys)


@pytest.mark.parametrize("field", REQUIRED)
def test_a_configuration_that_lacks_a_field(field, copy, capsys):
    config = json.loads((copy / "run" / "config.json").read_text())
    del config[field]
    (copy / "run" / "config.json").write_text(json.dumps(config))
    assert repr(field) in refused(["evaluate", "run", "-d", "ring"], capsys)


HISTORIES = {
    "no steps": lambda arrays: arrays.pop("steps"),
    "steps of another kind": lambda arrays: arrays.update(steps=np.array(["a", "b", "c"])),
    "steps that fall": lambda arrays: arrays.update(steps=arrays["steps"][::-1].copy()),
    "steps of no axis": lambda arrays: arrays.update(steps=np.array(3)),
    "a column of text": lambda arrays: arrays.update({"vae|loss": np.array(["a", "b", "c"])}),
    "a short column": lambda arrays: arrays.update({"vae|loss": np.zeros(1)}),
    "a column of two axes": lambda arrays: arrays.update({"vae|loss": np.zeros((3, 2))}),
}


@pytest.mark.parametrize("damage", HISTORIES)
def test_a_damaged_history(damage, copy, capsys):
    path = copy / "run" / "history.npz"
    arrays = dict(np.load(path))
    HISTORIES[damage](arrays)
    np.savez(path, **arrays)
    assert "history.npz is damaged" in refused(["evaluate", "run", "-d", "ring"], capsys)


def test_gauges_without_distances(copy, capsys):
    (path,) = copy.glob("comparison/runs/ring/autoencoder*/seed-0000/watched.npz")
    arrays = {name: values for name, values in np.load(path).items() if name != "distance"}
    np.savez(path, **arrays)
    assert "watched.npz is damaged" in refused(["report", "comparison"], capsys)


RECORDINGS = {
    "no frames": lambda arrays: arrays.update(
        steps=np.array([], dtype=np.int64), values=np.zeros((0, 0)), names=[]
    ),
    "fewer steps": lambda arrays: arrays.update(steps=arrays["steps"][:-1]),
    "no distance": lambda arrays: arrays.update(
        names=np.array([f"x{k}" for k in range(len(arrays["names"]))])
    ),
    "no samples": lambda arrays: [arrays.pop(f"array{part}|samples") for part in ("", " range")],
    "no data": lambda arrays: [arrays.pop(f"constant{part}|real") for part in ("", " range")],
    "samples of another shape": lambda arrays: arrays.update(
        {"array|samples": np.zeros((4, 2), dtype=np.uint16)}
    ),
}


@pytest.mark.parametrize("damage", RECORDINGS)
def test_a_damaged_recording(damage, copy, capsys):
    path = copy / "run" / "recording.npz"
    arrays = dict(np.load(path))
    RECORDINGS[damage](arrays)
    np.savez(path, **arrays)
    assert "recording.npz is damaged" in refused(["film", "run", "-o", "x.gif"], capsys)


def wrong_cell(tables):
    tables[0]["cells"][0]["mean"] = "text"


def lost_answer(tables):
    tables[0]["verdict"]["answers"].pop()


TABLES = {
    "a cell of text": wrong_cell,
    "a column without a name": lambda tables: tables[0]["columns"][0].pop("name"),
    "limits of text": lambda tables: tables[0]["columns"][0].update(limits=["a", "b"]),
    "rows of numbers": lambda tables: tables[0].update(rows=[1, 2, 3]),
    "remarks of objects": lambda tables: tables[0].update(remarks=[{}]),
    "a source without a name": lambda tables: tables[0].update(source=None),
    "three answers": lost_answer,
    "a verdict of text": lambda tables: tables[0].update(verdict="text"),
}


@pytest.mark.parametrize("damage", TABLES)
def test_damaged_tables(damage, copy, capsys):
    path = copy / "comparison" / "tables.json"
    tables = json.loads(path.read_text())
    TABLES[damage](tables)
    path.write_text(json.dumps(tables))
    assert "damaged" in refused(["report", "comparison"], capsys)


FACTS = {
    "seeds": [5, ["a"], [-1], {}],
    "described": [5, {"energy": 1}, []],
    "command": [5, ["a"]],
    "genzoo": [5],
    "runs": [
        5,
        [],
        {"ring": 1},
        {"ring": {"models": ["a"]}},
        {"ring": {"models": {}, "positions": "a"}},
    ],
    "runs elsewhere": [{"ring": {"models": {"a": "/etc"}}}, {"ring": {"models": {"a": "../../x"}}}],
}


@pytest.mark.parametrize("field", FACTS)
def test_damaged_facts(field, copy, capsys):
    path = copy / "comparison" / "comparison.json"
    facts = json.loads(path.read_text())
    for value in FACTS[field]:
        path.write_text(json.dumps({**facts, field.partition(" ")[0]: value}))
        assert "comparison.json is damaged" in refused(["report", "comparison"], capsys)
    for text in ("[1]", "5", "null", '{"a": ' * 100_000):
        path.write_text(text)
        assert "damaged" in refused(["report", "comparison"], capsys)


def test_a_model_of_a_package_that_is_not_there(copy, capsys):
    path = copy / "run" / "config.json"
    config = json.loads(path.read_text())
    for package, said in (("genzoo_flows", "install that package"), ("__main__", "a script")):
        config["model"] = {"name": "spline", "options": {}, "package": package}
        path.write_text(json.dumps(config))
        error = refused(["sample", "run", "-n", "1", "-o", "x.csv"], capsys)
        assert "'spline'" in error
        assert said in error
        assert "choose from" not in error


def test_a_registered_model_of_another_package_keeps_its_name(tmp_path, monkeypatch):
    from genzoo.models import MODELS

    def tiny(event_shape):
        return MODELS.create("vae", event_shape, width=4)

    tiny.__module__ = "other_package.models"
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))
    genzoo.register_model("tiny")(tiny)
    genzoo.train("tiny", "ring", steps=1, record=False, directory=tmp_path / "run")
    genzoo.compare(
        ["tiny"], ["ring"], seeds=1, steps=1, metrics="energy", record=False, out=tmp_path / "out"
    )
    for path in (
        tmp_path / "run" / "config.json",
        next((tmp_path / "out").glob("runs/*/tiny*/*/config.json")),
    ):
        assert json.loads(path.read_text())["model"]["package"] == "other_package"
    genzoo.load(tmp_path / "run")
    del MODELS._entries["tiny"]
    with pytest.raises(InputError, match="'other_package': install that package"):
        genzoo.load(tmp_path / "run")
