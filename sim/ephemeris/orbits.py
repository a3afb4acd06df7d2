"""Orbits as SGP4 means them: mean elements, their secular rates, and the orbits a mission asks for.

Every orbit here has bstar = 0: perfectly station-kept.  With drag left on, SGP4 propagated over years is meaningless
and reports no error (a 420 km orbit reads 120 km after three).  Near-Earth SGP4 also has no luni-solar terms, so a
sun-synchronous LTAN holds for free; a real one drifts (inclination by up to .05 deg a year) and costs delta-v.

SGP4: Hoots & Roehrich, Spacetrack Report No. 3 (1980); Vallado et al., AIAA 2006-6753, doi:10.2514/6.2006-6753.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import cos, degrees, isfinite, radians, sqrt
from typing import Any

from sgp4.api import WGS72, Satrec
from sgp4.propagation import gstime

from sim.constants import (
    EARTH_EQUATORIAL_RADIUS_KM,
    MINUTES_PER_DAY,
    TAU,
    TROPICAL_YEAR_DAYS,
    WGS72_J2,
    WGS72_MU_KM3_S2,
    WGS72_RADIUS_KM,
)
from sim.ephemeris.sun import julian_date, timescale
from sim.errors import InputError

LOWEST_ALTITUDE_KM = 200.0
"""Below this an orbit decays within days: it cannot be kept, and SGP4 changes its drag theory at 220 km."""

DEEP_SPACE_PERIOD_MIN = 225.0
"""From this period on SGP4 changes to its deep-space theory, which this package does not model (5,876 km circular)."""

LARGEST_ECCENTRICITY = 0.15
"""Largest mean eccentricity taken; from 300 km of perigee that is 2,656 km of apogee."""

_SGP4_EPOCH_JD = 2433281.5  # sgp4init counts days from 1949 December 31, 00:00 UTC
_XKE_PER_MIN = 60.0 * sqrt(WGS72_MU_KM3_S2 / WGS72_RADIUS_KM**3)


@dataclass(frozen=True)
class MeanElements:
    """SGP4 mean elements (WGS72, bstar = 0) in TEME.

    `epoch_jd` is a UTC Julian date with days of 86,400 s, as in AIAA 2006-6753; SGP4 uses it as UT1 (they stay within
    .9 s).  `mean_motion_rad_per_min` is Kozai's, as element sets print it and `sgp4init` takes it.
    """

    epoch_jd: float
    inclination_rad: float
    raan_rad: float
    eccentricity: float
    argument_of_perigee_rad: float
    mean_anomaly_rad: float
    mean_motion_rad_per_min: float

    @property
    def argument_of_latitude_rad(self) -> float:
        """Mean argument of latitude at epoch, [0, 2 pi): perigee plus mean anomaly."""
        return (self.argument_of_perigee_rad + self.mean_anomaly_rad) % TAU

    @property
    def brouwer_mean_motion_rad_per_min(self) -> float:
        """Mean motion with Kozai's J2 term taken out, rad/min (SGP4's `no_unkozai`)."""
        return self.mean_motion_rad_per_min / (1.0 + _kozai_excess(self))

    @property
    def semi_major_axis_km(self) -> float:
        """Brouwer's mean semi-major axis, km."""
        return float(WGS72_RADIUS_KM * (_XKE_PER_MIN / self.brouwer_mean_motion_rad_per_min) ** (2 / 3))

    @property
    def mean_radius_km(self) -> float:
        """Mean distance from the Earth's centre, km: J2 lifts a polar orbit about 4 km above its semi-major axis."""
        parameter = self.semi_major_axis_km / WGS72_RADIUS_KM * (1 - self.eccentricity**2)
        lift = 0.75 * WGS72_J2 / parameter**2 * (1 - 3 * cos(self.inclination_rad) ** 2)
        return self.semi_major_axis_km * (1 + lift)

    @property
    def period_min(self) -> float:
        """Keplerian period of the mean semi-major axis, minutes."""
        return TAU / self.brouwer_mean_motion_rad_per_min


@dataclass(frozen=True)
class SecularRates:
    """What SGP4 adds day by day to the mean elements of a station-kept satellite."""

    mean_motion_rad_per_day: float
    """Rate of the mean argument of latitude: mean anomaly plus perigee."""
    node_rad_per_day: float
    perigee_rad_per_day: float
    mean_radius_km: float

    @property
    def nodal_period_min(self) -> float:
        """Time from one ascending node to the next, minutes."""
        return TAU / self.mean_motion_rad_per_day * MINUTES_PER_DAY


