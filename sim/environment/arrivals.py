"""Events of gangs in time, from arrivals of unit rate: a non-homogeneous Poisson process of many targets.

Exact: a block is cut into the shares of the satellites in passes and that of any time, and the place of an arrival in
its share says when it comes, so the mapping preserves measure and the result is the process of the sum of all rates.
Many gangs are mapped together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.environment.saa_passes import Passes, block_means
from sim.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_AT_ONCE = 3e7
"""Arrivals of one span, which are held in memory together, 200 bytes each."""


@dataclass(frozen=True, eq=False)
class BlockRates:
    """Events of a gang by block: what comes in passes, by phase, and what comes at any time."""

    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, shape (p,)."""
    first: int
    """Number of the first block."""
    in_passes: Floats
    """Mean events a day in passes at each phase, shape (p, blocks)."""
    steady: Floats
    """Events a day at any time of it, shape (blocks,)."""

    @classmethod
    def of_days(cls, passes: Passes, phases_rad: Floats, in_passes: Floats, steady: Floats) -> BlockRates:
        """From events by day: in passes, shape (p, n), and at any time, shape (n,)."""
        edges = passes.block_edges
        return cls(phases_rad, 0, block_means(in_passes, edges), block_means(steady, edges))


@dataclass(frozen=True, eq=False)
class Span:
    """A span of time of one gang, and the arrivals of unit rate that are mapped into it."""

    passes: Passes
    """Of its plane."""
    rates: BlockRates
    """They must cover the blocks from `start` to `end`."""
    start: float
    end: float
    unit_arrivals: Callable[[float], Floats]
    """`unit_arrivals(hazard)` gives those up to a hazard, in order."""


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Events of spans of time: by span, and in order of time."""

    span: Ints
    """Which span each one is of."""
    days: Floats
    number: Ints
    """Which of the unit-rate arrivals of its span each one is."""
    block: Ints
    """The block in which each one came."""
    phase: Ints
    """Position of the phase at which each one came in a pass; as many as there are phases: at any time."""
    used: Floats
    """Unit-rate time used up: the number of events expected in the blocks from `start` to `end`, shape (spans,)."""


@dataclass(frozen=True, eq=False)
class _Found:
    """The arrivals of one span in the shares of its blocks."""

    block: Ints
    phase: Ints
    part: Floats
    """How far into its share each one lies, 0 to 1."""
    dose: Floats
    """Relative dose since the beginning of the block; 0 for those at any time."""
    used: float


def arrivals(spans: Sequence[Span]) -> Arrivals:
    """Map unit-rate arrivals to days.

    Whole blocks are mapped, and what comes before `start` or after `end` of a span is left out: what comes before a day
    does not depend on how far beyond it one looks.
    """
    each = [_find(span) for span in spans]
    counts = np.array([len(found.block) for found in each], np.intp)
    of = np.repeat(np.arange(len(spans)), counts)
    number = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    block, phase = np.concatenate([f.block for f in each]), np.concatenate([f.phase for f in each])
    part, dose = np.concatenate([f.part for f in each]), np.concatenate([f.dose for f in each])
    length = np.array([span.passes.block_days for span in spans])
    days = (block + part) * length[of]
    in_passes = phase < np.array([len(span.rates.phases_rad) for span in spans])[of]
    _days_in_passes(spans, of, block, phase, dose, np.flatnonzero(in_passes), days)
    start, end = np.array([span.start for span in spans]), np.array([span.end for span in spans])
    keep = np.flatnonzero((days >= start[of]) & (days <= end[of]))
    order = keep[np.lexsort((days[keep], of[keep]))]
    used = np.array([found.used for found in each])
    return Arrivals(of[order], days[order], number[order], block[order], phase[order], used)


def _find(span: Span) -> _Found:
    """Where the arrivals of a span lie."""
    passes, rates = span.passes, span.rates
    first, last = passes.span(span.start, span.end)
    mine = slice(first - rates.first, last - rates.first)
    groups = len(rates.phases_rad)
    doses = passes.block_doses(rates.phases_rad, first, last)
    shares = np.empty((last - first, groups + 1))
    np.multiply(rates.in_passes[:, mine].T, doses.T, out=shares[:, :groups])
    np.multiply(rates.steady[mine], passes.block_days, out=shares[:, groups])
    width = shares.ravel()
    risen = width.cumsum()
    used = float(risen[-1])
    if used > MOST_AT_ONCE:
        raise InputError(
            f"a gang is interrupted {used:.3g} times between two losses, more than the {MOST_AT_ONCE:.3g} that a run "
            "can hold: look at radiation.effects, reliability.interruptions and workload.jobs"
        )
    unit = span.unit_arrivals(used)
    # On the left of equal sums: an arrival falls into a share that is there, whatever rounding says at the end.
    place = risen.searchsorted(unit, side="left")
    if len(place) and place[-1] == len(risen):
        place = np.minimum(place, risen.searchsorted(risen[-1], side="left"))
    slot, phase = np.divmod(place, groups + 1)
    below = np.where(place > 0, risen[place - 1], 0.0)
    part = np.minimum((unit - below) / width[place], 1.0)
    dose = np.where(phase < groups, part * doses[np.minimum(phase, groups - 1), slot], 0.0)
    return _Found(first + slot, phase, part, dose, used)


def _days_in_passes(
    spans: Sequence[Span], of: Ints, block: Ints, phase: Ints, dose: Floats, which: Ints, days: Floats
) -> None:
    """Set the days of the arrivals `which`, that come in passes: planes of one geometry together."""
    if len(which) == 0:
        return
    kinds: dict[tuple[int, float, float], int] = {}
    kind = np.array([kinds.setdefault(span.passes.alike, len(kinds)) for span in spans])
    node = np.array([span.passes.node_rad for span in spans])
    phases = np.concatenate([span.rates.phases_rad for span in spans])
    first = np.cumsum([0, *(len(span.rates.phases_rad) for span in spans)])
    for number in range(len(kinds)):
        some = which[kind[of[which]] == number] if len(kinds) > 1 else which
        passes = spans[int(np.argmax(kind == number))].passes
        days[some] = passes.when(phases[first[of[some]] + phase[some]], block[some], dose[some], node[of[some]])


def expected(passes: Passes, rates: BlockRates, start: float, end: float) -> float:
    """Number of events expected between two days."""
    first, last = passes.span(start, end)
    mine = slice(first - rates.first, last - rates.first)
    edges = np.clip(passes.block_edges[first : last + 1], start, end)
    reached = np.empty((len(rates.phases_rad), last - first + 1))
    for row, phase in zip(reached, rates.phases_rad.tolist(), strict=True):
        row[:] = passes.total(phase)[first : last + 1]
    ends = passes.dose(rates.phases_rad, np.array([start, end]))
    reached[:, 0] = np.clip(ends[:, 0], reached[:, 0], reached[:, 1])
    reached[:, -1] = np.clip(ends[:, 1], reached[:, -2], reached[:, -1])
    return float((rates.in_passes[:, mine] * np.diff(reached)).sum() + (rates.steady[mine] * np.diff(edges)).sum())
