"""Interruptions that break nothing: where they cut the windows in which gangs may run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.segment import Asked
from sim.environment.arrivals import Span, arrivals
from sim.environment.interruption_rates import InterruptionRates, causes_of
from sim.workloads import Pieces

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Late = list[tuple[float, float, int, float]]
"""Silent corruptions: (day it came, day it is noticed, kind, work of earlier segments at risk)."""


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of some segments in columns, as pieces that nothing has cut yet."""

    pieces: Pieces
    counts: Ints
    """Windows of each segment, shape (segments,)."""
    first: Ints
    """First window of each segment, and one past the last."""

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Windows:
        counts = np.array([len(one.starts) for one in asked])
        first = np.concatenate([[0], np.cumsum(counts)])
        restarts = np.repeat([float(one.composition.rhythm.restart) for one in asked], counts)
        for number, one in enumerate(asked):
            if one.restarts is not None:
                restarts[first[number] : first[number + 1]] = one.restarts
        planned = np.ones(len(restarts), bool)
        some = np.flatnonzero(counts)
        restarts[first[some]] = [asked[i].before.restart_days for i in some.tolist()]
        planned[first[some + 1] - 1] = [asked[i].planned or asked[i].paused for i in some.tolist()]
        starts, ends = (
            np.concatenate(column).astype(float) for column in zip(*((a.starts, a.ends) for a in asked), strict=True)
        )
        return cls(Pieces(starts, ends, restarts, planned), counts, first)

    def at(self, of: Ints, days: Floats) -> Ints:
        """The last window of its segment that begins before or on each day; one too low where none does."""
        found = self.first[of]  # nearly always a segment has one
        found[days < self.pieces.starts[np.minimum(found, len(self.pieces.starts) - 1)]] -= 1
        begins = np.searchsorted(of, np.arange(len(self.counts) + 1))
        for number in np.flatnonzero((self.counts > 1) & (np.diff(begins) > 0)).tolist():
            mine, first = slice(begins[number], begins[number + 1]), self.first[number]
            own = self.pieces.starts[first : self.first[number + 1]]
            found[mine] = first - 1 + np.searchsorted(own, days[mine], side="right")
        return found

    def inside(self, of: Ints, days: Floats) -> NDArray[np.bool_]:
        """Which days lie inside the windows of their segments: a GPU that stands still loses nothing."""
        window = self.at(of, days)
        there = np.maximum(window, self.first[of])
        return (window >= there) & (days > self.pieces.starts[there]) & (days < self.pieces.ends[there])

    def cut(self, cuts: Cuts) -> tuple[Pieces, Ints]:
        """The windows cut by interruptions, and which piece each of these ended."""
        whole = self.pieces
        if len(cuts.days) == 0:
            return whole, np.empty(0, np.intp)
        where = self.at(cuts.of, cuts.days) + 1
        pieces = Pieces(
            np.insert(whole.starts, where, cuts.days),
            np.insert(whole.ends, where - 1, cuts.days),
            np.insert(whole.restarts, where, cuts.restarts),
            np.insert(whole.planned, where - 1, False),
        )
        return pieces, where - 1 + np.arange(len(where))


@dataclass(frozen=True, eq=False)
class Cuts:
    """The interruptions of some segments, in order, and the silent corruptions behind some of them."""

    of: Ints
    days: Floats
    kinds: Ints
    restarts: Floats
    corrupted: NDArray[np.bool_]
    """Which are corruptions noticed."""
    came: Floats
    """Day on which each of those came; -infinity: in an earlier segment."""
    at_risk: Floats
    """Work of earlier segments that each of those takes back."""
    waiting: dict[int, Late]
    """Corruptions not yet noticed, by segment."""

    @classmethod
    def none(cls) -> Cuts:
        """No interruptions."""
        nobody, nothing = np.empty(0, np.intp), np.empty(0)
        return cls(nobody, nothing, nobody, nothing, np.empty(0, bool), nothing, nothing, {})

    def take(self, some: Ints | slice) -> Cuts:
        """These interruptions, in this order."""
        return Cuts(
            of=self.of[some],
            days=self.days[some],
            kinds=self.kinds[some],
            restarts=self.restarts[some],
            corrupted=self.corrupted[some],
            came=self.came[some],
            at_risk=self.at_risk[some],
            waiting=self.waiting,
        )

    def corruptions(self, ended: Ints) -> list[tuple[int, tuple[Ints, Floats, Floats], Late]]:
        """(segment, its corruptions noticed: piece ended, day each came, work at risk; those waiting) where any."""
        if not (self.waiting or self.corrupted.any()):
            return []
        which = np.flatnonzero(self.corrupted)
        begins = np.searchsorted(self.of[which], np.arange(int(self.of[which].max(initial=-1)) + 2))
        noticed = {number: which[begins[number] : begins[number + 1]] for number in np.unique(self.of[which]).tolist()}
        none = np.empty(0, np.intp)
        found = []
        for number in sorted(noticed.keys() | self.waiting.keys()):
            mine = noticed.get(number, none)
            found.append((number, (ended[mine], self.came[mine], self.at_risk[mine]), self.waiting.get(number, [])))
        return found


