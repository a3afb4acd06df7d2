"""The thresholds of units: every unit's E ~ Exp(1), addressed by place, drawn only for what can fail.

The N units of one part aboard a satellite are drawn together.  Their smallest E's come in order by Renyi's spacings,
E(k+1) = E(k) + Exp(1) / (N - k) (Renyi 1953, doi 10.1007/BF02127580), and a random permutation, drawn along with them
as far as it is needed, says which units they belong to.  A larger bound (a longer life, a hotter orbit) only appends
and moves no other unit's threshold.  A wave of satellites of many planes, under all hazards, is one call.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.streams import WORDS_PER_BLOCK, Streams, uniforms_at

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Words = NDArray[np.uint64]


class Part(IntEnum):
    """The parts of every satellite; those that a scenario adds are addressed by `part_named`."""

    BUS = 0
    GPU = 1
    DEBRIS = 2  # the satellite as a target
    DOSE = 3  # a GPU's tolerance of dose
    LOOP = 4  # a coolant loop as a target


def part_named(kind: str, name: str) -> int:
    """Address of a part that a scenario names: the same whatever other parts there are."""
    return 256 + zlib.crc32(f"{kind} {name}".encode())


@dataclass(frozen=True)
class Addresses:
    """Where satellites were built for, as random numbers are addressed: columns of one length."""

    site: Words
    place: Words
    ordinal: Words
    """Satellites built for that place before."""

    def __len__(self) -> int:
        return len(self.site)

    def take(self, index: Any) -> Addresses:
        """The addresses at these positions."""
        return Addresses(self.site[index], self.place[index], self.ordinal[index])


@dataclass(frozen=True)
class FailureDraws:
    """Units of one part that can fail, in columns of one length, by satellite and then by threshold."""

    satellite: Ints
    """Position of the unit's satellite in the question."""
    unit: Ints
    """Number of the unit on its satellite."""
    threshold: Floats
    """E."""
    second_uniform: Floats
    """A second random number of the unit, uniform in 0..1, independent of E."""

    def take(self, index: Any) -> FailureDraws:
        """The units at these positions."""
        return FailureDraws(self.satellite[index], self.unit[index], self.threshold[index], self.second_uniform[index])

    def joined(self, other: FailureDraws) -> FailureDraws:
        """These units and then the others."""
        return FailureDraws(
            np.concatenate([self.satellite, other.satellite]),
            np.concatenate([self.unit, other.unit]),
            np.concatenate([self.threshold, other.threshold]),
            np.concatenate([self.second_uniform, other.second_uniform]),
        )


@dataclass(frozen=True)
class Question:
    """What is asked of one part of a wave of satellites."""

    part: int
    units: int
    """Units of it aboard each satellite."""
    bounds: Floats
    """Units with a threshold above this are of no interest, shape (satellites,)."""
    second: bool = True
    """Whether somebody looks at the units' second numbers; they are 0 otherwise."""


SMALLEST = 2.0**-33
"""No threshold of a single unit lies below this: it is the smallest of -log of the generator's numbers."""


def draw(streams: Streams, where: Addresses, questions: Sequence[Question]) -> list[FailureDraws]:
    """The units whose threshold is within their satellite's bound, for each question."""
    asked = [_Asked.of(question) for question in questions]
    while open_ := [one for one in asked if len(one.active)]:
        counts = [one.columns_wanted() for one in open_]
        found = _uniforms(streams, "thresholds", where, open_, counts)
        for one, uniforms in zip(open_, found, strict=True):
            one.add(uniforms)
    hits = [one.hits() for one in asked]
    some = [(one, hit) for one, hit in zip(asked, hits, strict=True) if len(hit[0])]
    for one, (satellite, rank, _) in some:
        one.active = np.unique(satellite)
        one.wanted = 0 if one.units == 1 else int(rank.max()) + 1
    shuffled = [one for one, _ in some if one.wanted]
    orders = _uniforms(streams, "units", where, shuffled, [one.wanted for one in shuffled])
    for one, uniforms in zip(shuffled, orders, strict=True):
        one.order = _permutations(uniforms, one.units)
    draws = []
    for one, (satellite, rank, threshold) in zip(asked, hits, strict=True):
        unit = np.zeros_like(rank)
        if one.order is not None:
            unit = one.order[np.searchsorted(one.active, satellite), rank].astype(np.intp)
        draws.append(FailureDraws(satellite, unit, threshold, np.zeros(len(unit))))
    for number, one in enumerate(asked):
        if one.second and len(draws[number].unit):
            draws[number] = _with_second_uniforms(streams, where, one, draws[number])
    return draws


def _with_second_uniforms(streams: Streams, where: Addresses, one: _Asked, drawn: FailureDraws) -> FailureDraws:
    """The draws with each unit's second number, which is addressed by the unit itself."""
    block, word = np.divmod(drawn.unit, WORDS_PER_BLOCK)
    own = where.take(drawn.satellite)
    first, second = streams.key("second", one.part)
    keys = np.full(len(word), first, np.uint64), np.full(len(word), second, np.uint64)
    found = uniforms_at((own.site, own.place, own.ordinal, block.astype(np.uint64)), keys)
    return FailureDraws(drawn.satellite, drawn.unit, drawn.threshold, found[np.arange(len(word)), word])


