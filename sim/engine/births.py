"""Luck at birth: every unit's E ~ Exp(1), addressed by place, generated only for what can fail.

The units of one part (bus, GPU) on the satellites of one ordinal in one block of berths form a group of N.  Its
smallest E's come in order by Renyi's spacings, E(k+1) = E(k) + Exp(1) / (N - k) (Renyi 1953, doi 10.1007/BF02127580),
and a random permutation says whose they are.  A larger bound (a longer life, a hotter orbit) only appends; it moves
nobody's luck.
"""

from __future__ import annotations

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
    """The parts of a satellite that fail on their own."""

    BUS = 0
    GPU = 1
    DEBRIS = 2  # the satellite as a target


@dataclass
class _Group:
    """The N units of one part, ordinal and block: their smallest E's so far, and whose they are."""

    stream: np.random.Generator
    units: int
    owners: Ints = field(init=False)
    lucks: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.owners = self.stream.permutation(self.units)
        self.lucks = np.empty(0)

    def up_to(self, bound: float) -> tuple[Ints, Floats]:
        """(unit, E) of all units with E <= bound, E increasing."""
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
        return self.owners[:count], self.lucks[:count]


class Births:
    """The luck of every unit that could ever be built in one replicate."""

    def __init__(self, streams: Streams, planes: tuple[PlaneLayout, ...], gpus_per_satellite: int) -> None:
        self._streams = streams
        self._berths = [plane.slots + plane.spare_berths for plane in planes]
        self._per_satellite = {Part.BUS: 1, Part.GPU: gpus_per_satellite, Part.DEBRIS: 1}
        self._groups: dict[tuple[int, int, int, int], _Group] = {}

    def units(self, part: Part, plane: int, berths: Ints, ordinals: Ints, bounds: Floats) -> tuple[Ints, Ints, Floats]:
        """The units of these satellites whose E is within their bound.

        `berths` (numbered within the plane), `ordinals` and `bounds` (cumulative hazard) have shape (satellites,).
        Returns (satellite, unit, E): the satellite's position in the arguments, the unit's number on it, its luck.
        """
        count = self._per_satellite[part]
        found: list[tuple[Ints, Ints, Floats]] = []
        blocks, places = np.divmod(berths, BLOCK_BERTHS)
        for block, ordinal in sorted(set(zip(blocks.tolist(), ordinals.tolist(), strict=True))):
            here = np.flatnonzero((blocks == block) & (ordinals == ordinal))
            group = self._group(part, plane, block, ordinal)
            owners, lucks = group.up_to(float(bounds[here].max()))
            position = np.full(BLOCK_BERTHS, -1)
            position[places[here]] = here
            satellite = position[owners // count]
            keep = satellite >= 0
            keep[keep] = lucks[keep] <= bounds[satellite[keep]]
            found.append((satellite[keep], owners[keep] % count, lucks[keep]))
        satellites, units, lucks = (np.concatenate(column) for column in zip(*found, strict=True))
        return satellites, units, lucks

    def _group(self, part: Part, plane: int, block: int, ordinal: int) -> _Group:
        key = (plane, block, ordinal, int(part))
        if key not in self._groups:
            berths = min(BLOCK_BERTHS, self._berths[plane] - block * BLOCK_BERTHS)
            self._groups[key] = _Group(self._streams.of("births", *key), berths * self._per_satellite[part])
        return self._groups[key]
