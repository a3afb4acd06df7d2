"""What a satellite can do on each day: every limit in turn, wear, and what the seconds of an orbit carry."""

from __future__ import annotations

import numpy as np
import pytest

from sim.environment import Limit
from sim.environment.design import BIRTH_STEP_DAYS
from sim.environment.hardware import memory_c
from sim.environment.operation import operate

YEAR = 365.25


def build(
    fleet, environment, policy="ride_through", years=1.0, power=None, shell=None, light=None, reliability=None, **parts
):
    """8 GPUs of 600 W and a bus of 1 kW at 550 km and 53 deg, unless the test says otherwise."""
    return environment(
        fleet(
            days=years * YEAR,
            life_days=years * YEAR,
            shell=shell or {"altitude_km": 550},
            satellite={"gpus": 8, "mass_kg": 300, "battery": {}, **parts},
            power={"eclipse_policy": policy, **(power or {})},
            light=light,
            reliability=reliability,
        )
    )


def test_a_small_battery_slows_the_dark_alone(fleet, environment):
    built = build(fleet, environment, battery={"capacity_kwh": 6, "calendar_fade_per_year": 0, "cycles": 1e12})
    operation = built.designs[0].operation
    dark_h = built.eclipse_minutes / 60
    eclipsed = dark_h > 0
    carried_w = np.divide(6000 * 0.3 * 0.97, dark_h, out=np.full_like(dark_h, np.inf), where=eclipsed) - 1000
    short = eclipsed & (carried_w < 4800)
    assert short.any()
    assert not short.all()
    assert ((operation.limit == Limit.BATTERY) == short).all()
    assert (operation.light_speed == 1).all()
    assert (operation.dark_speed[short] < 1).all()
    assert operation.dark_w[short] == pytest.approx(carried_w[short], rel=1e-6)
    assert operation.depth_of_discharge[short] == pytest.approx(0.3)


def test_a_battery_that_cannot_carry_the_bus_leaves_nothing(fleet, environment):
    operation = build(fleet, environment, "pause", battery={"capacity_kwh": 1}).designs[0].operation
    long = operation.cycles > 0
    long &= operation.depth_of_discharge >= 0.3 - 1e-9
    assert long.any()
    assert (operation.light_speed[long] == 0).all()
    assert (operation.limit[long] != Limit.NONE).all()


def test_a_fading_battery_throttles_later_in_life_on_the_day_arithmetic_says(fleet, environment):
    battery = {"calendar_fade_per_year": 0.03, "cycles": 30_000}
    sized = build(fleet, environment, battery={"calendar_fade_per_year": 0, "cycles": 1e12}).sizes
    given = 1.04 * sized.battery_needed_wh / 1000
    built = build(fleet, environment, battery={**battery, "capacity_kwh": given})
    operation = built.designs[0].operation
    limited = np.flatnonzero(operation.limit[0])
    assert len(limited) > 0
    assert limited[0] > 30

    # Day by day by hand: N(d) = 30,000 (d / .3)^-1.5 to the loss of a fifth, and 3 % a year.
    used_wh = 5800 * built.eclipse_minutes[0] / 60 / 0.97
    left, damage = np.empty(len(used_wh)), 0.0
    for day, wh in enumerate(used_wh):
        left[day] = 1 - 0.2 * damage - 0.03 * day / YEAR
        depth = min(wh / (1000 * given * left[day]), 0.3)
        damage += 86400 / built.sun.period_s[0, 0] * (wh > 0) * (depth / 0.3) ** 1.5 / 30_000
    assert operation.battery_fraction[0] == pytest.approx(left, abs=1e-5)
    assert limited[0] == np.flatnonzero(used_wh > 0.3 * 1000 * given * left)[0]
    assert (operation.limit[0][limited] == Limit.BATTERY).all()


