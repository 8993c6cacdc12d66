"""All models on equal footing: by updates, parameters or seconds, and what the tables say of it."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

import genzoo
from genzoo.api.create import contestant, problem, resized
from genzoo.cli.entry import main
from genzoo.errors import InputError
from genzoo.experiment import Experiment, calibration
from genzoo.experiment.calibration import CALIBRATION, Calibration, Pace, two_digits
from genzoo.experiment.matching import Match, matched
from genzoo.experiment.protocol import load_protocol
from genzoo.models import MODELS, register_model
from genzoo.results.types import ComparisonTable
from genzoo.testing.specimens import LinearGAN
from genzoo.training import TrainingProgress, engines
from genzoo.training.price import Price

SETTINGS = {
    "seeds": 1,
    "metrics": "sliced_wasserstein",
    "record": False,
    "steps": 7,
    "batch_size": 8,
}


@pytest.fixture
def strangers() -> Iterator[None]:
    """Models with a width of another name, without one, and with one that changes nothing."""

    class Units(LinearGAN):
        def __init__(self, event_shape: tuple[int, ...], units: int) -> None:
            super().__init__(event_shape)
            self.discriminator = nn.Sequential(
                nn.Linear(self.event_size, units), nn.Tanh(), nn.Linear(units, 1)
            )

    class Closed(LinearGAN):
        def updates(self) -> tuple[()]:
            return ()

    class Failing(LinearGAN):
        def generate(self, *_: object) -> torch.Tensor:
            raise ZeroDivisionError("by the author")

    def units_gan(event_shape: tuple[int, ...], units: int = 3) -> LinearGAN:
        return Units(event_shape, units)

    def still(event_shape: tuple[int, ...], width: int = 3) -> LinearGAN:
        return LinearGAN(event_shape)

    kinds = {"plain_for_test": LinearGAN, "closed_for_test": Closed, "failing_for_test": Failing}
    register_model("units_for_test", width="units")(units_gan)
    register_model("still_for_test")(still)
    for name, kind in kinds.items():
        register_model(name)(lambda event_shape, kind=kind: kind(event_shape))
    yield
    for name in (*kinds, "units_for_test", "still_for_test"):
        MODELS._entries.pop(name)


def run(
    models: list[str], match: str, out: Path | None = None, **settings: object
) -> ComparisonTable:
    return genzoo.compare(models, ["ring"], match=match, out=out, **{**SETTINGS, **settings})  # type: ignore[arg-type]


def remark(table: ComparisonTable) -> str:
    (found,) = [remark for remark in table.tables[0].said if remark.startswith("Matched by")]
    return found


def fact(table: ComparisonTable, name: str) -> dict[str, object]:
    return {s.model: getattr(s, name) for s in table.scores if s.parameters is not None}


@pytest.mark.parametrize(
    ("text", "kind", "seconds"),
    [
        ("updates", "updates", None),
        ("seconds", "seconds", None),
        ("seconds:30", "seconds", 30.0),
        (" seconds:.5", "seconds", 0.5),
        ("parameters", "parameters", None),
    ],
)
def test_what_may_be_matched(text: str, kind: str, seconds: float | None) -> None:
    found = Match.parse(text)
    assert (found.kind, found.seconds) == (kind, seconds)
    assert Match.parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("update", "did you mean 'updates'"),
        ("time", "match takes updates, seconds, parameters or seconds:N"),
        ("seconds:", "a positive number of seconds"),
        ("seconds:0", "a positive number of seconds"),
        ("seconds:-3", "a positive number of seconds"),
        ("seconds:nan", "a positive number of seconds"),
        ("seconds:inf", "a positive number of seconds"),
        ("seconds:long", "a positive number of seconds"),
        ("updates:3", "match updates takes no number"),
        ("parameters:3", "match parameters takes no number"),
    ],
)
def test_other_words_are_one_sentence(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ["compare", "-m", "vae", "-d", "ring", "-o", str(tmp_path / "out"), f"--match={text}"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="match must be"):
        Match.parse(30)  # type: ignore[arg-type]


def test_updates_are_those_of_the_model_that_makes_most() -> None:
    models = [
        "vae:width=4",
        "gan_minimax:width=4,discriminator_steps=2",
        "Most=gan_minimax:width=4,discriminator_steps=4",
    ]
    table = run(models, "updates")
    assert fact(table, "updates") == {models[0]: 35, models[1]: 36, "Most": 35}
    assert fact(table, "examples_seen") == {
        models[0]: 35 * 8,
        models[1]: 12 * 2 * 8,
        "Most": 7 * 4 * 8,
    }
    assert remark(table) == (
        "Matched by updates: each model makes 35 optimiser updates, of all its networks together, "
        f"as many as Most by its recipe: {models[0]} 35 steps, "
        f"{models[1]} 12 steps (36 updates), Most 7 steps."
    )


def test_recommended_recipes_are_matched_where_nothing_else_is_given() -> None:
    experiment = Experiment(
        [contestant(m, {}) for m in ("autoencoder", "vae", "gan_minimax")],
        [problem("ring")],
        [0],
        [],
    )
    found = matched(
        experiment, Match("updates"), Calibration(Path("nowhere"), experiment, print), resized
    )
    (ring,) = experiment.problems
    assert [one.recipe.steps for one in found.contestants_on(ring)] == [4000, 4000, 2000]
    assert [one.name for one in found.contestants_on(ring)] == ["autoencoder", "vae", "gan_minimax"]


def test_a_model_without_updates_is_as_it_is(strangers: None) -> None:
    found = remark(run(["plain_for_test", "closed_for_test"], "updates"))
    assert "plain_for_test 7 steps." in found
    assert found.endswith("closed_for_test makes no updates and is as it is.")
    assert "closed_for_test has no training steps and is as it is." in remark(
        run(["plain_for_test", "closed_for_test"], "seconds:0.1")
    )


def test_parameters_come_as_near_to_the_largest_as_the_width_allows() -> None:
    models = ["vae:width=5", "autoencoder", "gan_minimax:width=6"]
    table = run(models, "parameters")
    found = fact(table, "parameters")
    assert list(found) == models
    target = sum(p.numel() for p in MODELS.create("autoencoder", (2,)).parameters())
    assert found["autoencoder"] == target
    for name, spec in (("vae", models[0]), ("gan_minimax", models[2])):
        every = {
            w: sum(p.numel() for p in MODELS.create(name, (2,), width=w).parameters())
            for w in range(5, 80)
        }
        nearest = min(every, key=lambda width: abs(every[width] - target))
        assert found[spec] == every[nearest]
        assert f"{spec}: width {spec[-1]} -> {nearest}, {every[nearest]:,} parameters" in remark(
            table
        )
    assert f"autoencoder: width 64, {target:,} parameters" in remark(table)


def test_the_width_that_was_set_is_part_of_a_run(tmp_path: Path) -> None:
    run(["vae:width=5", "autoencoder:width=30"], "parameters", tmp_path)
    (config,) = [
        json.loads(path.read_text())
        for path in tmp_path.glob("runs/ring/vae_width=5-*/seed-0000/config.json")
    ]
    assert config["model"]["options"]["width"] > 5
    assert genzoo.load(next(tmp_path.glob("runs/ring/vae_width=5-*/seed-0000"))).event_shape == (2,)
    facts = json.loads((tmp_path / "comparison.json").read_text())
    assert facts["match"] == "parameters"
    assert facts["matched"]["ring"][0]["options"] == config["model"]["options"]
    assert facts["models"][0]["options"] == {"width": 5}


def test_a_registered_model_names_the_option_that_scales_it(strangers: None) -> None:
    found = remark(
        run(
            ["units_for_test", "gan_minimax:width=4", "plain_for_test", "still_for_test"],
            "parameters",
        )
    )
    assert "units_for_test: units 3 -> " in found
    assert "plain_for_test: no width option, 39 parameters" in found
    assert "still_for_test: width 3, 39 parameters" in found


def test_models_that_cannot_be_scaled_are_one_sentence(strangers: None) -> None:
    with pytest.raises(
        InputError,
        match="cannot scale plain_for_test, with 39 parameters against the 8,835 of auto",
    ):
        run(["plain_for_test", "autoencoder"], "parameters")


@pytest.mark.parametrize(
    ("value", "expected"), [(1249.0, 1200), (1250.1, 1300), (97.4, 97), (9.6, 10), (1.0, 1)]
)
def test_steps_have_two_significant_digits(value: float, expected: int) -> None:
    assert two_digits(value) == expected


def test_a_pace_says_time_from_steps_and_steps_from_time() -> None:
    pace = Pace(2.0, 0.01)
    assert pace.seconds(300) == pytest.approx(5.0)
    assert pace.steps(5.0) == 300
    assert pace.steps(1.0) == 1


class Paces(Calibration):
    """Nobody times anything: start and each by model and kind."""

    timed: dict[str, dict[str, Pace]]

    def _timed(self, one, where, engine):
        return self.timed[one.name][engine]


def by_seconds(tmp_path: Path, match: Match, **steps: int) -> tuple[dict[str, int], str]:
    contestants = [
        contestant(f"{name}={name}:width=4", {"steps": count}) for name, count in steps.items()
    ]
    experiment = Experiment(contestants, [problem("ring")], [0, 1, 2], [])
    paces = Paces(tmp_path / CALIBRATION, experiment, print)
    paces.timed = {
        "vae": {"eager": Pace(0.0, 0.02), "replay": Pace(1.0, 0.01)},
        "autoencoder": {
            "eager": Pace(3.0, 0.01),
            "replay": Pace(3.5, 0.004),
            "compiled": Pace(13.5, 0.002),
        },
        "gan_minimax": {"eager": Pace(0.0, 0.05), "replay": Pace(2.0, 0.03)},
    }
    found = matched(experiment, match, paces, resized)
    (where,) = experiment.problems
    return {one.name: one.recipe.steps for one in found.contestants_on(where)}, found.match_notes[
        "ring"
    ]


def test_seconds_are_those_of_the_model_that_takes_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "has_compiler", lambda: True)
    monkeypatch.setattr(engines, "COMPILING", 40.0)
    monkeypatch.setattr(Experiment, "compiling_price", lambda *where: Price(0.003, 0.0))
    steps, note = by_seconds(
        tmp_path, Match("seconds"), vae=1250, autoencoder=800, gan_minimax=2001
    )
    # gan_minimax takes 2 + .03 * 2001 = 62.03 s: vae (62.03 - 1) / .01 = 6103, autoencoder (62.03 -
    # 3.5) / .004 = 14633, which is compiled: (62.03 - 13.5) / .002 = 24265
    assert steps == {"vae": 6100, "autoencoder": 24000, "gan_minimax": 2001}
    assert "about 62 s, its 3 seeds together, as long as gan_minimax by its recipe" in note
    assert "vae 6,100 steps, autoencoder 24,000 steps, gan_minimax 2,001 steps" in note


@pytest.mark.parametrize(("steps", "seconds"), [(999, 9.99), (1000, 13.5)])
def test_from_a_thousand_steps_on_a_training_has_the_pace_of_replayed_ones(
    steps: int, seconds: float, tmp_path: Path
) -> None:
    one = contestant("vae", {"steps": steps})
    where = problem("ring")
    paces = Paces(tmp_path / CALIBRATION, Experiment([one], [where], [0], []), print)
    paces.timed = {"vae": {"eager": Pace(0.0, 0.01), "replay": Pace(3.5, 0.01)}}
    assert paces.seconds(one, where) == pytest.approx(seconds)


def test_short_trainings_are_not_replayed_and_have_a_pace_of_their_own(tmp_path: Path) -> None:
    steps, note = by_seconds(
        tmp_path, Match("seconds", 8.0), vae=5, autoencoder=2000, gan_minimax=3000
    )
    assert steps == {"vae": 400, "autoencoder": 500, "gan_minimax": 160}
    assert "about 8 s, its 3 seeds together, as asked for" in note
    steps, _ = by_seconds(tmp_path, Match("seconds", 13.0), autoencoder=5)
    assert steps == {"autoencoder": 2400}, "10 s at .01 by eager are 1,000 steps, so it is replayed"
    steps, _ = by_seconds(tmp_path, Match("seconds", 1.0), autoencoder=5)
    assert steps == {"autoencoder": 1}


def test_what_is_timed_once_is_never_timed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = ["vae:width=4", "gan_minimax:width=4"]
    first = run(models, "seconds:0.2", tmp_path)
    known = (tmp_path / CALIBRATION).read_text()

    def never(*_: object) -> float:
        raise AssertionError("timed again")

    monkeypatch.setattr(Calibration, "_fit", never)
    again = run(models, "seconds:0.2", tmp_path)
    assert (tmp_path / CALIBRATION).read_text() == known
    assert [(s.model, s.value, s.updates) for s in again.scores] == [
        (s.model, s.value, s.updates) for s in first.scores
    ]
    assert remark(again) == remark(first)
    reached = {s.model: s.training_seconds for s in first.scores if s.training_seconds is not None}
    assert "Reached: " + ", ".join(
        f"{row} {seconds:.3g} s" for row, seconds in reached.items()
    ) in remark(first)


def test_an_interrupted_calibration_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, models, timed = Calibration._fit, ["vae:width=4", "gan_minimax:width=4"], []

    def interrupted(self, one, *rest):
        if one.name == models[1] and not timed.count("again"):
            raise KeyboardInterrupt
        timed.append(one.name)
        return fit(self, one, *rest)

    monkeypatch.setattr(Calibration, "_fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(models, "seconds:0.1", tmp_path)
    assert timed == models[:1]
    assert len(json.loads((tmp_path / CALIBRATION).read_text())) == 1
    timed[:] = ["again"]
    run(models, "seconds:0.1", tmp_path)
    assert timed == ["again", models[1]]


def test_another_recipe_source_or_number_of_seeds_is_timed_anew(tmp_path: Path) -> None:
    run(["vae:width=4"], "seconds:0.1", tmp_path)
    run(["vae:width=4"], "seconds:0.1", tmp_path, steps=9)
    assert len(json.loads((tmp_path / CALIBRATION).read_text())) == 1, (
        "the steps do not change the pace"
    )
    for changed in ({"seeds": 2}, {"batch_size": 9}):
        before = len(json.loads((tmp_path / CALIBRATION).read_text()))
        run(["vae:width=4"], "seconds:0.1", tmp_path, **changed)
        assert len(json.loads((tmp_path / CALIBRATION).read_text())) == before + 1


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 3}'])
def test_a_damaged_calibration_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / CALIBRATION).write_text(text)
    with pytest.raises(InputError, match=r"calibration\.json is damaged: delete it"):
        run(["vae:width=4"], "seconds:0.1", tmp_path)


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is written when a model has been timed."""
    folder = tmp_path_factory.mktemp("timed")
    run(["vae:width=4"], "seconds:0.1", folder)
    return (folder / CALIBRATION).read_text()


