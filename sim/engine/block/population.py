"""The satellites of a walk in blocks: who stands where, what is due of whom, and what happens to many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.constants import HOURS_PER_DAY
from sim.engine.block.births import Births, Newborn
from sim.engine.block.block_log import BlockLog, GpuLosses
from sim.engine.block.built import Built
from sim.engine.block.calendar import Calendar
from sim.engine.block.months import PlaneMonths
from sim.engine.block.online import Online
from sim.engine.block.serving import whole_share
from sim.engine.block.training import gangs_of
from sim.engine.draws import Addresses
from sim.engine.hazards import Hazard
from sim.environment.coarse import Coarse
from sim.events import NONE, Cause, EventKind
from sim.fleet import Fleet
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GONE = -1
"""In place of the berth of a satellite that has ended, or that went on as another life."""
_WORKING, _STORED = int(BerthState.WORKING), int(BerthState.STORED)


@dataclass
class _Columns:
    """One entry a life: a satellite from its birth, or from its waking, on."""

    berth: NDArray[np.int32]
    """Where it is; `GONE`; or on its way to a slot: -2 - slot."""
    serial: NDArray[np.int32]
    built_for: NDArray[np.int32]
    ordinal: NDArray[np.int16]
    bin: NDArray[np.uint16]
    """Of birth, see `Online`."""
    end_day: NDArray[np.float32]
    """By plan."""
    awake: NDArray[np.bool_]
    """From birth on, or from the waking that the life begins with."""

    def grow(self, size: int) -> None:
        """Make room for so many."""
        for name, column in vars(self).items():
            longer = np.empty(size, column.dtype)
            longer[: len(column)] = column
            setattr(self, name, longer)


@dataclass(frozen=True)
class Site:
    """What a walk knows of each design and plane."""

    scenarios: tuple[Scenario, ...]
    """With each design as the satellite."""
    coarse: tuple[Coarse, ...]
    births: tuple[Births, ...]
    colocated: NDArray[np.bool_]
    """Planes whose satellites fly together, shape (planes,)."""


class Population:
    """All satellites in orbit, and on their way between berths."""

    def __init__(
        self, known: Site, fleet: Fleet, log: BlockLog, streams: Streams, *, block_days: float, horizon_days: float
    ) -> None:
        self.known = known
        self.fleet = fleet
        self.log = log
        self.streams = streams
        self.block_days = block_days
        self.horizon_days = horizon_days
        self.blocks = int(np.ceil(horizon_days / block_days - 1e-9))
        self.block = -1
        """The block that is being walked."""
        self.changed = np.zeros(len(fleet.planes), bool)
        """Planes in which something changed that the strategy has not been asked about yet."""
        self.extended_days = 0.0
        self.looks_ahead_days: tuple[float, ...] = ()
        self.looks_at_age_days: tuple[float, ...] = ()
        self.asked_below = 0.0
        self.workload = known.scenarios[0].workload
        jobs, services = len(self.workload.jobs), len(self.workload.inference)
        self.months = PlaneMonths.of(len(fleet.planes), horizon_days, services, jobs)
        self.online = Online(known.coarse, fleet.slots_in[BerthState.WORKING], self.months, block_days)
        self.life_in = np.full(len(fleet.state), GONE, np.int32)
        """Life in each berth."""
        self.lives = 0
        self._columns = _Columns(
            *(np.empty(0, kind) for kind in (np.int32, np.int32, np.int32, np.int16, np.uint16, np.float32, bool))
        )
        self._ends, self._losses = Calendar(self.blocks), Calendar(self.blocks)
        self._cleared, self._placed, self._looked_at = (Calendar(self.blocks) for _ in range(3))
        hazards = [one.hazard for births in known.births for one in births.hazards]
        self._first_hazard = np.cumsum([0, *(len(births.hazards) for births in known.births)])
        self._gpus = GpuLosses(
            len(fleet.planes),
            np.array([_kind(one) for one in hazards], np.uint8),
            np.array([one.cause for one in hazards], np.uint8),
            np.repeat(np.arange(len(known.births)), np.diff(self._first_hazard)).astype(np.uint8),
        )

    def block_of(self, day: Floats) -> Ints:
        """Block in which something is due: this one is under way, so what is due in it is found in the next."""
        return np.maximum((np.minimum(day, 1e7) / self.block_days).astype(np.intp), self.block + 1)

    # Births

    def conceive(self, built: Built, serials: NDArray[np.int32], day: Floats) -> Ints:
        """Find out what will become of satellites of one design that arrive on these days; returns their lives.

        They are taken to come to what they were built for, a slot or a spare berth.
        """
        fleet, design = self.fleet, int(built.design[0])
        lives = self._new_lives(len(built))
        columns = self._columns
        columns.berth[lives], columns.serial[lives] = GONE, serials
        columns.built_for[lives], columns.ordinal[lives] = built.berth, built.ordinal
        columns.bin[lives] = self.online.bin_of(day)
        columns.awake[lives] = self._is_awake(built.berth)
        plane = fleet.plane_of[built.berth].astype(np.intp)
        end, dry = self.known.coarse[design].planned_end(plane, day, self.extended_days)
        columns.end_day[lives] = end
        self._live(lives, design, plane, day, day, end, dry, wake=np.where(columns.awake[lives], day, end))
        return lives

    def _is_awake(self, berths: NDArray[np.integer]) -> NDArray[np.bool_]:
        if self.known.scenarios[0].constellation.spares.mode == "hot":
            return np.ones(len(berths), bool)
        return self.fleet.is_slot[berths]

    def bear(self, lives: Ints, day: Floats, berths: Ints, design: int, *, cause: int) -> None:
        """Satellites of one design arrive on these days in these berths, which are theirs already."""
        fleet = self.fleet
        # One that comes to a slot in place of a spare berth, or the other way round, lives otherwise.
        other = np.flatnonzero(self._is_awake(berths) != self._columns.awake[lives])
        if len(other):
            lives = lives.copy()
            lives[other] = self._again(lives[other], day[other], berths[other], design)
        columns = self._columns
        serials, end = columns.serial[lives], columns.end_day[lives]
        plane, slot = fleet.plane_of[berths].astype(np.intp), fleet.is_slot[berths]
        gpus = self.known.scenarios[design].satellite.gpus
        columns.berth[lives] = berths
        fleet.satellite[berths], fleet.design[berths], fleet.gpus_alive[berths] = serials, design, gpus
        fleet.birth_day[berths], fleet.life_end_day[berths] = day, end
        self.life_in[berths] = lives
        self.log.extend(
            len(lives),
            time_days=day,
            kind=np.where(slot, EventKind.DELIVERED, EventKind.STORED),
            cause=cause,
            plane=plane,
            berth=berths,
            satellite=serials,
            satellites=slot,
            gpus=np.where(slot, gpus, 0),
            amount=end - day,
            design=design,
        )
        at_work = np.flatnonzero(slot)
        self.online.add(columns.bin[lives[at_work]], plane[at_work], design, np.full(len(at_work), gpus))
        self.changed[plane] = True
        self._foresee(plane, day, end)

    def _again(self, old: Ints, day: Floats, berths: Ints, design: int) -> Ints:
        """New lives of satellites that come to another kind of berth than they were built for."""
        new = self._copy(old)
        columns = self._columns
        awake = self._is_awake(berths)
        columns.awake[new] = awake
        plane = self.fleet.plane_of[berths].astype(np.intp)
        end, dry = self.known.coarse[design].planned_end(plane, day, self.extended_days)
        self._live(new, design, plane, day, day, end, dry, wake=np.where(awake, day, end))
        return new

    def _copy(self, old: Ints) -> Ints:
        """New lives of the same satellites."""
        new = self._new_lives(len(old))
        for column in vars(self._columns).values():
            column[new] = column[old]
        return new

    def _new_lives(self, count: int) -> Ints:
        first = self.lives
        self.lives += count
        if self.lives > len(self._columns.berth):
            self._columns.grow(max(self.lives, int(1.3 * len(self._columns.berth))))
        return np.arange(first, self.lives)

    def _live(
        self,
        lives: Ints,
        design: int,
        plane: Ints,
        birth: Floats,
        since: Floats,
        end: Floats,
        dry: NDArray[np.bool_],
        *,
        wake: Floats,
    ) -> None:
        """Find out what becomes of some lives, and enter what of it comes after `since`."""
        columns, fleet = self._columns, self.fleet
        built_for = columns.built_for[lives]
        where = Addresses(fleet.site[built_for], fleet.place[built_for], columns.ordinal[lives].astype(np.uint64))
        horizon = np.minimum(end, self.horizon_days)
        found = self.known.births[design].resolve(Newborn(where, plane, birth, horizon, wake))
        ends = np.flatnonzero((found.end_day < self.horizon_days) & (found.end_day > since - 1e-9))
        by_plan = np.where(dry, Cause.PROPELLANT, Cause.END_OF_LIFE).astype(np.uint8)
        cause = np.where(found.cause == Cause.NONE, by_plan, found.cause)
        planned = found.cause == Cause.NONE
        self._ends.add(
            self.block_of(found.end_day[ends]),
            lives[ends].astype(np.int32),
            found.end_day[ends].astype(np.float32),
            cause[ends],
            planned[ends],
        )
        if not (since > birth).any():
            who, day, hazard = found.satellite, found.day, found.hazard
        else:
            later = np.flatnonzero(found.day > since[found.satellite])
            who, day, hazard = found.satellite[later], found.day[later], found.hazard[later]
        number = hazard + np.uint8(self._first_hazard[design])
        self._losses.add(self.block_of(day), lives[who].astype(np.int32), number)

    def _foresee(self, plane: Ints, birth: Floats, end: Floats) -> None:
        """See to it that the strategy is asked before lives end, and at the ages that it looks at."""
        days = [birth + age for age in self.looks_at_age_days]
        for ahead in self.looks_ahead_days:
            days.append(np.where(end < self.horizon_days, end - ahead, np.inf))
        for day in days:
            later = np.flatnonzero((day > birth) & (day < self.horizon_days))
            if len(later):
                both = np.unique(np.stack([self.block_of(day[later]), plane[later]]), axis=1)
                self._looked_at.add(both[0], both[1].astype(np.int16))

    # What a block brings

    def lose_gpus(self, middle: float) -> None:
        """GPUs that die in this block."""
        due = self._losses.at(self.block)
        if due is None:
            return
        life, hazard = due
        berth = self._columns.berth[life]
        there = berth != GONE
        if not there.all():
            life, hazard, berth = life[there], hazard[there], berth[there]
        on_way = berth < GONE
        slot = np.where(on_way, -2 - berth, berth).astype(np.intp)  # GPUs of one on its way are counted at its slot
        fleet = self.fleet
        working = (fleet.state[slot] == _WORKING) & ~on_way
        plane = fleet.plane_of[slot].astype(np.intp)
        np.subtract.at(fleet.gpus_alive, slot, np.ones(len(slot), np.int32))  # fast for equal types alone
        self._gpus.add(middle, hazard.astype(np.intp), plane, working)
        at_work = life[working] if not working.all() else life
        self.online.remove_each(self._columns.bin[at_work], plane[working], fleet.design[slot[working]])
        self._look_after_losses(slot, plane)

    def _look_after_losses(self, slot: Ints, plane: Ints) -> None:
        """Who lost GPUs: too few may be left, and the strategy may look at them."""
        fleet = self.fleet
        stored = fleet.state[slot] == _STORED
        self.changed[plane[stored]] = True
        if self.asked_below > 0:
            gpus = np.array([one.satellite.gpus for one in self.known.scenarios])[fleet.design[slot]]
            self.changed[plane[fleet.gpus_alive[slot] < self.asked_below * gpus]] = True
        for design, scenario in enumerate(self.known.scenarios):
            needed = scenario.satellite.gpus_needed
            if needed:
                few = np.unique(slot[(fleet.gpus_alive[slot] < needed) & (fleet.design[slot] == design)])
                few = few[self.life_in[few] != GONE]
                day = np.full(len(few), (self.block + 0.5) * self.block_days)
                self.end(self.life_in[few], day, np.full(len(few), Cause.TOO_FEW_GPUS), planned=np.ones(len(few), bool))

    def end_due(self) -> None:
        """Satellites that end in this block."""
        due = self._ends.at(self.block)
        if due is None:
            return
        life, day, cause, planned = due
        left = self._columns.berth[life] != GONE
        self.end(life[left].astype(np.intp), day[left].astype(float), cause[left], planned=planned[left])

    def end(self, life: Ints, day: Floats, cause: NDArray[np.integer], *, planned: NDArray[np.bool_]) -> None:
        """Satellites end, wherever they are; `planned`: none that failed."""
        if len(life) == 0:
            return
        day = np.maximum(day, self.block * self.block_days)
        berth = self._columns.berth[life].astype(np.intp)
        on_way = berth < GONE
        if on_way.any():
            slots = -2 - berth[on_way]
            self.fleet.move_all(slots, BerthState.EMPTY)
            self.fleet.inbound -= np.bincount(self.fleet.plane_of[slots], minlength=len(self.changed)).astype(np.int32)
            self.fleet.gpus_alive[slots] = 0
            self._log_ends(life[on_way], np.full(len(slots), NONE), slots, day[on_way], cause[on_way], planned[on_way])
        there = np.flatnonzero(~on_way)
        if len(there):
            self._vacate_ended(life[there], berth[there], day[there], cause[there], planned[there])
        self._columns.berth[life] = GONE

    def _vacate_ended(
        self, life: Ints, berth: Ints, day: Floats, cause: NDArray[np.integer], planned: NDArray[np.bool_]
    ) -> None:
        fleet = self.fleet
        working = fleet.state[berth] == _WORKING
        self._log_ends(life, berth, berth, day, cause, planned)
        at_work = np.flatnonzero(working)
        plane = fleet.plane_of[berth]
        for design in range(len(self.known.scenarios)):
            mine = at_work[fleet.design[berth[at_work]] == design]
            gpus = fleet.gpus_alive[berth[mine]].astype(np.int64)
            self.online.add(self._columns.bin[life[mine]], plane[mine].astype(np.intp), design, -gpus)
        dead = working & ~planned
        blocked = np.zeros(len(berth))
        if dead.any():
            blocked[dead] = self._clear_days(fleet.design[berth[dead]], plane[dead], day[dead])
            self._stand_off(plane[dead], day[dead])
        self.empty(berth, day, blocked)
        fleet.lost[berth] = ~planned | np.isin(cause, (Cause.TOO_FEW_GPUS, Cause.STRATEGY))

    def _stand_off(self, plane: NDArray[np.int32], day: Floats) -> None:
        """Formations keep their distance from satellites that died in them."""
        hours = self.known.scenarios[0].reliability.stand_off_hours
        for one in np.flatnonzero(self.known.colocated[plane]).tolist() if hours > 0 else ():
            self.stand_still(int(plane[one]), float(day[one]), hours / HOURS_PER_DAY, Cause.STAND_OFF)

    def _clear_days(self, design: NDArray[np.int8], plane: NDArray[np.int32], day: Floats) -> Floats:
        found = np.zeros(len(plane))
        for number in np.unique(design).tolist():
            mine = design == number
            found[mine] = self.known.coarse[number].clear_days(plane[mine].astype(np.intp), day[mine])
        return found

    def _log_ends(
        self,
        life: Ints,
        berth: Ints,
        place: Ints,
        day: Floats,
        cause: NDArray[np.integer],
        planned: NDArray[np.bool_],
    ) -> None:
        """Write ends; `berth`: none for those on their way to `place`."""
        fleet, columns = self.fleet, self._columns
        working = (fleet.state[place] == _WORKING) & (berth != NONE)
        plane, design = fleet.plane_of[place], fleet.design[place]
        self.log.extend(
            len(life),
            time_days=day,
            kind=np.where(planned, EventKind.RETIRED, EventKind.BUS_FAILED),
            cause=cause,
            plane=plane,
            berth=berth,
            satellite=columns.serial[life],
            satellites=-working.astype(np.int32),
            gpus=np.where(working, -fleet.gpus_alive[place], 0),
            design=design,
        )
        self.changed[plane] = True
        self._dispose(life, plane, design, day, planned)

    def _dispose(
        self,
        life: Ints,
        plane: NDArray[np.int32],
        design: NDArray[np.int8],
        day: Floats,
        planned: NDArray[np.bool_],
    ) -> None:
        """Ended satellites lower themselves, if they can; dead ones stay until the air brings them down."""
        columns, fleet = self._columns, self.fleet
        built_for = columns.built_for[life]
        where = fleet.site[built_for], fleet.place[built_for], columns.ordinal[life].astype(np.uint64)
        success = np.array([one.satellite.propulsion.disposal_success for one in self.known.scenarios])[design]
        stays = ~planned
        can = np.flatnonzero(planned)
        if len(can):
            drawn = self.streams.uniforms("disposal", 0, *(column[can] for column in where), 1)[:, 0]
            stays[can] = drawn >= success[can]
        for number in np.unique(design[stays]).tolist():
            mine = np.flatnonzero(stays & (design == number))
            years = self.known.coarse[number].years_aloft(plane[mine].astype(np.intp), day[mine])
            self.log.extend(
                len(mine),
                time_days=day[mine],
                kind=EventKind.ABANDONED,
                plane=plane[mine],
                satellite=columns.serial[life[mine]],
                amount=np.where(np.isfinite(years), years, -1.0),
                design=number,
            )

    def empty(self, berth: Ints, day: Floats, blocked_days: Floats) -> None:
        """Empty berths' columns; slots may be blocked for some days."""
        fleet = self.fleet
        blocked = np.flatnonzero(blocked_days > 0)
        if len(blocked):
            fleet.move_all(berth[blocked], BerthState.BLOCKED)
            until = day[blocked] + blocked_days[blocked]
            fleet.blocked_until[berth[blocked]] = until
            soon = np.isfinite(until) & (until < self.horizon_days)
            self._cleared.add(
                self.block_of(until[soon]), berth[blocked][soon].astype(np.int32)
            )
        fleet.move_all(berth[blocked_days <= 0], BerthState.EMPTY)
        fleet.satellite[berth], fleet.gpus_alive[berth] = NONE, 0
        fleet.vacant_since[berth], fleet.life_end_day[berth] = day, np.inf
        self.life_in[berth] = GONE

    def clear_slots(self) -> None:
        """Dead satellites have drifted out of their slots in this block."""
        due = self._cleared.at(self.block)
        if due is not None:
            berth = due[0].astype(np.intp)
            berth = berth[self.fleet.state[berth] == int(BerthState.BLOCKED)]
            self.fleet.move_all(berth, BerthState.EMPTY)
            self.changed[self.fleet.plane_of[berth]] = True

    def look(self) -> None:
        """Planes where the strategy wants to be asked in this block."""
        due = self._looked_at.at(self.block)
        if due is not None:
            self.changed[due[0]] = True

    def write_dead_gpus(self) -> None:
        """At the horizon write what satellites in orbit have lost of their GPUs, by design and quarter of birth."""
        fleet = self.fleet
        there = np.flatnonzero(self.life_in != GONE)
        gpus = np.array([one.satellite.gpus for one in self.known.scenarios])[fleet.design[there]]
        key = fleet.design[there].astype(np.intp) * (1 << 16) + self._columns.bin[self.life_in[there]]
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        dead = np.bincount(group, gpus - fleet.gpus_alive[there])
        one = there[first]
        self.log.extend(
            len(one),
            time_days=self.horizon_days,
            kind=EventKind.DEAD_ABOARD,
            satellite=fleet.satellite[one],
            amount=dead,
            design=fleet.design[one],
        )

    def close_month(self, month: int) -> None:
        """Write the month's losses of GPUs, and look at how many GPUs gangs and whole replicas can use."""
        if self.workload.uses_gpus:
            slots = np.flatnonzero(self.fleet.state == _WORKING)
            alive, plane = self.fleet.gpus_alive[slots], self.fleet.plane_of[slots]
            planes, months = len(self.fleet.planes), self.months
            months.whole[:, :, month] = whole_share(self.workload.inference, alive, plane, planes)
            for number, job in enumerate(self.workload.jobs):
                months.gangs[number, :, :, month] = gangs_of(job, alive, plane, planes)
        self._gpus.write(self.log)
        self.log.close_month()

    def stand_still(self, plane: int, day: float, days: float, cause: int) -> None:
        """A plane stops computing for a while."""
        self.log.append(day, EventKind.STOOD_STILL, cause=cause, plane=plane, amount=days)
        self.online.stand_still(np.array([plane]), day, days)

    # Spares on their way

    def wake(self, spares: Ints, slots: Ints, day: float, days: Floats, delta_v_m_s: Floats, spent_m_s: Floats) -> None:
        """Spares leave their berths for slots of their planes, where they are after some days."""
        fleet, columns = self.fleet, self._columns
        old = self.life_in[spares].astype(np.intp)
        plane, birth = fleet.plane_of[spares].astype(np.intp), fleet.birth_day[spares].copy()
        design, alive = fleet.design[spares].copy(), fleet.gpus_alive[spares].copy()
        serials = columns.serial[old]
        self.log.extend(
            len(spares),
            time_days=day,
            kind=EventKind.ACTIVATED,
            plane=plane,
            berth=spares,
            satellite=serials,
            amount=days,
            design=design,
        )
        self.empty(spares, np.full(len(spares), day), np.zeros(len(spares)))
        fleet.move_all(slots, BerthState.RESERVED)
        fleet.gpus_alive[slots], fleet.design[slots] = alive, design
        fleet.inbound += np.bincount(plane, minlength=len(self.changed)).astype(np.int32)
        self.changed[plane] = True
        new = self._copy(old)
        columns = self._columns
        columns.berth[old], columns.berth[new], columns.awake[new] = GONE, -2 - slots, True
        for number in np.unique(design).tolist():
            mine = np.flatnonzero(design == number)
            end, dry = self.known.coarse[number].planned_end(
                plane[mine], birth[mine], self.extended_days, spent_m_s[mine]
            )
            end = np.maximum(end, day)
            fleet.life_end_day[slots[mine]] = end
            now = np.full(len(mine), day)
            self._live(new[mine], number, plane[mine], birth[mine], now, end, dry, wake=now)
        there = day + days
        self._placed.add(
            self.block_of(there), new.astype(np.int32), there, delta_v_m_s, birth
        )

    def place_spares(self) -> None:
        """Spares that are in their slots in this block begin work."""
        due = self._placed.at(self.block)
        if due is None:
            return
        fleet, columns = self.fleet, self._columns
        going = columns.berth[due[0]] < GONE
        life, day, delta_v, birth = (column[going] for column in due)
        life = life.astype(np.intp)
        slots = (-2 - columns.berth[life]).astype(np.intp)
        plane = fleet.plane_of[slots].astype(np.intp)
        columns.berth[life] = slots
        fleet.inbound -= np.bincount(plane, minlength=len(self.changed)).astype(np.int32)
        fleet.move_all(slots, BerthState.WORKING)
        fleet.satellite[slots], fleet.birth_day[slots], self.life_in[slots] = columns.serial[life], birth, life
        gpus, design = fleet.gpus_alive[slots], fleet.design[slots]
        for number in np.unique(design).tolist():
            mine = design == number
            self.online.add(columns.bin[life[mine]], plane[mine], number, gpus[mine].astype(np.int64))
        self.changed[plane] = True
        self.log.extend(
            len(life),
            time_days=day,
            kind=EventKind.PLACED,
            plane=plane,
            berth=slots,
            satellite=columns.serial[life],
            satellites=1,
            gpus=gpus,
            amount=delta_v,
            design=design,
        )
        self._foresee(plane, day, fleet.life_end_day[slots])


def _kind(hazard: Hazard) -> EventKind:
    return EventKind.GPU_FAILED if hazard.of_one_gpu else EventKind.GROUP_FAILED
