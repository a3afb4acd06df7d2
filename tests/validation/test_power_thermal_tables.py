"""Sunlight on arrays and heat of radiators against published and independent figures."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.constants import ASTRONOMICAL_UNIT_KM, CELSIUS_ZERO_K
from sim.ephemeris import (
    circular_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.physics.eclipse import PlaneShadow
from sim.physics.orbit import beta_angle_rad
from sim.physics.power import Mount, lit_cosine_mean, solar_flux_w_m2
from sim.physics.thermal import (
    Attitude,
    absorbed_w_m2,
    equilibrium_temperature_k,
    mean_plate_views,
    radiated_w_m2,
    radiator_mass_kg,
)

START = date(2026, 1, 1)
with (Path(__file__).parent / "data" / "power_thermal.csv").open() as file:
    ROWS = list(csv.DictReader(file))


def rows(quantity):
    found = [row for row in ROWS if row["quantity"] == quantity]
    assert found
    return pytest.mark.parametrize("row", found, ids=lambda row: row["name"])


def printed(row):
    # `given` is the input in the unit of its quantity: au, a capacity factor, W/m^2 or W
    return pytest.approx(float(row["value"]), abs=float(row["within"]))


@cache
def year_at_dawn_and_dusk(altitude_km):
    """Beta angle and half the arc in shadow on each day of a year, radians."""
    elements = circular_elements(
        START, altitude_km, sun_synchronous_inclination_deg(altitude_km), raan_of_ltan_deg(6.0, START)
    )
    rates, grid = secular_rates(elements), np.arange(-2.0, 369.0)
    shadow = PlaneShadow.build(
        rates.mean_radius_km,
        elements.inclination_rad,
        elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun_teme_km(START, grid),
        grid,
    )
    days = np.arange(0.0, 365.25, 0.25)
    node = elements.raan_rad + rates.node_rad_per_day * days
    beta = beta_angle_rad(sun_teme_km(START, days), elements.inclination_rad, node)
    return beta, np.pi * (1 - shadow.sunlit_fraction(days))


@rows("flux_w_m2")
def test_sunlight_through_the_year(row):
    assert solar_flux_w_m2(float(row["given"]) * ASTRONOMICAL_UNIT_KM) == printed(row)


def test_sunlight_of_the_ephemeris_keeps_between_aphelion_and_perihelion():
    flux = solar_flux_w_m2(np.linalg.norm(sun_teme_km(START, np.arange(366.0)), axis=1))
    # Moon and planets move the apses of a single year by up to 1e-4 of the distance: .3 W/m^2
    assert [flux.min(), flux.max()] == pytest.approx([1316.6, 1407.7], abs=0.3)


@rows("orbit_normal_mean")
def test_yearly_mean_of_an_array_fixed_to_the_orbit_normal(row):
    # the figures are of circular planes; SGP4's J3 eccentricity changes the year's light by .001
    beta, half_arc = year_at_dawn_and_dusk(float(row["name"]))
    together = lit_cosine_mean(Mount.ORBIT_NORMAL, beta, half_arc).mean()
    assert together == printed(row)
    # the product of the two means is another number: light and cosine fail in the same season
    product = np.abs(np.sin(beta)).mean() * (1 - half_arc / np.pi).mean()
    assert together - product > 0.0015


@rows("net_w_m2")
def test_heat_that_leaves_a_plate(row):
    temperature_k = float(row["temperature_c"]) + CELSIUS_ZERO_K
    net = radiated_w_m2(temperature_k, float(row["emittance"]), int(row["sides"])) - float(row["absorbed_w_m2"])
    assert net == printed(row)


@rows("temperature_k")
def test_temperature_for_a_heat_flux(row):
    assert equilibrium_temperature_k(float(row["given"]), float(row["emittance"]), int(row["sides"])) == printed(row)


@rows("area_m2")
def test_area_for_a_load(row):
    temperature_k = float(row["temperature_c"]) + CELSIUS_ZERO_K
    assert float(row["given"]) / radiated_w_m2(temperature_k, float(row["emittance"]), int(row["sides"])) == printed(
        row
    )


def test_the_space_stations_radiators_are_of_the_order_physics_asks_for():
    # EATCS: two ammonia loops of 35 kW, six radiators of 2,475 lb and 23.3 x 3.4 m, edge to the Sun, coolant at 3-11 C
    # (NASA / Boeing, Active Thermal Control System Overview; size, temperature and coating are recalled: Z-93 paint,
    # .92 and .15 new)
    load_w, panel_m2, pounds = 70e3, 23.3 * 3.4, 2475 * 6
    views = mean_plate_views(Attitude.EDGE_ON, 2, 420.0, np.radians([0.0, 75.0]), np.pi * np.array([0.39, 0.0]))
    absorbed = absorbed_w_m2(views, solar_absorptance=0.15, emittance=0.92, solar_flux_w_m2=1361.0)
    least = load_w / (radiated_w_m2(280.0, 0.92, 2) - absorbed)
    built = 6 * panel_m2
    # what flies is larger than an ideal plate at one temperature (fins, colder outlet, end of life, margin): the order
    # of magnitude is all that can be compared
    assert (least < built).all()
    assert (least > built / 5).all()
    areal = pounds * 0.45359237 / built
    assert radiator_mass_kg(built, areal) / (load_w / 1000) == pytest.approx(96, abs=0.5)
    assert areal == pytest.approx(14, abs=0.5)
