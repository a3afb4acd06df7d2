"""Copies of a gang's state on its own satellites: who holds whose, and whether all of it is left after losses.

Each satellite holds its own share and those of its group.  Groups are of `replicas` + 1 satellites, neighbours in the
order of their slots; what remains over makes the last one longer, and in it each copy lies on the next satellites, in a
ring.  GEMINI's placement, optimal where groups divide the gang (SOSP 2023, doi 10.1145/3600006.3613145).
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray


def copies_left(gone: NDArray[np.bool_], replicas: int) -> NDArray[np.bool_]:
    """Whether every share of a gang's state still lies on one of its satellites.

    `gone`: which of its satellites are lost, in order of slot, shape (..., satellites); returns shape (...).  A gang of
    no more satellites than there are copies keeps some outside itself: nothing is lost then.
    """
    satellites, size = gone.shape[-1], replicas + 1
    if replicas and satellites <= replicas:
        return np.ones(gone.shape[:-1], bool)
    longer = size + satellites % size if satellites % size else 0
    end = satellites - longer
    groups = gone[..., :end].reshape(*gone.shape[:-1], end // size, size)
    lost = groups.all(axis=-1).any(axis=-1)
    if longer:
        ring = gone[..., end:]
        lost |= np.all([np.roll(ring, -step, axis=-1) for step in range(size)], axis=0).any(axis=-1)
    return np.asarray(~lost)


def recovery_probability(satellites: int, replicas: int, failures: int) -> float:
    """Probability that every share of the state is left when so many of the gang's satellites are lost at once.

    Exact: sets of `failures` satellites that hold no share wholly, over all sets.  With N satellites and groups of m
    that divide N it is at least 1 - N C(N-m, k-m) / (m C(N, k)), GEMINI's bound, and equal to it for k < 2m.
    """
    size = replicas + 1
    if not 0 <= failures <= satellites:
        raise ValueError(f"failures(={failures}) must be from 0 to {satellites}, the satellites of the gang")
    if replicas and satellites <= replicas:
        return 1.0
    longer = size + satellites % size if satellites % size else 0
    safe = [1]
    for _ in range((satellites - longer) // size):
        safe = _product(safe, [comb(size, k) for k in range(size)])
    if longer:
        safe = _product(safe, [comb(longer, k) - _held(longer, size, k) for k in range(longer + 1)])
    return (safe[failures] if failures < len(safe) else 0) / comb(satellites, failures)


def _held(ring: int, size: int, failures: int) -> int:
    """Sets of satellites of a ring, shorter than two groups, that hold some share wholly: a run of `size` of them."""
    if failures == ring:
        return 1
    found = ring if failures == ring - 1 >= size else 0
    # A run between two satellites that are left; the others are free.
    for run in range(size, min(failures, ring - 2) + 1):
        found += ring * comb(ring - run - 2, failures - run)
    return found


def _product(a: list[int], b: list[int]) -> list[int]:
    """Product of two polynomials by their coefficients; whole numbers of any size."""
    found = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            found[i + j] += x * y
    return found
