"""A stretch of a gang's life, from when it got its GPUs to when it loses one: where the time went, in closed form.

Inside it the composition stands still.  Interruptions that break nothing cut it into pieces; they come from the gang's
own unit-rate arrivals, mapped through its rates, so two strategies that treat a gang alike see the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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

    found = arrivals(gangs.passes(plane), threat.rates, since, until, lambda hazard: luck.between(used, hazard))
    kinds = threat.causes(found.days, found.in_pass, luck.marks(used, found.number))
    inside = _inside(starts, ends, found.days)
    days, kinds = found.days[inside], kinds[inside]
    late = np.array([cause.late for cause in gangs.causes])[kinds]
    delay = gangs.environment.scenario.radiation.detection_delay_h / 24
    corrupted, noticed, waiting = _noticed(days[late], kinds[late], delay, until, starts, ends, pending)

    cut_days = np.concatenate([days[~late], [one.noticed_day for one in noticed]])
    cut_kinds = np.concatenate([kinds[~late], np.array([one.cause for one in noticed], np.intp)])
    origin = np.concatenate([np.full(int((~late).sum()), np.nan), corrupted])
    at_risk = np.concatenate([np.zeros(int((~late).sum())), [one.at_risk for one in noticed]])
    order = np.argsort(cut_days, kind="stable")
    cut_days, cut_kinds, origin, at_risk = cut_days[order], cut_kinds[order], origin[order], at_risk[order]
    restarts = rhythm.restart + np.array([cause.restart_days for cause in gangs.causes])[cut_kinds]
    if immune:
        keep = _outside_restarts(cut_days, restarts, base)
        cut_days, cut_kinds, origin = cut_days[keep], cut_kinds[keep], origin[keep]
        at_risk, restarts = at_risk[keep], restarts[keep]

    pieces = base.cut(cut_days, restarts)
    spent = rhythm.spend(pieces)
    ended = np.searchsorted(pieces.starts, cut_days, side="left") - 1
    causes = np.full(len(pieces.starts), NOBODY)
    causes[ended] = cut_kinds
    taken_back = np.zeros(len(pieces.starts))
    total = np.cumsum(spent.committed)
    for cut in np.flatnonzero(~np.isnan(origin)).tolist():
        piece = int(ended[cut])
        net = float(total[piece] - taken_back[:piece].sum())
        since_then = net - _committed_by(pieces, spent, rhythm, float(origin[cut]), taken_back)
        taken_back[piece] = max(0.0, float(at_risk[cut]) + since_then)
    left = [
        Corruption(
            one.noticed_day,
            one.cause,
            one.at_risk
            + max(
                0.0,
                float(total[-1] - taken_back.sum()) - _committed_by(pieces, spent, rhythm, came, taken_back),
            ),
        )
        for came, one in waiting
    ]
    return Stretch(pieces, spent, taken_back, causes, paused, found.hazard, left)


def _inside(starts: Floats, ends: Floats, days: Floats) -> NDArray[np.bool_]:
    """Which days lie inside the windows: a GPU that stands still loses nothing."""
    window = np.searchsorted(starts, days, side="right") - 1
    return np.asarray((window >= 0) & (days < ends[np.maximum(window, 0)]) & (days > starts[np.maximum(window, 0)]))


def _noticed(
    days: Floats,
    kinds: Ints,
    delay: float,
    until: float,
    starts: Floats,
    ends: Floats,
    pending: list[Corruption],
) -> tuple[Floats, list[Corruption], list[tuple[float, Corruption]]]:
    """Corruptions noticed in the stretch, with the days on which they came, and those still waiting.

    What came while another one was at work is wiped out with it.  Noticed in the dark, one waits for the light.
    """
    came, noticed, waiting = list[float](), list[Corruption](), list[tuple[float, Corruption]]()
    busy_until = -np.inf
    old = [(-np.inf, one) for one in pending]
    new = [(day, Corruption(day + delay, kind, 0.0)) for day, kind in zip(days.tolist(), kinds.tolist(), strict=True)]
    for day, one in old + new:
        if day < busy_until:
            continue
        window = int(np.searchsorted(ends, one.noticed_day, side="left"))
        seen = one.noticed_day if window == len(ends) else max(one.noticed_day, float(starts[window]) + 1e-9)
        if seen >= until or window == len(ends):
            waiting.append((day, one))
        else:
            came.append(day)
            noticed.append(Corruption(seen, one.cause, one.at_risk))
        busy_until = max(busy_until, seen)
    return np.array(came), noticed, waiting


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


def _committed_by(pieces: Pieces, spent: Spent, rhythm: Rhythm, day: float, taken_back: Floats) -> float:
    """Work committed, and not rolled back, by a day, days of gang time."""
    if day == -np.inf:
        return 0.0
    piece = int(np.searchsorted(pieces.starts, day, side="right")) - 1
    running = max(0.0, day - float(pieces.starts[piece] + pieces.restarts[piece]))
    inside = float(np.floor(running / (rhythm.interval + rhythm.write))) * rhythm.interval
    before = float(spent.committed[:piece].sum() - taken_back[:piece].sum())
    return before + min(inside, float(spent.committed[piece]))
