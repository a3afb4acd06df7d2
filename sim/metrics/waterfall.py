"""Where the GPU-hours of a run went: every hour of a GPU that lived on a satellite at work is in exactly one class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from sim.constants import HOURS_PER_DAY
from sim.events import Cause, EventKind, EventLog
from sim.metrics.inference import inference_totals
from sim.result import Result


@dataclass(frozen=True)
class Share:
    """A class of GPU-hours."""

    meaning: str
    metrics: tuple[str, ...]
    """The metrics that it is the sum of."""


CLASSES: dict[str, Share] = {
    "useful": Share("work that was kept, and output that was sold", ("useful_gpu_hours",)),
    "checkpoint": Share("writing checkpoints", ("checkpoint_gpu_hours",)),
    "lost": Share(
        "work rolled back, done twice or not saved at the end, and mitigations",
        ("lost_gpu_hours", "repeated_gpu_hours"),
    ),
    "restart": Share("restarts after interruptions and pauses", ("restart_gpu_hours",)),
    "detection": Share("before an interruption was noticed", ("detection_gpu_hours",)),
    "waiting": Share("until a gang is complete, or a pass or storm is over", ("waiting_gpu_hours",)),
    "stranded": Share("free where a gang at work lacks GPUs, too few for a copy", ("stranded_gpu_hours",)),
    "link": Share("talk between GPUs, and links that are down", ("link_gpu_hours",)),
    "throttled": Share("too little light, power or cooling for full speed", ("throttled_gpu_hours",)),
    "eclipse": Share("paused in the dark", ("eclipse_gpu_hours",)),
    "unsold": Share("output that could not be sent to the ground", ("unsold_gpu_hours",)),
    "idle": Share("wanted by nobody, too few to serve, or a hot spare", ("idle_gpu_hours",)),
}
"""The classes, in the order of the picture; they add up to `online_gpu_hours`."""


Hours = TypeVar("Hours", float, np.ndarray)


def waterfall(metrics: Mapping[str, Hours]) -> dict[str, Hours]:
    """GPU-hours by class, from the metrics of a run, their means, or arrays of them with a value for each replicate.

    What is not defined counts nothing.
    """
    return {name: np.nansum([metrics[one] for one in share.metrics], axis=0) for name, share in CLASSES.items()}


def accounts(result: Result) -> dict[str, float]:
    """The metrics that the classes are sums of, but for useful, lost and unsold work; and the hours of all GPUs."""
    log, horizon = result.events, result.horizon_days
    online = float((log.gpus * (horizon - np.minimum(log.time_days, horizon))).sum()) * HOURS_PER_DAY
    dark = _slowed(log, Cause.ENERGY) if result.scenario.power.eclipse_policy == "migrate" else 0.0
    paused, stood = log.of(EventKind.PAUSED), np.isin(log.cause, (Cause.STAND_OFF, Cause.SHELTER))
    inference = inference_totals(log)
    gangs = {
        "checkpoint_gpu_hours": log.total(EventKind.CHECKPOINTED),
        "repeated_gpu_hours": _slowed(log, Cause.RETRIED) + log.total(EventKind.UNCOMMITTED),
        "restart_gpu_hours": log.total(EventKind.RESTARTED),
        "detection_gpu_hours": log.total(EventKind.DETECTED),
        "waiting_gpu_hours": log.total(EventKind.HELD) + float(log.amount[paused & stood].sum()),
        "link_gpu_hours": _slowed(log, Cause.LINK),
        "throttled_gpu_hours": _slowed(log, Cause.ENERGY) - dark,
        "eclipse_gpu_hours": float(log.amount[paused & ~stood].sum()) + dark,
    }
    free = {
        "idle_gpu_hours": log.total(EventKind.IDLE),
        "stranded_gpu_hours": log.total(EventKind.STRANDED),
        "waiting_gpu_hours": log.total(EventKind.KEPT_WAITING),
    }
    held = log.total(EventKind.COMMITTED) + log.total(EventKind.LOST) + sum(gangs.values())
    # Of what nobody holds the rest: where no job and no service is, nothing is noted of idle GPUs.
    free["idle_gpu_hours"] = max(online - held - free["stranded_gpu_hours"] - free["waiting_gpu_hours"], 0.0)
    taken = inference.served_gpu_hours + inference.unsold_gpu_hours + inference.cut_short_gpu_hours
    for name, hours in free.items():
        # Services take what no job wants first; when they took which is not followed.
        used = min(taken, hours)
        free[name], taken = hours - used, taken - used
    gangs["repeated_gpu_hours"] += inference.cut_short_gpu_hours
    gangs["waiting_gpu_hours"] += free.pop("waiting_gpu_hours")
    return gangs | free | {"online_gpu_hours": online}


def _slowed(log: EventLog, cause: Cause) -> float:
    return float(log.amount[log.of(EventKind.SLOWED) & (log.cause == cause)].sum())
