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
        first: int = 0,
    ) -> None:
        """`make` turns uniform numbers, shape (n, 4), into rows, shape (n, any); `first`: address of the first host."""
        self._streams = streams
        self._address = purpose, part, site
        self._hosts = hosts
        self._first_host = first
        self._make = make
        self._blocks: dict[tuple[int, int], list[list[float]]] = {}
        self._all: Floats | None = None  # for ordinal 0

    def columns(self, host: int, ordinal: int) -> tuple[list[list[float]], int]:
        """Columns of rows, and which row in them is that of the host: lists of numbers, soon read."""
        where, row = divmod(host, _TOGETHER)
        found = self._blocks.get((where, ordinal))
        if found is None:
            hosts = np.arange(where * _TOGETHER, min((where + 1) * _TOGETHER, self._hosts))
            drawn = self._all[hosts] if ordinal == 0 and self._all is not None else self._draw(hosts, ordinal)
            found = self._blocks[where, ordinal] = drawn.T.tolist()
        return found, row

    def first(self) -> Floats:
        """The rows of all hosts for ordinal 0."""
        self._all = self._draw(np.arange(self._hosts), 0)
        return self._all

    def _draw(self, hosts: NDArray[np.intp], ordinal: int) -> Floats:
        """The rows of some hosts."""
        return self._make(self.uniforms(hosts, ordinal))

    def uniforms(self, hosts: NDArray[np.intp], ordinal: int) -> Floats:
        """Four uniform numbers of each of some hosts, shape (n, 4)."""
        purpose, part, site = self._address
        return self._streams.uniforms(purpose, part, site, hosts + self._first_host, ordinal, FOUR)
