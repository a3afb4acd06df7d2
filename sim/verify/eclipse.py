"""Eclipse edges against Skyfield: the same orbit through SGP4, DE421 and `find_discrete(is_sunlit)`.

Skyfield is right at every instant it is asked about but finds an eclipse only when one of its samples falls inside, so
each side has a way to be wrong: we may miss or misplace an eclipse, and `find_discrete` may overlook a grazing one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY, TAU
from sim.ephemeris import (
    EPHEMERIS_END,
    EPHEMERIS_START,
    MeanElements,
    earth_satellite,
    orbit_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.ephemeris.sun import ephemeris, skyfield_time
from sim.errors import InputError
from sim.physics.eclipse import PlaneShadow, Shadow

FloatArray = npt.NDArray[np.float64]

STEP_DAYS = 3 / 1440
"""Sampling step of the reference: eclipses shorter than this may escape it."""

_EDGE_S = 0.05  # how finely the reference places an edge
_TIMED_EDGE_S = 1.0  # and when it is timed
_LONG_S, _SHORT_S = 600.0, 60.0
_SATELLITES = 81
_PIECE_DAYS = 60.0  # the reference runs in pieces, so its memory does not grow with the span
_LONGEST_DAYS = 3653.0


@dataclass(frozen=True)
class Eclipses:
    """Eclipses of one satellite in order: entries and exits, days since the start."""

    entry: FloatArray
    leaving: FloatArray

    def __len__(self) -> int:
        return int(self.entry.size)

    @property
    def length_s(self) -> FloatArray:
        """Lengths, seconds."""
        return (self.leaving - self.entry) * SECONDS_PER_DAY


def verify_eclipse(
    altitude_km: float,
    inclination_deg: float | None = None,
    *,
    sun_synchronous: bool = False,
    ltan_h: float | None = None,
    raan_deg: float | None = None,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
    start: date,
    days: float,
) -> dict[str, float | int | None]:
    """Compare our eclipse edges of one orbit with Skyfield's, and the time each takes.

    The orbit is station-kept, at argument of latitude 0 at 00:00 UTC of `start`, in a point Sun's shadow of a sphere;
    circular unless `eccentricity` (at most .15, perigee at least 200 km) says otherwise.
    Give either an inclination or `sun_synchronous`; the node by `ltan_h` (mean solar time at the start) or `raan_deg`
    (default 0).

    Returns: `events` edges of the reference; `missed` (`missed_short`) reference eclipses over (up to) 60 s that no
    eclipse of ours overlaps; `extra` ours that no reference overlaps, `extra_confirmed` those of them in which
    Skyfield itself sees shadow when sampled finely; errors of edges in seconds, `p99_error_s` over eclipses longer
    than 10 min, the rest over all; `speedup` seconds per edge of `find_discrete` (step 3 min, epsilon 1 s) over ours
    for 81 satellites of the plane, Sun sampling and table included, `speedup_single` the same for one; and the
    satellite's `sunlit_fraction` over the span.  An error is None where there is no eclipse to measure it on; without
    any, speed is per satellite.

    Raises `InputError` for an orbit or a span that cannot be flown.  Takes about 30 s per year.
    """
    tilt = inclination_of(altitude_km, inclination_deg, sun_synchronous, eccentricity)
    node = node_of(ltan_h, raan_deg, start)
    elements = orbit_elements(
        start, altitude_km, tilt, node, eccentricity=eccentricity, argument_of_perigee_deg=argument_of_perigee_deg
    )
    check_span(start, days)
    sees = _sunlit_by_skyfield(elements)
    reference = _skyfield_eclipses(sees, start, days, _EDGE_S)
    shadow = plane_shadow_of(elements, start, days)
    ours = Eclipses(*shadow.eclipses(elements.argument_of_latitude_rad, 0.0, days))

    partner = _partners(reference, ours)
    lost = reference.length_s[partner < 0]
    extra = np.setdiff1d(np.arange(len(ours)), partner)
    error_s, long = _edge_errors_s(reference, ours, partner, days)
    per_edge = _seconds_per_edge(elements, sees, start, days)
    return {
        "events": _edges(reference, days),
        "missed": int((lost > _SHORT_S).sum()),
        "missed_short": int((lost <= _SHORT_S).sum()),
        "extra": int(extra.size),
        "extra_confirmed": _confirmed(sees, start, ours, extra),
        "median_error_s": _quantile(error_s, 0.5),
        "p99_error_s": _quantile(error_s[long], 0.99),
        "p99_all_error_s": _quantile(error_s, 0.99),
        "max_error_s": _quantile(error_s, 1.0),
        "speedup": per_edge["skyfield"] / per_edge["plane"],
        "speedup_single": per_edge["skyfield"] / per_edge["single"],
        "sunlit_fraction": 1.0 - float(ours.length_s.sum()) / (days * SECONDS_PER_DAY),
    }


LARGEST_P99_S = 0.5
"""Allowed 99th percentile of the errors of edges of eclipses over 10 min, seconds."""

LARGEST_P99_ALL_S = 2.0
"""The same over all eclipses: a grazing one moves its edges by seconds for metres of orbit."""

LARGEST_EXTRA = 0.02
"""Allowed share of eclipses of ours that the reference does not confirm."""


def shortcomings(found: Mapping[str, Any]) -> list[str]:
    """Say what in a comparison is not good enough; nothing where all is well.

    Speed is not judged: over a few days the making of the table outweighs its use.
    """
    unconfirmed = found["extra"] - found["extra_confirmed"]
    checks = [
        (found["missed"] == 0, f"{found['missed']} eclipses over {_SHORT_S:g} s missed"),
        (unconfirmed <= LARGEST_EXTRA * found["events"], f"{unconfirmed} eclipses that Skyfield does not see"),
    ]
    for name, which, allowed in (
        ("p99_error_s", "long", LARGEST_P99_S),
        ("p99_all_error_s", "all", LARGEST_P99_ALL_S),
    ):
        error = found[name]
        if error is not None:
            checks.append((error <= allowed, f"p99 error {error:.3g} s over {which} eclipses, allowed {allowed:g}"))
    return [problem for holds, problem in checks if not holds]


def table(found: Mapping[str, Any]) -> str:
    """One line for each figure; an error that no eclipse gave says so."""
    any_eclipse = found["max_error_s"] is not None or found["missed"] or found["missed_short"] or found["extra"]
    nothing = "no eclipse that both see" if any_eclipse else "no eclipse"
    if found["p99_all_error_s"] is not None:
        nothing = f"no eclipse over {_LONG_S / 60:g} min"
    return "\n".join(f"{name:20} {nothing if value is None else format(value, '.6g')}" for name, value in found.items())


def inclination_of(
    altitude_km: float, inclination_deg: float | None, sun_synchronous: bool, eccentricity: float
) -> float:
    """The inclination given, or the sun-synchronous one.  Raises `InputError` where both or neither are asked for."""
    if sun_synchronous == (inclination_deg is not None):
        raise InputError("give either an inclination or a sun-synchronous orbit, and not both")
    return sun_synchronous_inclination_deg(altitude_km, eccentricity) if inclination_deg is None else inclination_deg


def node_of(ltan_h: float | None, raan_deg: float | None, start: date) -> float:
    """The node's right ascension, degrees.  Raises `InputError` for what cannot be."""
    if ltan_h is not None and raan_deg is not None:
        raise InputError("give the node either by its local time or by its right ascension, not both")
    if ltan_h is not None and not 0 <= ltan_h <= 24:
        raise InputError(f"ltan_h = {ltan_h!r}: must lie between 0 and 24")
    if raan_deg is not None and not -360 <= raan_deg <= 360:
        raise InputError(f"raan_deg = {raan_deg!r}: must lie between -360 and 360")
    return raan_of_ltan_deg(ltan_h, start) if ltan_h is not None else raan_deg or 0.0


