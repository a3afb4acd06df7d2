"""The same arguments give the same log, to the bit, in whatever process and order."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from sim.engine import simulate
from sim.streams import Streams


def everything(fleet):
    """A fleet in which everything that is random happens."""
    return fleet(
        slots=12,
        gpus=6,
        spare_berths=3,
        days=900,
        life_days=800,
        gpu={"kind": "weibull", "shape": 1.5, "scale_years": 3},
        bus={"kind": "bathtub", "infant_loss_fraction": 0.1, "constant_per_year": 0.3},
        lead={"kind": "lognormal", "median_days": 40, "sigma": 0.5},
        success=0.8,
        per_flight=3,
        launch={
            "opportunity_interval_days": 20,
            "slip_days": {"kind": "exponential", "mean_days": 3},
            "stand_down": {},
        },
        deployment={"kind": "launched", "interval_days": 5},
        jobs=[{"gpus": 20, "count": 2}, {"gpus": 8, "work_gpu_hours": 5000, "arrival_day": 100, "count": 3}],
        pause=True,
        strategies={"on_orbit_spares": {"spares_per_plane": 2}},
    )


def rows(log):
    return [getattr(log, column).tobytes() for column in vars(log)]


def test_the_same_seed_gives_the_same_log(fleet, environment, checked_run):
    scenario = everything(fleet)
    first, again = (checked_run(scenario, "on_orbit_spares", seed=3, replicate=5) for _ in range(2))
    assert len(first.events) > 200
    assert rows(first.events) == rows(again.events)
    assert first.controls.values.tolist() == again.controls.values.tolist()
    for seed, replicate in ((4, 5), (3, 6)):
        other = checked_run(scenario, "on_orbit_spares", seed=seed, replicate=replicate)
        assert rows(other.events) != rows(first.events)


def test_one_run_leaves_nothing_behind_for_the_next(fleet, checked_run):
    scenario = everything(fleet)
    alone = checked_run(scenario, "scheduled_batch", seed=1, replicate=1)
    checked_run(scenario, "on_orbit_spares", seed=1, replicate=1)
    after = checked_run(scenario, "scheduled_batch", seed=1, replicate=1)
    assert rows(alone.events) == rows(after.events)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_log_does_not_depend_on_the_number_of_workers(fleet, environment, workers):
    scenario = everything(fleet)
    here = [rows(simulate(scenario, environment(scenario), "on_orbit_spares", 1, r).events) for r in range(4)]
    # Spawned processes share nothing with this one but the arguments.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(simulate, scenario, environment(scenario), "on_orbit_spares", 1, r) for r in range(4)]
        there = [rows(run.result().events) for run in runs]
    assert there == here


def test_the_order_of_planes_in_time_does_not_matter_for_a_plane(fleet, checked_run):
    # One plane's luck is addressed by its own berths: more planes after it change nothing in it.
    law = {"kind": "weibull", "shape": 2, "scale_years": 1}
    one, three = (
        checked_run(fleet(slots=6, gpus=3, gpu=law, bus=law, shell={"planes": planes}, days=500)).events
        for planes in (1, 3)
    )
    first = three.where(*set(three.kind.tolist()))
    here = (first.plane == 0) & (first.time_days > 0)
    assert one.time_days[one.time_days > 0].tolist() == first.time_days[here].tolist()


def test_a_stream_is_given_once():
    streams = Streams(1, 0)
    streams.of("order", 1, 2)
    with pytest.raises(ValueError, match=r"stream order\(1, 2\) is already in use"):
        streams.of("order", 1, 2)
