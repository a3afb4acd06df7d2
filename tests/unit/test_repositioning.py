"""From a spare's berth to a slot: drift, climb and turn against closed forms, two-body motion, SGP4 and Skyfield."""

from datetime import date

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from sim.ephemeris import earth_satellite, orbit_elements, secular_rates, sun_synchronous_inclination_deg
from sim.ephemeris.sun import skyfield_time
from sim.physics.orbit import nodal_precession_deg_per_day
from sim.physics.phasing import hohmann_days, hohmann_delta_v_m_s
from sim.physics.rendezvous import edelbaum_m_s, phasing_days
from sim.physics.repositioning import (
    SpareWays,
    hohmann_phase_share,
    hohmann_with_turn_m_s,
    inclination_of_equal_node_rate_deg,
    mean_motion_rad_per_day,
    phase_drift_rad_per_day,
    phasing_delta_v_m_s,
    spiral_phase_share,
)

START = date(2027, 1, 1)
MU, EARTH = 398600.4418, 6378.1366
PLANES = [(650.0, sun_synchronous_inclination_deg(650)), (550.0, 53.0)]
EACH_PLANE = pytest.mark.parametrize(("altitude", "inclination"), PLANES, ids=["650 km SSO", "550 km 53 deg"])


def trimmed(altitude, inclination, below=20.0):
    return float(inclination_of_equal_node_rate_deg(altitude - below, altitude, inclination))


def test_a_lower_orbit_gains_three_halves_of_its_share():
    motion = np.sqrt(MU / (EARTH + 650) ** 3) * 86400
    small = phase_drift_rad_per_day(650 - 0.01, 650)
    assert small == pytest.approx(1.5 * motion * 0.01 / (EARTH + 650), rel=1e-5)
    assert np.degrees(phase_drift_rad_per_day(630, 650)) == pytest.approx(22.72, abs=0.01)
    assert np.degrees(phase_drift_rad_per_day(530, 550)) == pytest.approx(23.55, abs=0.01)


@EACH_PLANE
def test_the_trimmed_inclination_keeps_the_nodes_together(altitude, inclination):
    tilt = trimmed(altitude, inclination)
    rates = nodal_precession_deg_per_day([altitude - 20, altitude], [tilt, inclination])
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
    # By SGP4's own rates what is left is below 1 % of what it would be without.
    own = secular_rates(orbit_elements(START, altitude, inclination, 0)).node_rad_per_day
    left, without = (
        secular_rates(orbit_elements(START, altitude - 20, one, 0)).node_rad_per_day - own
        for one in (tilt, inclination)
    )
    assert abs(left) < 0.01 * abs(without)
    assert np.degrees(without) == pytest.approx({650: 0.0099, 550: -0.0457}[altitude], rel=0.02)


def test_orbits_over_poles_and_equator_need_no_trim():
    assert trimmed(650, 90.0) == pytest.approx(90)
    assert trimmed(650, 0.0) == 0
    assert trimmed(650, 180.0) == 180
    assert trimmed(650, 98.011) == pytest.approx(97.931, abs=1e-3)
    assert trimmed(550, 53.0) == pytest.approx(53.433, abs=1e-3)


@EACH_PLANE
def test_phase_and_node_by_skyfield_after_ten_days(altitude, inclination):
    days = 10.0
    found = []
    for height, tilt in ((altitude - 20, trimmed(altitude, inclination)), (altitude, inclination)):
        flown = earth_satellite(orbit_elements(START, height, tilt, 40.0)).at(skyfield_time(START, days))
        position, velocity = flown.position.km, flown.velocity.km_per_s
        normal = np.cross(position, velocity)
        node = np.array([-normal[1], normal[0], 0]) / np.hypot(*normal[:2])
        along = np.cross(normal / np.linalg.norm(normal), node)
        found.append((np.arctan2(position @ along, position @ node), np.arctan2(node[1], node[0])))
    (low, low_node), (high, high_node) = found
    gained = float(phase_drift_rad_per_day(altitude - 20, altitude)) * days
    strays = (low - high - gained + np.pi) % (2 * np.pi) - np.pi
    assert abs(strays) < 0.012 * gained  # J2's share of the drift; the periodics are .001 rad
    # Nodes stray by periodics of .75 J2 (R/a)^2 cos i = .024 deg each at 53 deg; untrimmed it would be .46 deg.
    assert abs(np.degrees(low_node - high_node)) < 0.05