def circular_elements(
    start: date,
    altitude_km: float,
    inclination_deg: float,
    raan_deg: float,
    argument_of_latitude_deg: float = 0.0,
) -> MeanElements:
    """Return a circular orbit at 00:00 UTC of `start`: `orbit_elements` without eccentricity."""
    return orbit_elements(start, altitude_km, inclination_deg, raan_deg, argument_of_latitude_deg)


def orbit_elements(
    start: date,
    altitude_km: float,
    inclination_deg: float,
    raan_deg: float,
    argument_of_latitude_deg: float = 0.0,
    *,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
) -> MeanElements:
    """Return an orbit at 00:00 UTC of `start`.

    `altitude_km` is the mean semi-major axis less the equatorial radius (6378.1366 km), so the period is Kepler's;
    a circular orbit's mean radius differs by up to 9 km (+4.4 km for a polar orbit at 650 km).  For a perigee and an
    apogee, see `altitude_and_eccentricity`.  The mean argument of latitude is the perigee's plus the mean anomaly.

    Raises `InputError` for a semi-major axis or a perigee below 200 km, a period of 225 min or more, an inclination
    outside 0-180 degrees, or an eccentricity above .15.
    """
    if not 0 <= inclination_deg <= 180:
        raise InputError(f"inclination_deg = {inclination_deg!r}: must lie between 0 and 180")
    if not altitude_km >= LOWEST_ALTITUDE_KM:
        raise InputError(f"altitude_km = {altitude_km!r}: must be at least {LOWEST_ALTITUDE_KM:g}")
    axis_km = EARTH_EQUATORIAL_RADIUS_KM + altitude_km
    motion = _XKE_PER_MIN * (WGS72_RADIUS_KM / axis_km) ** 1.5
    if not motion * DEEP_SPACE_PERIOD_MIN > TAU:
        raise InputError(
            f"altitude_km = {altitude_km!r}: the period must stay below {DEEP_SPACE_PERIOD_MIN:g} min "
            "(about 5,870 km), where SGP4 becomes a deep-space theory"
        )
    if not 0 <= eccentricity <= LARGEST_ECCENTRICITY:
        raise InputError(f"eccentricity = {eccentricity!r}: must lie between 0 and {LARGEST_ECCENTRICITY:g}")
    perigee_km = altitude_km - eccentricity * axis_km
    if perigee_km < LOWEST_ALTITUDE_KM:
        raise InputError(
            f"altitude_km = {altitude_km!r}, eccentricity = {eccentricity!r}: the perigee, {perigee_km:.1f} km, must "
            f"be at least {LOWEST_ALTITUDE_KM:g} km"
        )
    if not isfinite(argument_of_perigee_deg):
        raise InputError(f"argument_of_perigee_deg = {argument_of_perigee_deg!r}: must be finite")
    made = MeanElements(
        epoch_jd=julian_date(start),
        inclination_rad=radians(inclination_deg),
        raan_rad=radians(raan_deg) % TAU,
        eccentricity=eccentricity,
        argument_of_perigee_rad=radians(argument_of_perigee_deg) % TAU,
        mean_anomaly_rad=radians(argument_of_latitude_deg - argument_of_perigee_deg) % TAU,
        mean_motion_rad_per_min=motion,
    )
    for _ in range(6):  # the excess is about 1e-3 and changes by 1e-3 of itself: six rounds leave nothing
        made = replace(made, mean_motion_rad_per_min=motion * (1.0 + _kozai_excess(made)))
    return made


def altitude_and_eccentricity(perigee_km: float, apogee_km: float) -> tuple[float, float]:
    """Return altitude of the semi-major axis, km, and eccentricity of an orbit between two altitudes over the equator.

    Of the mean orbit: J2 lifts and lowers the real one by up to 9 km.  Raises `InputError` for an apogee below the
    perigee, or a perigee that is not above the ground.
    """
    if not 0 < perigee_km <= apogee_km:
        raise InputError(f"perigee_km = {perigee_km!r}, apogee_km = {apogee_km!r}: must be positive and in this order")
    altitude_km = 0.5 * (perigee_km + apogee_km)
    return altitude_km, 0.5 * (apogee_km - perigee_km) / (EARTH_EQUATORIAL_RADIUS_KM + altitude_km)


