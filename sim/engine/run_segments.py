"""A run segment of a gang: from when it got its GPUs to when it loses one; where the time went, in closed form.

Inside it the composition stands still.  Interruptions that break nothing cut it into pieces; they come from the gang's
own unit-rate arrivals, mapped through its rates, so two strategies that treat a gang alike see the same ones.  What
happened before a day is the same however far beyond it the segment is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.environment.gangs import Gangs
from sim.environment.interruption_rates import InterruptionRates
from sim.environment.saa_passes import arrivals
from sim.streams import Streams
from sim.workloads import Pieces, Progress, Rhythm, Spent, WorkTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

NOBODY = -1
"""In a column of causes: the piece was not ended by an interruption."""


class UnitArrivals:
    """A gang's arrivals of unit rate, and a second uniform for each that says what it was.

    Time is hazard here, and only moves on: what lies before the last `between` is forgotten.
    """

    def __init__(self, streams: Streams, job: int) -> None:
        self._streams = streams
        self._job = job
        self._sources: tuple[np.random.Generator, np.random.Generator] | None = None
        self._arrivals, self._second = np.empty(0), np.empty(0)
        self._last = 0.0

    def between(self, used: float, hazard: float) -> Floats:
        """Arrivals within this much hazard beyond what is used, counted from there."""
        gone = int(np.searchsorted(self._arrivals, used, side="right"))
        self._arrivals, self._second = self._arrivals[gone:], self._second[gone:]
        while self._last <= used + hazard:
            self._draw()
        end = int(np.searchsorted(self._arrivals, used + hazard, side="right"))
        return self._arrivals[:end] - used

    def second_uniform(self, number: Ints) -> Floats:
        """The second uniforms of arrivals, numbered on from the first of the last `between`."""
        return self._second[number]

    def _draw(self) -> None:
        if self._sources is None:
            self._sources = self._streams.of("interruptions", self._job), self._streams.of("their causes", self._job)
        times, causes = self._sources
        # In pieces of one size, so that nothing depends on how much is wanted at once.
        more = self._last + np.cumsum(times.standard_exponential(256))
        self._last = float(more[-1])
        self._arrivals = np.concatenate([self._arrivals, more])
        self._second = np.concatenate([self._second, causes.random(256)])


@dataclass(frozen=True)
class Corruption:
    """A silent corruption not yet noticed."""

    noticed_day: float
    cause: int
    """Position among the kinds of interruption."""
    at_risk: float
    """Work committed since it came, to be rolled back, days at full speed."""


@dataclass(frozen=True, eq=False)
class Composition:
    """How a gang runs on the GPUs that it holds: the same throughout a segment."""

    gangs: Gangs
    plane: int
    rhythm: Rhythm
    speed: WorkTable
    efficiency: float
    """Share of that speed that communication, mitigation and retried steps leave."""
    rates: InterruptionRates | None
    """What can interrupt it; none: nothing can."""
    failures_during_restart: bool
    """Whether what comes during a restart begins it anew."""
    made_of: tuple[object, ...] = ()
    """Its satellites, the GPUs that it holds there, and their ages: what all but the rhythm follows from."""


@dataclass(frozen=True, eq=False)
class Before:
    """What a gang brings into a segment."""

    since: float
    """Day on which the segment begins."""
    restart_days: float
    """Restart with which it begins."""
    unit_arrivals: UnitArrivals
    used: float = 0.0
    """Unit-rate time used up."""
    pending: list[Corruption] = field(default_factory=list)
    """Silent corruptions not yet noticed."""


@dataclass(frozen=True, eq=False)
class RunSegment:
    """Where a segment went.  Times in days of gang time, work in days at full speed."""

    pieces: Pieces
    spent: Spent
    progress: Progress
    committed: Floats
    """Work that each piece committed, shape (pieces,)."""
    undone: Floats
    """Work since the last checkpoint that the end of each piece rolls back."""
    taken_back: Floats
    """Work committed earlier that the end of each piece rolls back."""
    causes: Ints
    """Kind of interruption that ended each piece, or `NOBODY`."""
    paused: bool
    """At its end: in the dark or suspended, its work committed."""
    used: float
    """Unit-rate time used up, that before the segment included."""
    pending: list[Corruption]
    """Silent corruptions not yet noticed at its end."""

    @property
    def restart_left_days(self) -> float:
        """Of the restart under way at the end; 0 when there is none."""
        if self.paused or len(self.pieces.starts) == 0:
            return 0.0
        return max(0.0, float(self.pieces.restarts[-1] - (self.pieces.ends[-1] - self.pieces.starts[-1])))

    @property
    def net(self) -> float:
        """Work committed less work rolled back."""
        return float(self.committed.sum() - self.taken_back.sum())

    @property
    def worked(self) -> float:
        """All work done, committed or not."""
        return float(self.progress.work(self.progress.before[-1:])[0])


def run_segment(
    composition: Composition, before: Before, windows: tuple[Floats, Floats], until: float, *, planned: bool
) -> RunSegment:
    """Follow a gang to a day through windows in which it may run.

    `planned`: the end was known beforehand, so a checkpoint precedes it.
    """
    starts, ends = windows
    rhythm = composition.rhythm
    paused = len(ends) == 0 or float(ends[-1]) < until
    base = Pieces.of_windows(starts, ends, rhythm.restart, before.restart_days, planned or paused)
    if composition.rates is None or until <= before.since or len(starts) == 0:
        cuts, used = _Cuts.none(before.pending), before.used
    else:
        days, kinds, used = _interruptions(composition, composition.rates, before, until)
        cuts = _cuts(composition, before.pending, base, days, kinds, until)
    pieces = base.cut(cuts.days, cuts.restarts)
    spent = rhythm.spend(pieces)
    progress = rhythm.progress(composition.speed, composition.efficiency, pieces, spent)
    begun = progress.work(progress.before[:-1])
    safe = progress.work(progress.before[:-1] + spent.committed)
    undone = progress.work(progress.before[1:]) - safe
    causes = np.full(len(pieces.starts), NOBODY)
    taken_back, pending = np.zeros(len(pieces.starts)), cuts.pending
    if len(cuts.days):
        ended = np.searchsorted(pieces.starts, cuts.days, side="left") - 1
        causes[ended] = cuts.kinds
    if len(cuts.came) or cuts.waiting:
        total = np.concatenate([[0.0], np.cumsum(safe - begun)])
        by = _CommittedBy(pieces, spent, rhythm, progress, total)
        # A corruption that came after another was noticed: what that one took back lies before both, and cancels.
        noticed = ended[cuts.corrupted] if len(cuts.came) else np.empty(0, np.intp)
        taken_back[noticed] = cuts.at_risk + total[noticed + 1] - by(cuts.came)
        at_stake = total[-1] - by(np.array([one[0] for one in cuts.waiting]))
        pending = [
            Corruption(day, kind, risk + more)
            for (_, day, kind, risk), more in zip(cuts.waiting, at_stake.tolist(), strict=True)
        ]
    return RunSegment(pieces, spent, progress, safe - begun, undone, taken_back, causes, paused, used, pending)


def finish_day(segment: RunSegment, rhythm: Rhythm, work: float) -> float:
    """Day on which `work` more is committed; infinite if it is not in this segment."""
    return rhythm.finish(segment.pieces, work, segment.taken_back, segment.progress)


def _interruptions(
    composition: Composition, rates: InterruptionRates, before: Before, until: float
) -> tuple[Floats, Ints, float]:
    """(days, kinds, unit-rate time used up) of what would interrupt the gang if it ran at all times."""
    passes, unit = composition.gangs.passes(composition.plane), before.unit_arrivals
    blocks = rates.over(*passes.span(before.since, until))
    found = arrivals(passes, blocks, before.since, until, lambda hazard: unit.between(before.used, hazard))
    return found.days, rates.causes(found, unit.second_uniform(found.number)), before.used + found.used


@dataclass(frozen=True, eq=False)
class _Cuts:
    """The interruptions of a segment, in order, and the silent corruptions behind some of them."""

    days: Floats
    kinds: Ints
    restarts: Floats
    corrupted: NDArray[np.bool_]
    """Which are corruptions noticed."""
    came: Floats
    """Day on which each of those came; -infinity: in an earlier segment."""
    at_risk: Floats
    """Work of earlier segments that each of those takes back."""
    waiting: list[tuple[float, float, int, float]]
    """(day it came, day it will be noticed, kind, work of earlier segments at risk)."""
    pending: list[Corruption]

    @classmethod
    def none(cls, pending: list[Corruption]) -> _Cuts:
        """Nothing interrupts."""
        nothing = np.empty(0)
        return cls(nothing, np.empty(0, np.intp), nothing, np.empty(0, bool), nothing, nothing, [], pending)


def _cuts(
    composition: Composition, pending: list[Corruption], base: Pieces, days: Floats, kinds: Ints, until: float
) -> _Cuts:
    """Where interruptions on these days cut the windows of a segment."""
    gangs, starts, ends = composition.gangs, base.starts, base.ends
    if len(starts) > 1 or (len(days) and (days[0] <= starts[0] or days[-1] >= ends[-1])):
        inside = _inside(starts, ends, days)
        days, kinds = days[inside], kinds[inside]
    came, at_risk, waiting = np.empty(0), np.empty(0), list[tuple[float, float, int, float]]()
    corrupted = np.zeros(len(days), bool)
    if gangs.late.any():
        is_late = gangs.late[kinds]
        delay = gangs.scenario.radiation.detection_delay_h / HOURS_PER_DAY
        found, waiting = _follow_late(days[is_late], kinds[is_late], delay, until, base, pending)
        noticed = np.array([one[1] for one in found])
        at_once = np.flatnonzero(~is_late)
        every = np.concatenate([days[at_once], noticed])
        order = np.argsort(every, kind="stable")
        # Of the cuts in order, which are the corruptions noticed; both stay in order of time.
        corrupted = order >= len(at_once)
        days = every[order]
        kinds = np.concatenate([kinds[at_once], np.array([one[2] for one in found], np.intp)])[order]
        came, at_risk = np.array([one[0] for one in found]), np.array([one[3] for one in found])
    restarts = composition.rhythm.restart + gangs.restart_days[kinds]
    if not composition.failures_during_restart:
        keep = _outside_restarts(days, restarts, base)
        which = np.cumsum(corrupted)[keep][corrupted[keep]] - 1
        came, at_risk = came[which], at_risk[which]
        days, kinds, corrupted, restarts = days[keep], kinds[keep], corrupted[keep], restarts[keep]
    return _Cuts(days, kinds, restarts, corrupted, came, at_risk, waiting, [])


def _inside(starts: Floats, ends: Floats, days: Floats) -> NDArray[np.bool_]:
    """Which days lie inside the windows: a GPU that stands still loses nothing."""
    window = np.searchsorted(starts, days, side="right") - 1
    return np.asarray((window >= 0) & (days < ends[np.maximum(window, 0)]) & (days > starts[np.maximum(window, 0)]))


_Late = list[tuple[float, float, int, float]]


def _follow_late(
    days: Floats, kinds: Ints, delay: float, until: float, base: Pieces, pending: list[Corruption]
) -> tuple[_Late, _Late]:
    """Follow the silent corruptions of a segment in order: those noticed in it, and those still waiting.

    Each as (day it came, day it is noticed, kind, work of earlier segments at risk).  What comes while another one is
    at work is wiped out with it.  Noticed in the dark, one waits for the light.
    """
    starts, ends = base.starts, base.ends
    found: _Late = []
    waiting: _Late = []
    busy_until, many = -np.inf, len(ends) > 1 or float(ends[-1]) < until
    new = zip(days.tolist(), (days + delay).tolist(), kinds.tolist(), repeat(0.0), strict=False)
    for one in chain([(-np.inf, old.noticed_day, old.cause, old.at_risk) for old in pending], new):
        came, seen, kind, risk = one
        if came < busy_until:
            continue
        if many or seen <= starts[0]:
            window = int(np.searchsorted(ends, seen, side="left"))
            if window == len(ends):
                seen = max(seen, until)
            elif seen <= starts[window]:
                seen = float(starts[window]) + 1e-9
        (found if seen < until else waiting).append((came, seen, kind, risk))
        busy_until = max(busy_until, seen)
    return found, waiting


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


@dataclass(frozen=True, eq=False)
class _CommittedBy:
    """Work of a segment committed by some days, roll-backs apart."""

    pieces: Pieces
    spent: Spent
    rhythm: Rhythm
    progress: Progress
    total: Floats
    """Work committed before each piece."""

    def __call__(self, days: Floats) -> Floats:
        pieces, progress = self.pieces, self.progress
        piece = np.maximum(np.searchsorted(pieces.starts, days, side="right") - 1, 0)
        running = np.maximum(days - pieces.starts[piece] - pieces.restarts[piece], 0.0)
        cycles = np.floor(running / (self.rhythm.interval + self.rhythm.write))
        inside = np.minimum(cycles * self.rhythm.interval, self.spent.committed[piece])
        begun = progress.before[piece]
        return np.asarray(self.total[piece] + progress.work(begun + inside) - progress.work(begun))
