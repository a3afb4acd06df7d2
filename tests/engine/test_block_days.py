"""Whatever the length of a block, a fleet walked in blocks does what the exact engine does, on the same days."""

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.metrics import CLASSES, measure, waterfall
from sim.scenario import load

SHELL = (
    "constellation.shells.0.planes=3",
    "constellation.shells.0.satellites_per_plane=20",
    "constellation.spare_berths_per_plane=4",
    "satellite.gpus=16",
    "satellite.mass_kg=740",
    "mission.years=6",
    "deployment={kind: in_place}",
    "launch.vehicle.success_probability=1",
    "launch.slip_days={kind: constant, days: 3}",  # no luck of their own: flights are the same in both
    "launch.flights_per_opportunity=20",
)
NO_JOBS = "workload.jobs=[]"
SERVICE = (
    "workload.inference="
    "[{{name: a, gpus_per_replica: {0}, replica_within: {1}, demand: {{kind: share, fraction: {2}}}}}]"
)
MODES = ("exact", "block")


def measured(strategy, *settings, replicates=4):
    """Means of every metric."""
    scenario = load("baseline", set_=[*SHELL, *settings])
    environment = Environment.build(scenario)
    runs = [measure(simulate(scenario, environment, strategy, 3, one)) for one in range(replicates)]
    return {name: np.mean([run[name] for run in runs]) for name in runs[0]}


@pytest.fixture(scope="module", params=["replace_on_failure", "on_orbit_spares", "age_replacement"])
def kept_up(request):
    return request.param, measured(request.param, NO_JOBS, "simulation.mode=exact")


@pytest.mark.parametrize("days", [1, 4, 10])
def test_orders_and_spares_go_out_on_the_day_of_what_they_answer(kept_up, days):
    strategy, exact = kept_up
    block = measured(strategy, NO_JOBS, "simulation.mode=block", f"simulation.block_days={days}")
    for name in ("days_on_ground", "mean_on_order", "launches", "satellites_launched", "satellites_relieved"):
        assert block[name] == pytest.approx(exact[name], rel=0.03), name
    assert block["time_to_restore_days"] == pytest.approx(exact["time_to_restore_days"], rel=0.05)


@pytest.mark.parametrize("days", [1, 10, 30])
def test_satellites_are_online_from_the_day_of_their_coming_to_that_of_their_end(days):
    # All satellites end on one day, in the middle of a block; light moves by a tenth within a month.
    settings = (NO_JOBS, "simulation.mode=block", f"simulation.block_days={days}")
    exact, block = measured("run_to_failure", NO_JOBS, "simulation.mode=exact"), measured("run_to_failure", *settings)
    assert block["compute_availability"] == pytest.approx(exact["compute_availability"], rel=2e-4)


def test_a_spare_is_online_from_the_day_of_its_placing():
    few, many = (
        measured("on_orbit_spares", NO_JOBS, "simulation.mode=block", f"simulation.block_days={days}")
        for days in (1, 30)
    )
    assert few["spares_consumed"] > 5
    assert many["compute_availability"] == pytest.approx(few["compute_availability"], rel=5e-4)
    assert many["satellite_availability"] == pytest.approx(few["satellite_availability"], rel=5e-4)


def test_a_review_has_its_day_however_long_a_block_is():
    # Orders from the end of its block may miss a flight, and are out of step with the next review.
    settings = ("simulation.mode=block", "simulation.block_days=8", "strategies.scheduled_batch.review_period_days=91")
    scenario = load("baseline", set_=[*SHELL, NO_JOBS, *settings])
    log = simulate(scenario, Environment.build(scenario), "scheduled_batch", 3, 0).events
    ordered = log.time_days[log.of(EventKind.ORDERED)]
    assert len(ordered) > 5
    assert (ordered % 91 == 0).all()


@pytest.mark.parametrize(("size", "within", "share"), [(4, "satellite", 0.5), (16, "satellite", 1), (40, "plane", 1)])
def test_services_find_as_many_whole_replicas_and_lose_as_many(size, within, share):
    # Demand lies between the least and the most of what a day's light allows: months would smooth that away.
    settings = (NO_JOBS, SERVICE.format(size, within, share))
    exact, block = (measured("run_to_failure", *settings, f"simulation.mode={mode}") for mode in ("exact", "block"))
    for name in ("served_gpu_hours", "idle_gpu_hours", "tokens_unmet"):
        assert block[name] == pytest.approx(exact[name], rel=4e-3 if within == "satellite" else 0.01), name
    # Where replicas span satellites those that lose several GPUs at once end once.
    tolerance = 0.03 if within == "satellite" else 0.1
    assert block["repeated_gpu_hours"] == pytest.approx(exact["repeated_gpu_hours"], rel=tolerance)


def test_a_satellite_that_makes_room_for_another_ends_no_replica():
    settings = (NO_JOBS, SERVICE.format(4, "satellite", 0.6))
    exact, block = (measured("age_replacement", *settings, f"simulation.mode={mode}") for mode in ("exact", "block"))
    assert exact["satellites_relieved"] > 30
    assert block["repeated_gpu_hours"] == pytest.approx(exact["repeated_gpu_hours"], rel=0.03)


def test_jobs_start_as_the_fleet_comes():
    launched = "deployment={kind: launched, first_launch_day: 0, interval_days: 60}"
    jobs = "workload.jobs.0.count=25"
    settings = (launched, jobs, "mission.years=3", "workload.jobs.0.gpus=32")
    exact, block = (measured("run_to_failure", *settings, f"simulation.mode={mode}") for mode in ("exact", "block"))
    assert block["queueing_delay_days"] == pytest.approx(exact["queueing_delay_days"], rel=0.05)
    assert block["jobs_never_started"] == exact["jobs_never_started"]
    for name in ("effective_training_time_ratio", "useful_gpu_hours"):
        assert block[name] == pytest.approx(exact[name], rel=0.02), name


def test_gangs_fill_one_plane_before_the_next_and_stay():
    # So those of the first planes lack GPUs that fail, while others are free where they cannot take them.
    settings = ("satellite.gpus=36", "constellation.shells.0.satellites_per_plane=30", "mission.years=3")
    settings = (*settings, "workload.jobs.0.gpus=32", "workload.jobs.0.count=60")
    found = [measured("run_to_failure", *settings, f"simulation.mode={mode}", replicates=2) for mode in MODES]
    for name in ("useful_gpu_hours", "stranded_gpu_hours", "idle_gpu_hours"):
        exact, block = (one[name] for one in found)
        assert block == pytest.approx(exact, rel=0.02), name


def test_the_accounts_of_blocks_that_train_add_up():
    block = measured("run_to_failure", "simulation.mode=block", "mission.years=3", "workload.jobs.0.gpus=16")
    shares = waterfall(block)
    assert set(shares) == set(CLASSES)
    assert sum(shares.values()) == pytest.approx(block["online_gpu_hours"], rel=1e-5)  # GPUs die in months and in days
    each = waterfall({name: np.array([value, value]) for name, value in block.items()})
    assert {name: hours.tolist() for name, hours in each.items()} == {n: [hours] * 2 for n, hours in shares.items()}
    serving = measured("run_to_failure", NO_JOBS, SERVICE.format(4, "satellite", 1), "simulation.mode=block")
    assert serving["repeated_gpu_hours"] > 0
