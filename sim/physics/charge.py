"""Charge of batteries from edge to edge: what is in them when an eclipse begins, and what is left when it ends.

The daily tables take every orbit of a day alike and charged again in full.  Here each eclipse has its own length, and
each time in light the energy that it really brings: what is not recharged is missing in the next eclipse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Discharge:
    """Batteries at the edges of eclipses, arrays of one value for each eclipse, Wh."""

    missing_at_entry: FloatArray
    """What a battery lacks to be full when the eclipse begins."""
    missing_at_exit: FloatArray
    """The same when it ends."""


def discharge_at_edges(
    satellite: npt.NDArray[np.intp], asked_wh: FloatArray, usable_wh: FloatArray, gain_wh: FloatArray
) -> Discharge:
    """Return how far batteries are from full at each edge, given eclipses sorted by satellite, then by time.

    `satellite` (n,) says whose the eclipse is: each begins its first one full.  `asked_wh` is what the load draws from
    the battery in it; `usable_wh` what may be drawn from a full one, below which nothing is given; `gain_wh` what the
    light until the satellite's next eclipse can put back.  All (n,), not negative.

    Most batteries are full again before the next eclipse and need no more than one step for all; those that are not
    are followed from eclipse to eclipse, all satellites at once, until they are.
    """
    at_entry = np.zeros_like(asked_wh)
    at_exit = np.minimum(asked_wh, usable_wh)
    missing = at_exit - gain_wh
    follows = np.zeros(len(asked_wh), bool)  # whether the next eclipse is the same satellite's
    follows[:-1] = satellite[1:] == satellite[:-1]
    short = (missing > 0) & follows
    begins = short.copy()
    begins[1:] &= ~short[:-1]
    at = begins.nonzero()[0]
    while len(at):
        following = at + 1
        carried = missing[at]
        deeper = carried > at_entry[following]
        following, carried = following[deeper], carried[deeper]
        at_entry[following] = carried
        drawn = np.maximum(np.minimum(carried + asked_wh[following], usable_wh[following]), carried)
        at_exit[following] = drawn
        missing[following] = drawn - gain_wh[following]
        at = following[(missing[following] > 0) & follows[following]]
    return Discharge(at_entry, at_exit)
