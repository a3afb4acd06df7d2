"""A study under other prices is what simulating at them gives, and parity is where two strategies cost the same."""

import dataclasses
from math import inf, isnan
from types import SimpleNamespace

import numpy as np
import pytest

from sim import experiment
from sim.errors import InputError
from sim.metrics import METRICS
from sim.scenario.models import Scenario

NAMES = ["run_to_failure", "replace_on_failure", "marginal_value", "servicing_and_replacement"]
OFTEN = {"kind": "exponential", "rate_per_year": 0.3}
OLD = {"launch.vehicle.price.usd": 2e5, "service.value_usd_per_gpu_hour": 2.0, "servicing.usd": 1e5,
       "servicing.usd_per_hour": 1.0, "servicing.cartridge.usd": 1.0,
       "servicing.resupply_price": {"kind": "per_kg", "usd_per_kg": 0.1}}  # fmt: skip
NEW = {"launch.vehicle.price.usd": 9e6, "service.value_usd_per_gpu_hour": 3.0, "servicing.usd": 3e5,
       "servicing.usd_per_hour": 900.0, "servicing.cartridge.usd": 70.0, "economics.gpu_usd": 5e3,
       "servicing.resupply_price": {"kind": "per_kg", "usd_per_kg": 50}}  # fmt: skip


def changed(scenario: Scenario, values: dict) -> Scenario:
    raw = scenario.model_dump(mode="json")
    for path, value in values.items():
        *way, last = path.split(".")
        part = raw
        for step in way:
            part = part[step]
        part[last] = value
    return Scenario.model_validate(raw)


@pytest.fixture(scope="module")
def small(fleet):
    jobs = [
        {
            "gpus": 4,
            "count": "fill",
            "checkpoint_interval_min": 60,
            "checkpoint_block_s": 60,
            "checkpoint_durable_s": 60,
            "restart_min": 5,
        }
    ]
    plain = fleet(slots=8, gpus=4, bus=OFTEN, gpu=OFTEN, lead=60, jobs=jobs, days=1000, servicing={"kind": "robots"})
    return changed(plain, OLD)


@pytest.fixture(scope="module")
def study(small):
    return experiment.compare(small, NAMES, replicates=4, seed=4, workers=1)


def test_other_prices_give_what_simulating_at_them_gives(small, study):
    dear = changed(small, NEW)
    found, anew = experiment.reprice(study, dear, workers=1), experiment.compare(dear, NAMES, 4, 4, workers=1)
    assert found.to_json()["strategies"] == anew.to_json()["strategies"]
    assert found.to_json()["causes"] == anew.to_json()["causes"]
    assert all(np.array_equal(found.series[name], anew.series[name]) for name in anew.series)
    for strategy in NAMES:
        for metric in METRICS:
            assert np.array_equal(found.values(strategy, metric), anew.values(strategy, metric), equal_nan=True)
        assert len(found.events(strategy, 1)) == len(anew.events(strategy, 1))
    # All four prices and the value count, and the one who looks at prices does otherwise.
    assert (found.values("servicing_and_replacement", "net_cost_usd") != study.values(NAMES[3], "net_cost_usd")).all()
    assert study.values("marginal_value", "launches").mean() > found.values("marginal_value", "launches").mean()


@pytest.mark.parametrize("path", [*NEW])
def test_each_price_counts(small, study, path):
    one = experiment.reprice(study.select(NAMES[3]), changed(small, {path: NEW[path]}))
    assert (one.values(NAMES[3], "net_cost_usd") != study.values(NAMES[3], "net_cost_usd")).all()


@pytest.mark.parametrize(
    ("path", "value"),
    [("servicing.dry_kg", 500.0), ("reliability.gpu.rate_per_year", 0.2), ("service.sla_capacity_fraction", 0.5)],
)
def test_what_is_no_price_must_be_simulated(small, study, path, value):
    with pytest.raises(InputError, match=f"^{path}: not among the prices"):
        experiment.reprice(study, changed(small, {path: value}))


