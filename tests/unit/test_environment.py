"""Capacity, gangs and planes: what the daily tables and the exact edges say together."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim.environment import Environment
from sim.environment.design import birth_key
from sim.environment.gang_speed import union_of_arcs
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.workloads import TrainingJob

YEAR = 365.25
DAWN_DUSK = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}
SMALL = {"gpus": 8, "mass_kg": 300, "battery": {"capacity_kwh": 6}}


def gang_work(environment, plane, births, slots, efficiency):
    """Work of a gang from mission day 0 to each day, days at full speed."""
    made = [(0, birth_key(births[number % len(births)])) for number in range(len(slots))]
    table = environment.gangs.speed(plane, made, slots)
    return table.total[:-1] * efficiency


def build(fleet, environment, policy="ride_through", days=YEAR, shell=None, satellite=None, **rest):
    power = {"eclipse_policy": policy, **rest.pop("power", {})}
    return environment(
        fleet(days=days, life_days=3 * YEAR, shell=shell, satellite=satellite or SMALL, power=power, **rest)
    )


def integral(capacity, start, end):
    """Integral of a capacity between two days."""
    edges = np.clip(np.append(capacity.times_days, np.inf), start, end)
    return float((capacity.values * np.diff(edges)).sum())


# --- capacity ---


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "pause", "migrate"])
def test_capacity_of_a_spaced_plane_is_the_mean_of_light_and_dark(fleet, environment, policy):
    built = build(fleet, environment, policy)
    capacity, operation, share = built.sites[0].capacity(0, 0.0), built.designs[0].operation, built.sun.dark[0]
    daily = (1 - share) * operation.light_speed[0] + share * operation.dark_speed[0]
    for first, last in ((0, 365), (100, 101), (17, 203)):
        assert integral(capacity, first, last) == pytest.approx(daily[first:last].sum(), rel=1e-6)
    assert capacity.times_days[0] == 0
    assert (np.diff(capacity.values) != 0).all()


def test_capacity_begins_with_the_month_of_birth(fleet, environment):
    built = build(fleet, environment, satellite={**SMALL, "array": {"area_m2": 20}})
    assert built.sites[0].capacity(0, 100.0).times_days[0] == 90
    assert built.sites[0].capacity(0, 100.0) is built.sites[0].capacity(0, 119.9)
    young, old = (integral(built.sites[0].capacity(0, birth), 300, 365) for birth in (299.0, 0.0))
    assert old < young


def test_a_cluster_that_pauses_is_dark_from_edge_to_edge(fleet, environment):
    built = build(fleet, environment, "pause", days=60, shell={"formation": "cluster"}, slots=3)
    capacity = built.sites[0].capacity(0, 0.0)
    entries, exits = built.eclipses(0, 2, 0.0, built.horizon_days)
    assert len(entries) > 800

    def at(days):
        return capacity.values[np.searchsorted(capacity.times_days, days, side="right") - 1]

    instant = 1e-9
    assert (at(entries + instant) == 0).all()
    assert (at(exits - instant) == 0).all()
    assert (at(entries[entries > 0] - instant) == 1).all()
    assert (at(exits[exits < built.horizon_days] + instant) == 1).all()
    assert integral(capacity, 0, built.horizon_days) == pytest.approx(60 - (exits - entries).sum(), abs=1e-9)


def test_edges_and_the_daily_mean_agree(fleet, environment):
    cluster, spaced = (
        build(fleet, environment, "pause", shell={"formation": formation}, slots=2)
        for formation in ("cluster", "spaced")
    )
    edges, mean = (integral(each.sites[0].capacity(0, 0.0), 0, YEAR) for each in (cluster, spaced))
    # A day's mean is that of its first moment: over the year half a day of the change from one end to the other.
    dark = spaced.sun.dark[0]
    assert mean - edges == pytest.approx(0.5 * (dark[365] - dark[0]), abs=0.03)


@pytest.mark.parametrize("shell", [{"altitude_km": 550}, DAWN_DUSK], ids=["53 deg", "dawn-dusk"])
def test_battery_cycles_are_the_eclipses_that_the_exact_edges_count(fleet, environment, shell):
    built = build(fleet, environment, days=2 * YEAR, shell=shell)
    cycles = built.designs[0].operation.cycles[0, : int(built.horizon_days)].sum()
    eclipses = len(built.eclipses(0, 0, 0.0, built.horizon_days)[0])
    # A season begins or ends within a day of the daily table: up to half a day of 15 eclipses at each end.
    ends = np.count_nonzero(np.diff(built.eclipse_minutes[0] > 0))
    assert abs(cycles - eclipses) <= 2 + 8 * ends
    assert eclipses > 1000


# --- gangs ---


def test_the_slowest_satellite_sets_the_pace(fleet, environment):
    tight = {**SMALL, "battery": {"capacity_kwh": 20}, "array": {"area_m2": 22, "degradation_per_year": 0.03}}
    built = build(fleet, environment, days=2 * YEAR, satellite=tight, slots=2)
    slot = np.array([0])
    alone = [np.diff(gang_work(built, 0, [birth], slot, 1.0)) for birth in (0.0, 600.0)]
    both = np.diff(gang_work(built, 0, [600.0, 0.0], np.repeat(slot, 2), 1.0))
    assert both == pytest.approx(np.minimum(*alone), abs=1e-6)
    assert alone[0][600:].mean() < alone[1][600:].mean()


def test_a_gang_is_in_the_dark_while_any_of_its_satellites_is(fleet, environment):
    built = build(fleet, environment, slots=8)
    operation, share = built.designs[0].operation, built.sun.dark[0]
    pace = [
        np.diff(gang_work(built, 0, [0.0], slots, 1.0)) for slots in (np.array([0]), np.array([0, 1]), np.arange(8))
    ]
    light, dark = operation.light_speed[0, :-1], operation.dark_speed[0, :-1]
    one, two = share[:-1], share[:-1] + np.minimum(share[:-1], 1 / 8)
    assert pace[0] == pytest.approx((1 - one) * light + one * dark, abs=1e-6)
    assert pace[1] == pytest.approx((1 - two) * light + two * dark, abs=1e-6)
    # Satellites an eighth of an orbit apart, dark for a third of it: some satellite always is.
    assert pace[2][share[:-1] > 1 / 8] == pytest.approx(dark[share[:-1] > 1 / 8], abs=1e-6)


@pytest.mark.parametrize("policy", ["throttle", "migrate"])
def test_steps_of_ten_days_say_of_a_gang_what_days_do(policy):
    # A spaced gang at 53 degrees: some of ten days have eclipses, others none.
    settings = [f"power.eclipse_policy={policy}", "mission.years=2", "workload.jobs=[]"]
    work = []
    for mode in ("exact", "block"):
        built = Environment.build(load("baseline", set_=[*settings, f"simulation.mode={mode}"]))
        work.append([built.gangs.speed(plane, [(0, 0)] * 5, np.arange(5)).at(700.0) for plane in range(4)])
    assert work[1] == pytest.approx(work[0], rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_a_union_of_arcs_against_brute_force(seed):
    stream = np.random.default_rng(seed)
    phases = np.sort(stream.uniform(0, 2 * np.pi, stream.integers(1, 9)))
    share = stream.uniform(0, 0.6, 5)
    grid = (np.arange(200_000) + 0.5) / 200_000
    for got, arc in zip(union_of_arcs(phases, share), share, strict=True):
        behind = (grid[:, None] - phases[None, :] / (2 * np.pi)) % 1.0
        assert got == pytest.approx((behind < arc).any(axis=1).mean(), abs=1e-4)


def test_satellites_that_share_a_place_share_the_dark(fleet, environment):
    built = build(fleet, environment, shell={"formation": "cluster"}, slots=5)
    assert (gang_work(built, 0, [0.0], np.arange(5), 1.0) == gang_work(built, 0, [0.0], np.array([0]), 1.0)).all()


def test_migration_pays_a_hand_over_for_every_satellite_and_orbit(fleet, environment):
    satellite = {**SMALL, "links": {"rate_gb_s": 400, "efficiency": 0.5, "reacquisition_s": 0}}
    power = {"migration_gb_per_gpu": 100, "migration_pause_s": 6}
    built = build(fleet, environment, "migrate", shell=DAWN_DUSK, satellite=satellite, power=power, slots=20)
    dark = built.sun.dark[0, :-1]
    # 8 GPUs x 100 GB x 8 bit / 200 Gbit/s = 32 s, and 6 s of standstill.
    for satellites in (1, 4):
        pace = np.diff(gang_work(built, 0, [0.0], np.arange(satellites), 0.9))
        handing = np.where(dark > 0, satellites * 38 / built.sun.period_s[0, 0], 0)
        assert pace == pytest.approx((1 - dark) * (1 - handing) * 0.9, abs=1e-6)
        assert pace[dark == 0] == pytest.approx(0.9)
    absurd = {"migration_gb_per_gpu": 1e6}
    stuck = build(fleet, environment, "migrate", shell=DAWN_DUSK, satellite=satellite, power=absurd, slots=20)
    assert np.diff(gang_work(stuck, 0, [0.0], np.arange(4), 1.0))[dark > 0].max() == 0


def test_a_cluster_has_nobody_in_light_to_migrate_to(fleet, environment):
    built = build(fleet, environment, "migrate", shell={**DAWN_DUSK, "formation": "cluster"}, slots=4)
    pace = np.diff(gang_work(built, 0, [0.0], np.arange(4), 1.0))
    assert pace == pytest.approx(1 - built.sun.dark[0, :-1], abs=1e-6)


def test_links_leave_a_gang_the_share_that_arithmetic_says(fleet, environment):
    links = {"rate_gb_s": 400, "range_km": 300, "mtbf_h": 100, "reacquisition_s": 36, "links_per_satellite": 2}
    built = build(fleet, environment, satellite={**SMALL, "links": links}, slots=5)
    silent = TrainingJob(gpus=40)
    assert built.gangs.communication(silent, 1) == 1.0
    up = (100 / 100.01) ** 5
    assert built.gangs.communication(silent, 5) == pytest.approx(up)
    # Ring of 5 at 320 Gbit/s after a ring of 8 at 3,200, 10 hops short of 2: 2 (P-1)/P V/B + 2 (P-1) alpha.
    inside = 2 * 7 / 8 * 80e9 / 3200e9
    ring = 2 * 4 / 5 * 80e9 / 320e9 + 8 * (300e3 / 299_792_458 + 1e-6)
    talking = TrainingJob(gpus=40, gradient_gb=10, step_compute_s=2, overlap=0)
    assert built.gangs.communication(talking, 5) == pytest.approx(up * 2 / (2 + inside + ring), rel=1e-9)
    rarely = TrainingJob(gpus=40, gradient_gb=10, step_compute_s=2, local_steps=10, overlap=0)
    assert built.gangs.communication(rarely, 5) == pytest.approx(up * 2 / (2 + (inside + ring) / 10), rel=1e-9)
    hidden = TrainingJob(gpus=40, gradient_gb=10, step_compute_s=2, overlap=0.5)
    assert built.gangs.communication(hidden, 5) == pytest.approx(up * 2 / (2 + (inside + ring) / 2), rel=1e-9)


def test_interruptions_add_up_over_chips_hosts_satellites_and_the_job(fleet, environment):
    rates = {"gpu": 3.0, "host": 5.0, "satellite": 7.0, "job": 11.0}
    interruptions = {f"per_{per}": {"rate_per_year": rate, "per": per} for per, rate in rates.items()}
    reliability = {"interruptions": interruptions}
    satellite = {**SMALL, "gpus_per_host": 4}
    yearly = {"kind": "exponential", "rate_per_year": 0.5}
    built = build(fleet, environment, satellite=satellite, slots=5, gpu=yearly, reliability=reliability)
    # 21 GPUs over 3 satellites, 7 on each: two hosts a satellite.
    a_year = {"gpu": 21 * 3, "host": 6 * 5, "satellite": 3 * 7, "job": 11}
    got = built.gangs.per_day(0, TrainingJob(gpus=21))
    numbers = built.scenario.cause_numbers
    assert {per: got[numbers[f"per_{per}"]] * YEAR for per in rates} == pytest.approx(a_year)
    # With the loss of chips beside them.
    assert YEAR / built.gangs.mtbf_days(TrainingJob(gpus=21)) == pytest.approx(sum(a_year.values()) + 21 * 0.5)


# --- planes ---


def eclipse_season(built):
    """Days of the first year with an eclipse, and minutes of darkness an orbit over it."""
    minutes = built.eclipse_minutes[0, :365]
    return np.flatnonzero(minutes > 0), minutes


def test_a_held_node_keeps_its_season_and_a_free_one_drifts(fleet, environment):
    shell = {"kind": "sun_synchronous", "altitude_km": 600, "ltan_h": 9}
    held, free = (
        build(fleet, environment, days=5 * YEAR, shell={**shell, "node_keeping": keeping})
        for keeping in ("held", "free")
    )
    first, last = slice(0, 30), slice(-365, None)
    assert free.eclipse_minutes[0, first] == pytest.approx(held.eclipse_minutes[0, first], abs=0.05)
    # An LTAN of 9 h is where the Sun tilts a plane fastest: 36 minutes of local time in five years.
    apart = free.eclipse_minutes[0, last] - held.eclipse_minutes[0, last]
    assert np.abs(apart).max() > 0.5
    same = held.eclipse_minutes[0, 365 + 1 : 365 + 361] - held.eclipse_minutes[0, 4 * 365 + 2 : 4 * 365 + 362]
    assert np.abs(same).max() < np.abs(apart).max() / 2


def test_an_inclination_error_drifts_only_a_free_node(fleet, environment):
    def minutes(keeping, error):
        shell = {**DAWN_DUSK, "node_keeping": keeping, "inclination_error_deg": error}
        return build(fleet, environment, days=2 * YEAR, shell=shell).eclipse_minutes[0, -365:]

    assert (minutes("held", 0.0) == minutes("held", 0.1)).all()
    assert np.abs(minutes("free", 0.1) - minutes("free", 0.0)).max() > 1


@pytest.mark.parametrize("offset", [15.0, -30.0])
def test_a_node_off_its_place_is_another_local_time(fleet, environment, offset):
    off = build(fleet, environment, shell={**DAWN_DUSK, "node_offset_deg": offset})
    meant = build(fleet, environment, shell={**DAWN_DUSK, "ltan_h": 6 + offset / 15})
    assert off.planes[0].ltan_h == meant.planes[0].ltan_h
    assert off.eclipse_minutes == pytest.approx(meant.eclipse_minutes, abs=1e-4)
    assert off.eclipse_minutes.sum() > build(fleet, environment, shell=DAWN_DUSK).eclipse_minutes.sum()


def test_a_walker_node_off_its_place(fleet, environment):
    off = build(fleet, environment, shell={"raan_deg": 350, "node_offset_deg": 25})
    assert off.planes[0].raan_deg == pytest.approx(15, abs=1e-9)
    assert off.eclipse_minutes == pytest.approx(build(fleet, environment, shell={"raan_deg": 15}).eclipse_minutes)


def test_a_mission_before_the_solar_cycles_table_is_refused(fleet, environment):
    build(fleet, environment, days=30, start="2020-01-01")
    with pytest.raises(ValueError, match="2019-12-31: the table of the solar cycle begins on 2020-01-01"):
        build(fleet, environment, days=30, start="2019-12-31")


def test_a_mission_past_the_ephemeris_is_refused(fleet):
    with pytest.raises(ValueError, match="past the planetary ephemeris"):
        fleet(start="2045-01-01", days=9 * YEAR)
    assert fleet(start="2045-01-01", days=8 * YEAR).mission.start == date(2045, 1, 1)


def test_every_plane_of_every_shell_has_its_own_light(fleet, environment):
    raw = fleet(days=100, satellite=SMALL).model_dump(mode="json")
    raw["constellation"]["shells"] = [
        {"kind": "walker", "altitude_km": 600, "inclination_deg": 53, "planes": 3, "satellites_per_plane": 2},
        {**DAWN_DUSK, "satellites_per_plane": 2},
        {"kind": "walker", "altitude_km": 1200, "inclination_deg": 30, "planes": 1, "satellites_per_plane": 2},
    ]
    together = environment(Scenario.model_validate(raw))
    assert [plane.shell for plane in together.planes] == [0, 0, 0, 1, 2]
    raw["constellation"]["shells"] = raw["constellation"]["shells"][1:2]
    alone = environment(Scenario.model_validate(raw))
    assert together.eclipse_minutes[3] == pytest.approx(alone.eclipse_minutes[0], abs=1e-6)
    assert len({tuple(row) for row in together.eclipse_minutes.tolist()}) == 5
