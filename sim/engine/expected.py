"""How much happens in a run, as far as can be known beforehand: what memory and time do not hold is refused.

Numbers are expectations, good to a factor of a few: the bounds are far above any study that is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.block.sample import MOST_SLOTS, Sample
from sim.engine.hall_hazards import HallHazards
from sim.engine.hazards import Hazard, hazards_of
from sim.engine.hopeless import check_jobs
from sim.engine.phasing_limits import phasing_fault
from sim.environment import Environment
from sim.environment.interruptions import hard_events, storm_rates, uncorrected
from sim.environment.site import RadiationRates
from sim.errors import Fault, ScenarioError
from sim.events import NAMED, Cause
from sim.physics.solar_protons import active_intervals, mean_fluence_cm2
from sim.scenario.factory import ready_days
from sim.scenario.failure import DebrisEvent, Shock
from sim.scenario.models import Scenario
from sim.strategies import AgeReplacement, OnOrbitSpares, OverbuildAndDecay, Replenishing, RunToFailure, Strategy
from sim.strategies.advice import services
from sim.streams import Streams
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

MOST_EVENTS = 10_000_000
"""Losses, launches and satellites of a run: each takes some 300 bytes and 20 microseconds."""
MOST_LOSSES_IN_BLOCKS = 300_000_000
"""Losses of GPUs of a run in blocks: each takes some 7 bytes; a satellite takes 60."""
MOST_LOOKS = 500_000_000
"""Times that the scheduler looks at a waiting job: some microseconds each."""
MOST_INTERRUPTIONS = 300_000_000
"""Interruptions of jobs that break nothing in a run: four microseconds each, as they are worked out many at once."""
MOST_OF_A_GANG = 10_000_000
"""Those of one gang between two losses, which are held in memory together."""
_AGES = np.linspace(0.0, 1.0, 65)[1:] ** 4  # close together at birth, where much may fail


@dataclass(frozen=True)
class Expected:
    """How often something happens in a run, and the field that makes it so."""

    path: str
    what: str
    number: float
    most: float

    @property
    def problem(self) -> str | None:
        """What to say where it is more than a run can hold."""
        if self.number <= self.most:
            return None
        return f"leads to {self.number:.3g} {self.what} in a run, more than the {self.most:.3g} that it can hold"


def too_much(environment: Environment, strategies: Sequence[str]) -> list[str]:
    """What is too much for a run of each of these strategies, each naming the field that makes it so."""
    return [f"{fault.path} {fault.problem}" for fault in _faults(environment, strategies)]


def check_expected(environment: Environment, strategies: Sequence[str]) -> None:
    """Raises `ScenarioError` for what is more than a run can hold, and for jobs that cannot get on."""
    check_jobs(environment)
    if faults := _faults(environment, strategies):
        raise ScenarioError(faults)


def _faults(environment: Environment, strategies: Sequence[str]) -> list[Fault]:
    found: dict[str, Fault] = {}
    for name in strategies:
        strategy = environment.scenario.strategy_named(name)
        if environment.hall is None and (fault := phasing_fault(environment, name, strategy)) is not None:
            found[fault.path] = fault
        for one in expected_events(environment, strategy):
            if (problem := one.problem) is not None:
                found.setdefault(one.path, Fault("scenario", one.path, None, problem))
    return list(found.values())


def expected_events(environment: Environment, strategy: Strategy) -> Iterator[Expected]:
    """What happens most often in a run with a strategy."""
    scenario = environment.scenario
    if environment.hall is not None:
        hall, days = environment.hall, environment.horizon_days
        parts = ((part, HallHazards.of(scenario, hall, part.job).job_mtbf_days) for part in hall.parts_of_it)
        number = sum(days / mtbf * (1 if part.job else part.campus.hosts) for part, mtbf in parts)
        yield Expected("campus", "failures of its hosts", number, MOST_EVENTS)
        return
    lives, days, ended_by = _lives(environment, strategy)
    yield Expected(ended_by, "satellites", lives, MOST_EVENTS)
    yield _flights(environment, lives)
    served = services(strategy, strategy.kind)
    losses = [_losses(environment, design, lives, days, served=served) for design in range(len(environment.designs))]
    worst = max(losses, key=lambda one: one.number)
    yield worst
    warned = worst.number * scenario.reliability.warnings_per_failure
    yield Expected("reliability.warnings_per_failure", "warnings of GPUs", warned, worst.most)
    yield from _shocks(environment)
    if not scenario.in_blocks:
        yield from _looks(environment, worst.number + 2 * lives)
    elif scenario.workload.jobs:
        slots = sum(layout.slots for layout in Sample.of(environment, Streams(0, 0)).layouts)
        yield Expected("workload.jobs", "satellites on which jobs are followed", slots, MOST_SLOTS)
    yield from _interruptions(environment, worst.number)


# Satellites


def _lives(environment: Environment, strategy: Strategy) -> tuple[float, float, str]:
    """Satellites that are built in a run, days that one lives at most on average, and what ends most of them."""
    scenario, horizon = environment.scenario, environment.horizon_days
    berths = sum(plane.slots + plane.spare_berths for plane in environment.layouts)
    if isinstance(strategy, RunToFailure | OverbuildAndDecay):
        return float(berths), horizon, "constellation.shells"
    lead = shortest_lead_days(scenario)
    if isinstance(strategy, OnOrbitSpares):
        lead = min(lead, strategy.phasing_days)
    shortest, path = np.inf, "constellation.shells"
    for design in range(len(environment.designs)):
        days, ended_by = _life_days(environment, design, strategy)
        if days < shortest:
            shortest, path = days, ended_by
    lives = berths * (1 + horizon / max(shortest + lead, 1e-12))
    return float(lives), 1.5 * float(shortest), path if lives > 2 * berths else "constellation.shells"


def shortest_lead_days(scenario: Scenario) -> float:
    """Mean days from an order to the start of work by the fastest way that there is."""
    return min(
        service.expected_lead_days(ready_days(scenario.factory, scenario.design_names, service.lead_time_days)[0])
        for service in scenario.launch.services
    )


def _life_days(environment: Environment, design: int, strategy: Strategy) -> tuple[float, str]:
    """Mean life of a satellite, up to the horizon, and what ends most of them."""
    made = environment.designs[design]
    path = "satellite.design_life_years"
    until = min(made.planned_end(0, 0.0)[0], environment.horizon_days)
    if isinstance(strategy, AgeReplacement) and strategy.age_years * DAYS_PER_YEAR < until:
        until, path = strategy.age_years * DAYS_PER_YEAR, f"strategies.{strategy.kind}.age_years"
    days = until * _AGES
    hazards = {
        _path_of(made.scenario, hazard): _hazard_of_satellite(environment, design, hazard, days)
        for hazard in hazards_of(made.scenario)
        if hazard.span == 0
    }
    for name, shock in _shocks_of(made.scenario):
        hazards[f"reliability.common_causes.{name}"] = (
            shock.rate_per_year * shock.satellite_lethality / DAYS_PER_YEAR * days
        )
    if isinstance(strategy, Replenishing) and strategy.retire_below_gpu_fraction > 0:
        # Retired when about so many of its GPUs have gone, at the latest at the first where all must live.
        gone = _loss_hazard(environment, design, days)
        most = max(-np.log(min(strategy.retire_below_gpu_fraction, 1.0)), 1 / made.satellite.positions)
        hazards[f"strategies.{strategy.kind}.retire_below_gpu_fraction"] = (
            sum(gone.values(), np.zeros(len(days))) / most
        )
    total = sum(hazards.values(), np.zeros(len(days)))
    alive = np.exp(-total)
    life = float(np.trapezoid(np.append(1.0, alive), np.append(0.0, days)))
    if hazards and total[-1] > 1:
        path = max(hazards, key=lambda name: float(hazards[name][-1]))
    return life, path


def _flights(environment: Environment, lives: float) -> Expected:
    """Flights, those that fail and are flown again included: no two failures within one stand-down."""
    services, horizon = environment.scenario.launch.services, environment.horizon_days
    delivered = max(min(service.vehicle.mean_success for service in services), 1e-12)
    repeated = sum(horizon / max(service.stand_down.expected_days(), 1e-9) for service in services)
    flights = lives + min(lives * (1 - delivered) / delivered, repeated)
    return Expected("launch.vehicle.success_probability", "launches", flights, MOST_EVENTS)


# Losses


def _losses(environment: Environment, design: int, lives: float, days: float, *, served: bool) -> Expected:
    """GPUs lost in a run if all satellites are of one design: each that is aboard once, or as often as it is mended."""
    made = environment.designs[design]
    until = min(environment.horizon_days, made.satellite.design_life_years * DAYS_PER_YEAR, days)
    hazards = _loss_hazard(environment, design, np.array([until]))
    total = float(sum(hazards.values(), np.zeros(1))[0])
    path = max(hazards, key=lambda name: float(hazards[name][0]))
    lost = lives * made.satellite.positions * (total if served else -np.expm1(-total))
    most = MOST_LOSSES_IN_BLOCKS if environment.scenario.in_blocks else MOST_EVENTS
    return Expected(path, "losses of GPUs", float(lost), most)


def _loss_hazard(environment: Environment, design: int, days: Floats) -> dict[str, Floats]:
    """Cumulative hazard of a GPU of a satellite that goes on, by the field behind it, from mission day 0 to some."""
    made = environment.designs[design]
    found = {
        _path_of(made.scenario, hazard): _hazard_of_satellite(environment, design, hazard, days) / hazard.groups
        for hazard in hazards_of(made.scenario)
        if hazard.span > 0
    }
    for name, shock in _shocks_of(made.scenario):
        found[f"reliability.common_causes.{name}"] = shock.rate_per_year * shock.gpu_lethality / DAYS_PER_YEAR * days
    return found


def _hazard_of_satellite(environment: Environment, design: int, hazard: Hazard, days: Floats) -> Floats:
    """Failures of a satellite's groups by a hazard from mission day 0 to some days; without those left in reserve."""
    most = np.zeros(len(days))
    _, orbits = np.unique(environment.radiation.exposure_index, return_index=True)
    factor = getattr(hazard.law, "calendar_factor", None)
    most_factor = 1.0 if factor is None else max(1.0, *factor.factors)
    groups = hazard.units if hazard.units == hazard.needed else 1
    for plane in orbits.tolist():
        exposure = exposure_until(environment, design, hazard, plane, days)
        most = np.maximum(most, np.asarray(hazard.law.cumulative_hazard(exposure), float))
    return np.asarray(most * most_factor * hazard.share * groups * hazard.groups)


