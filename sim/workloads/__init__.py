"""What the fleet computes: jobs, their checkpoints, and the order in which they get GPUs."""

from sim.workloads.checkpoint import Pieces, Rhythm, Spent, optimum_interval, spend
from sim.workloads.inference import InferenceService
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
    "InferenceService",
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
    "optimum_interval",
    "spend",
]
