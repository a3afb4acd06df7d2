"""The thresholds of units: every unit's E ~ Exp(1), addressed by place, drawn only for what can fail.

The N units of one part aboard a satellite are drawn together.  Their smallest E's come in order by Renyi's spacings,
E(k+1) = E(k) + Exp(1) / (N - k) (Renyi 1953, doi 10.1007/BF02127580), and a random permutation, drawn along with them
as far as it is needed, says which units they belong to.  A larger bound (a longer life, a hotter orbit) only appends
and moves no other unit's threshold.  A wave of satellites of many planes, under all hazards, is one call.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
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
        wanted = [one.next_blocks() for one in open_]
        for one, uniforms in zip(open_, _uniforms(streams, "thresholds", where, wanted), strict=True):
            one.add(uniforms)
    shuffles = [_Shuffle.of(one.units, one.counts) for one in asked]
    some = [number for number, shuffle in enumerate(shuffles) if shuffle.hits and shuffle.units > 1]
    blocks = [shuffles[number].blocks(asked[number].part) for number in some]
    uniforms_of = dict(zip(some, _uniforms(streams, "units", where, blocks), strict=True))
    draws = []
    for number, (one, shuffle) in enumerate(zip(asked, shuffles, strict=True)):
        satellite, threshold = one.hits()
        unit = np.zeros(len(satellite), np.intp)
        if number in uniforms_of:
            unit = shuffle.units_of(uniforms_of[number])
        found = FailureDraws(satellite, unit, threshold, np.zeros(len(unit)))
        draws.append(_with_second_uniforms(streams, where, one, found) if one.second and len(unit) else found)
    return draws


def _with_second_uniforms(streams: Streams, where: Addresses, one: _Asked, drawn: FailureDraws) -> FailureDraws:
    """The draws with each unit's second number, which is addressed by the unit itself."""
    block, word = np.divmod(drawn.unit, WORDS_PER_BLOCK)
    own = where.take(drawn.satellite)
    first, second = streams.key("second", one.part)
    keys = np.array([first], np.uint64), np.array([second], np.uint64)
    found = uniforms_at((own.site, own.place, own.ordinal, block.astype(np.uint64)), keys)
    return FailureDraws(drawn.satellite, drawn.unit, drawn.threshold, found[word, np.arange(len(word))])


@dataclass(frozen=True)
class _Blocks:
    """Blocks of numbers that satellites want of one part, block by block."""

    part: int
    satellite: Ints
    first: int
    """Number of the first block."""
    counts: list[int]
    """How many of the satellites, from the first on, want each."""

    def counters(self, where: Addresses) -> tuple[Words, Words, Words, Words]:
        """What the generator counts them by."""
        site, place, ordinal = (
            np.concatenate([own[:count] for count in self.counts])
            for own in (word[self.satellite] for word in (where.site, where.place, where.ordinal))
        )
        blocks = np.arange(self.first, self.first + len(self.counts), dtype=np.uint64)
        return site, place, ordinal, np.repeat(blocks, self.counts)


