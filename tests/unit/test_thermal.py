"""Radiator, environment and junction, against numerical integration, closed forms and limits."""

import numpy as np
import pytest

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM
from sim.physics.thermal import (
    Attitude,
    HeatPath,
    absorbed_w_m2,
    earth_view_factor,
    equilibrium_temperature_k,
    mean_plate_views,
    plate_views,
    radiated_w_m2,
    radiator_mass_kg,
    solar_absorptance_at_age,
)

PATH = HeatPath()


def integrated_view_factor(altitude_km, tilt, cells=800):
    """Sum cos cos / (pi d^2) over the part of the sphere that the plate's place can see."""
    r = 1 + altitude_km / EARTH_EQUATORIAL_RADIUS_KM
    height = 1 / r + (1 - 1 / r) * (np.arange(cells) + 0.5)[:, None] / cells
    turn = (np.arange(2 * cells) + 0.5) * np.pi / cells
    width = np.sqrt(1 - height**2)
    along = np.stack(np.broadcast_arrays(width * np.cos(turn), width * np.sin(turn), height - r))
    ground = np.stack(np.broadcast_arrays(width * np.cos(turn), width * np.sin(turn), height))
    distance = np.linalg.norm(along, axis=0)
    normal = np.array([np.sin(tilt), 0.0, -np.cos(tilt)])
    leaving = np.maximum(np.einsum("i,ijk", normal, along) / distance, 0.0)
    arriving = np.maximum(-np.einsum("ijk,ijk->jk", along, ground) / distance, 0.0)
    return (leaving * arriving / distance**2).sum() * (1 - 1 / r) / cells / cells


# What a plate sees


@pytest.mark.parametrize("altitude_km", [300.0, 650.0, 2000.0])
@pytest.mark.parametrize("tilt", [0.0, 0.3, 0.8, np.pi / 2, 2.0, 2.5, np.pi])
def test_view_factor_is_the_integral_over_the_disc(altitude_km, tilt):
    # midpoint sums over 800 x 1600 cells: 2e-4 where the face's horizon cuts cells
    assert earth_view_factor(altitude_km, tilt) == pytest.approx(integrated_view_factor(altitude_km, tilt), abs=3e-4)


def test_view_factor_of_plain_cases():
    r = 1 + 650.0 / EARTH_EQUATORIAL_RADIUS_KM
    edge = (np.arctan(1 / np.sqrt(r**2 - 1)) - np.sqrt(r**2 - 1) / r**2) / np.pi
    assert earth_view_factor(650.0, [0.0, np.pi / 2, np.pi]) == pytest.approx([1 / r**2, edge, 0.0], rel=1e-12)


def test_view_factor_has_no_step_where_the_horizon_enters():
    r = 1 + 650.0 / EARTH_EQUATORIAL_RADIUS_KM
    for tilt in (np.arccos(1 / r), np.pi - np.arccos(1 / r)):
        below, above = earth_view_factor(650.0, tilt + np.array([-1e-6, 1e-6]))
        assert abs(below - above) < 3e-6
    tilts = np.linspace(0, np.pi, 2001)
    assert (np.diff(earth_view_factor(650.0, tilts)) <= 1e-12).all()


def test_a_closed_box_sees_the_earth_as_a_sphere_does():
    # the sum over all directions of a face is a sphere's view: 4 x (1/2)(1 - sqrt(1 - 1/r^2))
    tilt = (np.arange(4000) + 0.5) * np.pi / 4000
    mean = (earth_view_factor(650.0, tilt) * np.sin(tilt)).sum() * np.pi / 4000 / 2
    r = 1 + 650.0 / EARTH_EQUATORIAL_RADIUS_KM
    assert mean == pytest.approx(0.5 * (1 - np.sqrt(1 - 1 / r**2)), rel=1e-6)


