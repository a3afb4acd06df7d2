"""The ground twin of a fleet: the same chips, failing by the same random numbers, at the same work, on a campus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, gcd
from typing import Any

from pydantic import ValidationError

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.errors import Fault, ScenarioError
from sim.parameters import Source
from sim.reliability import AnyLaw
from sim.scenario.campus import StandsFor
from sim.scenario.constellation import CatalogueShell
from sim.scenario.failure import Group
from sim.scenario.grounded import NOT_FOLLOWED, STRATEGY
from sim.scenario.load import load
from sim.scenario.models import Scenario
from sim.workloads import InferenceService, TrainingJob

TEMPLATE = "ground_stargate"
"""The shipped campus on whose facility twins stand, unless another is given."""
STANDBY_SHARE = 0.016
"""Hosts that stand by for a job, as a share of its own, where the fleet has too few idle: those of the template [A]."""
_SHELL_BITS = 20
"""Planes of a shell are numbered below 2^20 in the addresses of random numbers."""
_OF_FLEET = ("mission.", "satellite.gpu.", "reliability.gpu", "reliability.interruptions", "reliability.stress",
             "economics.gpu_usd", "service.")  # fmt: skip
"""Figures that a twin has from the fleet: their sources hold for it too."""
_OF_CAMPUS = ("campus.facility", "campus.repair", "reliability.bus", "campus.inlet_c", "campus.junction_rise_k")
"""Those that it has from the template."""


def ground_twin(scenario: Scenario, template: Scenario | None = None) -> Scenario:
    """A campus that does the work of a fleet with the same number of the same chips.

    Chips, their price and how they fail by themselves, software, workload, dates and the worth of an hour are the
    fleet's; building, power, cooling, technicians, and what ends a host beside its GPUs are those of `template`, by
    default the shipped `ground_stargate`.  Radiation, debris, satellite buses, launches and links are left out.  A
    host holds some GPUs of one satellite, which fail by the random numbers by which they fail in orbit.  What the
    campus does not follow stands in `campus.stands_for.left_out`, and `describe` warns of it.

    Raises `ScenarioError` where the fleet has no fixed number of satellites, computes nothing, or is too large for one
    campus; and where the template is no campus, or one of a kind that does not follow the fleet's work.
    """
    base = load(TEMPLATE) if template is None else template
    if base.campus is None:
        raise ScenarioError([Fault("scenario", "campus", None, f"{base.name} has none: a twin needs one to stand on")])
    if scenario.campus is not None:
        raise ScenarioError([Fault("scenario", "campus", None, f"{scenario.name} stands on the ground already")])
    left_out: list[str] = []
    gpus, planes = scenario.satellite.gpus, _planes(scenario)
    satellites = sum(slots for _, slots in planes)
    jobs = _jobs(scenario, satellites * gpus, left_out)
    host = gcd(gpus, scenario.satellite.gpus_per_host, *(job.gpus for job in jobs))
    hosts = satellites * gpus // host
    services = [_service(service, host) for service in scenario.workload.inference]
    reliability = _reliability(scenario, base, host, left_out)
    free = hosts - sum(int(job.count) * (job.gpus // host) for job in jobs) - bool(services)
    stalled = _repair_share(reliability, base, host)
    jobs, standbys = _with_standbys(jobs, (free, host), stalled, left_out, all_free=not services)
    if scenario.satellite.spare_gpus:
        left_out.append(f"the {scenario.satellite.spare_gpus} spare GPUs of each satellite: the campus has none")
    if scenario.designs:
        left_out.append("later designs: all GPUs are of the first")
    stands_for = StandsFor(
        planes=planes,
        hosts_per_satellite=gpus // host,
        paired=scenario.satellite.spare_gpus == 0,
        left_out=tuple(left_out),
    )
    tree: dict[str, Any] = {
        "name": f"{scenario.name[:50]}_on_ground",
        "description": f"ground twin of {scenario.name}: its chips and its work on the campus of {base.name}",
        "notes": scenario.notes and f"Of the fleet:\n{scenario.notes}",
        "mission": scenario.mission,
        "campus": _campus(base, stands_for, host, standbys),
        "satellite": {
            "gpus": host,
            "design_life_years": base.satellite.design_life_years,
            "gpu": {name: getattr(scenario.satellite.gpu, name) for name in ("peak_w", "idle_w", "peak_pflops")},
        },
        "reliability": reliability,
        "workload": {"jobs": jobs, "inference": services},
        "service": scenario.service,
        "economics": _prices(scenario, base, host, satellites * gpus),
        "strategy": STRATEGY,
        "sources": _sources(scenario, base),
    }
    return _checked(tree, f"the ground twin of {scenario.name}")


def _checked(tree: dict[str, Any], name: str) -> Scenario:
    """The scenario of a tree; what is wrong with it is said as of a file of this name."""
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        faults = [Fault(name, ".".join(map(str, one["loc"])) or "scenario", None, one["msg"]) for one in error.errors()]
        raise ScenarioError(faults) from None


def _campus(base: Scenario, stands_for: StandsFor, host: int, standbys: int) -> dict[str, Any]:
    """The template's campus with as many hosts, of so many GPUs, as stand for the fleet, and technicians for them."""
    assert base.campus is not None
    hosts, technicians = stands_for.hosts, base.campus.repair.technicians
    if technicians is not None:
        technicians = max(1, ceil(technicians * hosts * host / (base.campus.all_hosts * base.satellite.gpus)))
    return {
        **_fields(base.campus),
        "hosts": hosts,
        "spare_hosts": 0,
        "warm_standbys": standbys,
        "repair": {**_fields(base.campus.repair), "technicians": technicians},
        "stands_for": stands_for,
    }


