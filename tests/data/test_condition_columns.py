"""Columns of a user's own table that are conditions: what they become, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch

from genzoo.core.noise import stream
from genzoo.data import ArraySource, create_parts, create_source, given_samples
from genzoo.errors import InputError

SPECIES = ("setosa", "versicolor", "virginica")
COUNT = 60


def frame(count=COUNT):
    """Rows whose first number says what the conditions of a row must be."""
    rows = np.arange(count)
    return pd.DataFrame(
        {
            "x": rows + 0.5,
            "species": [SPECIES[k % 3] for k in rows],
            "y": rows * 2.0,
            "age": rows / 4,
            "site": rows % 4,
        }
    )


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "iris.csv"
    frame().to_csv(path, index=False)
    return path


def rows_of(batch):
    return (batch.x[:, 0] - 0.5).round().int()


@pytest.mark.parametrize("kind", ["csv", "parquet", "frame", "records", "dict"])
def test_texts_few_whole_numbers_and_other_numbers(kind, tmp_path):
    given, asked = frame(), "species+age+site"
    if kind in ("csv", "parquet"):
        path = tmp_path / f"iris.{kind}"
        given.to_csv(path, index=False) if kind == "csv" else given.to_parquet(path)
        source = create_source(f"{path}:context={asked}")
    elif kind == "dict":
        beside = {name: given[name].tolist() for name in ("species", "age", "site")}
        source = create_source(given[["x", "y"]], context=beside)
    else:
        rows = given if kind == "frame" else given.to_dict("records")
        source = create_source(rows, context=asked)
    assert source.column_names == ("x", "y")
    assert source.event_shape == (2,)
    spec = source.context_spec
    assert spec.names == ("species", "age", "site")
    assert [label.classes for label in spec.categories] == [SPECIES, ("0", "1", "2", "3")]
    assert spec.covariates[0].low == float(rows_of(source.train).min()) / 4
    assert spec.covariates[0].high == float(rows_of(source.train).max()) / 4
    for batch in (source.train, source.holdout, source.sample(30, generator=stream(0))):
        rows = rows_of(batch)
        assert spec.labels(batch.context)[:, 0].tolist() == (rows % 3).tolist()
        assert torch.equal(batch.context[:, 3], rows / 4)
        assert spec.labels(batch.context)[:, 1].tolist() == (rows % 4).tolist()
    turned = source.in_order(["y", "x"])
    assert torch.equal(turned.train.context, source.train.context)
    assert torch.equal(turned.train.x, source.train.x.flip(1))


def test_rows_and_split_are_those_of_the_table_without_its_conditions(table):
    plain = create_source(f"{table}:drop=species+age+site")
    source = create_source(f"{table}:context=age+species,drop=site")
    assert torch.equal(source.train.x, plain.train.x)
    assert torch.equal(source.holdout.x, plain.holdout.x)
    assert source.context_spec.names == ("age", "species")
    assert plain.context_spec is None
    assert plain.train.context is None


def test_what_a_column_is_may_be_said(table):
    spec = create_source(f"{table}:context=site@number,drop=species").context_spec
    assert spec.to_dict() == [{"name": "site", "low": 0.0, "high": 3.0}]
    rows = {"x": np.arange(90.0), "half": np.arange(90) % 30 / 2}
    found = create_source(pd.DataFrame(rows), context="half").context_spec
    assert found.covariates[0].high == 14.5
    said = create_source(pd.DataFrame(rows), context="half@label").context_spec
    assert said.categories[0].classes[:3] == ("0", "0.5", "1")


def test_columns_without_names_have_numbers(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{k}.5,{'ab'[k % 2]},1\n" for k in range(6)))
    source = create_source(f"{path}:context=2,drop=3")
    assert source.context_spec.to_dict() == [{"name": "2", "classes": ["a", "b"]}]
    values = np.stack([np.arange(6.0), np.arange(6) % 2], axis=1)
    np.save(tmp_path / "rows.npy", values)
    for source in (create_source(f"{tmp_path}/rows.npy:context=2"), ArraySource(values, context=2)):
        assert source.event_shape == (1,)
        assert source.context_spec.to_dict() == [{"name": "2", "classes": ["0", "1"]}]
        assert torch.equal(source.train.context[:, 1], source.train.x[:, 0] % 2)


def test_a_line_that_names_a_condition_is_a_header(tmp_path):
    path = write(tmp_path, "0,1,kind\n1.5,2,a\n2.5,3,b\n3.5,5,a\n")
    source = create_source(f"{path}:context=kind")
    assert source.column_names == ("0", "1")
    assert source.context_spec.categories[0].classes == ("a", "b")
    assert create_source(f"{path}:context=kind@label").context_spec == source.context_spec
    (batch,) = given_samples(path, source).sets
    assert batch.context.argmax(dim=1).tolist() == [0, 1, 0]


def test_a_range_is_that_of_the_rows_to_train_on():
    ages = np.arange(30) / 4 + 0.5
    beyond = 0
    for seed in range(8):
        source = ArraySource(np.arange(30.0), context={"age": ages}, split_seed=seed)
        (field,) = source.context_spec.covariates
        seen, unseen = source.train.context, source.holdout.context
        assert (field.low, field.high) == (float(seen.min()), float(seen.max()))
        beyond += bool(unseen.max() > field.high or unseen.min() < field.low)
    assert beyond > 0


def test_classes_are_in_order_and_those_of_all_rows(tmp_path):
    ten = ArraySource(np.arange(33.0), context={"k": np.arange(33) % 11})
    assert ten.context_spec.categories[0].classes == tuple(map(str, range(11)))
    train, holdout = tmp_path / "train.csv", tmp_path / "holdout.csv"
    train.write_text("x,k\n1.5,1\n2.5,2\n3.5,1\n")
    holdout.write_text("x,k\n4.5,'=b\n5.5,2\n6.5,2\n")
    parts = create_parts(f"{train}:context=k", f"{holdout}:context=k", name="t")
    assert parts.context_spec.categories[0].classes == ("1", "2", "=b")
    assert parts.holdout.context.argmax(dim=1).tolist() == [2, 1, 1]
    assert parts.notes[-1] == "no row to train on has k =b"
    assert not ten.notes
    holdout.write_text("x,k\n4.5,2\n5.5,\n6.5,2\n")
    with pytest.raises(InputError, match=r"1 cell that is empty.* line 3, column .k."):
        create_parts(f"{train}:context=k", f"{holdout}:context=k", name="t")


def test_a_column_asked_for_by_number_is_no_header(tmp_path):
    path = write(tmp_path, "1,1.5\n2,2.5\n1,3.5\n2,4.5\n")
    source = create_source(f"{path}:context=1")
    assert len(source.train.x) + len(source.holdout.x) == 4
    assert source.context_spec.categories[0].classes == ("1", "2")


def test_truth_values_and_an_index_beside():
    rows = pd.DataFrame({"x": np.arange(6.0), "ill": [True, False] * 3})
    assert create_source(rows, context="ill").context_spec.categories[0].classes == (
        "False",
        "True",
    )
    images = np.zeros((6, 1, 2, 2)) + np.arange(6.0).reshape(6, 1, 1, 1)
    source = ArraySource(images, context=rows["ill"])
    even = source.train.x[:, 0, 0, 0] % 2 == 0
    assert torch.equal(source.train.context[:, 1] == 1, even)


def write(folder, text):
    path = folder / "t.csv"
    path.write_text(text)
    return path


BODY = "x,y,kind,age\n1.5,2,a,1.5\n2.5,3,b,2\n3.5,5,a,3\n4.5,4,b,4\n"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (BODY, "context=kid,drop=age", "no column 'kid' to be a condition: did you mean 'kind'"),
        (BODY, "context=9", "no column '9' to be a condition: choose from x, y, kind, age"),
        (BODY, "context=kind+age,drop=kind", "'kind' cannot be dropped and be a condition"),
        (BODY, "context=kind+kind,drop=age", "condition 'kind' is named twice"),
        (BODY, "context=x+y+kind+age", "no column left beside its conditions, x, y, kind, age"),
        (BODY, "context=kind@text,drop=age", "read as a label or a number, got 'text'"),
        (BODY, "context=kind@number,drop=age", "'kind' holds 'a' in line 2 where a number is"),
        (BODY.replace("3.5,5,a", "3.5,5,"), "context=kind,drop=age", "1 of 4 rows .*: line 4"),
        (BODY.replace(",a,3\n", ",a,\n"), "context=age,drop=kind", "empty, NaN .*line 4.*'age'"),
        (BODY.replace("b", "a"), "context=kind,drop=age", "'kind' is 'a' in every row"),
        ("x,k\n1.5,a\n2.5,b\n3.5,c\n", "context=k", "'k' has another value in each of 3 rows"),
        ("x,k\n1.5,.5\n2.5,.5\n3.5,.5\n", "context=k", "'k' is 0.5 in every row to train on"),
        ("x,k,k\n1.5,a,b\n2.5,b,a\n3.5,b,a\n", "context=k", "2 columns 'k': .* context=2"),
        ("1.5,a\n2.5,b\n3.5,a\n", "context=kind", "no column 'kind' to be a condition"),
    ],
)
def test_what_is_refused(text, options, words, tmp_path):
    with pytest.raises(InputError, match=words) as raised:
        create_source(f"{write(tmp_path, text)}:{options}")
    assert str(raised.value).startswith("t.csv")
    assert "\n" not in str(raised.value)


def test_too_many_classes_and_columns_that_do_not_fit():
    many = [f"class {k}" for k in range(1001)]
    with pytest.raises(InputError, match="1,001 classes: at most 1,000"):
        ArraySource(np.arange(2002.0), context={"k": many * 2})
    with pytest.raises(InputError, match=r"'k' has shape \(2,\) for 3 rows"):
        ArraySource(np.arange(3.0), context={"k": ["a", "b"]})
    with pytest.raises(InputError, match=r"context must name columns.* got a Tensor"):
        ArraySource(np.arange(3.0), context=torch.zeros(3, 1))
    with pytest.raises(InputError, match=r"columns of a table, got shape \(3, 1, 2, 2\)"):
        ArraySource(np.zeros((3, 1, 2, 2)), context="label")


def test_text_is_told_to_be_a_possible_condition(table):
    with pytest.raises(InputError, match=r"make it a condition .* context=species"):
        create_source(str(table))
    with pytest.raises(InputError, match="make it a condition with context="):
        create_source(frame())


def test_parts_keep_their_conditions(table, tmp_path):
    whole = create_source(f"{table}:context=species+age,drop=site")
    train, holdout = tmp_path / "train.csv", tmp_path / "holdout.csv"
    some = frame().drop(columns="site")
    some.iloc[:10, ::-1].to_csv(train, index=False)
    some.iloc[10:].to_csv(holdout, index=False)
    parts = create_parts(train, holdout, name="iris", like=whole)
    assert parts.context_spec == whole.context_spec
    assert parts.column_names == ("x", "y")
    for batch in (parts.train, parts.holdout):
        labels = parts.context_spec.labels(batch.context)[:, 0]
        assert labels.tolist() == (rows_of(batch) % 3).tolist()
        assert torch.equal(batch.context[:, 3], rows_of(batch) / 4)
    options = ":context=age+species"
    alone = create_parts(f"{train}{options}", f"{holdout}{options}", name="iris")
    assert alone.context_spec.covariates[0].high == 9 / 4
    assert alone.context_spec.categories[0].classes == SPECIES
    assert torch.equal(alone.holdout.context[:, 1:], parts.holdout.context[:, :3])
    some[["x", "y"]].to_csv(holdout, index=False)
    with pytest.raises(InputError, match="the holdout of iris has the conditions none, expected"):
        create_parts(train, holdout, name="iris", like=whole)


def test_samples_come_with_what_they_were_asked_for(table, tmp_path):
    source = create_source(f"{table}:context=species+age,drop=site")
    mine = frame().drop(columns="site").iloc[:9, ::-1]
    path = tmp_path / "samples.csv"
    mine.to_csv(path, index=False)
    for given in (path, mine, mine.to_dict("records"), f"{path}:context=species+age"):
        (batch,) = given_samples(given, source).sets
        assert batch.x[:, 0].tolist() == mine["x"].tolist()
        assert source.context_spec.decode(batch.context) == {
            "species": mine["species"].tolist(),
            "age": mine["age"].tolist(),
        }
    (batch,) = given_samples(mine[["y", "x"]], source).sets
    assert batch.context is None
    with pytest.raises(InputError, match="has the conditions species, the data has species"):
        given_samples(f"{path}:context=species,drop=age", source)
    with pytest.raises(InputError, match="has the conditions species, the data has none"):
        given_samples(f"{path}:context=species,drop=age", create_source("swiss_roll"))


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("species", "setossa", "row 2: species is one of 3 classes, got 'setossa': choose from"),
        ("species", "", "'species' has no value in 1 of 9 rows .the first: row 2"),
        ("age", "old", "'age' holds 'old' in row 2 where a number is expected"),
        ("species", pd.NA, "'species' has no value in 1 of 9 rows .the first: row 2"),
        ("age", np.nan, "empty, NaN or infinite .*row 2, column 'age'"),
    ],
)
def test_wrong_values_in_samples_are_one_sentence(column, value, words, table):
    source = create_source(f"{table}:context=species+age,drop=site")
    mine = frame().drop(columns="site").iloc[:9].astype({column: object})
    mine.loc[1, column] = value
    with pytest.raises(InputError, match=words) as raised:
        given_samples(mine, source, name="mine")
    assert str(raised.value).startswith("mine")
    assert "\n" not in str(raised.value)


def test_samples_for_a_built_in_source_say_their_mode_and_digits(tmp_path):
    path = write(tmp_path, "x,y,mode\n0,1,mode 3\n1,1,mode 0\n")
    (batch,) = given_samples(path, create_source("ring")).sets
    assert batch.context.argmax(dim=1).tolist() == [3, 0]
    columns = [f"p{k}" for k in range(64)]
    rows = pd.DataFrame(np.zeros((3, 64)), columns=columns).assign(digit=[3, 1, 4])
    digits = create_source("digits")
    (batch,) = given_samples(rows, digits).sets
    assert batch.x.shape == (3, 1, 8, 8)
    assert batch.context.argmax(dim=1).tolist() == [3, 1, 4]


def test_a_column_that_is_called_as_a_condition_may_be_an_example():
    positions = [chr(ord("a") + k) for k in range(15)]
    rows = pd.DataFrame(np.ones((4, 15)), columns=positions)
    (batch,) = given_samples(rows, create_source("paintings")).sets
    assert batch.context is None
    rows["a"] = 2.0
    source = create_source("paintings:points=14")
    (batch,) = given_samples(rows, source).sets
    assert batch.context.tolist() == [[2.0]] * 4
