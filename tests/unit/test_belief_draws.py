"""A study under draws of beliefs: what is simulated, what is kept of it, and what it says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim import experiment
from sim.errors import InputError
from sim.experiment import draw_file
from sim.experiment.beliefs import PER_DRAW, DrawPlan, drawn
from sim.experiment.draw_file import DRAWS, NAME
from sim.experiment.folder import SUMMARY
from sim.experiment.study_file import NAME as STUDY
from sim.scenario.beliefs import beliefs, under_draw
from sim.strategies import Batch, RunToFailure, Valuing

NAMES = ["run_to_failure", "replace_on_failure"]
RATE, PRICE, GPU_PRICE = "reliability.bus.rate_per_year", "launch.vehicle.price.usd", "economics.gpu_usd"
RATES = {RATE: {"low": 0.05, "high": 0.8}, "reliability.gpu.rate_per_year": {"low": 0.1, "high": 0.4}}
PRICES = {PRICE: {"low": 1e5, "high": 1e7}, GPU_PRICE: {"low": 1e3, "high": 9e3, "law": "triangular"}}


@pytest.fixture(scope="module")
def small(fleet):
    jobs = [
        {
            "gpus": 2,
            "count": "fill",
            "checkpoint_interval_min": 60,
            "checkpoint_block_s": 60,
            "checkpoint_durable_s": 60,
            "restart_min": 5,
        }
    ]
    rare = {"kind": "exponential", "rate_per_year": 0.3}
    scenario = fleet(slots=6, gpus=2, bus=rare, gpu=rare, lead=60, jobs=jobs)
    return under_draw(scenario, {PRICE: 1e6, GPU_PRICE: 3e3})


@pytest.fixture(scope="module")
def physical(small):
    return experiment.compare(small, NAMES, 6, 4, draws=5, beliefs=RATES, workers=1)


@pytest.fixture(scope="module")
def priced(small):
    return experiment.compare(small, [*NAMES, "marginal_value"], 6, 4, draws=5, beliefs=PRICES, workers=1)


def directly(study, number):
    """What simulating a draw's scenario by itself gives, by strategy."""
    scenario = under_draw(study.scenario, study.over_beliefs.draws[number].values)
    found = experiment.compare(scenario, study.strategies, study.over_beliefs.replicates, study.seed, workers=1)
    return {name: found.samples[name].metrics for name in study.strategies}


@pytest.mark.parametrize("which", ["physical", "priced"])
def test_a_draw_is_the_study_of_its_scenario_with_the_same_luck(which, request):
    study = request.getfixturevalue(which)
    assert len(study.over_beliefs.draws) == 5
    for number in (0, 4):
        for name, metrics in directly(study, number).items():
            assert np.array_equal(study.over_beliefs.metrics[name][number], metrics, equal_nan=True)


def test_prices_are_drawn_for_all_replicates_and_what_fails_for_a_few(physical, priced, small):
    assert priced.over_beliefs.prices_only
    assert priced.over_beliefs.replicates == 6
    assert not physical.over_beliefs.prices_only
    assert physical.over_beliefs.replicates == PER_DRAW
    assert isinstance(small.strategy_named("marginal_value"), Valuing)  # it looks at prices, and is run anew
    launches = priced.over_beliefs.metrics["marginal_value"]
    assert len({row.tobytes() for row in launches}) == 5


def test_values_lie_in_their_ranges_and_are_common_to_all_strategies(small, physical):
    values = [draw.values for draw in physical.over_beliefs.draws]
    for path, range_ in RATES.items():
        column = [one[path] for one in values]
        assert range_["low"] < min(column) < max(column) < range_["high"]
    one = experiment.run(small, strategy=NAMES[1], seed=4, replicates=6, draws=5, beliefs=RATES, workers=1)
    assert np.array_equal(one.over_beliefs.metrics[NAMES[1]], physical.over_beliefs.metrics[NAMES[1]], equal_nan=True)


def test_another_belief_and_more_draws_move_no_draw(small):
    few = drawn(small, beliefs(small, {RATE: RATES[RATE]}), DrawPlan(3), 4, NAMES)
    more = drawn(small, beliefs(small, {**PRICES, **RATES}), DrawPlan(5), 4, NAMES)
    assert [draw.values[RATE] for draw in few] == [draw.values[RATE] for draw in more[:3]]
    other = drawn(small, beliefs(small, RATES), DrawPlan(3), 5, NAMES)
    assert all(a.values[RATE] != b.values[RATE] for a, b in zip(few, other, strict=True))


def test_a_latin_hypercube_has_one_value_in_each_part(small):
    found = drawn(small, beliefs(small, RATES), DrawPlan(8, latin=True), 4, NAMES)
    orders = []
    for path, range_ in RATES.items():
        ratio = range_["high"] / range_["low"]
        wide = ratio >= 10
        values = np.array([draw.values[path] for draw in found])
        share = np.log(values / range_["low"]) / np.log(ratio) if wide else (values - range_["low"]) / 0.3
        assert sorted(np.floor(8 * share)) == list(range(8))
        orders.append(np.argsort(values).tolist())
    assert orders[0] != orders[1]


