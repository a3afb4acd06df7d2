"""Shadow geometry on Suns that stand still, where every edge is known in closed form."""

from itertools import pairwise

import numpy as np
import pytest

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, SUN_RADIUS_KM
from sim.physics.eclipse import EarthShape, PlaneShadow, Shadow, daily_light, eclipse_fraction
from sim.physics.orbit import beta_angle_rad

AU_KM = 149597870.7
RADIUS_KM = 7000.0
RATE = 2 * np.pi * 14.8  # radians a day
DAYS = np.arange(31.0)


def plane(sun=(AU_KM, 0.0, 0.0), inclination_rad=0.0, node_rate=0.0, **options):
    """An orbit under a fixed Sun: in the equator SGP4's periodics vanish and the orbit is a circle."""
    table = np.tile(np.asarray(sun, dtype=float), (DAYS.size, 1))
    raan, radius_km = options.pop("raan", 0.0), options.pop("radius_km", RADIUS_KM)
    return PlaneShadow.build(radius_km, inclination_rad, raan, node_rate, RATE, table, DAYS, **options)


def test_cylinder_fraction_is_the_arc_behind_the_earth():
    altitude_km = np.array([300.0, 650.0, 2000.0])
    ratio = EARTH_EQUATORIAL_RADIUS_KM / (EARTH_EQUATORIAL_RADIUS_KM + altitude_km)
    assert eclipse_fraction(altitude_km, 0.0) == pytest.approx(np.arcsin(ratio) / np.pi, rel=1e-12)


def test_cylinder_fraction_ends_where_the_plane_clears_the_earth():
    limit = np.arcsin(EARTH_EQUATORIAL_RADIUS_KM / (EARTH_EQUATORIAL_RADIUS_KM + 650.0))
    assert eclipse_fraction(650.0, limit - 1e-3) > 0
    assert eclipse_fraction(650.0, np.array([limit + 1e-9, -np.pi / 2, np.pi / 2])) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("shadow", "sun_size_km"), [(Shadow.POINT, 0.0), (Shadow.UMBRA, -SUN_RADIUS_KM), (Shadow.PENUMBRA, SUN_RADIUS_KM)]
)
def test_edges_on_a_circle_are_the_tangent_cones(shadow, sun_size_km):
    entry, leaving = plane(shadow=shadow, earth=EarthShape.SPHERE).eclipses(0.0, 0.0, 30.0)
    half = np.arcsin(EARTH_EQUATORIAL_RADIUS_KM / RADIUS_KM) + np.arcsin(
        (EARTH_EQUATORIAL_RADIUS_KM + sun_size_km) / AU_KM
    )
    revolution = np.arange(entry.size)
    # 1e-9 days is .1 ms: rounding and the fit's own tolerance
    assert np.allclose(entry, (np.pi - half + 2 * np.pi * revolution) / RATE, rtol=0, atol=1e-9)
    assert np.allclose(leaving, (np.pi + half + 2 * np.pi * revolution) / RATE, rtol=0, atol=1e-9)
    assert entry.size == 444  # 14.8 revolutions a day for 30 days, the middle of the last at half a revolution


def test_a_sun_over_the_pole_leaves_no_eclipse():
    high = plane(sun=(0.0, 0.0, AU_KM))
    entry, leaving = high.eclipses(1.0, 0.0, 30.0)
    assert entry.size == leaving.size == 0
    assert (high.sunlit_fraction(DAYS) == 1.0).all()


def test_a_sun_that_passes_close_to_the_pole_leaves_no_eclipse():
    # A season's end is 30 degrees away; .36 degrees a day, past the pole at .08 degrees, as at 1,000 km in 2032.
    days, at, tilt = np.arange(61.0), np.linspace(20.0, 41.0, 421), 1.7366974938009105
    pole, across = np.array([0.0, -np.sin(tilt), np.cos(tilt)]), np.array([0.0, np.cos(tilt), np.sin(tilt)])
    for passes in np.arange(30.5, 30.9, 0.02):
        angle = np.radians(0.36 * (days - passes))[:, None]
        sun = AU_KM * (-np.cos(angle) * pole + np.sin(angle) * np.array([1.0, 0.0, 0.0]) + 0.0014 * across)
        high = PlaneShadow.build(7382.247, tilt, 0.0, 0.0, 85.979, sun, days)
        assert (high.eclipse_fraction(at) == 0.0).all()
        assert (daily_light([high], at).sunlit_fraction == 1.0).all()


