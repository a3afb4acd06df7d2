"""What was trained: the useful GPU-hours of each job in operations and in tokens, by its model."""

from __future__ import annotations

from math import nan

import numpy as np

from sim.events import NONE, EventKind
from sim.result import Result


def trained(result: Result) -> dict[str, float]:
    """The metrics `useful_pflop_hours` and `tokens` of one run."""
    jobs = result.scenario.workload.jobs
    models = [job.model for job in jobs]
    if not any(models):
        return {"useful_pflop_hours": nan, "tokens": nan}
    log, ends = result.events, np.cumsum(result.job_counts)
    rows = log.of(EventKind.COMMITTED) & (log.job != NONE)
    description = np.searchsorted(ends, log.job[rows], side="right")
    hours = np.bincount(description, log.amount[rows], minlength=len(jobs))
    peak = result.scenario.satellite.gpu.peak_pflops
    done = [(each, model) for each, model in zip(hours.tolist(), models, strict=True) if model is not None]
    return {
        "useful_pflop_hours": nan if None in models else peak * sum(each * model.mfu for each, model in done),
        "tokens": sum(each * model.tokens_per_gpu_hour(peak) for each, model in done),
    }


def ratio(value: float, by: float) -> float:
    """Quotient, NaN where it is not defined."""
    return value / by if by > 0 else nan
