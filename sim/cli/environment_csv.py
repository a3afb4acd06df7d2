"""The tables of `orbitfleet environment` as CSV files, a plane at a time: a large fleet needs no memory for them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError
from sim.files import whole_file

if TYPE_CHECKING:
    from sim.environment import Environment

DAILY = {
    "sunlit_fraction": "sunlit_fraction",
    "eclipse_min": "eclipse_min_per_orbit",
    "array_power_w": "array_power_w",
    "compute_light_w": "compute_light_w",
    "compute_dark_w": "compute_dark_w",
    "capacity": "capacity_fraction",
    "depth_of_discharge": "depth_of_discharge_fraction",
    "battery_fraction": "battery_capacity_fraction",
    "junction_temperature_c": "junction_temperature_c",
    "radiator_temperature_c": "radiator_temperature_c",
    "dose_rad": "dose_rad_per_day",
    "interruptions_per_chip": "interruptions_per_chip_day",
    "density_kg_m3": "density_kg_per_m3",
}
"""Columns of the file by their names in the JSON."""
EVENTS = {
    "entry": "entry_utc",
    "exit": "exit_utc",
    "entry_day": "entry_day",
    "exit_day": "exit_day",
    "minutes": "duration_min",
    "charge_at_entry": "charge_at_entry_fraction",
    "charge_at_exit": "charge_at_exit_fraction",
    "shed_wh": "shed_wh",
}
_ENDINGS = (".png", ".svg", ".csv")
_PLACE = ["shell", "plane"]  # two numbers: a program would read the names 0.1 and 0.10 as one


def files_of(out: Path | None, *, events: bool) -> list[Path]:
    """The files to write: a picture, or the days as CSV and beside them the eclipses.

    Raises `InputError` where one cannot be written, before anything is computed.
    """
    if out is None:
        return []
    files = [out, out.with_name(f"{out.stem}-events{out.suffix}")] if events and is_csv(out) else [out]
    for path in files:
        if path.is_dir():
            raise InputError(f"{path}: cannot be written: it is a folder; name a file, such as {path / 'days.csv'}")
    if out.suffix.lower() not in _ENDINGS:
        raise InputError(f"{out}: cannot be written: must end in {', '.join(_ENDINGS[:-1])} or {_ENDINGS[-1]}")
    if not out.parent.is_dir():
        raise InputError(f"{out}: cannot be written: there is no folder {out.parent}")
    return files


def is_csv(path: Path) -> bool:
    """Whether tables go there, not a picture."""
    return path.suffix.lower() == ".csv"


def write_days(path: Path, built: Environment) -> None:
    """One row for each plane and day.  Raises `InputError` where the file cannot be written."""
    _write(path, [*_PLACE, "day", "date", *DAILY.values()], _days(built))


def write_events(path: Path, eclipses: Iterable[dict[str, Any]]) -> None:
    """One row for each eclipse.  Raises `InputError` where the file cannot be written."""
    rows = ([*eclipse["plane"].split("."), *(eclipse[name] for name in EVENTS)] for eclipse in eclipses)
    _write(path, [*_PLACE, *EVENTS.values()], rows)


def _days(built: Environment) -> Iterator[Sequence[object]]:
    from sim.description import daily_facts

    start = built.scenario.mission.start
    for plane in built.planes:
        table = daily_facts(built, plane)
        for day, *values in zip(table["day"], *(table[name] for name in DAILY), strict=True):
            yield [plane.shell, plane.number, day, start + datetime.timedelta(days=day), *values]


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    import csv

    try:
        with whole_file(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(heads)
            writer.writerows(rows)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
