"""What the scheduler wants done, checked before anybody does it: a user's own class may say anything, or raise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

from sim.engine.gang import Gang
from sim.engine.job_queue import JobQueue
from sim.environment import Environment
from sim.errors import InputError
from sim.plug_ins import failure_of
from sim.workloads import Placement, Preemption, Queued, Rooms

Wish = Placement | Preemption

MOST_ROUNDS = 1000
"""Rounds of stopping and starting jobs at one instant: a scheduler that wants more goes around in circles."""


class Scheduling:
    """The scheduler of a run, and what it looks at."""

    def __init__(self, environment: Environment, queue: JobQueue, rooms: Rooms, gangs: Sequence[Gang]) -> None:
        """`gangs`: in order of job."""
        self._environment, self._queue, self._rooms, self._gangs = environment, queue, rooms, gangs
        self._scheduler = environment.scenario.workload.scheduler

    def wishes(self, now_days: float) -> Iterator[tuple[Wish, Gang]]:
        """What it wants done, one after another, each with its gang; each is carried out before the next is asked for.

        One that stops jobs is asked again when it has.  Raises `InputError` for what cannot be done, or when it fails.
        """
        rounds, wish = 0, None
        while self._queue and self._is_worth_asking:
            stopped = False
            for wish, gang in self._round(now_days):
                stopped |= isinstance(wish, Preemption)
                yield wish, gang
            if not stopped:
                return
            rounds += 1
            if rounds > MOST_ROUNDS:
                raise InputError(f"{self._where(now_days)}: still stops jobs after {MOST_ROUNDS} rounds, last {wish!r}")

    @property
    def _is_worth_asking(self) -> bool:
        return self._scheduler.preempts or self._rooms.largest >= self._queue.smallest

    def _where(self, now_days: float) -> str:
        return f"scheduler {self._scheduler.kind}, day {now_days:.2f}"

    def _queued(self) -> Iterator[Queued]:
        """The queue as it stands, in order, as long as there is room for anybody in it."""
        for job in self._queue.jobs:
            if not self._is_worth_asking:
                return
            gang = self._gangs[job]
            share = self._environment.rhythms.useful_share(gang.spec)
            days = gang.rhythm.time_for(gang.remaining / gang.spec.gpus)
            yield Queued.of(job, gang.spec, days, share, spans=gang.spans)

    def _round(self, now_days: float) -> Iterator[tuple[Wish, Gang]]:
        """What the scheduler says when it is asked once."""
        where = self._where(now_days)
        try:
            said: Any = iter(self._scheduler.place(self._queued(), self._rooms, now_days))
            for wish in said:
                if problem := _no_wish(wish):
                    raise InputError(f"{where}: {wish!r}: {problem}")
                gang = self._gangs[wish.job] if 0 <= wish.job < len(self._gangs) else None
                if gang is None or (problem := self._problem(wish, gang)):
                    raise InputError(f"{where}: {wish!r} cannot be done: {problem or 'no such job'}")
                yield wish, gang
        except (InputError, GeneratorExit):
            raise
        except (Exception, SystemExit) as error:
            raise InputError(f"{where}: {failure_of(error)}") from error

    def _problem(self, wish: Wish, gang: Gang) -> str | None:
        """Why a wish cannot be carried out; none where it can."""
        if isinstance(wish, Preemption):
            return None if gang.running else "that job does not run"
        if gang not in self._queue:
            return "that job does not wait"
        spec, places = gang.spec, self._rooms.places(gang.spans)
        if wish.plane not in places:
            return f"its place must be from {places.start} to {places.stop - 1}" if places else "it has no place"
        if wish.gpus <= 0 or spec.size_with(wish.gpus) != wish.gpus:
            copies = f", by {spec.replica_gpus:,}" if spec.replica_gpus > 1 else ""
            return f"it takes {spec.least_gpus:,} to {spec.gpus:,} GPUs{copies}"
        own = spec.within == "satellite"
        room = self._rooms.most_on_one(wish.plane) if own else self._rooms.idle[wish.plane]
        return f"{room:,} are idle there" if wish.gpus > room else None


def _no_wish(wish: Any) -> str | None:
    """Why something is neither of the two that a scheduler may say; none where it is."""
    if not isinstance(wish, Placement | Preemption):
        return "place must yield Placement(job, plane, gpus) or Preemption(job)"
    numbers = (wish.job, wish.plane, wish.gpus) if isinstance(wish, Placement) else (wish.job,)
    if not all(isinstance(one, Integral) and not isinstance(one, bool) for one in numbers):
        return "its fields must be whole numbers"
    return None