def test_a_climb_with_a_turn():
    assert hohmann_with_turn_m_s(630, 650, 0.0) == pytest.approx(float(hohmann_delta_v_m_s(630, 650)), rel=1e-9)
    speed = np.sqrt(MU / (EARTH + 650)) * 1000
    assert hohmann_with_turn_m_s(650, 650, 0.02) == pytest.approx(4 * speed * np.sin(0.005), rel=1e-9)
    # The numbers that the module gives.
    for (altitude, inclination), burns, spiral in zip(PLANES, (15.0, 58.5), (19.7, 90.9), strict=True):
        turn = np.radians(abs(trimmed(altitude, inclination) - inclination))
        found = float(hohmann_with_turn_m_s(altitude - 20, altitude, turn))
        assert found == pytest.approx(burns, abs=0.1)
        assert found == pytest.approx(np.hypot(hohmann_delta_v_m_s(altitude - 20, altitude), speed * turn), rel=0.01)
        assert edelbaum_m_s(altitude - 20, altitude, turn) == pytest.approx(spiral, abs=0.1)


@pytest.mark.parametrize(("low", "turn_deg"), [(630, 0.08), (550, 0.3), (500, 1.0)])
def test_no_other_division_of_the_turn_is_cheaper(low, turn_deg):
    high, turn = 650, np.radians(turn_deg)
    first, last = EARTH + low, EARTH + high
    axis = (first + last) / 2
    v1, v2 = np.sqrt(MU / first) * 1000, np.sqrt(MU / last) * 1000
    vp, va = (np.sqrt(MU * (2 / r - 1 / axis)) * 1000 for r in (first, last))

    def whole(share):
        one = np.sqrt(v1**2 + vp**2 - 2 * v1 * vp * np.cos(share * turn))
        return one + np.sqrt(v2**2 + va**2 - 2 * v2 * va * np.cos((1 - share) * turn))

    best = minimize_scalar(whole, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).fun
    assert best * (1 - 1e-7) <= hohmann_with_turn_m_s(low, high, turn) <= best * (1 + 2e-4)


def test_phase_gained_on_the_climb():
    # A spiral of even thrust, integrated; two burns: half a turn less what the slot runs in that time.
    speeds = np.linspace(np.sqrt(MU / (EARTH + 550)), np.sqrt(MU / (EARTH + 650)), 20_001)
    motion = speeds**3 / MU
    share = np.trapezoid(motion - motion[-1], dx=1 / 20_000) / (motion[0] - motion[-1])
    assert spiral_phase_share(550, 650) == pytest.approx(share, rel=1e-6)
    assert spiral_phase_share(650, 650) == 0.5
    days = float(hohmann_days(550, 650))
    gained = np.pi - float(mean_motion_rad_per_day(650)) * days
    assert hohmann_phase_share(550, 650) * phase_drift_rad_per_day(550, 650) * days == pytest.approx(gained, rel=1e-9)


