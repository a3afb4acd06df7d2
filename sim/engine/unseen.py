"""Losses of GPUs on satellites at work that nobody looks at one by one: found all at once, when somebody does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.cohort import Cohort, Losses
from sim.events import EventKind, EventRecorder
from sim.fleet import Fleet

Ints = NDArray[np.intp]


@dataclass
class _Watch:
    """How the GPUs of a satellite at work are followed that nobody looks at one by one."""

    losses: Losses
    since: float
    """They have been looked at up to this day."""
    next_day: float
    """Nothing is lost before."""

    def seen(self, day: float) -> None:
        """They have been looked at up to a day."""
        days = self.losses.day
        following = int(np.searchsorted(days, day, side="right"))
        self.since, self.next_day = day, float(days[following]) if following < len(days) else np.inf


class UnseenLosses:
    """The satellites at work that are followed so."""

    def __init__(self, fleet: Fleet, log: EventRecorder, home: Callable[[int], tuple[Cohort, int]]) -> None:
        """`home`: cohort of a satellite by its serial number, and its position there."""
        self.fleet = fleet
        self.log = log
        self._home = home
        self._watches: dict[int, _Watch] = {}  # by serial number
        self.note_deaths: Callable[[Cohort, Ints, Ints, Ints], None] | None = None
        """Hears of those who died: (satellite, position, hazard) of each."""

    def follow(self, serial: int, losses: Losses, now: float) -> None:
        """From now on these are what a satellite loses."""
        self._watches[serial] = watch = _Watch(losses, now, np.inf)
        watch.seen(now)

    def leave(self, serial: int) -> None:
        """A satellite is followed no more."""
        self._watches.pop(serial, None)

    def catch_up(self, serials: Iterable[int], day: float) -> None:
        """Find what GPUs of some satellites died unseen up to a day, write it down, and count those alive."""
        by_cohort: dict[int, tuple[Cohort, list[tuple[int, _Watch]]]] = {}
        for serial in serials:
            if (watch := self._watches.get(serial)) is not None and watch.next_day <= day:
                cohort, i = self._home(serial)
                by_cohort.setdefault(id(cohort), (cohort, []))[1].append((i, watch))
        for cohort, watches in by_cohort.values():
            if len(cohort) == 1:
                self._catch_up_one(cohort, watches[0][1], day)
            else:
                self._catch_up(cohort, watches, day)

    def catch_up_all(self, day: float) -> None:
        """The same for all satellites at work."""
        self.catch_up(list(self._watches), day)

    def _catch_up_one(self, cohort: Cohort, watch: _Watch, day: float) -> None:
        """The same as `_catch_up` for a satellite in a cohort of its own: few losses, one by one."""
        berth, alive, losses = int(cohort.berth[0]), cohort.alive[0], watch.losses
        first, end = np.searchsorted(losses.day, [watch.since, day], side="right").tolist()
        watch.seen(day)
        for number in range(first, end):
            which, group = int(losses.hazard[number]), int(losses.group[number])
            span = cohort.hazards[which].hazard.span
            positions = group * span + np.flatnonzero(alive[group * span : (group + 1) * span])
            if (killed := len(positions)) == 0:
                continue
            alive[positions] = False
            self.fleet.gpus_alive[berth] -= killed
            if self.note_deaths is not None:
                here = np.zeros(killed, np.intp)
                self.note_deaths(cohort, here, positions, np.full(killed, which))
            self.log.append(
                float(losses.day[number]),
                cohort.kind_of(which),
                cause=cohort.hazards[which].hazard.cause,
                plane=int(cohort.plane[0]),
                berth=berth,
                satellite=int(cohort.serial[0]),
                gpus=-killed,
                amount=0 if span == 1 else killed,
                design=cohort.design,
            )

    def _catch_up(self, cohort: Cohort, watches: list[tuple[int, _Watch]], day: float) -> None:
        size = [len(watch.losses.day) for _, watch in watches]
        every = [watch.losses for _, watch in watches]
        joined = (
            every[0]
            if len(every) == 1
            else Losses(
                np.concatenate([one.satellite for one in every]),
                np.concatenate([one.day for one in every]),
                np.concatenate([one.hazard for one in every]),
                np.concatenate([one.group for one in every]),
            )
        )
        since = np.repeat([watch.since for _, watch in watches], size)
        some = np.flatnonzero((joined.day <= day) & (joined.day > since))
        losses = joined.take(some)
        for _, watch in watches:
            watch.seen(day)
        if len(some) == 0:
            return
        event, satellite, position = cohort.deaths(losses)
        cohort.alive[satellite, position] = False
        np.subtract.at(self.fleet.gpus_alive, cohort.berth[satellite], 1)
        # One row a loss, for as many GPUs as it killed.
        rows, killed = np.unique(event, return_counts=True)
        alone = np.array([one.hazard.of_one_gpu for one in cohort.hazards])[losses.hazard[rows]]
        if self.note_deaths is not None:
            self.note_deaths(cohort, satellite, position, losses.hazard[event])
        self.log.extend(
            len(rows),
            time_days=losses.day[rows],
            kind=np.where(alone, EventKind.GPU_FAILED, EventKind.GROUP_FAILED),
            cause=np.array([one.hazard.cause for one in cohort.hazards])[losses.hazard[rows]],
            plane=cohort.plane[losses.satellite[rows]],
            berth=cohort.berth[losses.satellite[rows]],
            satellite=cohort.serial[losses.satellite[rows]],
            gpus=-killed,
            amount=np.where(alone, 0, killed),
            design=cohort.design,
        )
