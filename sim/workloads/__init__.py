"""What the fleet computes: jobs, their checkpoints, and the order in which they get GPUs."""

from sim.workloads.checkpoint import Pieces, Rhythm, Spent, optimum_interval
from sim.workloads.schedulers import SCHEDULERS, AnyScheduler, Fifo, FifoBackfill, Placement, Queued, Running
from sim.workloads.training import TrainingJob

__all__ = [
    "SCHEDULERS",
    "AnyScheduler",
    "Fifo",
    "FifoBackfill",
    "Pieces",
    "Placement",
    "Queued",
    "Rhythm",
    "Running",
    "Spent",
    "TrainingJob",
    "optimum_interval",
]