def _fields(model: Any) -> dict[str, Any]:
    """The fields of a model by name, as they are."""
    return {name: getattr(model, name) for name in type(model).model_fields}


def _planes(scenario: Scenario) -> tuple[tuple[int, int], ...]:
    """What random numbers know each plane by, and its slots."""
    found = list[tuple[int, int]]()
    for shell, group in enumerate(scenario.constellation.shells):
        if isinstance(group, CatalogueShell):
            place = f"constellation.shells.{shell}"
            problem = "a catalogue says how many satellites there are, so the fleet has no twin"
            raise ScenarioError([Fault("scenario", place, None, problem)])
        found += [((shell << _SHELL_BITS) + plane, group.satellites_per_plane) for plane in range(group.planes)]
    return tuple(found)


# Work


def _jobs(scenario: Scenario, nameplate: int, left_out: list[str]) -> list[TrainingJob]:
    """The fleet's jobs as hosts can follow them; those that queue become one that fills what is free."""
    found, left = list[TrainingJob](), nameplate
    for job in scenario.workload.jobs:
        if job.gpus > left:
            left_out.append(f"{job.name}: its {job.gpus:,} GPUs are more than the jobs above it leave")
            continue
        count = left // job.gpus if job.count == "fill" else job.count
        plain = TrainingJob(gpus=1)
        changes: dict[str, Any] = {name: getattr(plain, name) for name in NOT_FOLLOWED}
        changes |= {"restart_min": job.restart_min + job.detection_s / 60, "gradient_gb": None, "count": count}
        if job.arrives_every_days is not None or count * job.gpus > left:
            replica = job.replica_gpus
            changes |= {"count": 1, "gpus": left // replica * replica, "work_gpu_hours": None}
            left_out.append(
                f"{job.name}: {count:,} jobs that queue for GPUs are one that always has all {changes['gpus']:,} that "
                "are free: no time is lost between jobs, and a failure stops all of it"
            )
        if job.hot_spares:
            left_out.append(f"{job.name}: its hot spares are the campus's standbys")
        made = TrainingJob.model_validate({**_fields(job), **changes})
        found.append(made)
        left -= int(made.count) * made.gpus
    if any(job.model is not None or job.gradient_gb for job in scenario.workload.jobs):
        left_out.append("talk between GPUs: on the campus it costs nothing beyond what `mfu` holds")
    return found


def _with_standbys(
    jobs: Sequence[TrainingJob], room: tuple[int, int], stalled: float, left_out: list[str], *, all_free: bool
) -> tuple[list[TrainingJob], int]:
    """The jobs, smaller where too few hosts are free to stand by for them, and how many stand by for each.

    A campus has no elastic jobs: without a standby the failure of one host stops its job for a repair.  Small jobs lose
    less by that than a standby takes.  `room`: hosts that are free, and GPUs of one; `stalled`: share of the time for
    which one host would stop its job; `all_free`: whether all that is free stands by.
    """
    free, host = room
    count = sum(int(job.count) for job in jobs)
    if not count:
        return list(jobs), 0
    largest = max(job.gpus // host for job in jobs)
    wanted = max(1, round(STANDBY_SHARE * largest))
    if free >= count * wanted:
        return list(jobs), free // count if all_free else wanted
    names = ", ".join(dict.fromkeys(job.name for job in jobs))
    steps = [job.replica_gpus * host // gcd(job.replica_gpus, host) for job in jobs]
    smaller = [(job.gpus - wanted * host) // step * step for job, step in zip(jobs, steps, strict=True)]
    taken = sum(int(job.count) * (job.gpus - size) for job, size in zip(jobs, smaller, strict=True))
    if taken >= largest * stalled * sum(int(job.count) * job.gpus for job in jobs):
        left_out.append(
            f"elastic jobs: no host stands by for {names}, so each failure of a host stops its job for a repair"
        )
        return list(jobs), 0
    left_out.append(f"elastic jobs: {taken:,} of the GPUs of {names} stand by")
    return [job.model_copy(update={"gpus": size}) for job, size in zip(jobs, smaller, strict=True)], wanted


def _repair_share(reliability: Mapping[str, Any], base: Scenario, host: int) -> float:
    """Share of the time that a host of so many GPUs would be in repair."""
    assert base.campus is not None
    repair, life = base.campus.repair, base.satellite.design_life_years
    laws = [(reliability["gpu"], host), (reliability["bus"], 1)]
    laws += [(group.law, host // group.gpus) for group in reliability["groups"].values()]
    per_year = sum(float(law.cumulative_hazard(life * DAYS_PER_YEAR)) * units for law, units in laws) / life
    days = (repair.automatic_min + repair.manual_share * repair.manual_min) / MINUTES_PER_DAY
    return per_year * days / DAYS_PER_YEAR


def _service(service: InferenceService, host: int) -> InferenceService:
    """A service whose replicas lie on one host, or on several where that is too small."""
    if service.gpus_per_replica <= host and host % service.gpus_per_replica == 0:
        return service
    return service.model_copy(update={"replica_within": "plane"})


# Failures and prices


def _reliability(scenario: Scenario, base: Scenario, host: int, left_out: list[str]) -> dict[str, Any]:
    """What fails by itself in the fleet's chips, and a host of the template."""
    given = scenario.reliability
    groups = {name: group for name, group in given.groups.items() if _lies_on_a_host(group, host)}
    for name in given.groups.keys() - groups.keys():
        left_out.append(f"reliability.groups.{name}: redundant, or larger than a host of {host} GPUs")
    kept = {name: one for name, one in given.interruptions.items() if one.recovery != "retry"}
    for name in given.interruptions.keys() - kept.keys():
        left_out.append(f"reliability.interruptions.{name}: steps are not tried again on a campus")
    if given.common_causes:
        left_out.append("reliability.common_causes")
    if given.resettable_fraction:
        left_out.append("reliability.resettable_fraction: on the ground a repair mends these GPUs too")
    return {
        "gpu": _by_age(given.gpu),
        "bus": base.reliability.bus,
        "groups": {name: group.model_copy(update={"law": _by_age(group.law)}) for name, group in groups.items()},
        "interruptions": kept,
        "stress": given.stress,
        "gpu_burn_in_days": given.gpu_burn_in_days,
    }


def _lies_on_a_host(group: Group, host: int) -> bool:
    return (group.units, group.common_cause_fraction) == (1, 0) and group.gpus != "all" and host % group.gpus == 0


def _by_age(law: AnyLaw) -> AnyLaw:
    """A law without what happens by date."""
    return law.model_copy(update={"calendar_factor": None})


def _prices(scenario: Scenario, base: Scenario, host: int, gpus: int) -> dict[str, Any]:
    """The fleet's price of a GPU and value of later money, and what else the template pays, by its share of GPUs."""
    mine, theirs = scenario.economics, base.economics
    assert base.campus is not None
    share = gpus / (base.campus.all_hosts * base.satellite.gpus)
    return {
        "gpu_usd": mine.gpu_usd,
        "bus_usd": 0.0 if theirs.bus_usd == "sized" else theirs.bus_usd * host / base.satellite.gpus,
        "discount": mine.discount.model_copy(update={"ground_per_year": theirs.discount.ground_per_year}),
        "depreciation": mine.depreciation,
        "currency_year": mine.currency_year,
        "operations_share_per_year": theirs.operations_share_per_year,
        "maintenance_share_per_year": theirs.maintenance_share_per_year,
        "operations_usd_per_year": theirs.operations_usd_per_year * share,
        "operations_usd_per_satellite_year": theirs.operations_usd_per_satellite_year * host / base.satellite.gpus,
        "development_usd": theirs.development_usd * share,
        "carbon": mine.carbon.model_copy(update={"grid_kg_per_kwh": theirs.carbon.grid_kg_per_kwh}),
    }


def _sources(scenario: Scenario, base: Scenario) -> Mapping[str, Source]:
    """Where its figures are from: what the files of both say of those that are unchanged."""
    kept = {path: source for path, source in base.sources.items() if path.startswith(_OF_CAMPUS)}
    kept.pop("campus.repair.technicians", None)
    kept |= {path: source for path, source in scenario.sources.items() if path.startswith(_OF_FLEET)}
    for path in ("campus.hosts", "campus.warm_standbys", "satellite.gpus"):
        kept[path] = Source(tag="C", source=f"the GPUs of {scenario.name} on hosts of the size that its jobs share")
    return kept
