"""What can interrupt a gang where it runs, block by block: when, and by what cause, from one set of rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.environment.arrivals import BlockRates
from sim.environment.interruptions import DailyRates, InterruptionCause, Per
from sim.environment.saa_passes import block_means

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

    def grown(self, counts: Floats, growth: Floats) -> Floats:
        """Units by cause, times the growth where a cause grows, (causes, k), from units by kind, (kinds, k)."""
        found = counts[self.per]
        if self.grows.any():
            found[self.grows] *= growth
        return found

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


def causes_of(rates: Sequence[InterruptionRates], of: Ints, block: Ints, phase: Ints, second_uniform: Floats) -> Ints:
    """Cause of each arrival, in proportion to the rates by which it came, shape (k,).

    `of`: by which of the rates each one came; `block` and `phase` as in `Arrivals`; `second_uniform` in [0, 1), one for
    each.  Raises `RuntimeError` where nothing could have interrupted.
    """
    causes = np.empty(len(of), np.intp)
    if len(of) == 0:
        return causes
    every = _Together.of(rates)
    at_any_time = phase == np.array([len(one.phases_rad) for one in rates])[of]
    for which, by_cause in ((np.flatnonzero(at_any_time), every.steady), (np.flatnonzero(~at_any_time), every.passing)):
        if len(which) == 0:
            continue
        stacked = by_cause(of[which], block[which], phase[which]).cumsum(axis=0)
        if not stacked[-1].min() > 0:
            raise RuntimeError("an interruption came where the rates of all causes are 0")
        # Below the sum, whatever rounding says, so that a cause of rate 0 cannot be the one.
        reached = np.minimum(second_uniform[which] * stacked[-1], np.nextafter(stacked[-1], 0.0))
        causes[which] = (stacked <= reached).sum(axis=0)
    return causes


class _Tables:
    """Tables by block, each kept once and all in one row, so that one look-up serves many gangs."""

    def __init__(self, tables: Sequence[Floats | None], missing: float) -> None:
        """`missing`: the value where there is no table."""
        self._missing = missing
        begins: dict[int, int] = {}
        kept: list[Floats] = []
        begin = 0
        for table in tables:
            if table is not None and id(table) not in begins:
                begins[id(table)] = begin
                kept.append(table)
                begin += len(table)
        self._begin = np.array([-1 if table is None else begins[id(table)] for table in tables])
        self._flat = np.concatenate(kept) if kept else np.empty(0)

    def at(self, which: Ints, block: Ints) -> Floats:
        """The values of these tables in these blocks."""
        if len(self._flat) == 0:
            return np.full(len(which), self._missing)
        begin = self._begin[which]
        there = begin >= 0
        return np.where(there, self._flat[np.where(there, begin + block, 0)], self._missing)


@dataclass(frozen=True, eq=False)
class _Together:
    """The rates of several gangs; what they have of one make is an entry."""

    units: list[UnitRates]
    """The different ones."""
    units_of: Ints
    """Of each entry."""
    first_entry: Ints
    """Of each gang, and one past the last."""
    entry_counts: Floats
    """Units of each kind of an entry, shape (kinds, entries)."""
    first_group: Ints
    """Of each gang."""
    group_counts: Floats
    """Units of each kind of a group, shape (kinds, groups)."""
    entry_of_group: Ints
    growth: _Tables
    resets: _Tables
    fluence: _Tables

    @classmethod
    def of(cls, rates: Sequence[InterruptionRates]) -> _Together:
        units: dict[int, UnitRates] = {}
        makes = [make for one in rates for make in one.makes]
        for make in makes:
            units.setdefault(id(make.units), make.units)
        position = {key: number for number, key in enumerate(units)}
        first_group = np.cumsum([0, *(len(one.counts) for one in rates)])
        entry_of_group = np.empty(first_group[-1], np.intp)
        totals, entry = [], 0
        for one, begin in zip(rates, first_group.tolist(), strict=False):
            for make in one.makes:
                entry_of_group[begin + make.groups] = entry
                totals.append(one.counts[make.groups].sum(axis=0))
                entry += 1
        return cls(
            units=list(units.values()),
            units_of=np.array([position[id(make.units)] for make in makes]),
            first_entry=np.cumsum([0, *(len(one.makes) for one in rates)]),
            entry_counts=np.array(totals).T,
            first_group=first_group,
            group_counts=np.concatenate([one.counts for one in rates]).T,
            entry_of_group=entry_of_group,
            growth=_Tables([make.growth for make in makes], 1.0),
            resets=_Tables([make.resets for make in makes], 0.0),
            fluence=_Tables([one.fluence_per_day for one in rates], 0.0),
        )

    def passing(self, of: Ints, block: Ints, phase: Ints) -> Floats:
        """Rates by cause of arrivals in passes, shape (causes, k)."""
        group = self.first_group[of] + phase
        entry, counts = self.entry_of_group[group], self.group_counts[:, group]
        growth = self.growth.at(entry, block)
        rates = np.empty((len(self.units[0].per), len(of)))
        for units, mine in self._by_units(entry):
            rates[:, mine] = units.in_passes[:, block[mine]] * units.grown(counts[:, mine], growth[mine])
        return rates

    def steady(self, of: Ints, block: Ints, _: Ints) -> Floats:
        """Rates by cause of arrivals at any time, shape (causes, k): sums over the makes of a gang."""
        several = self.first_entry[of + 1] - self.first_entry[of]
        begins = np.cumsum(several) - several
        entry = np.arange(int(several.sum())) + np.repeat(self.first_entry[of] - begins, several)
        block, counts = np.repeat(block, several), self.entry_counts[:, entry]
        growth, resets = self.growth.at(entry, block), self.resets.at(entry, block)
        fluence = self.fluence.at(np.repeat(of, several), block)
        rates = np.empty((len(self.units[0].per), len(entry)))
        for units, mine in self._by_units(entry):
            some = units.steady[:, block[mine]] * units.grown(counts[:, mine], growth[mine])
            some += units.in_storms[:, None] * counts[units.per][:, mine] * fluence[mine]
            if units.reset >= 0:
                some[units.reset] += counts[Per.GPU, mine] * resets[mine]
            rates[:, mine] = some
        return rates if len(entry) == len(of) else np.add.reduceat(rates, begins, axis=1)

    def _by_units(self, entry: Ints) -> Iterator[tuple[UnitRates, Ints | slice]]:
        """The different rates of units, and which of some entries have them."""
        if len(self.units) == 1:
            yield self.units[0], slice(None)
            return
        for number, units in enumerate(self.units):
            mine = np.flatnonzero(self.units_of[entry] == number)
            if len(mine):
                yield units, mine
