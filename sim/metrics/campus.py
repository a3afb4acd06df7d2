"""Capacity of a hall that is missing because hosts are in repair or given up, by what took them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.events import HOSTS_BACK, HOSTS_OUT, STARTS, Cause
from sim.metrics.series import accumulate, daily_means
from sim.result import Result

Floats = NDArray[np.float64]

ABSENT = "not yet deployed"
"""Places that nothing has filled yet: slots before the initial deployment, hosts before there is power."""


def missing_hosts(result: Result, online: Floats) -> dict[str, Floats]:
    """Share of the nameplate that is missing because of each cause, mean over each day, shape (days,).

    A host is missing under the cause that took it out until it is back.  Spare hosts that have come make up for some:
    what is still missing is put down to all causes in proportion.  `online`: share of the nameplate online.
    """
    log, horizon = result.events, result.horizon_days
    came = log.of(*STARTS) & (log.cause == Cause.DEPLOYMENT)
    rows = np.flatnonzero(log.of(*HOSTS_OUT, *HOSTS_BACK))
    rows = rows[np.argsort(log.berth[rows], kind="stable")]
    out = np.isin(log.kind[rows], HOSTS_OUT)
    # A host comes back from what took it out last.
    cause = (
        log.cause[rows[np.maximum.accumulate(np.where(out, np.arange(len(rows)), 0))]] if len(rows) else log.cause[:0]
    )
    missing, found = np.maximum(1 - online, 0.0), dict[str, Floats]()
    for number in np.unique(cause).tolist():
        mine = rows[cause == number]
        steps = accumulate(log.time_days[mine], -log.gpus[mine].astype(float), horizon)
        found[result.scenario.cause_name(number)] = daily_means(*steps, horizon)
    if (log.time_days[came] > 0).any():
        steps = np.append(0.0, log.time_days[came]), np.append(result.nameplate_gpus, -log.gpus[came].astype(float))
        found[ABSENT] = daily_means(*accumulate(*steps, horizon), horizon)
    total = np.maximum(sum(found.values(), np.zeros_like(missing)), 1e-12)
    return {name: share / total * missing for name, share in found.items()}