def check_span(start: date, days: float) -> None:
    """Raises `InputError` for a span that DE421 does not cover, or one too short or too long."""
    if not 0.1 <= days <= _LONGEST_DAYS:
        raise InputError(f"days = {days!r}: must lie between 0.1 and {_LONGEST_DAYS:g}")
    if start <= EPHEMERIS_START or start + timedelta(days=int(np.ceil(days)) + 1) > EPHEMERIS_END:
        raise InputError(
            f"start = {start}, days = {days:g}: must stay between {EPHEMERIS_START} and {EPHEMERIS_END} (DE421)"
        )


def plane_shadow_of(elements: MeanElements, start: date, days: float) -> PlaneShadow:
    """Compose ephemeris and physics: the plane of these elements, whose epoch is the start."""
    rates = secular_rates(elements)
    grid = np.arange(-1.0, max(np.ceil(days), 2.0) + 2.0)
    return PlaneShadow.build(
        rates.mean_radius_km,
        elements.inclination_rad,
        elements.raan_rad,
        rates.node_rad_per_day,
        rates.mean_motion_rad_per_day,
        sun_teme_km(start, grid),
        grid,
        shadow=Shadow.POINT,
        eccentricity=elements.eccentricity,
        argument_of_perigee_rad=elements.argument_of_perigee_rad,
        perigee_rate=rates.perigee_rad_per_day,
    )


def _sunlit_by_skyfield(elements: MeanElements) -> Callable[[Any], Any]:
    satellite, kernel = earth_satellite(elements), ephemeris()

    def sunlit(time: Any) -> Any:
        return satellite.at(time).is_sunlit(kernel)

    sunlit.step_days = STEP_DAYS  # type: ignore[attr-defined]  # find_discrete reads its step here
    return sunlit


