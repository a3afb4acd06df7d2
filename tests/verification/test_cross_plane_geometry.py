"""Links between planes against SGP4 and Skyfield: distance, latitude and share of time up of satellites propagated."""

from dataclasses import replace

import numpy as np
import pytest
from sgp4.api import SatrecArray

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, TAU
from sim.environment.joined import joined_planes
from sim.environment.planes import planes_of
from sim.ephemeris import earth_satellite
from sim.ephemeris.orbits import satrec
from sim.physics.cross_plane import stalled_share

SHORT_PERIOD_KM = 25
"""SGP4's short-period terms move two satellites by up to 9 km each, and J3 makes the orbit eccentric by .001 (7 km)."""
WALKER = {"planes": 6, "phasing": 1, "altitude_km": 550, "inclination_deg": 53, "raan_spread_deg": 60}
STAR = {"planes": 6, "phasing": 3, "altitude_km": 780, "inclination_deg": 86.4, "raan_spread_deg": 180}
CLUSTERS = {"planes": 3, "formation": "cluster", "altitude_km": 650, "inclination_deg": 97.9, "raan_spread_deg": 30}
SHELLS = {"walker": (WALKER, 12), "star": (STAR, 11), "clusters": (CLUSTERS, 4)}


def joined_of(fleet, shell, slots, **links):
    satellite = {"links": {"reacquisition_s": 0, "cross_plane": links}}
    shell = {"kind": "walker", "formation": "spaced", **shell}
    scenario = fleet(slots=slots, shell=shell, satellite=satellite)
    planes = planes_of(scenario)
    return joined_planes(scenario, planes)[0][0], planes


def positions_km(planes, slots, days):
    """Of satellites in slots of planes by SGP4, shape (planes, slots, n, 3)."""
    found = []
    for plane in planes:
        for phase in plane.phases_rad[slots].tolist():
            at = replace(plane.elements, mean_anomaly_rad=(phase - plane.elements.argument_of_perigee_rad) % TAU)
            found.append(satrec(at))
    whole = np.full(len(days), planes[0].elements.epoch_jd)
    errors, places, _ = SatrecArray(found).sgp4(whole, days)
    assert not errors.any()
    return places.reshape(len(planes), len(slots), len(days), 3)


def link(one, other):
    """Distance, higher latitude and least altitude of the line between positions, from these alone."""
    distance = np.linalg.norm(other - one, axis=-1)
    latitude = np.degrees(np.arcsin(np.abs(np.stack([one, other])[..., 2]) / np.linalg.norm([one, other], axis=-1)))
    share = np.clip(-(one * (other - one)).sum(-1) / distance**2, 0, 1)
    lowest = np.linalg.norm(one + share[..., None] * (other - one), axis=-1) - EARTH_EQUATORIAL_RADIUS_KM
    return distance, latitude.max(axis=0), lowest


def partner_of(joined, planes):
    """The slot of the second plane to which the first slot of the first one is linked, as the joined planes have it."""
    here = positions_km(planes[:1], [0], np.zeros(1))[0, 0, 0]
    there = positions_km(planes[1:2], range(planes[1].slots), np.zeros(1))[0, :, 0]
    start = round(float(planes[0].phases_rad[0]) / TAU * len(joined.pair.distance_km))
    return int(np.argmin(np.abs(np.linalg.norm(there - here, axis=-1) - joined.pair.distance_km[start])))


@pytest.mark.parametrize("name", SHELLS)
def test_a_pair_flies_as_sgp4_says(fleet, name):
    joined, planes = joined_of(fleet, *SHELLS[name])
    days = np.linspace(0, 5 * planes[0].period_min / 1440, 3000)
    other = partner_of(joined, planes)
    one = positions_km(planes[:1], [0], days)[0, 0]
    distance, latitude, lowest = link(one, positions_km(planes[1:2], [other], days)[0, 0])
    argument = (planes[0].phases_rad[0] + TAU * days * 1440 / planes[0].period_min) % TAU
    samples = len(joined.pair.distance_km)
    at = np.round(argument / TAU * samples).astype(int) % samples
    assert np.abs(distance - joined.pair.distance_km[at]).max() < SHORT_PERIOD_KM
    assert np.abs(latitude - joined.pair.latitude_deg[at]).max() < 0.35
    assert np.abs(lowest - joined.pair.grazing_km[at]).max() < SHORT_PERIOD_KM


