"""Two generations of satellites in one fleet: each ages, weighs and costs what its own design says."""

import numpy as np
import pytest

from sim.economics import Item, bills_of, costs
from sim.environment import Environment
from sim.errors import InputError
from sim.events import ARRIVALS, ENDS, EventKind
from sim.metrics import measure
from sim.scenario import load
from sim.strategies import Launch, Strategy

LATER = {"v2": {"gpus": 3, "mass_kg": 2, "available_from_day": 100, "bus_usd": 10, "gpu_usd": 5}}


def with_v2(fleet, **over):
    scenario = fleet(slots=3, gpus=2, days=600, life_days=150, lead=10, **over)
    return scenario.model_validate({**scenario.model_dump(mode="json"), "designs": LATER})


def test_what_is_ordered_from_its_day_on_is_of_the_newest_design(fleet, checked_run):
    log = checked_run(with_v2(fleet), "replace_on_failure").events
    arrived = log.where(*ARRIVALS)
    assert set(arrived.design[arrived.time_days < 110].tolist()) == {0}
    assert set(arrived.design[arrived.time_days > 110].tolist()) == {1}
    gpus = np.where(arrived.design == 1, 3, 2)
    assert arrived.gpus.tolist() == gpus.tolist()
    # What ends takes its own GPUs along: 2 of the first generation, 3 of the second.
    ended = log.where(*ENDS)
    assert set(zip(ended.design.tolist(), ended.gpus.tolist(), strict=True)) == {(0, -2), (1, -3)}


def test_a_strategy_may_insist_on_a_design(fleet, checked_run):
    scenario = with_v2(fleet, strategies={"replace_on_failure": {"design": "satellite"}})
    assert set(checked_run(scenario, "replace_on_failure").events.design.tolist()) == {0}


def test_each_design_has_its_own_mass_and_price(fleet, checked_run):
    result = checked_run(with_v2(fleet), "replace_on_failure")
    first, second = bills_of(result.scenario, result.parts)
    assert (first.usd, second.usd) == (1 + 2 * 1, 10 + 3 * 5)
    flown = result.events.where(EventKind.LAUNCHED)
    count = np.bincount(flown.design, flown.amount)
    money = costs(result)
    assert money[Item.SATELLITES] + money[Item.GPUS] == pytest.approx(count[0] * first.usd + count[1] * second.usd)
    measured = measure(result)
    launched = measured["mass_launched_t"] + measured["deployment_mass_t"]
    assert launched == pytest.approx((count[0] * 1 + count[1] * 2) / 1000)


def test_the_shipped_overlay_flies_two_generations(checked_run):
    scenario = load(
        "baseline", "overlays/second_generation", set_=["workload.jobs=[]", "satellite.design_life_years=2"]
    )
    result = checked_run(scenario, "scheduled_batch")
    arrived = result.events.where(*ARRIVALS)
    assert set(arrived.design.tolist()) == {0, 1}
    last = arrived.time_days > 1300
    assert last.any()
    assert set(arrived.design[last].tolist()) == {1}


@pytest.mark.parametrize(("design", "message"), [("v3", "designs are satellite, v2"), ("v2", "from day 100 on")])
def test_a_design_that_cannot_be_ordered_is_refused(fleet, checked_run, monkeypatch, design, message):
    class Eager(Strategy):
        def decide(self, view):
            return [] if view.on_order[0] else [Launch(0, 1, design=design)]

    scenario = with_v2(fleet)
    monkeypatch.setattr(type(scenario), "strategy_named", lambda self, name: Eager())
    with pytest.raises(InputError, match=message):
        checked_run(scenario, "eager")


def test_gangs_run_on_satellites_of_both_designs(checked_run):
    # Silent on one design, hit on the other: the rates of a gang are the sums over its satellites' own designs.
    later = {"second": {"gpus": 36, "gpu": {"hbm_gb": 320}, "mass_kg": 900}}
    scenario = load("baseline", set_=["mission.years=1"])
    both = scenario.model_validate({**scenario.model_dump(mode="json"), "designs": later})
    gangs = Environment.build(both).gangs
    fluence = lambda edges: np.zeros(len(edges) - 1)  # noqa: E731 (no storms)

    def mean(makes):
        units = gangs.units(np.array([32, 32]), makes)
        rates = gangs.rates(0, np.array([0, 1]), makes, units, fluence).over(0, 100)
        return float(rates.in_passes.sum(axis=0).mean() + rates.steady.mean())

    old, new, mixed = mean([(0, 0)] * 2), mean([(1, 0)] * 2), mean([(0, 0), (1, 0)])
    assert new > 3 * old  # ten times the memory
    assert mixed == pytest.approx((old + new) / 2, rel=1e-9)


def test_a_fleet_of_two_generations_trains(checked_run):
    # Long enough for a second replacement: what lasts to the end of the mission gets no successor.
    settings = ["satellite.design_life_years=1", "mission.years=3", "constellation.shells.0.planes=1"]
    jobs = ["workload.jobs=[{name: t, count: 18, gpus: 32, restart_min: 5}]"]
    result = checked_run(load("baseline", "overlays/second_generation", set_=[*settings, *jobs]), "scheduled_batch")
    arrived = result.events.where(*ARRIVALS)
    assert set(arrived.design.tolist()) == {0, 1}
    late = result.events.where(EventKind.COMMITTED)
    assert late.amount[late.time_days > 700].sum() > 0
