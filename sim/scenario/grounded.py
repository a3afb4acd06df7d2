"""What a scenario with a campus may say, and what it need not: nothing there orbits, flies, or hears the Sun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sim.scenario.campus import NOTHING_FLIES, Campus
from sim.scenario.constellation import Constellation
from sim.scenario.failure import Reliability
from sim.scenario.hardware import Satellite
from sim.workloads import TrainingJob

_SECTIONS = (
    "constellation",
    "designs",
    "light",
    "power",
    "space",
    "sky",
    "radiation",
    "launch",
    "factory",
    "deployment",
    "ground",
    "simulation",
)
"""Sections that say nothing about a campus, `servicing` beside them."""
_HOST = ("gpus", "design_life_years", "gpu", "mass_kg")
"""Fields of `satellite` that describe a host; the mass is not used, and need not be given."""
_GPU = ("peak_w", "idle_w", "peak_pflops")
"""Fields of `satellite.gpu` that hold for one in a host."""
_RELIABILITY = ("gpu", "bus", "groups", "interruptions", "stress", "gpu_burn_in_days")
"""Fields of `reliability` that hold for a host."""
_PRICES = (
    "bus_usd",
    "gpu_usd",
    "operations_usd_per_year",
    "operations_usd_per_satellite_year",
    "holding_usd_per_satellite_year",
    "operations_share_per_year",
    "maintenance_share_per_year",
    "development_usd",
    "discount",
    "depreciation",
    "carbon",
    "currency_year",
)
NO_SHELLS = Constellation.model_construct(shells=())
"""The `constellation` of a scenario with a campus; no other may be without a shell."""
NOT_FOLLOWED = {
    "arrives_every_days": ": jobs arrive on arrival_day",
    "hot_spares": ": campus.warm_standbys are the hosts that take the place of others",
    "swap_s": ": a standby takes the place of a host within restart_min",
    "detection_s": ": add it to restart_min",
    "on_planned_removal": ", where no host leaves by plan",
    "in_passes": ", which no radiation reaches",
    "in_storms": ", which no radiation reaches",
}
"""Fields of a job that change nothing on a campus, and what to do instead."""
STRATEGY = "run_to_failure"
"""The strategy of a campus: nothing is ordered."""


def with_defaults_of_a_campus(value: dict[str, Any]) -> dict[str, Any]:
    """A scenario's tree with what one of a campus need not say."""
    if not isinstance(value.get("campus"), dict | Campus):
        return value
    filled = {"launch": NOTHING_FLIES} | value
    given = value.get("constellation")
    if given is None or (isinstance(given, dict) and given.get("shells") == []):
        filled["constellation"] = NO_SHELLS
    if isinstance(host := value.get("satellite"), dict):
        filled["satellite"] = {"mass_kg": "sized"} | host
    return filled


def means_something(path: str) -> bool:
    """Whether a field of a scenario, by its path, is followed on a campus."""
    section, _, rest = path.partition(".")
    name = rest.partition(".")[0]
    followed = {"satellite": _HOST[:3], "reliability": _RELIABILITY, "economics": _PRICES}.get(section)
    if section in (*_SECTIONS, "servicing"):
        return False
    if path.startswith("satellite.gpu."):
        return path.split(".")[2] in _GPU
    return followed is None or not name or name in followed


def out_of_place(scenario: Any, campus: Campus) -> str | None:
    """What stands in a scenario with a campus that it does not follow, or that does not fit it; none: nothing.

    `scenario`: a `Scenario`, whose own validator asks this.
    """
    return next((f"{path}: {problem}" for path, problem in _problems(scenario, campus)), None)


