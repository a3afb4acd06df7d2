"""Air, propellant, debris and decay of planes over a mission."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import ScenarioError
from sim.physics.debris import debris_flux_per_m2_year
from sim.physics.drag import decay_days, low_thrust_delta_v_m_s, perigee_lowering_delta_v_m_s
from sim.physics.orbit import inclination_hold_m_s_per_year
from sim.scenario.hardware import Propulsion

YEAR = 365.25
EXHAUST_M_S = 1500 * 9.80665
STILL = {"manoeuvres_per_year": 0, "vulnerable_area_m2": 0, "insertion_altitude_km": 350}


def build(
    fleet,
    environment,
    years=3.0,
    shell=None,
    life_years=3.0,
    space=None,
    start="2027-01-01",
    *,
    array=None,
    radiator=None,
    shield=None,
    **jets,
):
    return environment(
        fleet(
            days=years * YEAR,
            life_days=life_years * YEAR,
            start=start,
            shell=shell or {"altitude_km": 500},
            satellite={
                "gpus": 8,
                "mass_kg": 300,
                "array": array or {},
                "radiator": radiator or {"tube_fraction": 0},
                "shield": shield or {},
                "propulsion": {**STILL, **jets},
            },
            space=space,
        )
    )


def reserved_m_s(built):
    """Delta-v from 350 km up to the orbit, and down to a perigee of 250 km at the end."""
    height = built.planes[0].altitude_km
    return float(low_thrust_delta_v_m_s(350, height) + perigee_lowering_delta_v_m_s(height, 250))


def test_sized_propellant_is_that_of_the_rocket_equation_and_never_runs_out(fleet, environment):
    built = build(fleet, environment, margin=0.2, manoeuvres_per_year=30)
    keeping = built.keeping
    life_m_s = 1.2 * keeping.delta_v_m_s[0, :1095].sum() * (3 * YEAR / 1095)
    need_m_s = life_m_s + reserved_m_s(built)
    assert keeping.needed_kg == pytest.approx(300 * -np.expm1(-need_m_s / EXHAUST_M_S), rel=2e-3)
    assert keeping.propellant_kg == keeping.needed_kg
    assert keeping.dry_day(0, 0.0) == np.inf
    assert built.sites[0].planned_end(0, 0.0) == (3 * YEAR, False)


def test_given_propellant_ends_the_life_on_the_day_it_is_spent(fleet, environment):
    plain = build(fleet, environment)
    budget = 0.4 * float(plain.keeping.delta_v_m_s[0].sum())
    given = 300 * -np.expm1(-(reserved_m_s(plain) + budget) / EXHAUST_M_S)
    built = build(fleet, environment, propellant_kg=given)
    assert built.keeping.budget_m_s == pytest.approx([budget], rel=1e-9)
    for birth in (0.0, 200.0):
        left, day = budget, int(birth)
        while left >= 0:
            left -= built.keeping.delta_v_m_s[0, day]
            day += 1
        assert built.sites[0].planned_end(0, birth) == (day, True)
        assert birth < day < birth + 3 * YEAR


def test_too_little_to_come_up_and_down_is_refused_with_what_is_enough(fleet, environment):
    with pytest.raises(ScenarioError, match=r"propellant_kg = 0\.1: does not even cover .*; .* kg last"):
        build(fleet, environment, propellant_kg=0.1)


def test_more_propellant_than_mass_is_refused(fleet, environment):
    with pytest.raises(ValueError, match=r"propellant_kg \(400\) must be below mass_kg \(300\)"):
        build(fleet, environment, propellant_kg=400)


def test_delta_v_is_the_sum_of_drag_dodging_and_holding(fleet, environment):
    shell = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 9}
    array = {"area_m2": 30}
    free = build(fleet, environment, shell={**shell, "node_keeping": "free"}, array=array).keeping.delta_v_m_s
    held = build(fleet, environment, shell=shell, array=array)
    hold = float(inclination_hold_m_s_per_year(9, 650, held.planes[0].inclination_deg))
    assert hold > 4
    assert (held.keeping.delta_v_m_s - free) * YEAR == pytest.approx(
        np.full_like(free, hold), rel=0.05
    )  # drag follows the Sun's angle
    dodging = build(fleet, environment, shell=shell, array=array, manoeuvres_per_year=50, manoeuvre_m_s=0.1)
    added = (dodging.keeping.delta_v_m_s - held.keeping.delta_v_m_s) * YEAR
    assert added == pytest.approx(np.full_like(free, 5), rel=1e-3)


def test_dawn_dusk_needs_no_holding(fleet, environment):
    shell = {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6}
    held, free = (
        build(fleet, environment, shell={**shell, "node_keeping": how}).keeping.delta_v_m_s for how in ("held", "free")
    )
    assert held == pytest.approx(free, rel=0.1)


def test_drag_follows_height_sun_and_area(fleet, environment):
    def drag(altitude_km=500, **rest):
        return build(fleet, environment, shell={"altitude_km": altitude_km}, years=1, **rest).keeping.delta_v_m_s.mean()

    assert drag(400) > 3 * drag(500) > 3 * drag(600)
    wide, narrow = ({"area_m2": area, "mount": "two_axis"} for area in (60, 20))
    assert drag(array=wide) > 1.5 * drag(array=narrow)
    # Maximum of cycle 26 in 2035 against the minimum of 2030.
    assert drag(start="2035-01-01") > 3 * drag(start="2030-01-01")
    assert drag(start="2035-01-01", space={"solar_activity": "high"}) > drag(start="2035-01-01")


def test_debris_hits_are_flux_times_area(fleet, environment):
    built = build(fleet, environment, shell={"altitude_km": 800}, vulnerable_area_m2=7, lethal_size_cm=0.5)
    again = build(fleet, environment, shell={"altitude_km": 800}, vulnerable_area_m2=14, lethal_size_cm=0.5)
    assert again.keeping.collisions_per_year == pytest.approx(2 * built.keeping.collisions_per_year)
    # Middle of a mission from 2027 to 2029, F10.7 of a declining cycle: 90-140.
    low, high = (float(debris_flux_per_m2_year(0.5, 800, 53, 2028.5, flux)) for flux in (150, 70))
    assert 7 * low < built.keeping.collisions_per_year[0] < 7 * high
    assert build(fleet, environment).keeping.collisions_per_year.tolist() == [0.0]


def test_the_area_that_debris_must_hit_follows_the_design(fleet, environment):
    """Bus 2 m2, shielded box 4 m2, and 3 % and 5 % of both faces of array and radiator."""
    parts = {"array": {"area_m2": 100}, "radiator": {"area_m2": 20, "tube_fraction": 0}}
    sized = build(fleet, environment, shell={"altitude_km": 800}, vulnerable_area_m2="sized", **parts)
    by_hand = build(fleet, environment, shell={"altitude_km": 800}, vulnerable_area_m2=2 + 4 + 6 + 2, **parts)
    assert sized.keeping.collisions_per_year == pytest.approx(by_hand.keeping.collisions_per_year)
    larger = {
        "array": {"array": {"area_m2": 200}},
        "radiator": {"radiator": {"area_m2": 40, "tube_fraction": 0}},
        "shield": {"shield": {"area_m2": 8}},
    }
    for part, more in larger.items():
        built = build(fleet, environment, shell={"altitude_km": 800}, vulnerable_area_m2="sized", **{**parts, **more})
        assert built.keeping.collisions_per_year[0] > 1.1 * sized.keeping.collisions_per_year[0], part


def test_satellites_are_left_at_half_their_altitude_but_not_below_300_km():
    half = Propulsion()
    assert half.insertion_km([200, 450, 550, 650, 1200]).tolist() == [200, 300, 300, 325, 600]
    assert Propulsion(insertion_altitude_km=350).insertion_km([300, 550]).tolist() == [300, 350]


def test_the_dead_come_down_the_sooner_the_lower_and_the_wider(fleet, environment):
    def years(altitude_km, **rest):
        return build(fleet, environment, shell={"altitude_km": altitude_km}, **rest).keeping.years_aloft(0, 400.0)

    low, high = years(400), years(600)
    assert low < 5 < high < np.inf
    assert years(1200) == np.inf  # beyond the table of the solar cycle
    assert years(600, body_drag_area_m2=40) < high
    # The whole array tumbles, both faces: a quarter of its surface meets the flow.
    built = build(fleet, environment, array={"area_m2": 30}, body_drag_area_m2=4)
    ballistic = 300 / (2.2 * (2 * 30 / 4 + 4))
    fall = decay_days(500.0, ballistic, built.scenario.mission.start, 360.0)
    assert built.keeping.years_aloft(0, 370.0) == pytest.approx(float(fall) / YEAR, rel=1e-3)