@pytest.mark.parametrize(
    "pace", [{}, {"start": 1}, {"start": 0, "each": 0}, {"start": "x", "each": 1}, 3]
)
def test_a_damaged_pace_is_one_sentence(pace: object, timed: str, tmp_path: Path) -> None:
    known = json.loads(timed)
    next(iter(known.values()))["eager"] = pace
    (tmp_path / CALIBRATION).write_text(json.dumps(known))
    with pytest.raises(InputError, match=r"calibration\.json is damaged: delete it"):
        run(["vae:width=4"], "seconds:0.1", tmp_path)


def test_a_model_that_fails_takes_only_its_row_down(strangers: None) -> None:
    table = run(["failing_for_test", "plain_for_test"], "seconds:0.1")
    assert (
        "failing_for_test could not be timed (ZeroDivisionError: by the author) and is as it is."
        in remark(table)
    )
    assert {s.status for s in table.scores if s.model == "failing_for_test"} == {"failed"}
    assert {s.status for s in table.scores if s.model == "plain_for_test"} == {"finished"}


def lap(
    watch: calibration._Stopwatch,
    clock: list[float],
    step: int,
    seeds: tuple[int, ...],
    seconds: float,
) -> None:
    clock[0] += seconds
    watch(TrainingProgress(step, 1000, seeds, {}, 0))