@dataclass(frozen=True)
class _Piece:
    """Spacings that were drawn together."""

    satellite: Ints
    """Whose they are."""
    before: int
    """Spacings of each of them that were drawn before."""
    thresholds: Floats
    """Shape (columns, satellites)."""
    inside: NDArray[np.int32]
    """How many of each satellite's are within its bound: its first ones."""


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
    counts: Ints
    """Units within the bound found so far, of each satellite."""
    pieces: list[_Piece]
    drawn: int = 0

    @classmethod
    def of(cls, question: Question) -> _Asked:
        # Below the smallest number of the generator there is nobody to be found.
        bounds, units = question.bounds, question.units
        active = np.flatnonzero(bounds * units > SMALLEST)
        counts = np.zeros(len(bounds), np.intp)
        return cls(question.part, units, question.second, bounds, active, np.zeros(len(active)), counts, [])

    def next_blocks(self) -> _Blocks:
        """What to draw next: what a bound asks for, and a margin in standard deviations.

        Of few satellites the largest bound, since another round has its price in calls; of many the root of the mean
        square, since numbers that nobody needs cost more than another round for some.
        """
        left, bounds = self.units - self.drawn, self.bounds[self.active] - self.reached
        few = len(self.active) < _MANY
        bound, margin = (bounds.max(), 2.0) if few else (np.sqrt(np.mean(bounds**2)), 1.5)
        expected = left * -np.expm1(-float(bound))
        wanted = min(left, int(expected + margin * np.sqrt(expected)) + 1)
        many = -(-wanted // WORDS_PER_BLOCK)
        return _Blocks(self.part, self.active, self.drawn // WORDS_PER_BLOCK, [len(self.active)] * many)

    def add(self, uniforms: Floats) -> None:
        """Take in the next spacings of the active satellites: the numbers of `next_blocks`, shape (4, n)."""
        active, left = self.active, self.units - self.drawn
        # A row for each spacing; the last block may hold more numbers than there are units.
        columns = uniforms.reshape(WORDS_PER_BLOCK, -1, len(active)).transpose(1, 0, 2).reshape(-1, len(active))
        thresholds = np.log(columns[:left])
        thresholds /= np.arange(len(thresholds))[:, None] - left
        thresholds[0] += self.reached
        # A running sum, so the values do not depend on the sizes of the pieces they were drawn in.
        if len(active) < _FEW:
            np.cumsum(thresholds, axis=0, out=thresholds)
        else:
            for row in range(1, len(thresholds)):  # six times as fast
                thresholds[row] += thresholds[row - 1]
        inside = (thresholds <= self.bounds[active]).sum(axis=0, dtype=np.int32)
        self.counts[active] += inside
        self.pieces.append(_Piece(active, self.drawn, thresholds, inside))
        self.drawn += len(thresholds)
        more = (inside == len(thresholds)) & (self.drawn < self.units)
        self.active, self.reached = active[more], thresholds[-1, more]

    def hits(self) -> tuple[Ints, Floats]:
        """(satellite, threshold) of all units within their bound, by satellite and threshold."""
        satellite = np.repeat(np.arange(len(self.counts)), self.counts)
        threshold = np.empty(len(satellite))
        begin = np.cumsum(self.counts) - self.counts
        for piece in self.pieces:
            many = len(piece.inside)
            first = np.cumsum(piece.inside) - piece.inside
            row = np.repeat(np.arange(many), piece.inside)
            column = np.arange(len(row)) - np.take(first, row)
            found = np.take(piece.thresholds, column * many + row)
            if len(self.pieces) == 1:
                return satellite, found
            threshold[np.take(begin[piece.satellite] + piece.before, row) + column] = found
        return satellite, threshold


_FEW = 64
"""Satellites whose running sums are one call."""
_MANY = 1000
"""Satellites from which on it pays to draw once more for some of them."""


@dataclass(frozen=True)
class _Shuffle:
    """Which units the thresholds within the bound belong to: the first entries of a random permutation.

    Satellites are taken with the most hits first, so that those that need a k-th entry are the first so many.
    """

    units: int
    satellite: Ints
    """That have hits, by falling number of hits."""
    begin: Ints
    """Where the hits of each begin."""
    needing: list[int]
    """Satellites with more than k hits, for each k from 0; and 0 at its end."""
    hits: int

    @classmethod
    def of(cls, units: int, counts: Ints) -> _Shuffle:
        """`counts`: hits of each satellite."""
        some = np.flatnonzero(counts)
        count = counts[some]
        begin = np.cumsum(count) - count
        order = np.argsort((units - count).astype(np.uint16 if units < 1 << 16 else np.int64), kind="stable")
        needing = len(some) - np.cumsum(np.bincount(count))
        return cls(units, some[order], begin[order], needing.tolist(), int(count.sum()))

    def blocks(self, part: int) -> _Blocks:
        """What the entries take."""
        return _Blocks(part, self.satellite, 0, self.needing[:-1:WORDS_PER_BLOCK])

    def units_of(self, uniforms: Floats) -> Ints:
        """The unit of each hit.  `uniforms`: of `blocks`, shape (4, n).

        Fisher and Yates: entry k is one of the units not chosen yet, each equally likely.
        """
        units, found = self.units, np.empty(self.hits, np.intp)
        # In the smallest type, since a table that stays in the processor's cache is what makes this fast.
        kind = np.min_scalar_type(units - 1)
        step = max(1, _SHUFFLED_AT_ONCE // units)
        for first in range(0, len(self.begin), step):
            begin = self.begin[first : first + step]
            left = np.tile(np.arange(units, dtype=kind), len(begin))
            row = np.arange(len(begin)) * units
            offset = 0
            for k, needing in enumerate(self.needing[:-1]):
                here = min(needing - first, len(begin))
                if here <= 0:
                    break
                block, word = divmod(k, WORDS_PER_BLOCK)
                begins = offset + first
                other = (uniforms[word, begins : begins + here] * (units - k)).astype(np.intp)
                other += row[:here]
                other += k
                found[begin[:here] + k] = np.take(left, other)
                left[other] = left[k : here * units : units]
                if word == WORDS_PER_BLOCK - 1:
                    offset += self.needing[block * WORDS_PER_BLOCK]
        return found


_SHUFFLED_AT_ONCE = 1_000_000
"""Unit numbers that are shuffled together."""
_JOINED = 4096
"""Blocks of numbers up to which those of all questions are drawn in one call."""


def _uniforms(streams: Streams, purpose: str, where: Addresses, wanted: Sequence[_Blocks]) -> list[Floats]:
    """The numbers in the wanted blocks of each part, shapes (4, n)."""
    keys = [np.array([streams.key(purpose, one.part)], np.uint64) for one in wanted]
    counters = [one.counters(where) for one in wanted]
    sizes = [len(site) for site, *_ in counters]
    if not wanted or sum(sizes) > _JOINED:
        # A key for all counters takes less time than one for each.
        return [uniforms_at(one, (key[:, 0], key[:, 1])) for one, key in zip(counters, keys, strict=True)]
    site, place, ordinal, block = (np.concatenate(column) for column in zip(*counters, strict=True))
    key = np.repeat(np.concatenate(keys), sizes, axis=0)
    found = uniforms_at((site, place, ordinal, block), (key[:, 0], key[:, 1]))
    return np.split(found, np.cumsum(sizes)[:-1], axis=1)