def test_sunlit_fraction_is_what_the_edges_leave():
    tilted = plane(inclination_rad=1.2, node_rate=-0.1)
    phase = np.linspace(0.0, 2 * np.pi, 40, endpoint=False)
    _, entry, leaving = tilted.eclipses_of_many(phase, 10.0, 11.0)
    measured = 1 - (leaving - entry).sum() / phase.size
    # over a day the fraction bends by about (.1 rad)^2 / 24 of itself
    assert tilted.sunlit_fraction(np.linspace(10.0, 11.0, 100)).mean() == pytest.approx(measured, abs=2e-4)


def test_satellites_of_a_plane_follow_one_another():
    # under a fixed Sun, a satellite half a radian ahead meets everything half a radian earlier
    first, second = plane().eclipses(0.0, 1.0, 29.0), plane().eclipses(0.5, 1.0 - 0.5 / RATE, 29.0 - 0.5 / RATE)
    assert np.allclose(first[0], second[0] + 0.5 / RATE, rtol=0, atol=1e-9)
    assert np.allclose(first[1], second[1] + 0.5 / RATE, rtol=0, atol=1e-9)


def test_many_satellites_are_each_what_they_are_alone(monkeypatch):
    monkeypatch.setattr("sim.physics.eclipse._MEETINGS_AT_ONCE", 1000)  # three satellites at once
    tilted = plane(inclination_rad=1.7, node_rate=0.05)
    phases = np.array([5.0, 0.1, 3.0, 3.0, 6.2, 1.0, 2.0, 4.0, 0.0, 2 * np.pi, -1.0])
    satellite, entry, leaving = tilted.eclipses_of_many(phases, 2.5, 20.0)
    for index, phase in enumerate(phases):
        alone = tilted.eclipses(phase, 2.5, 20.0)
        assert np.allclose(entry[satellite == index], alone[0], rtol=0, atol=1e-12)
        assert np.allclose(leaving[satellite == index], alone[1], rtol=0, atol=1e-12)
    assert (np.diff(satellite) >= 0).all()
    assert (leaving > entry).all()
    assert (entry[1:][np.diff(satellite) == 0] > leaving[:-1][np.diff(satellite) == 0]).all()


def test_a_span_clips_the_eclipses_it_cuts():
    whole = plane()
    entry, leaving = whole.eclipses(0.0, 0.0, 30.0)
    start, end = 0.5 * (entry[3] + leaving[3]), 0.5 * (entry[7] + leaving[7])
    cut_entry, cut_leaving = whole.eclipses(0.0, start, end)
    assert np.allclose(cut_entry, [start, *entry[4:8]], rtol=0, atol=1e-12)
    assert np.allclose(cut_leaving, [*leaving[3:7], end], rtol=0, atol=1e-12)


def test_spans_add_up():
    tilted = plane(inclination_rad=1.0, node_rate=-0.08)
    cuts = np.linspace(0.0, 30.0, 24)
    pieces = [tilted.eclipses(1.0, a, b) for a, b in pairwise(cuts)]
    entry, leaving = tilted.eclipses(1.0, 0.0, 30.0)
    assert sum((b - a).sum() for a, b in pieces) == pytest.approx((leaving - entry).sum(), abs=1e-9)


def test_grazing_eclipses_shrink_like_a_square_root():
    # the node turns the plane away from the Sun: lengths squared fall along a line and end at no length
    season = plane(inclination_rad=np.pi / 2, node_rate=0.05)
    _, entry, leaving = season.eclipses_of_many(np.linspace(0, 2 * np.pi, 50, endpoint=False), 0.0, 30.0)
    middle, squared = 0.5 * (entry + leaving), (leaving - entry) ** 2
    order = np.argsort(middle)
    last = order[-200:]
    assert 20 < middle.max() < 25  # beta reaches asin(R / r) = 65.7 degrees on day 22.9
    line = np.polyfit(middle[last], squared[last], 2)
    # an edge .1 s out of place at the end of the season would move the square by 2 x .1 s x length
    assert np.abs(np.polyval(line, middle[last]) - squared[last]).max() < 1e-3 * squared[last].max()
    assert squared.min() < 0.01 * squared.max()


