"""Which hosts of a part of a campus are bad at the start, and which satellites they stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine.paired_draws import Fleet
from sim.scenario.campus import Campus


def bad_hosts(campus: Campus, stream: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each host is bad at first, shape (hosts,)."""
    bad = np.zeros(campus.all_hosts, bool)
    bad[stream.permutation(campus.all_hosts)[: int(campus.all_hosts * campus.bad.share)]] = True
    return bad


def fleet_of(campus: Campus) -> Fleet | None:
    """The satellites that all hosts of a campus stand for; none: they stand for themselves."""
    stands_for = campus.stands_for
    if stands_for is None or not stands_for.paired:
        return None
    addresses, slots = zip(*stands_for.planes, strict=True)
    places = np.concatenate([np.arange(count, dtype=np.uint64) for count in slots])
    return Fleet(np.repeat(np.array(addresses, np.uint64), slots), places, stands_for.hosts_per_satellite)
