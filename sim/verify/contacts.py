"""Contacts with ground stations against Skyfield: the same orbit through SGP4 and `EarthSatellite.find_events`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from sim.constants import SECONDS_PER_DAY
from sim.environment.ground_link import physical
from sim.ephemeris import earth_satellite, orbit_elements, sidereal_angle_rad
from sim.ephemeris.sun import skyfield_time
from sim.errors import InputError
from sim.physics.contacts import Visibility
from sim.scenario.ground import Station
from sim.scenario.yaml_file import read
from sim.shipped import shipped_overlays
from sim.verify.eclipse import check_span, days_since, inclination_of, node_of, plane_shadow_of

FloatArray = npt.NDArray[np.float64]

SHORT_S = 10.0
"""Passes up to this long graze the least elevation: metres of orbit decide whether there is one."""
LARGEST_MEDIAN_S = 0.5
"""Allowed median of the errors, seconds: Skyfield places an edge to half a second."""
LARGEST_P99_S = 2.0
"""Allowed 99th percentile of the errors, seconds."""
_DEFAULT = ("teide", "table_mountain", "haleakala", "svalbard")


@dataclass(frozen=True)
class Passes:
    """Passes over one station in order, days; infinite where an end lies outside the span."""

    rise: FloatArray
    set: FloatArray

    def __len__(self) -> int:
        return len(self.rise)


def shipped_stations() -> dict[str, Station]:
    """The ground stations of `overlays/ground_stations` by name."""
    tree = read(shipped_overlays()["overlays/ground_stations"]).value
    return {entry["name"]: Station.model_validate(entry) for entry in tree["ground"]["stations"]}


def stations_of(text: str, min_elevation_deg: float | None = None) -> list[Station]:
    """Stations from names of shipped ones and positions `LATITUDE:LONGITUDE[:ALTITUDE_M]`, divided by commas.

    `all`: all shipped ones.  Raises `InputError` for others.
    """
    known, found = shipped_stations(), list[Station]()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name = part.lower().replace(" ", "_").replace("-", "_")
        if name == "all":
            found += known.values()
        elif name in known:
            found.append(known[name])
        else:
            found.append(_at(part, known))
    if not found:
        raise InputError("stations: name at least one")
    if min_elevation_deg is None:
        return found
    if not 0 <= min_elevation_deg <= 89:
        raise InputError(f"min_elevation_deg = {min_elevation_deg!r}: must lie between 0 and 89")
    return [station.model_copy(update={"min_elevation_deg": min_elevation_deg}) for station in found]


def _at(part: str, known: Mapping[str, Station]) -> Station:
    fields = ("latitude_deg", "longitude_deg", "altitude_m")
    try:
        numbers = [float(number) for number in part.split(":")]
        if not 2 <= len(numbers) <= 3:
            raise ValueError
        return Station.model_validate({"name": part, **dict(zip(fields, numbers, strict=False))})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"stations: {part!r}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ValueError:
        raise InputError(
            f"stations: {part!r}: must be LATITUDE:LONGITUDE, LATITUDE:LONGITUDE:ALTITUDE_M, all, or one of "
            f"{', '.join(known)}"
        ) from None


def verify_contacts(
    altitude_km: float,
    inclination_deg: float | None = None,
    *,
    sun_synchronous: bool = False,
    ltan_h: float | None = None,
    raan_deg: float | None = None,
    stations: str = ",".join(_DEFAULT),
    min_elevation_deg: float | None = None,
    start: date,
    days: float,
) -> dict[str, Any]:
    """Compare when ground stations see one satellite with Skyfield's `find_events`, and the time each takes.

    The orbit as in `verify_eclipse`, circular; `stations` as `stations_of` takes them.

    Returns: `events` rises and sets of the reference; `missed` (`missed_short`) its passes over (up to) 10 s without a
    partner of ours, `extra` (`extra_short`) ours without one of its; errors of rises and sets in seconds, None without
    any; `speedup` time of `find_events` over ours for the same stations; `contacts_per_day`, `mean_contact_min`, and
    `contact_share`, of time with at least one station in view, by our passes.

    Raises `InputError` for an orbit, stations or a span that cannot be.
    """
    tilt = inclination_of(altitude_km, inclination_deg, sun_synchronous, 0.0)
    elements = orbit_elements(start, altitude_km, tilt, node_of(ltan_h, raan_deg, start))
    check_span(start, days)
    chosen = stations_of(stations, min_elevation_deg)

    satellite = earth_satellite(elements)
    began = perf_counter()
    reference = [_skyfield_passes(satellite, station, start, days) for station in chosen]
    skyfield_s = perf_counter() - began

    track = plane_shadow_of(elements, start, days).track
    ours_s = np.inf
    for _ in range(3):
        began = perf_counter()
        visibility = Visibility(track, physical(chosen), sidereal_angle_rad(start))
        windows = visibility.windows(elements.argument_of_latitude_rad, 0.0, days)
        ours_s = min(ours_s, perf_counter() - began)
    mine = [
        _ours(windows.rise[windows.station == k], windows.set[windows.station == k], days) for k in range(len(chosen))
    ]
    return {
        "stations": [station.name for station in chosen],
        **_compared(reference, mine, days),
        "speedup": skyfield_s / ours_s,
        "contacts_per_day": len(windows) / days,
        "mean_contact_min": float(windows.length_s.mean()) / 60 if len(windows) else None,
        "contact_share": _share(windows.rise, windows.set, days),
    }


def _skyfield_passes(satellite: Any, station: Station, start: date, days: float) -> Passes:
    """What `find_events` finds: each culmination with the rise before it and the set after it."""
    from skyfield.api import wgs84

    place = wgs84.latlon(station.latitude_deg, station.longitude_deg, elevation_m=station.altitude_m)
    time, what = satellite.find_events(
        place, skyfield_time(start, 0.0), skyfield_time(start, days), altitude_degrees=station.min_elevation_deg
    )
    day = days_since(start, time) if len(what) else np.empty(0)
    rise, fall = day[what == 0], day[what == 2]
    if len(fall) and (len(rise) == 0 or fall[0] < rise[0]):
        rise = np.concatenate([[-np.inf], rise])
    if len(rise) > len(fall):
        fall = np.concatenate([fall, [np.inf]])
    return Passes(rise, fall)


def _ours(rise: FloatArray, fall: FloatArray, days: float) -> Passes:
    return Passes(np.where(rise <= 0.0, -np.inf, rise), np.where(fall >= days, np.inf, fall))


def _compared(reference: Sequence[Passes], ours: Sequence[Passes], days: float) -> dict[str, Any]:
    """Partners overlap; errors are over their rises and sets that lie inside the span."""
    errors: list[FloatArray] = [np.empty(0)]
    events = 0
    counts = dict.fromkeys(("missed", "missed_short", "extra", "extra_short"), 0)
    for theirs, mine in zip(reference, ours, strict=True):
        both = (theirs.rise[:, None] < mine.set) & (mine.rise < theirs.set[:, None])
        met, partner = np.nonzero(both)
        pairs = [(theirs.rise[met], mine.rise[partner]), (theirs.set[met], mine.set[partner])]
        inside = [np.isfinite(one) & np.isfinite(other) for one, other in pairs]
        errors += [np.abs(one[k] - other[k]) for (one, other), k in zip(pairs, inside, strict=True)]
        events += int(np.isfinite(theirs.rise).sum() + np.isfinite(theirs.set).sum())
        for name, passes, alone in (("missed", theirs, ~both.any(axis=1)), ("extra", mine, ~both.any(axis=0))):
            length_s = (np.minimum(passes.set, days) - np.maximum(passes.rise, 0.0))[alone] * SECONDS_PER_DAY
            counts[name] += int((length_s > SHORT_S).sum())
            counts[f"{name}_short"] += int((length_s <= SHORT_S).sum())
    error_s = np.concatenate(errors) * SECONDS_PER_DAY
    return {
        "events": events,
        **counts,
        "median_error_s": _quantile(error_s, 0.5),
        "p99_error_s": _quantile(error_s, 0.99),
        "max_error_s": _quantile(error_s, 1.0),
    }


def _share(rise: FloatArray, fall: FloatArray, days: float) -> float:
    """Share of time in which at least one of these windows, in order of their rise, is open."""
    if len(rise) == 0:
        return 0.0
    reached = np.maximum.accumulate(fall)
    begins = np.append(True, rise[1:] > reached[:-1])
    ends = reached[np.append(np.flatnonzero(begins)[1:] - 1, len(rise) - 1)]
    return float((ends - rise[begins]).sum() / days)


def _quantile(values: FloatArray, share: float) -> float | None:
    return float(np.quantile(values, share)) if values.size else None


def shortcomings(found: Mapping[str, Any]) -> list[str]:
    """Say what in a comparison is not good enough; nothing where all is well."""
    checks = [
        (found["missed"] == 0, f"{found['missed']} contacts over {SHORT_S:g} s missed"),
        (found["extra"] == 0, f"{found['extra']} contacts over {SHORT_S:g} s that Skyfield does not have"),
    ]
    for name, allowed in (("median_error_s", LARGEST_MEDIAN_S), ("p99_error_s", LARGEST_P99_S)):
        if (error := found[name]) is not None:
            checks.append((error <= allowed, f"{name} {error:.3g} s, allowed {allowed:g}"))
    return [problem for holds, problem in checks if not holds]


def table(found: Mapping[str, Any]) -> str:
    """One line for each figure."""
    rows = {**found, "stations": ", ".join(found["stations"])}
    return "\n".join(
        f"{name:20} {'no contact' if value is None else value if isinstance(value, str) else format(value, '.6g')}"
        for name, value in rows.items()
    )
