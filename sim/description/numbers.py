"""The numbers that say what a scenario means."""

from __future__ import annotations

import datetime
import math

import numpy as np

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY, SECONDS_PER_DAY
from sim.description.campus import campus_facts
from sim.description.cross_plane import cross_plane_facts
from sim.description.format import Facts
from sim.description.inference import ground_facts, service_facts
from sim.description.launch import launch_facts
from sim.description.parts import design_facts
from sim.description.radiation import ageing_rate, dose_facts, late_loss_share, most_exposed_plane, radiation_facts
from sim.description.satellite import satellite_facts
from sim.description.servicing import servicing_facts
from sim.description.sky import sky_facts
from sim.description.spares import spares_facts
from sim.description.warnings import warnings
from sim.economics import bills_of
from sim.engine.hopeless import check_jobs
from sim.environment import Environment, Plane
from sim.errors import ScenarioError
from sim.launch import Purchase
from sim.physics.link import transfer_time_s
from sim.reliability import Law, Life, mean_life_days
from sim.scenario import Scenario, sha256_of, sources, tally
from sim.scenario.failure import Group
from sim.strategies import BUILT_IN, Strategy, strategy_class
from sim.workloads import TrainingJob
from sim.workloads.replicas import recovery_probability

EFFECTS = {
    "ride_through": "GPUs run in eclipse on battery power, and slow down if the battery is too small",
    "throttle": "GPUs run at their lowest frequency in eclipse, on battery power, and at full speed in sunlight",
    "pause": "GPUs stop from eclipse entry to exit, after a planned checkpoint; the battery supplies the bus only",
    "migrate": "work moves to sunlit satellites; satellites in eclipse compute nothing until they are sunlit again",
}
"""What each eclipse policy does."""


def facts(scenario: Scenario, environment: Environment | None = None) -> Facts:
    """The numbers behind `describe`; None where there is none, infinite where no size is enough.

    `environment`: the scenario's, where it is built already.  Raises `ScenarioError` for jobs that cannot get on.
    """
    environment = environment or Environment.build(scenario)
    check_jobs(environment)
    if environment.hall is not None:
        return campus_facts(environment, environment.hall)
    mission = scenario.mission
    found = {
        "name": scenario.name,
        "description": scenario.description,
        "notes": scenario.notes,
        "sha256": sha256_of(scenario),
        "sources": tally(sources(scenario)),
        "mission": {
            "start": mission.start.isoformat(),
            "end": (mission.start + datetime.timedelta(days=mission.days)).isoformat(),
            "years": mission.years,
            "warm_up_years": mission.warm_up_years,
            "wind_down_years": mission.wind_down_years,
        },
        "fleet": _fleet(scenario, environment),
        "planes": [_plane(scenario, environment, plane) for plane in environment.planes],
        "satellite": satellite_facts(scenario, environment),
        "designs": design_facts(scenario, environment),
        "sky": sky_facts(scenario, environment),
        "eclipse_policy": scenario.power.eclipse_policy,
        "eclipse_effect": EFFECTS[scenario.power.eclipse_policy],
        "failures": _failures(scenario, environment),
        "radiation": _radiation(scenario, environment),
        "jobs": [
            _job(scenario, environment, job, count)
            for job, count in zip(scenario.workload.jobs, environment.job_counts, strict=True)
        ],
        "cross_plane": cross_plane_facts(environment),
        "inference": service_facts(scenario, environment),
        "ground": ground_facts(scenario, environment),
        "launch": launch_facts(scenario, environment),
        "deployment": _deployment(scenario, environment),
        "servicing": servicing_facts(scenario, environment),
        "sla_capacity_fraction": scenario.service.sla_capacity_fraction,
        "strategy": scenario.strategy,
        "strategies": {
            name: _strategy(scenario, name)
            for name in dict.fromkeys((*BUILT_IN, *scenario.strategies, scenario.strategy))
        },
    }
    return found | {"warnings": list(warnings(scenario, environment, found))}


