"""Solar activity by date, 2020 to 2055: F10.7 and Ap from a shipped table of smoothed months.

To October 2024 observed (NOAA SWPC, observed solar-cycle indices, 13-month smoothed); cycle 25 runs out to the minimum
of mid-2030; cycle 26 has its maximum in June 2035 with a smoothed sunspot number of 141.8, the middle of 137.4-146.2
(Solar Physics 300(12), 169, 2025), and ends in late 2040 (the same).  Cycles 27 and 28 repeat its height [A].  The
shape is Hathaway's (doi:10.1007/lrsp-2015-4); F10.7 = 67.3 + .483 R + .00196 R^2 fits NOAA's smoothed pairs of 2008 to
2024 with 4 units rms, 12 at most; Ap = 5 + .06 (F10.7 - 67) [A].  `tools/make_solar_cycle_table.py` makes the table.

Limits: no rotation (27 days, +-20 %) and no storms; a forecast of a cycle's height is good to some 20 %, of its
dates to a year.
"""

from __future__ import annotations

import csv
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

FIRST_DAY, DAY_AFTER_LAST = np.datetime64("2020-01-01"), np.datetime64("2056-01-01")


class SolarLevel(StrEnum):
    """How high cycle 26 and those after it become; until the minimum of 2030 the three hardly differ."""

    LOW = "low"
    """Smoothed sunspot number 107.3 (arXiv:2102.06001): F10.7 142 at maximum."""
    NOMINAL = "nominal"
    """141.8 (Solar Physics 300(12), 169, 2025): F10.7 175."""
    HIGH = "high"
    """171 [A], somewhat above cycle 25's 160.8 (arXiv:2309.04208 expects a cycle 26 above 25): F10.7 207."""


def f107(days: npt.ArrayLike, start: date, level: SolarLevel | str = SolarLevel.NOMINAL) -> FloatArray:
    """Return the smoothed F10.7, solar flux units (1e-22 W/m2/Hz), `days` after 00:00 UTC of `start`; shape of `days`.

    The 13-month mean, which stands in for MSIS's 81-day one.  ValueError for a day outside 2020-2055, or an unknown
    level.
    """
    return _interpolate("f107", days, start, level)


def ap(days: npt.ArrayLike, start: date, level: SolarLevel | str = SolarLevel.NOMINAL) -> FloatArray:
    """Return the mean planetary index Ap [A], as `f107`."""
    return _interpolate("ap", days, start, level)


def f107_and_ap(
    days: npt.ArrayLike, start: date, level: SolarLevel | str = SolarLevel.NOMINAL
) -> tuple[FloatArray, FloatArray]:
    """Return both, as `f107` and `ap`, in little more time than one of them."""
    when = _days_since_1970(days, start, level)
    return _at("f107", when, level), _at("ap", when, level)


QUIET_F107, ACTIVE_F107 = 70.0, 150.0
"""F10.7 at which the solar-minimum and solar-maximum models of trapped particles and cosmic rays hold: AP8MAX describes
1970, when the smoothed F10.7 was about 150 (Sawyer & Vette 1976, NSSDC 76-06) [R]."""


def activity(days: npt.ArrayLike, start: date, level: SolarLevel | str = SolarLevel.NOMINAL) -> FloatArray:
    """Return where the Sun stands between its minimum, 0, and its maximum, 1, as the radiation models know them."""
    share = (f107(days, start, level) - QUIET_F107) / (ACTIVE_F107 - QUIET_F107)
    return np.clip(share, 0.0, 1.0)


@cache
def _table() -> dict[str, FloatArray]:
    """Return the columns of the shipped table, and `day`: the middle of each month in days since 1970."""
    with files("sim").joinpath("data/solar_cycle.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name not in ("month", "basis")}
    middle = np.array([f"{row['month']}-15" for row in rows], dtype="datetime64[D]")
    return {"day": middle.astype(float), **columns}


def _interpolate(what: str, days: npt.ArrayLike, start: date, level: SolarLevel | str) -> FloatArray:
    return _at(what, _days_since_1970(days, start, level), level)


def _days_since_1970(days: npt.ArrayLike, start: date, level: SolarLevel | str) -> FloatArray:
    if level not in list(SolarLevel):
        raise ValueError(f"level = {level!r}: must be one of {', '.join(SolarLevel)}")
    midnight = np.datetime64(start).astype("datetime64[s]")
    seconds = np.asarray(np.round(np.asarray(days, dtype=float) * 86400.0) + midnight.astype(float))
    first, after = (day.astype("datetime64[s]").astype(float) for day in (FIRST_DAY, DAY_AFTER_LAST))
    if not (seconds.min(initial=np.inf) >= first and seconds.max(initial=-np.inf) < after):
        bad = seconds[~((seconds >= first) & (seconds < after))].flat[0].astype("datetime64[s]")
        raise ValueError(f"{np.datetime_as_string(bad, unit='D')}: the solar-cycle table covers 2020 to 2055")
    return np.asarray(seconds / 86400.0)


def _at(what: str, when: FloatArray, level: SolarLevel | str) -> FloatArray:
    table = _table()
    return np.asarray(np.interp(when, table["day"], table[f"{what}_{SolarLevel(level)}"]))
