"""How many jobs of each description there are: as given, or as many as fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sim.errors import Fault, ScenarioError
from sim.scenario.job_sizes import oversized_jobs
from sim.scenario.models import Scenario
from sim.workloads import MOST_JOBS, TrainingJob


def job_counts(scenario: Scenario, slots: Sequence[int], joined: Sequence[tuple[int, ...]] = ()) -> tuple[int, ...]:
    """Jobs of each description of the workload, in planes of so many slots, some of which are joined.

    A `fill` is what the nameplate has room for after the jobs above it, hot spares included, placed in that order by
    best fit as the schedulers do.  Raises `ScenarioError` where that is none, or too many.
    """
    room = [each * scenario.satellite.gpus for each in slots]
    largest, counts, faults = max(room), list[int](), list[Fault]()
    over = max((sum(room[plane] for plane in planes) for planes in joined), default=0)
    for number, job in enumerate(scenario.workload.jobs):
        fills = job.count == "fill"
        left = max(room)
        most = inf if job.count == "fill" else job.count
        spans = job.gpus > largest and over > largest
        placed = fit(room, job.held_gpus, most, joined if spans else (), satellite_of(job, scenario))
        counts.append(placed if job.count == "fill" else job.count)
        problem = None
        if fills and spans and placed == 0:
            problem = f"gives no job {job.name!r}: joined planes have no {job.gpus:,} GPUs left"
        elif fills and job.gpus > largest and not spans:
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


def satellite_of(job: TrainingJob, scenario: Scenario) -> int | None:
    """GPUs of the satellite that a job must lie on; none: it may lie on several."""
    return scenario.satellite.gpus if job.within == "satellite" else None


def fit(
    room: list[int], gpus: int, most: float, joined: Sequence[tuple[int, ...]], satellite: int | None = None
) -> int:
    """Place equal gangs, over joined planes where there are any; takes them from `room`, returns how many fit."""
    return fit_over(room, joined, gpus, most) if joined else best_fit(room, gpus, most, satellite)


def best_fit(room: list[int], gpus: int, most: float, satellite: int | None = None) -> int:
    """Place equal gangs, each where fewest GPUs are left that suffice; takes them from `room`, returns how many fit.

    `satellite`: each must lie on one of so many GPUs; what gangs before them left of a plane is taken for whole ones.
    A plane that took one is still the one with fewest, so it takes as many as it can: the same as one by one.
    """
    placed = 0
    for plane in sorted(range(len(room)), key=lambda plane: (room[plane], plane)):
        whole = room[plane] // gpus
        if satellite is not None:
            whole = room[plane] // satellite * (satellite // gpus) + room[plane] % satellite // gpus
        here = int(min(whole, most - placed))
        room[plane] -= here * gpus
        placed += here
    return placed


def fit_over(room: list[int], joined: Sequence[tuple[int, ...]], gpus: int, most: float) -> int:
    """Place equal gangs over joined planes, as many as fit; takes them from `room`, returns how many."""
    placed = 0
    for planes in sorted(joined, key=lambda planes: sum(room[plane] for plane in planes)):
        here = int(min(sum(room[plane] for plane in planes) // gpus, most - placed))
        rest = here * gpus
        for plane in planes:
            taken = min(room[plane], rest)
            room[plane] -= taken
            rest -= taken
        placed += here
    return placed


def check_sizes(scenario: Scenario, slots: Sequence[int]) -> None:
    """Raises `ScenarioError` for jobs larger than the fleet can ever be, in planes of so many slots."""
    if faults := [
        Fault("scenario", ".".join(map(str, job.place)), job.gpus, job.problem)
        for job in oversized_jobs(scenario, sum(slots))
    ]:
        raise ScenarioError(faults)
