"""Sizes: enough on every day of the design life, and no more than that."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import ScenarioError

ORBITS = {
    "dawn-dusk cluster": {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6, "formation": "cluster"},
    "53 deg": {"altitude_km": 550},
    "30 deg": {"altitude_km": 1000, "inclination_deg": 30},
    "LTAN 10.5": {"kind": "sun_synchronous", "altitude_km": 600, "ltan_h": 10.5},
    "e = .1": {"altitude_km": 1200, "eccentricity": 0.1},
}
AGELESS = {
    "array": {"degradation_per_year": 0, "margin": 0},
    "battery": {"calendar_fade_per_year": 0, "cycles": 1e12, "margin": 0},
    "radiator": {"solar_absorptance_eol": 0.12, "margin": 0},
}
GIVEN = {"array": "area_m2", "battery": "capacity_kwh", "radiator": "area_m2"}


def satellite(**parts):
    """8 GPUs of 600 W and a bus of 1 kW, 300 kg: 5.8 kW."""
    return {"gpus": 8, "mass_kg": 300, "battery": {}, **parts}


def build(fleet, environment, orbit="53 deg", policy="ride_through", years=2, **parts):
    days = years * 365.25
    return environment(
        fleet(
            days=days,
            life_days=days,
            shell=ORBITS[orbit],
            satellite=satellite(**parts),
            power={"eclipse_policy": policy},
        )
    )


@pytest.mark.parametrize("orbit", ORBITS)
def test_sized_for_riding_through_runs_everything_on_every_day_of_the_design_life(fleet, environment, orbit):
    operation = build(fleet, environment, orbit).designs[0].operation
    assert (operation.light_speed == 1).all()
    assert (operation.dark_speed == 1).all()
    assert not operation.limit.any()
    assert operation.junction_c.max() < 88


@pytest.mark.parametrize("orbit", ORBITS)
@pytest.mark.parametrize("policy", ["throttle", "pause", "migrate"])
def test_sized_for_another_policy_runs_everything_in_the_light(fleet, environment, orbit, policy):
    operation = build(fleet, environment, orbit, policy).designs[0].operation
    eclipsed = operation.cycles > 0
    assert (operation.light_speed == 1).all()
    assert not operation.limit.any()
    dark = operation.dark_speed[eclipsed]
    # 132 W a GPU, what all of them draw at .4 of the frequency, do a little more with some of them off.
    assert (dark == 0).all() if policy != "throttle" else ((dark >= 0.4) & (dark < 0.42)).all()


@pytest.mark.parametrize("orbit", ORBITS)
@pytest.mark.parametrize("part", AGELESS)
def test_sizes_are_tight(fleet, environment, orbit, part):
    enough = build(fleet, environment, orbit, years=1, **AGELESS)
    needed = {
        "array": enough.sizes.array_needed_m2,
        "battery": enough.sizes.battery_needed_wh / 1000,
        "radiator": enough.sizes.radiator_needed_m2,
    }[part]
    operation = enough.designs[0].operation
    assert (operation.light_speed == 1).all()
    assert (operation.dark_speed == 1).all()
    scarce = {**AGELESS, part: {**AGELESS[part], GIVEN[part]: needed * 0.999}}
    short = build(fleet, environment, orbit, years=1, **scarce).designs[0].operation
    slowest = np.unravel_index(np.argmin(np.minimum(short.light_speed, short.dark_speed)), short.limit.shape)
    assert min(short.light_speed[slowest], short.dark_speed[slowest]) < 1
    assert short.limit[slowest] == {"radiator": 1, "array": 2, "battery": 3}[part]
    if part != "radiator":  # a thousandth is missed in one season alone; heat from the Earth has hardly any
        assert (short.limit == 0).any()


@pytest.mark.parametrize("orbit", ORBITS)
def test_five_per_cent_less_of_anything_throttles_within_the_life(fleet, environment, orbit):
    sizes = build(fleet, environment, orbit, years=1).sizes
    for part, needed in (
        ("array", sizes.array_needed_m2),
        ("battery", sizes.battery_needed_wh / 1000),
        ("radiator", sizes.radiator_needed_m2),
    ):
        operation = (
            build(fleet, environment, orbit, years=1, **{part: {GIVEN[part]: needed * 0.95}}).designs[0].operation
        )
        assert min(operation.light_speed.min(), operation.dark_speed.min()) < 1, part


def test_needs_follow_what_ages(fleet, environment):
    new = build(fleet, environment, **AGELESS).sizes
    aged = build(fleet, environment, array={"degradation_per_year": 0.03}, battery={"calendar_fade_per_year": 0.02})
    assert aged.sizes.array_needed_m2 == pytest.approx(new.array_needed_m2 / 0.97**2, rel=1e-9)
    # Every eclipse to the depth limit: cycles / 30,000 of the fifth that a cycle life takes, and 2 years of calendar.
    eclipses = 2 * 365.25 * 86400 / aged.sun.period_s[0, 0] * (aged.eclipse_minutes > 0).mean()
    left = 1 - 0.2 * eclipses / 30_000 - 2 * 0.02
    assert aged.sizes.battery_needed_wh == pytest.approx(new.battery_needed_wh / left, rel=1e-6)


def test_the_battery_carries_the_longest_eclipse_to_its_depth_limit(fleet, environment):
    plain = build(fleet, environment, **AGELESS)
    hours = plain.eclipse_minutes.max() / 60
    assert plain.sizes.battery_needed_wh == pytest.approx(5800 * hours / (0.3 * 0.97), rel=1e-7)


def test_margins_are_added_and_given_sizes_kept(fleet, environment):
    made = build(
        fleet,
        environment,
        array={"margin": 0.25},
        battery={"capacity_kwh": 3.5},
        radiator={"area_m2": 7},
    ).sizes
    assert made.array_m2 == pytest.approx(1.25 * made.array_needed_m2)
    assert (made.battery_wh, made.radiator_m2) == (3500, 7)


def test_no_eclipse_needs_no_battery(fleet, environment):
    # Dawn-dusk at 1,500 km: the plane never meets the shadow.
    shell = {"kind": "sun_synchronous", "altitude_km": 1500, "ltan_h": 6}
    never = environment(fleet(days=100, shell=shell, satellite=satellite()))
    assert never.eclipse_minutes.max() == 0
    assert never.sizes.battery_wh == 0
    assert (never.designs[0].operation.battery_fraction == 0).all()
    assert (never.designs[0].operation.light_speed == 1).all()


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"array": {"mount": "orbit_normal"}}, "satellite.array"),
        ({"battery": {"cycles": 2000}}, "satellite.battery"),
        ({"radiator": {"junction_limit_c": -50, "coolant_drop_k": 50, "solar_absorptance_eol": 1.0,
                       "attitude": "zenith", "junction_coolant_k_per_w": 0.3}}, "satellite.radiator"),
    ],
)  # fmt: skip
def test_what_no_size_can_do_is_refused_by_name(fleet, environment, parts, place):
    with pytest.raises(ScenarioError, match="no size is enough") as caught:
        build(fleet, environment, **parts)
    assert [fault.path for fault in caught.value.faults] == [place]
