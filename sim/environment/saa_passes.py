"""Single events in time: a non-homogeneous Poisson process of many targets, by the minute, from arrivals of unit rate.

Trapped particles come in passes of the South Atlantic Anomaly.  What a satellite meets in a revolution depends on the
longitude of its node and on where along the orbit it is, so one table of an orbit's geometry serves every satellite and
date.  Rates are constant over a **block** of fifteen periods, about a day; blocks are counted from mission day 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.physics.trapped import PassProfile

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SAME_EDGE = 1e-9
"""Periods, microseconds, within which a day is taken as the edge of a period."""
BLOCK = 15
"""Periods, about a day, over which rates are averaged."""


@dataclass(eq=False)
class _Doses:
    """Relative doses by phase and block that were worked out."""

    row: dict[float, int] = field(default_factory=dict)
    table: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class Passes:
    """The passes of one plane's satellites."""

    profile: PassProfile
    period_days: float
    node_rad: float
    """Longitude of the ascending node over the turning Earth on mission day 0."""
    turn_rad: float
    """How far it moves west in a revolution."""
    horizon_days: float
    _kept: _Doses = field(default_factory=lambda: _Doses(), repr=False)

    @property
    def block_days(self) -> float:
        """Length of a block, days."""
        return BLOCK * self.period_days

    @cached_property
    def blocks(self) -> int:
        """Blocks that cover the mission."""
        return floor(self.horizon_days / self.block_days) + 1

    @cached_property
    def block_edges(self) -> Floats:
        """Mission days on which blocks begin, and the last one ends, shape (blocks + 1,)."""
        return np.arange(self.blocks + 1, dtype=float) * self.block_days

    def span(self, start: float, end: float) -> tuple[int, int]:
        """The blocks that cover a span of time: the first, and one past the last."""
        first = min(int(start / self.block_days), self.blocks - 1)
        return first, max(first + 1, min(ceil(end / self.block_days), self.blocks))

    def block_doses(self, phases_rad: Floats, first: int, last: int) -> Floats:
        """Relative dose of satellites with these phases in the blocks from `first` to before `last`, days.

        Shape (phases, blocks).
        """
        kept = self._kept
        rows = [kept.row[phase] if phase in kept.row else self._keep(phase) for phase in phases_rad.tolist()]
        return np.asarray(kept.table[rows, first:last])

    def _keep(self, phase_rad: float) -> int:
        """Work out the doses of a phase; returns their row in the table kept."""
        kept, row = self._kept, len(self._kept.row)
        if row >= len(kept.table):
            more = np.empty((max(8, 2 * row), self.blocks))
            if row:
                more[:row] = kept.table[:row]
            kept.table = more
        kept.table[row] = np.diff(self.total(phase_rad))
        kept.row[phase_rad] = row
        return row

    def total(self, phase_rad: float) -> Floats:
        """Relative dose from mission day 0 to the edges of blocks, days, of satellites with a phase, (blocks + 1,)."""
        first = floor(phase_rad / TAU)
        rows = self.rows(phase_rad, np.arange(first, first + BLOCK * self.blocks + 1, dtype=float))
        whole = np.concatenate([[0.0], np.cumsum(self._whole[rows[:-1]])])[::BLOCK]
        # Every block begins at the same place along the orbit.
        begun = self.within(rows[::BLOCK], np.full(self.blocks + 1, phase_rad / TAU - first))
        return np.asarray(whole + begun - begun[0])

    def dose(self, phases_rad: Floats, days: Floats) -> Floats:
        """Relative dose from mission day 0 to some days, days, shape (phases, days)."""
        turns = days / self.period_days
        # 122 periods over a period are 121.99.. in floating point, and would count that revolution twice.
        edge = np.round(turns)
        turns = np.where(np.abs(turns - edge) < SAME_EDGE, edge, turns)
        shift = phases_rad[:, None] / TAU
        around = turns + shift
        revolution, first = np.floor(around), np.floor(shift)
        block = np.clip((revolution - first) // BLOCK, 0, self.blocks).astype(np.intp)
        begin = first + block * BLOCK
        rows = self.rows(phases_rad[:, None, None], begin[:, :, None] + np.arange(BLOCK))
        passed = (np.arange(BLOCK) < (revolution - begin)[:, :, None]) * self._whole[rows]
        reached = np.stack([self.total(phase)[row] for phase, row in zip(phases_rad.tolist(), block, strict=True)])
        own = self.within(self.rows(phases_rad[:, None], revolution), around - revolution)
        begun = self.within(rows[:, :, 0], np.broadcast_to(shift - first, own.shape))
        return np.asarray(reached + passed.sum(axis=2) + own - begun)

    @property
    def alike(self) -> tuple[int, float, float]:
        """What `when` knows of a plane apart from its node: the same for planes of one geometry."""
        return id(self.profile), self.period_days, self.turn_rad

    def when(self, phases_rad: Floats, block: Ints, dose: Floats, node_rad: Floats | None = None) -> Floats:
        """Days on which satellites reach a dose since the beginning of a block, less than the block's; shape (k,).

        `node_rad`: of each one's plane, where these are several planes that are `alike`.
        """
        nodes = self.node_rad if node_rad is None else node_rad
        shift = phases_rad / TAU
        first = np.floor(shift)
        begin = first + block * BLOCK
        steps = len(self.profile.cumulative)
        node = (nodes - self.turn_rad * (begin - shift)) * (steps / TAU)
        rows = np.floor(node[:, None] - np.arange(BLOCK + 1) * (self.turn_rad * steps / TAU)).astype(np.intp) % steps
        reached = np.cumsum(self._whole[rows], axis=1)
        wanted = dose + self.within(rows[:, 0], shift - first)
        number = np.minimum((wanted[:, None] > reached).sum(axis=1), BLOCK)
        each = np.arange(len(number))
        wanted = wanted - np.where(number > 0, reached[each, number - 1], 0.0)
        return np.asarray((begin + number + self.turn_at(rows[each, number], wanted) - shift) * self.period_days)

    def rows(self, phase_rad: Floats | float, revolution: Floats) -> Ints:
        """Row of the table for the revolution (counted by ascending nodes) of satellites with a phase at day 0."""
        begun = revolution - phase_rad / TAU
        longitude = (self.node_rad - self.turn_rad * begun) % TAU
        rows = len(self.profile.cumulative)
        return np.asarray(longitude * (rows / TAU), np.intp) % rows

    def within(self, rows: Ints, turn: Floats) -> Floats:
        """Relative dose of a revolution up to a share of it, days: its mean over many revolutions is the period."""
        table = self.profile.cumulative
        steps = table.shape[1] - 1
        place = turn * steps
        low = np.minimum(place.astype(np.intp), steps - 1)
        flat = table.ravel()
        first = rows * (steps + 1) + low
        below = flat[first]
        return np.asarray((below + (place - low) * (flat[first + 1] - below)) * self.period_days)

    def turn_at(self, rows: Ints, dose: Floats) -> Floats:
        """Share of a revolution at which its relative dose reaches a value: the inverse of `within`."""
        steps = self.profile.cumulative.shape[1] - 1
        wanted = np.asarray(dose, float) / self.period_days
        flat = self._stacked
        # Each row rises by its own dose; stacked on one another, the rows are one increasing table.
        target = wanted + flat[rows * (steps + 1)]
        found = np.searchsorted(flat, target, side="left") - 1
        low = np.clip(found, rows * (steps + 1), rows * (steps + 1) + steps - 1)
        rise = flat[low + 1] - flat[low]
        part = np.where(rise > 0, (target - flat[low]) / np.where(rise > 0, rise, 1.0), 0.5)
        return np.asarray(np.clip((low - rows * (steps + 1) + part) / steps, 0.0, 1.0))

    @cached_property
    def _whole(self) -> Floats:
        """Relative dose of a whole revolution by row, days."""
        return np.asarray(self.profile.cumulative[:, -1] * self.period_days)

    @cached_property
    def _stacked(self) -> Floats:
        table = self.profile.cumulative
        below = np.concatenate([[0.0], np.cumsum(table[:-1, -1])])
        return np.asarray((table + below[:, None]).ravel())


NEARLY = 1e-6
"""Of a turn, within which the number of a plane is read from a place whatever rounding says."""


@dataclass(frozen=True, eq=False)
class PassesOfPlanes(Passes):
    """The passes of satellites in several planes that differ by their nodes alone.

    Where a satellite is said by one number: its phase, below a turn, and a turn for each plane before its own.
    """

    ahead_rad: Floats = field(default_factory=lambda: np.zeros(1))
    """How far east of the first plane's node each one's lies, shape (planes,)."""

    @classmethod
    def of(cls, first: Passes, nodes_rad: Floats) -> PassesOfPlanes:
        """Those of planes with these nodes, from those of the first."""
        return cls(
            profile=first.profile,
            period_days=first.period_days,
            node_rad=first.node_rad,
            turn_rad=first.turn_rad,
            horizon_days=first.horizon_days,
            ahead_rad=nodes_rad - nodes_rad[0],
        )

    @staticmethod
    def place_rad(phases_rad: Floats, planes: Ints) -> Floats:
        """The one number for satellites with these phases in these planes, numbered from 0."""
        return np.asarray(phases_rad % TAU + TAU * planes)

    def _ahead(self, places_rad: Floats | float) -> Floats:
        return np.asarray(self.ahead_rad[np.floor(np.asarray(places_rad) / TAU + NEARLY).astype(np.intp)])

    @property
    def alike(self) -> tuple[int, float, float]:
        return id(self), self.period_days, self.turn_rad

    def when(self, phases_rad: Floats, block: Ints, dose: Floats, node_rad: Floats | None = None) -> Floats:
        return super().when(phases_rad, block, dose, self.node_rad + self._ahead(phases_rad))

    def rows(self, phase_rad: Floats | float, revolution: Floats) -> Ints:
        begun = revolution - phase_rad / TAU
        longitude = (self.node_rad + self._ahead(phase_rad) - self.turn_rad * begun) % TAU
        rows = len(self.profile.cumulative)
        return np.asarray(longitude * (rows / TAU), np.intp) % rows


def block_means(daily: Floats, edges: Floats) -> Floats:
    """Means over the spans between some days of values given day by day, (..., n); beyond the last day it goes on.

    Returns shape (..., spans).
    """
    total = np.concatenate([np.zeros((*daily.shape[:-1], 1)), np.cumsum(daily, axis=-1)], axis=-1)
    low = np.minimum(edges.astype(np.intp), daily.shape[-1] - 1)
    reached = total[..., low] + (edges - low) * daily[..., low]
    return np.asarray(np.diff(reached, axis=-1) / np.diff(edges))
