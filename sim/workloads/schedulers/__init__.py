"""Schedulers: which waiting job gets idle GPUs of which plane.  `SCHEDULERS` lists those that ship."""

from sim.plug_ins import class_named
from sim.workloads.schedulers.base import Placement, Preemption, Queued, Scheduler
from sim.workloads.schedulers.fifo import Fifo, FifoBackfill
from sim.workloads.schedulers.ordered import Compact, Goodput, Priority, SmallestFirst

SCHEDULERS: dict[str, type[Scheduler]] = {
    "fifo": Fifo,
    "fifo_backfill": FifoBackfill,
    "smallest_first": SmallestFirst,
    "compact": Compact,
    "goodput": Goodput,
    "priority": Priority,
}
"""Built-in schedulers by name."""

__all__ = [
    "SCHEDULERS",
    "Compact",
    "Fifo",
    "FifoBackfill",
    "Goodput",
    "Placement",
    "Preemption",
    "Priority",
    "Queued",
    "Scheduler",
    "SmallestFirst",
    "scheduler_class",
]


def scheduler_class(kind: str) -> type[Scheduler]:
    """The scheduler class of this kind: a built-in name, or a user's own class as `package.module:Class`.

    Raises `InputError` when there is none, naming the built-in kinds.
    """
    return class_named(kind, Scheduler, SCHEDULERS, "scheduler", "place")
