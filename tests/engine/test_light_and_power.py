"""What light, power, heat and orbit keeping do to a run: rows of the log and work of gangs."""

from __future__ import annotations

import numpy as np
import pytest

from sim.environment.design import birth_key
from sim.events import Cause, EventKind
from sim.metrics import measure

YEAR = 365.25
SHELL = {"altitude_km": 550}
SATELLITE = {"gpus": 8, "mass_kg": 300, "battery": {}, "propulsion": {"vulnerable_area_m2": 0}, "links": {}}
JOB = {
    "gpus": 8,
    "checkpoint_interval_min": 60,
    "checkpoint_block_s": 0.006,
    "checkpoint_durable_s": 0.006,
    "restart_min": 0,
}


def gang_work(environment, plane, births, slots, efficiency):
    """Work of a gang from mission day 0 to each day, days at full speed."""
    table = environment.gangs.speed(plane, [(0, birth_key(birth)) for birth in births], slots)
    return table.total[:-1] * efficiency


def made(fleet, days=YEAR, policy="ride_through", satellite=None, slots=4, shell=None, life_days=5 * YEAR, **rest):
    return fleet(
        days=days,
        life_days=life_days,
        slots=slots,
        gpus=8,
        shell=shell or SHELL,
        satellite={**SATELLITE, **(satellite or {})},
        power={"eclipse_policy": policy},
        per_flight=100_000,
        **rest,
    )


# --- what ends a satellite, and what becomes of it ---


def test_satellites_out_of_propellant_are_retired_on_that_day_and_replaced(fleet, environment, checked_run):
    propulsion = {"propellant_kg": 2.2, "vulnerable_area_m2": 0, "insertion_altitude_km": 550}
    scenario = made(fleet, days=2 * YEAR, satellite={"propulsion": propulsion}, life_days=3 * YEAR)
    dry, early = environment(scenario).sites[0].planned_end(0, 0.0)
    assert early
    assert 30 < dry < 500
    log = checked_run(scenario, "replace_on_failure").events
    retired = log.where(EventKind.RETIRED)
    assert retired.time_days[:4].tolist() == [dry] * 4
    assert (retired.cause == Cause.PROPELLANT).all()
    # The new ones come at once, and last until their own propellant is used up.
    again, _ = environment(scenario).sites[0].planned_end(0, dry)
    assert (retired.time_days[4:8] == again).all()
    delivered = log.where(EventKind.DELIVERED).time_days
    assert delivered[4:8].tolist() == [dry] * 4


def test_design_life_ends_first_where_propellant_is_sized(fleet, checked_run):
    log = checked_run(made(fleet, days=400, life_days=300)).events
    retired = log.where(EventKind.RETIRED)
    assert retired.time_days.tolist() == [300.0] * 4
    assert (retired.cause == Cause.END_OF_LIFE).all()


def test_debris_hits_at_its_rate(fleet, environment, checked_run):
    propulsion = {"vulnerable_area_m2": 60_000, "propellant_kg": 200}
    scenario = made(fleet, days=YEAR / 2, slots=400, satellite={"propulsion": propulsion}, life_days=10 * YEAR)
    rate = float(environment(scenario).keeping.collisions_per_year[0])
    assert 0.1 < rate < 3
    log = checked_run(scenario).events
    hits = log.where(EventKind.BUS_FAILED)
    assert (hits.cause == Cause.DEBRIS).all()
    lost = 1 - np.exp(-rate / 2)
    assert abs(len(hits) - 400 * lost) < 4 * np.sqrt(400 * lost * (1 - lost))
    # Exponential: of those that fall, the median falls at this age.
    median = -np.log(1 - lost / 2) / rate * YEAR
    assert abs(np.count_nonzero(hits.time_days < median) - len(hits) / 2) < 4 * np.sqrt(len(hits) / 4)


