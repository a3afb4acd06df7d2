"""The lives of satellites: what begins work, what fails, what ends, and what becomes of the dead."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.engine.built import Built
from sim.engine.cohort import Cohort
from sim.engine.context import Context
from sim.engine.repairs import Repairs
from sim.engine.training import TrainingJobs
from sim.engine.units import DERATING, END_OF_LIFE, FEW_GPUS, WARNING, Due, Units
from sim.environment import Limit
from sim.events import NONE, Cause, EventKind

Process = Generator[simpy.Event, Any, None]
Ints = NDArray[np.intp]

# numpy compares with a plain number ten times as fast as with a member of an enumeration.
_WORKING = int(BerthState.WORKING)
_CAUSE_OF = {Limit.HEAT: Cause.HEAT, Limit.ARRAY: Cause.ARRAY, Limit.BATTERY: Cause.BATTERY}


class Satellites:
    """The satellites in orbit and on their way between berths."""

    def __init__(self, context: Context, units: Units, jobs: TrainingJobs, after_change: Callable[[], None]) -> None:
        """`after_change` is called when something has happened that scheduler and strategy should know."""
        self.context = context
        self.units = units
        self.jobs = jobs
        self.after_change = after_change
        self.bound_for: dict[int, int] = {}
        """Slots that spares of their plane are on their way to, by serial number."""
        self.sent_to: dict[int, int] = {}
        """Berths kept for spares that are on their way from a parking orbit, by serial number."""
        self.repairs: Repairs | None = None  # where somebody serves satellites
        self._walks = 0
        self._awaited_day = float("inf")

    # Arrival

    def arrive(self, aboard: list[Built], berths: list[int], cause: Cause) -> None:
        """Satellites of one design have been moved into these berths: draw what ends of them, and let them live."""
        context, fleet = self.context, self.context.fleet
        now, places = context.now, np.array(berths, np.intp)
        serials = np.array([built.serial for built in aboard], np.intp)
        fleet.satellite[places] = serials
        fleet.design[places] = aboard[0].design
        cohort = self.units.arrive(
            aboard[0].design,
            places,
            np.array([built.berth for built in aboard], np.intp),
            np.array([built.ordinal for built in aboard]),
            serials,
            now,
            ground_days=np.array([built.ground_days for built in aboard]),
        )
        gpus = cohort.scenario.satellite.gpus
        fleet.gpus_alive[places] = gpus
        fleet.birth_day[places] = now
        fleet.set_life_ends(places, cohort.life_end_day)
        slot = fleet.is_slot[places]
        context.log.extend(
            len(aboard),
            time_days=now,
            kind=np.where(slot, EventKind.DELIVERED, EventKind.STORED),
            cause=cause,
            plane=cohort.plane,
            berth=places,
            satellite=serials,
            satellites=slot.astype(int),
            gpus=np.where(slot, gpus, 0),
            amount=cohort.life_end_day - now,
            design=cohort.design,
        )
        context.changed.update(cohort.planes[0].tolist())
        if self.jobs.uses_gpus:
            for i in np.flatnonzero(slot).tolist():
                self.offer_gpus(cohort, i, berths[i])
        self.walk_on()

    def offer_gpus(self, cohort: Cohort, i: int, slot: int) -> None:
        if self.jobs.uses_gpus:
            plane = self.context.fleet.planes[self.context.fleet.plane_of[slot]]
            self.jobs.join(plane, slot, cohort.alive[i] & cohort.active[i])

    # What the schedule has

    def walk_on(self) -> None:
        """See to it that somebody waits for the next entry of the schedule."""
        if self.units.next_day < self._awaited_day:
            self._walks += 1
            self._awaited_day = self.units.next_day
            self.context.env.process(self.walk(self._walks))

    def walk(self, number: int) -> Process:
        """Handle what the schedule has, in order, until a walk that begins earlier takes over.

        What falls on one moment, as the design lives of a cohort do, is one change: the strategy sees it whole.
        """
        while (day := self.units.next_day) < float("inf"):
            self._awaited_day = day
            yield self.context.env.timeout(max(0.0, day - self.context.now))
            if self._walks != number:
                return
            if self.units.next_day != day:
                continue  # the satellite awaited has ended before its day
            changed = False
            for due in self.units.due():
                changed |= self.handle_due(due)
            if changed:
                self.after_change()
                if self._walks != number:
                    return
        self._awaited_day = float("inf")

    def handle_due(self, due: Due) -> bool:
        """What the schedule has for a satellite now; returns whether scheduler or strategy should know."""
        cohort, i = due.cohort, due.i
        if due.hazard == END_OF_LIFE:
            self.end(cohort, i, EventKind.RETIRED, cohort.planned_end[i], planned=True)
            return True
        if due.hazard == FEW_GPUS:
            self.units.catch_up([int(cohort.serial[i])], self.context.now)
            self.context.changed.add(int(cohort.plane[i]))
            return True
        if due.hazard == WARNING:
            self._warn(cohort, i, due.group)
            return False
        if due.hazard == DERATING:
            self._derate(cohort, i, Limit(due.group), due.second_uniform)
            return False
        hazard = cohort.hazards[due.hazard].hazard
        if hazard.span == 0:
            cause = self._subsystem(due.second_uniform) if hazard.cause == Cause.BUS else hazard.cause
            self.end(cohort, i, EventKind.BUS_FAILED, cause, planned=False)
            return True
        first = due.group * hazard.span
        units = first + np.flatnonzero(cohort.alive[i, first : first + hazard.span])
        if len(units) == 0:
            return False
        self.lose_gpus(cohort, i, units, cohort.kind_of(due.hazard), hazard.cause)
        return True

    def _warn(self, cohort: Cohort, i: int, gpu: int) -> None:
        """A GPU that will fail for good has a transient fault."""
        berth = int(cohort.berth[i])
        if berth >= 0 and cohort.alive[i, gpu] and self.jobs.uses_gpus:
            extra_days = self.context.scenario.radiation.power_cycle_min / MINUTES_PER_DAY
            self.jobs.disturb(berth, gpu, Cause.WARNING, extra_days)

    def _derate(self, cohort: Cohort, i: int, limit: Limit, speed: float) -> None:
        """From now on the satellites of a cohort in a plane cannot always do all that was asked of them."""
        plane = int(cohort.plane[i])
        homes = (self.units.home(serial) for serial in cohort.serial[cohort.plane == plane].tolist())
        left = next((one.serial[j] for one, j in homes if not one.gone[j]), None)
        if left is not None:
            self.context.log.append(
                self.context.now,
                EventKind.DERATED,
                cause=_CAUSE_OF[limit],
                plane=plane,
                satellite=int(left),
                amount=speed,
                design=cohort.design,
            )

    def _subsystem(self, uniform: float) -> int:
        """The cause that a bus failure is put down to."""
        shares = self.context.scenario.reliability.bus_shares
        if not shares:
            return Cause.BUS
        reached = np.cumsum(list(shares.values()))
        name = list(shares)[int(np.searchsorted(reached, uniform * reached[-1], side="right"))]
        return self.context.scenario.cause_numbers[name]

    # Losses of GPUs

    def lose_gpus(self, cohort: Cohort, i: int, units: Ints, kind: EventKind, cause: int) -> None:
        """GPUs of a satellite fail together; spares aboard step in, and what is left goes on if it is enough."""
        satellite, fewer = cohort.scenario.satellite, int(np.count_nonzero(cohort.active[i, units]))
        cohort.alive[i, units] = False
        if self.repairs is not None:
            self.repairs.note(cohort, i, units, kind, cause)
        self._log_gpus(cohort, i, kind, cause, -fewer, len(units))
        berth = int(cohort.berth[i])
        working = berth >= 0 and self.context.fleet.state[berth] == _WORKING
        if working and self.jobs.uses_gpus:
            self.jobs.lose_gpus(berth, units, cause)
        if satellite.spare_gpus and len(waiting := np.flatnonzero(cohort.alive[i] & ~cohort.active[i])[:fewer]):
            self.units.switch_in(cohort, i, waiting, self.context.now)
            self._log_gpus(cohort, i, EventKind.SWITCHED_IN, cause, len(waiting), len(waiting))
            if working and self.jobs.uses_gpus:
                self.jobs.gain_gpus(berth, waiting)
            self.walk_on()
        self._switch_off_trays(cohort, i, units, kind)
        needed = satellite.gpus_needed
        if needed and not cohort.gone[i] and np.count_nonzero(cohort.alive[i]) < needed:
            self.end(cohort, i, EventKind.RETIRED, Cause.TOO_FEW_GPUS, planned=True)

    def _switch_off_trays(self, cohort: Cohort, i: int, units: Ints, kind: EventKind) -> None:
        """Trays with too few GPUs left are switched off, and what lives on them with it."""
        tray = cohort.scenario.satellite.tray
        if tray is None or kind is EventKind.TRAY_OFF or cohort.gone[i]:
            return
        for number in np.unique(units // tray.gpus).tolist():
            first = number * tray.gpus
            left = first + np.flatnonzero(cohort.alive[i, first : first + tray.gpus])
            if 0 < len(left) < tray.gpus_needed and not cohort.gone[i]:
                self.lose_gpus(cohort, i, left, EventKind.TRAY_OFF, Cause.TRAY)

    def _log_gpus(self, cohort: Cohort, i: int, kind: EventKind, cause: int, gpus: int, amount: int) -> None:
        """Write that GPUs of a satellite, at work or not, were lost or won; one row a GPU where GPUs fail singly."""
        fleet, berth = self.context.fleet, int(cohort.berth[i])
        at_work = berth >= 0 and fleet.state[berth] == _WORKING
        if berth >= 0:
            fleet.gpus_alive[berth] += gpus
            if not at_work or self.units.asked_below.tells(cohort, int(fleet.gpus_alive[berth]), gpus):
                self.context.changed.add(int(cohort.plane[i]))
        self.context.log.append(
            self.context.now,
            kind,
            cause=cause,
            plane=int(cohort.plane[i]),
            berth=berth,
            satellite=int(cohort.serial[i]),
            gpus=gpus if at_work else 0,
            amount=0 if kind is EventKind.GPU_FAILED else amount,
            design=cohort.design,
        )

    # Ends

    def end(self, cohort: Cohort, i: int, kind: EventKind, cause: int, *, planned: bool) -> None:
        """A satellite ends, wherever it is."""
        context, fleet = self.context, self.context.fleet
        berth, serial = int(cohort.berth[i]), int(cohort.serial[i])
        if berth < 0:  # on its way to a slot, which now stands empty
            self.units.end(cohort, i)
            kept = self.sent_to.pop(serial, NONE)
            slot = kept if kept != NONE else self.bound_for.pop(serial)
            plane = int(fleet.plane_of[slot])
            context.changed.add(plane)
            if kept != NONE:
                fleet.awaited[kept] = False
                fleet.transferring[plane] -= 1
            else:
                fleet.move(slot, BerthState.EMPTY)
                fleet.inbound[plane] -= 1
            context.log.append(context.now, kind, cause=cause, plane=plane, satellite=serial, design=cohort.design)
            self._dispose(cohort, i, planned=planned)
            return
        self.units.catch_up([serial], context.now)
        at_work = bool(fleet.state[berth] == BerthState.WORKING)
        plane = int(cohort.plane[i])
        context.log.append(
            context.now,
            kind,
            cause=cause,
            plane=plane,
            berth=berth,
            satellite=serial,
            satellites=-1 if at_work else 0,
            gpus=-int(fleet.gpus_alive[berth]) if at_work else 0,
            design=cohort.design,
        )
        self.units.end(cohort, i)
        cohort.berth[i] = NONE
        self._dispose(cohort, i, planned=planned)
        blocked_days = 0.0
        if at_work and not planned:
            blocked_days = context.environment.sites[plane].clear_days(cohort.design, context.now)
        self.vacate(berth, blocked_days)
        fleet.lost[berth] = not planned or cause in (Cause.TOO_FEW_GPUS, Cause.STRATEGY)
        if at_work:
            if self.jobs.uses_gpus:
                self.jobs.leave(berth, cause, planned=planned)
            if not planned:
                self._stand_off(plane)

    def remove(self, berth: int, kind: EventKind, cause: int, *, planned: bool) -> None:
        """The satellite in a berth ends and leaves it empty."""
        cohort, i = self.units.home(int(self.context.fleet.satellite[berth]))
        self.end(cohort, i, kind, cause, planned=planned)

    def _dispose(self, cohort: Cohort, i: int, *, planned: bool) -> None:
        """An ended satellite lowers itself, if it can; a dead one stays until the air brings it down."""
        context, where = self.context, cohort.addresses
        context.changed.add(int(cohort.plane[i]))
        if planned:
            drawn = context.streams.uniforms("disposal", 0, where.site[i], where.place[i], where.ordinal[i], 1)
            if drawn[0, 0] < cohort.scenario.satellite.propulsion.disposal_success:
                return
        plane = int(cohort.plane[i])
        years = context.environment.sites[plane].years_aloft(cohort.design, context.now)
        context.log.append(
            context.now,
            EventKind.ABANDONED,
            plane=plane,
            satellite=int(cohort.serial[i]),
            amount=years if np.isfinite(years) else -1.0,
            design=cohort.design,
        )

    def vacate(self, berth: int, blocked_days: float = 0.0) -> None:
        """Empty a berth's columns; a slot may be blocked for some days."""
        fleet = self.context.fleet
        if blocked_days > 0:
            fleet.move(berth, BerthState.BLOCKED)
            fleet.blocked_until[berth] = self.context.now + blocked_days
            if np.isfinite(blocked_days):
                self.context.env.process(self._clear(berth))
        else:
            fleet.move(berth, BerthState.EMPTY)
        fleet.satellite[berth] = NONE
        fleet.vacant_since[berth] = self.context.now
        fleet.gpus_alive[berth] = 0
        fleet.life_end_day[berth] = np.inf
        if self.repairs is not None:
            self.repairs.columns.clear(berth)

    def _clear(self, berth: int) -> Process:
        """A dead satellite drifts out of its slot."""
        fleet = self.context.fleet
        yield self.context.env.timeout(max(0.0, float(fleet.blocked_until[berth]) - self.context.now))
        fleet.move(berth, BerthState.EMPTY)
        self.context.changed.add(int(fleet.plane_of[berth]))
        self.after_change()

    def _stand_off(self, plane: int) -> None:
        """A formation keeps its distance from a satellite that died in it."""
        hours = self.context.scenario.reliability.stand_off_hours
        if hours > 0 and self.context.environment.sites[plane].colocated:
            self.suspend(plane, hours / HOURS_PER_DAY, Cause.STAND_OFF)

    def suspend(self, plane: int, days: float, cause: int) -> None:
        """A plane stops computing for a while."""
        self.context.log.append(self.context.now, EventKind.STOOD_STILL, cause=cause, plane=plane, amount=days)
        if self.jobs.uses_gpus:
            self.jobs.suspend(plane, self.context.now + days, cause)
