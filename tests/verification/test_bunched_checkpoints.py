"""The checkpoint interval for interruptions that come in passes of the Anomaly, against the engine and against Daly's.

A gang whose satellites fly together at 650 km meets some seven passes a day, and nearly all its interruptions in them.
"""

import numpy as np
import pytest

from sim.events import EventKind
from sim.scenario.radiation import Radiation
from sim.workloads import Rhythm, optimum_interval, useful_share
from sim.workloads.bunched import Gaps

POLAR = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6, "planes": 1, "formation": "cluster"}
DAYS, GPUS, REPLICATES = 60, 16, 3


@pytest.mark.parametrize(
    ("block_s", "restart_min", "lag_s"), [(0.59, 10, 0), (0.59, 10, 50), (60, 10, 0), (300, 2, 9000)]
)
def test_interruptions_that_come_evenly_give_dalys(block_s, restart_min, lag_s):
    rate, write, restart, lag = 20.0, block_s / 86400, restart_min / 1440, lag_s / 86400
    gaps = Gaps.of(np.full((1, 1440), rate), 1.0)
    interval = gaps.optimum(write, restart, lag)
    assert interval == pytest.approx(max(optimum_interval(1 / rate, write), lag), rel=0.02)
    for factor in (1, 2):
        rhythm = Rhythm(factor * interval, write, restart, lag)
        assert gaps.useful(rhythm) == pytest.approx(useful_share(1 / rate, rhythm), rel=1e-3)


def test_gaps_are_those_of_arrivals():
    # Two passes a period of 1 day; arrivals by thinning, their gaps counted.
    stream, days = np.random.default_rng(1), 4000
    per_day = np.full(1440, 1.0)
    per_day[100:115], per_day[700:720] = 400.0, 300.0
    gaps = Gaps.of(per_day[None, :], 1.0)
    arrivals = np.concatenate(
        [(minute + stream.random(stream.poisson(rate / 1440 * days))) / 1440 for minute, rate in enumerate(per_day)]
    )
    arrivals = np.sort(arrivals + stream.integers(0, days, len(arrivals)))
    found = np.diff(arrivals)
    for age in (1e-4, 0.003, 0.05, 0.3, 0.6, 1.2):
        number = np.count_nonzero(found > age)
        assert abs(gaps.longer(np.array(age)) * days - number) < 4 * np.sqrt(number + 1) + 0.01 * number


@pytest.fixture
def goodput(fleet, checked_run, environment):
    """`goodput(interval_min, per_day, **job)`: share of time committed in each replicate, and the rhythm chosen."""

    def run(interval, per_day, late=0.0, **job):
        def made(rad_per_event):
            effects = dict.fromkeys(Radiation().effects)
            effects["memory_error"] = {"rad_per_event": rad_per_event / (1 - late)}
            if late:
                effects["silent_corruption"] = {"rad_per_event": rad_per_event / late, "recovery": "late"}
            return fleet(
                slots=8,
                gpus=2,
                days=DAYS,
                shell=POLAR,
                jobs=[{"gpus": GPUS, "checkpoint_interval_min": interval, **job}],
                radiation={"effects": effects, "solar_protons": False, "detection_delay_h": 1},
            )

        one = made(1.0)
        rate = sum(environment(one).gangs.per_day(0, one.workload.jobs[0]).values())
        scenario = made(rate / per_day)
        here, spec = environment(scenario), scenario.workload.jobs[0]
        logs = [checked_run(scenario, replicate=replicate).events for replicate in range(REPLICATES)]
        done = np.array([log.total(EventKind.COMMITTED) for log in logs]) / (GPUS * DAYS * 24)
        return done, here.rhythms.over_the_mission(spec), here.rhythms.even(spec, here.gangs.mtbf_days(spec))

    return run


@pytest.mark.parametrize(
    ("per_day", "late", "block_s", "restart_min", "gain"),
    # Share of time that the optimum for passes gains over Daly's.  Silent corruption is noticed between two passes.
    [(30, 0.0, 0.59, 5, 0.002), (30, 0.0, 30, 5, 0.02), (60, 0.0, 60, 2, 0.06), (8, 0.4, 60, 2, 0.005)],
)
def test_the_interval_for_passes_is_best(goodput, per_day, late, block_s, restart_min, gain):
    job = {
        "late": late,
        "checkpoint_block_s": block_s,
        "checkpoint_durable_s": max(block_s, 51.0),
        "restart_min": restart_min,
    }
    best, (rhythm, useful), daly = goodput("optimum", per_day, **job)
    tried = {
        name: goodput(interval * 1440, per_day, **job)[0]
        for name, interval in (
            ("half", rhythm.interval / 2),
            ("twice", rhythm.interval * 2),
            ("daly", daly.interval),
        )
    }
    for name, done in tried.items():
        # The same luck in both: the error is that of the difference.
        error = (best - done).std(ddof=1) / np.sqrt(REPLICATES)
        least = gain if name == "daly" else 0.0
        assert (best - done).mean() > least - 2 * error, name
    # Rates vary over the mission, and where passes fall from day to day; what corruption takes back is left out.
    assert useful == pytest.approx(best.mean(), rel=0.025) or late
