"""Events of training: exact expectations on made-up series.

Tables, files and figures say what happened.
"""

import io
import json
import math
import warnings
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import genzoo
from genzoo.api.runs import read_fit
from genzoo.cli import main
from genzoo.core.noise import stream
from genzoo.data import create_source
from genzoo.figures import loss_curves
from genzoo.figures.event_marks import MARKS, SIGNS
from genzoo.observation.events import (
    BINS,
    HIGH,
    LOW,
    mode_events,
    mode_shares,
    overlap,
    posterior_events,
    saturation_events,
    training_events,
)
from genzoo.observation.improvement import improving
from genzoo.results.diagnosis import (
    FAULTS,
    PHRASES,
    EventKind,
    TrainingEvent,
    events_from_json,
    events_to_json,
    faulty,
    summarise_events,
)
from genzoo.results.types import History

K = 8
WEIGHTS = np.full(K, 1 / K)


def held(*modes: int) -> np.ndarray:
    """Mass spread evenly over some modes."""
    shares = np.zeros(K)
    shares[list(modes)] = 1 / len(modes)
    return shares


ALL, SIX, FIVE, FOUR, ONE = (held(*range(k)) for k in (8, 6, 5, 4, 1))


def found(*rows: np.ndarray, start: int = 0) -> list[tuple[str, int]]:
    """Events of looks 100 steps apart."""
    steps = [100 * (start + i) for i in range(len(rows))]
    return [(event.kind, event.step) for event in mode_events(steps, np.stack(rows), WEIGHTS)]


def test_a_fall_is_a_collapse_and_coming_back_a_recovery() -> None:
    rows = [ALL, SIX, ALL, ALL, ONE, ONE, ONE, ALL, ALL]
    assert found(*rows) == [("collapsed", 400), ("recovered", 700)]


def test_a_collapse_may_come_twice() -> None:
    rows = [ALL] * 4 + [ONE] * 4 + [ALL] * 4 + [ONE] * 2
    assert found(*rows) == [("collapsed", 400), ("recovered", 800), ("collapsed", 1200)]


def test_one_look_makes_no_event() -> None:
    assert found(ALL, ALL, ALL, ONE, ALL, ALL, ALL, ALL, ALL) == []
    assert found(ALL, ALL, ALL, ONE, ONE, ALL, ONE, ONE, ONE, ONE) == [("collapsed", 300)]


def test_between_the_thresholds_nothing_flickers() -> None:
    between = [held(0, 1, 2, 3, 4), FOUR] * 10
    assert LOW <= 4 / 8 < HIGH
    assert found(ALL, ALL, ALL, *between) == []
    assert found(ALL, ALL, ALL, ONE, ONE, *between) == [("collapsed", 300)]


def test_a_slow_start_is_no_collapse() -> None:
    assert found(ALL, ONE, ONE, ONE, ONE, ONE, ONE, ALL, ALL) == []
    assert found(ONE, ONE, FOUR, FOUR, FIVE, SIX, SIX, ALL, ALL) == []


def test_never_spread_over_the_modes_if_it_lasted_for_half_of_training_and_to_the_end() -> None:
    assert found(ALL, *[ONE] * 8) == [("unspread", 100)]
    assert found(ALL, *[FIVE] * 4, *[ONE] * 4) == [("unspread", 500)]
    assert found(ALL, *[FIVE] * 5, *[ONE] * 3) == []


def test_the_untrained_model_is_not_judged() -> None:
    assert found(ONE, ALL, ALL, ALL) == []
    assert found(ALL, ALL, ONE, ONE) == [("unspread", 200)]
    assert found(ALL) == []


def test_a_mode_that_moves_on_and_on_is_rotating() -> None:
    turning = [held(k % K) for k in range(10)]
    assert found(*turning) == [("unspread", 100), ("rotating", 100)]
    still = [held(0)] * 10
    assert found(*still) == [("unspread", 100)]
    once = [held(0)] * 5 + [held(1)] * 5
    assert found(*once) == [("unspread", 100)]


