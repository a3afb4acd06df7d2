"""Energy through an orbit closes on every day of every plane: in = out + stored, for power and for heat."""

from __future__ import annotations

import numpy as np
import pytest

from sim.environment import Limit

YEAR = 365.25
STEFAN_BOLTZMANN = 5.670374419e-8
ORBITS = {
    "three planes, 53 deg": {"altitude_km": 550, "planes": 3},
    "dawn-dusk": {"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6},
    "e = .1": {"altitude_km": 1200, "inclination_deg": 30, "eccentricity": 0.1},
}
SIZES = {
    "sized": {},
    "small array": {"array": {"area_m2": 20}},
    "small battery": {"battery": {"capacity_kwh": 6}},
    "small radiator": {"radiator": {"area_m2": 4}},
    "all small": {"array": {"area_m2": 20}, "battery": {"capacity_kwh": 6}, "radiator": {"area_m2": 4}},
}
POLICIES = ["ride_through", "throttle", "pause"]
BUS_W = 1000.0


def build(fleet, environment, orbit, sizes, policy):
    satellite = {"gpus": 8, "mass_kg": 300, "battery": {}, **SIZES[sizes]}
    return environment(
        fleet(
            days=YEAR,
            life_days=YEAR,
            slots=1,
            shell=ORBITS[orbit],
            satellite=satellite,
            power={"eclipse_policy": policy},
        )
    )


@pytest.fixture(params=POLICIES)
def policy(request):
    return request.param


@pytest.fixture(params=SIZES)
def sizes(request):
    return request.param


@pytest.fixture(params=ORBITS)
def built(request, fleet, environment, sizes, policy):
    return build(fleet, environment, request.param, sizes, policy)


def test_an_orbit_spends_no_more_than_it_collects(built):
    """Joules of light and dark, every plane and day; where the array is what limits, to the last joule."""
    operation, sun = built.designs[0].operation, built.sun
    dark_s = np.asarray(sun.dark * sun.period_s, float)
    lit_s = sun.period_s - dark_s
    runs = (operation.light_w > 0) | (operation.dark_w > 0)
    collected = operation.array_w * lit_s
    spent = (BUS_W + operation.light_w) * lit_s + (BUS_W + operation.dark_w) * dark_s / 0.97**2
    assert runs.any()
    assert (spent[runs] <= collected[runs] * (1 + 1e-5)).all()
    limited = (operation.limit == Limit.ARRAY) & runs
    assert spent[limited] == pytest.approx(collected[limited], rel=1e-5)


def test_a_battery_ends_the_orbit_as_full_as_it_began_and_never_below_its_floor(built):
    """Stepped by seconds through an orbit of the darkest day, of the first eclipse and of the last."""
    operation, sun = built.designs[0].operation, built.sun
    minutes = built.eclipse_minutes[0]
    eclipsed = np.flatnonzero(minutes > 0)
    for day in {int(minutes.argmax()), int(eclipsed[0]), int(eclipsed[-1])}:
        full = built.sizes.battery_wh * float(operation.battery_fraction[0, day]) * 3600
        period, dark = float(sun.period_s[0, 0]), float(minutes[day]) * 60
        light_w, dark_w, array_w = (
            float(each[0, day]) for each in (operation.light_w, operation.dark_w, operation.array_w)
        )
        if light_w == dark_w == 0:
            continue
        state, lowest, step = full, full, 0.5
        for number in range(round(period / step)):
            if number * step < dark:
                state -= (BUS_W + dark_w) / 0.97 * step
            else:
                state = min(full, state + (array_w - BUS_W - light_w) * 0.97 * step)
            lowest = min(lowest, state)
        slack = 6000 * step * 2
        assert lowest >= 0.7 * full - slack
        assert lowest == pytest.approx(full * (1 - float(operation.depth_of_discharge[0, day])), abs=slack)
        assert state == pytest.approx(full, abs=slack)


def test_depth_of_discharge_stays_within_its_limit_on_every_day(built):
    depth = built.designs[0].operation.depth_of_discharge
    assert depth.max() <= 0.3 * (1 + 1e-6)
    assert (depth >= 0).all()


def test_what_goes_into_the_radiator_leaves_it(built):
    """Heat of bus and GPUs and what the plate takes up from the Earth, against what its two faces radiate."""
    operation = built.designs[0].operation
    area = built.sizes.radiator_m2
    absorbed = built.sun.absorbed_w_m2(built.scenario.satellite, 0.12 + (0.3 - 0.12) * built.days / YEAR)
    kelvin = np.asarray(operation.radiator_c, float) + 273.15
    radiated = 0.9 * 2 * STEFAN_BOLTZMANN * kelvin**4 - absorbed
    assert 0.9 * radiated * area == pytest.approx(BUS_W + operation.light_w, rel=1e-4)
    assert (operation.junction_c <= 88 + 1e-3).all()
    assert (operation.junction_c > operation.radiator_c + 5).all()


def test_equilibrium_does_not_depend_on_how_it_is_reached(fleet, environment):
    """The plate's heat balance, integrated from cold and from hot in two steps, ends at the table's temperature."""
    built = build(fleet, environment, "dawn-dusk", "sized", "ride_through")
    operation, area = built.designs[0].operation, built.sizes.radiator_m2
    absorbed = float(built.sun.absorbed_w_m2(built.scenario.satellite, 0.12)[0, 0])
    load = (BUS_W + float(operation.light_w[0, 0])) / area / 0.9
    for step_s, start_k in ((5.0, 150.0), (50.0, 450.0)):
        kelvin = start_k
        for _ in range(round(40_000 / step_s)):
            kelvin += step_s / 5000 * (load + absorbed - 2 * 0.9 * STEFAN_BOLTZMANN * kelvin**4)
        assert kelvin - 273.15 == pytest.approx(float(operation.radiator_c[0, 0]), abs=1e-2)


def test_collected_energy_is_that_of_the_exact_edges(fleet, environment):
    """Light summed from edge to edge over a month, a point Sun, against the daily table's."""
    satellite = {"gpus": 8, "mass_kg": 300, "battery": {}, "array": {"area_m2": 30, "degradation_per_year": 0}}
    built = environment(
        fleet(
            days=31,
            life_days=YEAR,
            satellite=satellite,
            shell={"altitude_km": 550},
            light={"shadow": "point", "earth": "sphere"},
        )
    )
    entries, exits = built.eclipses(0, 0, 0.0, 30.0)
    lit_days = 30 - (exits - entries).sum()
    flux = 1361 * (149_597_870.7 / built.sun.sun_km[:30].mean()) ** 2
    by_edges = flux * 30 * 0.3 * 0.92 * lit_days
    operation = built.designs[0].operation
    daily = np.asarray(operation.array_w[0] * (1 - built.sun.dark[0]), float)
    assert 0.5 * (daily[:30] + daily[1:31]).sum() == pytest.approx(by_edges, rel=1e-3)
