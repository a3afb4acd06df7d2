"""Common causes that strike many satellites at one instant: each shock decides by place who falls."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.births import part_named
from sim.engine.cohorts import Cohort
from sim.engine.weather import poisson_days
from sim.environment import Environment
from sim.events import NONE, EventKind
from sim.fleet import Fleet
from sim.scenario.failure import Shock
from sim.scenario.models import Scenario
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]


class World(Protocol):
    """What is struck."""

    env: simpy.Environment
    environment: Environment
    fleet: Fleet
    scenario: Scenario
    streams: Streams

    def home(self, serial: int) -> tuple[Cohort, int]:
        """Cohort of a satellite, and its position there."""

    def lose_gpus(self, cohort: Cohort, i: int, units: NDArray[np.intp], kind: EventKind, cause: int) -> None:
        """GPUs of a satellite fail together."""

    def remove(self, berth: int, kind: EventKind, cause: int, *, planned: bool) -> None:
        """The satellite in a berth ends."""

    def settle(self, *, reviewing: bool = False) -> None:
        """The fleet has changed."""

    def stand_still(self, plane: int, days: float, cause: int) -> None:
        """A plane stops computing for a while."""


def shocks(world: World) -> Iterator[Process]:
    """The processes of all shocks of a scenario: one for the fleet, or one a plane."""
    for name, shock in world.scenario.reliability.common_causes.items():
        if isinstance(shock, Shock):
            everywhere = [plane.id for plane in world.fleet.planes]
            for planes in [everywhere] if shock.scope == "fleet" else [[plane] for plane in everywhere]:
                yield strike_often(world, name, shock, planes)


def strike_often(world: World, name: str, shock: Shock, planes: list[int]) -> Process:
    """Strike some planes at the days of a Poisson process; a satellite's own shocks are its plane's, one slot each."""
    when = world.streams.of("shocks", part_named("cause", name), planes[0])
    stream = world.streams.of("struck by shocks", part_named("cause", name), planes[0])
    slots = world.fleet.planes[planes[0]].slots
    rate = shock.rate_per_year * (slots if shock.scope == "satellite" else 1)
    for day in poisson_days(when, rate, world.environment).tolist():
        yield world.env.timeout(max(0.0, day - world.env.now))
        only = int(stream.integers(slots)) if shock.scope == "satellite" else None
        for plane in planes:
            strike(world, name, shock, plane, only, stream)
        world.settle()


def strike(world: World, name: str, shock: Shock, plane: int, only: int | None, stream: np.random.Generator) -> None:
    """One shock in one plane; `only`: the one slot that it strikes."""
    fleet, cause = world.fleet, world.scenario.cause_numbers[name]
    layout = fleet.planes[plane]
    berths = layout.end_berth - layout.first_berth
    # A number for every place, whoever stands there: strategies that fill places otherwise meet the same shock.
    ends = stream.random(berths) < shock.satellite_lethality
    dies = stream.random((berths, fleet.positions)) < shock.gpu_lethality if shock.gpu_lethality else None
    if shock.outage_hours > 0:
        world.stand_still(plane, shock.outage_hours / HOURS_PER_DAY, cause)
    for place in range(berths) if only is None else [only]:
        berth = layout.first_berth + place
        serial = int(fleet.satellite[berth])
        if serial == NONE:
            continue
        if ends[place]:
            world.remove(berth, EventKind.BUS_FAILED, cause, planned=False)
        elif dies is not None:
            cohort, i = world.home(serial)
            units = np.flatnonzero(dies[place] & cohort.alive[i])
            if len(units):
                world.lose_gpus(cohort, i, units, EventKind.GROUP_FAILED, cause)
