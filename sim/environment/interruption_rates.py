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
class RatesOfMake:
    """What interrupts a gang on its satellites of one design and month of birth."""

    groups: Ints
    """Their positions among the groups of the gang."""
    units: UnitRates
    growth: Floats | None
    """Factor on the causes that grow, shape (blocks,); none: 1."""
    resets: Floats | None
    """Resets of a chip and day, shape (blocks,); none: there are none."""

    def grown(self, by_kind: Floats, span: slice) -> Floats:
        """Rates by kind of unit in some blocks, shape (kinds, blocks), from those that do not and that do grow."""
        if self.growth is None:
            return np.asarray(by_kind[0][:, span] + by_kind[1][:, span])
        return np.asarray(by_kind[0][:, span] + by_kind[1][:, span] * self.growth[span])

    def factor(self, block: Ints) -> Floats:
        """Factor on each cause in some blocks, shape (causes, k) or (causes, 1)."""
        if self.growth is None:
            return np.ones((len(self.units.per), 1))
        return np.where(self.units.grows[:, None], self.growth[block], 1.0)


@dataclass(frozen=True, eq=False)
class InterruptionRates:
    """What can interrupt a gang in its present composition."""

    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, a group each, shape (groups,)."""
    counts: Floats
    """Units of each kind in each group, shape (groups, kinds)."""
    makes: list[RatesOfMake]
    fluence_per_day: Floats
    """Of storms, mean by block, shape (blocks,)."""

    def over(self, first: int, last: int) -> BlockRates:
        """Rates of the whole gang in the blocks from `first` to before `last`."""
        span = slice(first, last)
        passing = np.empty((len(self.counts), last - first))
        steady = np.zeros(last - first)
        for make in self.makes:
            counts = self.counts[make.groups]
            every = counts.sum(axis=0)
            passing[make.groups] = counts @ make.grown(make.units.passes_by_kind, span)
            steady += every @ make.grown(make.units.steady_by_kind, span)
            steady += float(make.units.storms_by_kind @ every) * self.fluence_per_day[span]
            if make.resets is not None:
                steady += every[Per.GPU] * make.resets[span]
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
        rates = np.zeros((len(self.makes[0].units.per), len(block)))
        for make in self.makes:
            units, every = make.units, self.counts[make.groups].sum(axis=0)
            count = every[units.per][:, None]
            rates += units.steady[:, block] * (count * make.factor(block))
            rates += (units.in_storms * count[:, 0])[:, None] * self.fluence_per_day[block]
            if make.resets is not None:
                rates[units.reset] += every[Per.GPU] * make.resets[block]
        return rates

    def _in_passes(self, block: Ints, group: Ints) -> Floats:
        """Rates in passes of some groups in some blocks by cause, shape (causes, k)."""
        rates = np.empty((len(self.makes[0].units.per), len(block)))
        for make in self.makes:
            mine = np.flatnonzero(np.isin(group, make.groups)) if len(self.makes) > 1 else np.arange(len(group))
            units, of = make.units, block[mine]
            rates[:, mine] = units.in_passes[:, of] * self.counts[group[mine]].T[units.per] * make.factor(of)
        return rates