def exposure_until(environment: Environment, design: int, hazard: Hazard, plane: int, days: Floats) -> Floats:
    """What ages the units of a hazard from mission day 0 to some days, expected storms included."""
    site, scenario = environment.sites[plane], environment.designs[design].scenario

    def gathered(rates: RadiationRates, share: float) -> Floats:
        quiet = np.interp(
            days, environment.days, np.append(0.0, np.cumsum(rates.quiet_per_day * environment.sun.step_days)[:-1])
        )
        return np.asarray(share * (quiet + _fluence_per_day(environment) * rates.in_storm * days))

    match hazard.clock:
        case "stress":
            return site.stress_clock(design, 0.0).at(days)
        case "dose":
            return gathered(site.dose_rad(design), 1.0)
        case "effect":
            name, effect = list(scenario.radiation.active.items())[hazard.effect]
            share = hard_events(effect) * uncorrected(scenario, name) * effect.harmful_fraction
            return gathered(site.single_events(design, hazard.effect), share)
        case "collisions" | "punctures":
            per_year = site.hits_per_year(design, hazard.clock)
            for event in scenario.reliability.common_causes.values():
                if isinstance(event, DebrisEvent):
                    often = min(event.rate_per_year * event.duration_days / DAYS_PER_YEAR, 1e3)
                    per_year *= 1 + often * (event.flux_factor - 1)
            own = site.own_hits(design) if hazard.clock == "collisions" else None
            met = 0.0 if own is None else own.at(days)
            return np.asarray(met + days * per_year / DAYS_PER_YEAR / hazard.groups)
    return days


