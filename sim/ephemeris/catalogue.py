"""Real constellations: element sets from a file (OMM as JSON, CSV or XML, or TLE), grouped into planes.

A published element set describes a satellite for days.  Its drag term must not be propagated over years (SGP4 then
returns nonsense without an error), so `station_kept` takes it out, and refuses orbits that nobody could keep.

OMM: CCSDS 502.0-B-3, the fields of the public general-perturbations catalogue.  TLE: Spacetrack Report No. 3.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import radians
from pathlib import Path
from typing import NoReturn

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, MINUTES_PER_DAY, SECONDS_PER_DAY, TAU
from sim.ephemeris.orbits import DEEP_SPACE_PERIOD_MIN, LOWEST_ALTITUDE_KM, MeanElements
from sim.errors import Fault, InputError

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Larger files are refused unread; the whole public catalogue is about 30 MB as JSON."""

LARGEST_CATALOGUE_ECCENTRICITY = 0.02
"""Largest mean eccentricity of a catalogue's satellite: a plane of them is taken as one circular orbit, whose edges
.02 misplaces by up to 37 s.  An orbit asked for by its elements may have more (`sim.ephemeris.orbits`)."""

_UNIX_EPOCH_JD = 2440587.5
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)

_NEEDED = (
    "NORAD_CAT_ID",
    "EPOCH",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ECCENTRICITY",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
    "MEAN_MOTION",
)
_MEANT = {
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4", "SDP4"),
    "EPHEMERIS_TYPE": ("0", "2", "3"),
    "TIME_SYSTEM": ("UTC",),
    "REF_FRAME": ("TEME",),
    "CENTER_NAME": ("EARTH",),
}
"""What fields must say, if they say anything.  Ephemeris type 4 is SGP4-XP, whose elements SGP4 cannot fly."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One element set of a file."""

    name: str
    norad_id: int
    """Catalogue number; OMM numbers may pass the 339,999 that a TLE can hold."""
    object_id: str
    """International designator (1998-067A), or empty."""
    elements: MeanElements
    bstar: float
    """SGP4's drag term, per Earth radius; 0 for a station-kept satellite."""


def read_catalogue(path: Path) -> list[CatalogueEntry]:
    """Return the element sets of a file in its order; the format is told by its content.

    Raises `InputError` that names file, record or line, value and what is allowed, at the first fault.
    """
    text = _read_text(path)
    start = text.lstrip()
    if not start:
        _refuse(path, "", None, "the file is empty; an OMM or TLE file is wanted")
    if re.match(r"(COMMENT[^\n]*\n\s*)*CCSDS_OMM_VERS", start):
        _refuse(path, "", None, "OMM in key = value notation is not read; JSON, CSV, XML and TLE are")
    if start[0] in "[{":
        records = _json_records(path, text)
    elif start[0] == "<":
        records = _xml_records(path, text)
    elif "MEAN_MOTION" in start.split("\n", 1)[0].upper():
        records = _csv_records(path, start)
    else:
        return list(_tle_entries(path, text))
    entries = [_entry_of_omm(path, place, fields) for place, fields in records]
    if not entries:
        _refuse(path, "", None, "the file holds no element set")
    return entries


