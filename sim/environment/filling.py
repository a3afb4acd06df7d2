"""How many jobs of each description there are: as given, or as many as fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sim.errors import Fault, ScenarioError
from sim.scenario.job_sizes import most_gpus_aboard, oversized_jobs
from sim.scenario.models import Scenario
from sim.workloads import MOST_JOBS


def job_counts(scenario: Scenario, slots: Sequence[int]) -> tuple[int, ...]:
    """Jobs of each description of the workload, in planes of so many slots.

    A `fill` is what the nameplate has room for after the jobs above it, hot spares included, placed in that order by
    best fit as the schedulers do.  Raises `ScenarioError` where that is none, or too many.
    """
    room = [each * scenario.satellite.gpus for each in slots]
    largest, counts, faults = max(room), list[int](), list[Fault]()
    for number, job in enumerate(scenario.workload.jobs):
        fills = job.count == "fill"
        left = max(room)
        placed = best_fit(room, job.held_gpus, inf if job.count == "fill" else job.count)
        counts.append(placed if job.count == "fill" else job.count)
        problem = None
        if fills and job.gpus > largest:
            problem = f"gives no job {job.name!r}: its {job.gpus:,} GPUs lie in one plane, the largest has {largest:,}"
        elif fills and placed == 0:
            problem = (
                f"gives no job {job.name!r}: the jobs above it leave at most {left:,} GPUs in one plane, "
                f"and it needs {job.held_gpus:,}"
            )
        elif fills and placed > MOST_JOBS:
            problem = f"gives {placed:,} jobs {job.name!r}: there can be {MOST_JOBS:,} at most, so give each more GPUs"
        if problem:
            faults.append(Fault("scenario", f"workload.jobs.{number}.count", "fill", problem))
    if faults:
        raise ScenarioError(faults)
    return tuple(counts)


def best_fit(room: list[int], gpus: int, most: float) -> int:
    """Place equal gangs, each where fewest GPUs are left that suffice; takes them from `room`, returns how many fit.

    A plane that took one is still the one with fewest, so it takes as many as it can: the same as one by one.
    """
    placed = 0
    for plane in sorted(range(len(room)), key=lambda plane: (room[plane], plane)):
        here = int(min(room[plane] // gpus, most - placed))
        room[plane] -= here * gpus
        placed += here
    return placed


def check_sizes(scenario: Scenario, slots: Sequence[int]) -> None:
    """Raises `ScenarioError` for jobs larger than the fleet can ever be, in planes of so many slots."""
    if faults := [
        Fault("scenario", ".".join(map(str, job.place)), job.gpus, job.problem)
        for job in oversized_jobs(scenario, sum(slots))
    ]:
        raise ScenarioError(faults)


def largest_place(scenario: Scenario, slots: Sequence[int]) -> int:
    """GPUs that one place for a gang, a plane, can ever hold, in planes of so many slots."""
    return max(slots) * most_gpus_aboard(scenario)


def homeless_jobs(scenario: Scenario, slots: Sequence[int]) -> list[int]:
    """Numbers of the descriptions whose jobs fit into the fleet, but into no one place of it: they never start."""
    room = largest_place(scenario, slots)
    return [number for number, job in enumerate(scenario.workload.jobs) if job.least_gpus > room]
