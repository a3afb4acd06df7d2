"""One satellite as text: power, battery, heat, orbit keeping and end of life."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from sim.description.format import Facts, clock
from sim.text import many

SHOWN_LIMITS = 4
"""Planes whose limits the text names; `facts` has them all."""


def power_and_heat(satellite: Facts) -> Iterator[str]:
    """Load, array, battery and radiator of a satellite, and what limits it."""
    load, array = satellite["load"], satellite["array"]
    battery, radiator = satellite["battery"], satellite["radiator"]
    yield (
        f"  full load {_kw(load['full_w'])}: bus {_kw(load['bus_w'])}, "
        f"GPUs {_kw(load['gpus_w'])} ({load['gpu_w']:,g} W each)"
    )
    yield (
        f"  solar array {_array(array)}: "
        f"{_kw(array['bol_w'])} BOL ({array['bol_kw_per_tonne']:.3g} kW/t), "
        f"{_kw(array['eol_w'])} EOL, facing the Sun"
    )
    yield (
        f"    lowest power in sunlight {_kw(array['lowest_in_light_w'])}; lowest mean of an orbit, eclipse included, "
        f"{_kw(array['lowest_orbit_mean_w'])}"
    )
    yield (
        f"  battery {_size(battery['kwh'], 'kWh', battery['sized'], battery['needed_kwh'])}, "
        f"{battery['mass_kg']:,.0f} kg: depth of discharge up to {battery['depth_of_discharge_max']:.0%} "
        f"(limit {battery['depth_limit']:.0%})"
    )
    yield (
        f"    {battery['cycles_over_life']:,.0f} cycles over the design life; capacity after "
        f"{battery['end_years']:.2g} years {battery['capacity_fraction_end']:.1%} of new"
    )
    yield (
        f"  radiator {_size(radiator['m2'], 'm2', radiator['sized'], radiator['needed_m2'])}, "
        f"{many(radiator['sides'], 'side')}, {radiator['mass_kg']:,.0f} kg including "
        f"{radiator['tubes_kg']:,.0f} kg of debris walls: {radiator['w_per_m2']:,.0f} W/m2 at full load"
    )
    yield (
        f"    on the hottest day: GPU junction {radiator['junction_hottest_c']:.1f} C "
        f"(limit {radiator['junction_limit_c']:g} C), memory {radiator['memory_hottest_c']:.1f} C (limit "
        f"{radiator['memory_limit_c']:g} C), radiator {radiator['radiator_hottest_c']:.1f} C"
    )
    yield from _limits(satellite["limits"])


def orbit_keeping(satellite: Facts) -> Iterator[str]:
    """Station-keeping, propellant and what happens to a satellite that fails."""
    keeping, death = satellite["propulsion"], satellite["death"]
    low, high = keeping["density_min_kg_m3"], keeping["density_max_kg_m3"]
    yield f"  atmospheric density {low:.2g} to {high:.2g} kg/m3 over the mission"
    low, high = keeping["delta_v_m_s_per_year_min"], keeping["delta_v_m_s_per_year_max"]
    range_ = f"{high:,.3g}" if high < 1.005 * low else f"{low:,.3g} to {high:,.3g}"
    often = keeping["manoeuvres_per_year"]
    dodging = "" if often is None else f"{often:g} "
    yield (
        f"  delta-v {range_} m/s a year for drag, orbit drift and {dodging}avoidance "
        f"manoeuvres; {keeping['raising_m_s']:,.3g} m/s for raising, {keeping['disposal_m_s']:,.3g} m/s for "
        "disposal"
    )
    life = keeping["life_by_propellant_years"]
    lasts = "" if life is None else f"; lasts {life:,.3g} years at this rate"
    yield f"  propellant {_size(keeping['propellant_kg'], 'kg', keeping['sized'], keeping['needed_kg'])}{lasts}"
    for drift in satellite["node_drift"][:SHOWN_LIMITS]:
        yield (
            f"  plane {drift['plane']}: LTAN is not controlled and drifts from {clock(drift['ltan_h'])} to "
            f"{clock(drift['ltan_h_end'])}, at most {60 * drift['drift_h_max']:.0f} min from its start"
        )
    yield f"  {_orbital_lifetime(death)}"
    yield (
        f"  debris destroys {death['debris_hits_per_satellite_year']:.2g} satellites per satellite-year, by hits on "
        f"{death['vulnerable_m2']:.3g} m2 of surface"
    )


def _array(array: Facts) -> str:
    """How large it is, and how it is held."""
    if array["rated"]:
        need_kw = array["bol_w"] / 1000 * array["needed_m2"] / array["m2"]
        return f"rated at {_size(array['bol_w'] / 1000, 'kW', False, need_kw)}, {array['m2']:,.4g} m2"
    return f"{_size(array['m2'], 'm2', array['sized'], array['needed_m2'])}, {_MOUNTS[array['mount']]}"


def _kw(watts: float) -> str:
    return f"{watts / 1000:,.3g} kW"


def _size(has: float, unit: str, sized: bool, needed: float) -> str:
    """A size, and what would be needed where the scenario gives one."""
    if sized:
        return f"{has:,.4g} {unit} (sized)"
    need = f"{needed:,.4g} {unit} needed" if math.isfinite(needed) else "no size is sufficient"
    return f"{has:,.4g} {unit} (given; {need})"


_MOUNTS = {
    "two_axis": "tracks the Sun",
    "one_axis": "turns about the orbit normal",
    "orbit_normal": "fixed along the orbit normal",
    "zenith": "fixed towards zenith",
}


def _limits(limits: list[Facts]) -> Iterator[str]:
    if not limits:
        yield "  neither battery, array nor heat limits satellites that begin work on day 0"
        return
    planes = [list(each) for _, each in groupby(limits, key=lambda limit: limit["plane"])]
    for plane in planes[:SHOWN_LIMITS]:
        for limit in plane:
            yield (
                f"  plane {limit['plane']}: {limit['cause']} limits satellites that begin work on day 0: first on day "
                f"{limit['first_day']:,} ({limit['date']}), to {limit['speed_first']:.2%} of full speed "
                f"{limit['where']}; on {many(limit['days'], 'day')} in total, to {limit['speed_min']:.2%} on the worst"
            )
    if len(planes) > SHOWN_LIMITS:
        first = min(limit["first_day"] for limit in limits)
        yield f"  and {len(planes) - SHOWN_LIMITS} more planes are limited; the earliest limit is on day {first:,}"


def _orbital_lifetime(death: Facts) -> str:
    low, high = death["years_aloft_min"], death["years_aloft_max"]
    if low is None:
        stays = "longer than the forecast of the solar cycle"
    elif high is None:
        stays = f"{low:.2g} years, or longer than the forecast of the solar cycle"
    else:
        stays = f"{low:.2g} years" if high - low < 0.05 * low else f"{low:.2g} to {high:.2g} years"
    verdict = "meets" if death["keeps_five_year_rule"] else "breaks"
    return f"a failed satellite stays in orbit for {stays}: {verdict} the FCC's five-year rule"
