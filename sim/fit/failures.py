"""A failure log: one row a unit, how long it was observed, dead or censored."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.errors import Fault, InputError
from sim.files import nearest_file

T = TypeVar("T")

MAX_BYTES = 200_000_000
MAX_YEARS = 200.0
"""Longer observations are taken for another unit than years."""
MAX_GROUPS = 50
"""Most groups, and most causes, of one file: each is fitted by itself."""
MAX_FAULTS = 10

UNITS = {
    "years": 1.0,
    "months": 1 / 12,
    "weeks": 7 / DAYS_PER_YEAR,
    "days": 1 / DAYS_PER_YEAR,
    "hours": 1 / DAYS_PER_YEAR / 24,
}
"""Years in one of each unit of age."""
_NAMES = {"time": ("years", "observed_years"), "event": ("dead", "event"), "entry": ("entry", "entry_years")}
"""What columns are called where the caller does not name them."""
_DEAD = ("1", "1.0", "yes", "true", "dead", "died", "failed", "failure", "event")
_CENSORED = ("0", "0.0", "no", "false", "alive", "censored", "survived", "running")
_FLAGS = dict.fromkeys(_DEAD, True) | dict.fromkeys(_CENSORED, False)
_BLANK = ("", "-", "na", "n/a", "#n/a", "null", "none", "nat")


@dataclass(frozen=True)
class Columns:
    """Which columns of a log say what; none: the usual name, where there is one."""

    time: str | None = None
    """Age at the end of observation, in `unit`: `years` or `observed_years`."""
    event: str | None = None
    """Whether the unit died then: `dead` or `event`.  With dates it may be left out: who has an end died."""
    entry: str | None = None
    """Age, or date, at which observation began of units that were not new then: `entry` or `entry_years`."""
    start: str | None = None
    """Date on which a unit began to work, instead of `time`."""
    end: str | None = None
    """Date on which it died or was last seen; blank: it was at work on the latest date of the file."""
    unit: str = "years"
    """Of `time` and `entry`, one of `UNITS`."""
    by: str | None = None
    """Groups, each of which is fitted by itself."""


@dataclass
class Failures:
    """The units of one group: `years` observed, `dead` at their end, and `cause` of death ("" where none is named)."""

    years: NDArray[np.float64]
    dead: NDArray[np.bool_]
    cause: NDArray[np.str_]
    entry: NDArray[np.float64]
    """Age at which observation began, years; 0 from birth."""
    skipped: int = 0
    """Rows left out because something that is needed is blank in them."""
    at_work_until: date | None = None
    """Date until which units without an end were at work, where there are dates: the latest of the file."""


@dataclass
class _Units:
    years: list[float] = field(default_factory=list)
    dead: list[bool] = field(default_factory=list)
    cause: list[str] = field(default_factory=list)
    entry: list[float] = field(default_factory=list)
    skipped: int = 0


class _Refused(ValueError):
    """A cell that cannot be used: (what, what it must be)."""


def read_failures(path: str | Path, columns: Columns | None = None) -> dict[str, Failures]:
    """The units of a CSV file, by group; without groups all in one called "all".

    Columns are parted by commas, or where the header has none by semicolons or tabs: then the decimal point may be a
    comma.  Names of columns are compared without case.  Rows in which the age, a start or the event is blank are
    counted and left out.  Units of group "" are called "(blank)".  Raises `InputError` with up to ten faults, each with
    its line, column, value and what is allowed.
    """
    path, asked = Path(path), columns or Columns()
    if asked.unit not in UNITS:
        raise InputError(f"--unit {asked.unit}: must be one of {', '.join(UNITS)}")
    delimiter, rows = _rows(path)
    _, header = next(rows, (1, None))
    if header is None:
        raise InputError(f"{path}: is empty: the first line must name the columns, years and dead among them")
    place = _places(path, header, asked)
    log = _Log(path, header, place, asked, decimal_comma=delimiter != ",")
    cells = list(rows) if "start" in place else rows
    if isinstance(cells, list):
        log.find_latest(cells)
    for line, row in cells:
        log.take(line, row)
        if len(log.faults) > MAX_FAULTS:
            break
    return log.groups_found()


class _Log:
    """Takes down rows, and what is wrong with them."""

    def __init__(
        self, path: Path, header: list[str], place: dict[str, int], asked: Columns, *, decimal_comma: bool
    ) -> None:
        self.path = path
        self.header = header
        self.place = place
        self.by = asked.by
        self.scale = UNITS[asked.unit]
        self.unit = asked.unit
        self.decimal_comma = decimal_comma
        self.latest: datetime | None = None
        self.faults: list[Fault] = []
        self._groups: dict[str, _Units] = {}
        self._names: dict[str, str] = {}  # one string for each name, however many rows

    def find_latest(self, rows: list[tuple[int, list[str]]]) -> None:
        """Find the latest date of the file: until then a unit without an end was at work."""
        dates = []
        for _, row in rows:
            for what in ("start", "end"):
                if what in self.place and self.place[what] < len(row):
                    try:
                        dates.append(_date(row[self.place[what]]))
                    except _Refused:
                        continue
        self.latest = max((day for day in dates if day is not None), default=None)

    def take(self, line: int, row: list[str]) -> None:
        """Take down one unit."""
        if len(row) != len(self.header):
            problem = f"the header has {len(self.header)} columns, this line {len(row)}"
            self.faults.append(Fault(str(self.path), f"line {line}", None, problem))
            return
        place = self.place
        group = "all" if self.by is None else row[place["by"]].strip() or "(blank)"
        units = self._groups.setdefault(group, _Units())
        before = len(self.faults)
        years, ended = self._observed(line, row)
        dead = self._cell(line, row, "event", _flag) if "event" in place else ended
        entry = self._entry(line, row, years) if "entry" in place else 0.0
        if len(self.faults) > before:
            return
        if years is None or dead is None or entry is None:
            units.skipped += 1
            return
        cause = row[place["cause"]].strip() if "cause" in place and dead else ""
        units.years.append(years)
        units.dead.append(dead)
        units.entry.append(entry)
        units.cause.append(self._names.setdefault(cause, cause))
        for what, count in (("groups", len(self._groups)), ("causes", len(self._names) - ("" in self._names))):
            if count > MAX_GROUPS:
                column = self.by if what == "groups" else "cause"
                raise InputError(
                    f"{self.path}: column {column} has more than {MAX_GROUPS} {what}: too many to fit one by one"
                )

    def _observed(self, line: int, row: list[str]) -> tuple[float | None, bool]:
        """(age at the end of observation, whether that is a date in the file)."""
        if "time" in self.place:
            return self._cell(line, row, "time", self._age), True
        begun, ended = self._cell(line, row, "start", _date), self._cell(line, row, "end", _date)
        last = ended or self.latest
        if begun is None or last is None:
            return None, False
        years = _years(begun, last)
        if not 0 < years <= MAX_YEARS:
            if ended is not None or years < 0:
                self._fault(
                    line, row, "end", f"must be after {row[self.place['start']].strip()}, when it began to work"
                )
            return None, False
        return years, ended is not None

    def _entry(self, line: int, row: list[str], years: float | None) -> float | None:
        """Age at which observation began; none where it is blank: then it began at birth, unless that is unknown."""

        def read(text: str) -> float | None:
            if "start" in self.place and (day := _date(text)) is not None:
                begun = _date(row[self.place["start"]])
                return None if begun is None else max(_years(begun, day), 0.0)
            return self._age(text, least=-math.inf)

        entry = self._cell(line, row, "entry", read)
        if entry is None:
            return 0.0
        if years is not None and entry >= years:
            self._fault(line, row, "entry", "must come before the end of observation")
        return max(entry, 0.0)

    def _age(self, text: str, least: float = 0.0) -> float | None:
        """An age, years; none where it is blank."""
        if text.strip().casefold() in _BLANK:
            return None
        try:
            plain = text.replace(",", ".") if self.decimal_comma else text
            value = math.nan if "_" in text else float(plain) * self.scale
        except ValueError:
            value = math.nan
        if not (least < value <= MAX_YEARS):
            must = f"must be a number of {self.unit} above 0 and at most {MAX_YEARS / self.scale:.6g}"
            if least < 0:
                must = f"must be a number of {self.unit}, at most {MAX_YEARS / self.scale:.6g}"
            if "," in text and not self.decimal_comma:
                must += f"; write the decimal point as a point: {text.strip().replace(',', '.')}"
            elif value > MAX_YEARS:
                must += "; for other units there is --unit"
            raise _Refused(must)
        return value

    def _cell(self, line: int, row: list[str], what: str, read: Callable[[str], T | None]) -> T | None:
        try:
            return read(row[self.place[what]])
        except _Refused as refused:
            self._fault(line, row, what, str(refused))
            return None

    def _fault(self, line: int, row: list[str], what: str, must: str) -> None:
        column = self.header[self.place[what]].strip()
        self.faults.append(Fault(str(self.path), f"line {line}, column {column}", row[self.place[what]], must))

    def groups_found(self) -> dict[str, Failures]:
        """The groups.  Raises `InputError` where something was wrong, or there is nothing to fit."""
        if self.faults:
            more = ["and more of the kind"] if len(self.faults) > MAX_FAULTS else []
            raise InputError("\n".join([*map(str, self.faults[:MAX_FAULTS]), *more]))
        groups = {name: units for name, units in self._groups.items() if units.years}
        if not groups:
            skipped = sum(units.skipped for units in self._groups.values())
            blank = f": something is blank in each of its {skipped} rows" if skipped else ": add one line for each unit"
            raise InputError(f"{self.path}: has a header and no units{blank}")
        unit_years = sum(sum(units.years) - sum(units.entry) for units in groups.values())
        if not any(any(units.dead) for units in groups.values()):
            column = self.header[self.place["event"]].strip() if "event" in self.place else "end"
            raise InputError(
                f"{self.path}: column {column}: none of its units died, so there is no law to fit; in {unit_years:.6g} "
                f"unit-years that bounds a constant rate by {-math.log(0.05) / unit_years:.3g} a year (95 %)"
            )
        return {
            name: Failures(
                np.array(units.years),
                np.array(units.dead),
                np.array(units.cause, dtype=np.str_),
                np.array(units.entry),
                units.skipped,
                None if self.latest is None else self.latest.date(),
            )
            for name, units in sorted(groups.items())
        }


def _delimiter(path: Path) -> tuple[str, bool]:
    """(what parts columns, whether the first line says so, as spreadsheets write it: `sep=;`)."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as text:
            first = text.read(65_536).lstrip("\r\n ").split("\n", 1)[0].rstrip("\r ")
    except OSError:
        return ",", False  # the reader says what is wrong
    said = re.fullmatch(r"sep=([,;\t|])", first, re.IGNORECASE)
    if said:
        return said[1], True
    return next((one for one in ";\t" if one in first and "," not in first), ","), False


