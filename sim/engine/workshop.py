"""Repair of the hosts of a hall: an automatic stage, then perhaps a technician's, and what becomes of the host."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import MINUTES_PER_DAY
from sim.engine.host_draws import HostDraws
from sim.scenario.campus import Repair
from sim.streams import Streams

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Mended:
    """A host whose repair is over, or on its way there."""

    host: int
    taken_day: float
    manual_days: float
    """Work of a technician."""
    fixed: bool
    """Whether the fault was found."""
    failed_itself: bool
    """Whether it was the host that failed, not one taken for it."""


class Crew:
    """The technicians of a campus, first come first served."""

    def __init__(self, env: simpy.Environment, size: int | None) -> None:
        """`size`: none: there is always one free."""
        self._env = env
        self.size = size
        self._busy = 0
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()

    def work(self, days: float, then: Callable[[], None]) -> None:
        """One of them works for some days, as soon as one is free; then is called."""
        if self.size is not None and self._busy >= self.size:
            self._waiting.append((days, then))
        else:
            self._busy += 1
            self._begin(days, then)

    def _begin(self, days: float, then: Callable[[], None]) -> None:
        event = self._env.timeout(days)
        assert event.callbacks is not None
        event.callbacks.append(lambda _: self._leave(then))

    def _leave(self, then: Callable[[], None]) -> None:
        """A technician is done with a host and turns to the next."""
        if self._waiting:
            self._begin(*self._waiting.popleft())
        else:
            self._busy -= 1
        then()


class Workshop:
    """Takes hosts and gives them back; one without a limit on technicians needs one event for each."""

    def __init__(
        self,
        env: simpy.Environment,
        rules: Repair,
        draws: tuple[Streams, int, int, int],
        crew: Crew,
        done: Callable[[Mended], None],
    ) -> None:
        """`draws`: random streams, address of the hall, first host, hosts; `done` is called with each mended."""
        self._env = env
        self._rules = rules
        self._done = done
        streams, site, first, hosts = draws
        self._draws = HostDraws(streams, "repairs of hosts", 0, site, hosts, self._fates, first)
        self._ordinal = [-1] * hosts
        self._crew = crew

    def _fates(self, uniforms: Floats) -> Floats:
        """Days in the automatic stage, in the manual one (0: there is none), and whether the fault is found, (n, 3)."""
        rules = self._rules
        manual = uniforms[:, 1] < rules.manual_share
        failure = np.where(manual, rules.manual_failure, rules.automatic_failure)
        return np.stack(
            [
                -np.log(uniforms[:, 0]) * (rules.automatic_min / MINUTES_PER_DAY),
                np.where(manual, -np.log(uniforms[:, 2]) * (rules.manual_min / MINUTES_PER_DAY), 0.0),
                uniforms[:, 3] >= failure,
            ],
            axis=1,
        )

    def take(self, host: int, *, failed_itself: bool) -> None:
        """A host comes to be mended."""
        ordinal = self._ordinal[host] = self._ordinal[host] + 1
        drawn, row = self._draws.columns(host, ordinal)
        automatic, manual = drawn[0][row], drawn[1][row]
        mended = Mended(host, self._env.now, manual, drawn[2][row] > 0, failed_itself)
        if manual and self._crew.size is not None:
            self._after(automatic, mended, self._wait_for_technician)
        else:
            self._after(automatic + manual, mended, self._done)

    def _after(self, days: float, mended: Mended, then: Callable[[Mended], None]) -> None:
        event = self._env.timeout(days)
        assert event.callbacks is not None
        event.callbacks.append(lambda _: then(mended))

    def _wait_for_technician(self, mended: Mended) -> None:
        """The automatic stage has ended."""
        self._crew.work(mended.manual_days, lambda: self._done(mended))
