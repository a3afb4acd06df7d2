"""Jobs that are larger than the fleet can ever be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.constellation import CatalogueShell
from sim.workloads import TrainingJob


@dataclass(frozen=True)
class Oversized:
    """A job that the fleet can never hold."""

    number: int
    """Of its description under `workload.jobs`."""
    gpus: int
    problem: str

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where its size stands in a scenario."""
        return "workload", "jobs", self.number, "gpus"


def most_gpus_aboard(scenario: Any) -> int:
    """GPUs at work on a satellite of the design that has most."""
    return max(int(scenario.design(name).gpus) for name in scenario.design_names)


def slots_of_shells(scenario: Any) -> int | None:
    """Slots of all planes; none where a catalogue says how many."""
    shells = scenario.constellation.shells
    if scenario.campus is not None or any(isinstance(shell, CatalogueShell) for shell in shells):
        return None
    return sum(int(shell.planes * shell.satellites_per_plane) for shell in shells)


def oversized_jobs(scenario: Any, slots: int) -> Iterator[Oversized]:
    """Jobs that need more GPUs than all slots hold when each is filled with the design that has most.

    Spares are dormant, a satellite of a new generation stands in the slot of an old one, and a ramp ends with full
    slots, so the fleet never has more.  `scenario`: a `Scenario`.
    """
    aboard = most_gpus_aboard(scenario)
    most = slots * aboard
    for number, job in enumerate(scenario.workload.jobs):
        if job.within == "satellite" and job.least_gpus > aboard:
            problem = f"{least_text(job)} on one satellite (within: satellite), and none has more than {aboard:,}"
            yield Oversized(number, job.gpus, problem)
        elif job.least_gpus > most:
            yield Oversized(
                number,
                job.gpus,
                f"{least_text(job)}, and the fleet never has more than {most:,}, {aboard:,} in each of {slots:,} "
                f"slots: job {job.name!r} can never start",
            )


def least_text(job: TrainingJob) -> str:
    """How many GPUs a job needs to start, and why so many."""
    if job.least_gpus == job.gpus:
        return f"needs {job.gpus:,} GPUs at once"
    copies = "" if job.replica_gpus == 1 else f" in whole copies of {job.replica_gpus:,}"
    return f"needs {job.least_gpus:,} GPUs at once (least_fraction {job.least_fraction:g} of {job.gpus:,}{copies})"
