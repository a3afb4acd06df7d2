"""Queues for repair: Erlang's formulas, machines with crews and spares, a gang with spares and nobody to repair."""

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
    """Machines, spares and crews in the long run."""

    down: float
    """Mean number of failed machines, waiting or in repair."""
    operating: float
    """Mean number of machines at work."""
    all_operating: float
    """Share of time with every place filled."""
    utilisation: float
    """Share of the crews' time at work."""


def machine_repair(
    *, places: int, spares: int, crews: int, mttf: float, mttr: float, dormancy: float = 0.0
) -> MachineRepair:
    """Return the long run of `places` machines with `spares` further ones and `crews` that repair one each.

    A birth and death process: with i failed, min(places, places + spares - i) work, the others wait and fail at
    `dormancy` times the rate of those at work (0: cold, 1: hot, between: warm), and min(i, crews) are in repair (Feller
    1968, section XVII.7; the machine interference problem; with warm spares Sivazlian & Wang 1989, Microelectron.
    Reliab. 29, 25).  Exponential lives and repairs.
    """
    if min(places, crews) < 1 or spares < 0 or not min(mttf, mttr) > 0:
        raise ValueError(
            f"places = {places}, crews = {crews}, spares = {spares}, mttf = {mttf}, mttr = {mttr}: places and crews "
            "must be at least 1, spares not negative, both times above 0"
        )
    _share_of_pace(dormancy)
    failed = np.arange(places + spares + 1)
    working = np.minimum(places, places + spares - failed)
    busy = np.minimum(failed, crews)
    waiting = places + spares - failed - working
    # In logarithms: the ratios of a large fleet span hundreds of powers of ten.
    steps = np.log((working + dormancy * waiting)[:-1] / mttf) - np.log(busy[1:] / mttr)
    logarithm = np.concatenate([[0.0], np.cumsum(steps)])
    share = np.exp(logarithm - logarithm.max())
    share /= share.sum()
    return MachineRepair(
        down=float(share @ failed),
        operating=float(share @ working),
        all_operating=float(share[: spares + 1].sum()),
        utilisation=float(share @ busy) / crews,
    )


def standby_mttf(*, needed: int, spares: int, rate: float, dormancy: float = 0.0) -> float:
    """Return the mean time until a gang of `needed` units and `spares` waiting ones stops, without repair.

    With s left in store the next loss comes at the rate (N + d s) x `rate`, d the `dormancy` of a spare's ageing: the
    sum of 1 / (N + d s) / rate over s = 0 .. S, which is (S + 1) / (N rate) for cold spares and that of k out of n for
    hot ones (Barlow & Proschan 1965, section 5.4).  Swaps take no time.
    """
    if needed < 1 or spares < 0 or not rate > 0:
        raise ValueError(f"needed = {needed}, spares = {spares}, rate = {rate}: must be at least 1, 0 and above 0")
    left = np.arange(spares + 1)
    return float((1 / (needed + _share_of_pace(dormancy) * left)).sum() / rate)


def _share_of_pace(dormancy: float) -> float:
    if not 0 <= dormancy <= 1:
        raise ValueError(f"dormancy = {dormancy}: must be from 0 to 1")
    return dormancy
