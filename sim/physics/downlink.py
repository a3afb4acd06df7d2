"""What a satellite can send down: windows thinned by weather, and a queue with a limit that fills between them.

A fluid model: output is produced at a steady rate, waits aboard in a queue of limited size and leaves at the rate of
the link while a window is open.  What does not fit into the queue, or would wait too long, is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_CLEAR = 1e-15
"""Least share of time with clouds: a sum of logarithms must stay finite."""


@dataclass(frozen=True, eq=False)
class Openings:
    """The time of one satellite in pieces, in order: how long each lasts and the share of the link's rate it gives."""

    seconds: FloatArray
    """Shape (n,)."""
    share: FloatArray
    """Chance that a station in view has a clear sky; 0 with none in view, shape (n,)."""

    @classmethod
    def of_windows(
        cls, rise_s: FloatArray, set_s: FloatArray, availability: FloatArray, start_s: float, end_s: float
    ) -> Openings:
        """Return the pieces between two times of windows that overlap, each with its site's weather availability.

        Sites are independent: with several in view the chance is 1 - product of (1 - availability), which is what site
        diversity gives.  Clouds thin each window to its mean rate; that a whole contact may be lost is not followed.
        """
        edges, place = np.unique(np.concatenate([[start_s, end_s], rise_s, set_s]), return_inverse=True)
        cloudy = np.log(np.maximum(1.0 - availability, _CLEAR))
        change = np.zeros(len(edges))
        np.add.at(change, place[2 : 2 + len(rise_s)], cloudy)
        np.add.at(change, place[2 + len(rise_s) :], -cloudy)
        share = -np.expm1(np.minimum(np.cumsum(change)[:-1], 0.0))
        return cls(np.diff(edges), np.where(share < 1e-12, 0.0, share))

    @property
    def mean_share(self) -> float:
        """Share of the link's rate over all of the time."""
        return float((self.seconds * self.share).sum() / self.seconds.sum())

    def sent(self, produced: FloatArray, rate: float, limit: float, longest_wait_s: float = np.inf) -> FloatArray:
        """Return the mean rate at which is sent what is produced at these steady rates, in their unit, shape (k,).

        `rate` of the link, `limit` of the queue in that unit times seconds.  The pieces are gone through twice, so that
        the queue at the beginning is that of the end.  Nothing is of use that has waited longer than `longest_wait_s`:
        of a closed piece only the output of its last seconds is kept, and no queue is longer than the link sends in
        that time.
        """
        made = np.asarray(produced, dtype=float)
        queue = np.zeros_like(made)
        for _ in range(2):
            total = np.zeros_like(made)
            for seconds, share in zip(self.seconds.tolist(), self.share.tolist(), strict=True):
                link = rate * share
                if link == 0:
                    if seconds <= longest_wait_s:
                        queue = np.minimum(queue + made * seconds, limit)
                    else:
                        queue = np.minimum(made * longest_wait_s, limit)
                    continue
                before, queue = queue, np.clip(queue + (made - link) * seconds, 0.0, min(limit, link * longest_wait_s))
                # All the link can do where a queue is left or grows; otherwise all there is.
                total += np.minimum(link * seconds, before + made * seconds)
        return np.asarray(total / self.seconds.sum())


def sent_periodic(
    produced: npt.ArrayLike, rate: float, contact_s: float, gap_s: float, limit: float, longest_wait_s: float = np.inf
) -> FloatArray:
    """Return the same in closed form where contacts and the gaps between them are all alike.

    min(r c, p c + min(B, p g)) / (c + g): each contact sends what is produced in it and what the queue B kept of the
    gap before, up to what the link can; of the gap no more than its last `longest_wait_s` count.
    """
    made = np.asarray(produced, dtype=float)
    kept = np.minimum(limit, made * min(gap_s, longest_wait_s))
    sent: FloatArray = np.minimum(rate * contact_s, made * contact_s + kept) / (contact_s + gap_s)
    return sent