def test_debris_leaves_other_luck_alone(fleet, checked_run):
    law = {"kind": "weibull", "shape": 1.5, "scale_years": 3}
    calm, hit = (
        checked_run(
            made(
                fleet,
                slots=100,
                satellite={"propulsion": {"vulnerable_area_m2": area}, "array": {"area_m2": 30}},
                bus=law,
            )
        ).events
        for area in (0, 20_000)
    )
    # A bus that failed before anything hit it fails on the same day.
    failed = {int(s): t for s, t in zip(calm.satellite, calm.time_days, strict=True) if t > 0 and s >= 0}
    buses = hit.where(EventKind.BUS_FAILED)
    assert (buses.cause == Cause.DEBRIS).any()
    own = buses.cause == Cause.BUS
    assert own.any()
    assert [failed[int(s)] for s in buses.satellite[own]] == buses.time_days[own].tolist()


def test_every_dead_bus_is_abandoned_for_the_years_it_takes_to_fall(fleet, environment, checked_run):
    law = {"kind": "weibull", "shape": 1.5, "scale_years": 1}
    scenario = made(fleet, slots=60, bus=law)
    log = checked_run(scenario).events
    dead, left = log.where(EventKind.BUS_FAILED), log.where(EventKind.ABANDONED)
    assert len(dead) > 10
    assert left.satellite.tolist() == dead.satellite.tolist()
    keeping = environment(scenario).keeping
    assert left.amount.tolist() == [keeping.years_aloft(0, day) for day in dead.time_days]
    assert (left.amount > 0).all()


def test_a_fall_beyond_the_table_is_marked(fleet, checked_run):
    law = {"kind": "weibull", "shape": 1.5, "scale_years": 1}
    left = checked_run(made(fleet, slots=20, bus=law, shell={"altitude_km": 1200})).events.where(EventKind.ABANDONED)
    assert set(left.amount.tolist()) == {-1.0}


@pytest.mark.parametrize("success", [0.0, 0.7, 1.0])
def test_a_share_of_the_retired_fails_to_lower_itself(fleet, checked_run, success):
    propulsion = {"vulnerable_area_m2": 0, "disposal_success": success}
    log = checked_run(made(fleet, slots=300, days=120, life_days=100, satellite={"propulsion": propulsion})).events
    assert log.count(EventKind.RETIRED) == 300
    spread = np.sqrt(300 * success * (1 - success))
    assert abs(log.count(EventKind.ABANDONED) - 300 * (1 - success)) <= 4 * spread


# --- derating ---


@pytest.mark.parametrize(
    ("part", "share", "cause"),
    [
        ({"battery": {"capacity_kwh": 11.5, "calendar_fade_per_year": 0.05}}, "dark_speed", Cause.BATTERY),
        ({"array": {"area_m2": 26.0}}, "light_speed", Cause.ARRAY),
        ({"radiator": {"area_m2": 4.0}}, "light_speed", Cause.HEAT),
    ],
    ids=["battery", "array", "radiator"],
)
def test_the_first_limited_day_is_logged_with_its_cause_and_speed(fleet, environment, checked_run, part, share, cause):
    scenario = made(fleet, satellite=part)
    operation = environment(scenario).designs[0].operation
    limited = np.flatnonzero(operation.limit[0])
    assert len(limited) > 0
    log = checked_run(scenario).events.where(EventKind.DERATED)
    assert log.time_days.tolist() == [float(operation.days[limited[0]])]
    assert log.cause.tolist() == [cause]
    assert log.amount.tolist() == [pytest.approx(float(getattr(operation, share)[0, limited[0]]))]


def test_what_is_sized_is_never_derated(fleet, checked_run):
    assert checked_run(made(fleet)).events.count(EventKind.DERATED) == 0


# --- work ---


