"""The words that say what a scenario means."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sim.constants import MINUTES_PER_DAY
from sim.describe.numbers import facts
from sim.describe.satellite_words import orbit_keeping, power_and_heat
from sim.describe.wording import Facts, clock, many, money, span, wrapped
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
    for name, unit in (("GPU", failures["gpu"]), ("bus", failures["bus"])):
        mttf = "none: it need not fail" if unit["mttf_years"] is None else f"{unit['mttf_years']:,.1f} years"
        yield (
            f"  {name} ({unit['law']}): mean time to failure {mttf}; "
            f"alive after 1 year {unit['survival_1_year']:.1%}, after 5 years {unit['survival_5_years']:.1%}"
        )
        yield f"    {unit['failures_per_year']:,.3g} failures a year among {unit['units']:,}, over the design life"
    yield f"  the GPUs of a stored spare age at {failures['dormancy_factor']:g} of the pace"


def _jobs(f: Facts) -> Iterator[str]:
    for job in f["jobs"]:
        work = "without end" if job["work_gpu_hours"] is None else f"of {job['work_gpu_hours']:,.4g} GPU-hours"
        yield (
            f"  {job['count']:,} x {job['name']} {work} on {many(job['gpus'], 'GPU')} "
            f"({many(job['satellites'], 'satellite')} or more)"
        )
        often = "never fails" if job["mtbf_days"] is None else f"a failure every {span(job['mtbf_days'])}"
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
