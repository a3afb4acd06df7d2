"""A failure log: one row a unit, years observed, dead or censored."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, InputError

MAX_BYTES = 200_000_000
MAX_YEARS = 200.0
"""Longer observations are taken for another unit than years."""
MAX_GROUPS = 50
"""Most groups, and most causes, of one file: each is fitted by itself."""
MAX_FAULTS = 10

_YEARS = ("years", "observed_years")
_FLAGS = {"0": False, "0.0": False, "no": False, "false": False, "1": True, "1.0": True, "yes": True, "true": True}


@dataclass
class Failures:
    """The units of one group: `years` observed, `dead` at their end, and `cause` of death ("" where none is named)."""

    years: NDArray[np.float64]
    dead: NDArray[np.bool_]
    cause: NDArray[np.str_]


@dataclass
class _Columns:
    years: list[float] = field(default_factory=list)
    dead: list[bool] = field(default_factory=list)
    cause: list[str] = field(default_factory=list)


def read_failures(path: str | Path, by: str | None = None) -> dict[str, Failures]:
    """The units of a CSV file, by the values of column `by`; without it, all in one group called "all".

    Columns: `years` (or `observed_years`), `dead` (0/1, yes/no, true/false), and if there is one `cause`; names are
    compared without case.  Units of group "" are called "(blank)".  Raises `InputError` with up to ten faults, each
    with its line, column, value and what is allowed.
    """
    path = Path(path)
    groups: dict[str, _Columns] = {}
    faults: list[Fault] = []
    names: dict[str, str] = {}  # one string for each name, however many rows
    rows = _rows(path)
    _, header = next(rows, (1, None))
    if header is None:
        raise InputError(f"{path}: is empty: the first line must name the columns, years and dead among them")
    place = _places(path, header, by)
    for line, row in rows:
        if len(row) != len(header):
            problem = f"the header has {len(header)} columns, this line {len(row)}"
            faults.append(Fault(str(path), f"line {line}", None, problem))
        else:
            years, dead = _years(row[place["years"]]), _FLAGS.get(row[place["dead"]].strip().casefold())
            if years is None:
                must = f"must be a number of years above 0 and at most {MAX_YEARS:g}"
                faults.append(_fault(path, line, header[place["years"]], row[place["years"]], must))
            if dead is None:
                must = "must be 1, yes or true for a unit that died, 0, no or false for one that had not"
                faults.append(_fault(path, line, header[place["dead"]], row[place["dead"]], must))
            if years is not None and dead is not None:
                group = "all" if by is None else row[place["by"]].strip() or "(blank)"
                cause = row[place["cause"]].strip() if "cause" in place and dead else ""
                columns = groups.setdefault(group, _Columns())
                columns.years.append(years)
                columns.dead.append(dead)
                columns.cause.append(names.setdefault(cause, cause))
        if len(faults) > MAX_FAULTS:
            break
        for what, count in (("groups", len(groups)), ("causes", len(names) - ("" in names))):
            if count > MAX_GROUPS:
                column = by if what == "groups" else "cause"
                raise InputError(
                    f"{path}: column {column} has more than {MAX_GROUPS} {what}: too many to fit one by one"
                )
    if faults:
        more = ["and more of the kind"] if len(faults) > MAX_FAULTS else []
        raise InputError("\n".join([*map(str, faults[:MAX_FAULTS]), *more]))
    if not groups:
        raise InputError(f"{path}: has a header and no units: add one line for each unit")
    unit_years = sum(sum(columns.years) for columns in groups.values())
    if not any(any(columns.dead) for columns in groups.values()):
        raise InputError(
            f"{path}: column dead: none of its units died, so there is no law to fit; in {unit_years:.6g} unit-years "
            f"that bounds a constant rate by {-math.log(0.05) / unit_years:.3g} a year (95 %)"
        )
    return {
        name: Failures(np.array(columns.years), np.array(columns.dead), np.array(columns.cause, dtype=np.str_))
        for name, columns in sorted(groups.items())
    }


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each row that is not blank.  Raises `InputError` for what is no text or no CSV."""
    reader = None
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise InputError(f"{path}: has {size / 1e6:.0f} MB: at most {MAX_BYTES / 1e6:.0f} MB can be read")
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
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
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def _places(path: Path, header: list[str], by: str | None) -> dict[str, int]:
    """Where the columns stand.  Raises `InputError` for those that are missing, or there twice."""
    names = [name.strip().casefold() for name in header]
    listed = ", ".join(name.strip() for name in header)
    hint = "; separate columns by commas" if len(header) == 1 and (";" in listed or "\t" in listed) else ""
    wanted = {"years": _YEARS, "dead": ("dead",), "cause": ("cause",)}
    if by is not None:
        if by.strip().casefold() in (*_YEARS, "dead", "cause"):
            problem = (
                "causes are fitted within each group anyway" if by.strip().casefold() == "cause" else "not a group"
            )
            raise InputError(f"{path}: --by {by}: {problem}: name a column of groups, such as a batch")
        wanted["by"] = (by.strip().casefold(),)
    found: dict[str, int] = {}
    for what, allowed in wanted.items():
        places = [i for i, name in enumerate(names) if name in allowed]
        if len(places) > 1:
            raise InputError(
                f"{path}: line 1: column {' or '.join(allowed)} stands there {len(places)} times: keep one"
            )
        if places:
            found[what] = places[0]
        elif what != "cause":
            near = get_close_matches(allowed[0], names, n=1)
            guess = f" (did you mean {header[names.index(near[0])].strip()}?)" if near else ""
            shown = by if what == "by" else " or ".join(allowed)
            shortened = listed if len(listed) <= 200 else listed[:197] + "..."
            raise InputError(f"{path}: line 1: has no column {shown}{guess}; it has: {shortened}{hint}")
    return found


def _years(text: str) -> float | None:
    try:
        years = math.nan if "_" in text else float(text)
    except ValueError:
        return None
    return years if 0 < years <= MAX_YEARS else None


def _fault(path: Path, line: int, column: str, value: str, must: str) -> Fault:
    return Fault(str(path), f"line {line}, column {column.strip()}", value, must)