def _skyfield_eclipses(sees: Callable[[Any], Any], start: date, days: float, edge_s: float) -> Eclipses:
    """Return what `find_discrete` finds; eclipses under way at either end are clipped to the span."""
    from skyfield.searchlib import find_discrete

    bounds = np.linspace(0.0, days, max(1, round(days / _PIECE_DAYS)) + 1)
    found = [
        find_discrete(skyfield_time(start, a), skyfield_time(start, b), sees, edge_s / SECONDS_PER_DAY)
        for a, b in pairwise(bounds)
    ]
    lit = np.concatenate([state for _, state in found]).astype(bool)
    at = np.concatenate([days_since(start, time) for time, _ in found])
    entry, leaving = at[~lit], at[lit]
    if not sees(skyfield_time(start, 0.0)):
        entry = np.concatenate([[0.0], entry])
    if entry.size > leaving.size:
        leaving = np.concatenate([leaving, [days]])
    return Eclipses(entry, leaving)


def days_since(start: date, time: Any) -> FloatArray:
    """Return UTC days of 86,400 s since the start."""
    origin = skyfield_time(start, 0.0)
    tt_less_utc = time.delta_t + time.dut1
    elapsed: FloatArray = time.tt - origin.tt - (tt_less_utc - (origin.delta_t + origin.dut1)) / SECONDS_PER_DAY
    return elapsed


def _partners(reference: Eclipses, ours: Eclipses) -> npt.NDArray[np.intp]:
    """Return for each reference eclipse the index of ours that overlaps it, or -1; no index twice."""
    if not len(ours):
        return np.full(len(reference), -1)
    candidate = np.searchsorted(ours.leaving, reference.entry, side="right")
    inside = np.minimum(candidate, len(ours) - 1)
    overlap = (candidate < len(ours)) & (ours.entry[inside] < reference.leaving)
    partner = np.where(overlap, inside, -1)
    repeated = np.concatenate([[False], (partner[1:] == partner[:-1]) & overlap[1:]])
    partner[repeated[: partner.size]] = -1
    return partner


def _edge_errors_s(
    reference: Eclipses, ours: Eclipses, partner: npt.NDArray[np.intp], days: float
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return absolute errors of true edges (not the span's ends), and which belong to long eclipses."""
    met = partner >= 0
    theirs = np.concatenate([reference.entry[met], reference.leaving[met]])
    mine = np.concatenate([ours.entry[partner[met]], ours.leaving[partner[met]]])
    long = np.tile(reference.length_s[met] > _LONG_S, 2)
    real = (theirs > 0.0) & (theirs < days)
    error: FloatArray = np.abs(mine - theirs)[real] * SECONDS_PER_DAY
    return error, long[real]


def _confirmed(sees: Callable[[Any], Any], start: date, ours: Eclipses, extra: npt.NDArray[np.intp]) -> int:
    """Count eclipses of ours in which Skyfield sees shadow at any of 101 instants across them and 2 s around."""
    if not extra.size:
        return 0
    slack = 2.0 / SECONDS_PER_DAY
    share = np.linspace(0.0, 1.0, 101)
    first, last = ours.entry[extra] - slack, ours.leaving[extra] + slack
    instants = first[:, None] + (last - first)[:, None] * share
    lit = np.asarray(sees(skyfield_time(start, instants.ravel()))).reshape(instants.shape)
    return int((~lit).any(axis=1).sum())


def _seconds_per_edge(elements: MeanElements, sees: Callable[[Any], Any], start: date, days: float) -> dict[str, float]:
    """Time `find_discrete` once and our two ways three times each (their shortest, as `timeit` advises)."""
    began = perf_counter()
    reference = _skyfield_eclipses(sees, start, days, _TIMED_EDGE_S)
    seconds = {"skyfield": (perf_counter() - began) / max(_edges(reference, days), 1)}
    for name, satellites in (("plane", _SATELLITES), ("single", 1)):
        phases = np.linspace(0.0, TAU, satellites, endpoint=False)
        seconds[name] = min(_time_plane(elements, phases, start, days, len(reference) == 0) for _ in range(3))
    return seconds


def _time_plane(elements: MeanElements, phases: FloatArray, start: date, days: float, per_satellite: bool) -> float:
    began = perf_counter()
    _, entry, _ = plane_shadow_of(elements, start, days).eclipses_of_many(phases, 0.0, days)
    took = perf_counter() - began
    return took / (phases.size if per_satellite else max(2 * entry.size, 1))


def _edges(eclipses: Eclipses, days: float) -> int:
    """Count edges inside the span, not the span's own ends."""
    return int((eclipses.entry > 0).sum() + (eclipses.leaving < days).sum())


def _quantile(values: FloatArray, share: float) -> float | None:
    return float(np.quantile(values, share)) if values.size else None
