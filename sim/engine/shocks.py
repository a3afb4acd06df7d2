"""Common causes that hit many satellites at one instant: each shock decides by place who falls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import simpy

from sim.constants import HOURS_PER_DAY
from sim.engine.context import Context
from sim.engine.draws import part_named
from sim.engine.satellites import Satellites
from sim.engine.units import Units
from sim.engine.weather import poisson_days
from sim.events import NONE, EventKind
from sim.scenario.failure import Shock

Process = Generator[simpy.Event, Any, None]


class Shocks:
    """The shocks of a scenario."""

    def __init__(
        self, context: Context, units: Units, satellites: Satellites, after_change: Callable[[], None]
    ) -> None:
        self.context = context
        self.units = units
        self.satellites = satellites
        self.after_change = after_change

    def processes(self) -> Iterator[Process]:
        """The processes of all shocks: one for the fleet, or one a plane."""
        for name, shock in self.context.scenario.reliability.common_causes.items():
            if isinstance(shock, Shock):
                everywhere = [plane.id for plane in self.context.fleet.planes]
                for planes in [everywhere] if shock.scope == "fleet" else [[plane] for plane in everywhere]:
                    yield self._recur(name, shock, planes)

    def _recur(self, name: str, shock: Shock, planes: list[int]) -> Process:
        """Hit some planes on the days of a Poisson process; a satellite's own shocks are its plane's, one slot each."""
        context, part = self.context, part_named("cause", name)
        address = 0 if shock.scope == "fleet" else context.fleet.planes[planes[0]].address
        stream = context.streams.of("shocks", part, address)
        slots = context.fleet.planes[planes[0]].slots
        rate = shock.rate_per_year * (slots if shock.scope == "satellite" else 1)
        for number, day in enumerate(poisson_days(stream, rate, context.environment).tolist()):
            yield context.env.timeout(max(0.0, day - context.now))
            only = None
            if shock.scope == "satellite":
                only = int(context.streams.uniforms("shocked slot", part, address, number, 0, 1)[0, 0] * slots)
            for plane in planes:
                self._hit(name, shock, plane, number, only)
            self.after_change()

    def _hit(self, name: str, shock: Shock, plane: int, number: int, only: int | None) -> None:
        """One shock in one plane; `only`: the one slot that it hits."""
        fleet, streams = self.context.fleet, self.context.streams
        part, cause = part_named("cause", name), self.context.scenario.cause_numbers[name]
        layout = fleet.planes[plane]
        if shock.outage_hours > 0:
            self.satellites.suspend(plane, shock.outage_hours / HOURS_PER_DAY, cause)
        first = layout.first_berth
        berths = list(range(first, layout.end_berth)) if only is None else [first + only]
        berths = [berth for berth in berths if fleet.satellite[berth] != NONE]
        if not berths:
            return
        # A number for every place, whoever stands there: strategies that fill places otherwise meet the same shock.
        where = fleet.site[berths], fleet.place[berths]
        ends = streams.uniforms("shock ends", part, *where, number, 1)[:, 0] < shock.satellite_lethality
        for berth, dies in zip(berths, ends.tolist(), strict=True):
            if dies:
                self.satellites.remove(berth, EventKind.BUS_FAILED, cause, planned=False)
            elif shock.gpu_lethality > 0:
                self._hit_gpus(berth, part, number, shock.gpu_lethality, cause)

    def _hit_gpus(self, berth: int, part: int, number: int, lethality: float, cause: int) -> None:
        fleet, serial = self.context.fleet, int(self.context.fleet.satellite[berth])
        self.units.catch_up([serial], self.context.now)
        cohort, i = self.units.home(serial)
        drawn = self.context.streams.uniforms(
            "shock kills", part, fleet.site[berth], fleet.place[berth], number, cohort.alive.shape[1]
        )
        units = np.flatnonzero((drawn[0] < lethality) & cohort.alive[i])
        if len(units):
            self.satellites.lose_gpus(cohort, i, units, EventKind.GROUP_FAILED, cause)