def test_shadows_nest():
    def total(**options):
        entry, leaving = plane(inclination_rad=1.4, sun=(AU_KM, 0.2 * AU_KM, 0.1 * AU_KM), **options).eclipses(0, 0, 30)
        return (leaving - entry).sum()

    sphere, ellipsoid = EarthShape.SPHERE, EarthShape.ELLIPSOID
    umbra, point, penumbra = (total(shadow=s, earth=sphere) for s in (Shadow.UMBRA, Shadow.POINT, Shadow.PENUMBRA))
    assert umbra < point < penumbra
    assert point - umbra == pytest.approx(penumbra - point, rel=0.02)
    assert total(earth=ellipsoid) < point < total(earth=sphere, opaque_atmosphere_km=12.0)
    assert total(shadow=Shadow.UMBRA) == total(shadow=Shadow.UMBRA, earth=ellipsoid)  # the default


def test_an_ellipsoid_casts_the_shadow_of_its_equator_on_the_equator():
    round_earth, flat_earth = (plane(earth=shape).eclipses(0.0, 0.0, 5.0) for shape in EarthShape)
    assert np.allclose(round_earth, flat_earth, rtol=0, atol=1e-12)


def test_no_satellites_no_eclipses():
    satellite, entry, leaving = plane().eclipses_of_many(np.empty(0), 0.0, 30.0)
    assert satellite.size == entry.size == leaving.size == 0


def test_what_the_table_does_not_cover_is_refused():
    with pytest.raises(ValueError, match=r"days 0\.0 to 31\.0 must lie within 0\.0 to 30\.0"):
        plane().eclipses(0.0, 0.0, 31.0)
    with pytest.raises(ValueError, match=r"must lie within"):
        plane().sunlit_fraction([-1.0])
    with pytest.raises(ValueError, match=r"in order"):
        plane().eclipses(0.0, 5.0, 4.0)
    with pytest.raises(ValueError, match=r"use eclipses_of_many"):
        plane().eclipses([0.0, 1.0], 0.0, 1.0)


@pytest.mark.parametrize(
    ("days", "match"), [(np.arange(3.0), "n >= 4"), (np.array([0.0, 1, 2, 4, 5]), "evenly"), (np.arange(0, 15, 3), "2")]
)
def test_a_sun_table_is_checked(days, match):
    with pytest.raises(ValueError, match=match):
        PlaneShadow.build(RADIUS_KM, 0.0, 0.0, 0.0, RATE, np.tile([AU_KM, 0, 0], (days.size, 1)), days)


# --- light ---


def lit_disc(apart, earth_rad, sun_rad):
    """Visible share of the Sun's disc: two flat discs of these angular radii, their centres apart."""
    if apart >= earth_rad + sun_rad:
        return 1.0
    if apart <= earth_rad - sun_rad:
        return 0.0
    x = (apart**2 + sun_rad**2 - earth_rad**2) / (2 * apart)
    y = (apart**2 + earth_rad**2 - sun_rad**2) / (2 * apart)
    lens = sun_rad**2 * np.arccos(x / sun_rad) + earth_rad**2 * np.arccos(y / earth_rad)
    lens -= apart * np.sqrt(sun_rad**2 - x**2)
    return 1 - lens / (np.pi * sun_rad**2)


