"""Where the state of a job lies: on its satellites while a copy of every share is left there, else on the ground."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import floor, inf

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, SECONDS_PER_DAY
from sim.engine.run_segments import RunSegments
from sim.engine.stretch import Stretch
from sim.events import Cause
from sim.workloads import JobFigures, Pieces, TrainingJob
from sim.workloads.replicas import copies_left

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class LostSatellites:
    """Satellites at work that were lost, or left by plan, in order of time."""

    def __init__(self) -> None:
        self._lost = list[float](), list[int]()
        self._left = list[float](), list[int]()

    def leave(self, berth: int, day: float, *, planned: bool) -> None:
        """The satellite in a slot stops work."""
        for days, berths in (self._left,) if planned else (self._left, self._lost):
            days.append(day)
            berths.append(berth)

    def among(self, berths: Ints, since: float, until: float, *, hand_on: bool) -> NDArray[np.bool_]:
        """In which slots what the satellite held that was there on one day was lost by another.

        `hand_on`: those that leave by plan hand it on.
        """
        days, lost = self._lost if hand_on else self._left
        return np.isin(berths, lost[bisect_left(days, since) : bisect_right(days, until)])


class Copies:
    """The copies of one job's state.

    A copy for the ground begins every `ground_checkpoint_h` of mission time while the gang runs, once the last one has
    arrived, and holds what was committed by then.  Where the gang falls back on the ground, it falls back on the last
    that has arrived; without any, on the beginning.
    """

    def __init__(self, spec: TrainingJob, figures: JobFigures) -> None:
        self.away_days = (figures.load_away_s - figures.load_s) / SECONDS_PER_DAY
        """What a restart takes longer that loads the share of a satellite that was lost, or that a gang left."""
        self.hand_over_days = (figures.hand_over_s - figures.load_s) / SECONDS_PER_DAY
        """The same where the satellite leaves by plan, and hands its share on."""
        self._hand_on = spec.on_planned_removal == "migrate"
        self.detection_days = spec.detection_s / SECONDS_PER_DAY
        """Until an interruption is noticed."""
        self._ground_days = (figures.load_ground_s - figures.load_s) / SECONDS_PER_DAY
        self._safe_below = spec.checkpoint_to == "ground"
        self._replicas = spec.peer_replicas if spec.checkpoint_to == "peer" else 0
        self._lag_days = figures.ground_s / SECONDS_PER_DAY
        every = spec.ground_checkpoint_h
        self._every_days = inf if every is None else max(every / HOURS_PER_DAY, self._lag_days)
        self._berths, self._since = np.empty(0, np.intp), 0.0  # of the last durable checkpoint
        self._ended_by = int(Cause.NONE)  # the segment before
        self._work = 0.0  # committed, GPU-days
        self._ground: list[tuple[float, float]] = []  # copies begun: day, work in it

    def restore(self, stretch: Stretch, lost: LostSatellites) -> float:
        """Let a segment begin with the state of which copies are left; returns the work given up, GPU-days.

        That which was committed since the last copy on the ground, where the satellites do not hold every share of it
        any more.  Worked out once: later it is 0.
        """
        if stretch.restored:
            return 0.0
        stretch.restored = True
        if self._safe_below or len(self._berths) == 0:
            return 0.0
        gone = lost.among(self._berths, self._since, stretch.since, hand_on=self._hand_on)
        if copies_left(gone, self._replicas):
            return 0.0
        arrived = [(begun, work) for begun, work in self._ground if begun + self._lag_days <= stretch.since]
        safe = arrived[-1][1] if arrived else 0.0
        given_up, self._work = self._work - safe, safe
        stretch.given_up = given_up / stretch.size
        stretch.given_up_to = self._ended_by
        stretch.restart_days += self._ground_days
        self._ground, self._berths = arrived[-1:], np.empty(0, np.intp)
        return given_up

    def follow(self, stretch: Stretch, segments: RunSegments, number: int) -> None:
        """The gang has run: a segment, by its number."""
        if self._safe_below:
            return
        self._ended_by = stretch.cause
        mine = slice(int(segments.first[number]), int(segments.first[number + 1]))
        committed = segments.committed[mine]
        if committed.any():
            self._berths, self._since = stretch.berths, stretch.since
        gained = np.cumsum(committed - segments.taken_back[mine]) * stretch.size
        self._send(stretch, segments.pieces.take(mine), gained)
        self._work += float(gained[-1]) if len(gained) else 0.0
        self._ground = [(day, min(work, self._work)) for day, work in self._ground]

    def _send(self, stretch: Stretch, pieces: Pieces, gained: Floats) -> None:
        """Begin the copies for the ground that fall into a segment: those that may still matter at its end."""
        every, since, until = self._every_days, stretch.since, stretch.end_day
        if every == inf or len(gained) == 0:
            return
        first, last = max(floor(since / every) + 1, 1), floor(until / every)
        first = max(first, floor((until - self._lag_days) / every))
        days = np.arange(first, last + 1) * every
        if len(days) == 0:
            return
        # Between the beginning and the end of a piece work is taken to grow evenly.
        at = np.stack([pieces.starts, pieces.ends], axis=1).ravel()
        work = np.stack([np.concatenate([[0.0], gained[:-1]]), gained], axis=1).ravel()
        new = zip(days.tolist(), (self._work + np.interp(days, at, work)).tolist(), strict=True)
        arrived = [copy for copy in self._ground if copy[0] + self._lag_days <= until]
        waiting = [copy for copy in self._ground if copy[0] + self._lag_days > until]
        self._ground = [*arrived[-1:], *waiting, *new]
