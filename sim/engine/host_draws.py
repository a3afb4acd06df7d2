"""Random numbers of the hosts of a hall: by host and ordinal, drawn for many neighbours at once, kept once drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.streams import WORDS_PER_BLOCK, Streams

Floats = NDArray[np.float64]

_TOGETHER = 512
"""Hosts that are drawn in one call: whoever asks for one will soon ask for a neighbour."""
FOUR = WORDS_PER_BLOCK
"""Uniform numbers that each host has for each ordinal."""


class HostDraws:
    """Four uniform numbers for each host and ordinal, turned into what they stand for."""

    def __init__(
        self,
        streams: Streams,
        purpose: str,
        part: int,
        site: int,
        hosts: int,
        make: Callable[[Floats], Floats],
    ) -> None:
        """`make` turns uniform numbers, shape (n, 4), into rows, shape (n, any)."""
        self._streams = streams
        self._address = purpose, part, site
        self._hosts = hosts
        self._make = make
        self._blocks: dict[tuple[int, int], list[list[float]]] = {}

    def columns(self, host: int, ordinal: int) -> tuple[list[list[float]], int]:
        """Columns of rows, and which row in them is that of the host: lists of numbers, soon read."""
        where, row = divmod(host, _TOGETHER)
        found = self._blocks.get((where, ordinal))
        if found is None:
            self._draw(where, ordinal)
            found = self._blocks[where, ordinal]
        return found, row

    def first(self) -> Floats:
        """The rows of all hosts for ordinal 0."""
        blocks = range(-(-self._hosts // _TOGETHER))
        return np.concatenate([self._draw(block, 0) for block in blocks])

    def _draw(self, block: int, ordinal: int) -> Floats:
        """The rows of a block of hosts, to be kept."""
        purpose, part, site = self._address
        places = np.arange(block * _TOGETHER, min((block + 1) * _TOGETHER, self._hosts))
        drawn = self._make(self._streams.uniforms(purpose, part, site, places, ordinal, FOUR))
        self._blocks[block, ordinal] = drawn.T.tolist()
        return drawn