def _fleet(scenario: Scenario, environment: Environment) -> Facts:
    satellite, slots, mass_kg = scenario.satellite, environment.slots, environment.designs[0].mass_kg
    power_kw = satellite.full_load_w / 1000
    return {
        "planes": len(environment.shell_planes),
        "parking": _parking(environment),
        "satellites": slots,
        "spare_berths_per_plane": scenario.constellation.spare_berths_per_plane,
        "spares": spares_facts(scenario, environment),
        "gpus_per_satellite": satellite.gpus,
        "gpus": slots * satellite.gpus,
        "power_kw": slots * power_kw,
        "mass_t": slots * mass_kg / 1000,
        "satellite_mass_kg": mass_kg,
        "satellite_power_kw": power_kw,
        "kw_per_tonne": 1000 * power_kw / mass_kg,
        "kw_per_gpu": power_kw / satellite.gpus,
        "design_life_years": satellite.design_life_years,
        "later_designs": _later(scenario, environment),
    }


def _parking(environment: Environment) -> list[Facts]:
    """The parking orbits, by entry of `constellation.parking`."""
    ways, found = environment.designs[0].transfers, []
    for number, park in enumerate(environment.scenario.constellation.parking):
        row = next(i for i, plane in enumerate(ways.parking.tolist()) if environment.planes[plane].parking == number)
        served = next(plane.id for plane in environment.shell_planes if plane.shell == park.shell)
        drift = float(np.degrees(ways.relative_rate_rad_per_day[row, served]))
        found.append(
            {
                **park.model_dump(mode="json"),
                "drift_deg_per_day": drift,
                "days_between_alignments": 360 / park.planes / abs(drift),
                "climb_days": float(ways.climb_days[row, served]),
                "delta_v_m_s": float(ways.delta_v_m_s[row, served]),
                "propellant_kg": environment.designs[0].transfer_propellant_kg(int(ways.parking[row]), served),
            }
        )
    return found


def _later(scenario: Scenario, environment: Environment) -> Facts:
    """Further kinds of satellite that strategies may order, by name."""
    bills = bills_of(scenario, environment.parts)[1:]
    return {
        name: {
            "available_from_day": design.available_from_day,
            "gpus": design.gpus,
            "mass_kg": bill.mass_kg,
            "power_kw": design.full_load_w / 1000,
            "usd": bill.usd,
        }
        for (name, design), bill in zip(scenario.designs.items(), bills, strict=True)
    }


