"""How time grows with size."""

from __future__ import annotations

from collections.abc import Sequence
from math import log


def growth_exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """Exponent p of time ~ size^p: the slope of a least-squares line through the logarithms.

    Raises `ValueError` for fewer than two sizes, or sizes and times that are not above 0.
    """
    if len(set(sizes)) < 2 or min(*sizes, *times) <= 0:
        raise ValueError(f"sizes {list(sizes)}, times {list(times)}: must be two or more, and above 0")
    x, y = [log(size) for size in sizes], [log(time) for time in times]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - mean_x) ** 2 for a in x)
