"""Random numbers of the hosts of a hall: by host and ordinal, drawn for many neighbours at once, kept once drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.streams import WORDS_PER_BLOCK, Streams

Floats = NDArray[np.float64]

_TOGETHER = 2048
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
        self._rows: dict[tuple[int, int], Floats] = {}

    def row(self, host: int, ordinal: int) -> Floats:
        """The row of a host."""
        return self._block(host // _TOGETHER, ordinal)[host % _TOGETHER]  # type: ignore[no-any-return]

    def first(self) -> Floats:
        """The rows of all hosts for ordinal 0."""
        blocks = range(-(-self._hosts // _TOGETHER))
        return np.concatenate([self._block(block, 0) for block in blocks])

    def _block(self, block: int, ordinal: int) -> Floats:
        found = self._rows.get((block, ordinal))
        if found is None:
            purpose, part, site = self._address
            places = np.arange(block * _TOGETHER, min((block + 1) * _TOGETHER, self._hosts))
            found = self._make(self._streams.uniforms(purpose, part, site, places, ordinal, FOUR))
            self._rows[block, ordinal] = found
        return found
