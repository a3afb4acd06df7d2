"""Our eclipses against Skyfield's: every edge asked about on both sides, and the whole span sampled."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.ephemeris import (
    altitude_and_eccentricity,
    circular_elements,
    earth_satellite,
    orbit_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.ephemeris.sun import ephemeris, skyfield_time
from sim.errors import InputError
from sim.physics.eclipse import EarthShape, PlaneShadow, Shadow
from sim.physics.orbit import luni_solar_drift
from sim.verify.eclipse import Eclipses, _confirmed, _partners, _sunlit_by_skyfield, shortcomings, table, verify_eclipse

SECOND = 1 / 86400
ORBITS = [  # altitude km, inclination deg (None: sun-synchronous), node deg or local time h, start, phase deg
    (650.0, None, 6.0, date(2027, 5, 1), 0.0),
    (1000.0, None, 18.0, date(2026, 10, 10), 77.0),
    (650.0, None, 8.0, date(2031, 2, 3), 200.0),
    (800.0, None, 10.5, date(2050, 6, 1), 10.0),
    (500.0, None, 12.0, date(2040, 3, 1), 300.0),
    (2000.0, None, 9.0, date(2026, 1, 1), 5.0),
    (300.0, 30.0, 0.0, date(2027, 1, 1), 0.0),
    (2000.0, 53.0, 120.0, date(2029, 9, 9), 140.0),
    (550.0, 53.0, 200.0, date(2027, 1, 1), 90.0),
    (600.0, 97.0, 77.0, date(2033, 3, 3), 270.0),
    (1000.0, 5.0, 31.0, date(2045, 12, 25), 350.0),
    (1200.0, 120.0, 300.0, date(2028, 2, 29), 45.0),
    (300.0, 0.0, 0.0, date(2030, 1, 1), 0.0),
    (300.0, 63.4, 15.0, date(2027, 6, 1), 0.0),
    (1500.0, 90.0, 90.0, date(2027, 6, 1), 33.0),  # a polar plane that the Sun crosses at right angles
    (400.0, 180.0, 0.0, date(2027, 3, 1), 100.0),
]


def orbit(altitude_km, inclination_deg, node, start, phase_deg):
    if inclination_deg is None:
        inclination_deg, node = sun_synchronous_inclination_deg(altitude_km), raan_of_ltan_deg(node, start)
    return circular_elements(start, altitude_km, inclination_deg, node, phase_deg)


def plane_of(elements, start, days, **options):
    rates, grid = secular_rates(elements), np.arange(days + 1.0)
    return PlaneShadow.build(
        rates.mean_radius_km,
        elements.inclination_rad,
        elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun_teme_km(start, grid),
        grid,
        eccentricity=elements.eccentricity,
        argument_of_perigee_rad=elements.argument_of_perigee_rad,
        perigee_rate=rates.perigee_rad_per_day,
        **options,
    )


def skyfield_says_lit(elements, start, days):
    return np.asarray(earth_satellite(elements).at(skyfield_time(start, days)).is_sunlit(ephemeris()))


def ours_say_lit(entry, leaving, days):
    return np.searchsorted(entry, days) == np.searchsorted(leaving, days)


@pytest.mark.parametrize("case", ORBITS, ids=lambda case: f"{case[0]:g}km-{case[1]}-{case[2]:g}")
def test_skyfield_agrees_on_both_sides_of_every_edge(case):
    elements, start, days = orbit(*case), case[3], 40
    shadow = plane_of(elements, start, days)
    entry, leaving = shadow.eclipses(elements.argument_of_latitude_rad, 0.0, days)

    # edges are within .02 s where they are steep; where an eclipse is short, what SGP4 rounds up its eccentricity to
    # (1e-6, 7 m of altitude) grows as 1 / length: .07 s at 70 s
    length = leaving - entry
    outside = 0.03 * SECOND * np.maximum(1.0, 400 * SECOND / length)
    inside = np.minimum(outside, length / 3)
    dark = np.concatenate([entry + inside, leaving - inside])
    assert not skyfield_says_lit(elements, start, dark).any()
    lit = np.concatenate([(entry - outside)[entry > 0], (leaving + outside)[leaving < days]])
    assert skyfield_says_lit(elements, start, lit).all()

    # and nothing is missed: 4,000 instants at random
    at = np.sort(np.random.default_rng(11).uniform(0.0, days, 4000))
    near = np.abs(at[:, None] - np.concatenate([entry, leaving])).min(axis=1, initial=np.inf) < 0.03 * SECOND
    agree = ours_say_lit(entry, leaving, at) == skyfield_says_lit(elements, start, at)
    assert (agree | near).all()


def test_the_whole_orbit_in_light_is_light():
    # above about 1,405 km a dawn-dusk orbit stays out of the shadow all year
    start = date(2027, 1, 1)
    elements = orbit(1420.0, None, 6.0, start, 0.0)
    shadow = plane_of(elements, start, 365)
    assert shadow.eclipses(0.0, 0.0, 365.0)[0].size == 0
    assert (shadow.sunlit_fraction(np.arange(365.0)) == 1.0).all()


def test_a_day_in_light_is_that_days_revolutions():
    for case in ORBITS[:12]:
        elements, start = orbit(*case), case[3]
        shadow = plane_of(elements, start, 20)
        _, entry, leaving = shadow.eclipses_of_many(np.linspace(0, 2 * np.pi, 64, endpoint=False), 9.5, 10.5)
        measured = 1 - (leaving - entry).sum() / 64
        # the season's end bends within a day: .002 there, 1e-4 elsewhere
        assert shadow.sunlit_fraction([10.0])[0] == pytest.approx(measured, abs=2e-3)


def test_the_sun_table_may_end_with_the_span():
    start, days = date(2027, 1, 1), 30
    elements = orbit(550.0, 53.0, 200.0, start, 0.0)
    rates = secular_rates(elements)
    padded = np.arange(-6.0, days + 7.0)
    wide = PlaneShadow.build(
        rates.mean_radius_km,
        elements.inclination_rad,
        elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun_teme_km(start, padded),
        padded,
    )
    ours, theirs = (shadow.eclipses(0.0, 0.0, 30.0) for shadow in (plane_of(elements, start, days), wide))
    assert np.abs(np.subtract(ours, theirs)).max() < 0.01 * SECOND


ECCENTRIC = [  # perigee and apogee km, inclination deg (None: sun-synchronous), node deg or local time h, perigee deg
    (300.0, 2000.0, 63.4, 15.0, 270.0),
    (300.0, 2000.0, 5.0, 0.0, 10.0),
    (300.0, 2000.0, None, 6.0, 90.0),  # seasons that the turning perigee opens and closes
    (300.0, 2656.0, 97.0, 200.0, 123.0),
    (300.0, 1900.0, 53.0, 120.0, 0.0),
    (400.0, 700.0, 30.0, 10.0, 300.0),
    (700.0, 760.0, None, 10.0, 200.0),
    (690.0, 700.0, 97.0, 130.0, 57.0),  # e = 7e-4, which is solved as a circle is
]


def ellipse(perigee_km, apogee_km, inclination_deg, node, perigee_deg, start, phase_deg=30.0):
    altitude_km, eccentricity = altitude_and_eccentricity(perigee_km, apogee_km)
    if inclination_deg is None:
        inclination_deg = sun_synchronous_inclination_deg(altitude_km, eccentricity)
        node = raan_of_ltan_deg(node, start)
    return orbit_elements(
        start,
        altitude_km,
        inclination_deg,
        node,
        phase_deg,
        eccentricity=eccentricity,
        argument_of_perigee_deg=perigee_deg,
    )


@pytest.mark.parametrize("case", ECCENTRIC, ids=lambda case: f"{case[0]:g}x{case[1]:g}km-{case[2]}")
def test_eccentric_planes_keep_their_edges(case):
    start, days = date(2027, 1, 1), 200 if case[2] is None else 60  # far outside the seasons nothing is invented
    elements = ellipse(*case, start)
    entry, leaving = plane_of(elements, start, days).eclipses(elements.argument_of_latitude_rad, 0.0, days)
    assert entry.size > 50
    # .05 s is what the last round leaves at e = .15; short eclipses at the end of a season as on a circle
    length = leaving - entry
    outside = 0.07 * SECOND * np.maximum(1.0, 600 * SECOND / length)
    inside = np.minimum(outside, length / 3)
    dark = np.concatenate([(entry + inside)[entry > 0], (leaving - inside)[leaving < days]])
    lit = np.concatenate([(entry - outside)[entry > 0], (leaving + outside)[leaving < days]])
    assert not skyfield_says_lit(elements, start, dark).any()
    assert skyfield_says_lit(elements, start, lit).all()

    at = np.sort(np.random.default_rng(12).uniform(0.0, days, 2000))
    near = np.abs(at[:, None] - np.concatenate([entry, leaving])).min(axis=1) < 0.1 * SECOND
    assert ((ours_say_lit(entry, leaving, at) == skyfield_says_lit(elements, start, at)) | near).all()


def test_slots_of_an_eccentric_plane_follow_at_equal_times():
    start, days = date(2027, 2, 1), 5
    elements = ellipse(*ECCENTRIC[0], start)
    rates = secular_rates(elements)
    shadow = plane_of(elements, start, days)
    third = 2 * np.pi / 3
    behind = replace(elements, mean_anomaly_rad=elements.mean_anomaly_rad - third)
    entry, leaving = shadow.eclipses(elements.argument_of_latitude_rad - third, 1.0, days - 1.0)
    inside = 0.07 * SECOND
    assert not skyfield_says_lit(behind, start, np.concatenate([entry[1:] + inside, leaving[:-1] - inside])).any()
    assert skyfield_says_lit(behind, start, np.concatenate([entry[1:] - inside, leaving[:-1] + inside])).all()
    ahead, _ = shadow.eclipses(elements.argument_of_latitude_rad, 1.0, days - 1.0)
    wait = third / rates.mean_motion_rad_per_day
    # to the drift of node and perigee in a third of a revolution
    assert np.abs((ahead[1:-1, None] + wait) - entry).min(axis=1).max() < 60 * SECOND


@pytest.mark.parametrize("ltan_h", [4.0, 5.0])
def test_a_drifting_plane_has_the_edges_of_where_it_has_drifted(ltan_h):
    # brute force: on some days, SGP4's satellite of the orbit as it stands then, with Skyfield's own shadow
    start, years = date(2027, 1, 1), 5
    elements, days = orbit(650.0, None, ltan_h, start, 0.0), round(365.25 * years)
    rates, grid = secular_rates(elements), np.arange(days + 1.0)
    inclination, node = luni_solar_drift(ltan_h, 650.0, np.degrees(elements.inclination_rad), grid)
    assert 4 * np.degrees(node[-1]) > 40  # minutes
    shadow = plane_of(elements, start, days, node_offset_rad=node, inclination_offset_rad=inclination)
    steady = plane_of(elements, start, days)
    seen = 0
    for day in (20, 400, 777, 1100, 1400, 1700, 1810):
        then = replace(
            elements,
            epoch_jd=elements.epoch_jd + day,
            inclination_rad=elements.inclination_rad + inclination[day],
            raan_rad=(elements.raan_rad + rates.node_rad_per_day * day + node[day]) % (2 * np.pi),
            mean_anomaly_rad=(rates.mean_motion_rad_per_day * day) % (2 * np.pi),
        )
        entry, leaving = shadow.eclipses(0.0, day - 0.06, day + 0.06)
        whole = (entry > day - 0.06) & (leaving < day + 0.06)
        entry, leaving = entry[whole], leaving[whole]
        # an orbit .1 deg elsewhere keeps time to .02 s over .06 days
        margin = 0.1 * SECOND * np.maximum(1.0, 600 * SECOND / (leaving - entry))
        for edge, sign in ((entry, 1), (leaving, -1)):
            assert not skyfield_says_lit(then, start, edge + sign * margin).any()
            assert skyfield_says_lit(then, start, edge - sign * margin).all()
        seen += entry.size
    assert seen > 6
    undrifted = steady.eclipses(0.0, 1799.0, 1801.0)[0]
    drifted = shadow.eclipses(0.0, 1799.0, 1801.0)[0]
    assert undrifted.size != drifted.size or np.abs(undrifted - drifted).max() > 60 * SECOND


@pytest.mark.parametrize("shadow", Shadow)
@pytest.mark.parametrize("earth", EarthShape)
def test_every_shadow_is_the_geometry_it_names(shadow, earth):
    # independent of the fit: discs seen from SGP4's own positions on the edges, over an ellipsoid stretched round
    start, days = date(2027, 1, 1), 30
    elements = orbit(550.0, 75.0, 40.0, start, 0.0)
    entry, leaving = plane_of(elements, start, days, shadow=shadow, earth=earth).eclipses(0.0, 0.0, days)
    at = np.concatenate([entry[1:], leaving[:-1]])
    _, satellite, _ = earth_satellite(elements).model.sgp4_array(np.full(at.size, elements.epoch_jd), at)
    sun = sun_teme_km(start, at)
    if earth is EarthShape.ELLIPSOID:
        satellite, sun = (vector * [1, 1, 1 / (1 - 1 / 298.25642)] for vector in (satellite, sun))
    to_sun, to_earth = sun - satellite, -satellite
    distance, height = np.linalg.norm(to_sun, axis=1), np.linalg.norm(to_earth, axis=1)
    apart = np.arccos((to_sun * to_earth).sum(axis=1) / distance / height)
    sun_disc = {"point": 0.0, "umbra": -1.0, "penumbra": 1.0}[shadow] * np.arcsin(695700.0 / distance)
    edge = apart - np.arcsin(6378.1366 / height) - sun_disc
    # edges cross at 1.1e-3 rad/s or slower: 2e-5 rad is .02 s
    assert np.abs(edge).max() < 2e-5


# --- the command's own figures ---


def assert_accepted(figures):
    assert figures["missed"] == figures["missed_short"] == 0
    assert figures["extra"] == figures["extra_confirmed"]
    # the reference itself is refined to .05 s; half of that is its mean error
    assert figures["median_error_s"] < 0.05
    assert figures["p99_error_s"] < 0.1
    assert figures["p99_all_error_s"] < 0.5
    assert figures["speedup"] > 1000  # of a few days; a year gives tens of thousands


def test_verify_reports_what_it_promises():
    figures = verify_eclipse(550.0, 53.0, raan_deg=20.0, start=date(2027, 1, 1), days=6)
    assert list(figures) == [
        "events",
        "missed",
        "missed_short",
        "extra",
        "extra_confirmed",
        "median_error_s",
        "p99_error_s",
        "p99_all_error_s",
        "max_error_s",
        "speedup",
        "speedup_single",
        "sunlit_fraction",
    ]
    assert 150 < figures["events"] < 182  # 15 revolutions a day, two edges each, for 6 days
    assert_accepted(figures)


def test_verify_flies_eccentric_orbits():
    figures = verify_eclipse(
        1150.0, 63.4, eccentricity=0.11, argument_of_perigee_deg=270.0, start=date(2027, 1, 1), days=3
    )
    assert_accepted(figures)
    entry, leaving = plane_of(circular_elements(date(2027, 1, 1), 1150.0, 63.4, 0.0), date(2027, 1, 1), 3).eclipses(
        0, 0, 3
    )
    assert abs(1 - (leaving - entry).sum() / 3 - figures["sunlit_fraction"]) > 0.003


def test_verify_without_eclipses():
    figures = verify_eclipse(1400.0, sun_synchronous=True, ltan_h=6.0, start=date(2027, 1, 1), days=2)
    assert (figures["events"], figures["sunlit_fraction"]) == (0, 1.0)
    errors = [value for name, value in figures.items() if name.endswith("_error_s")]
    assert errors == [None] * 4  # nothing was measured, so nothing is exact
    assert figures["speedup"] > 0
    assert shortcomings(figures) == []
    assert [line.split(maxsplit=1)[1] for line in table(figures).splitlines() if "_error_s" in line] == [
        "no eclipse"
    ] * 4


def test_verify_says_which_errors_no_eclipse_gave():
    figures = verify_eclipse(550.0, 53.0, start=date(2027, 1, 1), days=1)
    assert "no eclipse" not in table(figures)
    short = table(figures | {"p99_error_s": None}).splitlines()
    assert [line for line in short if "no eclipse" in line] == ["p99_error_s          no eclipse over 10 min"]
    lost = figures | dict.fromkeys(("median_error_s", "p99_error_s", "p99_all_error_s", "max_error_s")) | {"missed": 9}
    assert table(lost).count("no eclipse that both see") == 4
    assert shortcomings(lost) == ["9 eclipses over 60 s missed"]


def test_verify_sees_a_misplaced_edge(monkeypatch):
    true = PlaneShadow.eclipses
    late = lambda *arguments: tuple(edge + 3 * SECOND for edge in true(*arguments))  # noqa: E731
    monkeypatch.setattr(PlaneShadow, "eclipses", late)
    figures = verify_eclipse(550.0, 53.0, start=date(2027, 1, 1), days=1)
    assert figures["median_error_s"] == pytest.approx(3.0, abs=0.05)


def test_verify_sees_missing_and_invented_eclipses(monkeypatch):
    true = PlaneShadow.eclipses

    def spoiled(*arguments):
        entry, leaving = true(*arguments)
        half_orbit = 0.5 * (entry[1] - entry[0])
        entry[5], leaving[5] = entry[5] + half_orbit, leaving[5] + half_orbit - 0.3 * half_orbit
        return entry, leaving

    monkeypatch.setattr(PlaneShadow, "eclipses", spoiled)
    figures = verify_eclipse(800.0, 53.0, start=date(2027, 1, 1), days=1)
    assert (figures["missed"], figures["extra"], figures["extra_confirmed"]) == (1, 1, 0)


def test_an_eclipse_is_confirmed_by_any_shadow_in_it():
    start = date(2027, 1, 1)
    elements = orbit(550.0, 53.0, 20.0, start, 0.0)
    entry, leaving = plane_of(elements, start, 3).eclipses(0.0, 0.0, 3.0)
    early = Eclipses(entry[1:4] - 300 * SECOND, np.array([leaving[1], entry[2] + 60 * SECOND, entry[3] - 60 * SECOND]))
    assert _confirmed(_sunlit_by_skyfield(elements), start, early, np.arange(3)) == 2  # the third is all in light


def test_partners_overlap_and_are_taken_once():
    reference = Eclipses(np.array([0.0, 2.0, 2.6, 6.0]), np.array([1.0, 2.5, 3.0, 7.0]))
    ours = Eclipses(np.array([0.9, 2.0, 5.0]), np.array([1.4, 3.0, 5.9]))
    assert _partners(reference, ours).tolist() == [0, 1, -1, -1]
    assert _partners(reference, Eclipses(np.empty(0), np.empty(0))).tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "either an inclination or a sun-synchronous orbit"),
        ({"inclination_deg": 53.0, "sun_synchronous": True}, "either an inclination or a sun-synchronous orbit"),
        ({"inclination_deg": 53.0, "ltan_h": 6.0, "raan_deg": 5.0}, "not both"),
        ({"inclination_deg": 53.0, "ltan_h": 25.0}, r"ltan_h = 25\.0"),
        ({"inclination_deg": 53.0, "raan_deg": float("nan")}, "raan_deg = nan"),
        ({"inclination_deg": 53.0, "days": 0}, "days = 0: must lie between"),
        ({"inclination_deg": 53.0, "start": date(2053, 9, 1), "days": 60}, "must stay between .* and 2053-10-08"),
        ({"inclination_deg": 53.0, "start": date(1066, 1, 1)}, "1899-07-29"),
        ({"inclination_deg": 53.0, "eccentricity": 0.1}, "the perigee"),
        ({"inclination_deg": 53.0, "eccentricity": 0.2}, r"eccentricity = 0\.2: must lie between"),
    ],
)
def test_verify_refuses_what_it_cannot_fly(options, match):
    with pytest.raises(InputError, match=match):
        verify_eclipse(550.0, **({"start": date(2027, 1, 1), "days": 1} | options))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("altitude_km", "start", "days", "options"),
    [
        (650.0, date(2027, 10, 10), 135, {"sun_synchronous": True, "ltan_h": 6.0}),
        (2000.0, date(2027, 1, 1), 60, {"inclination_deg": 53.0}),
        (1000.0, date(2027, 4, 10), 130, {"sun_synchronous": True, "ltan_h": 18.0}),
    ],
)
def test_seasons_of_edges_with_their_grazing_eclipses(altitude_km, start, days, options):
    assert_accepted(verify_eclipse(altitude_km, start=start, days=days, **options))


TEN_KINDS = [  # altitude km, options
    (550.0, {"inclination_deg": 53.0, "raan_deg": 20.0}),
    (300.0, {"inclination_deg": 30.0}),
    (2000.0, {"inclination_deg": 120.0, "raan_deg": 100.0}),
    (1000.0, {"inclination_deg": 0.0}),
    (650.0, {"sun_synchronous": True, "ltan_h": 6.0}),
    (650.0, {"sun_synchronous": True, "ltan_h": 8.0}),
    (800.0, {"sun_synchronous": True, "ltan_h": 10.5}),
    (1150.0, {"inclination_deg": 63.4, "raan_deg": 15.0, "eccentricity": 0.112, "argument_of_perigee_deg": 270.0}),
    (1478.0, {"inclination_deg": 97.0, "raan_deg": 200.0, "eccentricity": 0.149, "argument_of_perigee_deg": 123.0}),
    (1150.0, {"sun_synchronous": True, "ltan_h": 6.0, "eccentricity": 0.112, "argument_of_perigee_deg": 90.0}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("altitude_km", "options"), TEN_KINDS, ids=lambda value: None)
def test_ten_kinds_of_orbit(altitude_km, options):
    figures = verify_eclipse(altitude_km, start=date(2027, 1, 1), days=30, **options)
    assert shortcomings(figures) == []
    assert figures["events"] > 400
    assert_accepted(figures)
