"""Sensitivity analyses of a small fleet: what is known of its figures beforehand is found."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from sim.description.format import money
from sim.errors import InputError, ScenarioError
from sim.exploration import load_study_file, sensitivity
from sim.exploration.bootstrap import Spread
from sim.exploration.inputs import inputs_of
from sim.exploration.morris import Screened
from sim.exploration.one_at_a_time import places_of
from sim.exploration.outputs import AHEAD, WINS
from sim.exploration.sensitivities import _fitting_matrices, _fitting_trajectories
from tests.unit.test_sweep import HAZARD, PRICE, TWO, small

VALUE = "service.value_usd_per_gpu_hour"
IDLE = "economics.ground_station_usd_per_year"
"""A price of what the fleet has none of."""


@pytest.fixture(scope="module")
def by_prices():
    """Sobol's method over three prices: few runs, each priced many times."""
    study = small(f"{PRICE}=200:1000", "economics.bus_usd=1e6:6e6", IDLE, metric="total_cost_usd", replicates=3)
    return sensitivity(study, method="sobol", points=16, workers=1)


def test_what_each_price_does_alone_is_what_it_does_in_the_bill(by_prices):
    price, bus, idle = by_prices.swings
    name = TWO[0]
    # Launches are paid by the kilogram: cost is a straight line in their price, which is 500.
    low, high = (getattr(price, end)[name].value for end in ("low", "high"))
    assert low / high == pytest.approx((200 - 500) / (1000 - 500), rel=1e-6)
    assert bus.low[name].value / bus.high[name].value == pytest.approx((1.0 - 1.8) / (6.0 - 1.8), rel=1e-6)
    assert idle.width(name) == 0  # there are no stations
    cost = by_prices.base[name].values("total_cost_usd").mean()
    assert price.elasticity[name].value == pytest.approx(high / cost, rel=0.01)
    assert price.elasticity[name].ci_low <= price.elasticity[name].value <= price.elasticity[name].ci_high


def test_indices_of_a_bill_that_is_a_sum_are_shares_of_its_variance(by_prices):
    found = by_prices.decomposed[TWO[0]]
    price, bus, idle = found.indices
    assert (idle.first.value, idle.total.value) == (0, 0)
    # Most of the spread is luck, three satellites being few; it is common to both ends of each paired difference.
    swings = [by_prices.swings[one] for one in (0, 1)]
    of_price, of_bus = ((one.high[TWO[0]].value - one.low[TWO[0]].value) ** 2 for one in swings)
    assert 0.4 < (bus.total.value / price.total.value) / (of_bus / of_price) < 2.5
    assert 0 <= found.noise_share.value <= 1


def test_the_order_is_that_of_the_indices_and_all_is_worth_no_less_than_one(by_prices):
    totals = [by_prices.decomposed[TWO[0]].indices[one].total.value for one in by_prices.order(TWO[0])]
    assert totals == sorted(totals, reverse=True)
    assert by_prices.inputs[by_prices.order(TWO[0])[-1]].path == IDLE
    told = by_prices.decomposed[AHEAD].indices[by_prices.order(AHEAD)[0]].total.value is not None
    assert by_prices.verdict()[0].startswith("Most of" if told else "No input can be told from chance")
    known = by_prices.information
    assert known.everything.value.value >= max(one.value.value for one in known.each)
    assert known.each[2].value.value == 0
    if max(one.value.value for one in known.each) > 0:
        assert "Worth knowing better: " in by_prices.verdict()[-1]
        assert f"to know everything is worth {money(known.everything.value.value)}." in by_prices.verdict()[-1]
    assert by_prices.outputs.names == (AHEAD, WINS, *by_prices.outputs.order)


def test_ahead_is_positive_where_the_best_strategy_is_best(by_prices):
    base = by_prices.outputs.of(by_prices.base)
    best, other = by_prices.outputs.order
    costs = [by_prices.base[name].values("total_cost_usd") for name in (best, other)]
    assert base[AHEAD] == pytest.approx(costs[1] - costs[0])
    assert base[AHEAD].mean() >= 0
    assert base[WINS] == pytest.approx((costs[0] < costs[1]) + 0.5 * (costs[0] == costs[1]))


