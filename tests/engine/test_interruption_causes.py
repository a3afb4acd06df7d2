"""What an interruption is put down to: time and cause come from the same rates."""

from dataclasses import replace

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment, interruption_rates
from sim.environment.interruption_rates import causes_of
from sim.events import EventKind
from sim.scenario import load
from sim.scenario.radiation import Radiation

YEAR = 365.25
POLAR = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}
JOB = {
    "gpus": 40,
    "checkpoint_interval_min": 10,
    "checkpoint_block_s": 0.6,
    "checkpoint_durable_s": 0.6,
    "restart_min": 0,
}
NO_EFFECTS = dict.fromkeys(Radiation().effects)


def stormy(fleet, *, effects, days=3 * YEAR, **more):
    """A gang at solar maximum whose storms weigh more than all else."""
    return fleet(
        slots=2,
        gpus=20,
        days=days,
        start="2034-06-01",
        shell=POLAR,
        jobs=[JOB],
        radiation={"effects": NO_EFFECTS | effects, "solar_protons": True, "solar_proton_factor": 3},
        **more,
    )


def counts(result):
    """Interruptions by cause."""
    log, found = result.events.where(EventKind.SOFT_INTERRUPTED), {}
    for number, amount in zip(log.cause.tolist(), log.amount.tolist(), strict=True):
        name = result.scenario.cause_name(number)
        found[name] = found.get(name, 0.0) + amount
    return found


def test_a_cause_of_rate_zero_never_interrupts(fleet, checked_run):
    never = {"interruptions": {"never": {"rate_per_year": 0}}}
    found = counts(checked_run(stormy(fleet, effects={"error": {"rad_per_event": 1}}, reliability=never)))
    assert found["error"] > 1000
    assert "never" not in found


def test_storms_are_put_down_to_what_they_cause(fleet, checked_run, environment):
    # Galactic ions have no part in storms of protons; errors have, and are many in them.
    ions = {"saturation_cm2": 3e-2, "onset_mev_cm2_mg": 1, "width_mev_cm2_mg": 20, "shape": 1.5}
    scenario = stormy(fleet, effects={"error": {"rad_per_event": 2}, "by_ions": {"heavy_ions": ions}})
    radiation = environment(scenario).radiation
    steady = radiation.trapped_per_day(0) + radiation.cosmic_per_day(0)
    per_error = radiation.exposure(0).storm_events[0]
    assert radiation.exposure(0).storm_events[1] == 0
    total, expected, in_storms = np.zeros(2), np.zeros(2), 0.0
    for replicate in range(6):
        result = checked_run(scenario, replicate=replicate)
        found = counts(result)
        total += [found["error"], found["by_ions"]]
        storms = 40 * per_error * result.events.total(EventKind.STORM)
        in_storms += storms
        expected += 40 * steady[:, : int(3 * YEAR)].sum(axis=1) + [storms, 0.0]
    assert in_storms > 0.3 * expected[0]
    assert expected[1] > 100
    # The last storm may outlast the mission: a thirtieth of what came in storms at the most.
    assert abs(total[0] - expected[0]) < 4 * np.sqrt(expected[0]) + in_storms / 30
    assert abs(total[1] - expected[1]) < 4 * np.sqrt(expected[1])


@pytest.fixture
def rates(fleet, environment):
    """A gang's rates: errors come in passes only, and one cause of the others is impossible."""
    interruptions = {
        "driver": {"rate_per_year": 2, "per": "gpu"},
        "never": {"rate_per_year": 0},
        "software": {"rate_per_year": 100, "per": "job"},
    }
    effects = NO_EFFECTS | {"error": {"rad_per_event": 1}}
    scenario = fleet(
        slots=3,
        gpus=10,
        shell=POLAR,
        jobs=[{"gpus": 30}],
        radiation={"effects": effects},
        reliability={"interruptions": interruptions},
    )
    gangs = environment(scenario).gangs
    names = [scenario.cause_name(cause.cause) for cause in gangs.causes]
    assert names == ["error", "driver", "never", "software"]
    makes = [(0, 0)] * 3
    units = gangs.units(np.full(3, 10), makes)
    return gangs.rates(0, np.arange(3), makes, units, lambda edges: np.zeros(len(edges) - 1))


def causes(rates, block, phase, second):
    """Causes of arrivals in these blocks at these phases."""
    return causes_of([rates], np.zeros(len(block), int), np.asarray(block), np.asarray(phase), second)


