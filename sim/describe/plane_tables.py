"""What `orbitfleet environment` prints: one row a quantity, one column a plane."""

from __future__ import annotations

from collections.abc import Callable

from sim.describe.format import Facts, clock

SHOWN_PLANES = 5
"""Planes that the tables show; `--json` lists all."""

Row = tuple[str, Callable[[Facts], str]]


def _first_limit(plane: Facts) -> str:
    return str(plane["limits"][0]["cause"]) if plane["limits"] else "none"


def _first_limit_day(plane: Facts) -> str:
    return f"{plane['limits'][0]['first_day']:,}" if plane["limits"] else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _node(plane: Facts) -> str:
    return f"RAAN {plane['raan_deg']:.1f}" if plane["ltan_h"] is None else f"LTAN {clock(plane['ltan_h'])}"


def _digits(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _dose(part: str) -> Callable[[Facts], str]:
    return lambda plane: _digits(plane["radiation"]["dose_rad_per_year"][part])


def _memory_onset(plane: Facts) -> str:
    years = plane["radiation"]["memory_onset_years"]
    return "never" if years is None else _digits(years)


_TABLES: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "Orbit and light",
        (
            ("slots", lambda p: f"{p['slots']:,}"),
            ("altitude, km", lambda p: f"{p['altitude_km']:.1f}"),
            ("inclination, deg", lambda p: f"{p['inclination_deg']:.2f}"),
            ("ascending node: RAAN, deg, or LTAN", _node),
            ("orbital period, min", lambda p: f"{p['period_min']:.2f}"),
            ("sunlit, mean of the mission, %", lambda p: _percent(p["sunlit_fraction"])),
            ("sunlit, lowest day, %", lambda p: _percent(p["lowest_sunlit_fraction"])),
            ("days with eclipses, per year", lambda p: f"{p['eclipse_days_per_year']:.0f}"),
            ("longest eclipse, min", lambda p: f"{p['longest_eclipse_min']:.2f}"),
        ),
    ),
    (
        "Power and battery of a satellite that begins work on day 0",
        (
            ("array power in sunlight, mean, new, kW", lambda p: f"{p['power']['array_w_bol'] / 1000:.2f}"),
            ("array power in sunlight, mean, aged to EOL, kW", lambda p: f"{p['power']['array_w_eol'] / 1000:.2f}"),
            ("array power in sunlight, lowest day, kW", lambda p: f"{p['power']['array_w_worst_day'] / 1000:.2f}"),
            ("full load, kW", lambda p: f"{p['power']['load_w'] / 1000:.2f}"),
            ("deepest discharge of the battery, %", lambda p: _percent(p["battery"]["depth_of_discharge_max"])),
            ("battery capacity at the end, % of new", lambda p: _percent(p["battery"]["capacity_fraction_end"])),
            ("battery cycles per year", lambda p: f"{p['battery']['cycles_per_year']:,.0f}"),
        ),
    ),
    (
        "Capacity and temperature of the same satellite",
        (
            ("capacity, mean, % of its GPUs", lambda p: _percent(p["capacity"]["mean"])),
            ("capacity, lowest day, % of its GPUs", lambda p: _percent(p["capacity"]["lowest_day"])),
            ("lowest GPU speed in sunlight, %", lambda p: _percent(p["capacity"]["light_speed_min"])),
            ("lowest GPU speed in eclipse, %", lambda p: _percent(p["capacity"]["dark_speed_min"])),
            ("highest junction temperature, C", lambda p: f"{p['temperature']['junction_c_max']:.1f}"),
            ("highest radiator temperature, C", lambda p: f"{p['temperature']['radiator_c_max']:.1f}"),
            ("first limit: battery, array or heat", _first_limit),
            ("first limit, day of the mission", _first_limit_day),
        ),
    ),
    (
        "Atmosphere and station-keeping",
        (
            ("atmospheric density, mean, kg/m3", lambda p: f"{p['density_kg_m3']['mean']:.2e}"),
            ("atmospheric density, highest, kg/m3", lambda p: f"{p['density_kg_m3']['max']:.2e}"),
            ("delta-v, m/s per year", lambda p: f"{p['delta_v_m_s_per_year']:.2f}"),
        ),
    ),
    (
        "Dose behind the shield",
        (
            ("shield, mm of aluminium", lambda p: f"{p['radiation']['shield_mm']:g}"),
            ("without storms, mean, rad(Si) per year", _dose("mean")),
            ("  of it trapped particles", _dose("trapped")),
            ("  of it cosmic rays", _dose("cosmic")),
            ("without storms, lowest, rad(Si) per year", _dose("min")),
            ("without storms, highest, rad(Si) per year", _dose("max")),
            ("expected solar storms, rad(Si) per year", _dose("expected_storms")),
            (
                "over the design life, expected storms included, krad(Si)",
                lambda p: f"{p['radiation']['dose_krad_over_design_life']:,.3g}",
            ),
            ("memory errors begin to grow, without storms, years", _memory_onset),
        ),
    ),
    (
        "Single events without storms, and wear",
        (
            ("single events per chip-year", lambda p: _digits(sum(p["radiation"]["events_per_chip_year"].values()))),
            ("single events per host-year", lambda p: _digits(sum(p["radiation"]["events_per_host_year"].values()))),
            ("interruptions per chip-year", lambda p: _digits(p["radiation"]["interruptions_per_chip_year"])),
            ("share during SAA passes, %", lambda p: _percent(p["radiation"]["share_during_saa_passes"])),
            ("share of time in SAA passes, %", lambda p: _percent(p["radiation"]["share_of_time_in_saa_passes"])),
            ("ageing rate of electronics (1: their laws)", lambda p: f"{p['radiation']['ageing_rate']:.3f}"),
            ("coolant punctures per satellite-year", lambda p: _digits(p["radiation"]["punctures_per_year"])),
        ),
    ),
)


def plane_tables(planes: list[Facts]) -> str:
    """Planes (`plane_facts` of each) in tables of at most 120 columns, the first `SHOWN_PLANES` of them."""
    shown = planes[:SHOWN_PLANES]
    names = ["plane", *(str(plane["plane"]) for plane in shown)]
    rows = {title: [[label, *map(show, shown)] for label, show in quantities] for title, quantities in _TABLES}
    cells = [names, *(row for table in rows.values() for row in table)]
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))

    def line(row: list[str]) -> str:
        return "  " + row[0].ljust(first) + "".join("  " + c.rjust(w) for c, w in zip(row[1:], others, strict=True))

    blocks = ["\n".join([title, *map(line, [names, *table])]) for title, table in rows.items()]
    if len(planes) > SHOWN_PLANES:
        sunlit = [plane["sunlit_fraction"] for plane in planes]
        blocks.append(
            f"and {len(planes) - SHOWN_PLANES:,} more planes (--json lists all); all planes are sunlit "
            f"{_percent(min(sunlit))} to {_percent(max(sunlit))} % of the mission"
        )
    return "\n\n".join(blocks)