@pytest.mark.parametrize(("seeds", "factor"), [((0, 1, 2), 1), ((0,), 3)])
def test_a_stopwatch_leaves_out_what_the_first_chunk_took_beside_its_steps(
    seeds: tuple[int, ...], factor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [5.0]
    monkeypatch.setattr(calibration.time, "perf_counter", lambda: clock[0])
    watch = calibration._Stopwatch(lambda _: None, chunks=9)
    clock[0] += 100
    watch.start()
    for step, seconds in ((64, 2.1), (128, 0.64), (192, 6.4), (256, 0.64)):
        lap(watch, clock, step, seeds, seconds)
    lap(watch, clock, 64, (7,), 0.1)  # another seed that trains alone
    assert watch.each(3) == pytest.approx(0.01 * factor), "one slow chunk of four does not count"
    assert watch.first(3) == pytest.approx((2.1 - 0.64) * factor)


def test_a_stopwatch_stops_when_it_knows_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, expected in ((0.1, calibration.CHUNKS), (6.0, 2)):
        clock = [0.0]
        monkeypatch.setattr(calibration.time, "perf_counter", lambda clock=clock: clock[0])
        watch = calibration._Stopwatch(lambda _: None, chunks=calibration.CHUNKS)
        watch.start()
        for chunk in range(expected - 1):
            lap(watch, clock, 64 * (chunk + 1), (0,), seconds)
        with pytest.raises(calibration._EnoughError):
            lap(watch, clock, 64 * expected, (0,), seconds)


@pytest.mark.thorough
def test_what_is_timed_is_about_what_training_takes(tmp_path: Path) -> None:
    experiment = Experiment([contestant("vae:width=8", {})], [problem("ring")], [0, 1], [])
    (one,), (ring,) = experiment.contestants, experiment.problems
    paces = Calibration(tmp_path / CALIBRATION, experiment, lambda _: None)
    for steps in (300, 1100):
        recipe = one.recipe.override(steps=steps)
        trained = calibration.Trainer().fit(lambda: one.build((2,)), ring.source, [0, 1], recipe)
        seconds = sum(run.seconds for run in trained.runs)
        assert 0.25 < paces.seconds(replace(one, recipe=recipe), ring) / seconds < 4


def test_the_global_generator_is_left_alone() -> None:
    experiment = Experiment(
        [contestant(m, {}) for m in ("vae", "autoencoder")], [problem("ring")], [0], []
    )
    before = torch.get_rng_state()
    for match in (Match("updates"), Match("parameters")):
        matched(experiment, match, Calibration(Path("nowhere"), experiment, print), resized)
    assert torch.equal(before, torch.get_rng_state())


def test_the_command_that_repeats_a_comparison_matches_too(tmp_path: Path) -> None:
    run(["vae:width=4", "gan_minimax:width=4"], "updates", tmp_path, metrics="quick,energy")
    words = shlex.split(json.loads((tmp_path / "comparison.json").read_text())["command"])
    told = dict(pairwise(words))
    assert told["--match"] == "updates"
    assert told["--metrics"] == "quick,energy"
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("config.json")}
    assert main([*words[1:], "-o", str(tmp_path), "--no-record", "--workers", "1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("config.json")} == before


def test_a_protocol_may_ask_for_a_match(tmp_path: Path) -> None:
    plan = {
        "format": 1,
        "description": "x",
        "models": ["vae:width=4", "gan_minimax:width=4"],
        "sources": ["ring"],
    }
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(plan | {"match": "updates"}))
    settings = {name: value for name, value in SETTINGS.items() if name != "steps"}
    table = genzoo.compare(protocol=str(path), steps=5, **settings)
    assert fact(table, "updates") == {"vae:width=4": 10, "gan_minimax:width=4": 10}
    table = genzoo.compare(protocol=str(path), steps=5, match="parameters", **settings)
    assert remark(table).startswith("Matched by parameters")
    for wrong in ("upd", 3):
        path.write_text(json.dumps(plan | {"match": wrong}))
        with pytest.raises(InputError, match="match"):
            load_protocol(str(path))


def test_each_source_has_a_match_of_its_own() -> None:
    table = genzoo.compare(
        ["vae:width=5", "autoencoder:width=30"],
        ["ring", "paintings"],
        match="parameters",
        **SETTINGS,
    )
    notes = [next(r for r in one.said if r.startswith("Matched")) for one in table.tables]
    assert notes[0] != notes[1]
    by_source = {
        (s.source, s.model): s.parameters for s in table.scores if s.parameters is not None
    }
    for source in ("ring", "paintings"):
        first, second = (by_source[source, row] for row in ("vae:width=5", "autoencoder:width=30"))
        assert abs(first - second) < 0.15 * second
