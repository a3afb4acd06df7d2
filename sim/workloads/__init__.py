"""What the fleet computes: jobs, their checkpoints, and the order in which they get GPUs."""

from sim.workloads.checkpoint import (
    Pieces,
    Rhythm,
    Spent,
    daly_interval,
    expected_makespan,
    optimum_interval,
    spend,
    useful_share,
    young_interval,
)
from sim.workloads.figures import Hardware, JobFigures, job_figures
from sim.workloads.model import Model
from sim.workloads.rooms import Rooms
from sim.workloads.schedulers import SCHEDULERS, AnyScheduler, Fifo, FifoBackfill, Placement, Queued, Scheduler
from sim.workloads.training import MOST_JOBS, TrainingJob
from sim.workloads.work import Progress, WorkTable

__all__ = [
    "MOST_JOBS",
    "SCHEDULERS",
    "AnyScheduler",
    "Fifo",
    "FifoBackfill",
    "Hardware",
    "JobFigures",
    "Model",
    "Pieces",
    "Placement",
    "Progress",
    "Queued",
    "Rhythm",
    "Rooms",
    "Scheduler",
    "Spent",
    "TrainingJob",
    "WorkTable",
    "daly_interval",
    "expected_makespan",
    "job_figures",
    "optimum_interval",
    "spend",
    "useful_share",
    "young_interval",
]
