"""Common causes that strike many satellites at one instant: each shock decides by place who falls."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from sim.constants import HOURS_PER_DAY
from sim.engine.births import part_named
from sim.engine.weather import poisson_days
from sim.events import NONE, EventKind
from sim.scenario.failure import Shock

if TYPE_CHECKING:  # the world starts these processes
    from sim.engine.world import World

Process = Generator[simpy.Event, Any, None]


def shocks(world: World) -> Iterator[Process]:
    """The processes of all shocks of a scenario: one for the fleet, or one a plane."""
    for name, shock in world.scenario.reliability.common_causes.items():
        if isinstance(shock, Shock):
            everywhere = [plane.id for plane in world.fleet.planes]
            for planes in [everywhere] if shock.scope == "fleet" else [[plane] for plane in everywhere]:
                yield strike_often(world, name, shock, planes)


def strike_often(world: World, name: str, shock: Shock, planes: list[int]) -> Process:
    """Strike some planes at the days of a Poisson process; a satellite's own shocks are its plane's, one slot each."""
    stream = world.streams.of("shocks", part_named("cause", name), planes[0])
    slots = world.fleet.planes[planes[0]].slots
    rate = shock.rate_per_year * (slots if shock.scope == "satellite" else 1)
    for day in poisson_days(stream, rate, world.environment).tolist():
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
