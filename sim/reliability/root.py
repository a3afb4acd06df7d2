"""The age at which an increasing function reaches a value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGEST_STEP = 1e-13
_ROUNDING = 4 * np.finfo(float).eps


def bisect_newton(
    value: Callable[[Floats], Floats],
    slope: Callable[[Floats], Floats],
    target: Floats,
    upper: Floats,
    *,
    scale: Floats | None = None,
) -> Floats:
    """Solve value(x) = target for an increasing `value` with value(0) = 0 and value(upper) >= target.

    Newton steps kept inside a shrinking bracket: quadratic on the smooth parts, halving across a kink, such as
    the age at which infant mortality ends.  Stops at a relative step of 1e-13, or where `value` is the target to
    the last digits of `scale`: the size of the numbers that `value` is a difference of, by default the target.
    Why not SciPy's: docs/decisions.md.
    """
    rounding = _ROUNDING * np.abs(target if scale is None else scale)
    low, high = np.zeros_like(upper), upper.copy()
    x = upper.copy()
    for _ in range(200):
        excess = value(x) - target
        high = np.where(excess >= 0, x, high)
        low = np.where(excess < 0, x, low)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - excess / slope(x)
        # Before the bracket is asked: a root found is an end of it, and halving would leave it again.
        found = (np.abs(step - x) <= _LARGEST_STEP * high) | (np.abs(excess) <= rounding)
        found |= high - low <= _LARGEST_STEP * high
        if np.all(found):
            break
        inside = (step > low) & (step < high)
        x = np.where(found, x, np.where(inside, step, 0.5 * (low + high)))
    return x