def station_kept(entry: CatalogueEntry) -> CatalogueEntry:
    """Return the entry without drag, as flown by a satellite that makes up for it.

    Raises `InputError` where that is no orbit to keep or none this package models: mean altitude below 200 km,
    period of 225 min or more (SGP4's deep-space theory), mean eccentricity above .02.
    """
    elements = entry.elements
    place = f"element set {entry.norad_id} ({entry.name})" if entry.name else f"element set {entry.norad_id}"
    period_min = TAU / elements.mean_motion_rad_per_min
    if not period_min < DEEP_SPACE_PERIOD_MIN:
        raise InputError(f"{place}: period = {period_min:.1f} min: must be below {DEEP_SPACE_PERIOD_MIN:g} min")
    if elements.eccentricity > LARGEST_CATALOGUE_ECCENTRICITY:
        raise InputError(
            f"{place}: eccentricity = {elements.eccentricity}: must be at most {LARGEST_CATALOGUE_ECCENTRICITY}"
        )
    altitude_km = elements.semi_major_axis_km - EARTH_EQUATORIAL_RADIUS_KM
    if altitude_km < LOWEST_ALTITUDE_KM:
        raise InputError(f"{place}: mean altitude = {altitude_km:.1f} km: must be at least {LOWEST_ALTITUDE_KM:g} km")
    return replace(entry, bstar=0.0)


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            _refuse(path, "", None, "no such file" if not path.exists() else "not a regular file")
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            _refuse(path, "size in bytes", size, f"must be at most {LARGEST_FILE_BYTES}")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        _refuse(path, "", None, f"cannot be read: {error}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(path, f"byte {error.start}", content[error.start : error.start + 1], "the file must be UTF-8 text")


def _refuse(path: Path, place: str, value: object, problem: str) -> NoReturn:
    raise InputError(str(Fault(str(path), place, value, problem)))


# --- OMM ---


def _json_records(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(path, "", None, f"not valid JSON: {error}")
    if isinstance(content, dict) and "MEAN_MOTION" not in _upper(content):
        wrapped = [value for value in content.values() if isinstance(value, list)]
        content = wrapped[0] if len(wrapped) == 1 else content  # a list inside an envelope, such as {"data": [...]}
    records = [content] if isinstance(content, dict) else content
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            _refuse(path, f"record {number}", record, "must be an object of OMM fields")
        yield f"record {number}", _upper(record)


def _csv_records(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    head = text.split("\n", 1)[0]
    delimiter = next((one for one in ";\t" if one in head and "," not in head), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True, delimiter=delimiter)
    try:
        for row in reader:
            if None in row:
                _refuse(path, f"line {reader.line_num}", row[None], "more values than the header names")
            if any(value and value.strip() for value in row.values()):
                yield f"line {reader.line_num}", _upper(row)
    except csv.Error as error:
        _refuse(path, f"line {reader.line_num}", None, f"not valid CSV: {error}")


def _xml_records(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities can grow without bound; OMM needs none
        _refuse(path, "", None, "XML with a document type or entities is not read")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        _refuse(path, "", None, f"not valid XML: {error}")
    segments = [element for element in root.iter() if _local(element.tag) == "segment"]
    for number, segment in enumerate(segments, 1):
        yield f"segment {number}", {_local(leaf.tag): leaf.text for leaf in segment.iter() if not len(leaf)}


def _upper(fields: Mapping[str, object]) -> dict[str, object]:
    """Fields by their names in upper case; a column without a name, as of a table's row numbers, is none."""
    return {str(name).strip().upper(): value for name, value in fields.items() if str(name).strip()}


def _local(tag: object) -> str:
    return str(tag).rsplit("}", 1)[-1]


def _entry_of_omm(path: Path, place: str, fields: Mapping[str, object]) -> CatalogueEntry:
    if absent := [key for key in _NEEDED if key not in fields]:
        has = ", ".join(map(str, fields))
        has = has if len(has) <= 200 else has[:197] + "..."
        _refuse(path, place, None, f"has no field {', '.join(absent)}; it has: {has or 'none'}")
    number = _value(fields, "NORAD_CAT_ID").removesuffix(".0")  # a table with blanks elsewhere makes 70001.0 of 70001
    if not _WHOLE.fullmatch(number):
        _refuse(path, f"{place}.NORAD_CAT_ID", fields["NORAD_CAT_ID"], "must be a whole number of up to 9 digits")
    for key, allowed in _MEANT.items():
        value = _value(fields, key)
        if value and value.upper().removesuffix(".0") not in allowed:
            _refuse(path, f"{place}.{key}", value, f"must be {' or '.join(allowed)}: SGP4 flies no others")

    def angle(key: str, highest: float) -> float:
        return radians(_bounded(path, f"{place}.{key}", _value(fields, key), 0.0, highest))

    elements = MeanElements(
        epoch_jd=_epoch_of_omm(path, f"{place}.EPOCH", _value(fields, "EPOCH")),
        inclination_rad=angle("INCLINATION", 180.0),
        raan_rad=angle("RA_OF_ASC_NODE", 360.0),
        eccentricity=_bounded(path, f"{place}.ECCENTRICITY", _value(fields, "ECCENTRICITY"), 0.0, 0.999),
        argument_of_perigee_rad=angle("ARG_OF_PERICENTER", 360.0),
        mean_anomaly_rad=angle("MEAN_ANOMALY", 360.0),
        mean_motion_rad_per_min=_motion(path, f"{place}.MEAN_MOTION", _value(fields, "MEAN_MOTION")),
    )
    # Who is kept in orbit has no drag: nothing is lost where the field is blank.
    bstar = _bounded(path, f"{place}.BSTAR", _value(fields, "BSTAR") or "0", -1e3, 1e3)
    return CatalogueEntry(_value(fields, "OBJECT_NAME"), int(number), _value(fields, "OBJECT_ID"), elements, bstar)


def _value(fields: Mapping[str, object], key: str) -> str:
    """Return a field as text; what is missing or null is empty."""
    value = fields.get(key)
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _epoch_of_omm(path: Path, place: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset():
            raise ValueError
        seconds = moment.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        _refuse(path, place, text, "must be a UTC time such as 2026-11-22T12:00:00.000000")
    if not 1957 <= moment.year <= 2100:
        _refuse(path, place, text, "must lie between 1957 and 2100")
    return _UNIX_EPOCH_JD + seconds / SECONDS_PER_DAY


def _motion(path: Path, place: str, text: str) -> float:
    """Return rad/min of revolutions a day; 17.5 would be an orbit under the ground."""
    return _bounded(path, place, text, 1e-6, 17.5) * TAU / MINUTES_PER_DAY


def _bounded(path: Path, place: str, text: str, low: float, high: float) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else None
    if value is None or not low <= value <= high:
        _refuse(path, place, text, f"must be a number from {low:g} to {high:g}")
    return value


# --- TLE ---


def _tle_entries(path: Path, text: str) -> Iterator[CatalogueEntry]:
    lines = [
        (number, line.rstrip())
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        _refuse(path, "", None, "the file holds no element set")
    position = 0
    while position < len(lines):
        name = ""
        number, line = lines[position]
        if not line.startswith("1 "):
            name = line.removeprefix("0 ").strip()
            position += 1
            if position == len(lines) or not lines[position][1].startswith("1 "):
                _refuse(path, f"line {number}", line, "neither element line 1 nor a name in front of one")
        if position + 1 == len(lines) or not lines[position + 1][1].startswith("2 "):
            _refuse(path, f"line {lines[position][0]}", lines[position][1], "element line 2 must follow")
        yield _entry_of_tle(path, name, lines[position], lines[position + 1])
        position += 2


def _entry_of_tle(path: Path, name: str, first: tuple[int, str], second: tuple[int, str]) -> CatalogueEntry:
    (number_1, line_1), (number_2, line_2) = first, second
    for number, line in (first, second):
        _check_line(path, f"line {number}", line)
    if line_1[62] not in " 023":
        _refuse(
            path, f"line {number_1}, column 63", line_1[62], "must be ephemeris type 0, 2 or 3: SGP4 flies no others"
        )
    if line_1[2:7] != line_2[2:7]:
        _refuse(path, f"line {number_2}, columns 3-7", line_2[2:7], f"must be {line_1[2:7]!r}, as in the line before")

    def field(line: int, first_column: int, last_column: int, low: float, high: float, prefix: str = "") -> float:
        number, text = (number_1, line_1) if line == 1 else (number_2, line_2)
        place = f"line {number}, columns {first_column}-{last_column}"
        return _bounded(path, place, prefix + text[first_column - 1 : last_column].strip(), low, high)

    year = int(field(1, 19, 20, 0, 99))
    year += 2000 if year < 57 else 1900  # the first satellite flew in 1957
    new_year_jd = datetime(year, 1, 1, tzinfo=UTC).timestamp() / SECONDS_PER_DAY + _UNIX_EPOCH_JD
    elements = MeanElements(
        epoch_jd=new_year_jd + field(1, 21, 32, 1.0, 366.99999999) - 1.0,
        inclination_rad=radians(field(2, 9, 16, 0, 180)),
        raan_rad=radians(field(2, 18, 25, 0, 360)),
        eccentricity=field(2, 27, 33, 0, 0.9999999, prefix="."),
        argument_of_perigee_rad=radians(field(2, 35, 42, 0, 360)),
        mean_anomaly_rad=radians(field(2, 44, 51, 0, 360)),
        mean_motion_rad_per_min=_motion(path, f"line {number_2}, columns 53-63", line_2[52:63].strip()),
    )
    drag = line_1[53:59].strip(), line_1[59:61].strip()
    mantissa = re.sub(r"^([+-]?)", r"\1.", drag[0], count=1)
    bstar = _bounded(path, f"line {number_1}, columns 54-61", f"{mantissa}e{drag[1]}", -1e3, 1e3)
    return CatalogueEntry(
        name, _catalogue_number(path, number_1, line_1[2:7]), _designator(line_1[9:17]), elements, bstar
    )


def _check_line(path: Path, place: str, line: str) -> None:
    if len(line) < 69 or line[69:70].strip():
        _refuse(path, place, line, f"must have 69 columns, not {len(line)}")
    if not line.isascii():
        _refuse(path, place, line, "must be ASCII")
    expected = (sum(int(c) for c in line[:68] if c.isdigit()) + line[:68].count("-")) % 10
    if line[68] != str(expected):
        _refuse(path, f"{place}, column 69", line[68], f"the checksum of this line is {expected}")


def _catalogue_number(path: Path, number: int, text: str) -> int:
    """Return the number of five characters; past 99,999 the first is a letter (Alpha-5, without I and O)."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    stripped = text.strip()
    if re.fullmatch(r"\d{1,5}", stripped):
        return int(stripped)
    if not re.fullmatch(rf"[{letters}]\d{{4}}", stripped):
        _refuse(path, f"line {number}, columns 3-7", text, "must be a catalogue number: 5 digits, or a letter and 4")
    return (letters.index(stripped[0]) + 10) * 10000 + int(stripped[1:])


def _designator(text: str) -> str:
    """Return 1998-067A for 98067A."""
    compact = text.strip()
    if not re.fullmatch(r"\d{5}[A-Z]{1,3}", compact):
        return compact
    century = "20" if int(compact[:2]) < 57 else "19"
    return f"{century}{compact[:2]}-{compact[2:]}"
