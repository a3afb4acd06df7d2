"""What happens in a run: the kinds of event and the one log in which every run is written.

A row says when, what, where, to whom, why, and by how much two stocks changed: working satellites in slots and GPUs
online in them.  `amount` is the quantity of the kind, named beside it below.  Everything else (series, metrics, money)
is derived from these rows; the engine keeps no counters.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class EventKind(IntEnum):
    """Kinds of event; the comment after each says what `amount` holds (nothing: 0)."""

    ORDERED = 1  # satellites ordered
    LAUNCHED = 2  # satellites aboard; one row a flight
    LAUNCH_FAILED = 3  # satellites lost; one row a flight, after its LAUNCHED row
    DELIVERED = 4  # one row a satellite that begins work in a slot; amount: days of its planned life
    STORED = 5  # one row a satellite that arrives in a spare berth; amount: days of its planned life
    ACTIVATED = 6  # a spare is to leave its berth for a slot; amount: days until it works there, check-out included
    PLACED = 7  # that spare begins work in its slot; amount: delta-v of its way, m/s
    GPU_FAILED = 8  # one row a GPU; amount: 0, or the number of GPUs where one row is for many (block mode)
    BUS_FAILED = 9  # one row a satellite, with all GPUs alive on it
    RETIRED = 10  # a satellite taken out of service; the cause says why
    JOB_STARTED = 11  # a gang got its GPUs; amount: those that the job wants
    JOB_INTERRUPTED = 12  # a loss of GPUs, or their planned retirement, stopped a gang: see the cause; amount: GPUs
    JOB_FINISHED = 13  # amount: GPUs that the job wants
    COMMITTED = 14  # GPU-hours of work made durable by a checkpoint
    LOST = 15  # GPU-hours of work rolled back
    CHECKPOINTED = 16  # GPU-hours spent on writing checkpoints
    RESTARTED = 17  # GPU-hours spent on restarts
    PAUSED = 18  # GPU-hours held still by planned pauses
    WAITED = 19  # GPU-hours a job waited for its gang
    UNCOMMITTED = 20  # GPU-hours of work still without a checkpoint at the horizon
    SLOWED = 21  # GPU-hours by which a running gang fell behind full speed
    DERATED = 22  # first day on which satellites of one birth cannot run at full speed; amount: their speed that day
    ABANDONED = 23  # a dead satellite stays in orbit; amount: years until it has come down, -1: beyond what is known
    SOFT_INTERRUPTED = (
        24  # interruptions of a gang by one cause that broke nothing, up to a month of them; amount: number
    )
    SWITCHED_IN = 25  # a spare GPU aboard took a dead one's place
    STOOD_STILL = 26  # a plane stops computing; amount: days
    STORM = 27  # a storm of the Sun; amount: fluence of protons above 30 MeV outside the magnetic field, cm^-2
    GROUP_FAILED = 28  # something aboard failed and took its GPUs with it; amount: GPUs, spares included
    TRAY_OFF = 29  # a tray with too few GPUs left is switched off; amount: GPUs that lived on it
    TRANSFERRED = 30  # a spare has left its berth in a parking orbit for a plane; amount: days until it is there
    ARRIVED = 31  # that spare is in a berth of its plane; amount: propellant that the climb took, kg
    SERVICED = 32  # GPUs are back after a service, under the cause that took them; amount: GPUs, spares included
    VISITED = 33  # a servicer has done its work on a satellite; amount: hours
    PARTS_USED = 34  # on that visit; amount: cartridges, spoiled ones included
    SUPPLY_LAUNCHED = 35  # cartridges leave for a depot; amount: their number; or a servicer; cause LAUNCH: lost
    SUPPLY_ARRIVED = 36  # they are there; amount: cartridges; of a servicer `job` has its number, in 35 and 37 too
    SERVICER_LOST = 37  # a servicer failed, or is done: see the cause; amount: cartridges aboard
    CARRIED = 38  # satellites of a flight for a further plane, after its LAUNCHED row, which counts them too
    COMMISSIONED = 39  # satellites begun for the ground stock; amount: satellites; cause DEPLOYMENT: there at the start
    STOCKED = 40  # satellites built into the ground stock; amount: satellites
    TAKEN = 41  # one row a satellite that an order takes from the ground stock; amount: days for which it waited for it
    READY = 42  # satellites of an order are built, or processed, and wait for a flight; amount: satellites
    ABOARD = 43  # satellites of a flight that were ordered for one reason, its cause, after its LAUNCHED row
    DETECTED = 44  # GPU-hours until interruptions were noticed
    KEPT_WAITING = 45  # GPU-hours of idle GPUs that jobs in the queue want, but too few are free in one place
    STRANDED = (
        46  # GPU-hours of idle GPUs that gangs at work lack, but less than a replica is free where they may take it
    )
    IDLE = 47  # GPU-hours of idle GPUs that no job wants
    RESIZED = (
        48  # an elastic gang goes on with another number of GPUs, or starts with fewer than it wants; amount: GPUs
    )
    JOB_ARRIVED = 49  # a job joins the queue for the first time; amount: GPUs that it wants
    IDLE_CHANGED = 50  # of a satellite at work, where inference is asked for; amount: GPUs idle from then on
    SERVED = 51  # GPU-hours of a service (`job`: its number) whose output was sold; 51 to 56 once in 30 days
    TOKENS_SOLD = 52  # tokens of a service
    UNSOLD = 53  # GPU-hours of a service for which there was demand, and no way to send their output
    CUT_SHORT = 54  # GPU-hours of a service: requests under way when replicas ended, and what mitigations take
    LEFT_IDLE = 55  # GPU-hours that no gang held and no service used
    UNMET = 56  # tokens asked of a service and not sold
    HELD = 57  # GPU-hours of GPUs that a gang holds while it waits for others
    HOST_FAILED = 58  # a host of a campus failed and goes to repair
    MISTAKEN = 59  # a host that did not fail goes to repair in its place
    UNDIAGNOSED = 60  # a failure that nobody puts down to a host: it goes back to the pool as it is
    REPAIRED = 61  # a host is back in the pool, its fault found; amount: hours of a technician
    MISREPAIRED = 62  # likewise, its fault still there
    JOB_ABANDONED = 63  # too few hosts are left for the job for ever; amount: GPUs
    TURNED_BAD = 64  # hosts that look as before have a hidden fault now; amount: hosts
    ONLINE = 65  # in block mode, once a block; amount: mean GPUs online in it
    DEAD_ABOARD = 66  # in block mode, at the horizon; amount: GPUs lost on satellites in orbit as old as this one


class Cause(IntEnum):
    """Why it happened."""

    NONE = 0
    GPU = 1  # a GPU's own failure
    BUS = 2  # the satellite's bus
    END_OF_LIFE = 3  # design life reached
    REPLACED = 4  # a newer satellite took the slot
    STRATEGY = 5  # the maintenance strategy's decision
    DEPLOYMENT = 6  # the initial deployment
    LAUNCH = 7  # a failed launch
    DEBRIS = 8  # a hit
    PROPELLANT = 9  # used up
    HEAT = 10  # too little radiator
    ARRAY = 11  # too little array
    BATTERY = 12  # too little battery for the dark
    RESET = 13  # a GPU fault that a power cycle clears
    WARNING = 14  # a transient fault of a GPU that will fail for good
    DOSE = 15  # a GPU worn out by radiation dose
    TRAY = 16  # too few GPUs left on a tray
    PUNCTURE = 17  # debris emptied a coolant loop
    TOO_FEW_GPUS = 18  # too few GPUs left on a satellite
    STAND_OFF = 19  # the formation keeps its distance from a dead satellite
    LOSS = 20  # of an order: the slot's satellite failed, or had too few GPUs left
    STOCK = 21  # of an order: for a spare berth
    ENERGY = 22  # too little light, power or cooling for full speed
    RETRIED = 23  # mitigation of soft errors, and steps tried again
    LINK = 24  # talk between GPUs that computing does not hide, and links that are down
    SHELTER = 25  # a gang waits until a pass of the Anomaly or a storm is over


GPU_LOSSES = (EventKind.GPU_FAILED, EventKind.GROUP_FAILED, EventKind.TRAY_OFF)
"""Kinds that take GPUs from a satellite which goes on."""
GPU_CHANGES = (*GPU_LOSSES, EventKind.SWITCHED_IN, EventKind.SERVICED)
"""Kinds that change the GPUs at work on a satellite which goes on."""
ENDS = (EventKind.BUS_FAILED, EventKind.RETIRED)
"""Kinds that end a satellite."""
ARRIVALS = (EventKind.DELIVERED, EventKind.STORED)
"""Kinds that bring a satellite to a berth from a flight."""
STARTS = (EventKind.DELIVERED, EventKind.PLACED)
"""Kinds with which a satellite begins work in a slot."""
HOSTS_OUT = (EventKind.HOST_FAILED, EventKind.MISTAKEN)
"""Kinds that take a host of a campus out of its pool."""
HOSTS_BACK = (EventKind.REPAIRED, EventKind.MISREPAIRED)
"""Kinds that bring it back."""

NAMED = 64
"""Causes that a scenario names itself are numbered from here: `Scenario.cause_numbers`."""
PLANNED = (Cause.END_OF_LIFE, Cause.REPLACED, Cause.STRATEGY, Cause.PROPELLANT, Cause.TOO_FEW_GPUS)
"""Causes that stop a job by plan, after a checkpoint."""


NONE = -1
"""In a column of identities: no plane, berth, satellite or job."""


@dataclass(frozen=True)
class EventLog:
    """The rows of a run as columns of equal length, in order of time."""

    time_days: NDArray[np.float64]
    kind: NDArray[np.uint8]
    cause: NDArray[np.uint8]
    plane: NDArray[np.int32]
    berth: NDArray[np.int32]
    satellite: NDArray[np.int32]
    job: NDArray[np.int32]
    satellites: NDArray[np.int32]
    """Change in the number of working satellites in slots."""
    gpus: NDArray[np.int32]
    """Change in the number of GPUs online in slots (eclipse policy aside)."""
    amount: NDArray[np.float64]
    design: NDArray[np.uint8]
    """Kind of satellite, a position in `Scenario.design_names`; 0 in rows that are of no satellite."""
    vehicle: NDArray[np.uint8]
    """What flies, in rows of orders and flights: a position in `LaunchService.names`; 0 in other rows."""

    def __len__(self) -> int:
        return len(self.time_days)

    def where(self, *kinds: EventKind) -> EventLog:
        """The rows of these kinds, in order."""
        keep = self.of(*kinds)
        return EventLog(*(getattr(self, field.name)[keep] for field in fields(self)))

    def of(self, *kinds: EventKind) -> NDArray[np.bool_]:
        """Which rows are of one of these kinds."""
        found = np.zeros(len(self), bool)
        for kind in kinds:
            found |= self.kind == int(kind)  # with an enum NumPy compares ten times as slowly
        return found

    def total(self, kind: EventKind) -> float:
        """Sum of `amount` over the rows of a kind."""
        return float(self.amount[self.of(kind)].sum())

    def count(self, kind: EventKind) -> int:
        """Number of rows of a kind."""
        return int(np.count_nonzero(self.of(kind)))


COLUMNS = tuple(field.name for field in fields(EventLog))
_DTYPES = {
    "time_days": np.float64,
    "kind": np.uint8,
    "cause": np.uint8,
    "amount": np.float64,
    "design": np.uint8,
    "vehicle": np.uint8,
}
_EMPTY = {"plane": NONE, "berth": NONE, "satellite": NONE, "job": NONE}


_CODES = {np.float64: "d", np.int32: "i", np.uint8: "B"}


def column_type(name: str) -> Any:
    """Type of a column."""
    return _DTYPES.get(name, np.int32)


def empty_value(name: str) -> int:
    """What a column holds where a row says nothing."""
    return _EMPTY.get(name, 0)


class EventRecorder:
    """Takes down rows while a run goes on; `finish` turns them into an `EventLog`."""

    def __init__(self) -> None:
        # Arrays of numbers: a row takes 43 bytes, where a tuple of objects takes some 250.
        self._columns = tuple(array(_CODES[_DTYPES.get(name, np.int32)]) for name in COLUMNS)
        self._add: tuple[Any, ...] = tuple(column.append for column in self._columns)

    def append(
        self,
        time_days: float,
        kind: EventKind,
        *,
        cause: int = Cause.NONE,
        plane: int = NONE,
        berth: int = NONE,
        satellite: int = NONE,
        job: int = NONE,
        satellites: int = 0,
        gpus: int = 0,
        amount: float = 0.0,
        design: int = 0,
        vehicle: int = 0,
    ) -> None:
        """One row; its columns are those of `EventLog`."""
        row = (time_days, kind, cause, plane, berth, satellite, job, satellites, gpus, amount, design, vehicle)
        for add, value in zip(self._add, row, strict=True):
            add(value)

    def extend(self, count: int, **columns: ArrayLike) -> None:
        """Many rows at once: columns of `EventLog` by name, each of one value or of `count`; others as in `append`."""
        for name, column in zip(COLUMNS, self._columns, strict=True):
            values = np.asarray(columns.get(name, _EMPTY.get(name, 0)), _DTYPES.get(name, np.int32))
            if values.ndim == 0:
                values = np.full(count, values)
            elif values.shape != (count,):
                raise ValueError(f"{name} must be one value or {count}, not of shape {values.shape}")
            column.frombytes(values.tobytes())

    def latest(self, count: int) -> list[tuple[float, EventKind, int]]:
        """(day, kind, cause) of the last rows."""
        day, kind, cause = (column[-count:] for column in self._columns[:3])
        return [(one, EventKind(what), why) for one, what, why in zip(day, kind, cause, strict=True)]

    def finish(self) -> EventLog:
        """The rows so far, as columns, in order of time; rows of one time in the order in which they came."""
        columns = [np.asarray(column) for column in self._columns]  # without a copy
        order = np.argsort(columns[0], kind="stable")
        return EventLog(**{name: column[order] for name, column in zip(COLUMNS, columns, strict=True)})
