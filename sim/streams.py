"""Random numbers addressed by place, never by order of use.

A strategy that launches more uses more numbers but moves nobody else's, so strategies compared on one seed share all
the randomness they can.  Two kinds:

- `Streams.of(purpose, *key)`: a named generator, for what happens a few thousand times in a run (storms, flights).
- `Streams.uniforms(...)`: uniform numbers by counter, for what happens to each of millions of units.  The number at an
  address is a pure function of seed, replicate, purpose and address: nothing is kept, and a whole fleet is one call.

NumPy keeps the draws of one version stable across machines, not across versions, so the version stands in every
result's provenance.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], np.uint64)
_KEY_STEPS = np.array([[0x9E3779B9], [0xBB67AE85]], np.uint64)
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_AT_ONCE = 16_384
"""Counters that one pass works on, so that its arrays stay in the processor's cache."""

_ONE_BY_ONE = 12
"""Counters that are worked on without arrays: so few are sooner done so."""

WORDS_PER_BLOCK = 4
"""Numbers that one counter gives."""


def philox(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> tuple[Words, Words, Words, Words]:
    """Philox4x32-10: four random 32-bit words for each counter under each key; arrays of one shape.

    Arrays are of uint64 and hold 32-bit words.  Salmon et al. 2011, doi 10.1145/2063384.2063405.
    """
    # The words that are multiplied and those that are not, two rows each, so that a round is seven passes.
    odd, even, words = np.stack([counter[0], counter[2]]), np.stack([counter[1], counter[3]]), np.stack(key)
    for _ in range(10):
        product = odd * _MULTIPLIERS
        odd = (product >> _SHIFT)[::-1] ^ even ^ words
        even = (product & _LOW)[::-1]
        words = (words + _KEY_STEPS) & _LOW
    return odd[0], even[0], odd[1], even[1]


def _philox_of(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """The same for one counter."""
    for _ in range(10):
        first, second = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (second >> 32) ^ c1 ^ k0, second & 0xFFFFFFFF, (first >> 32) ^ c3 ^ k1, first & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


class Streams:
    """The random numbers of one replicate of one study."""

    def __init__(self, seed: int, replicate: int) -> None:
        self.seed = seed
        self.replicate = replicate
        self._given: set[tuple[str, tuple[int, ...]]] = set()
        self._keys: dict[tuple[str, int], tuple[int, int]] = {}

    def of(self, purpose: str, *key: int) -> np.random.Generator:
        """The generator named (purpose, key).

        Raises `ValueError` when the name was asked for before: two users of one stream would not be independent.
        """
        name = (purpose, key)
        if name in self._given:
            raise ValueError(f"stream {purpose}{key} is already in use")
        self._given.add(name)
        return np.random.Generator(np.random.Philox(self._sequence(purpose, *key)))

    def key(self, purpose: str, part: int) -> tuple[int, int]:
        """The two 32-bit words that set the numbers of one purpose and part of a satellite apart from all others."""
        if (purpose, part) not in self._keys:
            first, second = self._sequence(purpose, part).generate_state(2).tolist()
            self._keys[purpose, part] = first, second
        return self._keys[purpose, part]

    def uniforms(
        self, purpose: str, part: int, site: ArrayLike, place: ArrayLike, ordinal: ArrayLike, columns: int
    ) -> Floats:
        """Uniform numbers in (0, 1), shape (n, columns): column j depends on the address and on j alone.

        `site`, `place` and `ordinal` broadcast to shape (n,); each is a whole number from 0 to 2^32 - 1.
        """
        first, second = self.key(purpose, part)
        blocks = -(-columns // WORDS_PER_BLOCK)
        where = [np.atleast_1d(np.asarray(word, np.uint64)) for word in (site, place, ordinal)]
        where = [word[:, None] for word in np.broadcast_arrays(*where)]
        block = np.arange(blocks, dtype=np.uint64)[None, :]
        counter = [np.ascontiguousarray(word).ravel() for word in np.broadcast_arrays(*where, block)]
        keys = np.full(len(counter[0]), first, np.uint64), np.full(len(counter[0]), second, np.uint64)
        found = uniforms_at((counter[0], counter[1], counter[2], counter[3]), keys)
        return found.reshape(-1, blocks * WORDS_PER_BLOCK)[:, :columns]

    def _sequence(self, purpose: str, *key: int) -> np.random.SeedSequence:
        # crc32 is a fixed number for a purpose, on every machine and Python (hash() is salted per process).
        return np.random.SeedSequence(self.seed, spawn_key=(self.replicate, zlib.crc32(purpose.encode()), *key))


def uniforms_at(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> Floats:
    """Four uniform numbers in (0, 1) for each counter, shape (n, 4): multiples of 2^-32 less a half."""
    if len(counter[0]) <= _ONE_BY_ONE:
        rows = zip(*(word.tolist() for word in (*counter, *key)), strict=True)
        found = [_philox_of(*row) for row in rows]
        return (np.array(found, float).reshape(-1, WORDS_PER_BLOCK) + 0.5) * 2.0**-32
    out = np.empty((len(counter[0]), WORDS_PER_BLOCK))
    for first in range(0, len(out), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        c0, c1, c2, c3 = (word[some] for word in counter)
        for column, words in enumerate(philox((c0, c1, c2, c3), (key[0][some], key[1][some]))):
            out[some, column] = words
    out += 0.5
    out *= 2.0**-32
    return out