def _fluence_per_day(environment: Environment) -> float:
    """Fluence of storms above 30 MeV expected on a day of the mission, cm^-2."""
    scenario, days = environment.scenario, environment.horizon_days
    if not scenario.radiation.solar_protons:
        return 0.0
    active = sum(last - first for first, last in active_intervals(scenario.mission.start, days)) / DAYS_PER_YEAR
    return float(mean_fluence_cm2(active, largest_cm2=scenario.radiation.largest_storm_cm2)) / days


def _path_of(scenario: Scenario, hazard: Hazard) -> str:
    """The field behind a hazard."""
    return _named(scenario, hazard.cause) if hazard.cause >= NAMED else _BUILT_IN[Cause(hazard.cause)]


_BUILT_IN = {
    Cause.BUS: "reliability.bus",
    Cause.GPU: "reliability.gpu",
    Cause.DEBRIS: "satellite.propulsion.vulnerable_area_m2",
    Cause.PUNCTURE: "satellite.radiator.tube_wall_mm",
    Cause.DOSE: "radiation.wear.end_median_krad",
}


def _named(scenario: Scenario, cause: int) -> str:
    """The field of a cause that the scenario names."""
    name = scenario.cause_name(cause)
    for where, known in (
        ("radiation.effects", scenario.radiation.effects),
        ("reliability.groups", scenario.reliability.groups),
        ("reliability.interruptions", scenario.reliability.interruptions),
    ):
        if name in known:
            return f"{where}.{name}"
    return f"reliability.common_causes.{name}"