def test_phasing_in_the_own_orbit():
    # For small angles the servicers' formula, turned round; 15 turns a day make them small.
    for angle, days in ((0.3, 3.0), (-0.3, 3.0), (np.pi, 30.0)):
        speed = float(phasing_delta_v_m_s(650, angle, days))
        assert phasing_days(650, angle, speed) == pytest.approx(days, rel=0.01)
    # Exactly: seven turns on the ellipse take so long as the slot takes for seven less the angle.
    turns, angle = 7, 0.5
    motion = float(mean_motion_rad_per_day(650))
    days = (2 * np.pi * turns - angle) / motion
    speed = float(phasing_delta_v_m_s(650, angle, days))
    v = np.sqrt(MU / (EARTH + 650))
    axis = 1 / (2 / (EARTH + 650) - (v - speed / 2000) ** 2 / MU)
    assert turns * 2 * np.pi * np.sqrt(axis**3 / MU) / 86400 == pytest.approx(days, rel=1e-9)
    assert phasing_delta_v_m_s(650, 0.0, 1.0) == 0
    # A way ahead that would dip into the air goes round the other way, higher; within less than a turn there is none.
    assert phasing_delta_v_m_s(650, 1.0, 0.2) > phasing_delta_v_m_s(650, -1.0, 0.2)
    assert phasing_delta_v_m_s(650, 1.0, 0.2) > 1.5 * 2 / 3 * 7028e3 / (0.2 * 86400)
    assert np.isinf(phasing_delta_v_m_s(650, 3.0, 0.05))
    assert np.isfinite(phasing_delta_v_m_s(650, 3.0, 0.3))


def ways(below=20.0, **other):
    high = np.array([650.0])
    given = {
        "below_km": below,
        "checkout_days": 0.0,
        "slot_phase_rad": (np.array([0.1, 2.0, 4.0]),),
        "spare_phase_rad": (np.array([0.0, 3.0]),),
        "altitude_km": high,
        "turn_rad": np.array([0.0014]),
        "drift_rad_per_day": phase_drift_rad_per_day(650 - below, high),
        "climb_days": hohmann_days(650 - below, high),
        "climb_share": hohmann_phase_share(650 - below, high),
        "climb_m_s": np.array([15.0]),
        "extra_m_s": np.array([9.0]),
    }
    return SpareWays(**given | other)


@pytest.mark.parametrize("checkout", [0.0, 1.5])
def test_a_spare_comes_to_its_slot_when_both_are_at_one_place(checkout):
    found, day = ways(checkout_days=checkout), 123.4
    days = found.days(day, 0, np.arange(2), np.arange(3))
    assert days.shape == (2, 3)
    low, high = (float(mean_motion_rad_per_day(h)) for h in (630, 650))
    for i, spare in enumerate(found.spare_phase_rad[0]):
        for j, slot in enumerate(found.slot_phase_rad[0]):
            leaves = day + days[i, j] - float(found.climb_days[0])
            assert leaves >= day + checkout - 1e-9
            there = spare + low * leaves + np.pi  # half a turn on the ellipse
            off = (there - slot - high * (day + days[i, j]) + np.pi) % (2 * np.pi) - np.pi
            assert abs(off) < 1e-6
    assert days.max() <= found.longest_days(0)
    assert found.longest_days(0) == pytest.approx(checkout + 15.84 + 0.034, abs=0.01)


def test_what_a_way_takes():
    below, beside = ways(), ways(below=0.0)
    assert below.delta_v_m_s(0, 1, 2, 0.0) == 15
    assert below.spent_m_s(0, 15.0) == 9  # most of the climb replaces raising
    assert beside.delta_v_m_s(0, 1, 2, 0.0) == 0  # at once and for nothing
    assert beside.delta_v_m_s(0, 1, 2, 4.0) == phasing_delta_v_m_s(650, 1.0, 4.0)
    assert beside.spent_m_s(0, 30.0) == 30


def test_the_farthest_slot():
    slots, spares = ways().slot_phase_rad[0], ways().spare_phase_rad[0]
    gaps = np.abs((slots[None, :] - spares[:, None] + np.pi) % (2 * np.pi) - np.pi)
    assert ways().widest_rad(0) == pytest.approx(gaps.max())
    assert ways(spare_phase_rad=(np.empty(0),)).widest_rad(0) == 0