@dataclass
class _Asked:
    """The answer to a question as it grows: spacings drawn so far, satellite by satellite."""

    part: int
    units: int
    second: bool
    bounds: Floats
    active: Ints
    """Satellites that may have more units within their bound; shape (k,)."""
    reached: Floats
    """Largest threshold drawn so far of each of these."""
    drawn: int = 0
    wanted: int = 0
    order: NDArray[np.int32] | None = None
    """Which unit the k-th smallest threshold belongs to, shape (active, k)."""
    found: list[tuple[Ints, Ints, Floats]] | None = None

    @classmethod
    def of(cls, question: Question) -> _Asked:
        # Below the smallest number of the generator there is nobody to be found.
        active = np.flatnonzero(question.bounds * question.units > SMALLEST)
        drawn = np.zeros(len(active))
        return cls(question.part, question.units, question.second, question.bounds, active, drawn, found=[])

    def columns_wanted(self) -> int:
        """Spacings to draw next: what the largest bound asks for, and two standard deviations, in whole blocks."""
        left = self.units - self.drawn
        expected = left * -np.expm1(-float((self.bounds[self.active] - self.reached).max()))
        wanted = int(expected + 2 * np.sqrt(expected)) + 1
        return min(left, -(-wanted // WORDS_PER_BLOCK) * WORDS_PER_BLOCK)

    def add(self, uniforms: Floats) -> None:
        """Take in the next spacings of the active satellites, shape (active, columns)."""
        columns = uniforms.shape[1]
        if self.units == 1:
            thresholds = -np.log(uniforms[:, 0])
            row = np.flatnonzero(thresholds <= self.bounds[self.active])
            self.found = [(self.active[row], np.zeros(len(row), np.intp), thresholds[row])]
            self.drawn, self.active, self.reached = 1, self.active[:0], self.reached[:0]
            return
        steps = -np.log(uniforms)
        steps /= self.units - self.drawn - np.arange(columns)
        steps[:, 0] += self.reached
        # A running sum, so the values do not depend on the sizes of the pieces they were drawn in.
        thresholds = np.cumsum(steps, axis=1)
        inside = thresholds <= self.bounds[self.active, None]
        row, column = np.nonzero(inside)
        assert self.found is not None
        self.found.append((self.active[row], self.drawn + column, thresholds[row, column]))
        self.drawn += columns
        more = inside[:, -1] & (self.drawn < self.units)
        self.active, self.reached = self.active[more], thresholds[more, -1]

    def hits(self) -> tuple[Ints, Ints, Floats]:
        """(satellite, rank of its threshold, threshold) of all units within their bound, by satellite and rank."""
        if not self.found:
            return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
        if len(self.found) == 1:
            return self.found[0]
        satellite, rank, threshold = (np.concatenate(column) for column in zip(*self.found, strict=True))
        order = np.lexsort((rank, satellite))
        return satellite[order], rank[order], threshold[order]


def _uniforms(
    streams: Streams, purpose: str, where: Addresses, asked: Sequence[_Asked], columns: Sequence[int]
) -> Iterator[Floats]:
    """The next numbers of the active satellites of each question, shapes (active, columns): one call for all."""
    if not asked:
        return
    satellites = [len(one.active) for one in asked]
    blocks = [-(-count // WORDS_PER_BLOCK) for count in columns]
    first = [one.drawn // WORDS_PER_BLOCK if purpose == "thresholds" else 0 for one in asked]
    # A row for each satellite of each question, as often as it asks for a block of numbers.
    each = np.repeat(blocks, satellites)
    begins = np.cumsum(each) - each - np.repeat(first, satellites)
    row = np.repeat(np.arange(len(each)), each)
    own = where.take(np.concatenate([one.active for one in asked])[row])
    block = (np.arange(len(row)) - begins[row]).astype(np.uint64)
    sizes = [count * many for count, many in zip(satellites, blocks, strict=True)]
    keys = np.repeat(np.array([streams.key(purpose, one.part) for one in asked], np.uint64), sizes, axis=0)
    flat = uniforms_at((own.site, own.place, own.ordinal, block), (keys[:, 0], keys[:, 1]))
    end = 0
    for size, many, count in zip(sizes, blocks, columns, strict=True):
        begin, end = end, end + size
        yield flat[begin:end].reshape(-1, many * WORDS_PER_BLOCK)[:, :count]


_SHUFFLED_AT_ONCE = 4_000_000
"""Unit numbers that are shuffled together: 16 MB."""


def _permutations(uniforms: Floats, units: int) -> NDArray[np.int32]:
    """The first entries of a random permutation of 0..units-1 for each row of uniforms, shape (rows, k).

    Fisher and Yates: entry k is one of the units not chosen yet, each equally likely.
    """
    rows, count = uniforms.shape
    chosen = np.empty((rows, count), np.int32)
    step = max(1, _SHUFFLED_AT_ONCE // units)
    for first in range(0, rows, step):
        some = uniforms[first : first + step]
        left = np.tile(np.arange(units, dtype=np.int32), (len(some), 1))
        every = np.arange(len(some))
        for k in range(count):
            other = k + (some[:, k] * (units - k)).astype(np.intp)
            chosen[first : first + step, k] = left[every, other]
            left[every, other] = left[:, k]
    return chosen
