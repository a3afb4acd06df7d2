"""Room for gangs: idle GPUs of each place, and when running gangs give theirs back.

A **place** is a plane, or planes that are joined by links, numbered after all planes: a job that no plane holds lies
there.  Kept sorted, so that a question or a change costs the same whatever the number of planes: the logarithm of it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf

MOST_PLANES = 64
"""Planes that are looked at satellite by satellite."""

Shares = Sequence[tuple[int, int]]
"""(plane, GPUs there) of a gang."""


@dataclass(frozen=True)
class Running:
    """A gang at work, as a scheduler sees it: what it has in one place."""

    gpus: int
    priority: int
    """The higher, the more urgent."""


class Rooms:
    """Idle GPUs by place; who runs there, and to which end where it is known."""

    def __init__(
        self,
        idle: list[int],
        satellites: Callable[[int, int], int] = lambda place, gpus: 1,
        joined: Sequence[tuple[int, ...]] = (),
        on_one: Callable[[int, Sequence[int]], int] | None = None,
    ) -> None:
        """`idle` of each plane; `satellites`: on how many so many idle GPUs of a place lie at least; `joined` planes,
        each in one group at most; `on_one`: the most on one satellite of a place, those of some jobs counted as idle.
        """
        self.satellites = satellites
        self.joined = tuple(joined)
        self.planes = len(idle)
        self.idle = list(idle) + [sum(idle[plane] for plane in planes) for planes in joined]
        """Idle GPUs of each place."""
        self.on_one = on_one or (lambda place, jobs: self.idle[place])
        self.gangs: list[dict[int, Running]] = [{} for _ in self.idle]
        """Gangs at work that have GPUs in each place, by job."""
        self._most: list[int | None] = [None] * len(self.idle)  # on one satellite of each place, where it is known
        self.version = 0
        """Counts the changes."""
        self.total = sum(idle)
        """Idle GPUs of all planes."""
        self.freed: set[int] = set()
        """Places in which GPUs have become idle; who looks at them empties it."""
        self._above = {plane: len(idle) + n for n, planes in enumerate(joined) for plane in planes}
        places = list(enumerate(self.idle))
        self._sorted = [sorted((gpus, place) for place, gpus in places[: len(idle)])]
        self._sorted.append(sorted((gpus, place) for place, gpus in places[len(idle) :]))
        """Planes, and joined ones."""
        self._ends: list[list[tuple[float, int, int]]] = [[] for _ in self.idle]  # (end day, job, GPUs), in order
        self._wanted = 0, False  # the size whose turns are known, and whether it is one of joined planes
        self._turns: list[tuple[float, int]] = []  # by place: (day, GPUs left over then)
        self._heap: list[tuple[float, int]] = []  # (day, place); also days that hold no longer
        self._stale: set[int] = set()

    def places(self, spans: bool = False) -> range:
        """All planes, or all joined ones."""
        return range(self.planes, len(self.idle)) if spans else range(self.planes)

    @property
    def largest(self) -> int:
        """Most idle GPUs in one place."""
        return max(ranked[-1][0] for ranked in self._sorted if ranked)

    def change(self, plane: int, more: int) -> None:
        """So many more GPUs of a plane are idle."""
        self.total += more
        self._change(plane, more)
        if plane in self._above:
            self._change(self._above[plane], more)

    def _change(self, place: int, more: int) -> None:
        before, ranked = self.idle[place], self._sorted[place >= self.planes]
        self._most[place] = None
        del ranked[bisect_left(ranked, (before, place))]
        self.idle[place] = before + more
        if more > 0:
            self.freed.add(place)
        insort(ranked, (before + more, place))
        self._changed(place)

    def most_on_one(self, place: int) -> int:
        """Most idle GPUs on one satellite of a place."""
        known = self._most[place]
        if known is None:
            known = self._most[place] = self.on_one(place, ())
        return known

    def best_on_one(self, gpus: int, but: int | None = None) -> int | None:
        """The plane whose best satellite a gang of this size fills best; where none holds it, that with the most room.

        The lowest number among equals; `but`: none that this place has a part in, so that there may be none.
        """
        planes = [place for place in self.places() if but is None or not self.overlap(place, but)]
        fitting = [(self.most_on_one(place), place) for place in planes if self.most_on_one(place) >= gpus]
        return min(fitting)[1] if fitting else max(planes, key=self.most_on_one, default=None)

    def first_turn_on_one(self, gpus: int) -> tuple[int | None, float]:
        """(plane, day) of the earliest turn of a gang of this size that lies on one satellite, if nothing fails."""
        best: tuple[float, int] | None = None
        for place in self.places():
            jobs = list[int]()
            for end_day, job, _ in self._ends[place]:
                if best is not None and end_day >= best[0]:
                    break
                jobs.append(job)
                if self.on_one(place, jobs) >= gpus:
                    best = end_day, place
                    break
        return (None, inf) if best is None else (best[1], best[0])

    def shared(self, shares: Shares) -> Iterator[tuple[int, int]]:
        """(place, GPUs there) of a gang: in planes, and in what those are joined to."""
        yield from shares
        if shares and (above := self._above.get(shares[0][0])) is not None:
            yield above, sum(gpus for _, gpus in shares)

    def run(self, place: int, job: int, gpus: int, end_day: float) -> None:
        """A gang runs in a place to a day, if nothing fails; an end that is not known counts for nothing."""
        if end_day < inf:
            insort(self._ends[place], (end_day, job, gpus))
            self._changed(place)

    def stop(self, place: int, job: int, gpus: int, end_day: float) -> None:
        """It does so no longer."""
        if end_day < inf:
            ends = self._ends[place]
            del ends[bisect_left(ends, (end_day, job, gpus))]
            self._changed(place)

    def roomiest(self, spans: bool = False) -> int:
        """The plane with the most idle GPUs, or of joined ones those; the highest number among equals."""
        return self._sorted[spans][-1][1]

    def fitting(self, gpus: int, spans: bool = False) -> list[int]:
        """Places with so many idle GPUs, at most `MOST_PLANES`, the ones that they fill best."""
        ranked = self._sorted[spans]
        at = bisect_left(ranked, (gpus, -1))
        return [place for _, place in ranked[at : at + MOST_PLANES]]

    def best_fit(self, gpus: int, spans: bool = False) -> int | None:
        """The place with the fewest idle GPUs that still suffice; the lowest number among equals."""
        ranked = self._sorted[spans]
        at = bisect_left(ranked, (gpus, -1))
        return ranked[at][1] if at < len(ranked) else None

    def beside(self, place: int, reserved: int, room: int) -> int:
        """GPUs of a place that may be taken where of a reserved one only so many may.

        Of joined planes with a reserved one among them none: nobody says which of these a gang would take.
        """
        if place == reserved:
            return room
        if self._above.get(place) == reserved:
            return min(room, self.idle[place])
        return 0 if self._above.get(reserved) == place else self.idle[place]

    def overlap(self, place: int, other: int) -> bool:
        """Whether two places have a plane in common."""
        return place == other or self._above.get(place) == other or self._above.get(other) == place

    def best_fit_beside(self, gpus: int, reserved: int, room: int, spans: bool = False) -> int | None:
        """The same where a reserved place has less room than is idle there."""
        ranked = self._sorted[spans]
        at = bisect_left(ranked, (gpus, -1))
        best: tuple[int, int] | None = None
        while at < len(ranked) and best is None:
            place = ranked[at][1]
            if place != reserved and self.beside(place, reserved, room) >= gpus:
                best = ranked[at]
            at += 1
        if gpus <= room and reserved in self.places(spans):
            best = min(best, (room, reserved)) if best else (room, reserved)
        return best[1] if best else None

    def first_turn(self, gpus: int, spans: bool = False) -> tuple[int | None, float, int]:
        """(place, day, GPUs left over then) of the earliest turn of a gang of this size if nothing fails."""
        if (gpus, spans) != self._wanted or len(self._heap) > 2 * len(self.idle) + 64:
            self._wanted = gpus, spans
            self._turns = [self._turn(place) for place in range(len(self.idle))]
            self._heap = [(day, place) for place, (day, _) in enumerate(self._turns) if day < inf]
            heapify(self._heap)
        else:
            for place in self._stale:
                self._turns[place] = self._turn(place)
                if self._turns[place][0] < inf:
                    heappush(self._heap, (self._turns[place][0], place))
        self._stale.clear()
        while self._heap and self._turns[self._heap[0][1]][0] != self._heap[0][0]:
            heappop(self._heap)
        if not self._heap:
            return None, inf, 0
        day, place = self._heap[0]
        return place, day, self._turns[place][1]

    def _turn(self, place: int) -> tuple[float, int]:
        wanted, spans = self._wanted
        if (place >= self.planes) != spans:
            return inf, 0
        room = self.idle[place]
        for end_day, _, gpus in self._ends[place]:
            room += gpus
            if room >= wanted:
                return end_day, room - wanted
        return inf, 0

    def _changed(self, place: int) -> None:
        self.version += 1
        self._stale.add(place)