def test_a_name_and_what_is_said_of_a_scenario_are_no_difference(small, study):
    renamed = changed(
        small, {"name": "dear", "description": "all is dear", "changes": ["servicing.usd=3e5"], "servicing.usd": 3e5}
    )
    found = experiment.reprice(study, renamed, workers=1)
    same = experiment.reprice(study, changed(small, {"servicing.usd": 3e5}), workers=1)
    assert found.scenario.name == "dear"
    assert all(np.array_equal(found.values(name, "net_cost_usd"), same.values(name, "net_cost_usd")) for name in NAMES)


@pytest.mark.parametrize(
    ("path", "value"),
    [("reliability.gpu.rate_per_year", 0.2), ("satellite.gpus", 5), ("constellation.shells", None)],
)
def test_parity_of_two_fleets_is_refused(small, study, path, value):
    shell = small.model_dump(mode="json")["constellation"]["shells"][0] | {"altitude_km": 700}
    other = dataclasses.replace(study, scenario=changed(small, {path: [shell] if value is None else value}))
    with pytest.raises(InputError, match=f"^parity needs one study at two price lists, and these differ in {path}$"):
        experiment.parity(study, other, NAMES[0], NAMES[1])


def test_a_rideshare_that_is_too_small_is_refused(small, study):
    light = {"kind": "rideshare", "most_kg_per_satellite": 0.5}
    with pytest.raises(InputError, match="most_kg_per_satellite"):
        experiment.reprice(study, changed(small, {"launch.vehicle.price": light}))


def test_parity_is_where_both_cost_the_same(small, study):
    few = study.select("replace_on_failure", "servicing_and_replacement")
    free, dear = (experiment.reprice(few, changed(small, {"servicing.usd": usd})) for usd in (0, 1e6))
    share, low, high = experiment.parity(free, dear, "servicing_and_replacement", "replace_on_failure")
    assert low < share < high
    assert share > 0
    there = experiment.reprice(few, changed(small, {"servicing.usd": share * 1e6}))
    gap = there.values("servicing_and_replacement", "net_cost_usd") - there.values("replace_on_failure", "net_cost_usd")
    assert gap.mean() == pytest.approx(0, abs=1e-6 * dear.values("servicing_and_replacement", "net_cost_usd").max())


def test_parity_without_a_bound_or_one_replicate(small, study):
    few = study.select("run_to_failure", "replace_on_failure")
    other = experiment.reprice(few, changed(small, {"servicing.usd": 9e9}))
    assert experiment.parity(few, other, "run_to_failure", "replace_on_failure") == (inf, -inf, inf)
    one = experiment.compare(small, ["run_to_failure", "servicing_and_replacement"], replicates=1, workers=1)
    dear = experiment.reprice(one, changed(small, {"servicing.usd": 9e9}))
    assert isnan(experiment.parity(one, dear, "servicing_and_replacement", "run_to_failure").low)
    with pytest.raises(InputError, match="one study"):
        experiment.parity(one, few, "run_to_failure", "replace_on_failure")


def test_some_strategies_of_a_study(study):
    few = study.select("marginal_value", "run_to_failure")
    assert few.strategies == ("marginal_value", "run_to_failure")
    assert few.metrics("marginal_value") == study.metrics("marginal_value")
    assert few.causes("run_to_failure") == study.causes("run_to_failure")
    assert np.array_equal(few.series["online_fraction"][0], study.series["online_fraction"][2])
    assert "servicing" not in few.verdicts()[-1].text
    assert dataclasses.asdict(few.verdicts()[-1]) != dataclasses.asdict(study.verdicts()[-1])
    with pytest.raises(InputError, match="no strategy 'batch'"):
        study.select("batch")
    with pytest.raises(InputError, match="select needs"):
        study.select()


def test_prices_whose_rise_cancels_out_make_nobody_equal(small) -> None:
    def of(first: list[float]) -> SimpleNamespace:
        nets = {"a": np.array(first), "b": np.zeros(2)}
        return SimpleNamespace(scenario=small, seed=1, replicates=2, values=lambda name, _: nets[name])

    assert experiment.parity(of([5.0, 5.0]), of([6.0, 4.0]), "a", "b") == (np.inf, -np.inf, np.inf)
