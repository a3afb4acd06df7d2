"""A stretch of a gang's life, from when it got its GPUs to when it loses one: where the time went, in closed form.

Inside it the composition stands still.  Interruptions that break nothing cut it into pieces; they come from the gang's
own unit-rate arrivals, mapped through its rates, so two strategies that treat a gang alike see the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.environment.gangs import Gangs, Threat
from sim.environment.passes import arrivals
from sim.streams import Streams
from sim.workloads import Pieces, Rhythm, Spent

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NOBODY = -1
"""In a column of causes: the piece was not ended by an interruption."""


class Luck:
    """A gang's unit-rate arrivals, and a second luck for each that says what it was."""

    def __init__(self, streams: Streams, job: int) -> None:
        self._streams = streams
        self._job = job
        self._sources: tuple[np.random.Generator, np.random.Generator] | None = None
        self._arrivals, self._marks = np.empty(0), np.empty(0)

    def between(self, used: float, hazard: float) -> Floats:
        """Arrivals within this much hazard beyond what is used, counted from there."""
        while len(self._arrivals) == 0 or self._arrivals[-1] <= used + hazard:
            self._more()
        first, end = np.searchsorted(self._arrivals, [used, used + hazard], side="right")
        return self._arrivals[first:end] - used

    def marks(self, used: float, number: Ints) -> Floats:
        """The second luck of arrivals, numbered on from the first beyond what is used."""
        first = int(np.searchsorted(self._arrivals, used, side="right"))
        return self._marks[first + number]

    def _more(self) -> None:
        if self._sources is None:
            self._sources = self._streams.of("interruptions", self._job), self._streams.of("their causes", self._job)
        times, marks = self._sources
        steps = times.standard_exponential(256)
        last = self._arrivals[-1] if len(self._arrivals) else 0.0
        self._arrivals = np.concatenate([self._arrivals, last + np.cumsum(steps)])
        self._marks = np.concatenate([self._marks, marks.random(256)])


@dataclass(frozen=True)
class Corruption:
    """A silent corruption not yet noticed."""

    noticed_day: float
    cause: int
    """Position among the kinds of interruption."""
    at_risk: float
    """Work committed since it came, to be rolled back, days at full speed."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Where a stretch went."""

    pieces: Pieces
    spent: Spent
    taken_back: Floats
    """Work committed earlier that the end of each piece rolls back, days of gang time, shape (pieces,)."""
    causes: Ints
    """Kind of interruption that ended each piece, or `NOBODY`, shape (pieces,)."""
    paused: bool
    """At its end: in the dark or told to stand still, its work committed."""
    hazard: float = 0.0
    """Unit-rate time used up."""
    pending: list[Corruption] = field(default_factory=list)

    @property
    def restart_left_days(self) -> float:
        """Of the restart under way at the end; 0 when there is none."""
        if self.paused or len(self.pieces.starts) == 0:
            return 0.0
        return max(0.0, float(self.pieces.restarts[-1] - (self.pieces.ends[-1] - self.pieces.starts[-1])))

    @property
    def net(self) -> float:
        """Work committed less work rolled back, days of gang time."""
        return float(self.spent.committed.sum() - self.taken_back.sum())


def run_through(
    windows: tuple[Floats, Floats],
    since: float,
    until: float,
    first_restart: float,
    rhythm: Rhythm,
    planned: bool,
    immune: bool,
    gangs: Gangs,
    plane: int,
    threat: Threat | None,
    luck: Luck,
    used: float,
    pending: list[Corruption],
) -> Stretch:
    """Follow a gang from `since` to `until` through windows in which it may run.

    `planned`: the end was known beforehand, so a checkpoint precedes it; `immune`: what strikes during a restart does
    not begin it anew.
    """
    starts, ends = windows
    paused = len(ends) == 0 or float(ends[-1]) < until
    base = Pieces.of_windows(starts, ends, rhythm.restart, first_restart, planned or paused)
    if threat is None or until <= since or len(starts) == 0:
        spent = rhythm.spend(base)
        none = np.zeros(len(starts))
        return Stretch(base, spent, none, np.full(len(starts), NOBODY), paused, 0.0, pending)

    found = arrivals(gangs.passes(plane), threat, since, until, lambda hazard: luck.between(used, hazard))
    kinds = threat.causes(found.days, found.in_pass, luck.marks(used, found.number))
    days = found.days
    if len(starts) > 1 or starts[0] > since or paused:
        inside = _inside(starts, ends, days)
        days, kinds = days[inside], kinds[inside]
    is_late = gangs.late[kinds]
    delay = gangs.environment.scenario.radiation.detection_delay_h / HOURS_PER_DAY
    late = _Late.of(days[is_late], kinds[is_late], delay, until, starts, ends, pending)

    at_once = np.flatnonzero(~is_late)
    cut_days = np.concatenate([days[at_once], late.noticed])
    order = np.argsort(cut_days, kind="stable")
    # Of the cuts in order, which are the corruptions noticed; both stay in order of time.
    cut_days, cut_kinds = cut_days[order], np.concatenate([kinds[at_once], late.kinds])[order]
    corrupted = order >= len(at_once)
    restarts = rhythm.restart + gangs.restart_days[cut_kinds]
    came, at_risk = late.came, late.at_risk
    if immune:
        keep = _outside_restarts(cut_days, restarts, base)
        which = np.cumsum(corrupted)[keep][corrupted[keep]] - 1
        came, at_risk = came[which], at_risk[which]
        cut_days, cut_kinds, corrupted, restarts = cut_days[keep], cut_kinds[keep], corrupted[keep], restarts[keep]

    pieces = base.cut(cut_days, restarts)
    spent = rhythm.spend(pieces)
    ended = np.searchsorted(pieces.starts, cut_days, side="left") - 1
    causes = np.full(len(pieces.starts), NOBODY)
    causes[ended] = cut_kinds
    total = np.concatenate([[0.0], np.cumsum(spent.committed)])
    taken_back = np.zeros(len(pieces.starts))
    # A corruption that came after another was noticed: what that one took back lies before both, and cancels.
    until_noticed = total[ended[corrupted] + 1]
    taken_back[ended[corrupted]] = at_risk + until_noticed - _committed_by(pieces, spent, rhythm, total, came)
    still = np.array([one[0] for one in late.waiting])
    at_stake = total[-1] - _committed_by(pieces, spent, rhythm, total, still)
    left = [
        Corruption(day, kind, risk + more)
        for (_, day, kind, risk), more in zip(late.waiting, at_stake.tolist(), strict=True)
    ]
    return Stretch(pieces, spent, taken_back, causes, paused, found.hazard, left)


