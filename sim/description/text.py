"""What a scenario means, as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sim.description.campus import campus_lines
from sim.description.cross_plane import cross_plane_lines
from sim.description.format import WIDTH, Facts, clock, money, span
from sim.description.inference import ground_lines, service_lines
from sim.description.job_text import job_text
from sim.description.launch import launch_text
from sim.description.numbers import facts
from sim.description.parts import parts_table
from sim.description.satellite_text import orbit_keeping, power_and_heat
from sim.description.servicing import servicing_lines
from sim.description.sky import sky_lines
from sim.description.spares import spares_lines
from sim.scenario import Scenario
from sim.text import digits, folded, many

SHOWN_PLANES = 6
"""Planes of a shell that the text lists; `facts` has them all."""


def describe(scenario: Scenario, width: int = WIDTH) -> str:
    """What the scenario means, as plain text for a reader who has not seen its file; no line is longer than `width`."""
    return "\n".join(folded(_lines(facts(scenario)), width)) + "\n"


def _lines(f: Facts) -> Iterator[str]:
    mission = f["mission"]
    yield f"{f['name']}: {f['description']}" if f["description"] else f["name"]
    yield f"{mission['start']} to {mission['end']} ({mission['years']:g} years), sha256 {f['sha256'][:8]}"
    if mission["warm_up_years"]:
        yield f"availabilities and figures of sparing count from year {mission['warm_up_years']:g} on"
    if mission["wind_down_years"]:
        last = mission["years"] - mission["wind_down_years"]
        yield f"from year {last:g} on nothing is ordered and the fleet runs out; those figures end there"
    yield _sources(f["sources"])
    if "campus" in f:
        yield from _of_campus(f)
        return
    for title, lines in (
        ("Fleet", _fleet(f["fleet"])),
        ("Orbit and light", _light(f)),
        ("Power and heat of a satellite", power_and_heat(f["satellite"])),
        ("Mass and price of a satellite by part", parts_table(f["designs"])),
        ("Orbit keeping and end of life", orbit_keeping(f["satellite"])),
        ("Sky", sky_lines(f["sky"])),
        ("Failures", _failures(f["failures"])),
        ("Radiation", _radiation(f["radiation"], f["jobs"])),
        ("Links between planes", cross_plane_lines(f["cross_plane"])),
        ("Jobs", _jobs(f)),
        ("Inference", service_lines(f["inference"], f["ground"])),
        ("Output to the ground", ground_lines(f["ground"])),
        ("Launch", launch_text(f["launch"])),
        ("Initial fleet", _deployment(f["deployment"])),
        ("Servicing", servicing_lines(f["servicing"])),
        ("Strategies", _strategies(f)),
        ("Notes", _notes(f["notes"])),
        ("Warnings", (f"  ! {warning}" for warning in f["warnings"])),
    ):
        body = list(lines)
        if body:
            yield from ("", title, *body)


def _of_campus(f: Facts) -> Iterator[str]:
    for title, lines in (
        *campus_lines(f),
        ("Notes", list(_notes(f["notes"])) if f["notes"] else []),
        ("Warnings", [f"  ! {warning}" for warning in f["warnings"]]),
    ):
        if lines:
            yield from ("", title, *lines)


def _sources(found: Facts) -> str:
    named = many(found["with_source"], "figure")
    assumed = many(found["tags"].get("A", 0), "assumption")
    return f"{named} with a source, of which {assumed} [A]; {found['without']} without (see `orbitfleet sources`)"


def _fleet(fleet: Facts) -> Iterator[str]:
    yield (
        f"  {many(fleet['satellites'], 'satellite')} in {many(fleet['planes'], 'plane')}, "
        f"{many(fleet['spare_berths_per_plane'], 'spare berth')} in each plane"
    )
    yield from spares_lines(fleet["spares"])
    for park in fleet["parking"]:
        yield (
            f"  {many(park['planes'], 'parking orbit')} of {many(park['berths_per_plane'], 'berth')} for shell "
            f"{park['shell']} at {park['altitude_km']:,g} km: its node drifts {park['drift_deg_per_day']:+.3f} deg a "
            f"day against the planes'; one aligns with each plane every {park['days_between_alignments']:,.0f} days"
        )
        yield (
            f"    a spare climbs in {span(park['climb_days'])} with {park['delta_v_m_s']:,.1f} m/s and "
            f"{park['propellant_kg']:,.3g} kg of propellant"
        )
    yield f"  {fleet['gpus_per_satellite']:,} GPUs per satellite, {fleet['gpus']:,} in total: the nameplate capacity"
    yield (
        f"  each satellite: launch mass {fleet['satellite_mass_kg']:,g} kg, full load "
        f"{fleet['satellite_power_kw']:,.4g} kW ({fleet['kw_per_tonne']:.1f} kW/t), "
        f"design life {fleet['design_life_years']:g} years"
    )
    yield f"  all satellites: {fleet['mass_t']:,.1f} t, full load {digits(fleet['power_kw'] / 1000, 3)} MW"
    for name, design in fleet["later_designs"].items():
        yield (
            f"  from day {design['available_from_day']:g} on, {name} can be ordered: {design['gpus']:,} GPUs, "
            f"{design['mass_kg']:,g} kg, {design['power_kw']:,.4g} kW, {money(design['usd'])} each"
        )


def _light(f: Facts) -> Iterator[str]:
    for _, planes in groupby(f["planes"], key=lambda plane: (plane["parking"], plane["shell"])):
        yield from _shell(list(planes))
    yield f"  eclipse policy {f['eclipse_policy']}: {f['eclipse_effect']}"


def _shell(planes: list[Facts]) -> Iterator[str]:
    first = planes[0]
    formation = "in one cluster" if first["formation"] == "cluster" else "spaced evenly around the orbit"
    what = (
        f"shell {first['shell']}: {many(len(planes), 'plane')} of {many(first['satellites'], 'satellite')} {formation}"
    )
    if first["parking"] is not None:
        what = f"parking {first['parking']}: {many(len(planes), 'orbit')}"
    yield (
        f"  {what}; altitude {first['altitude_km']:,.0f} km, inclination {first['inclination_deg']:.2f} deg, "
        f"period {first['period_min']:.1f} min"
    )
    for plane in planes[:SHOWN_PLANES]:
        node = f"RAAN {plane['raan_deg']:.1f} deg" if plane["ltan_h"] is None else f"LTAN {clock(plane['ltan_h'])}"
        yield (
            f"    plane {plane['name']}, {node}: sunlit {plane['sunlit_mean']:.1%} of the mission, "
            f"{plane['sunlit_min']:.1%} on the day with least sunlight"
        )
        if plane["longest_eclipse_min"] == 0:
            yield "      no eclipses"
            continue
        season = plane["first_season"]
        dates = f" (first season {season[0]} to {season[1]})" if season and plane["eclipse_days_per_year"] < 300 else ""
        yield (
            f"      eclipses on {plane['eclipse_days_per_year']:.0f} days a year{dates}; "
            f"longest eclipse {plane['longest_eclipse_min']:.1f} min"
        )
    if len(planes) > SHOWN_PLANES:
        sunlit = [plane["sunlit_mean"] for plane in planes]
        more = f"    and {len(planes) - SHOWN_PLANES:,} more"
        yield f"{more}; all planes are sunlit {min(sunlit):.1%} to {max(sunlit):.1%} of the mission"


def _failures(failures: Facts) -> Iterator[str]:
    groups = {f"{name}, {_group(unit)}": unit for name, unit in failures["groups"].items()}
    for name, unit in {"GPU": failures["gpu"], "bus": failures["bus"], **groups}.items():
        mttf = "undefined (some never fail)" if unit["mttf_years"] is None else f"{unit['mttf_years']:,.1f} years"
        yield (
            f"  {name} ({unit['law']}): mean time to failure {mttf}; "
            f"survival {unit['survival_1_year']:.1%} at 1 year, {unit['survival_5_years']:.1%} at 5 years"
        )
        yield (
            f"    {digits(unit['failures_per_year'], 3)} failures a year among {unit['units']:,} units, "
            "mean over the design life"
        )
        if unit["burn_in_days"] > 0:
            yield (
                f"    burn-in of {unit['burn_in_days']:g} days on the ground: {unit['lost_in_burn_in']:.2%} "
                "fail there and are not flown"
            )
    if failures["resettable_fraction"] > 0:
        yield f"  {failures['resettable_fraction']:.0%} of GPU failures are cleared by a power cycle"
    yield (
        f"  ageing rate of electronics {failures['electronics_pace']:.3g}, from heat and thermal cycles (the laws "
        f"above: 1, at a junction of {failures['reference_junction_c']:g} C)"
    )
    yield f"  ageing rate of the GPUs of a dormant spare: {failures['dormancy_factor']:g} times that of working ones"
    if failures["punctures_per_satellite_year"] > 0:
        each = failures["loops_per_gpu"]
        cooled = f"1 in {failures['loops'] // each}" if failures["loops"] > each else "all"
        spare = f", which are lost with the last of {each}" if each > 1 else ""
        yield (
            f"  debris punctures {failures['punctures_per_satellite_year']:.2g} of {failures['loops']} coolant loops "
            f"per satellite-year; each cools {cooled} of the GPUs{spare}"
        )
    for name, cause in failures["common_causes"].items():
        yield f"  common cause {_plain_name(name)}: {_common_cause(cause)}"
    if failures["stand_off_hours"] > 0:
        yield (
            f"  when a satellite of a cluster fails, the others keep their distance and compute nothing for "
            f"{failures['stand_off_hours']:g} h"
        )


def _group(unit: Facts) -> str:
    carries = "satellite" if unit["gpus"] == "all" else many(unit["gpus"], "GPU")
    if unit["units_per_group"] == unit["needed"] == 1:
        return f"one per {carries}"
    standby = f", {unit['standby']} standby" if unit["units_per_group"] > unit["needed"] else ""
    beta = unit["common_cause_fraction"]
    common_cause = f", {beta:.0%} of failures by a common cause" if beta > 0 else ""
    return f"{unit['needed']} of {unit['units_per_group']} needed per {carries}{standby}{common_cause}"


def _common_cause(cause: Facts) -> str:
    if cause["kind"] == "batch":
        lot = many(cause["lot_satellites"], "satellite")
        return f"each lot of {lot} is defective with probability {cause['probability']:.2g}"
    if cause["kind"] == "debris_event":
        return (
            f"{cause['rate_per_year']:.3g} breakups a year; each multiplies the flux of lethal debris by "
            f"{cause['flux_factor']:g} for {cause['duration_days']:g} days"
        )
    effects = [
        f"destroys {cause[f'{what}_lethality']:.2%} of {who}"
        for what, who in (("gpu", "GPUs"), ("satellite", "satellites"))
        if cause[f"{what}_lethality"] > 0
    ]
    if cause["outage_hours"] > 0:
        effects.append(f"stops computing for {cause['outage_hours']:g} h")
    rate = f"{cause['rate_per_year']:.3g} shocks per {cause['scope']} and year"
    return f"{rate}; each {' and '.join(effects) or 'has no effect'}"


def _radiation(radiation: Facts, jobs: list[Facts]) -> Iterator[str]:
    yield from _dose(radiation)
    yield from _single_events(radiation)
    if radiation["mitigations"]:
        yield f"  mitigations: {', '.join(map(_plain_name, radiation['mitigations']))}"
    for job in jobs:
        per_day = job["interruptions_per_day"]
        if per_day:
            late = job["late_loss_share"]
            delay = f"; silent corruption detected late costs {late:.1%} of its time" if late >= 0.0005 else ""
            yield (
                f"  job {job['name']}: {digits(sum(per_day.values()), 3)} interruptions a day without hardware "
                f"failures ({_listed(per_day)}){delay}"
            )


def _dose(radiation: Facts) -> Iterator[str]:
    dose = radiation["dose_rad_per_year"]
    where = "" if radiation["planes_alike"] else f" in plane {radiation['plane']}, the most exposed"
    storms = (
        f"; solar storms add {_rad(dose['expected_storms'])} rad(Si) a year on average, most of it in rare large ones"
    )
    yield (
        f"  dose{where} behind {radiation['shield_mm']:g} mm of aluminium ({radiation['shield_mass_kg']:,.0f} kg): "
        f"{_rad(dose['mean'])} rad(Si) a year without solar storms ({_rad(dose['min'])} to {_rad(dose['max'])}; "
        f"{dose['cosmic']:.2g} by cosmic rays){storms if dose['expected_storms'] > 0 else ''}"
    )
    yield f"    {radiation['dose_krad_end_of_life']:,.3g} krad(Si) over the design life, expected storms included"
    onset, krad = radiation["memory_onset_years"], radiation["memory_onset_krad"]
    near = onset is not None and onset < FAR_YEARS
    reached = f"reached after {onset:.3g} years" if near else f"not reached within {FAR_YEARS} years"
    yield f"    memory errors grow above {krad:g} krad(Si), {reached} without storms"
    if (lost := radiation["dose_loss_end_of_life"]) >= 0.001:
        yield f"    dose alone destroys {lost:.1%} of the chips by the end of the design life"


def _single_events(radiation: Facts) -> Iterator[str]:
    for target in ("chip", "host"):
        if events := _listed(radiation[f"events_per_{target}_year"]):
            yield f"  single events per {target}-year, without storms: {events}"
    if (destroyed := radiation["destroyed_per_chip_year"]) > 0:
        yield f"    they destroy {100 * destroyed:.2g}% of the chips a year"
    if radiation["share_of_events_in_passes"] > 0:
        yield (
            f"    {radiation['share_of_events_in_passes']:.1%} of the interruptions occur during passes of the South "
            f"Atlantic Anomaly (SAA), {radiation['share_of_time_in_passes']:.1%} of the time"
        )


SHOWN_CAUSES = 4
"""Causes that a line lists, the most frequent first; `facts` has them all."""
FAR_YEARS = 100
"""Longest time to a dose that the text gives: no satellite lives longer."""


def _listed(rates: Facts) -> str:
    order = sorted((name for name in rates if rates[name] > 0), key=lambda name: -float(rates[name]))
    named = order if len(order) <= SHOWN_CAUSES else order[: SHOWN_CAUSES - 1]
    shown = [f"{_plain_name(name)} {digits(rates[name], 2)}" for name in named]
    if len(named) < len(order):
        shown.append(f"others {digits(sum(rates[name] for name in order[len(named) :]), 2)}")
    return ", ".join(shown)


def _rad(dose: float) -> str:
    return f"{dose:,.0f}" if dose >= 100 else f"{dose:.2g}"


def _plain_name(name: str) -> str:
    return name.replace("_", " ")


def _jobs(f: Facts) -> Iterator[str]:
    for job in f["jobs"]:
        yield from job_text(job)
    if not f["jobs"]:
        yield "  none" if f["inference"] else "  none, so goodput is 0"
    yield f"  SLA: {f['sla_capacity_fraction']:.0%} of the nameplate capacity online"


def _deployment(deployment: Facts) -> Iterator[str]:
    if deployment["kind"] == "in_place":
        how = "complete and new on day 0"
    else:
        first, last = deployment["first_launch_day"], deployment["last_launch_day"]
        how = f"launched on day {first:g}" if first == last else f"launched from day {first:g} to day {last:g}"
    spares = f" (including {many(deployment['spares'], 'spare')})" if deployment["spares"] else ""
    expected = deployment["flights_expected"]
    again = f", {digits(expected, 3)} expected with those that fail" if expected > deployment["flights"] else ""
    yield (
        f"  {how}: {many(deployment['satellites'], 'satellite')}{spares}, {deployment['mass_t']:,.1f} t, "
        f"{many(deployment['flights'], 'deployment flight')}{again}"
    )
    if deployment["kind"] != "in_place":
        date = f" ({deployment['complete_date']})" if deployment["complete_date"] else ", after the end of the mission,"
        yield f"  all slots are filled on day {deployment['complete_day']:g}{date} if no flight slips or fails"
    yield (
        f"  cost {money(deployment['total_usd'])}: buses {money(deployment['buses_usd'])}, "
        f"GPUs {money(deployment['gpus_usd'])}, launches {money(deployment['launches_usd'])}"
    )
    yield f"  operations {money(deployment['operations_usd_per_year'])} a year"


def _strategies(f: Facts) -> Iterator[str]:
    shown = {
        name: strategy
        for name, strategy in f["strategies"].items()
        if strategy["set_here"] or strategy["problem"] or name == f["strategy"]
    }
    if others := [name for name in f["strategies"] if name not in shown]:
        yield f"    with their defaults: {', '.join(others)}"
    for name, strategy in shown.items():
        values = ", ".join(f"{key} {_plain(value)}" for key, value in strategy["parameters"].items())
        yield f"  {'*' if name == f['strategy'] else ' '} {name}: {values or 'no parameters'}"
        if strategy["problem"]:
            yield f"      cannot be chosen here: {strategy['problem']}"
    yield "  * is used unless --strategy names another; `orbitfleet strategies` says what each does"


def _notes(notes: str) -> Iterator[str]:
    for paragraph in notes.strip().split("\n\n"):
        yield "  " + " ".join(paragraph.splitlines())


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
