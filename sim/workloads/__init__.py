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
from sim.workloads.inference import InferenceService
from sim.workloads.model import Model
from sim.workloads.rooms import Rooms, Running
from sim.workloads.schedulers import (
    SCHEDULERS,
    Fifo,
    FifoBackfill,
    Placement,
    Preemption,
    Queued,
    Scheduler,
    scheduler_class,
)
from sim.workloads.training import MOST_JOBS, TrainingJob
from sim.workloads.work import Progress, WorkTable

__all__ = [
    "MOST_JOBS",
    "SCHEDULERS",
    "Fifo",
    "FifoBackfill",
    "Hardware",
    "InferenceService",
    "JobFigures",
    "Model",
    "Pieces",
    "Placement",
    "Preemption",
    "Progress",
    "Queued",
    "Rhythm",
    "Rooms",
    "Running",
    "Scheduler",
    "Spent",
    "TrainingJob",
    "WorkTable",
    "daly_interval",
    "expected_makespan",
    "job_figures",
    "optimum_interval",
    "scheduler_class",
    "spend",
    "useful_share",
    "young_interval",
]