def test_rotation_is_said_again_only_after_rest() -> None:
    turn = [held(k) for k in range(6)]
    rotations = [
        step
        for kind, step in found(ALL, *turn, *[held(5)] * 8, *turn[:5], *turn[:2])
        if kind == "rotating"
    ]
    assert rotations == [100, 1400]
    short = [
        step for kind, step in found(ALL, *turn, *[held(5)] * 3, *turn[:5]) if kind == "rotating"
    ]
    assert short == [100]


def test_two_halves_that_take_turns_rotate_without_a_collapse() -> None:
    first, second = held(0, 1, 2, 3, 4), held(3, 4, 5, 6, 7)
    assert found(ALL, *[first, second] * 5) == [("rotating", 100)]


def test_looks_that_are_not_finite_are_left_out() -> None:
    nothing = np.full(K, np.nan)
    assert found(ALL, ALL, ALL, nothing, nothing, ALL, ALL) == []
    assert found(ALL, nothing, nothing) == []


@given(hnp.arrays(np.float64, (12, K), elements=st.floats(0.01, 1)), st.permutations(range(K)))
def test_events_do_not_depend_on_the_names_of_modes(rows: np.ndarray, order: list[int]) -> None:
    rows = rows / rows.sum(axis=1, keepdims=True)
    assert found(*rows) == found(*rows[:, order])


@given(hnp.arrays(np.float64, (20, K), elements=st.floats(0, 1)), st.floats(0, 0.25))
def test_whoever_stays_near_the_truth_has_no_event(rows: np.ndarray, pull: float) -> None:
    """Within a total variation of .25 of the weights at each look."""
    rows = (rows + 1e-9) / (rows + 1e-9).sum(axis=1, keepdims=True)
    near = WEIGHTS + pull * (rows - WEIGHTS)
    assert found(*near) == []


@given(hnp.arrays(np.float64, (15, K), elements=st.floats(0, 1)))
def test_collapses_and_recoveries_alternate(rows: np.ndarray) -> None:
    rows = (rows**6 + 1e-9) / (rows**6 + 1e-9).sum(axis=1, keepdims=True)
    kinds = [kind for kind, _ in found(*rows) if kind != "rotating"]
    if "unspread" in kinds:
        assert kinds == ["unspread"]
        return
    assert kinds == [("collapsed", "recovered")[i % 2] for i in range(len(kinds))]


def test_overlap_is_one_minus_total_variation() -> None:
    rng = np.random.default_rng(0)
    rows, weights = rng.dirichlet(np.ones(5), 4), rng.dirichlet(np.ones(5))
    np.testing.assert_allclose(overlap(rows, weights), 1 - 0.5 * np.abs(rows - weights).sum(axis=1))


def test_the_noise_of_a_thousand_samples_makes_no_event() -> None:
    rng = np.random.default_rng(0)
    for modes in (8, 25):
        weights = np.full(modes, 1 / modes)
        steps = np.arange(0, 2000, 100)
        for _ in range(20):
            rows = rng.multinomial(1000, weights, size=20) / 1000
            assert mode_events(steps.tolist(), rows, weights) == []


def test_shares_count_every_finite_sample_at_its_nearest_mode() -> None:
    modes = create_source("ring").modes()
    far = 50 * modes.locations[[0, 0, 3, 5]].float()
    np.testing.assert_allclose(mode_shares(far, modes), [0.5, 0, 0, 0.25, 0, 0.25, 0, 0])
    far[0, 0] = torch.nan
    assert np.isnan(mode_shares(far, modes)).all()