def interruptions(asked: Sequence[Asked], windows: Windows) -> tuple[Cuts, Floats]:
    """Where interruptions cut the windows, and the unit-rate time used up in the end."""
    used = np.array([one.before.used for one in asked])
    spans, rates, whose = list[Span](), list[InterruptionRates](), list[int]()
    for number, one in enumerate(asked):
        before, composition = one.before, one.composition
        if composition.rates is None or not one.interruptible:
            continue
        passes, unit = composition.gangs.passes(composition.place), before.unit_arrivals
        blocks = composition.rates.over(*passes.span(before.since, one.until))
        spans.append(Span(passes, blocks, before.since, one.until, unit.beyond(before.used)))
        rates.append(composition.rates)
        whose.append(number)
    if not spans:
        return Cuts.none(), used
    found = arrivals(spans)
    used[whose] += found.used
    begins = np.searchsorted(found.span, np.arange(len(spans) + 1)).tolist()
    second = [
        asked[number].before.unit_arrivals.second_uniform(found.number[begin:end])
        for number, begin, end in zip(whose, begins[:-1], begins[1:], strict=True)
    ]
    kinds = causes_of(rates, found.span, found.block, found.phase, np.concatenate(second))
    of, days = np.array(whose)[found.span], found.days
    inside = windows.inside(of, days)
    return _cuts(asked, of[inside], days[inside], kinds[inside]), used


def _cuts(asked: Sequence[Asked], of: Ints, days: Floats, kinds: Ints) -> Cuts:
    """What interruptions on these days, all inside windows, do to their segments."""
    gangs = asked[0].composition.gangs
    restart = np.array([one.composition.rhythm.restart for one in asked])
    detection = np.array([one.composition.detection_days for one in asked])
    is_late = gangs.late[kinds]
    noticed, waiting = _follow_late(asked, of[is_late], days[is_late], kinds[is_late])
    at_once, more = np.flatnonzero(~is_late), [one for _, one in noticed]
    of = np.concatenate([of[at_once], np.array([number for number, _ in noticed], np.intp)])
    days = np.concatenate([days[at_once], [one[1] for one in more]])
    kinds = np.concatenate([kinds[at_once], np.array([one[2] for one in more], np.intp)])
    nothing = np.zeros(len(at_once))
    cuts = Cuts(
        of=of,
        days=days,
        kinds=kinds,
        restarts=restart[of] + gangs.restart_days[kinds] + np.where(gangs.late[kinds], 0.0, detection[of]),
        corrupted=np.arange(len(of)) >= len(at_once),
        came=np.concatenate([nothing - np.inf, [one[0] for one in more]]),
        at_risk=np.concatenate([nothing, [one[3] for one in more]]),
        waiting=waiting,
    ).take(np.lexsort((days, of)))
    return cuts.take(_outside_restarts(asked, cuts))


def _follow_late(
    asked: Sequence[Asked], of: Ints, days: Floats, kinds: Ints
) -> tuple[list[tuple[int, tuple[float, float, int, float]]], dict[int, Late]]:
    """Follow the silent corruptions of segments in order: (segment, one noticed) and those still waiting, by segment.

    What comes while another one is at work is wiped out with it.  Noticed in the dark, one waits for the light.
    """
    delay = asked[0].composition.gangs.scenario.radiation.detection_delay_h / HOURS_PER_DAY
    begins = np.searchsorted(of, np.arange(len(asked) + 1)).tolist()
    noticed: list[tuple[int, tuple[float, float, int, float]]] = []
    waiting: dict[int, Late] = {}
    all_days, all_seen, all_kinds = days.tolist(), (days + delay).tolist(), kinds.tolist()
    for number, (one, begin, end) in enumerate(zip(asked, begins[:-1], begins[1:], strict=True)):
        if not one.interruptible or (begin == end and not one.before.pending):
            continue
        starts, ends = one.starts, one.ends
        busy_until, many = -np.inf, len(ends) > 1 or one.paused
        new = zip(all_days[begin:end], all_seen[begin:end], all_kinds[begin:end], repeat(0.0), strict=False)
        for late in chain([(-np.inf, old.noticed_day, old.cause, old.at_risk) for old in one.before.pending], new):
            came, seen, kind, risk = late
            if came < busy_until:
                continue
            if many or seen <= starts[0]:
                window = int(np.searchsorted(ends, seen, side="left"))
                if window == len(ends):
                    seen = max(seen, one.until)
                elif seen <= starts[window]:
                    seen = float(starts[window]) + 1e-9
            if seen < one.until:
                noticed.append((number, (came, seen, kind, risk)))
            else:
                waiting.setdefault(number, []).append((came, seen, kind, risk))
            busy_until = max(busy_until, seen)
    return noticed, waiting


def _outside_restarts(asked: Sequence[Asked], cuts: Cuts) -> Ints | slice:
    """The interruptions that do not fall into a restart, of a window or after one of themselves, where that matters."""
    if all(one.composition.failures_during_restart for one in asked):
        return slice(None)
    begins = np.searchsorted(cuts.of, np.arange(len(asked) + 1)).tolist()
    kept: list[int] = []
    for one, begin, end in zip(asked, begins[:-1], begins[1:], strict=True):
        if one.composition.failures_during_restart:
            kept += range(begin, end)
            continue
        days, restarts = cuts.days[begin:end], cuts.restarts[begin:end]
        window = np.searchsorted(one.starts, days, side="right") - 1
        first = np.where(window == 0, one.before.restart_days, one.composition.rhythm.restart)
        begun = one.starts[window] + first
        free = -np.inf
        for position, (day, restart, at) in enumerate(
            zip(days.tolist(), restarts.tolist(), begun.tolist(), strict=True), begin
        ):
            if day >= at and day >= free:
                kept.append(position)
                free = day + restart
    return np.array(kept, np.intp)
