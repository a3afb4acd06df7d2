"""Where the Sun stands: JPL's DE421 through Skyfield, in the frame of SGP4.

The ephemeris comes with the package `skyfield-data`, so nothing is downloaded; it is opened on first use.
"""

from __future__ import annotations

import atexit
import warnings
from datetime import date
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import InputError

FloatArray = npt.NDArray[np.float64]

EPHEMERIS_START = date(1899, 7, 29)
"""First day covered by DE421 (Folkner, Williams, Boggs 2009, IPN Progress Report 42-178), with a few hours to spare."""

EPHEMERIS_END = date(2053, 10, 8)
"""Last day covered by DE421 in full."""

_JULIAN_DATE_OF_ORDINAL_ZERO = 1721424.5


def julian_date(day: date) -> float:
    """Julian date of 00:00 UTC on this calendar day (days of 86,400 s, as SGP4 counts them)."""
    return day.toordinal() + _JULIAN_DATE_OF_ORDINAL_ZERO


def sidereal_angle_rad(day: date) -> float:
    """Return Greenwich mean sidereal time at 00:00 UTC of a day, radians (IAU 1982; UT1 taken as UTC: 2e-5 rad)."""
    since = julian_date(day) - 2451545.0
    degrees = 280.46061837 + 360.98564736629 * since + 0.000387933 * (since / 36525) ** 2
    return float(np.radians(degrees % 360))


def sun_teme_km(start: date, days: npt.ArrayLike) -> FloatArray:
    """Return the geocentric Sun in TEME, km, shape (n, 3), at `days` since 00:00 UTC of `start`.

    Geometric position, without light-time or aberration, as Skyfield's `is_sunlit` takes it: the Sun's apparent place
    stands 20.5 arcseconds away, which would move a shadow edge by .09 s.  A J2000 Sun in place of TEME would move it
    by 6-8 s.  About 35,000 rows a second: nutation dominates, so sample daily and interpolate.

    Raises `InputError` when a day lies outside DE421.
    """
    offsets = np.atleast_1d(np.asarray(days, dtype=float))
    if offsets.size == 0:
        return np.empty((0, 3))
    if not np.isfinite(offsets).all():
        raise InputError(f"the Sun is wanted at days since {start} that are not finite numbers")
    first, last = julian_date(start) + offsets.min(), julian_date(start) + offsets.max()
    if first < julian_date(EPHEMERIS_START) or last >= julian_date(EPHEMERIS_END) + 1:
        raise InputError(
            f"start = {start}: days {offsets.min():g} to {offsets.max():g} from there leave the Sun's ephemeris "
            f"DE421, which covers {EPHEMERIS_START} to {EPHEMERIS_END}"
        )
    return _sun_teme_km(start, offsets.tobytes()).copy()


@lru_cache(maxsize=8)  # all variants of a scenario have the days of one mission
def _sun_teme_km(start: date, days: bytes) -> FloatArray:
    from skyfield.sgp4lib import TEME

    time = skyfield_time(start, np.frombuffer(days))
    geocentric = skyfield_sun_from_earth().at(time).xyz.km
    sun_km: FloatArray = np.einsum("ijt,jt->ti", TEME.rotation_at(time), geocentric)
    return sun_km


def skyfield_time(start: date, days: npt.ArrayLike) -> Any:
    """Return Skyfield's `Time` at `days` since 00:00 UTC of `start`."""
    return timescale().utc(start.year, start.month, start.day + np.asarray(days, dtype=float))


def skyfield_sun_from_earth() -> Any:
    """Return Skyfield's vector function from the Earth's centre to the Sun's."""
    kernel = ephemeris()
    return kernel["sun"] - kernel["earth"]


@cache
def timescale() -> Any:
    """Return Skyfield's timescale from its built-in tables (no download, UT1 predicted from them)."""
    return _loader().timescale(builtin=True)


@cache
def ephemeris() -> Any:
    """Return the opened DE421 kernel: 16.8 MB on disk, mapped rather than read."""
    kernel = _loader()("de421.bsp")
    atexit.register(kernel.close)  # it stays open for the life of the process
    return kernel


@cache
def _loader() -> Any:
    with warnings.catch_warnings():
        # The bundled Earth-orientation file has an end date; it is never read, since the timescale is built in.
        warnings.filterwarnings("ignore", message=".*finals2000A.all has expired", category=RuntimeWarning)
        from skyfield.api import Loader
        from skyfield_data import get_skyfield_data_path

        return Loader(get_skyfield_data_path(), verbose=False)
