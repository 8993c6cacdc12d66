"""Benches: the shipped files, a user's own, the page, and what is said of mistakes."""

import json
import shlex
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

import genzoo
from genzoo.api.bench import bench_page
from genzoo.api.create import contestant, problem
from genzoo.cli import main
from genzoo.errors import InputError
from genzoo.experiment.bench import list_benches, load_bench
from genzoo.metrics import panel
from genzoo.models.gan_zoo import AS_PUBLISHED

SMALL = {
    "format": 1,
    "description": "A small question.",
    "profiles": {
        "tiny": {
            "description": "One ring.",
            "models": ["Plain = gan_minimax:width=8", "gan_nonsaturating:width=8"],
            "sources": ["ring:modes=3"],
            "recipe": {"steps": 12, "batch_size": 8},
            "recipes": {"Plain = gan_minimax:width=8": {"steps": 9}},
            "seeds": 2,
            "metrics": "published_modes,modes_captured",
        },
        "more": {"description": "Two.", "models": ["vae"], "sources": ["ring", "grid"]},
    },
    "published": [
        {
            "reference": "Doe 2000, table 3",
            "setting": "10 runs",
            "columns": ["modes"],
            "rows": {"GAN": ["1.5 ± .2"]},
        }
    ],
    "differences": "Other nets.",
}


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(SMALL))
    return str(path)


@pytest.mark.parametrize("name", list_benches())
def test_everything_that_a_shipped_bench_names_exists(name: str) -> None:
    found = load_bench(name)
    assert found.description
    for profile in found.profiles.values():
        assert panel(profile.metrics)
        for source in profile.sources:
            shape = problem(source).source.event_shape
            if max(shape) > 100:
                continue
            for model in profile.models:
                assert contestant(model, profile.recipe_of(model)).build(shape).event_shape == shape


def test_the_shipped_bench_asks_what_was_promised() -> None:
    found = load_bench("mode_collapse")
    assert list(found.profiles) == ["quick", "thousand", "full"]
    full = found.profiles["full"]
    assert set(full.sources) == {"ring:sigma=0.01", "grid", "random_mixture", "veegan_mixture"}
    named = {contestant(model, {}).config["name"] for model in full.models}
    gans = {name for name in genzoo.list_models() if "gan" in name or name == "gdpp"}
    gans -= {"gan", "cgan"}
    assert named == gans
    assert full.seeds >= 200
    for profile in found.profiles.values():
        assert {"published_modes", "published_high_quality", "modes_captured", "kl_modes"} <= set(
            profile.metrics.split(",")
        )
    lin = found.published[0]
    assert lin.rows["GAN"] == ["6.3 ± .5", "98.2", ".45", "17.3 ± .8", "94.8", ".70"]


def test_models_of_a_profile_play_under_one_budget_but_for_stated_exceptions() -> None:
    for name in list_benches():
        for profile in load_bench(name).profiles.values():
            recipes = {
                json.dumps(profile.recipe_of(m), sort_keys=True)
                for m in profile.models
                if m not in profile.recipes
            }
            assert len(recipes) == 1
            assert {
                "steps",
                "batch_size",
                "learning_rate",
                "betas",
                "schedule",
                "averaging",
            } <= set(profile.recipe)


def test_models_of_a_profile_have_nets_of_one_size() -> None:
    for name in list_benches():
        for profile in load_bench(name).profiles.values():
            sizes = set()
            for model in profile.models:
                built = contestant(model, profile.recipe_of(model)).build((2,))
                for net in built.children():
                    *hidden, _ = (len(weight) for weight in net.parameters() if weight.ndim == 2)
                    sizes.add(tuple(hidden))
            assert len(sizes) == 1


@pytest.mark.thorough
def test_a_bench_runs_writes_its_page_and_continues(
    small: str, tmp_path: Path, pictures: None
) -> None:
    out = tmp_path / "out"
    table = genzoo.bench(small, out=out)
    assert table.tables[0].rows == ("Plain", "gan_nonsaturating:width=8", "oracle", "single_mode")
    assert f"Plain: gan_minimax:width=8; {AS_PUBLISHED}." in table.tables[0].remarks
    page = (out / "bench.md").read_text()
    for words in (
        "profile tiny",
        "--profile tiny --seeds 2",
        "Doe 2000, table 3. 10 runs.",
        "1.5 ± .2",
        "Other nets.",
    ):
        assert words in page
    assert "| ring:modes=3 | Plain |" in page
    assert {"table.md", "results.csv", "events.csv", "figures"} <= {
        path.name for path in out.iterdir()
    }
    configs = [json.loads(path.read_text()) for path in out.glob("runs/*/*/seed-*/config.json")]
    steps = {config["model"]["name"]: config["recipe"]["steps"] for config in configs}
    assert steps == {"gan_minimax": 9, "gan_nonsaturating": 12}
    assert {config["model"]["options"]["width"] for config in configs} == {8}
    models = json.loads((out / "comparison.json").read_text())["models"]
    assert next((m["row"], m["name"], m["options"]) for m in models) == (
        "Plain",
        "gan_minimax",
        {"width": 8},
    )
    before = {
        path: path.stat().st_mtime_ns for path in out.glob("runs/*/gan*/seed-*/model.safetensors")
    }
    more = genzoo.bench(small, out=out, seeds=3)
    assert {score.seed for score in more.scores} == {0, 1, 2}
    assert (
        before.items()
        <= {
            p: p.stat().st_mtime_ns for p in out.glob("runs/*/gan*/seed-*/model.safetensors")
        }.items()
    )
    assert [s.value for s in more.scores if s.seed < 2] == [s.value for s in table.scores]


