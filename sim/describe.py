"""What a scenario means, before anything runs: in numbers (`facts`) and in words (`describe`)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Any

import numpy as np

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.environment import Environment, Plane
from sim.errors import ScenarioError
from sim.launch import DelayLaw
from sim.reliability import Law, Life, mean_life_days
from sim.scenario import Scenario, sha256_of
from sim.strategies import BUILT_IN, Strategy
from sim.workloads import TrainingJob

Facts = dict[str, Any]

SHOWN_PLANES = 6
"""Planes of a shell that the text lists; `facts` has them all."""

EFFECTS = {
    "ride_through": "eclipse does not touch capacity: the battery is assumed to carry the load",
    "pause": "GPUs stop from entry into the shadow to exit, after a planned checkpoint",
}


def facts(scenario: Scenario) -> Facts:
    """The numbers behind `describe`: finite, or None where there is none."""
    environment = Environment.build(scenario)
    mission = scenario.mission
    chosen = scenario.strategy_named(scenario.strategy)
    return {
        "name": scenario.name,
        "description": scenario.description,
        "notes": scenario.notes,
        "sha256": sha256_of(scenario),
        "mission": {
            "start": mission.start.isoformat(),
            "end": (mission.start + datetime.timedelta(days=mission.days)).isoformat(),
            "years": mission.years,
        },
        "fleet": _fleet(scenario, environment),
        "planes": [_plane(scenario, environment, plane) for plane in environment.planes],
        "eclipse_policy": scenario.power.eclipse_policy,
        "eclipse_effect": EFFECTS[scenario.power.eclipse_policy],
        "failures": _failures(scenario, environment.slots),
        "jobs": [_job(scenario, job) for job in scenario.workload.jobs],
        "launch": _launch(scenario, environment.slots),
        "deployment": _deployment(scenario, environment, chosen),
        "sla_capacity_fraction": scenario.service.sla_capacity_fraction,
        "strategy": scenario.strategy,
        "strategies": {name: _strategy(scenario, name) for name in {**BUILT_IN, **scenario.strategies}},
        "warnings": list(_warnings(scenario, environment)),
    }


def describe(scenario: Scenario) -> str:
    """What the scenario means, as plain text for a reader who has not seen its file."""
    return "\n".join(_lines(facts(scenario))) + "\n"


# Numbers


def _fleet(scenario: Scenario, environment: Environment) -> Facts:
    satellite, slots = scenario.satellite, environment.slots
    return {
        "planes": len(environment.planes),
        "satellites": slots,
        "spare_berths_per_plane": scenario.constellation.spare_berths_per_plane,
        "gpus_per_satellite": satellite.gpus,
        "gpus": slots * satellite.gpus,
        "power_kw": slots * satellite.power_kw,
        "mass_t": slots * satellite.mass_kg / 1000,
        "satellite_mass_kg": satellite.mass_kg,
        "satellite_power_kw": satellite.power_kw,
        "kw_per_tonne": 1000 * satellite.power_kw / satellite.mass_kg,
        "kw_per_gpu": satellite.power_kw / satellite.gpus,
        "design_life_years": satellite.design_life_years,
    }


def _plane(scenario: Scenario, environment: Environment, plane: Plane) -> Facts:
    sunlit, eclipse_min = environment.sunlit[plane.id], environment.eclipse_minutes[plane.id]
    dark = eclipse_min > 0
    # The first season that begins inside the mission; none where eclipse never stops, or never comes.
    begins = np.flatnonzero(dark[1:] & ~dark[:-1]) + 1
    ends = np.flatnonzero(~dark[1:] & dark[:-1])
    after = ends[ends >= begins[0]] if len(begins) else ends
    season = [int(begins[0]), int(after[0])] if len(begins) and len(after) else None
    return {
        "name": plane.name,
        "shell": plane.shell,
        "formation": "cluster" if plane.colocated else "spaced",
        "satellites": plane.slots,
        "altitude_km": plane.altitude_km,
        "inclination_deg": plane.inclination_deg,
        "raan_deg": plane.raan_deg,
        "ltan_h": plane.ltan_h,
        "period_min": plane.period_min,
        "sunlit_mean": float(sunlit.mean()),
        "sunlit_min": float(sunlit.min()),
        "eclipse_days_per_year": float(dark.mean() * DAYS_PER_YEAR),
        "longest_eclipse_min": float(eclipse_min.max()),
        "first_season": season
        and [(scenario.mission.start + datetime.timedelta(days=day)).isoformat() for day in season],
    }


def _failures(scenario: Scenario, slots: int) -> Facts:
    reliability, life_days = scenario.reliability, scenario.satellite.design_life_years * DAYS_PER_YEAR

    def unit(law: Law, units: int) -> Facts:
        ages = np.array([1.0, 5.0]) * DAYS_PER_YEAR
        first, fifth = np.exp(-Life.born(0.0).hazard_until(law, ages)).tolist()
        forever = float(law.inverse(40.0))  # where a share of e^-40 is left
        mttf_years = float(mean_life_days(law, 0.0, forever)) / DAYS_PER_YEAR if math.isfinite(forever) else None
        return {
            "law": getattr(law, "kind", type(law).__name__),
            "units": units,
            "mttf_years": mttf_years,
            "survival_1_year": first,
            "survival_5_years": fifth,
            "failures_per_year": units * law.mean_rate_per_day(life_days) * DAYS_PER_YEAR,
        }

    return {
        "gpu": unit(reliability.gpu, slots * scenario.satellite.gpus),
        "bus": unit(reliability.bus, slots),
        "dormancy_factor": reliability.dormancy_factor,
    }


def _job(scenario: Scenario, job: TrainingJob) -> Facts:
    mtbf_days = scenario.gang_mtbf_days(job)
    rhythm = job.rhythm(mtbf_days)
    useful = rhythm.interval / (rhythm.interval + rhythm.write)
    if math.isfinite(mtbf_days):
        # Daly 2006, doi 10.1016/j.future.2004.11.016: the expected time that one interval of work takes.
        rate, segment = 1 / mtbf_days, rhythm.interval + rhythm.write
        growth = math.expm1(segment * rate) if segment * rate < 700 else math.inf
        useful = rhythm.interval * rate / (math.exp(min(700.0, rhythm.restart * rate)) * growth)
    return {
        "name": job.name,
        "count": job.count,
        "gpus": job.gpus,
        "satellites": math.ceil(job.gpus / scenario.satellite.gpus),
        "work_gpu_hours": job.work_gpu_hours,
        "arrival_day": job.arrival_day,
        "mtbf_days": mtbf_days if math.isfinite(mtbf_days) else None,
        "checkpoint_interval_min": rhythm.interval * MINUTES_PER_DAY,
        "checkpoint_interval_is_optimum": job.checkpoint_interval_min == "optimum",
        "checkpoint_write_min": job.checkpoint_write_min,
        "restart_min": job.restart_min,
        "useful_share": useful,
    }


def _launch(scenario: Scenario, slots: int) -> Facts:
    service, satellite = scenario.launch, scenario.satellite
    room = service.vehicle.satellites_per_flight(satellite.mass_kg)
    interval = service.opportunity_interval_days
    flights = DAYS_PER_YEAR / interval * service.flights_per_opportunity if interval else None
    lost = scenario.reliability.bus.mean_rate_per_day(satellite.design_life_years * DAYS_PER_YEAR) * DAYS_PER_YEAR
    return {
        "vehicle": service.vehicle.name,
        "capacity_kg": service.vehicle.capacity_kg,
        "satellites_per_flight": room,
        "flight_usd": service.vehicle.price.cost_usd(room * satellite.mass_kg),
        "usd_per_kg_full": service.vehicle.price.cost_usd(room * satellite.mass_kg) / (room * satellite.mass_kg),
        "success_probability": service.vehicle.success_probability,
        "stand_down_mean_days": service.stand_down.expected_days(),
        "opportunity_interval_days": interval,
        "flights_per_year_max": flights,
        "satellites_per_year_max": None if flights is None else flights * room,
        "satellites_lost_per_year": slots * lost,
        "satellites_expiring_per_year": slots / satellite.design_life_years,
        "lead_time_law": _delay(service.lead_time_days),
        "slip_law": _delay(service.slip_days),
        "transfer_days": service.transfer_days,
        "mean_order_to_work_days": service.expected_lead_days(),
    }


def _delay(law: DelayLaw) -> str:
    values = law.model_dump(exclude={"kind"})
    return f"{getattr(law, 'kind', '')} " + ", ".join(
        f"{key.replace('_', ' ')} {value:g}" for key, value in values.items()
    )


def _deployment(scenario: Scenario, environment: Environment, strategy: Strategy) -> Facts:
    satellite, price, money = scenario.satellite, scenario.launch.vehicle.price, scenario.economics
    room, spares = scenario.launch.vehicle.satellites_per_flight(satellite.mass_kg), strategy.initial_spares()
    # A flight serves one plane.
    loads = [
        min(room, plane.slots + spares - first)
        for plane in environment.planes
        for first in range(0, plane.slots + spares, room)
    ]
    satellites = sum(loads)
    launches_usd = sum(price.cost_usd(load * satellite.mass_kg) for load in loads)
    buses_usd, gpus_usd = satellites * money.bus_usd, satellites * satellite.gpus * money.gpu_usd
    ramp = scenario.deployment
    return {
        "kind": ramp.kind,
        "first_launch_day": ramp.first_launch_day if ramp.kind == "launched" else None,
        "last_launch_day": ramp.first_launch_day + (len(loads) - 1) * ramp.interval_days
        if ramp.kind == "launched"
        else None,
        "satellites": satellites,
        "spares": spares * len(environment.planes),
        "flights": len(loads),
        "mass_t": satellites * satellite.mass_kg / 1000,
        "buses_usd": buses_usd,
        "gpus_usd": gpus_usd,
        "launches_usd": launches_usd,
        "total_usd": buses_usd + gpus_usd + launches_usd,
        "operations_usd_per_year": money.operations_usd_per_year
        + environment.slots * money.operations_usd_per_satellite_year,
    }


def _strategy(scenario: Scenario, name: str) -> Facts:
    try:
        strategy, problem = scenario.strategy_named(name), None
    except ScenarioError as error:
        strategy, problem = scenario.strategies.get(name) or BUILT_IN[name](kind=name), error.faults[0].problem
    return {
        "description": (type(strategy).__doc__ or "").partition("\n")[0],
        "parameters": strategy.model_dump(mode="json", exclude={"kind"}),
        "problem": problem,
    }


def _warnings(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """What the scenario allows but its author may not have meant."""
    satellite, mission = scenario.satellite, scenario.mission
    slots = [plane.slots for plane in environment.planes]
    most = max(slots) * satellite.gpus
    for job in scenario.workload.jobs:
        what, mtbf_days = f"job {job.name!r}", scenario.gang_mtbf_days(job)
        rhythm = job.rhythm(mtbf_days)
        if job.gpus > most:
            yield f"{what} needs {job.gpus:,} GPUs in one plane and the largest has {most:,}: it never runs"
        if rhythm.interval > mtbf_days:
            yield (
                f"{what} writes a checkpoint every {_span(rhythm.interval)} but fails every {_span(mtbf_days)}: "
                "it makes little headway"
            )
        if rhythm.restart > mtbf_days:
            yield f"{what} restarts for {_span(rhythm.restart)} but fails every {_span(mtbf_days)}"
        if job.arrival_day >= mission.days:
            yield f"{what} arrives on day {job.arrival_day:g}, after the mission's end"
        if environment.pauses:
            yield from _pause_warnings(scenario, environment, job)
    asked = sum(job.count * job.gpus for job in scenario.workload.jobs if job.work_gpu_hours is None)
    if asked > sum(slots) * satellite.gpus:
        yield f"jobs without end ask for {asked:,} GPUs of {sum(slots) * satellite.gpus:,}: some wait for ever"
    supply, launch = scenario.launch, _launch(scenario, sum(slots))
    demand = launch["satellites_lost_per_year"] + launch["satellites_expiring_per_year"]
    if launch["satellites_per_year_max"] is not None and launch["satellites_per_year_max"] < demand:
        yield (
            f"launches bring at most {launch['satellites_per_year_max']:,.3g} satellites a year, "
            f"failure and design life take {demand:,.3g}"
        )
    if supply.expected_lead_days() > mission.days:
        yield "an order takes longer than the mission: no replacement arrives"
    if satellite.design_life_years < mission.years:
        yield f"the first satellites reach their design life after {satellite.design_life_years:g} of {mission.years:g} years"
    for name in scenario.strategies:
        problem = _strategy(scenario, name)["problem"]
        if problem:
            yield f"strategy {name} cannot be chosen: it {problem}"


def _pause_warnings(scenario: Scenario, environment: Environment, job: TrainingJob) -> Iterator[str]:
    spread = any(not plane.colocated for plane in environment.planes)
    satellites = math.ceil(job.gpus / scenario.satellite.gpus)
    if spread and satellites > 1 and bool(np.any(environment.sunlit < 1)):
        yield (
            f"job {job.name!r} spans {satellites} satellites spread around the orbit and computes only while all are "
            "in light"
        )
    light_min = (
        min(
            float((plane.period_min - dark[dark > 0]).min())
            for plane, dark in zip(environment.planes, environment.eclipse_minutes, strict=True)
            if np.any(dark > 0)
        )
        if bool(np.any(environment.sunlit < 1))
        else math.inf
    )
    overhead = job.restart_min + job.checkpoint_write_min
    if overhead > 0.1 * light_min:
        yield (
            f"job {job.name!r} spends {overhead:g} of the {light_min:.0f} minutes of light in an orbit on restarting "
            "and its planned checkpoint"
        )


# Words


def _lines(f: Facts) -> Iterator[str]:
    fleet, deployment = f["fleet"], f["deployment"]
    yield f"{f['name']}: {f['description']}" if f["description"] else f["name"]
    yield f"{f['mission']['start']} to {f['mission']['end']} ({f['mission']['years']:g} years), sha256 {f['sha256'][:8]}"
    yield from _section("Fleet")
    yield (
        f"  {_many(fleet['satellites'], 'satellite')} in {_many(fleet['planes'], 'plane')}, "
        f"{_many(fleet['spare_berths_per_plane'], 'spare berth')} in each plane"
    )
    yield f"  {fleet['gpus_per_satellite']:,} GPUs a satellite, {fleet['gpus']:,} in all: the nameplate capacity"
    yield (
        f"  one satellite: {fleet['satellite_mass_kg']:,g} kg, {fleet['satellite_power_kw']:g} kW "
        f"({fleet['kw_per_tonne']:.1f} kW/t), design life {fleet['design_life_years']:g} years"
    )
    yield f"  together {fleet['mass_t']:,.1f} t and {fleet['power_kw'] / 1000:,.3g} MW"
    yield from _section("Orbit and light")
    for _, planes in groupby(f["planes"], key=lambda plane: plane["shell"]):
        yield from _shell(list(planes))
    yield f"  policy {f['eclipse_policy']}: {f['eclipse_effect']}"
    yield from _section("Failure")
    for name in ("gpu", "bus"):
        yield from _unit(name.upper() if name == "gpu" else "bus", f["failures"][name])
    yield f"  GPUs of a stored spare age at {f['failures']['dormancy_factor']:g} of the pace"
    yield from _section("Jobs")
    for job in f["jobs"]:
        yield from _job_lines(job)
    if not f["jobs"]:
        yield "  none: no work is counted"
    yield f"  service promised: {f['sla_capacity_fraction']:.0%} of the nameplate capacity online"
    yield from _section("Launch")
    yield from _launch_lines(f["launch"])
    yield from _section("Initial fleet")
    how = (
        "stands complete and new on the first day"
        if deployment["kind"] == "in_place"
        else (f"is launched from day {deployment['first_launch_day']:g} to day {deployment['last_launch_day']:g}")
    )
    spares = f" with {_many(deployment['spares'], 'spare')}" if deployment["spares"] else ""
    yield (
        f"  {how}: {_many(deployment['satellites'], 'satellite')}{spares}, {deployment['mass_t']:,.1f} t, "
        f"{_many(deployment['flights'], 'flight')}"
    )
    yield (
        f"  cost {_money(deployment['total_usd'])}: buses {_money(deployment['buses_usd'])}, "
        f"GPUs {_money(deployment['gpus_usd'])}, launches {_money(deployment['launches_usd'])}"
    )
    yield f"  operations {_money(deployment['operations_usd_per_year'])} a year"
    yield from _section("Strategies")
    for name, strategy in f["strategies"].items():
        parameters = ", ".join(f"{key} {value}" for key, value in strategy["parameters"].items())
        yield f"  {'*' if name == f['strategy'] else ' '} {name}: {parameters or 'no parameters'}"
        if strategy["problem"]:
            yield f"      cannot be chosen here: {strategy['problem']}"
    yield "  * runs unless another is named"
    if f["notes"]:
        yield from _section("Notes")
        for paragraph in f["notes"].splitlines():
            yield from wrap(paragraph, 116, initial_indent="  ", subsequent_indent="  ")
    if f["warnings"]:
        yield from _section("Warnings")
        for warning in f["warnings"]:
            yield from wrap(warning, 116, initial_indent="  ! ", subsequent_indent="    ")


def _section(title: str) -> list[str]:
    return ["", title]


def _shell(planes: list[Facts]) -> Iterator[str]:
    first = planes[0]
    formation = "in one tight cluster" if first["formation"] == "cluster" else "spread around the orbit"
    yield (
        f"  shell {first['shell']}: {_many(len(planes), 'plane')} of {_many(first['satellites'], 'satellite')} "
        f"{formation}, {first['altitude_km']:,.0f} km, {first['inclination_deg']:.2f} deg, "
        f"an orbit in {first['period_min']:.1f} min"
    )
    for plane in planes[:SHOWN_PLANES]:
        node = f"RAAN {plane['raan_deg']:.1f} deg" if plane["ltan_h"] is None else f"LTAN {_clock(plane['ltan_h'])}"
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
        yield f"    and {len(planes) - SHOWN_PLANES} more; all sunlit {min(sunlit):.1%} to {max(sunlit):.1%} of the time"


def _unit(name: str, unit: Facts) -> Iterator[str]:
    mttf = "none: it need not fail" if unit["mttf_years"] is None else f"{unit['mttf_years']:,.1f} years"
    yield (
        f"  {name} ({unit['law']}): mean time to failure {mttf}; "
        f"alive after 1 year {unit['survival_1_year']:.1%}, after 5 years {unit['survival_5_years']:.1%}"
    )
    yield f"    {unit['failures_per_year']:,.3g} failures a year among {unit['units']:,}, over the design life"


def _job_lines(job: Facts) -> Iterator[str]:
    work = "without end" if job["work_gpu_hours"] is None else f"of {job['work_gpu_hours']:,.4g} GPU-hours"
    yield (
        f"  {job['count']:,} x {job['name']} {work} on {_many(job['gpus'], 'GPU')} "
        f"({_many(job['satellites'], 'satellite')} or more)"
    )
    often = "never fails" if job["mtbf_days"] is None else f"a failure every {_span(job['mtbf_days'])}"
    chosen = "the optimum" if job["checkpoint_interval_is_optimum"] else "as given"
    yield (
        f"    {often}; checkpoint every {_span(job['checkpoint_interval_min'] / MINUTES_PER_DAY)} ({chosen}), "
        f"{job['useful_share']:.1%} of its running time is useful"
    )


def _launch_lines(launch: Facts) -> Iterator[str]:
    yield (
        f"  {launch['vehicle']}: {_many(launch['satellites_per_flight'], 'satellite')} a flight, {_money(launch['flight_usd'])} "
        f"full (${launch['usd_per_kg_full']:,.0f}/kg), success {launch['success_probability']:.2%}"
    )
    if launch["flights_per_year_max"] is None:
        yield "  launches on demand"
    else:
        yield (
            f"  a date every {launch['opportunity_interval_days']:g} days: at most {launch['flights_per_year_max']:.1f} "
            f"launches and {launch['satellites_per_year_max']:,.0f} satellites a year"
        )
    yield (
        f"  needed: {launch['satellites_lost_per_year']:,.3g} satellites a year lost to failure, and "
        f"{launch['satellites_expiring_per_year']:,.3g} at the end of their design life"
    )
    yield (
        f"  from order to work {launch['mean_order_to_work_days']:.0f} days on average: lead time "
        f"{launch['lead_time_law']}; slip {launch['slip_law']}; transfer {launch['transfer_days']:g} days"
    )
    yield f"  a failed launch grounds the vehicle for {launch['stand_down_mean_days']:.0f} days on average"


def _many(n: int, noun: str) -> str:
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def _clock(hours: float) -> str:
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _span(days: float) -> str:
    """A length of time in the unit that suits it."""
    if days < 1 / 12:
        return f"{days * MINUTES_PER_DAY:.3g} min"
    if days < 2:
        return f"{days * 24:.3g} h"
    return f"{days:,.3g} days" if days < 2 * DAYS_PER_YEAR else f"{days / DAYS_PER_YEAR:,.3g} years"


def _money(usd: float) -> str:
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if usd >= size:
            return f"${usd / size:,.3g}{unit}"
    return f"${usd:,.0f}"
