"""Proton storms of the Sun: when, how large, their spectrum and dose, and how much of them the Earth's field lets in.

JPL-91 (Feynman, Spitale, Wang & Gabriel 1993, doi:10.1029/92JA02670): storms come only in the seven active years of a
cycle [S], as a Poisson process; the logarithm of a storm's fluence is normal.  Its parameters here are recalled [R],
for the thresholds 10 and 30 MeV; those for 1, 4 and 60 MeV were not found and are left out.  Fluences are
omnidirectional, per cm2, in free space at 1 au.

How good: a factor of 3 for a mission.  The log-normal has no upper end: half of its mean comes from storms above
5e10 per cm2 (> 30 MeV), ten times the largest measured (4e9 in October 1989 [R]); `largest_cm2` cuts them off.

Tags: [S] read in a source, [S2] in a secondary one, [R] recalled, [C] computed, [A] assumption.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from sim.constants import DAYS_PER_YEAR, EARTH_EQUATORIAL_RADIUS_KM, SECONDS_PER_DAY
from sim.physics.checks import at_least, between, positive
from sim.physics.dose import dose_rad_per_year
from sim.physics.solar_cycle import DAY_AFTER_LAST, FIRST_DAY

FloatArray = npt.NDArray[np.float64]

ACTIVE_BEFORE_YEARS = 2.5
"""An active period begins this long before the maximum of the cycle, years [S]."""
ACTIVE_AFTER_YEARS = 4.5
"""It ends this long after, years [S]."""

SOLAR_MAXIMA = (date(2024, 10, 15), date(2035, 6, 15), date(2045, 9, 15), date(2056, 1, 15))
"""Maxima of cycles 25 (observed [S2]), 26 (Solar Physics 300(12), 169, 2025 [S]), and 27 and 28, which repeat cycle 26
[A] as in `sim.physics.solar_cycle`.  A forecast maximum is good to a year, the later two to two."""

STORM_DAYS = 2.5
"""How long a storm lasts, days: 2-3 [R], within which the flux rises in hours and falls by powers of ten."""

STORM_LAW = {10.0: (8.07, 1.10, 6.15), 30.0: (7.42, 1.20, 5.40)}
"""By threshold, MeV: mean and deviation of log10(fluence, 1/cm2) of a storm, and storms per active year [R]."""

STORM_RIGIDITY_MV = 85.0
"""Scale R0 of a storm's spectrum, J(>E) ~ exp(-R(E) / R0), megavolts [A].  It leaves .30 of the fluence above
30 MeV above 60, as in August 1972 (.32) and October 1989 (.29) [R], the storms that make the dose.  Typical,
smaller storms are softer: the mean logarithms of Wertz & Larson [S2] give .22, R0 = 68."""

STORM_ENERGIES_MEV = np.array([10.0, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400])
"""Energies of `storm_spectrum`, MeV."""

DIPOLE_TILT_DEG = 9.4
"""Angle between the Earth's axis and that of its dipole, degrees [R], 2020s."""

_PROTON_REST_MEV = 938.272
_CUTOFF_GV = 14.9  # Stoermer's constant for vertical arrival, GV
_CUTOFF_LOWERED_GV = 0.363  # penumbra and the real field, measured on SAMPEX at 30-60 MeV (Leske et al. 2001) [R]


def mean_fluence_cm2(
    active_years: npt.ArrayLike = 1.0, threshold_mev: float = 30.0, largest_cm2: float = np.inf
) -> FloatArray:
    """Return the mean fluence above 10 or 30 MeV of so many active years, 1/cm2; shape of `active_years`.

    A storm above `largest_cm2` counts as that: without a limit 6.5e9 a year above 30 MeV, with 2e10 half as much.
    """
    mean, deviation, storms = _law(threshold_mev)
    top = np.log10(positive("largest_cm2", largest_cm2, infinite=True))
    heavier = mean + deviation**2 * np.log(10.0)  # the centre of the distribution weighted by fluence
    below = 10.0 ** (0.5 * (mean + heavier)) * ndtr((top - heavier) / deviation)
    above = largest_cm2 * ndtr((mean - top) / deviation) if np.isfinite(largest_cm2) else 0.0
    return np.asarray(at_least("active_years", active_years) * storms * (below + above))


