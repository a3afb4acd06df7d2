"""What a campus stands in, in words and numbers: power, PUE, prices by part, and a GPU-hour at full use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.description.format import Facts, money
from sim.economics import bills_of, discount_rate
from sim.economics.facility import full_use
from sim.environment import Environment
from sim.scenario.facility import MONTH_DAYS, ClimatePue, Facility, OnSiteGas
from sim.text import many


def facility_facts(environment: Environment) -> Facts | None:
    """The numbers of a campus's facility; none where it has none."""
    scenario = environment.scenario
    facility = None if scenario.campus is None else scenario.campus.facility
    rate = discount_rate(scenario)
    found = full_use(scenario, bills_of(scenario, environment.parts)[0], rate)
    if facility is None or found is None:
        return None
    months = facility.mean_pue(scenario.mission.start, np.arange(0.0, 13.0) * MONTH_DAYS)
    return {
        "it_mw": found.it_mw,
        "facility_mw": found.it_mw * facility.peak_pue,
        "pue": found.pue,
        "free_cooling_share": facility.pue.free_cooling_share if isinstance(facility.pue, ClimatePue) else None,
        "pue_by_month": [float(pue) for pue in months],
        "capex_usd": dict(found.capex_usd),
        "construction_usd_per_w": facility.construction_usd_per_w,
        "supply": facility.supply.kind,
        "energy_usd_per_kwh": found.energy_usd_per_kwh,
        "energy_usd_per_year": found.energy_usd_per_year,
        "staff_usd_per_year": found.staff_usd_per_year,
        "capital_usd_per_year": found.capital_usd_per_year,
        "usd_per_year": found.usd_per_year,
        "usd_per_gpu_hour": found.usd_per_gpu_hour,
        "discount_per_year": rate,
        "life_years": facility.life_years,
        "utilisation": facility.utilisation,
        "build_months": facility.build_months,
        "months_to_power": facility.months_to_power,
        "phases": [phase.model_dump() for phase in facility.phases],
        "waits_for": _waits_for(facility),
    }


def _waits_for(facility: Facility) -> str:
    """What the campus gets last."""
    source = "turbines" if isinstance(facility.supply, OnSiteGas) else "the grid"
    return source if facility.supply.months_to_power > facility.build_months else "construction"


def facility_lines(f: Facts) -> Iterator[str]:
    """The same as text."""
    low, high = min(f["pue_by_month"]), max(f["pue_by_month"])
    free = f", cooled without chillers {f['free_cooling_share']:.0%} of the year" if high > low else ""
    seasons = f", {low:.3f} to {high:.3f} by month{free}" if high > low else ""
    yield (
        f"  {f['it_mw']:,.4g} MW of IT, up to {f['facility_mw']:,.4g} MW in all; PUE {f['pue']:.3f}{seasons}; "
        f"GPUs at work draw {f['utilisation']:.0%} of their peak"
    )
    earlier = "".join(f", {one['share']:.0%} of the hosts after {one['months']:g}" for one in f["phases"])
    if f["months_to_power"]:
        yield (
            f"  power {f['months_to_power']:g} months after the decision on day 0{earlier}; it waits for "
            f"{f['waits_for']} longest; built in {f['build_months']:g} months"
        )
    else:
        yield "  it stands, and has power from the start"
    parts = [f"{name.replace('_', ' ')} {money(usd)}" for name, usd in f["capex_usd"].items() if usd]
    yield (
        f"  capital {money(sum(f['capex_usd'].values()))}: {', '.join(parts) or 'nothing'}; building, cooling and "
        f"power behind the meter ${f['construction_usd_per_w']:.2f} for each W of IT, living {f['life_years']:g} years"
    )
    source = "turbines of its own" if f["supply"] == "gas" else "the grid"
    yield (
        f"  energy from {source} at ${f['energy_usd_per_kwh']:.4f}/kWh in the middle of the mission: "
        f"{money(f['energy_usd_per_year'])} a year at full use; staff and other operations "
        f"{money(f['staff_usd_per_year'])}"
    )
    yield (
        f"  levelised at full use: {money(f['usd_per_year'])} a year, {money(f['capital_usd_per_year'])} of it to "
        f"recover the capital at {f['discount_per_year']:.2%}: ${f['usd_per_gpu_hour']:.2f} for a GPU-hour"
    )


def facility_warnings(f: Facts, mission_years: float) -> Iterator[str]:
    """What is odd about it."""
    months = min([f["months_to_power"], *(phase["months"] for phase in f["phases"])])
    if months >= mission_years * 12:
        yield (
            f"the campus gets power after {many(round(months), 'month')}, and the mission ends before: nothing is "
            "computed, and no host is bought"
        )
