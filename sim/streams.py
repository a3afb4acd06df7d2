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
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = np.arange(10, dtype=np.uint64)
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_AT_ONCE = 16_384
"""Counters that one pass works on, so that its arrays stay in the processor's cache."""

_ONE_BY_ONE = 12
"""Counters that are worked on without arrays: so few are sooner done so."""

WORDS_PER_BLOCK = 4
"""Numbers that one counter gives."""


def philox(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> tuple[Words, Words, Words, Words]:
    """Philox4x32-10: four random 32-bit words for each counter under each key; arrays of one shape.

    The key may be of one word, for all counters.  Arrays are of uint64 and hold 32-bit words.
    Salmon et al. 2011, doi 10.1145/2063384.2063405.
    """
    # In place: six arrays that stay in the processor's cache.
    c0, c1, c2, c3 = (word.copy() for word in counter)
    first, second = np.empty_like(c0), np.empty_like(c0)
    for k0, k1 in _keys_of_rounds(key):
        np.multiply(c0, _MULTIPLIERS[0], out=first)
        np.multiply(c2, _MULTIPLIERS[1], out=second)
        np.right_shift(second, _SHIFT, out=c0)
        np.right_shift(first, _SHIFT, out=c2)
        c0 ^= c1
        c2 ^= c3
        c0 ^= k0
        c2 ^= k1
        np.bitwise_and(second, _LOW, out=c1)
        np.bitwise_and(first, _LOW, out=c3)
    return c0, c1, c2, c3


def _keys_of_rounds(key: tuple[Words, Words]) -> Iterator[tuple[Words, Words]]:
    """The two words of the key in each round of ten."""
    if len(key[0]) == 1:
        k0, k1 = ((word + step * _ROUNDS) & _LOW for word, step in zip(key, _KEY_STEPS, strict=True))
        yield from zip(k0[:, None], k1[:, None], strict=True)
        return
    for number in _ROUNDS:
        k0, k1 = ((word + step * number) & _LOW for word, step in zip(key, _KEY_STEPS, strict=True))
        yield k0, k1


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
        keys = np.array([first], np.uint64), np.array([second], np.uint64)
        found = uniforms_at((counter[0], counter[1], counter[2], counter[3]), keys)
        return found.T.reshape(-1, blocks * WORDS_PER_BLOCK)[:, :columns]

    def _sequence(self, purpose: str, *key: int) -> np.random.SeedSequence:
        # crc32 is a fixed number for a purpose, on every machine and Python (hash() is salted per process).
        return np.random.SeedSequence(self.seed, spawn_key=(self.replicate, zlib.crc32(purpose.encode()), *key))


def uniforms_at(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> Floats:
    """Four uniform numbers in (0, 1) for each counter, shape (4, n): multiples of 2^-32 less a half.

    `key`: for each counter, or of one word for all.
    """
    one_key = len(key[0]) == 1
    if len(counter[0]) <= _ONE_BY_ONE:
        keys = [word.tolist() * (len(counter[0]) if one_key else 1) for word in key]
        rows = zip(*(word.tolist() for word in counter), *keys, strict=True)
        found = [_philox_of(*row) for row in rows]
        return (np.array(found, float).reshape(-1, WORDS_PER_BLOCK).T + 0.5) * 2.0**-32
    out = np.empty((WORDS_PER_BLOCK, len(counter[0])))
    for first in range(0, len(counter[0]), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        c0, c1, c2, c3 = (word[some] for word in counter)
        own_key = key if one_key else (key[0][some], key[1][some])
        for row, words in enumerate(philox((c0, c1, c2, c3), own_key)):
            np.add(words, 0.5, out=out[row, some])
    out *= 2.0**-32
    return out