def _plane(scenario: Scenario, environment: Environment, plane: Plane) -> Facts:
    fine = environment.designs[0].light.fine
    sunlit, eclipse_min = fine.sunlit[plane.id], fine.dark_of(plane.id) * fine.period_s[plane.id] / 60
    dark = eclipse_min > 0
    # The first season that begins inside the mission; none where eclipse never stops, or never comes.
    begins = np.flatnonzero(dark[1:] & ~dark[:-1]) + 1
    ends = np.flatnonzero(~dark[1:] & dark[:-1])
    later = ends[ends >= begins[0]] if len(begins) else ends
    start = scenario.mission.start
    season = fine.days[[begins[0], later[0]]].tolist() if len(begins) and len(later) else []
    return {
        "name": plane.name,
        "shell": plane.shell,
        "parking": plane.parking,
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


def _failures(scenario: Scenario, environment: Environment) -> Facts:
    satellite, reliability, slots = scenario.satellite, scenario.reliability, environment.slots
    life_days = satellite.design_life_years * DAYS_PER_YEAR

    def unit(law: Law, units: int, burn_in_days: float = 0.0) -> Facts:
        ages = np.array([1.0, 5.0]) * DAYS_PER_YEAR
        flown = law.after_burn_in(burn_in_days)
        first, fifth = np.exp(-Life.born(0.0).hazard_until(flown, ages)).tolist()
        forever = float(flown.inverse(40.0))  # where a share of e^-40 is left
        mttf_years = None
        if math.isfinite(forever):
            mttf_years = float(mean_life_days(flown, 0.0, forever)) / DAYS_PER_YEAR
        return {
            "law": getattr(law, "kind", type(law).__name__),
            "units": units,
            "mttf_years": mttf_years,
            "survival_1_year": first,
            "survival_5_years": fifth,
            "failures_per_year": units * flown.mean_rate_per_day(life_days) * DAYS_PER_YEAR,
            "burn_in_days": burn_in_days,
            "lost_in_burn_in": float(-np.expm1(-law.cumulative_hazard(burn_in_days))),
        }

    def group(one: Group) -> Facts:
        spans = 1 if one.gpus == "all" else math.ceil(satellite.positions / one.gpus)
        carried = {"units_per_group": one.units, "needed": one.needed, "gpus": one.gpus, "standby": one.standby}
        common = {"common_cause_fraction": one.common_cause_fraction}
        return unit(one.law, slots * spans * one.units, one.burn_in_days) | carried | common

    worst = max(environment.shell_planes, key=lambda plane: environment.keeping.punctures_per_year[plane.id])
    return {
        "gpu": unit(reliability.gpu, slots * satellite.gpus, reliability.gpu_burn_in_days),
        "bus": unit(reliability.bus, slots),
        "groups": {name: group(one) for name, one in reliability.groups.items()},
        "common_causes": {name: one.model_dump(mode="json") for name, one in reliability.common_causes.items()},
        "resettable_fraction": reliability.resettable_fraction,
        "dormancy_factor": reliability.dormancy_factor,
        "electronics_pace": max(ageing_rate(environment, plane.id) for plane in environment.shell_planes),
        "reference_junction_c": reliability.stress.reference_junction_c,
        "loops": satellite.radiator.loops,
        "loops_per_gpu": satellite.radiator.loops_per_gpu,
        "punctures_per_satellite_year": float(environment.keeping.punctures_per_year[worst.id]),
        "stand_off_hours": reliability.stand_off_hours,
    }


def _radiation(scenario: Scenario, environment: Environment) -> Facts:
    """Radiation in the most exposed plane."""
    worst = most_exposed_plane(environment)
    doses = {
        round(dose_facts(environment, plane.id)["dose_rad_per_year"]["mean"], 1) for plane in environment.shell_planes
    }
    return {
        "plane": worst.name,
        "planes_alike": len(doses) == 1,
        **radiation_facts(environment, worst),
        "shield_mass_kg": environment.parts[0].mass_kg["shield"],
        "mitigations": list(scenario.radiation.mitigations),
    }


def _job(scenario: Scenario, environment: Environment, job: TrainingJob, count: int) -> Facts:
    mtbf_days = environment.gangs.mtbf_days(job)
    figures, (rhythm, useful) = environment.gangs.figures(job), environment.rhythms.over_the_mission(job)
    satellites, gangs = math.ceil(job.gpus / scenario.satellite.gpus), environment.gangs
    return {
        "name": job.name,
        "count": count,
        "fills_the_fleet": job.count == "fill",
        "gpus": job.gpus,
        "within": job.within,
        "satellites": satellites,
        "planes": gangs.places.planes_for(job.gpus),
        "communication_efficiency": gangs.communication_afresh(job),
        "model": _model(scenario, job),
        "computed": list(figures.computed),
        "gradient_gb": figures.gradient_gb,
        "step_compute_s": figures.step_compute_s,
        "checkpoint_gb": figures.checkpoint_gb,
        "checkpoint_to": job.checkpoint_to,
        "peer_replicas": job.peer_replicas if job.checkpoint_to == "peer" else None,
        "two_losses_survived": _two_losses_survived(job, satellites),
        "ground_checkpoint_h": job.ground_checkpoint_h,
        "checkpoint_to_ground_h": _to_ground_h(scenario, figures.checkpoint_gb, satellites),
        "load_s": figures.load_s,
        "load_away_s": figures.load_away_s,
        "work_gpu_hours": figures.work_gpu_hours,
        "arrival_day": job.arrival_day,
        "mtbf_days": mtbf_days if math.isfinite(mtbf_days) else None,
        "checkpoint_interval_min": rhythm.interval * MINUTES_PER_DAY,
        "checkpoint_interval_by": job.checkpoint_interval_min if isinstance(job.checkpoint_interval_min, str) else None,
        "checkpoint_block_s": job.checkpoint_block_s,
        "checkpoint_durable_s": figures.durable_s,
        "detection_s": job.detection_s,
        "restart_min": job.restart_min,
        "on_planned_removal": job.on_planned_removal,
        "hand_over_s": figures.hand_over_s,
        "hot_spares": job.hot_spares,
        "swap_s": job.swap_days * SECONDS_PER_DAY if job.hot_spares else None,
        "useful_share": useful,
        "interruptions_per_day": {
            scenario.cause_name(cause): rate for cause, rate in environment.gangs.per_day(0, job).items() if rate > 0
        },
        "late_loss_share": late_loss_share(environment, job),
    }


def _two_losses_survived(job: TrainingJob, satellites: int) -> float | None:
    """Probability that a gang's satellites still hold its state when two of them are lost at once."""
    if job.checkpoint_to == "ground":
        return 1.0
    if satellites < 2:
        return None
    return recovery_probability(satellites, job.peer_replicas if job.checkpoint_to == "peer" else 0, 2)


def _model(scenario: Scenario, job: TrainingJob) -> Facts | None:
    """What is trained, and how fast a GPU does it."""
    if job.model is None:
        return None
    model, peak = job.model, scenario.satellite.gpu.peak_pflops
    return {
        **model.model_dump(),
        "peak_pflops": peak,
        "state_gb": model.state_gb,
        "tokens_per_gpu_hour": model.tokens_per_gpu_hour(peak),
    }


def _to_ground_h(scenario: Scenario, checkpoint_gb: float, satellites: int) -> float:
    """Hours that a checkpoint takes to the ground if every satellite of the gang sends its part, always in contact."""
    links = scenario.satellite.links
    return float(transfer_time_s(checkpoint_gb * 1e9 / satellites, links.ground_rate_gb_s * 1e9)) / 3600


def _deployment(scenario: Scenario, environment: Environment) -> Facts:
    price, prices = scenario.launch.vehicle.price, scenario.economics
    bill = bills_of(scenario, environment.parts)[0]
    strategy = scenario.strategy_named(scenario.strategy)
    spares, parked = strategy.initial_spares(), strategy.initial_parking_spares()
    flights = environment.deployment_flights(spares, parked)
    loads = [len(flight.berths) for flight in flights]
    satellites = sum(loads)
    ramp = scenario.deployment
    # Failed flights are flown again, with new satellites.
    vehicle = scenario.launch.vehicle
    times = vehicle.flights_per_delivery
    if math.isinf(times) and vehicle.mean_success > 0:
        times = 1 / vehicle.mean_success  # of a vehicle that has never delivered: the mean has no bound
    mass_kg, days = np.array(loads) * bill.mass_kg, np.array([flight.day for flight in flights])
    bought = Purchase(
        day=days,
        year=scenario.mission.start_year + days / DAYS_PER_YEAR,
        flown_t=(np.cumsum(mass_kg) - mass_kg) / 1000,
        flown=np.arange(len(loads)),
    )
    launches_usd = times * float(price.cost_usd(mass_kg, np.array(loads), bought).sum())
    buses_usd, gpus_usd = times * satellites * bill.bus_usd, times * satellites * bill.gpus_usd
    launched = ramp.kind == "launched"
    complete_day = environment.deployment_flights(0)[-1].day + scenario.launch.transfer_days if launched else 0.0
    within = complete_day <= scenario.mission.days
    return {
        "kind": ramp.kind,
        "first_launch_day": flights[0].day if launched else None,
        "last_launch_day": flights[-1].day if launched else None,
        "complete_day": complete_day,
        "complete_date": (scenario.mission.start + datetime.timedelta(days=complete_day)).isoformat()
        if within
        else None,
        "satellites": satellites,
        "spares": satellites - environment.slots,
        "flights": len(loads),
        "flights_expected": times * len(loads),
        "mass_t": satellites * bill.mass_kg / 1000,
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
        strategy, problem = scenario.strategies.get(name) or strategy_class(name)(kind=name), error.faults[0].problem
    return {
        "description": (type(strategy).__doc__ or "").strip().partition("\n")[0],
        # With one design there is nothing to choose.
        "parameters": strategy.model_dump(
            mode="json", exclude={"kind"} | ({"design"} if not scenario.designs else set())
        ),
        "problem": problem,
        "set_here": name in scenario.strategies,
    }
