"""What a scenario with a campus means: hosts and pools, how they fail and are mended, and the job on them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY, MINUTES_PER_DAY
from sim.description.facility import facility_facts, facility_lines, facility_warnings
from sim.description.format import Facts, money, span
from sim.economics import bills_of
from sim.engine.hall_hazards import HallHazards
from sim.environment import Environment, Hall
from sim.scenario import Scenario, sha256_of, sources, tally
from sim.scenario.campus import Campus, NeverRetire, RetireByFailures, Retirement
from sim.text import many
from sim.workloads import TrainingJob


def campus_facts(environment: Environment, hall: Hall) -> Facts:
    """The numbers behind `describe` of a campus; None where there is none."""
    scenario, campus, mission = environment.scenario, hall.campus, environment.scenario.mission
    found: Facts = {
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
        "campus": _campus(environment, campus),
        "facility": facility_facts(environment),
        "failures": _failures(scenario, hall),
        "jobs": [_job(scenario, hall, job) for job in scenario.workload.jobs],
        "inference": _serving(scenario, hall),
        "strategy": scenario.strategy,
    }
    return found | {"warnings": list(_warnings(found))}


def _campus(environment: Environment, campus: Campus) -> Facts:
    scenario, gpus = environment.scenario, environment.scenario.satellite.gpus
    bill = bills_of(scenario, environment.parts)[0]
    return {
        **campus.model_dump(),
        "gpus_per_host": gpus,
        "gpus": campus.hosts * gpus,
        "bad_hosts": int(campus.all_hosts * campus.bad.share),
        "junction_c": campus.junction_c,
        "host_usd": bill.usd,
        "usd": campus.all_hosts * bill.usd,
        "design_life_years": scenario.satellite.design_life_years,
        "retirement_text": _retirement(campus.retirement),
    }


def _failures(scenario: Scenario, hall: Hall) -> Facts:
    hazards = HallHazards.of(scenario, hall)
    jobs = scenario.workload.jobs
    return {
        "causes": {
            scenario.cause_name(wear.cause): {"pace": wear.pace, "per_host_year": rate * DAYS_PER_YEAR}
            for wear, rate in zip(hazards.wears, hazards.per_day_by_cause(1.0), strict=True)
        },
        "per_host_year": hazards.host_per_day * DAYS_PER_YEAR,
        "interruptions_per_day": {
            scenario.cause_name(one.cause): one.per_day for job in jobs[:1] for one in hall.interruptions(job)
        },
    }


def _serving(scenario: Scenario, hall: Hall) -> Facts | None:
    """Who serves, on how many hosts; none where nobody does."""
    if not scenario.workload.inference:
        return None
    return {
        "services": [service.name for service in scenario.workload.inference],
        "hosts": hall.parts_of_it[-1].campus.hosts,
    }


def _job(scenario: Scenario, hall: Hall, job: TrainingJob) -> Facts:
    mtbf = HallHazards.of(scenario, hall, job).job_mtbf_days
    figures = hall.figures(job)
    rhythm, work = job.rhythm(mtbf, figures.durable_s, figures.load_s), figures.work_gpu_hours
    return {
        "name": job.name,
        "count": job.count,
        "gpus": job.gpus,
        "hosts": job.gpus // hall.gpus_per_host,
        "work_gpu_hours": work,
        "days_of_work": None if work is None else work / job.gpus / HOURS_PER_DAY,
        "mtbf_days": mtbf if mtbf < float("inf") else None,
        "checkpoint_interval_min": None if hall.campus.continuous_checkpoints else rhythm.interval * MINUTES_PER_DAY,
        "restart_min": job.restart_min,
    }


def _retirement(rule: Retirement) -> str:
    if isinstance(rule, NeverRetire):
        return "no host is ever given up"
    if isinstance(rule, RetireByFailures):
        window = "in all" if rule.window_days is None else f"within {rule.window_days:g} days"
        return f"a host that has failed {many(rule.failures, 'time')} {window} is given up when its repair ends"
    return f"a host is given up when its repair ends with a score of {rule.least:g} or less"


def _warnings(found: Facts) -> Iterator[str]:
    stands_for = found["campus"]["stands_for"]
    for one in () if stands_for is None else stands_for["left_out"]:
        yield f"the fleet that this campus stands for has what it does not follow: {one}"
    if found["facility"] is not None:
        yield from facility_warnings(found["facility"], found["mission"]["years"])
    campus, jobs = found["campus"], found["jobs"]
    wanted, there = sum(one["count"] * (one["hosts"] + campus["warm_standbys"]) for one in jobs), campus["hosts"]
    if wanted > there:
        yield (
            f"the job and its standbys are {wanted:,} hosts, and campus.hosts is {there:,}: it begins with fewer "
            "standbys, or waits for spare hosts"
        )
    load, crews = sum(_busy_technicians(found, job) for job in jobs), campus["repair"]["technicians"]
    if found["inference"] is not None:
        load += _repairs_of(found, found["inference"]["hosts"])
    if crews is not None and load > crews:
        yield (
            f"while the jobs run, failures keep {load:.3g} technicians busy, and campus.repair.technicians is {crews}: "
            "hosts will wait for them, and jobs for hosts"
        )
    for job in jobs:
        days, mission_days = job["days_of_work"], found["mission"]["years"] * DAYS_PER_YEAR
        if days is not None and days > mission_days:
            yield (
                f"{job['name']} takes {days:,.0f} days of computing, and the mission has {mission_days:,.0f}: it will "
                "not end"
            )


def _busy_technicians(found: Facts, job: Facts) -> float:
    """Technicians that the failures of a job's hosts keep busy, with restarts between them."""
    running = (
        1.0
        if job["mtbf_days"] is None
        else job["mtbf_days"] / (job["mtbf_days"] + job["restart_min"] / MINUTES_PER_DAY)
    )
    return _repairs_of(found, job["count"] * job["hosts"]) * running


