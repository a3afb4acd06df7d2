"""A satellite that dies in its slot blocks it until the air has drawn it away."""

import numpy as np
import pytest

from sim.events import EventKind

SHOWN = (EventKind.BUS_FAILED, EventKind.DELIVERED, EventKind.ACTIVATED, EventKind.PLACED)


def blocking(fleet, environment, km, **more):
    """A fleet of two slots, and how long a dead satellite blocks one of them, days."""
    scenario = fleet(slots=2, days=400, satellite={"mass_kg": 500, "propulsion": {"slot_clearance_km": km}}, **more)
    return scenario, environment(scenario).keeping.clear_days(0, 50.0)


def test_a_spare_waits_until_the_dead_satellite_has_drifted_off(
    fleet, environment, checked_run, written_thresholds, log
):
    luck = written_thresholds(bus={(0, 0): 50})
    spares = {"on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0, "phasing_days": 2}}
    scenario, days = blocking(fleet, environment, 20.0, spare_berths=1, lead=1000, strategies=spares, **luck)
    assert 0.5 < days < 30
    shown = [row for row in log(checked_run(scenario, "on_orbit_spares"), *SHOWN) if row[0] > 0]
    expected = [(50, "BUS_FAILED"), (50 + days, "ACTIVATED"), (52 + days, "PLACED")]
    assert [name for _, name in shown] == [name for _, name in expected]
    assert [day for day, _ in shown] == pytest.approx([day for day, _ in expected], abs=1e-5)


def test_a_replacement_that_comes_earlier_stands_by(fleet, environment, checked_run, written_thresholds, log):
    luck = written_thresholds(bus={(0, 0): 50})
    scenario, days = blocking(fleet, environment, 500.0, lead=3, **luck)
    assert days > 4
    result = checked_run(scenario, "replace_on_failure")
    assert result.events.where(EventKind.ORDERED).time_days == pytest.approx([50])
    assert log(result, EventKind.DELIVERED)[-1][0] == pytest.approx(50 + days, abs=1e-5)


def test_with_no_clearance_the_slot_is_free_at_once(fleet, environment, checked_run, written_thresholds, log):
    luck = written_thresholds(bus={(0, 0): 50})
    scenario, days = blocking(fleet, environment, 0.0, lead=3, **luck)
    assert days == 0
    assert log(checked_run(scenario, "replace_on_failure"), EventKind.DELIVERED)[-1][0] == pytest.approx(53)


def test_thin_air_keeps_a_slot_blocked_for_longer(fleet, environment):
    times = [
        blocking(fleet, environment, 10.0, shell={"altitude_km": altitude})[1] for altitude in (500, 650, 1000, 1500)
    ]
    assert np.all(np.diff(times) > 0)
    # x = 3/4 n (da/dt) t^2: the time grows as the root of the distance.
    four = blocking(fleet, environment, 40.0, shell={"altitude_km": 650})[1]
    assert four == pytest.approx(2 * times[1])
