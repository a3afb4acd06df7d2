"""The words that say what a scenario means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sim.constants import MINUTES_PER_DAY
from sim.description.numbers import facts
from sim.description.satellite_words import orbit_keeping, power_and_heat
from sim.description.wording import Facts, clock, many, money, span, wrapped
from sim.scenario import Scenario

SHOWN_PLANES = 6
"""Planes of a shell that the text lists; `facts` has them all."""


def describe(scenario: Scenario) -> str:
    """What the scenario means, as plain text for a reader who has not seen its file."""
    return "\n".join(_lines(facts(scenario))) + "\n"


def _lines(f: Facts) -> Iterator[str]:
    mission = f["mission"]
    yield from wrapped(f"{f['name']}: {f['description']}" if f["description"] else f["name"], "")
    yield f"{mission['start']} to {mission['end']} ({mission['years']:g} years), sha256 {f['sha256'][:8]}"
    for title, lines in (
        ("Fleet", _fleet(f["fleet"])),
        ("Orbit and light", _light(f)),
        ("Power and heat of a satellite", power_and_heat(f["satellite"])),
        ("Orbit keeping and the end", orbit_keeping(f["satellite"])),
        ("Failure", _failures(f["failures"])),
        ("Radiation", _radiation(f["radiation"], f["jobs"])),
        ("Jobs", _jobs(f)),
        ("Launch", _launch(f["launch"])),
        ("Initial fleet", _deployment(f["deployment"])),
        ("Strategies", _strategies(f)),
        ("Notes", _notes(f["notes"])),
        ("Warnings", (line for warning in f["warnings"] for line in wrapped(warning, "  ! "))),
    ):
        body = list(lines)
        if body:
            yield from ("", title, *body)


def _fleet(fleet: Facts) -> Iterator[str]:
    yield (
        f"  {many(fleet['satellites'], 'satellite')} in {many(fleet['planes'], 'plane')}, "
        f"{many(fleet['spare_berths_per_plane'], 'spare berth')} in each plane"
    )
    yield f"  {fleet['gpus_per_satellite']:,} GPUs a satellite, {fleet['gpus']:,} in all: the nameplate capacity"
    yield (
        f"  one satellite: {fleet['satellite_mass_kg']:,g} kg, {fleet['satellite_power_kw']:,.4g} kW "
        f"({fleet['kw_per_tonne']:.1f} kW/t), design life {fleet['design_life_years']:g} years"
    )
    yield f"  together {fleet['mass_t']:,.1f} t and {fleet['power_kw'] / 1000:,.3g} MW"


def _light(f: Facts) -> Iterator[str]:
    for _, planes in groupby(f["planes"], key=lambda plane: plane["shell"]):
        yield from _shell(list(planes))
    yield from wrapped(f"policy {f['eclipse_policy']}: {f['eclipse_effect']}", "  ")


def _shell(planes: list[Facts]) -> Iterator[str]:
    first = planes[0]
    formation = "in one tight cluster" if first["formation"] == "cluster" else "spread around the orbit"
    yield (
        f"  shell {first['shell']}: {many(len(planes), 'plane')} of {many(first['satellites'], 'satellite')} "
        f"{formation}, {first['altitude_km']:,.0f} km, {first['inclination_deg']:.2f} deg, "
        f"an orbit in {first['period_min']:.1f} min"
    )
    for plane in planes[:SHOWN_PLANES]:
        node = f"RAAN {plane['raan_deg']:.1f} deg" if plane["ltan_h"] is None else f"LTAN {clock(plane['ltan_h'])}"
        yield (
            f"    plane {plane['name']}, {node}: sunlit {plane['sunlit_mean']:.1%} of the time, "
            f"{plane['sunlit_min']:.1%} on the darkest day"
        )
        if plane["longest_eclipse_min"] == 0:
            yield "      never in eclipse"
            continue
        season = plane["first_season"]
        dates = f", first from {season[0]} to {season[1]}" if season and plane["eclipse_days_per_year"] < 300 else ""
        yield (
            f"      eclipse on {plane['eclipse_days_per_year']:.0f} days a year{dates}; "
            f"longest {plane['longest_eclipse_min']:.1f} min an orbit"
        )
    if len(planes) > SHOWN_PLANES:
        sunlit = [plane["sunlit_mean"] for plane in planes]
        more = f"    and {len(planes) - SHOWN_PLANES:,} more"
        yield f"{more}; all planes sunlit {min(sunlit):.1%} to {max(sunlit):.1%} of the time"


def _failures(failures: Facts) -> Iterator[str]:
    groups = {f"{name}, each of {_group(unit)}": unit for name, unit in failures["groups"].items()}
    for name, unit in {"GPU": failures["gpu"], "bus": failures["bus"], **groups}.items():
        mttf = "none: it need not fail" if unit["mttf_years"] is None else f"{unit['mttf_years']:,.1f} years"
        yield (
            f"  {name} ({unit['law']}): mean time to failure {mttf}; "
            f"alive after 1 year {unit['survival_1_year']:.1%}, after 5 years {unit['survival_5_years']:.1%}"
        )
        yield f"    {unit['failures_per_year']:,.3g} failures a year among {unit['units']:,}, over the design life"
        if unit["burn_in_days"] > 0:
            yield (
                f"    burnt in for {unit['burn_in_days']:g} days on the ground, where {unit['lost_in_burn_in']:.2%} "
                "fail and do not fly"
            )
    if failures["resettable_fraction"] > 0:
        yield f"  {failures['resettable_fraction']:.0%} of the GPUs' failures are cleared by a power cycle"
    yield (
        f"  heat and cycles age electronics at {failures['electronics_pace']:.3g} times these laws' pace, that of a "
        f"junction at {failures['reference_junction_c']:g} C"
    )
    yield f"  the GPUs of a stored spare age at {failures['dormancy_factor']:g} of the pace"
    if failures["punctures_per_satellite_year"] > 0:
        yield (
            f"  debris punctures {failures['punctures_per_satellite_year']:.2g} coolant loops a satellite and year, "
            f"each with 1 in {failures['loops']} of its GPUs"
        )
    for name, cause in failures["common_causes"].items():
        yield from wrapped(f"common cause {_spelt(name)}: {_common_cause(cause)}", "  ")
    if failures["stand_off_hours"] > 0:
        yield f"  a cluster stands off for {failures['stand_off_hours']:g} h when a satellite dies in it"


def _group(unit: Facts) -> str:
    carries = "the whole satellite" if unit["gpus"] == "all" else many(unit["gpus"], "GPU")
    if unit["units_per_group"] == unit["needed"] == 1:
        return carries
    spare = f", {unit['standby']} standby" if unit["units_per_group"] > unit["needed"] else ""
    beta = unit["common_cause_fraction"]
    together = f", {beta:.0%} of failures strike all" if beta > 0 else ""
    return f"{carries} on {unit['needed']} of {unit['units_per_group']}{spare}{together}"


def _common_cause(cause: Facts) -> str:
    if cause["kind"] == "batch":
        lot = many(cause["lot_satellites"], "satellite")
        return f"each lot of {lot} is bad with probability {cause['probability']:.2g}"
    if cause["kind"] == "debris_event":
        return (
            f"a breakup {cause['rate_per_year']:.3g} times a year multiplies lethal debris by {cause['flux_factor']:g} "
            f"for {cause['duration_days']:g} days"
        )
    kills = [
        f"kills {cause[f'{what}_lethality']:.2%} of {who}"
        for what, who in (("gpu", "GPUs"), ("satellite", "satellites"))
        if cause[f"{what}_lethality"] > 0
    ]
    if cause["outage_hours"] > 0:
        kills.append(f"stops all for {cause['outage_hours']:g} h")
    each = {"fleet": "the fleet", "plane": "a plane", "satellite": "a satellite"}[cause["scope"]]
    return f"{cause['rate_per_year']:.3g} shocks of {each} a year: {' and '.join(kills) or 'nothing happens'}"


def _radiation(radiation: Facts, jobs: list[Facts]) -> Iterator[str]:
    dose = radiation["dose_rad_per_year"]
    where = "" if radiation["planes_alike"] else f"in plane {radiation['plane']}, the worst, "
    rare = f"; storms of the Sun bring {dose['expected_storms']:,.2g} on average, mostly rare great ones"
    yield from wrapped(
        f"{where}behind {radiation['shield_mm']:g} mm of aluminium ({radiation['shield_mass_kg']:,.0f} kg): "
        f"{_rad(dose['mean'])} rad a year ({_rad(dose['min'])} to {_rad(dose['max'])}), {dose['cosmic']:.2g} of it by "
        f"cosmic rays{rare if dose['expected_storms'] > 0 else ''}",
        "  ",
    )
    onset, krad = radiation["memory_onset_years"], radiation["memory_onset_krad"]
    near = onset is not None and onset < FAR_YEARS
    reached = f"reached after {onset:.3g} years" if near else f"not reached in {FAR_YEARS} years"
    yield (
        f"    {radiation['dose_krad_end_of_life']:,.3g} krad by the end of the design life; memory errors grow from "
        f"{krad:g} krad on, {reached}"
    )
    if (lost := radiation["dose_loss_end_of_life"]) >= 0.001:
        yield f"    dose alone ends {lost:.1%} of the chips by then"
    for target in ("chip", "host"):
        if events := _listed(radiation[f"events_per_{target}_year"]):
            yield from wrapped(f"single events of a {target} and year: {events}", "  ")
    if (destroyed := radiation["destroyed_per_chip_year"]) > 0:
        yield f"    they destroy {100 * destroyed:.2g}% of the chips a year"
    if radiation["share_of_events_in_passes"] > 0:
        yield (
            f"    {radiation['share_of_events_in_passes']:.1%} of what stops jobs comes in "
            f"{radiation['share_of_time_in_passes']:.1%} of the time: the passes of the South Atlantic Anomaly"
        )
    if radiation["mitigations"]:
        yield from wrapped(f"mitigated by {', '.join(map(_spelt, radiation['mitigations']))}", "  ")
    for job in jobs:
        stops = job["interruptions_per_day"]
        if stops:
            yield from wrapped(
                f"{job['name']} is stopped {sum(stops.values()):,.3g} times a day: {_listed(stops)}",
                "  ",
            )
            late = job["late_loss_share"]
            delay = f"; silent corruption found late costs {late:.1%} of its time" if late >= 0.0005 else ""
            yield f"    {span(job['mtbf_days'])} between interruptions, failures included{delay}"


SHOWN_CAUSES = 4
"""Causes that a sentence lists, the most frequent first; `facts` has them all."""
FAR_YEARS = 100
"""What takes longer is not dated: no satellite lives to see it."""


def _listed(rates: Facts) -> str:
    order = sorted((name for name in rates if rates[name] > 0), key=lambda name: -float(rates[name]))
    named = order if len(order) <= SHOWN_CAUSES else order[: SHOWN_CAUSES - 1]
    shown = [f"{_spelt(name)} {rates[name]:,.2g}" for name in named]
    if len(named) < len(order):
        shown.append(f"others {sum(rates[name] for name in order[len(named) :]):,.2g}")
    return ", ".join(shown)


def _rad(dose: float) -> str:
    return f"{dose:,.0f}" if dose >= 100 else f"{dose:.2g}"


def _spelt(name: str) -> str:
    return name.replace("_", " ")


def _jobs(f: Facts) -> Iterator[str]:
    for job in f["jobs"]:
        work = "without end" if job["work_gpu_hours"] is None else f"of {job['work_gpu_hours']:,.4g} GPU-hours"
        yield (
            f"  {job['count']:,} x {job['name']} {work} on {many(job['gpus'], 'GPU')} "
            f"({many(job['satellites'], 'satellite')} or more)"
        )
        often = "never stopped" if job["mtbf_days"] is None else f"stopped every {span(job['mtbf_days'])}"
        chosen = "the optimum" if job["checkpoint_interval_is_optimum"] else "as given"
        yield (
            f"    {often}; checkpoint every {span(job['checkpoint_interval_min'] / MINUTES_PER_DAY)} ({chosen}); "
            f"{job['useful_share']:.1%} of its running time is useful"
        )
        if job["satellites"] > 1:
            yield (
                f"    links: a gang over {job['satellites']:,} satellites computes "
                f"{job['communication_efficiency']:.1%} of the time and talks, or waits for a link, the rest"
            )
        if job["checkpoint_gb"]:
            yield (
                f"    a checkpoint of {job['checkpoint_gb']:,.0f} GB takes {job['checkpoint_to_ground_h']:.3g} h "
                "to the ground at the least"
            )
    if not f["jobs"]:
        yield "  none: no work is counted"
    yield f"  service promised: {f['sla_capacity_fraction']:.0%} of the nameplate capacity online"


def _launch(launch: Facts) -> Iterator[str]:
    yield (
        f"  {launch['vehicle']}: {many(launch['satellites_per_flight'], 'satellite')} a flight, "
        f"{money(launch['flight_usd'])} full (${launch['usd_per_kg_full']:,.0f}/kg), "
        f"success {launch['success_probability']:.2%}"
    )
    if launch["flights_per_year_max"] is None:
        yield "  launches on demand"
    else:
        yield (
            f"  a date every {launch['opportunity_interval_days']:g} days: at most "
            f"{launch['flights_per_year_max']:.1f} launches and "
            f"{launch['satellites_per_year_max']:,.0f} satellites a year"
        )
    yield (
        f"  to replace: {launch['satellites_lost_per_year']:,.3g} satellites a year lost to failure, and "
        f"{launch['satellites_expiring_per_year']:,.3g} at the end of their design life"
    )
    yield f"  from order to work {launch['mean_order_to_work_days']:.0f} days on average"
    yield (
        f"    lead time {launch['lead_time_law']}; slip {launch['slip_law']}; transfer {launch['transfer_days']:g} days"
    )
    yield f"  a failed launch grounds the vehicle for {launch['stand_down_mean_days']:.0f} days on average"


def _deployment(deployment: Facts) -> Iterator[str]:
    if deployment["kind"] == "in_place":
        how = "complete and new on the first day"
    else:
        first, last = deployment["first_launch_day"], deployment["last_launch_day"]
        how = f"launched on day {first:g}" if first == last else f"launched from day {first:g} to day {last:g}"
    spares = f" ({many(deployment['spares'], 'spare')} among them)" if deployment["spares"] else ""
    yield (
        f"  {how}: {many(deployment['satellites'], 'satellite')}{spares}, {deployment['mass_t']:,.1f} t, "
        f"{many(deployment['flights'], 'flight')}"
    )
    yield (
        f"  cost {money(deployment['total_usd'])}: buses {money(deployment['buses_usd'])}, "
        f"GPUs {money(deployment['gpus_usd'])}, launches {money(deployment['launches_usd'])}"
    )
    yield f"  operations {money(deployment['operations_usd_per_year'])} a year"


def _strategies(f: Facts) -> Iterator[str]:
    for name, strategy in f["strategies"].items():
        values = ", ".join(f"{key} {_plain(value)}" for key, value in strategy["parameters"].items())
        yield f"  {'*' if name == f['strategy'] else ' '} {name}: {values or 'no parameters'}"
        if strategy["problem"]:
            yield from wrapped(f"cannot be chosen here: {strategy['problem']}", "      ")
    yield "  * runs unless another is named"


def _notes(notes: str) -> Iterator[str]:
    for paragraph in notes.strip().split("\n\n"):
        yield from wrapped(paragraph, "  ")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