@pytest.mark.parametrize("beta_deg", [0.0, 40.0, 64.0, 65.3, 65.5, 65.6, 65.7, 65.8, 65.9, 66.0])
def test_light_in_the_penumbra_is_the_visible_part_of_the_disc(beta_deg):
    # the orbit grazes the penumbra at 65.95 deg, the umbra at 65.4
    beta = np.radians(beta_deg)
    still = plane(
        sun=(AU_KM * np.cos(beta), 0.0, AU_KM * np.sin(beta)), shadow=Shadow.PENUMBRA, earth=EarthShape.SPHERE
    )
    around = np.linspace(0.0, 2 * np.pi, 200_000, endpoint=False)
    place = RADIUS_KM * np.stack([np.cos(around), np.sin(around), np.zeros_like(around)], axis=1)
    to_sun = np.array([AU_KM * np.cos(beta), 0.0, AU_KM * np.sin(beta)]) - place
    apart = np.arccos(-(to_sun * place).sum(axis=1) / np.linalg.norm(to_sun, axis=1) / RADIUS_KM)
    earth_rad, sun_rad = np.arcsin(EARTH_EQUATORIAL_RADIUS_KM / RADIUS_KM), np.arcsin(SUN_RADIUS_KM / AU_KM)
    near = np.abs(apart - earth_rad) < 2 * sun_rad
    light = np.where(apart > earth_rad, 1.0, 0.0)
    light[near] = [lit_disc(one, earth_rad, sun_rad) for one in apart[near]]
    # flat discs against a spherical limb, and where the orbit grazes the bands that stand for the disc
    assert still.sunlit_fraction([15.0])[0] == pytest.approx(light.mean(), abs=1e-5 if beta_deg < 65 else 1.5e-4)
    assert 1 - still.eclipse_fraction([15.0])[0] == pytest.approx((light == 1).mean(), abs=1e-4)


def test_light_lies_between_umbra_and_penumbra():
    umbra, point, penumbra = (
        plane(inclination_rad=np.pi / 2, node_rate=0.05, shadow=shadow, earth=EarthShape.SPHERE)
        for shadow in (Shadow.UMBRA, Shadow.POINT, Shadow.PENUMBRA)
    )
    days = np.linspace(0.0, 30.0, 400)
    light, deep = penumbra.sunlit_fraction(days), umbra.sunlit_fraction(days) < 0.75
    assert (light <= umbra.sunlit_fraction(days) + 1e-6).all()
    assert (light >= 1 - penumbra.eclipse_fraction(days) - 1e-12).all()
    # half of a straight crossing's light is lost: the point Sun's edges
    assert light[deep] == pytest.approx(point.sunlit_fraction(days)[deep], abs=2e-5)
    assert (point.sunlit_fraction(days) == 1 - point.eclipse_fraction(days)).all()
    assert (light > 1 - penumbra.eclipse_fraction(days)).any()


def test_geometry_is_beta_distance_arc_and_light():
    sun = np.array([0.6, 0.5, 0.3]) * AU_KM
    tilted = plane(sun=sun, inclination_rad=1.1, node_rate=0.02, shadow=Shadow.PENUMBRA)
    days = np.array([0.0, 3.3, 29.0])
    found = tilted.geometry(days)
    assert found.beta_rad == pytest.approx(beta_angle_rad(sun, 1.1, 0.02 * days), abs=1e-9)
    assert found.sun_distance_km == pytest.approx(np.linalg.norm(sun), rel=1e-12)
    assert (found.shadow_half_arc_rad == np.pi * tilted.eclipse_fraction(days)).all()
    assert (found.sunlit_fraction == tilted.sunlit_fraction(days)).all()


def test_daily_light_is_each_planes_own():
    made = [
        plane(inclination_rad=tilt, node_rate=0.03, shadow=Shadow.PENUMBRA, sun=(AU_KM, 0, 0)) for tilt in (0.3, 1.5)
    ]
    light = daily_light((one for one in made), DAYS)
    assert light.sunlit_fraction.shape == (2, DAYS.size)
    assert light.sunlit_fraction.dtype == light.sun_distance_km.dtype == np.float32
    for row, one in enumerate(made):
        alone = one.geometry(DAYS)
        # the coarser table of daily light, and single precision
        assert light.sunlit_fraction[row] == pytest.approx(alone.sunlit_fraction, abs=1e-4)
        assert light.beta_rad[row] == pytest.approx(alone.beta_rad, abs=1e-6)
        assert light.shadow_half_arc_rad[row] == pytest.approx(alone.shadow_half_arc_rad, abs=5e-4)
    assert light.sun_distance_km == pytest.approx(AU_KM, rel=1e-6)
    with pytest.raises(ValueError, match="no planes"):
        daily_light([], DAYS)


