"""What can interrupt a gang where it runs, block by block: when, and by what cause, from one set of rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.environment.interruptions import DailyRates, InterruptionCause, Per
from sim.environment.saa_passes import Arrivals, BlockRates, block_means

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class UnitRates:
    """Interruptions of one unit and day in the planes of one orbit, block by block, before growth and resets."""

    per: Ints
    """Kind of unit of each cause, shape (causes,)."""
    in_passes: Floats
    """By trapped protons, shape (causes, blocks)."""
    steady: Floats
    """At any time, shape (causes, blocks)."""
    grows: NDArray[np.bool_]
    """Which causes grow with the chips' dose, shape (causes,)."""
    reset: int
    """Position of the faults that a power cycle clears; -1: there are none."""
    in_storms: Floats
    """Interruptions in a storm of unit fluence, shape (causes,)."""
    passes_by_kind: Floats
    """`in_passes` summed by kind of unit: of causes that do not grow, and of those that do, (2, kinds, blocks)."""
    steady_by_kind: Floats
    """`steady` likewise."""
    storms_by_kind: Floats
    """`in_storms` summed by kind of unit, shape (kinds,)."""

    @classmethod
    def of(
        cls,
        causes: tuple[InterruptionCause, ...],
        daily: DailyRates,
        edges: Floats,
        grows: NDArray[np.bool_],
        in_storms: Floats,
    ) -> UnitRates:
        """From rates by day; `edges` of the blocks, shape (blocks + 1,)."""
        per = np.array([cause.per for cause in causes], np.intp)
        in_passes, steady = block_means(daily.in_passes, edges), block_means(daily.steady, edges)
        kind = per[None, :] == np.arange(len(Per))[:, None]
        select = np.stack([kind & ~grows, kind & grows]).astype(float)
        resets = [position for position, cause in enumerate(causes) if cause.resets]
        return cls(
            per=per,
            in_passes=in_passes,
            steady=steady,
            grows=grows,
            reset=resets[0] if resets else -1,
            in_storms=in_storms,
            passes_by_kind=select @ in_passes,
            steady_by_kind=select @ steady,
            storms_by_kind=kind @ in_storms,
        )


@dataclass(frozen=True, eq=False)
class BirthMonth:
    """A gang's satellites of one month of birth."""

    groups: Ints
    """Their positions among the groups of the gang."""
    growth: Floats | None
    """Factor on the causes that grow, shape (blocks,); none: 1."""
    resets: Floats | None
    """Resets of a chip and day, shape (blocks,); none: there are none."""


@dataclass(frozen=True, eq=False)
class InterruptionRates:
    """What can interrupt a gang in its present composition."""

    units: UnitRates
    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, a group each, shape (groups,)."""
    counts: Floats
    """Units of each kind in each group, shape (groups, kinds)."""
    months: list[BirthMonth]
    fluence_per_day: Floats
    """Of storms, mean by block, shape (blocks,)."""

    def over(self, first: int, last: int) -> BlockRates:
        """Rates of the whole gang in the blocks from `first` to before `last`."""
        units, span = self.units, slice(first, last)
        every = self.counts.sum(axis=0)
        passing = self.counts @ units.passes_by_kind[0][:, span]
        steady = every @ units.steady_by_kind[0][:, span]
        steady += float(units.storms_by_kind @ every) * self.fluence_per_day[span]
        for month in self.months:
            counts = self.counts[month.groups]
            growth = 1.0 if month.growth is None else month.growth[span]
            passing[month.groups] += counts @ units.passes_by_kind[1][:, span] * growth
            steady += counts.sum(axis=0) @ units.steady_by_kind[1][:, span] * growth
            if month.resets is not None:
                steady += float(counts[:, Per.GPU].sum()) * month.resets[span]
        return BlockRates(self.phases_rad, first, passing, steady)

    def causes(self, found: Arrivals, second_uniform: Floats) -> Ints:
        """Cause of each arrival, in proportion to the rates by which it came, shape (k,).

        `second_uniform` in [0, 1), one for each.  Raises `RuntimeError` where nothing could have interrupted.
        """
        causes = np.empty(len(found.days), np.intp)
        at_any_time = found.phase == len(self.phases_rad)
        for which, rates in (
            (np.flatnonzero(at_any_time), self._steady(found.block[at_any_time])),
            (np.flatnonzero(~at_any_time), self._in_passes(found.block[~at_any_time], found.phase[~at_any_time])),
        ):
            stacked = np.cumsum(rates, axis=0)
            if len(which) and not stacked[-1].min() > 0:
                raise RuntimeError("an interruption came where the rates of all causes are 0")
            # Below the sum, whatever rounding says, so that a cause of rate 0 cannot be the one.
            reached = np.minimum(second_uniform[which] * stacked[-1], np.nextafter(stacked[-1], 0.0))
            causes[which] = (stacked <= reached).sum(axis=0)
        return causes

    def _steady(self, block: Ints) -> Floats:
        """Rates at any time of some blocks by cause, shape (causes, k)."""
        units = self.units
        every = self.counts.sum(axis=0)
        rates = units.steady[:, block] * self._grown_counts(block)
        rates += (units.in_storms * every[units.per])[:, None] * self.fluence_per_day[block]
        for month in self.months:
            if month.resets is not None:
                rates[units.reset] += self.counts[month.groups, Per.GPU].sum() * month.resets[block]
        return rates

    def _grown_counts(self, block: Ints) -> Floats:
        """Units of the whole gang by cause, times growth, shape (causes, k) or (causes, 1)."""
        units = self.units
        if all(month.growth is None for month in self.months):
            return np.asarray(self.counts.sum(axis=0)[units.per][:, None])
        total = np.zeros((len(units.per), len(block)))
        for month in self.months:
            count = self.counts[month.groups].sum(axis=0)[units.per][:, None]
            total += count if month.growth is None else count * np.where(units.grows[:, None], month.growth[block], 1.0)
        return total

    def _in_passes(self, block: Ints, group: Ints) -> Floats:
        """Rates in passes of some groups in some blocks by cause, shape (causes, k)."""
        units = self.units
        rates = units.in_passes[:, block] * self.counts[group].T[units.per]
        for month in self.months:
            if month.growth is not None:
                mine = np.isin(group, month.groups)
                rates[np.ix_(units.grows, mine)] *= month.growth[block[mine]]
        return rates
