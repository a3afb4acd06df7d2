"""The age at which an increasing function reaches a value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bisect_newton(
    value: Callable[[Floats], Floats], slope: Callable[[Floats], Floats], target: Floats, upper: Floats
) -> Floats:
    """Solve value(x) = target for an increasing `value` with value(0) = 0 and value(upper) >= target.

    Newton steps kept inside a shrinking bracket: quadratic on the smooth parts, halving across a kink, such as
    the age at which infant mortality ends.  Stops at a relative step of 1e-13.
    """
    low, high = np.zeros_like(upper), upper.copy()
    x = upper.copy()
    for _ in range(200):
        excess = value(x) - target
        high = np.where(excess >= 0, x, high)
        low = np.where(excess < 0, x, low)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - excess / slope(x)
        inside = (step > low) & (step < high)
        new = np.where(inside, step, 0.5 * (low + high))
        new = np.where(excess == 0, x, new)
        if np.all(np.abs(new - x) <= 1e-13 * high):
            return new
        x = new
    return x