def test_the_page_counts_runs_with_all_modes(small: str) -> None:
    table = genzoo.bench(small)
    made_up = [
        replace(s, value=3.0 if s.seed else 1.0) if s.value is not None else s for s in table.scores
    ]
    page = bench_page(load_bench(small), "tiny", replace(table, scores=tuple(made_up)))
    line = next(
        line for line in page.split("## Runs with all modes")[1].splitlines() if "| Plain |" in line
    )
    assert line.split(" | ")[2:] == ["1 of 2", "1", "1 of 2", "1 |"]


def test_the_command_line_runs_a_bench(small: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["bench", small, "--seeds", "1", "--workers", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {score["model"] for score in printed["scores"]} >= {"Plain"}
    assert (tmp_path / "genzoo-bench" / "small-tiny" / "bench.md").exists()
    assert main(["list", "benches", "--json"]) == 0
    assert {item["name"] for item in json.loads(capsys.readouterr().out)} == set(list_benches())


def test_ctrl_c_keeps_what_is_finished(small: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    plain, calls = genzoo.api.bench.compare, []

    def stopped(*arguments, **settings):
        calls.append(settings["out"])
        plain(*arguments, **{**settings, "seeds": 1, "observer": None})
        raise KeyboardInterrupt

    monkeypatch.setattr(genzoo.api.bench, "compare", stopped)
    assert main(["bench", small, "--workers", "1"]) == 130
    assert (
        "every finished run is kept in genzoo-bench/small-tiny: run the same command"
        in capsys.readouterr().err
    )
    assert list((tmp_path / calls[0]).glob("runs/*/gan*/seed-0000/config.json"))


def broken(**changes) -> str:
    return json.dumps({**SMALL, **changes})


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        (["mode_colapse"], None, "did you mean 'mode_collapse'"),
        (["none.json"], None, "cannot read the bench none.json"),
        (
            ["b.json", "--profile", "tinny"],
            broken(),
            "has no profile 'tinny': did you mean 'tiny'?",
        ),
        (["b.json"], "{", "is not JSON"),
        (["b.json"], broken(format=2), '"format": 1'),
        (["b.json"], broken(profile={}), "unknown field 'profile': did you mean 'profiles'"),
        (["b.json"], broken(profiles={}), "lacks the field 'profiles'"),
        (
            ["b.json"],
            broken(profiles=["x"]),
            "'profiles' of the bench b.json must be an object of objects",
        ),
        (
            ["b.json"],
            broken(profiles={"x": {"description": "d", "models": ["vae"]}}),
            "lacks the field 'sources'",
        ),
        (
            ["b.json"],
            broken(profiles={"x": {**SMALL["profiles"]["more"], "recipes": {"vea": {}}}}),
            "names 'vea'",
        ),
        (
            ["b.json"],
            broken(profiles={"x": {**SMALL["profiles"]["more"], "models": ["veee"]}}),
            "unknown model 'veee'",
        ),
        (["b.json"], broken(published=[{"reference": "x"}]), "lacks the field 'setting'"),
        (
            ["b.json"],
            broken(published=[{**SMALL["published"][0], "rows": {"GAN": ["1", "2"]}}]),
            "row 'GAN' of a published table",
        ),
        (
            ["b.json"],
            broken(profiles={"x": {**SMALL["profiles"]["more"], "models": ["=vae"]}}),
            "label before = is",
        ),
        (
            ["b.json"],
            broken(profiles={"x": {**SMALL["profiles"]["more"], "models": ["V=vaee"]}}),
            "mean 'vae'",
        ),
        (["b.json", "--seeds", "0"], broken(), "must be at least 1"),
    ],
)
def test_mistakes_are_one_sentence(words, text, message, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("b.json").write_text(text)
    assert main(["bench", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("genzoo: error: ")
    assert error.count("\n") == 1


def test_a_shipped_bench_can_be_copied_and_changed(tmp_path: Path) -> None:
    text = (resources.files("genzoo.experiment") / "benches" / "mode_collapse.json").read_text()
    copy = tmp_path / "mine.json"
    copy.write_text(text.replace("ring:sigma=0.01", "ring:sigma=0.02"))
    assert load_bench(str(copy)).profiles["quick"].sources == ("ring:sigma=0.02",)
    with pytest.raises(InputError, match="no profile"):
        load_bench(str(copy)).profile("night")


def test_a_label_is_kept_in_the_command_that_repeats_a_comparison(tmp_path: Path) -> None:
    given = ["Small one=gan_minimax:width=8", "vae:width=8"]
    genzoo.compare(given, ["ring"], seeds=1, steps=2, metrics="modes_captured", out=tmp_path)
    words = shlex.split(json.loads((tmp_path / "comparison.json").read_text())["command"])
    assert words[words.index("-m") + 1 : words.index("-d")] == given
    rows = {path.parent.name.rpartition("-")[0] for path in tmp_path.glob("runs/ring/*/seed-0000")}
    assert {"Small_one", "vae_width=8"} <= rows