def _problems(scenario: Any, campus: Campus) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) of each."""
    like = type(scenario).model_fields
    for section in (*_SECTIONS, "servicing"):
        given, default = getattr(scenario, section), like[section].get_default(call_default_factory=True)
        if section == "launch":
            default = type(scenario.launch).model_validate(NOTHING_FLIES)
        elif section == "constellation":
            default = NO_SHELLS
        if given != default:
            yield section, "has no meaning beside a campus, where nothing orbits or flies: leave it out"
    plain = Satellite(gpus=1, mass_kg="sized", design_life_years=1)
    what = f"a host is {', '.join(_HOST[:3])}"
    yield from _changed("satellite", scenario.satellite, plain, _HOST, what)
    what = f"a GPU of a host is {', '.join(_GPU)}"
    yield from _changed("satellite.gpu", scenario.satellite.gpu, plain.gpu, _GPU, what)
    plain_ = Reliability(gpu=scenario.reliability.gpu, bus=scenario.reliability.bus)
    what = f"a campus follows {', '.join(_RELIABILITY)}"
    yield from _changed("reliability", scenario.reliability, plain_, _RELIABILITY, what)
    laws = {"gpu": scenario.reliability.gpu, "bus": scenario.reliability.bus}
    for name, group in scenario.reliability.groups.items():
        laws[f"groups.{name}.law"] = group.law
        if (group.units, group.common_cause_fraction) != (1, 0):
            yield f"reliability.groups.{name}", "a campus follows groups of one unit without common causes"
    for name, interruption in scenario.reliability.interruptions.items():
        if interruption.recovery == "retry":
            yield (
                f"reliability.interruptions.{name}.recovery",
                "steps that are tried again are not followed on a campus",
            )
    for path, law in laws.items():
        if law.calendar_factor is not None:
            yield f"reliability.{path}.calendar_factor", "hosts age by their time at work, not by the date"
    prices = type(scenario.economics)(bus_usd=0, gpu_usd=0)
    yield from _changed("economics", scenario.economics, prices, _PRICES, f"a campus is priced by {', '.join(_PRICES)}")
    if scenario.economics.bus_usd == "sized":
        yield "economics.bus_usd", "a host is not made of a satellite's parts: give its price"
    if scenario.strategy != STRATEGY:
        yield "strategy", f"{scenario.strategy!r} has nothing to order on a campus: must be {STRATEGY}"
    yield from _job_problems(scenario, campus)


def _job_problems(scenario: Any, campus: Campus) -> Iterator[tuple[str, str]]:
    workload, gpus = scenario.workload, scenario.satellite.gpus
    if not workload.jobs and not workload.inference:
        yield "workload", "nobody computes on this campus: give a job or a service"
    for number, job in enumerate(workload.jobs):
        yield from ((f"workload.jobs.{number}{path}", problem) for path, problem in _job_problem(job, gpus))
    if workload.scheduler != type(workload)().scheduler:
        yield "workload.scheduler", "each job has hosts of its own: leave it out"
    if any(job.count == "fill" or job.gpus % gpus for job in workload.jobs):
        return
    hosts = sum(job.count * (job.gpus // gpus) for job in workload.jobs)
    if hosts > campus.all_hosts:
        yield "workload.jobs.0.gpus", f"takes {hosts:,} hosts, and both pools hold {campus.all_hosts:,}"
    count = sum(job.count for job in workload.jobs)
    if count == 1 and not workload.inference:
        return
    if campus.spare_hosts:
        yield "campus.spare_hosts", "come to a working pool that is there for one job alone: leave them out"
    if (wanted := hosts + count * campus.warm_standbys) > campus.hosts:
        yield "workload.jobs", f"take {wanted:,} hosts with standbys, and campus.hosts is {campus.hosts:,}"
    elif workload.inference and wanted == campus.hosts:
        yield "workload.inference", f"has no hosts: the jobs and their standbys take all {campus.hosts:,}"
    if workload.inference:
        plain = type(campus)(hosts=1)
        for name in ("diagnosis", "retirement"):
            if getattr(campus, name) != getattr(plain, name):
                yield f"campus.{name}", "is not followed where hosts serve"
        if campus.bad.regeneration_interval_days is not None:
            yield "campus.bad.regeneration_interval_days", "is not followed where hosts serve"


def _job_problem(job: TrainingJob, gpus: int) -> Iterator[tuple[str, str]]:
    """What a job says that hosts of so many GPUs do not follow."""
    if job.count == "fill":
        yield ".count", "must say how many there are: each has hosts of its own"
    if job.gpus % gpus:
        yield ".gpus", f"{job.gpus:,} must be whole hosts, of satellite.gpus ({gpus:,})"
    plain = type(job)(gpus=1)
    for name, instead in NOT_FOLLOWED.items():
        if getattr(job, name) != getattr(plain, name):
            yield f".{name}", f"is not followed on a campus{instead}"
    if job.gradient_gb:
        yield ".gradient_gb", "there are no links between hosts of a campus: their talk costs nothing"


def _changed(
    section: str, given: BaseModel, plain: BaseModel, meant: tuple[str, ...], what: str
) -> Iterator[tuple[str, str]]:
    """Fields of a section, beside those that are meant, that are not as they are by default."""
    for name in type(given).model_fields:
        if name not in meant and getattr(given, name) != getattr(plain, name):
            yield f"{section}.{name}", f"has no meaning on a campus: {what}"
