"""Asking the strategy, and carrying out what it says."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

import simpy

from sim.engine.supply import Supply
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind
from sim.fleet import Fleet, FleetView, PlaneLayout, PlaneView, view_of
from sim.strategies import Activate, Launch, Retire, Strategy
from sim.strategies.advice import decisions

Process = Generator[simpy.Event, Any, None]


class World(Protocol):
    """What is commanded."""

    env: simpy.Environment
    fleet: Fleet
    supply: Supply
    strategy: Strategy
    strategy_name: str

    def activate(self, action: Activate) -> None:
        """Send a spare to an empty slot of its plane."""

    def remove(self, berth: int, kind: EventKind, cause: int, *, planned: bool) -> None:
        """The satellite in a berth ends and leaves it empty."""

    def settle(self, *, reviewing: bool = False) -> None:
        """The fleet may have changed."""


class Command:
    """Between the strategy and the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._views: dict[int, tuple[tuple[int, int], PlaneView]] = {}

    def review(self, period_days: float) -> Process:
        """Ask the strategy at its fixed dates."""
        number = 1
        while True:
            yield self.world.env.timeout(max(0.0, number * period_days - self.world.env.now))
            self.world.settle(reviewing=True)
            number += 1

    def decide(self, *, reviewing: bool) -> bool:
        """Ask the strategy, and carry out what it says; returns whether it said anything."""
        view = FleetView(
            now_days=self.world.env.now,
            reviewing=reviewing,
            gpus_per_satellite=self.world.fleet.gpus_per_satellite,
            satellites_per_flight=self.world.supply.room,
            planes=tuple(self._view(plane) for plane in self.world.fleet.planes),
        )
        actions = decisions(self.world.strategy, self.world.strategy_name, view)
        for action in actions:
            match action:
                case Launch() if 0 <= action.plane < len(self.world.fleet.planes):
                    room = sum(len(berths) for berths in self.world.supply.candidates(action))
                    if not 0 < action.satellites <= room:
                        raise self.impossible(action, f"the plane has {action.to} for 1 to {room} more")
                    self.world.supply.order(action)
                case Activate() if self._is_berth(action.spare) and self._is_berth(action.slot):
                    self.world.activate(action)
                case Retire() if self._is_berth(action.berth) and self.world.fleet.satellite[action.berth] != NONE:
                    self.world.remove(action.berth, EventKind.RETIRED, Cause.STRATEGY, planned=True)
                case _:
                    raise self.impossible(action, "no such plane, berth or satellite")
        return bool(actions)

    def _is_berth(self, berth: int) -> bool:
        return 0 <= berth < len(self.world.fleet.state)

    def _view(self, plane: PlaneLayout) -> PlaneView:
        """The plane's view; made anew only when a number in it changed, since its arrays are windows."""
        key = int(self.world.fleet.on_order[plane.id]), int(self.world.fleet.inbound[plane.id])
        cached = self._views.get(plane.id)
        if cached is None or cached[0] != key:
            cached = self._views[plane.id] = key, view_of(self.world.fleet, plane)
        return cached[1]

    def impossible(self, action: object, why: str) -> InputError:
        """What to raise where a strategy asks for what cannot be done."""
        return InputError(
            f"strategy {self.world.strategy_name}: {action} on day {self.world.env.now:.1f} cannot be done: {why}"
        )
