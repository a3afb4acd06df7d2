"""What `orbitfleet environment` prints: planes in a few tables, and eclipses one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any

from sim.cli.screen import screen_width, table_text
from sim.constants import MINUTES_PER_DAY
from sim.text import folded

if TYPE_CHECKING:
    from sim.environment import Environment
    from sim.scenario import Scenario

SHOWN_PLANES = 12
"""Planes that the tables list; `--json` has them all."""

WIDTH = 100
"""Columns that the tables keep within."""
_INDENT = "  "

Plane = dict[str, Any]
Column = tuple[str, Callable[[Plane], str]]


def _first_limit(plane: Plane) -> str:
    limits = plane["limits"]
    return f"{limits[0]['cause']}, day {limits[0]['first_day']:,}" if limits else "none"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _node(plane: Plane) -> str:
    return f"RAAN {plane['raan_deg']:.1f} deg" if plane["ltan_h"] is None else f"LTAN {plane['ltan_h']:.4g} h"


def _figures(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _dose(part: str) -> Callable[[Plane], str]:
    return lambda plane: _figures(plane["radiation"]["dose_rad_per_year"][part])


def _memory_onset(plane: Plane) -> str:
    years = plane["radiation"]["memory_onset_years"]
    return "never" if years is None else f"{_figures(years)} yr"


_NAME: Column = ("plane", lambda p: p["plane"])
_TABLES: tuple[tuple[str, tuple[Column, ...]], ...] = (
    (
        "Orbit and light",
        (
            _NAME,
            ("slots", lambda p: f"{p['slots']:,}"),
            ("km", lambda p: f"{p['altitude_km']:.1f}"),
            ("incl.", lambda p: f"{p['inclination_deg']:.2f}"),
            ("node", _node),
            ("orbit min", lambda p: f"{p['period_min']:.2f}"),
            ("sunlit %", lambda p: _percent(p["sunlit_fraction"])),
            ("lowest", lambda p: _percent(p["lowest_sunlit_fraction"])),
            ("dark d/yr", lambda p: f"{p['eclipse_days_per_year']:.0f}"),
            ("longest min", lambda p: f"{p['longest_eclipse_min']:.2f}"),
        ),
    ),
    (
        "Power and battery, of satellites that begin work on day 0",
        (
            _NAME,
            ("array kW new", lambda p: f"{p['power']['array_w_bol'] / 1000:.2f}"),
            ("worst day", lambda p: f"{p['power']['array_w_worst_day'] / 1000:.2f}"),
            ("end of life", lambda p: f"{p['power']['array_w_eol'] / 1000:.2f}"),
            ("load kW", lambda p: f"{p['power']['load_w'] / 1000:.2f}"),
            ("discharged %", lambda p: _percent(p["battery"]["depth_of_discharge_max"])),
            ("left at end %", lambda p: _percent(p["battery"]["capacity_fraction_end"])),
            ("cycles/yr", lambda p: f"{p['battery']['cycles_per_year']:,.0f}"),
        ),
    ),
    (
        "Capacity and temperature, of the same satellites",
        (
            _NAME,
            ("running %", lambda p: _percent(p["capacity"]["mean"])),
            ("lowest day", lambda p: _percent(p["capacity"]["lowest_day"])),
            ("speed lit %", lambda p: _percent(p["capacity"]["light_speed_min"])),
            ("dark", lambda p: _percent(p["capacity"]["dark_speed_min"])),
            ("junction C", lambda p: f"{p['temperature']['junction_c_max']:.1f}"),
            ("radiator C", lambda p: f"{p['temperature']['radiator_c_max']:.1f}"),
            ("first limit", _first_limit),
        ),
    ),
    (
        "Air and orbit keeping",
        (
            _NAME,
            ("mean density kg/m3", lambda p: f"{p['density_kg_m3']['mean']:.2e}"),
            ("highest", lambda p: f"{p['density_kg_m3']['max']:.2e}"),
            ("delta-v m/s a year", lambda p: f"{p['delta_v_m_s_per_year']:.2f}"),
        ),
    ),
    (
        "Dose behind the shield, rad(Si) a year; storms are an expectation, and apart from the mean",
        (
            _NAME,
            ("shield mm", lambda p: f"{p['radiation']['shield_mm']:g}"),
            ("mean", _dose("mean")),
            ("lowest", _dose("min")),
            ("highest", _dose("max")),
            ("trapped", _dose("trapped")),
            ("cosmic", _dose("cosmic")),
            ("storms", _dose("expected_storms")),
            ("krad at end", lambda p: f"{p['radiation']['dose_krad_end_of_life']:,.3g}"),
            ("memory onset", _memory_onset),
        ),
    ),
    (
        "Single events a year without storms, the interruptions of jobs among them, and wear",
        (
            _NAME,
            ("events\nper chip", lambda p: _figures(sum(p["radiation"]["events_per_chip_year"].values()))),
            ("\nper host", lambda p: _figures(sum(p["radiation"]["events_per_host_year"].values()))),
            ("interruptions\nper chip-year", lambda p: _figures(p["radiation"]["interruptions_per_chip_year"])),
            ("share during\nSAA passes %", lambda p: _percent(p["radiation"]["share_of_events_in_passes"])),
            ("time in\npasses %", lambda p: _percent(p["radiation"]["share_of_time_in_passes"])),
            ("ageing\nrate", lambda p: f"{p['radiation']['electronics_pace']:.3f}"),
            ("punctures\na year", lambda p: _figures(p["radiation"]["punctures_per_year"])),
        ),
    ),
)

_CONTACTS: tuple[str, tuple[Column, ...]] = (
    "Contacts of one satellite with the ground stations, mean of the first month",
    (
        _NAME,
        ("in view %", lambda p: _percent(p["contacts"]["share"])),
        ("under clear sky %", lambda p: _percent(p["contacts"]["clear_share"])),
        ("contacts a day", lambda p: f"{p['contacts']['per_day']:.1f}"),
        ("mean min", lambda p: f"{p['contacts']['mean_min']:.2f}"),
        ("longest gap min", lambda p: f"{p['contacts']['longest_gap_min']:,.0f}"),
    ),
)
"""Where a scenario has ground stations."""


def environment_text(built: Environment, planes: list[Plane]) -> str:
    """The planes of an environment, in lines no longer than the screen is wide."""
    scenario, width = built.scenario, min(screen_width() or WIDTH, WIDTH)
    head = (
        f"{scenario.title}: {len(planes)} plane(s) from {scenario.mission.start} for {scenario.mission.years:g} years, "
        f"eclipse policy {built.policy}"
    )
    return f"{_folded(head, width)}\n\n{plane_tables(planes, width)}"


def plane_tables(planes: list[Plane], width: int = WIDTH) -> str:
    """Planes in tables of at most so many columns."""
    shown = planes[:SHOWN_PLANES]
    blocks = [f"{_folded(title, width)}\n{_table(columns, shown, width)}" for title, columns in _TABLES]
    if seen := [plane for plane in shown if "contacts" in plane]:
        title, columns = _CONTACTS
        blocks.append(f"{_folded(title, width)}\n{_table(columns, seen, width)}")
    if len(planes) > SHOWN_PLANES:
        shares = [plane["sunlit_fraction"] for plane in planes]
        more = (
            f"and {len(planes) - SHOWN_PLANES:,} more planes (--json lists all); sunlit {_percent(min(shares))} to "
            f"{_percent(max(shares))} %"
        )
        blocks.append(_folded(more, width))
    return "\n\n".join(blocks)


def _folded(text: str, width: int) -> str:
    return "\n".join(folded([text], width))


def _table(columns: tuple[Column, ...], planes: list[Plane], width: int) -> str:
    heads, rows = [head for head, _ in columns], [[show(plane) for _, show in columns] for plane in planes]
    text = table_text(heads, rows, width=width - len(_INDENT))
    return "\n".join(f"{_INDENT}{line}".rstrip() for line in text.splitlines())


def eclipse_text(eclipse: dict[str, Any]) -> str:
    """One eclipse in a line, or in several where the screen is narrow."""
    parts = [
        f"plane {eclipse['plane']}  {eclipse['entry']}",
        f"  to  {eclipse['exit']}  {eclipse['minutes']:7.3f} min",
    ]
    if eclipse["charge_at_entry"] is not None:
        parts.append(f"  charge {_percent(eclipse['charge_at_entry'])} to {_percent(eclipse['charge_at_exit'])} %")
    narrow = sum(map(len, parts)) > (screen_width() or WIDTH)
    return ("\n    " if narrow else "").join(parts)


def eclipses_of(scenario: Scenario, built: Environment) -> Iterator[dict[str, Any]]:
    """The eclipses of each plane's first satellite, one by one, and the charge of its battery, new on day 0."""
    from sim.environment import charge_at_edges

    midnight = datetime.combine(scenario.mission.start, datetime.min.time())

    def stamp(day: float) -> str:
        return (midnight + timedelta(days=day)).isoformat(timespec="milliseconds") + "Z"

    for site in built.sites[: len(built.shell_planes)]:
        found = charge_at_edges(site, built.designs[0], 0.0, built.horizon_days, slots=[0])
        columns = (found.entry_day, found.exit_day, found.shed_wh, found.at_entry, found.at_exit)
        for entry, leaving, shed, *charge in zip(*(column.tolist() for column in columns), strict=True):
            before, after = (None if isnan(share) else share for share in charge)
            yield {
                "plane": site.plane.name,
                "entry": stamp(entry),
                "exit": stamp(leaving),
                "entry_day": entry,
                "exit_day": leaving,
                "minutes": (leaving - entry) * MINUTES_PER_DAY,
                "charge_at_entry": before,
                "charge_at_exit": after,
                "shed_wh": shed,
            }
