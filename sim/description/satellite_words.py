"""One satellite in words: power, battery, heat, orbit keeping and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from sim.description.wording import Facts, clock, many, wrapped

SHOWN_LIMITS = 4
"""Planes whose limits the text names; `facts` has them all."""


def power_and_heat(satellite: Facts) -> Iterator[str]:
    """What feeds, carries and cools a satellite, and what limits it."""
    load, array = satellite["load"], satellite["array"]
    battery, radiator = satellite["battery"], satellite["radiator"]
    yield (
        f"  load {_kw(load['full_w'])}: bus {_kw(load['bus_w'])}, "
        f"GPUs {_kw(load['gpus_w'])} ({load['gpu_w']:,g} W each)"
    )
    yield (
        f"  array {_size(array['m2'], 'm2', array['sized'], array['needed_m2'])}, {_held(array['mount'])}: "
        f"{_kw(array['bol_w'])} new ({array['bol_kw_per_tonne']:.3g} kW/t), "
        f"{_kw(array['eol_w'])} at the end of its design life"
    )
    yield (
        f"    on its worst days {_kw(array['lowest_in_light_w'])} in light, "
        f"{_kw(array['lowest_orbit_mean_w'])} over an orbit with its eclipse"
    )
    yield (
        f"  battery {_size(battery['kwh'], 'kWh', battery['sized'], battery['needed_kwh'])}, "
        f"{battery['mass_kg']:,.0f} kg: depth of discharge up to {battery['depth_of_discharge_max']:.0%} "
        f"(limit {battery['depth_limit']:.0%})"
    )
    yield (
        f"    {battery['cycles_over_life']:,.0f} cycles over the design life; "
        f"{battery['capacity_fraction_end']:.1%} of its capacity left after {battery['end_years']:.2g} years"
    )
    yield (
        f"  radiator {_size(radiator['m2'], 'm2', radiator['sized'], radiator['needed_m2'])}, "
        f"{many(radiator['sides'], 'side')}, {radiator['mass_kg']:,.0f} kg with {radiator['tubes_kg']:,.0f} kg "
        f"of walls against debris: {radiator['w_per_m2']:,.0f} W/m2 at full load"
    )
    yield (
        f"    on the hottest day junction {radiator['junction_hottest_c']:.1f} C "
        f"(limit {radiator['junction_limit_c']:g}), radiator {radiator['radiator_hottest_c']:.1f} C"
    )
    yield from _limits(satellite["limits"])


def orbit_keeping(satellite: Facts) -> Iterator[str]:
    """What holds a satellite in orbit, and what becomes of it."""
    keeping, death = satellite["propulsion"], satellite["death"]
    thin, thick = keeping["density_min_kg_m3"], keeping["density_max_kg_m3"]
    yield f"  air density {thin:.2g} to {thick:.2g} kg/m3 over the mission"
    low, high = keeping["delta_v_m_s_per_year_min"], keeping["delta_v_m_s_per_year_max"]
    range_ = f"{high:,.3g}" if high < 1.005 * low else f"{low:,.3g} to {high:,.3g}"
    sentence = (
        f"delta-v {range_} m/s a year against drag, drift and debris ({keeping['manoeuvres_per_year']:g} manoeuvres); "
        f"{keeping['raising_m_s']:,.3g} m/s to get there, {keeping['disposal_m_s']:,.3g} m/s for disposal"
    )
    yield from wrapped(sentence, "  ")
    life = keeping["life_by_propellant_years"]
    lasts = "" if life is None else f"; lasts {life:,.3g} years at this rate"
    yield f"  propellant {_size(keeping['propellant_kg'], 'kg', keeping['sized'], keeping['needed_kg'])}{lasts}"
    for drift in satellite["node_drift"][:SHOWN_LIMITS]:
        yield (
            f"  plane {drift['plane']} is not held: LTAN drifts from {clock(drift['ltan_h'])} to "
            f"{clock(drift['ltan_h_end'])}, {60 * drift['drift_h_max']:.0f} min at most"
        )
    yield f"  {_aloft(death)}"
    yield f"  debris ends {death['debris_hits_per_satellite_year']:.2g} satellites per satellite-year"


def _kw(watts: float) -> str:
    return f"{watts / 1000:,.3g} kW"


def _size(has: float, unit: str, sized: bool, needed: float) -> str:
    """A size, and what would be needed where the scenario gives one."""
    if sized:
        return f"{has:,.4g} {unit} (sized)"
    need = f"{needed:,.4g} needed" if math.isfinite(needed) else "no size is enough"
    return f"{has:,.4g} {unit} (given; {need})"


def _held(mount: str) -> str:
    return {
        "two_axis": "follows the Sun",
        "one_axis": "turns about the orbit normal",
        "orbit_normal": "fixed along the orbit normal",
        "zenith": "fixed away from the Earth",
    }[mount]


def _limits(limits: list[Facts]) -> Iterator[str]:
    if not limits:
        yield "  nothing limits satellites born on day 0 before the end of their life or the mission"
        return
    planes = [list(each) for _, each in groupby(limits, key=lambda limit: limit["plane"])]
    for plane in planes[:SHOWN_LIMITS]:
        for limit in plane:
            sentence = (
                f"plane {limit['plane']}: {limit['cause']} limits satellites of day 0 from day "
                f"{limit['first_day']:,} ({limit['date']}) on, to {limit['speed_first']:.2%} speed {limit['where']}; "
                f"on {many(limit['days'], 'day')} in all, to {limit['speed_min']:.2%} at worst"
            )
            yield from wrapped(sentence, "  ")
    if len(planes) > SHOWN_LIMITS:
        first = min(limit["first_day"] for limit in limits)
        yield f"  and {len(planes) - SHOWN_LIMITS} more planes are limited, the first of all from day {first:,} on"


def _aloft(death: Facts) -> str:
    low, high = death["years_aloft_min"], death["years_aloft_max"]
    if low is None:
        stays = "longer than the solar cycle's table"
    elif high is None:
        stays = f"{low:.2g} years, or longer than the solar cycle's table"
    else:
        stays = f"{low:.2g} years" if high - low < 0.05 * low else f"{low:.2g} to {high:.2g} years"
    verdict = "keeps" if death["keeps_five_year_rule"] else "breaks"
    return f"a satellite that dies stays in orbit {stays}: {verdict} the FCC's five-year rule"
