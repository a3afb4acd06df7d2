"""Jobs that cannot get on: a checkpoint takes longer than the gang runs without an interruption."""

from __future__ import annotations

from collections.abc import Iterator

from sim.constants import SECONDS_PER_DAY
from sim.engine.hall_hazards import HallHazards
from sim.environment import Environment
from sim.errors import Fault, ScenarioError

_HELP = (
    "a save behind the computing (it blocks for .59 s: ByteCheckpoint, arXiv 2407.20143), fewer GPUs, or fewer "
    "interruptions (radiation.mitigations, a thicker shield) would help"
)


def check_jobs(environment: Environment) -> None:
    """Raises `ScenarioError` for jobs whose checkpoints block them for longer than their mean time between failures.

    An interval that is longer costs most of the work and is warned of: what is left may be meant.
    """
    if faults := list(_faults(environment)):
        raise ScenarioError(faults)


def _faults(environment: Environment) -> Iterator[Fault]:
    mtbf: dict[int, float] = {}  # it depends on the size alone
    for number, job in enumerate(environment.scenario.workload.jobs):
        if environment.hall is None:
            if job.gpus not in mtbf:
                mtbf[job.gpus] = environment.gangs.mtbf_days(job)
            days = mtbf[job.gpus]
        elif environment.hall.campus.continuous_checkpoints:
            return
        else:
            days = HallHazards.of(environment.scenario, environment.hall, job).job_mtbf_days
        block_days = job.checkpoint_block_s / SECONDS_PER_DAY
        if block_days > days:
            problem = (
                f"job {job.name!r} stands still for {_seconds(block_days)} to save its state, and on {job.gpus:,} GPUs "
                f"it is interrupted every {_seconds(days)} on average: must be less than that; {_HELP}"
            )
            yield Fault("scenario", f"workload.jobs.{number}.checkpoint_block_s", job.checkpoint_block_s, problem)


def _seconds(days: float) -> str:
    """A time in the unit of the field."""
    seconds = days * SECONDS_PER_DAY
    return f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.3g} s"