# --- drifting and eccentric planes ---


def test_a_plane_off_its_node_is_a_plane_elsewhere():
    offset = plane(inclination_rad=1.2, node_rate=-0.1, node_offset_rad=0.4)
    elsewhere = plane(inclination_rad=1.2, node_rate=-0.1, raan=0.4)
    for ours, theirs in zip(offset.eclipses(1.0, 0.0, 30.0), elsewhere.eclipses(1.0, 0.0, 30.0), strict=True):
        assert np.allclose(ours, theirs, rtol=0, atol=1e-9)


def test_a_steady_drift_of_the_node_is_another_rate():
    drifting = plane(inclination_rad=1.2, node_rate=-0.1, node_offset_rad=0.002 * DAYS)
    steady = plane(inclination_rad=1.2, node_rate=-0.098)
    for ours, theirs in zip(drifting.eclipses(1.0, 0.0, 30.0), steady.eclipses(1.0, 0.0, 30.0), strict=True):
        assert np.allclose(ours, theirs, rtol=0, atol=0.01 / 86400)


def test_a_plane_off_its_inclination_is_a_plane_of_another():
    off = plane(inclination_rad=1.2, node_rate=-0.1, inclination_offset_rad=np.full(DAYS.size, 0.01))
    # J2 lifts the mean radius of a more inclined orbit of the same semi-major axis
    lift_km = 0.75 * 0.001082616 * 6378.135**2 / RADIUS_KM * 3 * (np.cos(1.2) ** 2 - np.cos(1.21) ** 2)
    other = plane(inclination_rad=1.21, node_rate=-0.1, radius_km=RADIUS_KM + lift_km)
    for ours, theirs in zip(off.eclipses(1.0, 0.0, 30.0), other.eclipses(1.0, 0.0, 30.0), strict=True):
        assert np.allclose(ours, theirs, rtol=0, atol=0.01 / 86400)
    assert off.geometry([5.0]).beta_rad == pytest.approx(other.geometry([5.0]).beta_rad, abs=1e-9)


@pytest.mark.parametrize("argument_deg", [0.0, 90.0, 180.0, 250.0])
def test_an_eccentric_orbit_in_the_equator_by_keplers_equation(argument_deg):
    # in the equator J3 vanishes and J2 is a constant; a Sun in the equator: depth of an ellipse behind a cylinder
    eccentricity, argument = 0.1, np.radians(argument_deg)
    ellipse = plane(radius_km=7500.0, eccentricity=eccentricity, argument_of_perigee_rad=argument)
    entry, leaving = ellipse.eclipses(0.0, 5.0, 6.0)
    axis = 7500.0  # J2 lifts the semi-major axis by as much as it lowers the radius
    for day, side in ((entry[3], 1), (leaving[3], -1)):
        mean = (RATE * day - argument) % (2 * np.pi)
        anomaly = mean
        for _ in range(60):
            anomaly = mean + eccentricity * np.sin(anomaly)
        x, y = axis * (np.cos(anomaly) - eccentricity), axis * np.sqrt(1 - eccentricity**2) * np.sin(anomaly)
        along = x * np.cos(argument) - y * np.sin(argument)
        across = x * np.sin(argument) + y * np.cos(argument)
        edge = np.arcsin(EARTH_EQUATORIAL_RADIUS_KM / np.hypot(x, y)) + EARTH_EQUATORIAL_RADIUS_KM / AU_KM
        assert along < 0
        assert np.sign(across) == side
        # 1e-5 of the radius between the two, and .006 s; an eccentricity left out would be .1 rad
        assert np.arctan2(abs(across), -along) == pytest.approx(edge, abs=3e-5)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"eccentricity": 0.16}, r"eccentricity = 0\.16: must lie between 0 and \.15"),
        ({"eccentricity": float("nan")}, "eccentricity = nan"),
        ({"eccentricity": 0.1}, "the perigee meets the Earth"),
        ({"node_offset_rad": np.zeros(3)}, r"node_offset_rad \(3,\) must be a finite number or one for each of the 31"),
        ({"inclination_offset_rad": float("inf")}, "inclination_offset_rad"),
    ],
)
def test_planes_that_cannot_be_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        plane(**options)
