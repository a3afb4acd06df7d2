"""Ranges of physical quantities: each check returns the value as an array, or a `ValueError` that quotes it.

The hot path makes no arrays: it looks at the least and the greatest alone, which are NaN where any value is, and no
range holds NaN.  Only a refusal looks for the culprit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def between(name: str, value: npt.ArrayLike, low: float = 0.0, high: float = 1.0, *, of: str = "") -> FloatArray:
    """Return the value if all of it lies from `low` to `high`; `of` says whose range it is."""
    array = np.asarray(value, dtype=float)
    if not (array.min(initial=np.inf) >= low and array.max(initial=-np.inf) <= high):
        whose = f", {of}" if of else ""
        raise _refusal(name, array, (array >= low) & (array <= high), f"lie between {low:g} and {high:g}{whose}")
    return array


def at_least(name: str, value: npt.ArrayLike, low: float = 0.0) -> FloatArray:
    """Return the value if all of it is finite and at least `low`."""
    array = np.asarray(value, dtype=float)
    if not (array.min(initial=np.inf) >= low and array.max(initial=-np.inf) < np.inf):
        raise _refusal(name, array, (array >= low) & (array < np.inf), f"be at least {low:g} and finite")
    return array


def positive(name: str, value: npt.ArrayLike, *, infinite: bool = False) -> FloatArray:
    """Return the value if all of it is above 0 and, unless `infinite` may be, finite."""
    array = np.asarray(value, dtype=float)
    if not (array.min(initial=np.inf) > 0 and (infinite or array.max(initial=-np.inf) < np.inf)):
        good = (array > 0) & (infinite | (array < np.inf))
        raise _refusal(name, array, good, "be above 0" if infinite else "be above 0 and finite")
    return array


def positive_share(name: str, value: npt.ArrayLike) -> FloatArray:
    """Return the value if all of it is above 0 and at most 1."""
    array = np.asarray(value, dtype=float)
    if not (array.min(initial=np.inf) > 0 and array.max(initial=-np.inf) <= 1):
        raise _refusal(name, array, (array > 0) & (array <= 1), "be above 0 and at most 1")
    return array


def _refusal(name: str, array: FloatArray, good: npt.NDArray[np.bool_], must: str) -> ValueError:
    return ValueError(f"{name} = {array[~good].flat[0]:g}: must {must}")