_AT_ONCE = 16


def draw_storms(
    rng: np.random.Generator,
    active_intervals_days: list[tuple[float, float]],
    largest_cm2: float = np.inf,
) -> tuple[FloatArray, FloatArray]:
    """Return the storms of one history: their first days, ascending, and their fluences above 30 MeV, 1/cm2.

    A Poisson process on the intervals put end to end (days, as `active_intervals` gives them), so that longer ones
    only append; fluences independent, those above `largest_cm2` set to it.  ValueError for an interval that ends
    before it begins.
    """
    for first, last in active_intervals_days:
        if not 0 <= last - first < np.inf:
            raise ValueError(f"active interval ({first:g}, {last:g}): must end after it begins")
    positive("largest_cm2", largest_cm2, infinite=True)
    mean, deviation, storms_per_year = STORM_LAW[30.0]
    lengths = np.array([last - first for first, last in active_intervals_days], dtype=float)
    ends = np.cumsum(lengths)
    total = float(lengths.sum())
    elapsed, fluence = np.zeros(1), np.zeros(1)
    while total > 0 and elapsed[-1] < total:
        # In pieces of a fixed size, whatever the length.
        gaps = rng.standard_exponential(_AT_ONCE) * (DAYS_PER_YEAR / storms_per_year)
        elapsed = np.concatenate([elapsed, elapsed[-1] + np.cumsum(gaps)])
        fluence = np.concatenate([fluence, 10.0 ** rng.normal(mean, deviation, _AT_ONCE)])
    count = int(np.searchsorted(elapsed, total)) if total > 0 else 1
    elapsed, fluence = elapsed[1:count], fluence[1:count]
    if len(elapsed) == 0:
        return elapsed, fluence
    which = np.minimum(np.searchsorted(ends, elapsed, side="right"), len(lengths) - 1)
    starts = np.array([first for first, _ in active_intervals_days], dtype=float)
    days = starts[which] + elapsed - (ends - lengths)[which]
    order = np.argsort(days, kind="stable")  # the intervals may come in any order
    return days[order], np.minimum(fluence, largest_cm2)[order]


