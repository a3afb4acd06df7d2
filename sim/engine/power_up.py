"""Hosts of a campus come on line: those with power at the start, and the others as it comes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from sim.constants import DAYS_PER_YEAR
from sim.engine.context import Context
from sim.engine.hall_time import HostRow
from sim.events import Cause, EventKind
from sim.scenario.campus import Campus


class PowerUp:
    """When the hosts of a campus are delivered: each as it gets power."""

    def __init__(self, context: Context, campus: Campus, first: int = 0) -> None:
        """`first`: number of the first host in the log."""
        self._context = context
        self._campus = campus
        self._first = first
        self._days = campus.power_days
        self._life_days = context.scenario.satellite.design_life_years * DAYS_PER_YEAR
        there = np.flatnonzero(self._days == 0)
        self.hosts: list[int] = there[there < campus.hosts].tolist()
        """Hosts of the working pool that have power at the start."""
        self.spares: list[int] = there[there >= campus.hosts].tolist()
        """Spare ones."""

    def begin(self, note: Callable[[HostRow], None], comes: Callable[[int], None]) -> None:
        """Write down those of the start, and let the others come; `comes` is called with each of them."""
        context = self._context
        for hosts, working in ((self.hosts, 1), (self.spares, 0)):
            number = np.array(hosts, np.int32) + self._first
            context.log.extend(
                len(hosts), time_days=0.0, kind=EventKind.DELIVERED if working else EventKind.STORED,
                cause=Cause.DEPLOYMENT, plane=0, berth=number, satellite=number, satellites=working,
                gpus=working * context.scenario.satellite.gpus, amount=self._life_days,
            )  # fmt: skip
        if self._days.max() > 0:
            context.env.process(self._later(note, comes))

    def _later(
        self, note: Callable[[HostRow], None], comes: Callable[[int], None]
    ) -> Generator[simpy.Event, Any, None]:
        env = self._context.env
        for day in np.unique(self._days[self._days > 0]).tolist():
            yield env.timeout(day - env.now)
            for host in np.flatnonzero(self._days == day).tolist():
                working = host < self._campus.hosts
                kind = EventKind.DELIVERED if working else EventKind.STORED
                note((env.now, kind, Cause.DEPLOYMENT, host, int(working), self._life_days))
                comes(host)
