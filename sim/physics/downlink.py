"""What a satellite can send down: windows that clouds close, and a queue with a limit that fills between them.

A fluid model: output is produced at a steady rate, waits aboard in a queue of limited size and leaves at the rate of
the link while a window is open.  What does not fit into the queue, or would wait too long, is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SKIES = 20
"""Skies over which is averaged: in each every pass is clear or cloudy as a whole."""
_SEED = 20_270_101


@dataclass(frozen=True, eq=False)
class Openings:
    """The time of one satellite in pieces, in order: how long each lasts, and the share of the link's rate it gives."""

    seconds: FloatArray
    """Shape (pieces,)."""
    share: FloatArray
    """In each of some skies, shape (pieces, skies)."""

    @classmethod
    def of_windows(
        cls,
        rise_s: FloatArray,
        set_s: FloatArray,
        availability: FloatArray,
        start_s: float,
        end_s: float,
        rate_share: FloatArray | float = 1.0,
    ) -> Openings:
        """Return the pieces between two times of windows that overlap.

        Each window is clear as a whole with its site's `availability` and then gives `rate_share` of the link's rate;
        of several that are clear the best counts.  Passes are independent of each other, in time as between sites: with
        several in view the chance of a clear one is 1 - product of (1 - availability), which is what site diversity
        gives.  In each pass the share of skies that are clear is the availability to 1 / `SKIES`, the next pass mixes
        them anew; the generator is seeded, so that the same windows give the same.
        """
        edges, place = np.unique(np.concatenate([[start_s, end_s], rise_s, set_s]), return_inverse=True)
        first, last = place[2 : 2 + len(rise_s)], place[2 + len(rise_s) :]
        generator = np.random.Generator(np.random.Philox(_SEED))
        shares = np.broadcast_to(rate_share, rise_s.shape)
        found = np.zeros((len(edges) - 1, SKIES))
        for window, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
            level = (generator.permutation(SKIES) + generator.random()) / SKIES
            open_ = np.where(level < availability[window], shares[window], 0.0)
            found[begin:end] = np.maximum(found[begin:end], open_)
        return cls(np.diff(edges), found)

    @cached_property
    def mean_share(self) -> float:
        """Share of the link's rate over all of the time."""
        return float((self.seconds @ self.share).mean() / self.seconds.sum())

    def sent(self, produced: FloatArray, rate: float, limit: float, longest_wait_s: float = np.inf) -> FloatArray:
        """Return the mean rate at which is sent what is produced at these steady rates, in their unit, shape (k,).

        `rate` of the link, `limit` of the queue in that unit times seconds.  The pieces are gone through twice, so that
        the queue at the beginning is that of the end.  Nothing is of use that has waited longer than `longest_wait_s`:
        of the time without a link only the output of the last seconds is kept, and no queue is longer than the link
        sends in that time.
        """
        made = np.asarray(produced, dtype=float)[:, None]
        queue = np.zeros((len(made), self.share.shape[1]))
        waited = np.zeros(self.share.shape[1])
        for _ in range(2):
            total = np.zeros_like(queue)
            for seconds, share in zip(self.seconds.tolist(), self.share, strict=True):
                link = rate * share
                most: FloatArray | float = limit
                if longest_wait_s < np.inf:
                    # With a link, what it can send in time; without, the output of so many seconds at most.
                    waited = np.where(link > 0, 0.0, waited + seconds)
                    late = np.where(waited > longest_wait_s, made * longest_wait_s, np.inf)
                    most = np.minimum(limit, np.where(link > 0, link * longest_wait_s, late))
                before = queue
                queue = np.clip(before + (made - link) * seconds, 0.0, most)
                # All the link can do where a queue is left or grows; otherwise all there is.
                total += np.minimum(link * seconds, before + made * seconds)
        return np.asarray(total.mean(axis=1) / self.seconds.sum())


def sent_periodic(
    produced: npt.ArrayLike, rate: float, contact_s: float, gap_s: float, limit: float, longest_wait_s: float = np.inf
) -> FloatArray:
    """Return the same in closed form where contacts and the gaps between them are all alike, and always clear.

    min(r c, p c + min(B, p g)) / (c + g): each contact sends what is produced in it and what the queue B kept of the
    gap before, up to what the link can; of the gap no more than its last `longest_wait_s` count.
    """
    made = np.asarray(produced, dtype=float)
    kept = np.minimum(limit, made * min(gap_s, longest_wait_s))
    sent: FloatArray = np.minimum(rate * contact_s, made * contact_s + kept) / (contact_s + gap_s)
    return sent
