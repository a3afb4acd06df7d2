"""Designs that none beats in both cost and output."""

from __future__ import annotations

from collections.abc import Sequence


def front(scores: Sequence[tuple[float, float]]) -> list[int]:
    """Places of the pairs that no other is at least as low as in both and lower in one, by rising first number.

    Of equal pairs the first stands for all.
    """
    found: list[int] = []
    lowest = float("inf")
    for place in sorted(range(len(scores)), key=lambda i: (*scores[i], i)):
        if scores[place][1] < lowest:
            found.append(place)
            lowest = scores[place][1]
    return found


def spread(places: Sequence[int], most: int) -> list[int]:
    """At most so many of them, spread evenly, both ends among them."""
    if len(places) <= most:
        return list(places)
    return [places[round(i * (len(places) - 1) / (most - 1))] for i in range(most)]