@pytest.mark.parametrize("attitude", Attitude)
@pytest.mark.parametrize("sides", [1, 2])
def test_orbit_mean_is_the_mean_around_the_orbit(attitude, sides):
    beta, half_arc = np.radians([-80.0, -20.0, 0.0, 50.0]), np.array([0.0, 0.5, 1.137, 2.2])[:, None]
    angle = (np.arange(20_000) + 0.5) * 2 * np.pi / 20_000
    around = plate_views(attitude, sides, 650.0, beta[:, None], half_arc[..., None], angle)
    mean = mean_plate_views(attitude, sides, 650.0, beta, half_arc)
    for name in ("sun", "earth", "albedo"):
        summed = np.broadcast_to(getattr(around, name), (4, 4, 20_000)).mean(axis=-1)
        assert getattr(mean, name) == pytest.approx(summed, abs=1e-4), name  # a step of the shadow's edge


def test_an_edge_on_plate_sees_no_sun_and_half_the_sides_half_the_earth():
    one, two = (plate_views("edge_on", sides, 650.0, 1.2, 0.3, 0.0) for sides in (1, 2))
    assert one.sun == two.sun == 0.0
    assert two.earth == 2 * one.earth > 0


def test_attitudes_face_where_they_say():
    noon = {a: plate_views(a, 1, 650.0, 0.0, 1.1, 0.0) for a in Attitude}
    assert noon["zenith"].sun == 1.0
    assert noon["zenith"].earth == noon["zenith"].albedo == noon["nadir"].sun == 0.0
    assert noon["nadir"].earth == noon["nadir"].albedo == earth_view_factor(650.0, 0.0)
    low = plate_views("nadir", 1, 650.0, 0.0, 1.1, [1.9, np.pi])
    assert low.sun == pytest.approx([-np.cos(1.9), 0.0])  # before the shadow the Sun shines from below; then none
    assert plate_views("orbit_normal", 1, 650.0, -1.2, 0.0, 0.0).sun == 0.0
    assert plate_views("orbit_normal", 2, 650.0, -1.2, 0.0, 0.0).sun == pytest.approx(np.sin(1.2))


def test_dawn_and_dusk_have_next_to_no_albedo():
    assert mean_plate_views("nadir", 1, 650.0, np.pi / 2, 0.0).albedo == pytest.approx(0.0, abs=1e-15)


# Balance


def test_absorbed_heat_term_by_term():
    views = mean_plate_views("nadir", 2, 650.0, 0.4, 1.0)
    full = {"solar_absorptance": 0.2, "emittance": 0.9, "solar_flux_w_m2": 1361.0}
    sun = absorbed_w_m2(views, **full, albedo=0.0, earth_infrared_w_m2=0.0)
    assert sun == pytest.approx(0.2 * 1361 * views.sun, rel=1e-12)
    albedo = absorbed_w_m2(views, **full, earth_infrared_w_m2=0.0) - sun
    assert albedo == pytest.approx(0.2 * 1361 * 0.3 * views.earth * np.cos(0.4) / np.pi, rel=1e-12)
    infrared = absorbed_w_m2(views, **(full | {"solar_flux_w_m2": 0.0}))
    assert infrared == pytest.approx(0.9 * 237 * earth_view_factor(650.0, 0.0), rel=1e-12)
    assert absorbed_w_m2(views, **full) == pytest.approx(sun + albedo + infrared, rel=1e-12)


def test_equilibrium_radiates_what_comes_in():
    heat = np.array([0.0, 1.0, 500.0, 1400.0])
    temperature = equilibrium_temperature_k(heat, 0.85, 2)
    assert radiated_w_m2(temperature, 0.85, 2) == pytest.approx(heat, rel=1e-12)


# Junction


def test_at_its_heat_limit_the_junction_stands_at_its_limit():
    draw = np.random.default_rng(6)
    count = 500
    area, gpus = draw.uniform(1, 500, count), draw.integers(1, 500, count)
    other, absorbed = draw.uniform(0, 2e3, count), draw.uniform(0, 300, count)
    limit = draw.uniform(60, 110, count)
    for path in (PATH, HeatPath(junction_coolant_k_per_w=0.3), HeatPath(0.0, 0.0, 0.0), HeatPath(0.02, 0.05, 0.0)):
        load = path.heat_limit_w(area, limit, gpus=gpus, other_w=other, absorbed_w_m2=absorbed)
        runs = load > other
        assert runs.mean() > 0.5
        junction = path.junction_c(load, np.maximum(load - other, 0) / gpus, area, absorbed)
        assert junction[runs] == pytest.approx(limit[runs], abs=1e-8)