def storm_spectrum(fluence_30mev: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return energies, MeV (m,), and the integral fluence above each, 1/cm2 (..., m), of storms of this size (...).

    Exponential in rigidity through the fluence above 30 MeV: see `STORM_RIGIDITY_MV`.
    """
    size = at_least("fluence_30mev", fluence_30mev)
    steps = (_rigidity_gv(STORM_ENERGIES_MEV) - _rigidity_gv(30.0)) * 1e3 / STORM_RIGIDITY_MV
    return STORM_ENERGIES_MEV.copy(), size[..., np.newaxis] * np.exp(-steps)


def storm_dose_rad(fluence_30mev: npt.ArrayLike, shield_mm: npt.ArrayLike) -> FloatArray:
    """Return the dose of a storm in free space behind 1-20 mm of aluminium, rad(Si); linear in fluence; broadcasts.

    In orbit multiply by `geomagnetic_exposure` and, below some thousand km, by `open_sky`.
    """
    energies, spectrum = storm_spectrum(1.0)
    per_proton = dose_rad_per_year(energies, spectrum / (DAYS_PER_YEAR * SECONDS_PER_DAY), shield_mm, "proton")
    return np.asarray(at_least("fluence_30mev", fluence_30mev) * per_proton)


def geomagnetic_exposure(
    altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, energy_mev: npt.ArrayLike = 30.0
) -> FloatArray:
    """Return the share of the time that protons of this energy can reach a circular orbit, 0 to 1; broadcasts.

    Where the vertical cut-off 14.9 GV cos^4(magnetic latitude) / r^2 - .363 GV, r in Earth radii, lies below their
    rigidity.  Mean over the turning Earth and the orbit.  The field is a dipole tilted by 9.4 degrees about the
    centre: the real one is off centre, and great storms move the edge by 5-10 degrees towards the equator, so a 53
    degree orbit gets a few per cent where this says 0.
    """
    return cutoff_share(altitude_km, inclination_deg, _rigidity_gv(positive("energy_mev", energy_mev)))


def cutoff_share(altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, rigidity_gv: npt.ArrayLike) -> FloatArray:
    """Return the share of the time at places whose vertical cut-off is below this rigidity, GV, 0 to 1; broadcasts."""
    height = positive("altitude_km", altitude_km)
    tilt = np.radians(between("inclination_deg", inclination_deg, 0.0, 180.0))
    rigidity = at_least("rigidity_gv", rigidity_gv)
    radius = 1.0 + height / EARTH_EQUATORIAL_RADIUS_KM
    cosine2 = np.sqrt((rigidity + _CUTOFF_LOWERED_GV) / _CUTOFF_GV) * radius
    sine = np.sqrt(np.maximum(1.0 - cosine2, 0.0))[..., np.newaxis]

    # A quarter of the orbit stands for all of it; over the longitudes sin(magnetic latitude) = a + b cos(longitude),
    # whose share beyond a bound is an arc cosine.
    along = (np.arange(_ALONG) + 0.5) / _ALONG * 0.5 * np.pi
    sine_latitude = np.sin(tilt)[..., np.newaxis] * np.sin(along)
    a = sine_latitude * np.cos(np.radians(DIPOLE_TILT_DEG))
    b = np.sqrt(1.0 - sine_latitude**2) * np.sin(np.radians(DIPOLE_TILT_DEG))
    b = np.maximum(b, 1e-12)
    beyond = np.arccos(np.clip((sine - a) / b, -1.0, 1.0)) + np.arccos(np.clip((sine + a) / b, -1.0, 1.0))
    return np.asarray(np.minimum(beyond.mean(-1) / np.pi, 1.0))


def open_sky(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the share of all directions that the Earth does not block, .5 at the ground: .71 at 650 km."""
    radius = 1.0 + at_least("altitude_km", altitude_km) / EARTH_EQUATORIAL_RADIUS_KM
    return np.asarray(0.5 * (1.0 + np.sqrt(1.0 - radius**-2.0)))


def active_intervals(start: date, days: float) -> list[tuple[float, float]]:
    """Return the active periods of a mission as (first day, last day), days since 00:00 of `start`, within 0 to `days`.

    ValueError for a mission that leaves 2020-2055.
    """
    at_least("days", days)
    begin = np.datetime64(start)
    if not (begin >= FIRST_DAY and days <= (DAY_AFTER_LAST - begin) / np.timedelta64(1, "D")):
        raise ValueError(f"{start} and {days:g} days: the solar maxima are listed for missions in 2020 to 2055")
    found = []
    for maximum in SOLAR_MAXIMA:
        middle = (maximum - start).days
        first = max(middle - ACTIVE_BEFORE_YEARS * DAYS_PER_YEAR, 0.0)
        last = min(middle + ACTIVE_AFTER_YEARS * DAYS_PER_YEAR, float(days))
        if first < last:
            found.append((first, last))
    return found


_ALONG = 720  # points of a quarter orbit; .001 on the share


def _law(threshold_mev: float) -> tuple[float, float, float]:
    if threshold_mev not in STORM_LAW:
        raise ValueError(f"threshold_mev = {threshold_mev:g}: must be one of {', '.join(f'{e:g}' for e in STORM_LAW)}")
    return STORM_LAW[threshold_mev]


def _rigidity_gv(energy_mev: npt.ArrayLike) -> FloatArray:
    """Return momentum over charge of a proton, GV."""
    energy = np.asarray(energy_mev, dtype=float)
    return np.asarray(np.sqrt(energy * (energy + 2.0 * _PROTON_REST_MEV)) / 1e3)