def _inside(starts: Floats, ends: Floats, days: Floats) -> NDArray[np.bool_]:
    """Which days lie inside the windows: a GPU that stands still loses nothing."""
    window = np.searchsorted(starts, days, side="right") - 1
    return np.asarray((window >= 0) & (days < ends[np.maximum(window, 0)]) & (days > starts[np.maximum(window, 0)]))


@dataclass(frozen=True)
class _Late:
    """Silent corruptions of a stretch: those noticed in it, in columns, and those still waiting."""

    came: Floats
    """Day on which each came; -infinity: in an earlier stretch."""
    noticed: Floats
    kinds: Ints
    at_risk: Floats
    """Work of earlier stretches that it takes back."""
    waiting: list[tuple[float, float, int, float]]
    """(day it came, day it will be noticed, kind, work of earlier stretches at risk)."""

    @classmethod
    def of(
        cls,
        days: Floats,
        kinds: Ints,
        delay: float,
        until: float,
        starts: Floats,
        ends: Floats,
        pending: list[Corruption],
    ) -> _Late:
        """Follow the corruptions of a stretch in order.

        What comes while another one is at work is wiped out with it.  Noticed in the dark, one waits for the light.
        """
        found: list[tuple[float, float, int, float]] = []
        waiting: list[tuple[float, float, int, float]] = []
        busy_until, many = -np.inf, len(ends) > 1 or float(ends[-1]) < until
        new = zip(days.tolist(), (days + delay).tolist(), kinds.tolist(), repeat(0.0), strict=False)
        for one in chain([(-np.inf, old.noticed_day, old.cause, old.at_risk) for old in pending], new):
            came, seen, kind, risk = one
            if came < busy_until:
                continue
            if many:
                window = int(np.searchsorted(ends, seen, side="left"))
                if window == len(ends):
                    seen = max(seen, until)
                elif seen < starts[window]:
                    seen = float(starts[window]) + 1e-9
            (found if seen < until else waiting).append((came, seen, kind, risk))
            busy_until = max(busy_until, seen)
        if not found:
            return cls(np.empty(0), np.empty(0), np.empty(0, np.intp), np.empty(0), waiting)
        came_, noticed, which, at_risk = zip(*found, strict=True)
        return cls(np.array(came_), np.array(noticed), np.array(which, np.intp), np.array(at_risk), waiting)


def _outside_restarts(days: Floats, restarts: Floats, base: Pieces) -> Ints:
    """Positions of the interruptions that do not fall into a restart: of a piece, or after one of themselves."""
    piece = np.searchsorted(base.starts, days, side="right") - 1
    begun = base.starts[piece] + base.restarts[piece]
    free = -np.inf
    kept = []
    for position, (day, restart, first) in enumerate(
        zip(days.tolist(), restarts.tolist(), begun.tolist(), strict=True)
    ):
        if day >= first and day >= free:
            kept.append(position)
            free = day + restart
    return np.array(kept, np.intp)


def _committed_by(pieces: Pieces, spent: Spent, rhythm: Rhythm, total: Floats, days: Floats) -> Floats:
    """Work committed by some days, roll-backs apart, days of gang time; `total`: before each piece."""
    piece = np.maximum(np.searchsorted(pieces.starts, days, side="right") - 1, 0)
    running = np.maximum(days - pieces.starts[piece] - pieces.restarts[piece], 0.0)
    inside = np.floor(running / (rhythm.interval + rhythm.write)) * rhythm.interval
    return np.asarray(total[piece] + np.minimum(inside, spent.committed[piece]))