def test_heat_limit_without_resistance_is_the_radiators_own():
    bare = HeatPath(0.0, 0.0, 0.0, emittance=0.9, sides=2, fin_efficiency=1.0)
    assert bare.heat_limit_w(10.0, 85.0, gpus=8, absorbed_w_m2=50.0) == pytest.approx(
        10 * (radiated_w_m2(358.15, 0.9, 2) - 50), rel=1e-12
    )


def test_what_heats_lowers_the_limit_and_what_cools_raises_it():
    def limit(path=PATH, area=100.0, top=88.0, **more):
        return path.heat_limit_w(area, top, **({"gpus": 72, "other_w": 5e3, "absorbed_w_m2": 100.0} | more))

    base = limit()
    assert limit(area=110.0) > base
    assert limit(top=95.0) > base
    assert limit(gpus=100) > base
    assert limit(absorbed_w_m2=200.0) < base
    assert limit(HeatPath(junction_coolant_k_per_w=0.05)) < base
    assert limit(HeatPath(coolant_drop_k=10.0)) < base
    assert limit(HeatPath(fin_efficiency=0.8)) < base
    assert limit(HeatPath(sides=1)) < base
    assert limit(other_w=10e3) > base  # heat that does not cross a junction


def test_a_radiator_that_only_takes_up_heat_allows_no_load():
    assert PATH.heat_limit_w(10.0, 20.0, gpus=8, absorbed_w_m2=2000.0) == 0.0
    assert PATH.heat_limit_w(10.0, -272.0, gpus=8) == 0.0


# Coating and mass


def test_a_coating_darkens_to_its_end_of_life_value_and_stays():
    alpha = solar_absorptance_at_age([0.0, 2.5, 5.0, 9.0], 0.1, 0.3, 5.0)
    assert alpha == pytest.approx([0.1, 0.2, 0.3, 0.3])


def test_mass_of_a_radiator():
    assert radiator_mass_kg(110.0, 3.0) == pytest.approx(330.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: earth_view_factor(0.0, 0.1), "altitude_km = 0: must be above 0"),
        (lambda: earth_view_factor(650.0, 4.0), "tilt_rad = 4: must lie between"),
        (lambda: plate_views("nadir", 3, 650.0, 0.0, 0.0, 0.0), "sides = 3: must be 1 or 2"),
        (lambda: mean_plate_views("sideways", 1, 650.0, 0.0, 0.0), "'sideways' is not a valid Attitude"),
        (lambda: radiated_w_m2(-3.0, 0.9), "temperature_k = -3"),
        (lambda: radiated_w_m2(300.0, 1.9), "emittance = 1.9"),
        (lambda: radiated_w_m2(300.0, 0.9, 0), "sides = 0"),
        (lambda: equilibrium_temperature_k(-1.0, 0.9), "q_w_m2 = -1"),
        (lambda: equilibrium_temperature_k(1.0, 0.0), "emittance = 0: must be above 0"),
        (lambda: HeatPath(junction_coolant_k_per_w=-0.1), "junction_coolant_k_per_w = -0.1"),
        (lambda: HeatPath(fin_efficiency=0.0), "fin_efficiency = 0"),
        (lambda: HeatPath(sides=4), "sides = 4"),
        (lambda: PATH.heat_limit_w(0.0, 88.0, gpus=8), "area_m2 = 0"),
        (lambda: PATH.heat_limit_w(10.0, -300.0, gpus=8), "junction_limit_c = -300"),
        (lambda: PATH.junction_c(1e3, -1.0, 10.0), "gpu_w = -1"),
        (lambda: solar_absorptance_at_age(1.0, 0.3, 0.2, 5.0), "eol = 0.2: must not be below bol = 0.3"),
        (lambda: solar_absorptance_at_age(1.0, 0.1, 0.2, 0.0), "life_years = 0"),
        (lambda: radiator_mass_kg(1.0, 0.0), "areal_mass_kg_m2 = 0"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
