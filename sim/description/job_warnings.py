"""What to say of jobs: where they find no room, and what will cost them most of their time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.description.format import span
from sim.description.radiation import late_loss_share
from sim.environment import Environment
from sim.environment.filling import fit, satellite_of
from sim.scenario import Scenario
from sim.scenario.job_sizes import least_text, most_gpus_aboard
from sim.text import many
from sim.workloads import TrainingJob

_IDLE = 0.25
"""Share of GPUs without a job above which a warning is given: fewer may be meant to stand in for those that fail."""


def warnings_of_room(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """Jobs that find no room in the fleet, and room that no job uses."""
    room = [plane.slots * scenario.satellite.gpus for plane in environment.planes]
    places, joined, all_gpus = environment.gangs.places, [one.ids for one in environment.joined], sum(room)
    jobs = list(zip(scenario.workload.jobs, environment.job_counts, strict=True))
    endless = [(job, count) for job, count in jobs if job.work_gpu_hours is None]
    asked = sum(count * job.held_gpus for job, count in endless)
    if asked > all_gpus:
        spares = " with their hot spares" if any(job.hot_spares for job, _ in endless) else ""
        yield f"jobs without an end{spares} need {asked:,} GPUs and the fleet has {all_gpus:,}: some jobs never start"
    else:
        left = list(room)
        for job, count in endless:
            satellite = satellite_of(job, scenario)
            placed = fit(left, job.held_gpus, count, joined if places.spans(job.gpus) else (), satellite)
            largest, kind = places.largest(job.gpus)
            if placed < count and job.gpus <= largest:
                yield (
                    f"{count:,} jobs {job.name!r} go on without an end, and the planes of the initial fleet have room "
                    f"for {placed:,}, since the {job.gpus:,} GPUs of each lie in one "
                    f"{kind if satellite is None else 'satellite'}: the others wait"
                )
    at_most = 0
    for job, count in jobs:
        satellite = satellite_of(job, scenario)
        gpus = job.size_with(satellite or places.largest(job.gpus)[0]) or job.gpus
        at_most += fit(list(room), gpus, count, joined if places.spans(job.gpus) else (), satellite) * gpus
    services = scenario.workload.inference
    if not (jobs or services) or at_most >= (1 - _IDLE) * all_gpus:
        return
    used = f"jobs use at most {at_most:,} of the fleet's {all_gpus:,} GPUs" if jobs else "no GPU has a job"
    by_services = 0.0  # GPUs that they would keep busy
    for service in services:
        by_services += float(service.demand_tokens_per_s(all_gpus).mean()) / service.tokens_per_s_per_gpu
    idle = 1 - (at_most + by_services) / all_gpus
    if idle > _IDLE:
        serve = f", inference is asked for {by_services:,.0f}" if services else ""
        yield f"{used}{serve}: {idle:.0%} are idle, and their cost is borne by the hours of the others"
    elif any(service.demand.kind == "share" for service in services):
        yield (
            f"{used}: what is idle serves, and as a demand that is a share of what they could serve grows with the "
            "fleet, whatever they serve is taken to find a buyer"
        )


def warnings_of_early_jobs(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """Jobs with an end that arrive before the fleet is there: what they wait for is its deployment."""
    if scenario.deployment.kind != "launched":
        return
    complete = environment.deployment_flights(0)[-1].day + scenario.launch.transfer_days
    jobs = zip(scenario.workload.jobs, environment.job_counts, strict=True)
    ends = [(job, count) for job, count in jobs if environment.gangs.figures(job).work_gpu_hours is not None]
    early = sum(count for job, count in ends if job.arrival_day < complete)
    if early:
        yield (
            f"{early:,} of {sum(count for _, count in ends):,} jobs with an end arrive before the fleet is complete "
            f"(day {complete:.0f} at the earliest) and wait for it; `deployment: {{kind: in_place}}` leaves that out"
        )


def warnings_of_job(scenario: Scenario, environment: Environment, job: TrainingJob) -> Iterator[str]:
    """What will cost a job its time, or keep it from starting."""
    name, mtbf_days = f"job {job.name!r}", environment.gangs.mtbf_days(job)
    places = environment.gangs.places
    largest, kind = places.largest(job.gpus)
    ever, where = places.ever(job, most_gpus_aboard(scenario))
    rhythm, _ = environment.rhythms.over_the_mission(job)
    if job.least_gpus > ever:
        yield (
            f"{name} {least_text(job)}, in one {where}, and the largest {where} never has more than {ever:,}: it never "
            "starts"
        )
    elif job.gpus > largest:
        yield f"{name} wants {job.gpus:,} GPUs in one {kind} and the largest has {largest:,}: it never has them all"
    elif job.held_gpus > largest:
        yield f"{name} wants {job.held_gpus:,} GPUs with its hot spares, and the largest {kind} has {largest:,}"
    if rhythm.interval > mtbf_days:
        yield (
            f"{name} writes a checkpoint every {span(rhythm.interval)} but is interrupted every {span(mtbf_days)} on "
            "average: most of its work is lost"
        )
    given = job.checkpoint_interval_min
    if not isinstance(given, str) and rhythm.interval > given / MINUTES_PER_DAY * (1 + 1e-9):
        yield (
            f"{name} writes a checkpoint every {span(rhythm.interval)}, not every {given:g} min: a save begins once "
            "the last one is durable"
        )
    if rhythm.restart > mtbf_days:
        yield (
            f"{name} takes {span(rhythm.restart)} to restart but is interrupted every {span(mtbf_days)} on average: "
            "most restarts fail"
        )
    late = late_loss_share(environment, job)
    if late > 0.5:
        delay = span(scenario.radiation.detection_delay_h / HOURS_PER_DAY)
        lost = "all" if late >= 1 else f"{late:.0%} of"
        yield (
            f"{name} loses {lost} its time to silent corruption that is detected only {delay} later: its silent "
            "effects need a mitigation that detects them, a smaller harmful_fraction or a shorter detection_delay_h"
        )
    if job.arrival_day >= scenario.mission.days:
        yield f"{name} arrives on day {job.arrival_day:g}, after the end of the mission"
    if environment.pauses:
        yield from _paused_job(scenario, environment, job, name)


def _paused_job(scenario: Scenario, environment: Environment, job: TrainingJob, name: str) -> Iterator[str]:
    """A job whose satellites stop in eclipse."""
    lit_min = [
        float((plane.period_min - dark[dark > 0]).min())
        for plane in environment.shell_planes
        if np.any((dark := environment.sun.dark_of(plane.id) * plane.period_min) > 0)
    ]
    if not lit_min:
        return
    satellites = math.ceil(job.gpus / scenario.satellite.gpus)
    if satellites > 1 and not all(plane.colocated for plane in environment.shell_planes):
        yield (
            f"{name} needs {satellites} satellites spaced around the orbit; in the eclipse season it computes only "
            "while all of them are sunlit"
        )
        yield from _never_sunlit_together(environment, name, satellites)
    figures = environment.gangs.figures(job)
    # A planned stop waits until its save is durable.
    overhead_min = job.restart_min + (figures.load_s + figures.durable_s) / 60
    if overhead_min > 0.1 * min(lit_min):
        yield (
            f"{name} spends {overhead_min:.3g} min of every orbit on its restart and its planned checkpoint, out of as "
            f"little as {min(lit_min):.0f} min of sunlight"
        )


def _never_sunlit_together(environment: Environment, name: str, satellites: int) -> Iterator[str]:
    """Days on which at least one satellite of a gang is always in eclipse, even if they are neighbours in the orbit."""
    days = {}
    for plane in environment.shell_planes:
        if satellites > plane.slots:
            continue
        dark = environment.sun.dark_of(plane.id)[environment.days < environment.horizon_days]
        shaded = dark
        if not plane.colocated:
            between = (satellites - 1) / plane.slots
            shaded = (satellites - 1) * np.minimum(dark, 1 / plane.slots) + np.minimum(dark, 1 - between)
        days[plane.name] = int(np.count_nonzero(shaded >= 1 - 1e-9) * environment.sun.step_days)
    if days and min(days.values()):
        best = min(days, key=lambda plane: days[plane])
        yield (
            f"{name} computes nothing on {many(days[best], 'day')} of the mission even in plane {best}: at any time at "
            f"least one of its {satellites} satellites is in eclipse; use a cluster, or a battery and the policy "
            "ride_through"
        )