def test_a_cause_is_drawn_in_proportion_to_the_rates_by_which_it_came(rates):
    stream = np.random.default_rng(1)
    second = stream.random(20_000)
    at_any_time = causes(rates, np.full(20_000, 7), np.full(20_000, 3), second)
    share = 30 * 2 / (30 * 2 + 100)
    assert set(at_any_time.tolist()) == {1, 3}
    assert abs(np.mean(at_any_time == 1) - share) < 4 * np.sqrt(share * (1 - share) / 20_000)
    assert set(causes(rates, np.full(9, 7), np.full(9, 1), second[:9]).tolist()) == {0}


def weighed(rates, weights):
    """The same with the steady rates of the causes times some weights."""
    (make,) = rates.makes
    units = replace(make.units, steady=make.units.steady * np.array(weights)[:, None])
    return replace(rates, makes=[replace(make, units=units)])


def test_the_edges_of_the_second_uniform_meet_no_impossible_cause(rates):
    edges = np.array([0.0, np.nextafter(1, 0)])
    assert causes(rates, [7, 7], [3, 3], edges).tolist() == [1, 3]
    assert causes(weighed(rates, [0.0, 0.0, 1.0, 1.0]), [7, 7], [3, 3], edges).tolist() == [3, 3]
    assert causes(weighed(rates, [1.0, 1.0, 1.0, 0.0]), [7, 7], [3, 3], edges).tolist() == [1, 1]


def test_an_interruption_that_nothing_can_cause_is_an_error(rates):
    with pytest.raises(RuntimeError, match="rates of all causes are 0"):
        causes(weighed(rates, [0.0] * 4), [7], [3], np.array([0.5]))


# Units of a gang


def test_hosts_of_a_gang_are_counted_satellite_by_satellite(fleet, environment):
    scenario = fleet(slots=4, gpus=10, jobs=[{"gpus": 38}], satellite={"gpus_per_host": 4})
    gangs = environment(scenario).gangs
    # 10 + 10 + 10 + 8 GPUs under 3 + 3 + 3 + 2 hosts, where 38 in a row would need ten.
    assert gangs.fresh_units(scenario.workload.jobs[0]).tolist() == [38, 11, 4, 1]
    assert gangs.units(np.array([10, 10, 9, 9]), [(0, 0)] * 4).sum(axis=1).tolist() == [38, 12, 4, 1]


@pytest.mark.parametrize(("per", "units"), [("gpu", 38), ("host", 11), ("satellite", 4), ("job", 1)])
def test_a_retried_step_costs_its_seconds_for_every_unit(fleet, environment, checked_run, per, units):
    retry = {"glitch": {"rate_per_year": 2000, "per": per, "recovery": "retry"}}
    scenario = fleet(
        slots=4,
        gpus=10,
        days=30,
        jobs=[{**JOB, "gpus": 38}],
        satellite={"gpus_per_host": 4},
        radiation={"retry_s": 60},
        reliability={"interruptions": retry},
    )
    slowed = checked_run(scenario).events.total(EventKind.SLOWED) / (38 * 24 * 30)
    writing = 10 / 10.01  # of the time is not spent on checkpoints
    assert slowed == pytest.approx(units * 2000 / YEAR * 60 / 86400 * writing, rel=1e-3)


def test_gangs_in_orbits_of_which_memory_grows_in_one_alone():
    # The upper shell has many times the dose, and other blocks of time; below memory errors stay as they are.
    low, high = (
        f"{{kind: walker, altitude_km: {km}, inclination_deg: 53, planes: 1, satellites_per_plane: 4}}"
        for km in (500, 1400)
    )
    shells = f"constellation.shells=[{low}, {high}]"
    scenario = load(
        "baseline", set_=[shells, "mission.years=2", "deployment={kind: in_place}", "workload.jobs.0.count=6"]
    )
    found = simulate(scenario, Environment.build(scenario), "run_to_failure", 1, 0).events
    hit = found.where(EventKind.SOFT_INTERRUPTED)
    above, below = (hit.amount[hit.plane == plane].sum() for plane in (1, 0))
    assert above > 5 * below > 0


def test_a_table_that_is_not_there_is_asked_for_no_place():
    tables = interruption_rates._Tables([None, np.array([1.0, 2.0])], -1.0)
    assert tables.at(np.array([0, 1, 0]), np.array([7, 1, 0])).tolist() == [-1.0, 2.0, -1.0]
