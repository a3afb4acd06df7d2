"""T, the unit of the speed table."""

from __future__ import annotations

from collections.abc import Generator
from time import process_time

import simpy

MILLION = 1_000_000


def million_timeouts(count: int = MILLION) -> float:
    """CPU seconds of a million bare timeouts of one SimPy process; `count`: measured on so many.

    No CPU limit may be set: with one, Linux updates a process's time only at ticks.
    """
    env = simpy.Environment()

    def tick() -> Generator[simpy.Timeout, None, None]:
        for _ in range(count):
            yield env.timeout(1.0)

    env.process(tick())
    begun = process_time()
    env.run()
    return (process_time() - begun) * (MILLION / count)
