"""Charge of batteries at the edges of eclipse, against a step-by-step sum, the daily tables and limits."""

import numpy as np
import pytest

import sim
from sim.environment import Environment, charge_at_edges
from sim.physics.charge import discharge_at_edges

SHORT = ["mission.years=0.3", "workload.jobs=[]"]


def one_by_one(satellite, asked, usable, gain):
    """(missing at entry, missing at exit), eclipse after eclipse."""
    entry, leaving, missing = [], [], 0.0
    for at in range(len(asked)):
        if at == 0 or satellite[at] != satellite[at - 1]:
            missing = 0.0
        entry.append(missing)
        leaving.append(max(min(missing + asked[at], usable[at]), missing))
        missing = max(leaving[-1] - gain[at], 0.0)
    return np.array(entry), np.array(leaving)


@pytest.mark.parametrize("mean_gain", [0.5, 0.95, 1.0, 1.05, 3.0])
def test_the_vectorised_walk_is_the_walk_from_eclipse_to_eclipse(mean_gain):
    rng = np.random.default_rng(3)
    satellite = np.repeat(np.arange(7), rng.integers(1, 400, 7))
    asked = rng.uniform(0.2, 1.8, len(satellite))
    gain = mean_gain * rng.uniform(0, 2, len(satellite))
    usable = np.linspace(6, 5, len(satellite))
    found = discharge_at_edges(satellite, asked, usable, gain)
    entry, leaving = one_by_one(satellite, asked, usable, gain)
    assert found.missing_at_entry == pytest.approx(entry, abs=1e-12)
    assert found.missing_at_exit == pytest.approx(leaving, abs=1e-12)
    assert (entry > 0).any()


def edges_of(*settings):
    built = Environment.build(sim.load("baseline", set_=[*SHORT, *settings]))
    return built, charge_at_edges(built.sites[0], built.designs[0], 0.0, built.horizon_days)


def test_depth_by_edges_is_that_of_the_daily_table_where_batteries_fill_up():
    built, found = edges_of()
    daily = built.designs[0].operation.depth_of_discharge[0]
    day = found.entry_day.astype(int)
    whole = (found.entry_day > 0) & (found.exit_day < built.horizon_days)
    assert (found.at_entry == 1).all()
    # The table holds at the beginning of each day: a depth lies between those of its day and the next, but for the
    # sag of the curve between two days, which is 3e-4 where a season without eclipses is near.
    lowest, highest = np.minimum(daily[:-1], daily[1:])[day], np.maximum(daily[:-1], daily[1:])[day]
    depth = 1 - found.at_exit
    inside = (depth > lowest - 0.001) & (depth < highest + 0.001)
    assert inside[whole].all()
    assert found.shed_wh.max() == 0


def test_every_eclipse_of_every_satellite_is_there_and_in_order():
    built, found = edges_of()
    for slot in (0, 19):
        entries, exits = built.eclipses(0, slot, 0.0, built.horizon_days)
        assert np.array_equal(found.entry_day[found.slot == slot], entries)
        assert np.array_equal(found.exit_day[found.slot == slot], exits)
    assert set(found.slot.tolist()) == set(range(20))


def test_a_battery_gives_no_more_than_its_limit_and_the_rest_is_shed():
    limit = 0.3
    # The load is what the battery carries through the eclipse at the day's beginning: longer ones of that day shed.
    built, found = edges_of("satellite.battery.capacity_kwh=20")
    assert found.at_exit.min() == pytest.approx(1 - limit, abs=1e-9)
    change_h = np.abs(np.diff(built.eclipse_minutes[0])).max() / 60
    load_w = built.scenario.satellite.bus_power_w + built.designs[0].operation.dark_w[0].max()
    efficiency = built.scenario.satellite.battery.discharge_efficiency
    assert 0 < found.shed_wh.max() < 1.1 * change_h * load_w / efficiency


def test_what_the_light_does_not_bring_is_missing_in_the_next_eclipse():
    # With too small an array the loads leave nothing over: what a longer eclipse takes, the light does not bring back.
    built, found = edges_of("satellite.array.area_m2=45")
    assert built.designs[0].operation.light_speed[0].min() < 1
    assert (found.at_entry < 1).any()
    assert found.at_entry.min() >= found.at_exit.min() >= 0.7 - 1e-9


def test_without_a_battery_there_is_no_charge():
    _, found = edges_of("satellite.battery.capacity_kwh=0", "power.eclipse_policy=pause", "satellite.bus_power_w=0")
    assert np.isnan(found.at_entry).all()


def test_a_longer_span_keeps_what_came_before():
    built, whole = edges_of()
    first = charge_at_edges(built.sites[0], built.designs[0], 0.0, 30.0, slots=[5])
    mine = whole.slot == 5
    n = len(first.slot) - 1  # the last may be cut by the span
    assert np.array_equal(whole.at_exit[mine][:n], first.at_exit[:n])
