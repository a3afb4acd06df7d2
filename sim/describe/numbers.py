"""The numbers that say what a scenario means."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.describe.wording import span
from sim.environment import Environment, Plane
from sim.errors import ScenarioError
from sim.launch import ConstantDelay, DelayLaw, ExponentialDelay, LognormalDelay, UniformDelay
from sim.reliability import Law, Life, mean_life_days
from sim.scenario import Scenario, sha256_of
from sim.strategies import BUILT_IN, Strategy
from sim.workloads import TrainingJob

Facts = dict[str, Any]

EFFECTS = {
    "ride_through": "eclipse does not touch capacity: the battery is assumed to carry the load",
    "pause": "GPUs stop from entry into the shadow to exit, after a planned checkpoint",
}
"""What each eclipse policy means."""


def facts(scenario: Scenario) -> Facts:
    """The numbers behind `describe`: finite, or None where there is none."""
    environment = Environment.build(scenario)
    mission = scenario.mission
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
        "deployment": _deployment(scenario, environment),
        "sla_capacity_fraction": scenario.service.sla_capacity_fraction,
        "strategy": scenario.strategy,
        "strategies": {name: _strategy(scenario, name) for name in {**BUILT_IN, **scenario.strategies}},
        "warnings": list(_warnings(scenario, environment)),
    }


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
    later = ends[ends >= begins[0]] if len(begins) else ends
    start = scenario.mission.start
    season = [int(begins[0]), int(later[0])] if len(begins) and len(later) else []
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
        "first_season": [(start + datetime.timedelta(days=day)).isoformat() for day in season] or None,
    }


def _failures(scenario: Scenario, slots: int) -> Facts:
    life_days = scenario.satellite.design_life_years * DAYS_PER_YEAR

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
        "gpu": unit(scenario.reliability.gpu, slots * scenario.satellite.gpus),
        "bus": unit(scenario.reliability.bus, slots),
        "dormancy_factor": scenario.reliability.dormancy_factor,
    }


def _job(scenario: Scenario, job: TrainingJob) -> Facts:
    mtbf_days = scenario.gang_mtbf_days(job)
    rhythm = job.rhythm(mtbf_days)
    segment = rhythm.interval + rhythm.write
    # Daly 2006, doi 10.1016/j.future.2004.11.016: the expected time that one interval of work takes.
    losses = (rhythm.restart + segment) / mtbf_days
    if losses < 1e-9:
        useful = rhythm.interval / segment
    elif losses > 700:
        useful = 0.0
    else:
        useful = rhythm.interval / mtbf_days / (math.exp(rhythm.restart / mtbf_days) * math.expm1(segment / mtbf_days))
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
    full_kg = room * satellite.mass_kg
    interval = service.opportunity_interval_days
    flights = DAYS_PER_YEAR / interval * service.flights_per_opportunity if interval else None
    lost = scenario.reliability.bus.mean_rate_per_day(satellite.design_life_years * DAYS_PER_YEAR) * DAYS_PER_YEAR
    return {
        "vehicle": service.vehicle.name,
        "capacity_kg": service.vehicle.capacity_kg,
        "satellites_per_flight": room,
        "flight_usd": service.vehicle.price.cost_usd(full_kg),
        "usd_per_kg_full": service.vehicle.price.cost_usd(full_kg) / full_kg,
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
    """A law of delays in words."""
    match law:
        case ConstantDelay():
            return f"{law.days:g} days"
        case ExponentialDelay():
            least = f"{law.minimum_days:g} days, then " if law.minimum_days else ""
            return f"{least}exponential with mean {law.mean_days:g} days"
        case UniformDelay():
            return f"{law.low_days:g} to {law.high_days:g} days"
        case LognormalDelay():
            return f"log-normal with median {law.median_days:g} days"
    return f"{law.expected_days():g} days on average"


def _deployment(scenario: Scenario, environment: Environment) -> Facts:
    satellite, price, prices = scenario.satellite, scenario.launch.vehicle.price, scenario.economics
    spares = scenario.strategy_named(scenario.strategy).initial_spares()
    room = scenario.launch.vehicle.satellites_per_flight(satellite.mass_kg)
    # A flight serves one plane.
    loads = [
        min(room, plane.slots + spares - first)
        for plane in environment.planes
        for first in range(0, plane.slots + spares, room)
    ]
    satellites = sum(loads)
    launches_usd = sum(price.cost_usd(load * satellite.mass_kg) for load in loads)
    buses_usd, gpus_usd = satellites * prices.bus_usd, satellites * satellite.gpus * prices.gpu_usd
    ramp = scenario.deployment
    first_day = ramp.first_launch_day if ramp.kind == "launched" else None
    last_day = ramp.first_launch_day + (len(loads) - 1) * ramp.interval_days if ramp.kind == "launched" else None
    return {
        "kind": ramp.kind,
        "first_launch_day": first_day,
        "last_launch_day": last_day,
        "satellites": satellites,
        "spares": spares * len(environment.planes),
        "flights": len(loads),
        "mass_t": satellites * satellite.mass_kg / 1000,
        "buses_usd": buses_usd,
        "gpus_usd": gpus_usd,
        "launches_usd": launches_usd,
        "total_usd": buses_usd + gpus_usd + launches_usd,
        "operations_usd_per_year": prices.operations_usd_per_year
        + environment.slots * prices.operations_usd_per_satellite_year,
    }


def _strategy(scenario: Scenario, name: str) -> Facts:
    strategy: Strategy
    try:
        strategy, problem = scenario.strategy_named(name), None
    except ScenarioError as error:
        strategy, problem = scenario.strategies.get(name) or BUILT_IN[name](kind=name), error.faults[0].problem
    return {
        "description": (type(strategy).__doc__ or "").strip().partition("\n")[0],
        "parameters": strategy.model_dump(mode="json", exclude={"kind"}),
        "problem": problem,
    }


def _warnings(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """What the scenario allows but its author may not have meant."""
    satellite, mission, service = scenario.satellite, scenario.mission, scenario.launch
    all_gpus = environment.slots * satellite.gpus
    for job in scenario.workload.jobs:
        yield from _job_warnings(scenario, environment, job)
    asked = sum(job.count * job.gpus for job in scenario.workload.jobs if job.work_gpu_hours is None)
    if asked > all_gpus:
        yield f"jobs without end ask for {asked:,} GPUs of {all_gpus:,}: some wait for ever"
    launch = _launch(scenario, environment.slots)
    supply = launch["satellites_per_year_max"]
    demand = launch["satellites_lost_per_year"] + launch["satellites_expiring_per_year"]
    if supply is not None and supply < demand:
        yield f"launches bring at most {supply:,.3g} satellites a year; failure and design life take {demand:,.3g}"
    if service.expected_lead_days() > mission.days:
        yield "an order takes longer than the mission: no replacement arrives"
    if satellite.design_life_years < mission.years:
        life = f"{satellite.design_life_years:g} of {mission.years:g} years"
        yield f"the first satellites reach their design life after {life}"
    last_day = _deployment(scenario, environment)["last_launch_day"]
    if last_day is not None and last_day > mission.days:
        yield f"the initial fleet's last flight is planned for day {last_day:g}, after the mission's end"
    for name in scenario.strategies:
        problem = _strategy(scenario, name)["problem"]
        if problem:
            yield f"strategy {name} cannot be chosen: it {problem}"


def _job_warnings(scenario: Scenario, environment: Environment, job: TrainingJob) -> Iterator[str]:
    what, mtbf_days = f"job {job.name!r}", scenario.gang_mtbf_days(job)
    most = max(plane.slots for plane in environment.planes) * scenario.satellite.gpus
    rhythm = job.rhythm(mtbf_days)
    if job.gpus > most:
        yield f"{what} needs {job.gpus:,} GPUs in one plane and the largest has {most:,}: it never runs"
    if rhythm.interval > mtbf_days:
        yield (
            f"{what} writes a checkpoint every {span(rhythm.interval)} but fails every {span(mtbf_days)}: "
            "it makes little headway"
        )
    if rhythm.restart > mtbf_days:
        yield f"{what} takes {span(rhythm.restart)} to restart but fails every {span(mtbf_days)}"
    if job.arrival_day >= scenario.mission.days:
        yield f"{what} arrives on day {job.arrival_day:g}, after the mission's end"
    lit_min = [
        float((plane.period_min - dark[dark > 0]).min())
        for plane, dark in zip(environment.planes, environment.eclipse_minutes, strict=True)
        if np.any(dark > 0)
    ]
    if not environment.pauses or not lit_min:
        return
    satellites = math.ceil(job.gpus / scenario.satellite.gpus)
    if satellites > 1 and not all(plane.colocated for plane in environment.planes):
        yield (
            f"{what} spans {satellites} satellites spread around the orbit, and in the eclipse season computes only "
            "while all of them are in light"
        )
    overhead_min = job.restart_min + job.checkpoint_write_min
    if overhead_min > 0.1 * min(lit_min):
        yield (
            f"{what} spends {overhead_min:g} of at least {min(lit_min):.0f} min of light in an orbit on restarting and "
            "its planned checkpoint"
        )
