"""An array of which only the power is known."""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.description import describe
from sim.economics import bills_of
from sim.environment import Environment
from sim.scenario.energy import Rating, SolarArray

RATING = {"power_w": 5000.0}


def built(fleet, rating, **array) -> Environment:
    """A satellite with 500 W of load, in an orbit with eclipses."""
    array = {"area_m2": 20, "degradation_per_year": 0.1, "rating": rating, **array}
    satellite = {"array": array, "bus_power_w": 0, "battery": {"capacity_kwh": 0}}
    return Environment.build(fleet(slots=1, days=800, satellite=satellite))


def orbit_mean_w(environment: Environment) -> np.ndarray:
    """Power of an orbit, its shadow included, day by day, satellites new on day 0."""
    return environment.designs[0].operation.array_w[0] * (1 - environment.sun.dark[0])


def test_the_share_of_light_replaces_the_orbits(fleet):
    environment = built(fleet, {**RATING, "sunlit_share": 0.9})
    assert environment.sun.dark[0].mean() > 0.2
    assert orbit_mean_w(environment) == pytest.approx(4500 * 0.9 ** (environment.days / 365.25), rel=1e-6)


def test_without_it_the_orbit_has_its_own(fleet):
    environment = built(fleet, RATING)
    expected = 5000 * environment.sunlit[0] * 0.9 ** (environment.days / 365.25)
    assert orbit_mean_w(environment) == pytest.approx(expected, rel=1e-6)


def test_the_loss_of_a_year_is_taken_at_once_after_each_step(fleet):
    environment = built(fleet, {**RATING, "sunlit_share": 1, "loss_step_days": 365})
    left = orbit_mean_w(environment) / 5000
    steps = {0: 1, 364: 1, 365: 0.9, 729: 0.9, 730: 0.81, 800: 0.81}
    assert left[list(steps)] == pytest.approx(list(steps.values()), rel=1e-6)


@pytest.mark.parametrize("step", [1, 7, 30, 100, 365, 365.25, 1000])
def test_a_step_ends_on_its_day_and_not_before(step):
    array = SolarArray(area_m2=1, degradation_per_year=0.5, rating=Rating(power_w=1, loss_step_days=step))
    ends = np.arange(1, 200) * step
    steps = np.arange(1, 200)
    assert np.array_equal(array.share_left(ends / 365.25), 0.5**steps)
    assert np.array_equal(array.share_left((ends - 0.01) / 365.25), 0.5 ** (steps - 1))


def test_neither_area_nor_cells_nor_mount_count(fleet):
    plain = built(fleet, {**RATING, "sunlit_share": 0.9})
    other = built(fleet, {**RATING, "sunlit_share": 0.9}, area_m2=33, efficiency=0.1, losses=0.5, mount="orbit_normal")
    assert orbit_mean_w(other) == pytest.approx(orbit_mean_w(plain), rel=1e-6)


def test_mass_and_price_go_by_the_rating(fleet):
    environment = built(fleet, RATING)
    (parts,) = environment.parts
    assert parts.array_w == 5000
    assert parts.mass_kg["power_electronics"] == pytest.approx(5 * 3)
    assert bills_of(environment.scenario, environment.parts)[0].parts_usd["array"] == pytest.approx(5000 * 10)


def test_what_it_yields_limits_what_runs(fleet):
    """A kilowatt feeds one of two GPUs of 600 W and two thirds of the other, by power that goes with speed."""
    gpu = {"peak_w": 600, "idle_w": 0, "power_exponent": 1, "lowest_frequency": 0.01}
    array = {"area_m2": 5, "degradation_per_year": 0, "rating": {"power_w": 1000}}
    shell = {"kind": "sun_synchronous", "altitude_km": 1600, "ltan_h": 6, "formation": "cluster"}
    satellite = {"array": array, "bus_power_w": 0, "gpu": gpu, "propulsion": {"manoeuvres_per_year": 0}}
    environment = Environment.build(fleet(slots=1, gpus=2, shell=shell, satellite=satellite))
    assert environment.designs[0].operation.light_speed[0] == pytest.approx(1000 / 1200, rel=1e-6)


def test_an_area_has_to_be_given():
    with pytest.raises(ValidationError, match="area_m2 must be a number where a rating gives the power"):
        SolarArray(rating=Rating(power_w=1000))


def test_describe_says_so(fleet):
    """An orbit without eclipse needs the load of 600 W at the end of a life of a year, a tenth less than when new."""
    shell = {"kind": "sun_synchronous", "altitude_km": 1600, "ltan_h": 6, "formation": "cluster"}
    array = {"area_m2": 20, "degradation_per_year": 0.1, "rating": {"power_w": 600}}
    satellite = {"array": array, "bus_power_w": 0, "gpu": {"peak_w": 600}}
    text = describe(fleet(slots=1, shell=shell, satellite=satellite, life_days=365.25))
    assert "solar array rated at 0.6 kW (given; 0.6667 kW needed), 20 m2: 0.6 kW BOL" in text
    assert "array of 0.6 kW is too small: 0.6667 kW would be sufficient for full load" in text.replace("\n", " ")