def test_policies_rank_by_the_work_they_do_and_the_wear_they_cause(fleet, environment, checked_run):
    """One orbit and one satellite: what runs in the dark is work won and battery worn."""
    goodput, online, left = {}, {}, {}
    satellite = {"battery": {"capacity_kwh": 16}, "array": {"area_m2": 40}}
    for policy in ("pause", "throttle", "ride_through"):
        jobs = [{**JOB, "count": 4}]
        scenario = made(fleet, policy=policy, satellite=satellite, jobs=jobs)
        values = measure(checked_run(scenario))
        goodput[policy], online[policy] = values["goodput"], values["compute_availability"]
        left[policy] = environment(scenario).designs[0].operation.battery_fraction[0, -1]
    assert goodput["pause"] < goodput["throttle"] < goodput["ride_through"]
    assert left["pause"] > left["throttle"] > left["ride_through"]
    dark = environment(scenario).sun.dark[0, :365].mean()
    assert online["pause"] == pytest.approx(1 - dark, rel=1e-3)
    assert goodput["ride_through"] == pytest.approx(1, abs=1e-3)
    # Jobs of one satellite get what the satellite is online.
    assert goodput["throttle"] == pytest.approx(online["throttle"], rel=1e-3)
    assert goodput["pause"] == pytest.approx(online["pause"], abs=0.02)  # less a checkpoint's rest at each dusk


def test_migration_beats_a_pause_for_a_gang_that_never_is_all_in_light(fleet, checked_run):
    goodput = {
        policy: measure(checked_run(made(fleet, policy=policy, days=60, slots=8, jobs=[{**JOB, "gpus": 64}])))[
            "goodput"
        ]
        for policy in ("pause", "migrate", "ride_through")
    }
    assert goodput["pause"] < goodput["migrate"] < goodput["ride_through"]


def test_time_lost_to_slowness_is_what_the_speed_says(fleet, environment, checked_run):
    scenario = made(fleet, satellite={"array": {"area_m2": 24.0}}, jobs=[JOB], slots=1)
    log = checked_run(scenario).events
    work = gang_work(environment(scenario), 0, [0.0], np.array([0]), 1.0)
    done = np.interp(YEAR, environment(scenario).days, work)
    assert 0.5 < done / YEAR < 0.99
    assert log.total(EventKind.COMMITTED) + log.total(EventKind.UNCOMMITTED) == pytest.approx(done * 8 * 24, rel=1e-5)
    assert log.total(EventKind.SLOWED) == pytest.approx((YEAR - done) * 8 * 24, rel=1e-5)


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "migrate"])
@pytest.mark.parametrize("days", [3.0, 40.0, 200.0])
def test_a_finite_job_under_changing_speed_ends_when_the_work_is_done(fleet, environment, checked_run, policy, days):
    job = {**JOB, "work_gpu_hours": 8 * 24 * days, "arrival_day": 10.0}
    scenario = made(fleet, policy=policy, satellite={"array": {"area_m2": 24.0}}, jobs=[job], slots=1)
    speed = np.diff(gang_work(environment(scenario), 0, [0.0], np.array([0]), 1.0))
    assert speed.min() < speed.max() < 1.0001
    step, now, left = 1 / 1440, 10.0, days
    while left > 0:
        left -= step * speed[int(now + 1e-9)]
        now += step
    finished = checked_run(scenario).events.where(EventKind.JOB_FINISHED).time_days
    assert finished.tolist() == [pytest.approx(now, abs=3 * step)]


def test_manoeuvres_cost_exactly_their_minutes(fleet, checked_run):
    def availability(minutes):
        propulsion = {"vulnerable_area_m2": 0, "manoeuvres_per_year": 33, "manoeuvre_pause_min": minutes}
        return measure(checked_run(made(fleet, satellite={"propulsion": propulsion}, jobs=[{**JOB, "count": 4}])))

    still, moving = availability(0), availability(120)
    share = 33 * 120 / (1440 * YEAR)
    assert moving["compute_availability"] == pytest.approx(still["compute_availability"] * (1 - share), rel=1e-6)
    assert moving["goodput"] == pytest.approx(still["goodput"] * (1 - share), rel=1e-3)


def test_satellites_of_later_birth_have_younger_arrays(fleet, checked_run):
    """Replaced satellites run faster than those they relieve: one birth month, one capacity."""
    satellite = {"array": {"area_m2": 20.0, "degradation_per_year": 0.05}}
    result = checked_run(made(fleet, days=2 * YEAR, life_days=YEAR, satellite=satellite), "replace_on_failure")
    assert len(result.capacity) == 2
    assert result.capacity_of.tolist() == [0] * 4 + [1] * 4
    worn, new = (step.values[np.searchsorted(step.times_days, 366.5) - 1] for step in result.capacity)
    assert worn < new