def test_figures_that_do_not_fit_together_are_drawn_anew_and_counted(small):
    shares = {"economics.payment.order_share": {"low": 0.2, "high": 0.9}}
    found = drawn(small, beliefs(small, shares), DrawPlan(12), 4, NAMES)
    assert all(draw.values["economics.payment.order_share"] <= 0.5 for draw in found)  # beside delivery_share of .5
    assert sum(draw.tries - 1 for draw in found) > 0
    study = experiment.run(small, seed=4, replicates=2, draws=12, beliefs=shares, workers=1)
    assert study.over_beliefs.drawn_anew == sum(draw.tries - 1 for draw in found)
    assert f"{study.over_beliefs.drawn_anew} more did not fit together" in study.table()


def test_draws_that_never_fit_are_an_error(small):
    never = {f"economics.payment.{name}_share": {"low": 0.6, "high": 0.9} for name in ("order", "delivery")}
    with pytest.raises(InputError, match=r"20 draws of beliefs in a row make no scenario.* not come to more than 1"):
        experiment.run(small, draws=2, beliefs=never, workers=1)


def test_estimates_and_differences_have_a_total_interval(physical):
    for metrics in (physical.metrics(NAMES[0]), {n: d[" - ".join(NAMES)] for n, d in physical.differences().items()}):
        e = metrics["compute_availability"]
        assert e.total_low <= e.ci_low < e.ci_high < e.total_high
        assert e.total_low < e.total_median < e.total_high
    told = json.loads(json.dumps(physical.to_json(), allow_nan=False))
    assert {"total_low", "total_median", "total_high"} <= told["strategies"][NAMES[0]]["net_cost_usd"].keys()
    assert told["beliefs"]["draws"] == 5
    assert [one["paths"][0] for one in told["beliefs"]["inputs"]] == list(RATES)
    best = told["p_best_over_beliefs"]["net_cost_usd"]
    assert sum(row["p_best"] for row in best) == pytest.approx(1.0)
    assert all(row["ci_low"] <= row["p_best"] <= row["ci_high"] for row in best)


def test_the_table_shows_both_intervals_and_the_best_over_beliefs(physical):
    text = physical.table()
    assert f"Beliefs: 5 draws of {RATE} and reliability.gpu.rate_per_year" in text
    assert "by luck and beliefs" in text
    assert "best in % of draws" in text
    over_beliefs, verdict = text.index("over beliefs: "), text.index("\nHighest compute availability: ")
    assert "by luck and beliefs" in text[:over_beliefs]
    assert text[over_beliefs:verdict].count("\n") <= 2  # beside the verdict, which is by luck alone
    assert max(map(len, physical.table(72).splitlines()[:-1])) <= 72
    alone = physical.select(NAMES[1])
    assert alone.metrics(NAMES[1])["net_cost_usd"] == physical.metrics(NAMES[1])["net_cost_usd"]
    assert "best in % of draws" not in alone.table()


def test_strategies_that_are_best_as_often_are_both_named(physical):
    rows = [{"strategy": name, "p_best": 0.5, "ci_low": 0.35, "ci_high": 0.65} for name in NAMES]
    said = physical.over_beliefs.verdict({"net_cost_usd": rows})
    both = f"{NAMES[0]} and {NAMES[1]} each in 50 % of the draws (35 to 65 %)."
    assert said == f"Lowest net cost at equal service over beliefs: {both}"
    rows[0]["p_best"], rows[1]["p_best"] = 0.6, 0.4
    assert f": {NAMES[0]} in 60 %" in physical.over_beliefs.verdict({"net_cost_usd": rows})


def test_without_draws_nothing_is_said_of_them(small, physical):
    plain = experiment.compare(small, NAMES, 6, 4, workers=1)
    told = plain.to_json()
    assert not {"beliefs", "p_best_over_beliefs"} & told.keys()
    assert "total_low" not in told["strategies"][NAMES[0]]["net_cost_usd"]
    assert "beliefs" not in plain.table()
    # And draws change nothing at the scenario's own figures.
    assert all(np.array_equal(plain.samples[s].metrics, physical.samples[s].metrics, equal_nan=True) for s in NAMES)


def test_a_study_priced_anew_has_no_draws(physical, small):
    assert experiment.reprice(physical, under_draw(small, {GPU_PRICE: 4e3})).over_beliefs is None


def test_workers_change_nothing(small, physical):
    again = experiment.compare(small, NAMES, 6, 4, draws=5, beliefs=RATES, workers=2)
    assert again.to_json() == physical.to_json()


class Stop(Exception):
    pass


