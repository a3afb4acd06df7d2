"""One run of the fleet: the world in which cohorts live, launches fly, jobs run and the strategy decides.

Order within one instant: the event itself, then the jobs it touches, then the scheduler, then the strategy.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.engine.births import Births
from sim.engine.cohorts import BUS, DEBRIS, END_OF_LIFE, Built, Cohort
from sim.engine.controls import birth_controls
from sim.engine.jobs import Jobs
from sim.engine.supply import Supply
from sim.environment import Environment, Limit
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind, EventRecorder
from sim.fleet import BerthState, Fleet, FleetView, PlaneLayout, PlaneView, view_of
from sim.result import Result
from sim.scenario.models import Scenario
from sim.strategies import Activate, Launch, Retire, Strategy
from sim.strategies.advice import decisions, initial_spares, review_period_days
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]


def simulate(scenario: Scenario, environment: Environment, strategy: str, seed: int, replicate: int) -> Result:
    """Run one replicate of one strategy.

    The same arguments give the same result, whatever else runs.  Raises `ScenarioError` when the strategy does not
    exist or does not fit the scenario, and `InputError` when it asks for what cannot be done.
    """
    world = World(scenario, environment, scenario.strategy_named(strategy), strategy, Streams(seed, replicate))
    world.run()
    events = world.log.finish()
    capacity, capacity_of = environment.capacities(events)
    return Result(
        scenario=scenario,
        strategy=strategy,
        seed=seed,
        replicate=replicate,
        slots_per_plane=tuple(plane.slots for plane in environment.layouts),
        capacity=capacity,
        capacity_of=capacity_of,
        events=events,
        controls=birth_controls(scenario, environment.layouts, world.births, world.supply.planned_days),
    )


_CAUSE_OF = {Limit.HEAT: Cause.HEAT, Limit.ARRAY: Cause.ARRAY, Limit.BATTERY: Cause.BATTERY}


class World:
    """Everything that changes during a run, and the processes that change it."""

    def __init__(
        self, scenario: Scenario, environment: Environment, strategy: Strategy, strategy_name: str, streams: Streams
    ) -> None:
        self.scenario = scenario
        self.strategy = strategy
        self.strategy_name = strategy_name
        self.streams = streams
        self.horizon_days = environment.horizon_days
        self.environment = environment
        self.env = simpy.Environment()
        self.log = EventRecorder()
        self.fleet = Fleet(environment.layouts, scenario.satellite.gpus)
        self.births = Births(streams, environment.layouts, scenario.satellite.gpus)
        self.jobs = Jobs(self.env, scenario, environment, self.fleet, self.log)
        self.supply = Supply(self.env, scenario, streams, self.fleet, self.log, self)
        self._homes: dict[int, tuple[Cohort, int]] = {}  # by serial number
        self._views: dict[int, tuple[tuple[int, int], PlaneView]] = {}

    def run(self) -> None:
        """Run to the horizon."""
        self.jobs.start()
        self.supply.deploy(initial_spares(self.strategy, self.strategy_name))
        if (period := review_period_days(self.strategy, self.strategy_name)) is not None:
            self.env.process(self.review(period))
        self.settle()
        self.env.run(until=self.horizon_days)
        self.jobs.close(self.horizon_days)

    def settle(self, *, reviewing: bool = False) -> None:
        """After a change: the scheduler fills what is idle, the strategy decides, the scheduler fills again."""
        self.jobs.fill()
        if self.decide(reviewing=reviewing):
            self.jobs.fill()

    # Arrivals

    def arrive(self, plane: int, aboard: list[Built], places: list[int], cause: Cause) -> None:
        """Satellites have been moved into their places: give them their luck, and let them live."""
        life_end_day, dry = self.environment.life_end_day(plane, self.env.now)
        cohort = Cohort.born(
            built=aboard,
            places=places,
            stored=~self.fleet.is_slot[places],
            births=self.births,
            plane=plane,
            first_berth=self.fleet.planes[plane].first_berth,
            birth_day=self.env.now,
            life_end_day=life_end_day,
            horizon_days=self.horizon_days,
            gpus=self.scenario.satellite.gpus,
            reliability=self.scenario.reliability,
            collisions_per_year=float(self.environment.keeping.collisions_per_year[plane]),
        )
        cohort.planned_end = Cause.PROPELLANT if dry else Cause.END_OF_LIFE
        for i, (built, berth) in enumerate(zip(aboard, places, strict=True)):
            self._homes[built.serial] = cohort, i
            self._occupy(cohort, i, berth)
            if self.fleet.is_slot[berth]:
                self._begin_work(cohort, i, berth, EventKind.DELIVERED, cause)
            else:
                self.log.append(
                    self.env.now, EventKind.STORED, cause=cause, plane=plane, berth=berth, satellite=built.serial
                )
        self.env.process(self.cohort_life(cohort, cohort.generation))
        self.env.process(self.derate(plane, cohort))

    def derate(self, plane: int, cohort: Cohort) -> Process:
        """Log the day from which satellites of a cohort cannot do all that was asked of them, and why."""
        operation = self.environment.operation(cohort.birth_day)
        end = min(cohort.life_end_day, self.horizon_days)
        limited = np.flatnonzero((operation.limit[plane] > 0) & (operation.days < end))
        limited = limited[operation.days[limited] + 1 > cohort.birth_day]
        if len(limited) == 0:
            return
        first = int(limited[0])
        yield self.env.timeout(max(0.0, float(operation.days[first]) - self.env.now))
        left = [built.serial for built, gone in zip(cohort.built, cohort.gone, strict=True) if not gone]
        if left:
            limit = Limit(int(operation.limit[plane, first]))
            speed = operation.dark_speed if limit is Limit.BATTERY else operation.light_speed
            self.log.append(
                self.env.now,
                EventKind.DERATED,
                cause=_CAUSE_OF[limit],
                plane=plane,
                satellite=left[0],
                amount=float(speed[plane, first]),
            )

    # The life of satellites

    def cohort_life(self, cohort: Cohort, generation: int) -> Process:
        """Walk the ends of everything aboard, in order, until a newer schedule replaces this one.

        What ends at one instant, as the design lives of a cohort do, is one change: the strategy sees it whole.
        """
        schedule = zip(cohort.days, cohort.satellites, cohort.units, strict=True)
        for day, together in groupby(schedule, key=itemgetter(0)):
            ends = [(i, unit) for _, i, unit in together if not cohort.gone[i]]
            if not ends:
                continue
            yield self.env.timeout(max(0.0, day - self.env.now))
            if cohort.generation != generation:
                return
            left = [(i, unit) for i, unit in ends if not cohort.gone[i]]
            for i, unit in left:
                if unit == BUS:
                    self.end(cohort, i, EventKind.BUS_FAILED, Cause.BUS, planned=False)
                elif unit == END_OF_LIFE:
                    self.end(cohort, i, EventKind.RETIRED, cohort.planned_end, planned=True)
                elif unit == DEBRIS:
                    self.end(cohort, i, EventKind.BUS_FAILED, Cause.DEBRIS, planned=False)
                else:
                    self.lose_gpu(cohort, i, unit)
            if left:
                self.settle()

    def lose_gpu(self, cohort: Cohort, i: int, unit: int) -> None:
        """One GPU fails; its satellite goes on with the others."""
        cohort.alive[i, unit] = False
        berth = cohort.berth[i]
        at_work = berth >= 0 and self.fleet.state[berth] == BerthState.WORKING
        if berth >= 0:
            self.fleet.gpus_alive[berth] -= 1
        self.log.append(
            self.env.now,
            EventKind.GPU_FAILED,
            cause=Cause.GPU,
            plane=int(self.fleet.plane_of[berth if berth >= 0 else cohort.bound_for[i]]),
            berth=berth,
            satellite=cohort.built[i].serial,
            gpus=-1 if at_work else 0,
        )
        if at_work:
            self.jobs.lose_gpu(berth, unit)

    def end(self, cohort: Cohort, i: int, kind: EventKind, cause: Cause, *, planned: bool) -> None:
        """A satellite ends, wherever it is."""
        if cohort.berth[i] >= 0:
            self.remove(cohort.berth[i], kind, cause, planned=planned)
            return
        slot = cohort.bound_for[i]  # on its way to a slot, which now stands empty
        cohort.gone[i] = True
        plane = int(self.fleet.plane_of[slot])
        self.fleet.move(slot, BerthState.EMPTY)
        self.fleet.inbound[plane] -= 1
        self.log.append(self.env.now, kind, cause=cause, plane=plane, satellite=cohort.built[i].serial)
        self.dispose(cohort.built[i], plane, planned=planned)

    def dispose(self, built: Built, plane: int, *, planned: bool) -> None:
        """An ended satellite lowers itself, if it can; a dead one stays until the air brings it down."""
        if planned:
            luck = self.streams.of("disposal", built.berth, built.ordinal)
            if luck.random() < self.scenario.satellite.propulsion.disposal_success:
                return
        years = self.environment.keeping.years_aloft(plane, self.env.now)
        self.log.append(
            self.env.now,
            EventKind.ABANDONED,
            plane=plane,
            satellite=built.serial,
            amount=years if np.isfinite(years) else -1.0,
        )

    def remove(self, berth: int, kind: EventKind, cause: Cause, *, planned: bool) -> None:
        """The satellite in a berth ends and leaves it empty."""
        serial = int(self.fleet.satellite[berth])
        cohort, i = self._homes[serial]
        cohort.gone[i] = True
        cohort.berth[i] = NONE
        at_work = self.fleet.state[berth] == BerthState.WORKING
        self.log.append(
            self.env.now,
            kind,
            cause=cause,
            plane=int(self.fleet.plane_of[berth]),
            berth=berth,
            satellite=serial,
            satellites=-1 if at_work else 0,
            gpus=-int(self.fleet.gpus_alive[berth]) if at_work else 0,
        )
        self.dispose(cohort.built[i], int(self.fleet.plane_of[berth]), planned=planned)
        self._vacate(berth)
        if at_work:
            self.jobs.leave(berth, cause, planned=planned)

    def activate(self, action: Activate) -> None:
        """Send a spare to an empty slot of its plane."""
        fleet = self.fleet
        plane = fleet.plane_of[action.spare]
        if fleet.state[action.spare] != BerthState.STORED:
            raise self._impossible(action, f"berth {action.spare} holds no spare")
        if fleet.state[action.slot] != BerthState.EMPTY or not fleet.is_slot[action.slot]:
            raise self._impossible(action, f"berth {action.slot} is not an empty slot")
        if fleet.plane_of[action.slot] != plane:
            raise self._impossible(action, "the two lie in different planes")
        serial = int(fleet.satellite[action.spare])
        cohort, i = self._homes[serial]
        self._vacate(action.spare)
        fleet.move(action.slot, BerthState.RESERVED)
        fleet.inbound[plane] += 1
        cohort.berth[i], cohort.bound_for[i] = NONE, action.slot
        self.log.append(
            self.env.now,
            EventKind.ACTIVATED,
            plane=int(plane),
            berth=action.spare,
            satellite=serial,
            amount=action.phasing_days,
        )
        cohort.wake(i, self.env.now, self.scenario.reliability, self.horizon_days)
        self.env.process(self.cohort_life(cohort, cohort.generation))
        self.env.process(self.phase(cohort, i, action.slot, action.phasing_days))

    def phase(self, cohort: Cohort, i: int, slot: int, phasing_days: float) -> Process:
        """Drift along the plane to a slot and begin work there."""
        yield self.env.timeout(phasing_days)
        if cohort.gone[i]:
            return
        cohort.berth[i], cohort.bound_for[i] = slot, NONE
        self.fleet.inbound[self.fleet.plane_of[slot]] -= 1
        self.fleet.move(slot, BerthState.WORKING)
        self._occupy(cohort, i, slot)
        self._begin_work(cohort, i, slot, EventKind.PLACED, Cause.NONE)
        self.settle()

    def _occupy(self, cohort: Cohort, i: int, berth: int) -> None:
        """Fill a berth's columns."""
        self.fleet.satellite[berth] = cohort.built[i].serial
        self.fleet.gpus_alive[berth] = np.count_nonzero(cohort.alive[i])
        self.fleet.birth_day[berth] = cohort.birth_day
        self.fleet.life_end_day[berth] = cohort.life_end_day

    def _vacate(self, berth: int) -> None:
        """Empty a berth's columns."""
        self.fleet.move(berth, BerthState.EMPTY)
        self.fleet.satellite[berth] = NONE
        self.fleet.gpus_alive[berth] = 0
        self.fleet.life_end_day[berth] = np.inf

    def _begin_work(self, cohort: Cohort, i: int, slot: int, kind: EventKind, cause: Cause) -> None:
        self.log.append(
            self.env.now,
            kind,
            cause=cause,
            plane=int(self.fleet.plane_of[slot]),
            berth=slot,
            satellite=cohort.built[i].serial,
            satellites=1,
            gpus=int(self.fleet.gpus_alive[slot]),
        )
        self.jobs.join(self.fleet.planes[self.fleet.plane_of[slot]], slot, cohort.alive[i])

    # The strategy

    def review(self, period_days: float) -> Process:
        """Ask the strategy at its fixed dates."""
        number = 1
        while True:
            yield self.env.timeout(max(0.0, number * period_days - self.env.now))
            self.settle(reviewing=True)
            number += 1

    def decide(self, *, reviewing: bool) -> bool:
        """Ask the strategy, and carry out what it says; returns whether it said anything."""
        view = FleetView(
            now_days=self.env.now,
            reviewing=reviewing,
            gpus_per_satellite=self.fleet.gpus_per_satellite,
            satellites_per_flight=self.supply.room,
            planes=tuple(self._view(plane) for plane in self.fleet.planes),
        )
        actions = decisions(self.strategy, self.strategy_name, view)
        for action in actions:
            match action:
                case Launch() if 0 <= action.plane < len(self.fleet.planes):
                    room = sum(len(berths) for berths in self.supply.candidates(action))
                    if not 0 < action.satellites <= room:
                        raise self._impossible(action, f"the plane has {action.to} for 1 to {room} more")
                    self.supply.order(action)
                case Activate() if self._is_berth(action.spare) and self._is_berth(action.slot):
                    self.activate(action)
                case Retire() if self._is_berth(action.berth) and self.fleet.satellite[action.berth] != NONE:
                    self.remove(action.berth, EventKind.RETIRED, Cause.STRATEGY, planned=True)
                case _:
                    raise self._impossible(action, "no such plane, berth or satellite")
        return bool(actions)

    def _is_berth(self, berth: int) -> bool:
        return 0 <= berth < len(self.fleet.state)

    def _view(self, plane: PlaneLayout) -> PlaneView:
        """The plane's view; made anew only when a number in it changed, since its arrays are windows."""
        key = int(self.fleet.on_order[plane.id]), int(self.fleet.inbound[plane.id])
        cached = self._views.get(plane.id)
        if cached is None or cached[0] != key:
            cached = self._views[plane.id] = key, view_of(self.fleet, plane)
        return cached[1]

    def _impossible(self, action: object, why: str) -> InputError:
        return InputError(f"strategy {self.strategy_name}: {action} on day {self.env.now:.1f} cannot be done: {why}")
