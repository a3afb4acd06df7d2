"""Hosts of a campus that serve: each on its own, so that one that fails takes nobody else from work."""

from __future__ import annotations

from collections.abc import Generator
from math import inf
from typing import Any

import simpy

from sim.constants import HOURS_PER_DAY
from sim.engine.context import Context
from sim.engine.hall_hazards import HallHazards
from sim.engine.hall_hosts import bad_hosts, fleet_of
from sim.engine.hall_time import HostRow, write_hosts
from sim.engine.host_clocks import HostClocks
from sim.engine.power_up import PowerUp
from sim.engine.workshop import Crew, Mended, Workshop
from sim.environment import Hall, HallPart
from sim.events import Cause, EventKind


class ServingHall:
    """The hosts, whose clocks run with the mission's; what they serve is worked out from the log."""

    def __init__(self, context: Context, hall: Hall, part: HallPart, crew: Crew) -> None:
        campus, streams, site = part.campus, context.streams, hall.layout.address
        self._context = context
        self._part = part
        self._gpus = hall.gpus_per_host
        key = (part.number,) if part.number else ()
        self.clocks = HostClocks(
            HallHazards.of(context.scenario, hall).wears,
            streams,
            site,
            bad_hosts(campus, streams.of("bad hosts", *key)),
            campus.bad.rate_factor,
            first=part.first,
            fleet=fleet_of(campus),
        )
        self._power = PowerUp(context, campus, part.first)
        draws = streams, site, part.first, campus.all_hosts
        self.workshop = Workshop(context.env, campus.repair, draws, crew, self._give_back)
        self._rows: list[HostRow] = []
        self._joined = context.env.event()

    def begin(self) -> None:
        """Let things happen from now on."""
        self._power.begin(self._rows.append, self._comes)
        self.clocks.start(self._power.hosts)
        self._context.env.process(self._serve())

    def close(self, horizon: float) -> None:
        """Write down what happened."""
        write_hosts(self._context.log, self._rows, self._part.first, self._gpus)

    def _serve(self) -> Generator[simpy.Event, Any, None]:
        """Hosts fail, one after the other."""
        env, clocks = self._context.env, self.clocks
        while True:
            due, host = clocks.first()
            if due > env.now:
                wait = [self._joined] if due == inf else [self._joined, env.timeout(due - env.now)]
                yield env.any_of(wait)
                if env.now < due:
                    continue
            clocks.now = max(due, clocks.now)
            cause = clocks.fail(host)
            self._rows.append((env.now, int(EventKind.HOST_FAILED), cause, host, -1, 0.0))
            self.workshop.take(host, failed_itself=True)

    def _give_back(self, mended: Mended) -> None:
        """A host comes back from repair."""
        host, day = mended.host, self._context.env.now
        if mended.manual_days > 0:
            hours = mended.manual_days * HOURS_PER_DAY
            self._rows.append((day, int(EventKind.VISITED), int(Cause.NONE), host, 0, hours))
        kind = EventKind.REPAIRED if mended.fixed else EventKind.MISREPAIRED
        if mended.fixed:
            self.clocks.renew(host)
            if self.clocks.bad[host]:
                self.clocks.turn(host, bad=False)
        self._rows.append((day, int(kind), int(Cause.NONE), host, 1, day - mended.taken_day))
        self._comes(host)

    def _comes(self, host: int) -> None:
        """A host begins to serve."""
        self.clocks.now = self._context.env.now
        self.clocks.join(host)
        self._joined.succeed()
        self._joined = self._context.env.event()
