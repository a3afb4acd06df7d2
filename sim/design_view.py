"""A kind of satellite as an operator knows it: its size, its price, what a flight with some costs, what it will do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY

Floats = NDArray[np.float64]


def _free(satellites: float) -> float:
    return 0.0


def _nothing() -> tuple[Floats, Floats]:
    return np.zeros(1), np.zeros(1)


@dataclass(frozen=True)
class DesignView:
    """A kind of satellite that can be ordered."""

    name: str
    gpus: int
    """GPUs of a new one."""
    satellites_per_flight: int
    """How many one launch can carry, to the plane for which it carries fewest."""
    available_from_day: float
    """Mission day from which it can be ordered."""
    life_days: float = 0.0
    """Its design life, days."""
    satellite_usd: float = 0.0
    """Price of one with its GPUs, USD."""
    flight_usd: Callable[[float], float] = _free
    """Price of one flight with so many of them, USD."""
    outlook: Callable[[], tuple[Floats, Floats]] = _nothing
    """Ages, days, from 0, and the GPU-days that one is expected to have been online by each."""

    def expected_gpu_hours(self, days: float) -> float:
        """GPU-hours that a new one is expected to be online in its first so many days of work.

        By the laws of failure of its GPUs and of the satellite, by light, power and heat, and by its design life; as
        its operator reckons before anything has failed, mean over the orbits.
        """
        ages, gpu_days = self._outlook
        return float(np.interp(days, ages, gpu_days)) * HOURS_PER_DAY

    def cost_usd(self, satellites: int) -> float:
        """Price of so many satellites and of the flights that bring them to one plane, USD."""
        full, rest = divmod(satellites, self.satellites_per_flight)
        flights = full * self.flight_usd(float(self.satellites_per_flight))
        return satellites * self.satellite_usd + flights + (self.flight_usd(float(rest)) if rest else 0.0)

    @cached_property
    def _outlook(self) -> tuple[Floats, Floats]:
        return self.outlook()
