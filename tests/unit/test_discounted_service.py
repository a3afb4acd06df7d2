"""When output that services sell is worth what: by the days on which it was made, however it is written down."""

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.metrics.money import useful_spans
from sim.scenario import load

NEVER = "{kind: exponential, rate_per_year: 0}"


def run(planes, mode):
    settings = (
        f"reliability.gpu={NEVER}",
        f"reliability.bus={NEVER}",
        "mission.years=1",
        "workload.jobs=[]",
        "deployment={kind: in_place}",
        "constellation.shells.0.satellites_per_plane=2",
        f"constellation.shells.0.planes={planes}",
        "constellation.shells.0.ltan_spacing_h=0.01",
        f"simulation.mode={mode}",
    )
    scenario = load("spacex_ai1", set_=settings)
    return simulate(scenario, Environment.build(scenario), "run_to_failure", 1, 0)


@pytest.mark.parametrize(("planes", "mode"), [(1, "block"), (2, "exact"), (2, "block")])
def test_the_work_of_a_month_is_spread_over_it_whatever_the_planes_and_the_mode(planes, mode):
    def mean_day(result):
        starts, ends, hours = useful_spans(result)
        return hours @ (0.5 * (starts + ends)) / hours.sum()

    # Nothing fails, so it is the middle of the mission, but for seasons, and rows that are dated a day early.
    assert mean_day(run(planes, mode)) == pytest.approx(mean_day(run(1, "exact")), abs=0.5)


def test_spans_of_one_service_cover_the_mission_once_in_each_plane():
    result = run(2, "exact")
    starts, ends, _ = useful_spans(result)
    rows = result.events.where(EventKind.SERVED)
    assert len(starts) == len(rows) == 2 * len(np.unique(rows.time_days))
    assert (ends - starts).sum() == pytest.approx(2 * rows.time_days.max())
    assert (ends > starts).all()