def sun_synchronous_inclination_deg(altitude_km: float, eccentricity: float = 0.0) -> float:
    """Return the inclination whose node turns once in a tropical year, by SGP4's own nodal rate, degrees.

    The textbook J2 formula is off by .025 deg at 650 km, which moves the LTAN by 44 min in ten years.

    Raises `InputError` where no orbit is sun-synchronous (above about 5,970 km) or SGP4's near-Earth theory ends.
    """
    wanted = TAU / TROPICAL_YEAR_DAYS

    def surplus(inclination_deg: float) -> float:
        orbit = orbit_elements(date(2000, 1, 1), altitude_km, inclination_deg, 0.0, eccentricity=eccentricity)
        return secular_rates(orbit).node_rad_per_day

    low, high = 90.0, 180.0
    if surplus(high) < wanted:
        raise InputError(f"altitude_km = {altitude_km!r}: no inclination makes an orbit this high sun-synchronous")
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if surplus(middle) < wanted else (low, middle)
    return 0.5 * (low + high)


def raan_of_ltan_deg(ltan_h: float, start: date) -> float:
    """Return the right ascension of the ascending node in TEME, degrees, for a local time of the node in hours.

    The local time is mean solar time at 00:00 UTC of `start`: the mean Sun, not the true one, is what a
    sun-synchronous node follows; the true Sun wanders up to 16 min about it through the year.
    """
    mean_sun_deg = degrees(float(gstime(julian_date(start)))) + 180.0  # at 00:00 the mean Sun is 12 h from Greenwich
    return (mean_sun_deg + 15.0 * (ltan_h - 12.0)) % 360.0


def secular_rates(elements: MeanElements) -> SecularRates:
    """Return SGP4's secular rates for these elements; raises `InputError` for a deep-space period."""
    model = satrec(elements)
    return SecularRates(
        mean_motion_rad_per_day=(model.mdot + model.argpdot) * MINUTES_PER_DAY,
        node_rad_per_day=model.nodedot * MINUTES_PER_DAY,
        perigee_rad_per_day=model.argpdot * MINUTES_PER_DAY,
        mean_radius_km=elements.mean_radius_km,
    )


def elements_at(elements: MeanElements, epoch_jd: float) -> MeanElements:
    """Return the same station-kept orbit with its mean angles carried to another epoch (UTC Julian date)."""
    rates, days = secular_rates(elements), epoch_jd - elements.epoch_jd
    perigee = elements.argument_of_perigee_rad + rates.perigee_rad_per_day * days
    latitude = elements.argument_of_perigee_rad + elements.mean_anomaly_rad + rates.mean_motion_rad_per_day * days
    return replace(
        elements,
        epoch_jd=epoch_jd,
        raan_rad=(elements.raan_rad + rates.node_rad_per_day * days) % TAU,
        argument_of_perigee_rad=perigee % TAU,
        mean_anomaly_rad=(latitude - perigee) % TAU,
    )


def earth_satellite(elements: MeanElements, name: str = "") -> Any:
    """Return Skyfield's `EarthSatellite` of these elements: the authority the rest is checked against."""
    from skyfield.api import EarthSatellite

    satellite = EarthSatellite.from_satrec(satrec(elements), timescale())
    satellite.name = name or None
    return satellite


def satrec(elements: MeanElements) -> Any:
    """Return the `sgp4` package's record of these elements, with bstar = 0."""
    if not elements.mean_motion_rad_per_min * DEEP_SPACE_PERIOD_MIN > TAU:
        raise InputError(
            f"period = {TAU / elements.mean_motion_rad_per_min:.1f} min: must stay below "
            f"{DEEP_SPACE_PERIOD_MIN:g} min, where SGP4 becomes a deep-space theory"
        )
    model = Satrec()
    model.sgp4init(
        WGS72,
        "i",
        0,
        elements.epoch_jd - _SGP4_EPOCH_JD,
        0.0,
        0.0,
        0.0,
        elements.eccentricity,
        elements.argument_of_perigee_rad,
        elements.inclination_rad,
        elements.mean_anomaly_rad,
        elements.mean_motion_rad_per_min,
        elements.raan_rad,
    )
    return model


def _kozai_excess(elements: MeanElements) -> float:
    """Kozai's mean motion over Brouwer's, less one (Spacetrack Report No. 3, section 6)."""
    squeeze = (1 - elements.eccentricity**2) ** 1.5
    first = 0.75 * WGS72_J2 * (3 * cos(elements.inclination_rad) ** 2 - 1) / squeeze
    axis = (_XKE_PER_MIN / elements.mean_motion_rad_per_min) ** (2 / 3)
    step = first / axis**2
    axis *= 1 - step**2 - step * (1 / 3 + 134 * step**2 / 81)
    return float(first / axis**2)
