"""Contacts with ground stations: against Skyfield's `find_events`, and against what must hold of any geometry."""

from datetime import date

import numpy as np
import pytest
from skyfield.api import wgs84
from skyfield.framelib import itrs

from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import earth_satellite, orbit_elements, sidereal_angle_rad
from sim.ephemeris.sun import skyfield_time
from sim.errors import InputError
from sim.physics.contacts import Stations, Visibility, earth_fixed_km, slant_range_km
from sim.verify.contacts import shortcomings, stations_of, table, verify_contacts
from sim.verify.eclipse import plane_shadow_of

START = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg", "stations", "least"),
    [
        (650, None, "teide,svalbard,haleakala", None),
        (550, 53.0, "table_mountain,51.5:0,-33.9:18.4:50", 10.0),
        (300, 53.0, "all", 80.0),  # passes of seconds
        (2000, 97.0, "svalbard,-72:2.5:1200", 0.0),
        (1200, 0.0, "0.5:100,20:10", 5.0),
        (400, 30.0, "svalbard", None),  # never in view
    ],
)
def test_rises_and_sets_are_skyfields(altitude_km, inclination_deg, stations, least):
    found = verify_contacts(
        altitude_km,
        inclination_deg,
        sun_synchronous=inclination_deg is None,
        raan_deg=77.0,
        stations=stations,
        min_elevation_deg=least,
        start=START,
        days=8,
    )
    assert shortcomings(found) == []
    assert found["missed_short"] == found["extra_short"] == 0
    if altitude_km == 400:
        assert found["events"] == 0
        assert "no contact" in table(found)
    else:
        assert found["events"] > 5
        assert found["max_error_s"] < 0.7  # Skyfield places an edge to .5 s


def visibility(altitude_km, inclination_deg, stations, days=5, **shape):
    elements = orbit_elements(START, altitude_km, inclination_deg, 40.0, 0.0, **shape)
    track = plane_shadow_of(elements, START, days).track
    return Visibility(track, stations, sidereal_angle_rad(START)), elements


@pytest.mark.parametrize("eccentricity", [0.0, 0.1])
def test_positions_are_sgp4s(eccentricity):
    over, elements = visibility(1500, 63.0, Stations.at(0, 0, 0, 0), eccentricity=eccentricity)
    days = np.linspace(0, 5, 60)
    theirs = earth_satellite(elements).at(skyfield_time(START, days)).frame_xyz(itrs).km
    mine = earth_fixed_km(over.track, elements.argument_of_latitude_rad, days, over.sidereal_rad)
    assert np.abs(mine - theirs).max() < 0.1  # UT1 is taken as UTC: .05 s of the Earth's turning


def test_stations_lie_on_the_ellipsoid():
    stations = Stations.at([28.3, -72.0, 90.0], [-16.5, 2.5, 0.0], [2393, 1200, 0], 10)
    theirs = [wgs84.latlon(*at).itrs_xyz.km for at in [(28.3, -16.5, 2393), (-72, 2.5, 1200), (90, 0, 0)]]
    assert np.abs(stations.position_km - theirs).max() < 1e-3


def test_a_station_under_the_orbit_has_windows_that_sum_to_the_sampled_share():
    over, _ = visibility(650, 98.0, Stations.at([10, 78], [20, 15], 0, [10, 5]))
    windows = over.windows(0.3, 0.0, 5.0)
    days = np.linspace(0, 5, 100_001)
    for station in (0, 1):
        share = (over.excess(np.full(len(days), station), 0.3, days) > 0).mean()
        mine = windows.station == station
        assert (windows.set - windows.rise)[mine].sum() / 5 == pytest.approx(share, abs=3e-5)
    assert np.all(np.diff(windows.rise) >= 0)


def test_windows_do_not_depend_on_where_the_span_is_cut(monkeypatch):
    over, _ = visibility(650, 98.0, Stations.at([10, 78], [20, 15], 0, [10, 5]))
    once = over.windows(0.0, 0.0, 5.0)
    monkeypatch.setattr("sim.physics.contacts._TOGETHER", 300)
    pieces = over.windows(0.0, 0.0, 5.0)
    assert len(once) == len(pieces) > 50
    assert np.abs(once.rise - pieces.rise).max() * SECONDS_PER_DAY < 0.01
    assert np.abs(once.set - pieces.set).max() * SECONDS_PER_DAY < 0.01


def test_a_short_pass_next_to_a_cut_is_found():
    over, _ = visibility(300, 53.0, Stations.at([28, -26, 34, 20], [-16, 27, -117, -156], 0, 75))
    whole = over.windows(0.0, 0.0, 30.0)
    assert len(whole) > 15
    for rise, fall in zip(whole.rise[2:14], whole.set[2:14], strict=True):
        for start in (rise - 20 / SECONDS_PER_DAY, rise - 60 / SECONDS_PER_DAY):
            assert over.windows(0.0, start, start + 1.0).rise[0] == pytest.approx(rise, abs=1e-7)
        for end in (fall + 20 / SECONDS_PER_DAY, fall + 60 / SECONDS_PER_DAY):
            assert over.windows(0.0, end - 1.0, end).set[-1] == pytest.approx(fall, abs=1e-7)


def test_neighbours_in_a_plane_are_seen_one_after_the_other():
    over, _ = visibility(650, 98.0, Stations.at(78, 15, 0, 5))
    step = 0.01
    first, second = over.windows(0.0, 0.0, 1.0), over.windows(-step, 0.0, 1.0)
    later = (second.rise - first.rise[: len(second)])[1:-1]
    assert later == pytest.approx(step / over.track.latitude_rate_rad_per_day, abs=30 / SECONDS_PER_DAY)


def test_slant_range():
    assert slant_range_km(650, 90) == pytest.approx(650)
    assert slant_range_km(650, 0) == pytest.approx(np.sqrt(7028.1366**2 - 6378.1366**2))


def test_more_elevation_is_less_contact():
    over = [visibility(650, 98.0, Stations.at(28, -16, 2400, least))[0] for least in (0, 10, 20, 40)]
    seconds = [one.windows(0.0, 0.0, 5.0).length_s.sum() for one in over]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] > 2 * seconds[1] > 2 * seconds[2] > 0


def test_stations_by_name_and_by_place():
    names = [station.name for station in stations_of("Table Mountain, 1:2, all")]
    assert names[:2] == ["table_mountain", "1:2"]
    assert len(names) == 10
    assert stations_of("1:2:300", 5)[0].min_elevation_deg == 5
    for wrong in ("nowhere", "95:0", "1", "1:2:3:4", "", "1:x"):
        with pytest.raises(InputError, match="stations"):
            stations_of(wrong)