def test_an_interrupted_study_resumes_and_ends_with_the_same_bytes(small, tmp_path):
    def after(number):
        def progress(done, total):
            if total == 40 and done >= number:
                raise Stop

        return progress

    given = {"replicates": 4, "seed": 4, "draws": 5, "beliefs": RATES, "workers": 1}
    whole = experiment.compare(small, NAMES, **given, out=tmp_path / "whole")
    with pytest.raises(Stop):
        experiment.compare(small, NAMES, **given, out=tmp_path / "cut", progress=after(13))
    assert len(list((tmp_path / "cut" / DRAWS).glob("*.npz"))) == 13
    with pytest.raises(InputError, match="holds draws of other beliefs"):
        experiment.compare(small, NAMES, **{**given, "beliefs": {RATE: RATES[RATE]}}, out=tmp_path / "cut")
    next((tmp_path / "cut" / DRAWS).glob("*.npz")).write_bytes(b"damaged")
    asked = []
    resumed = experiment.compare(
        small, NAMES, **given, out=tmp_path / "cut", progress=lambda done, total: asked.append((done, total))
    )
    assert (12, 40) in asked
    assert not (tmp_path / "cut" / DRAWS).exists()
    for name in (STUDY, NAME):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()
    assert {**resumed.to_json(), "out": ""} == {**whole.to_json(), "out": ""}
    loaded = experiment.load_study(tmp_path / "cut")
    assert loaded.to_json() == resumed.to_json()
    assert loaded.over_beliefs.line == resumed.over_beliefs.line


def test_ctrl_c_says_how_many_replicates_are_kept(small, tmp_path):
    def progress(done, total):
        if total == 20 and done >= 7:
            raise KeyboardInterrupt

    with pytest.raises(experiment.StudyInterrupted, match="11 of 24 replicates kept"):
        experiment.compare(
            small, NAMES, 2, 4, draws=5, beliefs=RATES, workers=1, out=tmp_path / "study", progress=progress
        )


def test_a_strategy_that_a_script_defines_is_run_under_draws_too(small):
    class Own(RunToFailure):
        """As the built-in one."""

    Own.__module__ = "__main__"
    own = small.model_copy(update={"strategies": {**small.strategies, "own": Own()}})
    found = experiment.compare(own, ["own", NAMES[0]], 2, 4, draws=2, beliefs=RATES, workers=2).over_beliefs
    assert np.array_equal(found.metrics["own"], found.metrics[NAMES[0]], equal_nan=True)


def test_more_draws_and_strategies_use_those_that_are_there(small, tmp_path):
    given = {"replicates": 2, "seed": 4, "beliefs": RATES, "workers": 1, "out": tmp_path / "study"}
    experiment.compare(small, NAMES, **given, draws=3)
    asked = []
    experiment.compare(small, NAMES, **given, draws=4, progress=lambda *counts: asked.append(counts))
    assert (12, 16) in asked
    few = experiment.compare(small, NAMES, **given, draws=2)
    assert experiment.load_study(tmp_path / "study").to_json() == few.to_json()
    assert len(draw_file.read(tmp_path / "study").tries) == 4
    third = [*NAMES, "batch"]
    asked.clear()
    experiment.compare(small, third, **given, draws=4, progress=lambda *counts: asked.append(counts))
    assert (16, 24) in asked


def test_draws_of_other_beliefs_are_refused_and_replaced_when_forced(small, tmp_path):
    out = tmp_path / "study"
    given = {"replicates": 2, "seed": 4, "draws": 3, "workers": 1, "out": out}
    experiment.compare(small, NAMES, **given, beliefs=RATES)
    with pytest.raises(InputError, match="holds draws of other beliefs"):
        experiment.compare(small, NAMES, **given, beliefs={RATE: RATES[RATE]})
    forced = experiment.compare(small, NAMES, **given, beliefs={RATE: RATES[RATE]}, force=True)
    assert forced.over_beliefs.beliefs.drawn[0].path == RATE
    # A command that asks for none leaves them, and says nothing of them.
    experiment.compare(small, NAMES, 2, 4, workers=1, out=out)
    assert (out / NAME).exists()
    assert experiment.load_study(out).over_beliefs is None
    # Another study in the folder takes them away.
    experiment.compare(small, NAMES, 2, 5, workers=1, out=out, force=True)
    assert not (out / NAME).exists()


def test_a_damaged_file_of_draws_is_named(small, tmp_path):
    out = tmp_path / "study"
    experiment.compare(small, NAMES, 2, 4, draws=2, beliefs=RATES, workers=1, out=out)
    assert json.loads((out / SUMMARY).read_text())["beliefs"]["draws"] == 2
    (out / NAME).write_bytes(b"no netCDF")
    with pytest.raises(InputError, match=r"beliefs\.nc: damaged"):
        experiment.load_study(out)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"draws": 1}, "draws 1: must be 0, or 2 to 9999"),
        ({"draws": -1}, "draws -1"),
        ({"beliefs": RATES}, "only where draws are asked for"),
        ({"latin": True}, "only where draws are asked for"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(small, given, problem):
    with pytest.raises(InputError, match=problem):
        experiment.run(small, **given)


def test_strategies_that_do_the_same_are_said_to_be_best_alike(small):
    whole = small.model_copy(update={"strategies": {"batch": Batch(reorder_point=1_000_000)}})  # never acts
    study = experiment.compare(whole, ["run_to_failure", "batch"], 2, draws=2, beliefs=PRICES, workers=1)
    assert "over beliefs: run_to_failure and batch each in 50 % of the draws" in " ".join(study.table().split())