# What hits many, and what breaks nothing


def _shocks_of(scenario: Scenario) -> Iterator[tuple[str, Shock]]:
    for name, cause in scenario.reliability.common_causes.items():
        if isinstance(cause, Shock):
            yield name, cause


def _shocks(environment: Environment) -> Iterator[Expected]:
    """Shocks, and the gangs that they stop."""
    many = {"fleet": 1, "plane": len(environment.planes), "satellite": environment.slots}
    gangs = sum(_running(environment, job.gpus, count) for job, count in _jobs(environment))
    for name, shock in _shocks_of(environment.scenario):
        number = shock.rate_per_year * environment.horizon_days / DAYS_PER_YEAR * many[shock.scope]
        stopped = number * gangs / many[shock.scope] if shock.outage_hours > 0 else 0.0
        path = f"reliability.common_causes.{name}.rate_per_year"
        yield Expected(path, "shocks and gangs that they stop", number + stopped, MOST_EVENTS)


def _jobs(environment: Environment) -> list[tuple[TrainingJob, int]]:
    """Descriptions of jobs, and how many jobs each stands for."""
    return list(zip(environment.scenario.workload.jobs, environment.job_counts, strict=True))


def _running(environment: Environment, gpus: int, count: int) -> float:
    """Gangs of a job that run at one time, at most."""
    most = max(environment.designs, key=lambda design: design.satellite.gpus).satellite.gpus * environment.slots
    return float(min(count, most // gpus))


def _looks(environment: Environment, changes: float) -> Iterator[Expected]:
    """Looks of the scheduler at waiting jobs: at each whenever there is room for some of them, but not for all."""
    jobs = _jobs(environment)
    if len({job.gpus for job, _ in jobs}) < 2:
        return
    waiting = [max(count - _running(environment, job.gpus, count), 0.0) for job, count in jobs]
    ends = sum(count for job, count in jobs if environment.gangs.figures(job).work_gpu_hours is not None)
    most = int(np.argmax(waiting))
    looks = 0.5 * sum(waiting) * (changes + ends)
    yield Expected(f"workload.jobs.{most}.count", "looks at jobs that wait", looks, MOST_LOOKS)


def _interruptions(environment: Environment, lost: float) -> Iterator[Expected]:
    """What stops gangs without breaking anything, in all and of one gang between two losses; and their jobs."""
    scenario, gangs = environment.scenario, environment.gangs
    _, orbits = np.unique(environment.radiation.exposure_index, return_index=True)
    aboard = environment.slots * scenario.satellite.gpus
    storms = _fluence_per_day(environment)
    for job, count in _jobs(environment):
        days = max(environment.horizon_days - job.arrival_day, 0.0)
        units = gangs.fresh_units(job)
        by_cause: dict[int, float] = {}
        for plane in orbits.tolist():
            in_storms = storm_rates(environment.designs[0].radiation, gangs.causes, plane) * storms
            for cause, rate in gangs.per_day(plane, job).items():
                extra = sum(
                    float(in_storms[k]) * int(units[one.per])
                    for k, one in enumerate(gangs.causes)
                    if one.cause == cause
                )
                by_cause[cause] = max(by_cause.get(cause, 0.0), rate + extra)
        per_day = sum(by_cause.values())
        if per_day == 0:
            continue
        worst = max(by_cause, key=lambda cause: by_cause[cause])
        path = _named(scenario, worst) if worst >= NAMED else "reliability.resettable_fraction"
        running = _running(environment, job.gpus, count)
        if not scenario.in_blocks:  # of many jobs a part is followed there
            yield Expected(path, f"interruptions of jobs {job.name!r}", per_day * days * running, MOST_INTERRUPTIONS)
        between = days / (1 + lost * min(job.gpus / aboard, 1.0)) if running else 0.0
        alone = f"interruptions of one gang of jobs {job.name!r} between two losses"
        yield Expected(path, alone, per_day * between, MOST_OF_A_GANG)