def _rows(path: Path) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """What parts columns, and (line, fields) of each row that is not blank."""
    delimiter, said = _delimiter(path)
    rows = _fields(path, delimiter)
    if said:
        next(rows)
    return delimiter, rows


def _fields(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each row that is not blank.  Raises `InputError` for what is no text or no CSV."""
    reader = None
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise InputError(f"{path}: has {size / 1e6:.0f} MB: at most {MAX_BYTES / 1e6:.0f} MB can be read")
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True, delimiter=delimiter)
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield reader.line_num, row
    except UnicodeDecodeError as error:
        line = reader.line_num + 1 if reader else 1
        raise InputError(
            f"{path}: near line {line}: byte {error.object[error.start]:#04x} is not UTF-8 text: save the file as UTF-8"
        ) from None
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num if reader else 1}: is not valid CSV: {error}") from None
    except OSError as error:
        near = nearest_file(path) if isinstance(error, FileNotFoundError) else ""
        raise InputError(f"{path}: cannot be read: {error.strerror or error}{near}") from None


def _places(path: Path, header: list[str], asked: Columns) -> dict[str, int]:
    """Where the columns stand.  Raises `InputError` for those that are missing, or there twice."""
    if (asked.start is None) != (asked.end is None):
        raise InputError(f"{path}: --start and --end go together: name the columns of both dates")
    if asked.start is not None and asked.time is not None:
        raise InputError(f"{path}: --time or --start with --end: an age follows from the two dates")
    wanted = {what: getattr(asked, what) for what in ("time", "event", "entry")} | {"cause": None}
    if asked.start is not None:
        del wanted["time"]
        wanted |= {"start": asked.start, "end": asked.end}
    if asked.by is not None:
        by, taken = asked.by.strip().casefold(), [name for what in ("time", "event") for name in _NAMES[what]]
        if by in (*taken, "cause"):
            problem = "causes are fitted within each group anyway" if by == "cause" else "not a group"
            raise InputError(f"{path}: --by {asked.by}: {problem}: name a column of groups, such as a batch")
        wanted["by"] = asked.by
    optional = {"cause", "entry"} | ({"event"} if asked.start is not None else set())
    found = {}
    for what, name in wanted.items():
        place = _place(path, header, what, name, optional=what in optional and name is None)
        if place is not None:
            found[what] = place
    return found


def _place(path: Path, header: list[str], what: str, name: str | None, *, optional: bool) -> int | None:
    """Where one column stands: that of this name, or the first of its usual names; none where it may be missing."""
    names = [one.strip().casefold() for one in header]
    allowed = (name.strip().casefold(),) if name is not None else _NAMES.get(what, (what,))
    for one in allowed:
        if names.count(one) > 1:
            raise InputError(f"{path}: line 1: column {one} stands there {names.count(one)} times: keep one")
    here = [names.index(one) for one in allowed if one in names]
    if name is None and what == "time" and len(here) > 1:
        raise InputError(f"{path}: line 1: has both {' and '.join(allowed)}: choose one by --time")
    if here or optional:
        return here[0] if here else None
    listed = ", ".join(one.strip() for one in header)
    shortened = listed if len(listed) <= 200 else listed[:197] + "..."
    near = get_close_matches(allowed[0], names, n=1)
    guess = f" (did you mean {header[names.index(near[0])].strip()}?)" if near else ""
    option = {"time": " by --time and, if it is not in years, --unit, or dates by --start and --end"}
    option["event"] = " by --event"
    hint = f"; name the column{option[what]}" if name is None and what in option else ""
    if what == "time":
        for unit in UNITS:
            if fitting := [one.strip() for one in header if unit[:-1] in one.casefold()]:
                hint = f"; if {fitting[0]} is it: --time {fitting[0]} --unit {unit}"
    shown = name if name is not None else " or ".join(allowed)
    raise InputError(f"{path}: line 1: has no column {shown}{guess}; it has: {shortened}{hint}")


def _flag(text: str) -> bool | None:
    """Whether a unit died; none where that is blank."""
    word = text.strip().casefold()
    if word in _BLANK:
        return None
    if word not in _FLAGS:
        raise _Refused(
            "must be 1, yes, true, dead or failed for a unit that died, 0, no, false, alive or censored for one that "
            "had not"
        )
    return _FLAGS[word]


def _date(text: str) -> datetime | None:
    """A date, at its time of day if it has one, of a time zone as UTC; none where it is blank."""
    word = text.strip()
    if word.casefold() in _BLANK:
        return None
    try:
        moment = datetime.fromisoformat(word.replace("/", "-"))
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _Refused("must be a date as YYYY-MM-DD, or blank") from None


def _years(begun: datetime, last: datetime) -> float:
    return (last - begun).total_seconds() / SECONDS_PER_DAY / DAYS_PER_YEAR
