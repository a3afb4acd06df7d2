"""Luck at birth: every unit's E ~ Exp(1), addressed by place, generated only for what can fail.

The units of one part (bus, GPU, host) on the satellites of one ordinal in one block of berths form a group of N.  Its
smallest E's come in order by Renyi's spacings, E(k+1) = E(k) + Exp(1) / (N - k) (Renyi 1953, doi 10.1007/BF02127580),
and a random permutation says whose they are.  A larger bound (a longer life, a hotter orbit) only appends; it moves
nobody's luck.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.fleet import PlaneLayout
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BLOCK_BERTHS = 256
"""Berths of one plane that share a group: fixed, since it is part of every unit's address."""


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
class Drawn:
    """Units that can fail, in columns of one length."""

    satellite: Ints
    """Position of the unit's satellite in the question."""
    unit: Ints
    """Number of the unit on its satellite."""
    luck: Floats
    """E."""
    mark: Floats
    """A second luck of the unit, uniform in 0..1, independent of E."""


@dataclass
class _Group:
    """The N units of one part, ordinal and block: their smallest E's so far, and whose they are."""

    stream: np.random.Generator
    second: np.random.Generator
    units: int
    owners: Ints = field(init=False)
    lucks: Floats = field(init=False)
    marks: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.owners = self.stream.permutation(self.units)
        self.lucks, self.marks = np.empty(0), np.empty(0)

    def up_to(self, bound: float) -> tuple[Ints, Floats, Floats]:
        """(unit, E, mark) of all units with E <= bound, E increasing."""
        while len(self.lucks) < self.units and (len(self.lucks) == 0 or self.lucks[-1] <= bound):
            drawn = len(self.lucks)
            # Enough for the bound with two standard deviations to spare; if not, the loop goes round again.
            expected = (self.units - drawn) * -np.expm1(-(bound - (self.lucks[-1] if drawn else 0.0)))
            more = int(min(self.units - drawn, expected + 2 * np.sqrt(expected) + 8))
            steps = self.stream.standard_exponential(more) / (self.units - drawn - np.arange(more))
            if drawn:
                steps[0] += self.lucks[-1]
            # A running sum, so the values do not depend on the sizes of the pieces they were drawn in.
            self.lucks = np.concatenate([self.lucks, np.cumsum(steps)])
        count = int(np.searchsorted(self.lucks, bound, side="right"))
        if count > len(self.marks):
            self.marks = np.concatenate([self.marks, self.second.random(count - len(self.marks))])
        return self.owners[:count], self.lucks[:count], self.marks[:count]


class Births:
    """The luck of every unit that could ever be built in one replicate."""

    def __init__(self, streams: Streams, planes: tuple[PlaneLayout, ...], per_satellite: Mapping[int, int]) -> None:
        """`per_satellite`: units of each part aboard a satellite."""
        self._streams = streams
        self._berths = [plane.slots + plane.spare_berths for plane in planes]
        self._per_satellite = dict(per_satellite)
        self._groups: dict[tuple[int, int, int, int], _Group] = {}

    def units(self, part: int, plane: int, berths: Ints, ordinals: Ints, bounds: Floats) -> Drawn:
        """The units of these satellites whose E is within their bound.

        `berths` (numbered within the plane), `ordinals` and `bounds` (cumulative hazard) have shape (satellites,).
        """
        count = self._per_satellite[part]
        found: list[tuple[Ints, Ints, Floats, Floats]] = []
        blocks, places = np.divmod(berths, BLOCK_BERTHS)
        for block, ordinal in sorted(set(zip(blocks.tolist(), ordinals.tolist(), strict=True))):
            here = np.flatnonzero((blocks == block) & (ordinals == ordinal))
            bound = float(bounds[here].max())
            if bound < NEVER:
                continue
            owners, lucks, marks = self._group(part, plane, block, ordinal).up_to(bound)
            position = np.full(BLOCK_BERTHS, -1)
            position[places[here]] = here
            satellite = position[owners // count]
            keep = satellite >= 0
            keep[keep] = lucks[keep] <= bounds[satellite[keep]]
            found.append((satellite[keep], owners[keep] % count, lucks[keep], marks[keep]))
        if not found:
            return Drawn(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.empty(0))
        return Drawn(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _group(self, part: int, plane: int, block: int, ordinal: int) -> _Group:
        key = (plane, block, ordinal, int(part))
        if key not in self._groups:
            berths = min(BLOCK_BERTHS, self._berths[plane] - block * BLOCK_BERTHS)
            self._groups[key] = _Group(
                self._streams.of("births", *key),
                self._streams.of("marks", *key),
                berths * self._per_satellite[part],
            )
        return self._groups[key]


NEVER = 1e-14
"""A bound below which nobody's luck can lie: 2^-53 of a unit exponential's range is 1e-16."""
