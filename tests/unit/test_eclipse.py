"""Shadow geometry on Suns that stand still, where every edge is known in closed form."""

from itertools import pairwise

import numpy as np
import pytest

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, SUN_RADIUS_KM
from sim.physics.eclipse import EarthShape, PlaneShadow, Shadow, eclipse_fraction

AU_KM = 149597870.7
RADIUS_KM = 7000.0
RATE = 2 * np.pi * 14.8  # radians a day
DAYS = np.arange(31.0)


def plane(sun=(AU_KM, 0.0, 0.0), inclination_rad=0.0, node_rate=0.0, **options):
    """An orbit under a fixed Sun: in the equator SGP4's periodics vanish and the orbit is a circle."""
    table = np.tile(np.asarray(sun, dtype=float), (DAYS.size, 1))
    return PlaneShadow.build(RADIUS_KM, inclination_rad, 0.0, node_rate, RATE, table, DAYS, **options)


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