def test_morris_finds_a_straight_line_and_resumes(tmp_path):
    study = small(f"{PRICE}=200:1000", IDLE, strategies=TWO[:1], replicates=2)
    found = sensitivity(study, method="morris", points=3, workers=1, out=tmp_path / "out")
    price, idle = found.screened[TWO[0]]
    whole = found.swings[0].high[TWO[0]].value - found.swings[0].low[TWO[0]].value
    assert price.mu_star.value == pytest.approx(whole, rel=0.3)  # of other replicates: what is lost loses its credit
    assert price.sigma.value < 0.3 * whole
    assert price.matters
    assert idle.mu_star.value == 0
    assert idle.matters is False
    told = json.loads((tmp_path / "out" / "sensitivity.json").read_text())
    assert told["outputs"][TWO[0]]["inputs"][0]["mu_star"]["value"] == price.mu_star.value
    rows = list(csv.DictReader((tmp_path / "out" / "sensitivity.csv").read_text().splitlines()))
    assert [row["path"] for row in rows] == [PRICE, IDLE]
    before = (tmp_path / "out" / "sensitivity.csv").read_bytes()
    lines = (tmp_path / "out" / "replicates.jsonl").read_bytes()
    sensitivity(study, method="morris", points=3, workers=1, out=tmp_path / "out")
    assert (tmp_path / "out" / "sensitivity.csv").read_bytes() == before
    assert (tmp_path / "out" / "replicates.jsonl").read_bytes() == lines


def test_what_cannot_be_told_from_chance_is_not_said_to_matter():
    study = small(IDLE, strategies=TWO[:1], replicates=2)
    found = sensitivity(study, method="morris", points=2, workers=1)
    assert found.verdict()[0].startswith("None of these inputs changes net_cost_usd")
    size = Spread(1.0, 0.5, 2.0)
    by_chance = Screened(mu=size, mu_star=size, sigma=size, noise=0.8)
    found = replace(found, screened={TWO[0]: [by_chance]})
    assert found.verdict()[0].startswith("No input can be told from chance in net_cost_usd")
    found = replace(found, screened={TWO[0]: [replace(by_chance, noise=0.4)]})
    assert found.verdict()[0].startswith("Most of net_cost_usd of run_to_failure hangs on")


def test_a_nudge_keeps_whole_numbers_whole_and_leaves_out_what_cannot_be():
    study = small(
        "satellite.gpus=100:140", "satellite.array.efficiency=0.2:0.3", "economics.disposal_usd_per_satellite=0:5"
    )
    places = places_of(study, inputs_of(study))
    assert sorted(places[0].values()) == [100, 114, 126, 140]
    assert sorted(places[1].values()) == pytest.approx([0.2, 0.209, 0.231, 0.3])
    assert sorted(places[2].values()) == [0, 5]  # its own value is 0, of which 1 % more is nothing


def test_points_whose_figures_do_not_fit_together_are_drawn_anew():
    block, durable = "workload.jobs.0.checkpoint_block_s", "workload.jobs.0.checkpoint_durable_s"
    study = small(f"{block}=1:51", f"{durable}=30:51", strategies=TWO[:1])
    inputs = inputs_of(study)
    with pytest.raises(ScenarioError, match="checkpoint_block_s"):
        study.at({block: 50, durable: 30})
    for design in (
        _fitting_matrices(study, inputs, 6, np.random.default_rng(1)).a,
        _fitting_trajectories(study, inputs, 3, np.random.default_rng(1)).shares.reshape(-1, 2),
    ):
        for row in design:
            first, second = (one.at(row[[at]])[0] for at, one in enumerate(inputs))
            assert first <= second


def test_what_has_no_range_or_no_value_is_refused():
    with pytest.raises(ScenarioError, match="needs a range, low and high, not a list"):
        sensitivity(small(f"{PRICE}=100,200"))
    with pytest.raises(InputError, match="must be one of morris, sobol"):
        sensitivity(small(PRICE), method="guess")
    study = load_study_file("starcloud_3", set_=["mission.years=0.1", "workload.jobs=[]", "workload.inference=[]"],
                            vary=[f"{HAZARD}=0.1:0.2"], metric="cost_per_useful_gpu_hour_usd",
                            replicates=1)  # fmt: skip
    with pytest.raises(InputError, match=r"is undefined for .* choose another --metric"):
        sensitivity(study, points=2, replicates=1, workers=1)


def test_designs_fit_where_everything_does():
    study = small(f"{PRICE}=100:1000", f"{VALUE}=1:3")
    inputs = inputs_of(study)
    design = _fitting_trajectories(study, inputs, 4, np.random.default_rng(1))
    assert design.shares.shape == (4, 3, 2)
    matrices = _fitting_matrices(study, inputs, 5, np.random.default_rng(1))
    assert (np.sort((np.hstack([matrices.a, matrices.b]) * 5).astype(int), axis=0) == np.arange(5)[:, None]).all()