def _repairs_of(found: Facts, hosts: int) -> float:
    """Technicians that so many hosts at work keep busy."""
    campus, per_day = found["campus"], found["failures"]["per_host_year"] / DAYS_PER_YEAR * hosts
    repair, seen = campus["repair"], campus["diagnosis"]["probability"]
    return float(per_day * seen * repair["manual_share"] * repair["manual_min"] / MINUTES_PER_DAY)


def campus_lines(f: Facts) -> Iterator[tuple[str, list[str]]]:
    """(heading, lines) of what a campus is."""
    yield "Campus", _hosts_text(f["campus"])
    if f["facility"] is not None:
        yield "Building, power and cooling", list(facility_lines(f["facility"]))
    yield "Failures", _failures_text(f["campus"], f["failures"])
    yield "Repair", _repair_text(f["campus"])
    if f["jobs"]:
        yield "Jobs", [line for job in f["jobs"] for line in _job_text(f["campus"], job)]
    if f["inference"] is not None:
        names, hosts = ", ".join(f["inference"]["services"]), f["inference"]["hosts"]
        yield "Inference", [f"  {names} on {many(hosts, 'host')}, each on its own: one that fails stops no other"]


def _hosts_text(campus: Facts) -> list[str]:
    bad = campus["bad_hosts"]
    return [
        f"  {many(campus['hosts'], 'host')} of {many(campus['gpus_per_host'], 'GPU')} in the working pool, "
        f"{campus['gpus']:,} GPUs: the nameplate capacity; {many(campus['spare_hosts'], 'spare host')}, each of "
        f"which takes {campus['spare_wait_min']:g} min to come",
        f"  {money(campus['host_usd'])} a host, {money(campus['usd'])} in all; "
        f"accounting life {campus['design_life_years']:g} years",
        f"  {many(bad, 'bad host')} among them, ageing {campus['bad']['rate_factor']:g} times as fast"
        if bad
        else "  no bad hosts at the start",
    ]


def _failures_text(campus: Facts, failures: Facts) -> list[str]:
    causes = [f"{name.replace('_', ' ')} {one['per_host_year']:.3g}" for name, one in failures["causes"].items()]
    paces = {one["pace"] for one in failures["causes"].values()} - {1.0}
    soft = [f"{name.replace('_', ' ')} {rate:.3g}" for name, rate in failures["interruptions_per_day"].items()]
    lines = [
        f"  a host fails {failures['per_host_year']:.3g} times a year at work, bad ones counted in, mean over its life "
        f"(a good one by cause: {', '.join(causes) or 'never'})",
        "  none fails in a pool, in repair, or while the job waits",
        f"  junction at {campus['junction_c']:g} C: ageing rate of electronics {max(paces, default=1.0):.3g}",
    ]
    return lines + ([f"  interruptions of the job that break nothing, a day: {', '.join(soft)}"] if soft else [])


def _repair_text(campus: Facts) -> list[str]:
    repair, diagnosis, crews = campus["repair"], campus["diagnosis"], campus["repair"]["technicians"]
    who = "as many technicians as it takes" if crews is None else many(crews, "technician")
    manual = span(repair["manual_min"] / MINUTES_PER_DAY)
    return [
        f"  automatic stage, mean {span(repair['automatic_min'] / MINUTES_PER_DAY)}; then in "
        f"{repair['manual_share']:.0%} of the cases a manual one, mean {manual}, by {who}",
        f"  the fault is missed in {repair['automatic_failure']:.0%} of the automatic repairs and "
        f"{repair['manual_failure']:.0%} of the manual ones; {campus['retirement_text']}",
        f"  a failure is put down to a host with probability {diagnosis['probability']:g}, then to a wrong one with "
        f"probability {diagnosis['uncertainty']:g}",
    ]


def _job_text(campus: Facts, job: Facts) -> list[str]:
    days, mtbf, interval = job["days_of_work"], job["mtbf_days"], job["checkpoint_interval_min"]
    work = "runs until the mission ends" if days is None else f"{days:,.4g} days of computing"
    stops = "never interrupted" if mtbf is None else f"interrupted every {span(mtbf)} on average"
    saved = (
        "an interruption takes no work (campus.continuous_checkpoints)"
        if interval is None
        else f"a checkpoint every {span(interval / MINUTES_PER_DAY)}"
    )
    each = "" if job["count"] == 1 else f"{job['count']:,} jobs, each on hosts of its own: "
    return [
        f"  {job['name']}: {each}{work} on {many(job['hosts'], 'host')} ({job['gpus']:,} GPUs) with "
        f"{many(campus['warm_standbys'], 'warm standby')}",
        f"    {stops}; {saved}; a restart takes {job['restart_min']:g} min, choosing hosts anew "
        f"{campus['selection_min']:g} min",
    ]
