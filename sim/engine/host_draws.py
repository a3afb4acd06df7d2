"""Random numbers of the hosts of a hall: by host and ordinal, drawn for many neighbours at once, kept once drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.streams import WORDS_PER_BLOCK, Streams

Floats = NDArray[np.float64]

_TOGETHER = 4096
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
        self._all: list[list[float]] | None = None  # for ordinal 0

    def columns(self, host: int, ordinal: int) -> tuple[list[list[float]], int]:
        """Columns of rows, and which row in them is that of the host: lists of numbers, soon read."""
        if ordinal == 0 and self._all is not None:
            return self._all, host
        where, row = divmod(host, _TOGETHER)
        found = self._blocks.get((where, ordinal))
        if found is None:
            first = where * _TOGETHER
            found = self._draw(np.arange(first, min(first + _TOGETHER, self._hosts)), ordinal).T.tolist()
            self._blocks[where, ordinal] = found
        return found, row

    def first(self) -> Floats:
        """The rows of all hosts for ordinal 0."""
        drawn = self._draw(np.arange(self._hosts), 0)
        self._all = drawn.T.tolist()
        return drawn

    def _draw(self, hosts: NDArray[np.intp], ordinal: int) -> Floats:
        """The rows of some hosts."""
        purpose, part, site = self._address
        return self._make(self._streams.uniforms(purpose, part, site, hosts, ordinal, FOUR))