def test_a_small_array_slows_light_and_dark_alike(fleet, environment):
    sized = build(fleet, environment).sizes
    operation = build(fleet, environment, array={"area_m2": 0.8 * sized.array_needed_m2}).designs[0].operation
    short = operation.limit == Limit.ARRAY
    assert short.any()
    eclipsed = short & (operation.cycles > 0)
    assert (operation.light_speed[short] < 1).all()
    assert operation.light_w[eclipsed] == pytest.approx(operation.dark_w[eclipsed], rel=1e-6)


def test_a_small_radiator_holds_the_junction_at_its_limit(fleet, environment):
    needed = build(fleet, environment).sizes.radiator_needed_m2
    operation = build(fleet, environment, radiator={"area_m2": 0.8 * needed}).designs[0].operation
    assert (operation.limit == Limit.HEAT).all()
    assert (operation.light_speed < 1).all()
    assert (operation.light_speed > 0.5).all()
    assert operation.junction_c == pytest.approx(88)
    assert (operation.radiator_c < 88).all()


def test_an_old_coating_throttles_later_in_life(fleet, environment):
    coat = {"attitude": "zenith", "sides": 1, "solar_absorptance_bol": 0.1}
    shell = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 12}
    new = build(fleet, environment, shell=shell, years=3, radiator={**coat, "solar_absorptance_eol": 0.1}).sizes
    old = build(fleet, environment, shell=shell, years=3, radiator={**coat, "solar_absorptance_eol": 0.4}).sizes
    assert old.radiator_needed_m2 > 1.1 * new.radiator_needed_m2
    given = {**coat, "solar_absorptance_eol": 0.4, "area_m2": 1.05 * new.radiator_needed_m2}
    operation = build(fleet, environment, shell=shell, years=3, radiator=given).designs[0].operation
    assert operation.limit[0, 0] == Limit.NONE
    assert operation.limit[0, -1] == Limit.HEAT
    assert operation.light_speed[0, -30:].mean() < operation.light_speed[0, :30].mean() == 1


@pytest.mark.parametrize(("mount", "sees"), [("two_axis", 1.0), ("one_axis", None), ("zenith", None)])
def test_the_array_takes_what_the_cosine_and_the_light_leave_together(fleet, environment, mount, sees):
    built = build(
        fleet, environment, array={"mount": mount, "area_m2": 30}, light={"shadow": "point", "earth": "sphere"}
    )
    sky, operation = built.sun, built.designs[0].operation
    u = (np.arange(20_000) + 0.5) / 20_000 * 2 * np.pi - np.pi
    for day in (0, 50, 100, 150, 200):
        beta, half = sky.beta_rad[0, day], sky.half_arc_rad[0, day]
        lit = np.abs(u) < np.pi - half
        cosine = {"two_axis": 1.0, "one_axis": np.cos(beta), "zenith": np.cos(beta) * np.maximum(np.cos(u), 0)}[mount]
        mean = np.mean(lit * cosine)
        flux = 1361 * (149_597_870.7 / sky.sun_km[day]) ** 2
        kept = 0.975 ** (day / YEAR)
        energy = operation.array_w[0, day] * (1 - half / np.pi)
        assert energy == pytest.approx(flux * 30 * 0.30 * 0.92 * kept * mean, rel=2e-4)


def test_light_in_the_penumbra_counts_as_power_but_not_as_time_in_light(fleet, environment):
    point, penumbra = (
        build(fleet, environment, array={"area_m2": 30}, light={"shadow": shadow}) for shadow in ("point", "penumbra")
    )
    assert point.sunlit == pytest.approx(1 - point.sun.dark, abs=1e-6)
    eclipsed = point.eclipse_minutes > 1
    assert (penumbra.sun.dark[eclipsed] > point.sun.dark[eclipsed]).all()
    assert (penumbra.sunlit[eclipsed] > 1 - penumbra.sun.dark[eclipsed] + 1e-4).all()
    # A finite Sun moves both edges out by half the penumbra and gives back as much light.
    assert penumbra.sunlit[eclipsed] == pytest.approx(point.sunlit[eclipsed], abs=1e-3)
    energy = [(each.designs[0].operation.array_w * (1 - each.sun.dark))[eclipsed] for each in (point, penumbra)]
    assert energy[1] == pytest.approx(energy[0], rel=5e-3)


