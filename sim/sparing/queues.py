"""Queues for repair: Erlang's formulas, machines with crews and spares, a gang with cold spares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def erlang_b(servers: int, load: float) -> float:
    """Return the share of customers lost by `servers` without a queue; `load` in erlangs (arrival rate x service)."""
    if servers < 0 or load < 0:
        raise ValueError(f"servers = {servers}, load = {load}: must not be negative")
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> tuple[float, float]:
    """Return (share of customers that wait, mean wait in units of a mean service) of a queue M/M/c.

    Raises `ValueError` where the servers cannot keep up.
    """
    if not 0 <= load < servers:
        raise ValueError(f"load = {load}: must be from 0 to below the number of servers ({servers})")
    blocked = erlang_b(servers, load)
    waits = servers * blocked / (servers - load * (1 - blocked))
    return waits, waits / (servers - load)


@dataclass(frozen=True)
class MachineRepair:
    """Machines, cold spares and crews in the long run."""

    down: float
    """Mean number of failed machines, waiting or in repair."""
    operating: float
    """Mean number of machines at work."""
    all_operating: float
    """Share of time with every place filled."""
    utilisation: float
    """Share of the crews' time at work."""


def machine_repair(*, places: int, spares: int, crews: int, mttf: float, mttr: float) -> MachineRepair:
    """Return the long run of `places` machines with `spares` cold ones and `crews` that repair one each.

    A birth and death process: with i failed, min(places, places + spares - i) work and min(i, crews) are in repair
    (Feller 1968, section XVII.7; the machine interference problem).  Exponential lives and repairs.
    """
    if min(places, crews) < 1 or spares < 0 or not min(mttf, mttr) > 0:
        raise ValueError(
            f"places = {places}, crews = {crews}, spares = {spares}, mttf = {mttf}, mttr = {mttr}: places and crews "
            "must be at least 1, spares not negative, both times above 0"
        )
    failed = np.arange(places + spares + 1)
    working = np.minimum(places, places + spares - failed)
    busy = np.minimum(failed, crews)
    # In logarithms: the ratios of a large fleet span hundreds of powers of ten.
    steps = np.log(working[:-1] / mttf) - np.log(busy[1:] / mttr)
    logarithm = np.concatenate([[0.0], np.cumsum(steps)])
    share = np.exp(logarithm - logarithm.max())
    share /= share.sum()
    return MachineRepair(
        down=float(share @ failed),
        operating=float(share @ working),
        all_operating=float(share[: spares + 1].sum()),
        utilisation=float(share @ busy) / crews,
    )


def cold_spares_mttf(*, needed: int, spares: int, rate: float) -> float:
    """Return the mean time until a gang of `needed` units and `spares` cold ones stops, without repair.

    Each of the S + 1 losses that it takes comes at the rate N x `rate`: (S + 1) / (N rate).  Swaps take no time.
    """
    if needed < 1 or spares < 0 or not rate > 0:
        raise ValueError(f"needed = {needed}, spares = {spares}, rate = {rate}: must be at least 1, 0 and above 0")
    return (spares + 1) / (needed * rate)
