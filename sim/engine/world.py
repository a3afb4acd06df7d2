"""One run of the fleet: the world in which cohorts live, launches fly, jobs run and the strategy decides.

Order within one instant: the event itself, then the jobs it touches, then the scheduler, then the strategy.
"""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.engine.births import Births
from sim.engine.cohorts import END_OF_LIFE, WARNING, Built, Cohort
from sim.engine.command import Command
from sim.engine.hazards import Hazards
from sim.engine.shocks import shocks
from sim.engine.supply import Supply
from sim.engine.training import TrainingJobs
from sim.engine.weather import Weather
from sim.environment import Environment, Limit
from sim.events import NONE, Cause, EventKind, EventRecorder
from sim.fleet import BerthState, Fleet
from sim.scenario.models import Scenario
from sim.strategies import Activate, Strategy
from sim.strategies.advice import initial_spares, review_period_days
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]
Ints = NDArray[np.intp]


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
        self.fleet = Fleet(environment.layouts, scenario.satellite.gpus, scenario.satellite.spare_gpus)
        self.weather = Weather(scenario, environment, streams)
        self.hazards = Hazards(scenario, environment, self.weather, streams)
        self.births = Births(streams, environment.layouts, self.hazards.per_satellite)
        self.jobs = TrainingJobs(
            self.env, scenario, environment, self.fleet, self.log, streams, self.weather.fluence_per_day
        )
        self.supply = Supply(self.env, scenario, streams, self.fleet, self.log, self)
        self._homes: dict[int, tuple[Cohort, int]] = {}  # by serial number
        self.command = Command(self)

    def run(self) -> None:
        """Run to the horizon."""
        for day, fluence in zip(self.weather.storm_days, self.weather.storm_fluence_cm2, strict=True):
            self.log.append(float(day), EventKind.STORM, amount=float(fluence))
        self.jobs.start()
        for shock in shocks(self):
            self.env.process(shock)
        self.supply.deploy(initial_spares(self.strategy, self.strategy_name))
        if (period := review_period_days(self.strategy, self.strategy_name)) is not None:
            self.env.process(self.command.review(period))
        self.settle()
        self.env.run(until=self.horizon_days)
        self.jobs.close(self.horizon_days)

    def settle(self, *, reviewing: bool = False) -> None:
        """After a change: the scheduler fills what is idle, the strategy decides, the scheduler fills again."""
        self.jobs.fill()
        if self.command.decide(reviewing=reviewing):
            self.jobs.fill()

    # Arrivals

    def arrive(self, plane: int, aboard: list[Built], places: list[int], cause: Cause) -> None:
        """Satellites have been moved into their places: give them their luck, and let them live."""
        life_end_day, dry = self.environment.life_end_day(plane, self.env.now)
        cohort = Cohort(
            scenario=self.scenario,
            plane=plane,
            built=aboard,
            birth_day=self.env.now,
            life_end_day=life_end_day,
            horizon_days=self.horizon_days,
            berth=list(places),
            fates=self.hazards.fates(
                self.births,
                plane,
                np.array([built.berth for built in aboard]) - self.fleet.planes[plane].first_berth,
                np.array([built.ordinal for built in aboard]),
                self.env.now,
                min(life_end_day, self.horizon_days),
                ~self.fleet.is_slot[places],
            ),
            planned_end=Cause.PROPELLANT if dry else Cause.END_OF_LIFE,
        )
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

    def home(self, serial: int) -> tuple[Cohort, int]:
        """Cohort of a satellite, and its position there."""
        return self._homes[serial]

    # The life of satellites

    def cohort_life(self, cohort: Cohort, generation: int) -> Process:
        """Walk the ends of everything aboard, in order, until a newer schedule replaces this one.

        What ends at one instant, as the design lives of a cohort do, is one change: the strategy sees it whole.
        """
        queue = cohort.queue
        while queue:
            day = queue[0][0]
            yield self.env.timeout(max(0.0, day - self.env.now))
            if cohort.generation != generation:
                return
            changed = False
            while queue and queue[0][0] == day:
                _, i, number, group = heappop(queue)
                if not cohort.gone[i]:
                    changed |= self.meet(cohort, i, number, group)
            if changed:
                self.settle()
                if cohort.generation != generation:
                    return

    def meet(self, cohort: Cohort, i: int, number: int, group: int) -> bool:
        """What a cohort's schedule has for a satellite now; returns whether it changed anything."""
        if number == END_OF_LIFE:
            self.end(cohort, i, EventKind.RETIRED, cohort.planned_end, planned=True)
            return True
        if number == WARNING:
            if cohort.berth[i] >= 0 and cohort.alive[i, group]:
                extra_days = self.scenario.radiation.power_cycle_min / MINUTES_PER_DAY
                self.jobs.disturb(cohort.berth[i], group, Cause.WARNING, extra_days)
            return False
        hazard = cohort.fates[number].hazard
        if hazard.span == 0:
            cause = self._subsystem(cohort.marks[i, number, group]) if hazard.cause == Cause.BUS else hazard.cause
            self.end(cohort, i, EventKind.BUS_FAILED, cause, planned=False)
            return True
        first = group * hazard.span
        units = first + np.flatnonzero(cohort.alive[i, first : first + hazard.span])
        if len(units) == 0:
            return False
        kind = EventKind.GPU_FAILED if hazard.of_one_gpu else EventKind.GROUP_FAILED
        self.lose_gpus(cohort, i, units, kind, hazard.cause)
        return True

    def _subsystem(self, mark: float) -> int:
        """The cause that a bus failure is put down to."""
        shares = self.scenario.reliability.bus_shares
        tower = np.cumsum(list(shares.values())) if shares else np.empty(0)
        if len(tower) == 0:
            return Cause.BUS
        name = list(shares)[int(np.searchsorted(tower, mark * tower[-1], side="right"))]
        return self.scenario.cause_numbers[name]

    def lose_gpus(self, cohort: Cohort, i: int, units: Ints, kind: EventKind, cause: int) -> None:
        """GPUs of a satellite fail together; spares aboard step in, and what is left goes on if it is enough."""
        satellite = self.scenario.satellite
        at_work = cohort.active[i, units]
        cohort.alive[i, units] = False
        self._change(cohort, i, kind, cause, -int(np.count_nonzero(at_work)), len(units))
        berth = cohort.berth[i]
        working = berth >= 0 and self.fleet.state[berth] == BerthState.WORKING
        if working:
            self.jobs.lose_gpus(berth, units, cause)
        waiting = np.flatnonzero(cohort.alive[i] & ~cohort.active[i])[: np.count_nonzero(at_work)]
        for position in waiting.tolist():
            cohort.switch_in(i, position, self.env.now)
        if len(waiting):
            self._change(cohort, i, EventKind.SWITCHED_IN, cause, len(waiting), len(waiting))
            if working:
                self.jobs.gain_gpus(berth, waiting)
            self.env.process(self.cohort_life(cohort, cohort.generation))
        if satellite.tray is not None and kind is not EventKind.TRAY_OFF and not cohort.gone[i]:
            for tray in np.unique(units // satellite.tray.gpus).tolist():
                first = tray * satellite.tray.gpus
                left = first + np.flatnonzero(cohort.alive[i, first : first + satellite.tray.gpus])
                if 0 < len(left) < satellite.tray.gpus_needed and not cohort.gone[i]:
                    self.lose_gpus(cohort, i, left, EventKind.TRAY_OFF, Cause.TRAY)
        if not cohort.gone[i] and np.count_nonzero(cohort.alive[i]) < satellite.gpus_needed:
            self.end(cohort, i, EventKind.RETIRED, Cause.TOO_FEW_GPUS, planned=True)

    def _change(self, cohort: Cohort, i: int, kind: EventKind, cause: int, gpus: int, amount: int) -> None:
        """Write that GPUs of a satellite, at work or not, were lost or won; one row a GPU where GPUs fail singly."""
        berth = cohort.berth[i]
        at_work = berth >= 0 and self.fleet.state[berth] == BerthState.WORKING
        if berth >= 0:
            self.fleet.gpus_alive[berth] += gpus
        self.log.append(
            self.env.now,
            kind,
            cause=cause,
            plane=cohort.plane,
            berth=berth,
            satellite=cohort.built[i].serial,
            gpus=gpus if at_work else 0,
            amount=0 if kind is EventKind.GPU_FAILED else amount,
        )

    def end(self, cohort: Cohort, i: int, kind: EventKind, cause: int, *, planned: bool) -> None:
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

    def remove(self, berth: int, kind: EventKind, cause: int, *, planned: bool) -> None:
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
        blocked_days = 0.0
        if at_work and not planned:
            blocked_days = self.environment.keeping.clear_days(cohort.plane, self.env.now)
        self._vacate(berth, blocked_days)
        if at_work:
            self.jobs.leave(berth, cause, planned=planned)
            if not planned:
                self.stand_off(cohort.plane)

    def clear(self, berth: int) -> Process:
        """A dead satellite drifts out of its slot."""
        yield self.env.timeout(float(self.fleet.blocked_until[berth]) - self.env.now)
        self.fleet.move(berth, BerthState.EMPTY)
        self.settle()

    def stand_off(self, plane: int) -> None:
        """A formation keeps its distance from a satellite that died in it."""
        hours = self.scenario.reliability.stand_off_hours
        if hours > 0 and self.environment.planes[plane].colocated:
            self.stand_still(plane, hours / HOURS_PER_DAY, Cause.STAND_OFF)

    def stand_still(self, plane: int, days: float, cause: int) -> None:
        """A plane stops computing for a while."""
        self.log.append(self.env.now, EventKind.STOOD_STILL, cause=cause, plane=plane, amount=days)
        self.jobs.suspend(plane, self.env.now + days, cause)

    def activate(self, action: Activate) -> None:
        """Send a spare to an empty slot of its plane."""
        fleet = self.fleet
        plane = fleet.plane_of[action.spare]
        if fleet.state[action.spare] != BerthState.STORED:
            raise self.command.impossible(action, f"berth {action.spare} holds no spare")
        if fleet.state[action.slot] != BerthState.EMPTY or not fleet.is_slot[action.slot]:
            raise self.command.impossible(action, f"berth {action.slot} is not an empty slot")
        if fleet.plane_of[action.slot] != plane:
            raise self.command.impossible(action, "the two lie in different planes")
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
        cohort.wake(i, self.env.now)
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
        self.fleet.gpus_alive[berth] = cohort.working(i)
        self.fleet.birth_day[berth] = cohort.birth_day
        self.fleet.life_end_day[berth] = cohort.life_end_day

    def _vacate(self, berth: int, blocked_days: float = 0.0) -> None:
        """Empty a berth's columns; a slot may be blocked for some days."""
        if blocked_days > 0:
            self.fleet.move(berth, BerthState.BLOCKED)
            self.fleet.blocked_until[berth] = self.env.now + blocked_days
            if np.isfinite(blocked_days):
                self.env.process(self.clear(berth))
        else:
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
        self.jobs.join(self.fleet.planes[self.fleet.plane_of[slot]], slot, cohort.alive[i] & cohort.active[i])
