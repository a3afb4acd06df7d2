"""Named random streams: luck is addressed by place, never by order of use.

A stream's name is (purpose, key), for instance ("births", (plane, block, ordinal, part)).  A strategy that launches
more draws from more streams but moves nobody else's draws, so strategies compared on one seed share all the luck they
can.  Generators are Philox on a `SeedSequence` whose spawn key is the name; NumPy keeps the draws of one version stable
across machines, not across versions, so the version stands in every result's provenance.
"""

from __future__ import annotations

import zlib

import numpy as np


class Streams:
    """The random streams of one replicate of one study."""

    def __init__(self, seed: int, replicate: int) -> None:
        self.seed = seed
        self.replicate = replicate
        self._given: set[tuple[str, tuple[int, ...]]] = set()

    def of(self, purpose: str, *key: int) -> np.random.Generator:
        """The generator named (purpose, key).

        Raises `ValueError` when the name was asked for before: two users of one stream would share their luck.
        """
        name = (purpose, key)
        if name in self._given:
            raise ValueError(f"stream {purpose}{key} is already in use")
        self._given.add(name)
        # crc32 is a fixed number for a purpose, on every machine and Python (hash() is salted per process).
        spawn_key = (self.replicate, zlib.crc32(purpose.encode()), *key)
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(self.seed, spawn_key=spawn_key)))
