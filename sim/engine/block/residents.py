"""The satellites in their berths in a walk by blocks: what is known of them, and how they leave, many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.constants import HOURS_PER_DAY
from sim.engine.block.births import Births
from sim.engine.block.block_log import BlockLog
from sim.engine.block.calendar import Calendar
from sim.engine.block.months import PlaneMonths
from sim.engine.block.online import Online
from sim.engine.block.serving import cell_days
from sim.environment.coarse import Coarse
from sim.events import NONE, Cause, EventKind
from sim.fleet import Fleet
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GONE = -1
"""In place of the berth of a satellite that has ended, or that went on as another life."""
WORKING, STORED = int(BerthState.WORKING), int(BerthState.STORED)


@dataclass
class LifeColumns:
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
class Known:
    """What a walk knows of each design and plane."""

    scenarios: tuple[Scenario, ...]
    """With each design as the satellite."""
    coarse: tuple[Coarse, ...]
    births: tuple[Births, ...]
    colocated: NDArray[np.bool_]
    """Planes whose satellites fly together, shape (planes,)."""


class Residents:
    """Who stands where, and how satellites leave."""

    def __init__(
        self, known: Known, fleet: Fleet, log: BlockLog, streams: Streams, *, block_days: float, horizon_days: float
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
        self.workload = known.scenarios[0].workload
        services, planes = self.workload.inference, len(fleet.planes)
        cells = cell_days(services, planes, horizon_days, block_days)
        self.months = PlaneMonths.for_workload(planes, horizon_days, services, cells)
        self.online = Online(known.coarse, fleet.slots_in[BerthState.WORKING], self.months, block_days)
        self.life_in = np.full(len(fleet.state), GONE, np.int32)
        """Life in each berth."""
        self.columns = LifeColumns(
            *(np.empty(0, kind) for kind in (np.int32, np.int32, np.int32, np.int16, np.uint16, np.float32, bool))
        )
        self.ends = Calendar(self.blocks)
        self._cleared = Calendar(self.blocks)

    def block_of(self, day: NDArray[np.floating]) -> NDArray[np.int32]:
        """Block in which something is due: this one is under way, so what is due in it is found in the next."""
        found = day * np.asarray(1 / self.block_days, day.dtype)
        due: NDArray[np.int32] = np.minimum(found, self.blocks).astype(np.int32)
        return np.maximum(due, np.int32(self.block + 1))

    def first_block_of(self, arrival_day: Floats) -> NDArray[np.int32]:
        """First block in which something of an arrival can be due: what ends in a block comes before its arrivals.

        Those who are there from the start are in place before the first block.
        """
        after = np.minimum(arrival_day * (1 / self.block_days), self.blocks).astype(np.int32) + np.int32(1)
        found: NDArray[np.int32] = np.where(arrival_day > 0, after, np.int32(0))
        return found

    def end_due(self) -> None:
        """Satellites that end in this block."""
        due = self.ends.at(self.block)
        if due is None:
            return
        life, day, cause, planned = due
        left = self.columns.berth[life] != GONE
        self.end(life[left].astype(np.intp), day[left].astype(float), cause[left], planned=planned[left])

    def end(self, life: Ints, day: Floats, cause: NDArray[np.integer], *, planned: NDArray[np.bool_]) -> None:
        """Satellites end, wherever they are; `planned`: none that failed."""
        if len(life) == 0:
            return
        day = np.maximum(day, self.block * self.block_days)
        berth = self.columns.berth[life].astype(np.intp)
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
        self.columns.berth[life] = GONE

    def _vacate_ended(
        self, life: Ints, berth: Ints, day: Floats, cause: NDArray[np.integer], planned: NDArray[np.bool_]
    ) -> None:
        fleet = self.fleet
        working = fleet.state[berth] == WORKING
        self._log_ends(life, berth, berth, day, cause, planned)
        at_work = np.flatnonzero(working)
        plane = fleet.plane_of[berth]
        for design in range(len(self.known.scenarios)):
            mine = at_work[fleet.design[berth[at_work]] == design]
            gpus = fleet.gpus_alive[berth[mine]].astype(np.int64)
            self.online.add(self.columns.bin[life[mine]], plane[mine].astype(np.intp), design, -gpus, day[mine])
        relieved = np.flatnonzero(working & (cause == Cause.REPLACED))
        if self.months.services and len(relieved):
            gpus = fleet.gpus_alive[berth[relieved]].astype(np.intp)
            self.months.relieve(day[relieved], plane[relieved].astype(np.intp), gpus)
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
        fleet, columns = self.fleet, self.columns
        working = (fleet.state[place] == WORKING) & (berth != NONE)
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
        columns, fleet = self.columns, self.fleet
        built_for = columns.built_for[life]
        ordinal = columns.ordinal[life].astype(np.uint64)
        success = np.array([one.satellite.propulsion.disposal_success for one in self.known.scenarios])[design]
        stays = ~planned
        can = np.flatnonzero(planned)
        if len(can):
            site, place = fleet.site[built_for[can]], fleet.place[built_for[can]]
            drawn = self.streams.uniforms("disposal", 0, site, place, ordinal[can], 1)[:, 0]
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
            self._cleared.add(self.block_of(until[soon]), berth[blocked][soon].astype(np.int32))
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

    def stand_still(self, plane: int, day: float, days: float, cause: int) -> None:
        """A plane stops computing for a while."""
        self.log.append(day, EventKind.STOOD_STILL, cause=cause, plane=plane, amount=days)
        self.online.stand_still(np.array([plane]), day, days)