def test_arrays_age_from_their_own_birth(fleet, environment):
    built = build(fleet, environment, years=3, array={"area_m2": 30, "degradation_per_year": 0.03})
    first, later = built.designs[0].operation, operate(built.scenario, built.sun, built.sizes, 600.0)
    assert later.days[0] == 600
    same = first.days >= 600
    assert later.array_w / first.array_w[:, same] == pytest.approx(np.full_like(later.array_w, 0.97 ** (-600 / YEAR)))
    assert (later.battery_fraction[:, 0] == 1).all()


def test_satellites_born_in_one_month_share_their_tables(fleet, environment):
    design = build(fleet, environment, years=3, array={"area_m2": 22, "degradation_per_year": 0.03}).designs[0]
    assert design.performance(0, 600.0) is design.performance(0, 629.9)
    later = design.performance(0, 630.0).light_speed[700:]
    assert (later >= design.performance(0, 600.0).light_speed[700:]).all()
    assert later.sum() > design.performance(0, 600.0).light_speed[700:].sum()


@pytest.mark.parametrize("birth", [180.0, 540.0, 900.0])
def test_a_birth_between_two_knots_is_close_to_a_table_of_its_own(fleet, environment, birth):
    """Births are computed a year apart, and those in between mixed so that the age is right on each day.

    Off by up to a quarter of what age takes in a year where a limit sets in; .03 % in the mean, .01 % where nothing
    limits either knot.  The stress clock, a sum over days, is .4 % off after a year.
    """
    built = build(
        fleet,
        environment,
        years=4,
        array={"area_m2": 24, "degradation_per_year": 0.03},
        reliability={"stress": {}},
    )
    design = built.designs[0]
    exact = operate(built.scenario, built.sun, built.sizes, birth)
    found, since = design.performance(0, birth), built.days >= birth
    knots = [
        design.performance(0, BIRTH_STEP_DAYS * np.ceil(day / BIRTH_STEP_DAYS)) for day in (birth - 180, birth + 180)
    ]
    free = (knots[0].limit[since] == 0) & (knots[1].limit[since] == 0)
    assert free.any()
    assert not free.all()
    for name in ("light_speed", "dark_speed"):
        error = np.abs(getattr(found, name)[since] / getattr(exact, name)[0] - 1)
        a_year = np.abs(getattr(knots[1], name) - getattr(knots[0], name)).max()
        assert 0.005 < a_year < 0.02  # so the test can see it
        assert error.max() < 0.3 * a_year
        assert error.mean() < 3e-4
        assert error[free].max() < 1e-4
    pace = built.scenario.reliability.stress.pace(
        *(np.asarray(getattr(exact, name)[0], float) for name in ("junction_c", "swing_k", "cycles"))
    )
    age = found.stress.at(built.days[since] + 1) - found.stress.at(birth)
    assert np.ptp(pace) > 0.01
    assert age[365:] == pytest.approx(np.cumsum(pace)[365:], rel=5e-3)


def test_a_birth_on_a_knot_is_exact(fleet, environment):
    built = build(fleet, environment, years=2, array={"area_m2": 24, "degradation_per_year": 0.03})
    found, exact = built.designs[0].performance(0, 0.0), built.designs[0].operation
    for name in ("light_speed", "dark_speed", "limit"):
        assert (getattr(found, name) == getattr(exact, name)[0]).all()