def test_and_as_skyfield_says(fleet):
    from skyfield.api import load

    joined, planes = joined_of(fleet, *SHELLS["clusters"])
    minutes = np.arange(0, 100)
    start = planes[0].elements.epoch_jd
    times = load.timescale(builtin=True).utc(2027, 1, 1, 0, minutes)
    first, second = (earth_satellite(plane.elements).at(times).position.km for plane in planes[:2])
    distance = np.linalg.norm(second - first, axis=0)
    assert start == pytest.approx(2461406.5)
    samples = len(joined.pair.distance_km)
    at = np.round(minutes / planes[0].period_min * samples).astype(int) % samples
    assert np.abs(distance - joined.pair.distance_km[at]).max() < SHORT_PERIOD_KM


@pytest.mark.parametrize(
    ("name", "planes_spanned", "links"),
    [
        ("walker", 2, {"max_range_km": 1345}),
        ("walker", 5, {"max_range_km": 1345}),
        ("walker", 3, {"max_range_km": 1450, "cut_off_latitude_deg": 45}),
        ("star", 3, {"max_range_km": 3600, "cut_off_latitude_deg": 60}),
        ("star", 2, {"max_range_km": 3000, "cut_off_latitude_deg": 60}),
        ("clusters", 2, {"cut_off_latitude_deg": 65}),
        ("clusters", 3, {"max_range_km": 1000}),
    ],
)
def test_share_of_time_in_which_all_boundaries_are_linked(fleet, name, planes_spanned, links):
    shell, slots = SHELLS[name]
    joined, planes = joined_of(fleet, shell, slots, **links)
    crossing = joined.crossing(planes_spanned)
    days = np.linspace(0, 15 * planes[0].period_min / 1440, 4000)
    places = positions_km(planes[:planes_spanned], range(slots), days)
    ahead = partner_of(joined, planes)
    linked = np.ones(len(days), bool)
    for plane in range(planes_spanned - 1):
        # Each plane's slots lie a step of the pattern ahead of the one before: the same partner in all.
        distance, latitude, lowest = link(places[plane], np.roll(places[plane + 1], -ahead, axis=0))
        up = (distance <= joined.links.max_range_km) & (latitude <= joined.links.cut_off_latitude_deg)
        linked &= (up & (lowest >= joined.links.grazing_altitude_km)).any(axis=0)
    assert 0.02 < linked.mean() < 0.98 or linked.all()
    assert crossing.up_share == pytest.approx(linked.mean(), abs=0.02)


def test_the_rate_falls_with_the_square_of_the_distance(fleet):
    links = {"full_rate_km": 500, "rate_gb_s": 80, "cut_off_latitude_deg": 90}
    joined, _ = joined_of(fleet, *SHELLS["clusters"], **links)
    crossing = joined.crossing(2)
    near = crossing.distance_km <= 500
    assert near.any()
    assert not near.all()
    assert np.allclose(crossing.rate_gb_s[near], 80)
    assert np.allclose(crossing.rate_gb_s[~near], 80 * (500 / crossing.distance_km[~near]) ** 2)


def test_after_an_outage_the_link_is_pointed_again(fleet):
    links = {"cut_off_latitude_deg": 65}
    joined, planes = joined_of(fleet, *SHELLS["clusters"], **links)
    later = replace(joined, reacquisition_s=30.0)
    bare, with_it = joined.crossing(2), later.crossing(2)
    assert len(bare.outage_s) == 2  # towards either pole
    assert np.allclose(with_it.outage_s, bare.outage_s + 30)
    assert bare.up_share - with_it.up_share == pytest.approx(60 / (planes[0].period_min * 60))


@pytest.mark.parametrize("apart_s", [0, 10, 300, 900, 2000, 40_000])
def test_how_long_a_gang_waits(apart_s):
    # It needs the link every so often; outages of two lengths come at random in that rhythm, each in every orbit.
    cycle, outage = 5737.0, np.array([400.0, 1100.0])
    first = np.random.default_rng(1).uniform(0, max(apart_s, 1e-9), (200_000, 1))
    waits = np.where(first < outage, outage - first, 0.0)
    assert stalled_share(outage, cycle, apart_s) == pytest.approx(waits.sum(axis=1).mean() / cycle, rel=0.02)