def history(accuracy: list[float], fake: list[float] | None = None) -> History:
    """Ten steps for each twentieth of training."""
    columns = {"discriminator/accuracy": np.repeat(accuracy, 200 // len(accuracy))}
    if fake is not None:
        columns["discriminator/D(fake)"] = np.repeat(fake, 200 // len(fake))
    return History(np.arange(1, 201), columns)


def test_a_saturated_discriminator() -> None:
    sure = [0.7] * 5 + [1.0] * 5 + [0.9] * 5 + [1.0] * 5
    assert BINS == 20
    assert [event.step for event in saturation_events(history(sure))] == [51, 151]
    assert [
        event.step for event in saturation_events(history(sure, [0.3] * 10 + [0.001] * 10))
    ] == [151]
    assert saturation_events(history([0.7] * 5 + [1.0] + [0.7] * 4 + [1.0] + [0.7] * 9)) == []
    assert [
        event.step for event in saturation_events(history([0.7] * 5 + [1.0, 1.0, 0.97] * 5))
    ] == [51]


def test_a_model_without_a_discriminator_cannot_saturate() -> None:
    assert saturation_events(History(np.arange(1, 5), {"model/loss": np.ones(4)})) == []
    assert saturation_events(History(np.arange(0), {})) == []


def test_when_a_saturated_discriminator_is_over_it_is_said() -> None:
    sure = [0.7] * 5 + [1.0] * 5 + [0.9] * 5 + [1.0] * 5
    first, second = saturation_events(history(sure))
    assert (first.until, second.until) == (101, None)
    assert str(first) == "discriminator saturated at step 51 until step 101"
    assert events_from_json(events_to_json([first, second]))[0].until == 101
    assert not faulty([first])
    assert faulty([first, second])


def rates(*values: float, length: int = 200) -> History:
    return History(np.arange(1, length + 1), {"vae/KL": np.repeat(values, length // len(values))})


def test_a_code_that_holds_nothing_to_the_end_is_a_collapsed_posterior() -> None:
    fell = [2.0] * 5 + [0.01] * 15
    assert posterior_events(rates(*fell)) == [TrainingEvent("posterior collapsed", 51)]
    assert posterior_events(rates(*[0.001] * 20)) == [TrainingEvent("posterior collapsed", 1)]
    assert posterior_events(rates(*[0.001] * 10, *[0.3] * 10)) == []
    assert posterior_events(rates(*[2.0] * 19, 0.001)) == []
    assert posterior_events(rates(*[0.06] * 20)) == []
    assert posterior_events(rates(0.001, length=39)) == []
    assert posterior_events(History(np.arange(1, 201), {"vae/kl": np.zeros(200)})) == []


def test_a_posterior_collapses_though_its_update_ends_before_training() -> None:
    steps, ended = np.arange(1, 401), np.full(200, np.nan)
    series = {"vae/KL": np.concatenate([np.full(200, 0.001), ended]), "flow/loss": np.ones(400)}
    assert posterior_events(History(steps, series)) == [TrainingEvent("posterior collapsed", 1)]


def test_a_heavy_weight_collapses_the_posterior_and_the_default_does_not() -> None:
    heavy, plain = (
        genzoo.train(name, "sines", steps=150, record=False) for name in ("vae:beta=100", "vae")
    )
    assert [event.kind for event in heavy.runs[0].events] == ["posterior collapsed"]
    assert not faulty(heavy.runs[0].events)
    assert plain.runs[0].events == ()


def walk(rho: float, runs: int, looks: int) -> np.ndarray:
    """Distances that fluctuate about 1 by a tenth, with this correlation of successive looks."""
    noise = np.random.default_rng(0).normal(size=(runs, looks + 60))
    for t in range(1, looks + 60):
        noise[:, t] = rho * noise[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return 1 + 0.1 * noise[:, 60:]


@pytest.mark.parametrize(("rho", "allowed"), [(0.0, 0.005), (0.5, 0.01), (0.7, 0.02), (0.9, 0.05)])
@pytest.mark.parametrize("looks", [15, 20])
def test_runs_that_only_fluctuate_are_seldom_said_to_improve(
    rho: float, allowed: float, looks: int
) -> None:
    assert np.mean([improving(run) for run in walk(rho, 2000, looks)]) <= allowed


def test_runs_that_improve_are_said_to_and_annealing_alone_is_not() -> None:
    times = np.arange(1, 21)
    falling = [improving(np.exp(-times / 15) * run) for run in walk(0.3, 200, 20)]
    assert np.mean(falling) > 0.8
    done = [improving(1 + 4 * np.exp(-times / 2) + run) for run in walk(0.3, 200, 20)]
    assert np.mean(done) <= 0.02
    annealed = np.where(times > 14, 1 - 0.08 * (times - 14), 1.0)
    assert np.mean([improving(annealed * run) for run in walk(0.3, 200, 20)]) <= 0.25
    assert not improving(np.exp(-times[:14] / 15))
    assert not improving(np.ones(20))
    assert not improving(-np.exp(-times / 15) + 2)
    gaps = np.exp(-times / 15)
    gaps[3] = np.nan
    assert improving(gaps)


def test_a_run_that_still_improves_says_so_at_its_last_step() -> None:
    steps = np.arange(0, 2001, 100)
    watched = History(steps, {"distance": np.exp(-steps / 1500)})
    plain = History(np.arange(1, 2001), {"model/loss": np.ones(2000)})
    expected = (TrainingEvent("unfinished", 2000),)
    assert training_events(plain, None, None, None, watched) == expected
    assert not faulty(expected)
    assert training_events(plain, None, None, 1900, watched) == (TrainingEvent("diverged", 1900),)
    assert str(expected[0]) == "still improving when training ended at step 2,000"


def test_what_marks_a_run_as_not_to_be_trusted() -> None:
    def run(*kinds: str) -> list[TrainingEvent]:
        return [TrainingEvent(kind, 100 * (i + 1)) for i, kind in enumerate(kinds)]

    assert set(PHRASES) >= FAULTS
    assert all(faulty(run(kind)) for kind in FAULTS)
    assert not any(faulty(run(kind)) for kind in set(PHRASES) - FAULTS)
    assert not faulty([])
    assert not faulty(run("collapsed", "recovered", "rotating"))
    assert faulty(run("collapsed", "recovered", "collapsed"))
    assert faulty(reversed(run("collapsed", "recovered", "collapsed")))
    assert faulty(run("collapsed", "recovered", "diverged"))
    assert faulty(run("unspread", "recovered"))


def test_every_kind_has_a_phrase_and_a_mark() -> None:
    assert set(PHRASES) == set(get_args(EventKind))
    assert set(MARKS) == set(SIGNS) == set(PHRASES) - {"diverged"}
    runs = [History(np.arange(1, 101), {"generator/loss": np.sin(np.arange(100.0))})]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        every = [[TrainingEvent(kind, 50) for kind in PHRASES]]
        figure = loss_curves({"gan": runs}, "ring", events={"gan": every})
        figure.savefig(io.BytesIO())


def test_all_kinds_in_order_and_nothing_after_divergence() -> None:
    steps = np.array([0, 50, 100, 150, 200])
    rows = np.stack([ALL, ALL, ALL, ONE, ONE])
    shares = History(steps, {f"mode {k}": rows[:, k] for k in range(K)})
    sure = history([0.7] * 5 + [1.0] * 15)
    expected = (TrainingEvent("saturated", 51), TrainingEvent("collapsed", 150))
    assert training_events(sure, shares, WEIGHTS, None) == expected
    assert training_events(sure, shares, WEIGHTS, 120) == (
        expected[0],
        TrainingEvent("diverged", 120),
    )
    assert training_events(sure, None, None, None) == expected[:1]
    assert events_from_json(json.loads(json.dumps(events_to_json(expected)))) == expected


def test_the_sentence_of_a_table() -> None:
    runs = [[] for _ in range(7)]
    runs += [
        [TrainingEvent("collapsed", 800)],
        [TrainingEvent("collapsed", 1000), TrainingEvent("diverged", 1100)],
    ]
    runs += [
        [
            TrainingEvent("collapsed", 1200),
            TrainingEvent("recovered", 1500),
            TrainingEvent("collapsed", 1800),
        ]
    ]
    assert summarise_events(runs) == (
        "collapsed in 3 of 10 runs (at step 800 ... 1,200), recovered in 1 (at step 1,500)"
    )
    assert (
        summarise_events([[TrainingEvent("saturated", 40)]] * 2)
        == "discriminator saturated in 2 of 2 runs (at step 40)"
    )
    assert summarise_events([[], []]) == summarise_events([[TrainingEvent("diverged", 3)]]) == ""


ROTATING = "gan_minimax:width=128,latent_dim=64"
FIELDS = {"batch_size": 64, "steps": 60, "betas": (0.5, 0.999), "schedule": "constant"}
FIELDS["learning_rate"] = {"discriminator": 1e-4, "generator": 1e-3}


def test_a_comparison_says_what_happened(tmp_path: Path) -> None:
    table = genzoo.compare(
        [ROTATING], ["ring"], seeds=2, metrics="kl_modes", out=tmp_path, **FIELDS
    )
    row = table.tables[0].rows[0]
    events = table.events["ring", row]
    assert sorted(events) == [0, 1]
    assert any(events.values())
    assert f"{row}: {summarise_events(events.values())}." in table.tables[0].remarks
    lines = (tmp_path / "events.csv").read_text().splitlines()
    assert lines[0] == "model,source,seed,event,step"
    assert len(lines) - 1 == sum(map(len, events.values()))
    folders = sorted(tmp_path.glob("runs/ring/gan*/seed-*"))
    assert [
        events_from_json(json.loads((f / "config.json").read_text())["events"]) for f in folders
    ] == list(events.values())
    again = genzoo.compare(
        [ROTATING], ["ring"], seeds=2, metrics="kl_modes", out=tmp_path, **FIELDS
    )
    assert again.events == table.events
    assert read_fit(folders[0]).runs[0].events == events[0]


def test_training_alone_says_what_happened_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = genzoo.train(ROTATING, "ring", seeds=2, directory=tmp_path / "run", **FIELDS)
    assert fit.events == {run.seed: run.events for run in fit.runs}
    shares = fit.runs[0].mode_shares
    np.testing.assert_array_equal(shares.steps, fit.runs[0].watched.steps)
    total = np.stack(list(shares.series.values())).sum(axis=0)
    np.testing.assert_allclose(total, 1)
    scored = genzoo.evaluate(fit, "ring", metrics="kl_modes", name="mine")
    assert f"mine: {summarise_events(fit.events.values())}." in scored.tables[0].remarks
    words = ["train", "vae", "-d", "ring", "--steps", "5", "-o", str(tmp_path / "vae"), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["events"] == []


def test_shares_are_those_of_the_thousand_samples_that_are_watched() -> None:
    (run,) = genzoo.train("vae", "ring", steps=40).runs
    last = mode_shares(
        run.model.sample(1000, generator=stream(0, "gauge")), create_source("ring").modes()
    )
    assert 0 < np.count_nonzero(last) <= 8
    assert last.max() < 1
    assert [values[-1] for values in run.mode_shares.series.values()] == pytest.approx(
        last.tolist()
    )


def test_divergence_is_an_event() -> None:
    fit = genzoo.train(
        "gan_minimax", "ring", steps=20, learning_rate=1e18, optimiser="sgd", batch_size=8
    )
    assert fit.runs[0].events[-1] == TrainingEvent("diverged", fit.runs[0].diverged_at)
    bare = genzoo.train("gan_minimax", "ring", steps=5, batch_size=8, record=False)
    assert bare.runs[0].events == ()
    assert bare.runs[0].mode_shares is None


def test_events_are_marked_in_the_loss_figure() -> None:
    runs = [History(np.arange(1, 101), {"generator/loss": np.sin(np.arange(100.0))})] * 2
    events = [
        [TrainingEvent("collapsed", 40), TrainingEvent("diverged", 90)],
        [TrainingEvent("recovered", 70)],
    ]
    plain, marked = (
        loss_curves({"gan": runs}, "ring"),
        loss_curves({"gan": runs}, "ring", events={"gan": events}),
    )
    drawn = [
        line.get_xdata()[0]
        for line in marked.axes[0].lines
        if line.get_marker() in ("v", "^", "o", "s")
    ]
    assert drawn == [40, 70]
    assert len(marked.axes[0].lines) == len(plain.axes[0].lines) + 2
    words = " ".join(text.get_text() for text in marked.texts).replace("\n", " ")
    assert "▼ collapsed, ▲ recovered." in words
    assert not any(math.isclose(line.get_xdata()[0], 90) for line in marked.axes[0].lines)