def test_manoeuvres_take_their_minutes_from_both_speeds(fleet, environment):
    plain = build(fleet, environment, battery={"capacity_kwh": 6}).designs[0].operation
    moved = (
        build(
            fleet,
            environment,
            battery={"capacity_kwh": 6},
            propulsion={"manoeuvres_per_year": 40, "manoeuvre_pause_min": 90},
        )
        .designs[0]
        .operation
    )
    kept = 1 - 40 * 90 / (1440 * YEAR)
    assert moved.light_speed == pytest.approx(plain.light_speed * kept, rel=1e-6)
    assert moved.dark_speed == pytest.approx(plain.dark_speed * kept, rel=1e-6)


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "pause", "migrate"])
def test_no_eclipse_has_no_discharge(fleet, environment, policy):
    shell = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}
    operation = build(fleet, environment, policy, shell=shell).designs[0].operation
    light = operation.cycles == 0
    assert light.any()
    assert not light.all()
    assert (operation.depth_of_discharge[light] == 0).all()
    assert (np.diff(operation.battery_fraction[0]) < 0).all()  # the calendar goes on


def test_wear_follows_what_the_policy_asks_of_one_battery(fleet, environment):
    left = {
        policy: build(fleet, environment, policy, battery={"capacity_kwh": 16})
        .designs[0]
        .operation.battery_fraction[0, -1]
        for policy in ("ride_through", "throttle", "pause", "migrate")
    }
    assert left["ride_through"] < left["throttle"] < left["pause"] == left["migrate"] < 0.99


def test_a_chip_cools_down_with_its_load_and_no_further_than_its_coolant(fleet, environment):
    def swing(**radiator):
        satellite = {"gpus": 8, "mass_kg": 500, "radiator": {"tube_fraction": 0, **radiator}}
        built = environment(fleet(slots=1, gpus=8, satellite=satellite, pause=True))
        operation = built.designs[0].operation
        return operation.swing_k[0], operation.junction_c[0], operation.cycles[0]

    slow, _, cycles = swing(thermal_time_min=600)
    quick, _, _ = swing(thermal_time_min=1, coolant_min_c=-50)
    warm, hot, _ = swing(thermal_time_min=1, coolant_min_c=40)
    assert (slow[cycles == 0] == 0).all()
    dark = cycles > 0
    # At once a chip loses what its own way to the coolant takes up: .02 K/W of 500 W; the rest as the radiator follows.
    assert (slow[dark] > 0.02 * 500).all()
    assert (quick[dark] > slow[dark] + 20).all()
    assert warm[dark] == pytest.approx(hot[dark] - 40, abs=1e-3)


def test_memory_is_slowed_at_a_limit_of_its_own(fleet, environment):
    """Behind a small radiator the hotter of chip and memory stands at its limit, and the other below."""
    for rise, memory_limit_c, at_limit in ((1.1, 95, "junction"), (1.5, 90, "memory")):
        radiator = {"tube_fraction": 0, "area_m2": 3, "memory_rise": rise, "memory_limit_c": memory_limit_c}
        satellite = {"gpus": 8, "mass_kg": 500, "radiator": radiator, "gpu": {"peak_w": 1000}}
        built = environment(fleet(slots=1, gpus=8, satellite=satellite))
        operation, given = built.designs[0].operation, built.scenario.satellite
        assert (operation.limit[0] == Limit.HEAT).all()
        junction, watts = float(operation.junction_c[0, 100]), float(operation.light_w[0, 100]) / 8
        memory = memory_c(given, junction, watts)
        assert memory - junction == pytest.approx((rise - 1) * 0.02 * watts)
        found = {"junction": junction - 88, "memory": memory - memory_limit_c}
        assert found.pop(at_limit) == pytest.approx(0, abs=0.01)
        assert max(found.values()) < -0.5


def test_a_radiator_is_sized_for_the_memory_too(fleet, environment):
    def needed(**radiator):
        satellite = {"gpus": 8, "mass_kg": 500, "radiator": {"tube_fraction": 0, **radiator}}
        return environment(fleet(slots=1, gpus=8, satellite=satellite)).sizes.radiator_needed_m2

    assert (
        needed(memory_limit_c=120)
        == needed(memory_limit_c=150)
        < needed(memory_limit_c=80)
        < needed(memory_limit_c=80, memory_rise=1.5)
    )
