"""GPUs online, block by block: those alive by plane and time of birth, times what light, power and heat let them do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.months import PlaneMonths
from sim.environment.coarse import Coarse

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

BIN_DAYS = 90.0
"""Satellites count as born on the nearest of days so far apart: those of day 0 on day 0."""
MOST_LATE = 2.0
"""Blocks: a spare leaves in one for a slot that was clear in the one before, and is found there in the next."""


class Online:
    """GPUs alive at work by design, quarter of birth and plane, and what they could do in each block."""

    def __init__(
        self, coarse: Sequence[Coarse], working: NDArray[np.int32], months: PlaneMonths, block_days: float
    ) -> None:
        """`working`: satellites at work in each plane, kept by somebody else; `months`: to be filled."""
        horizon_days = float(months.edges[-1])
        self.working, self.months = working, months
        self._coarse = coarse
        self._block_days, self._horizon_days = block_days, horizon_days
        self._planes = coarse[0].share.shape[1]
        self._bins = round(horizon_days / BIN_DAYS) + 1
        self._alive = np.zeros((len(coarse), self._bins, self._planes), np.int64)
        self._was = np.zeros_like(self._alive)  # as the block began
        self._moved = np.zeros_like(self._alive, np.float64)  # GPU-days of the block that its middle would miss
        self._worked: Floats | None = None
        self._start = 0.0
        self._step = -1
        self._shares = np.zeros_like(self._alive, np.float32)
        self._still_until = np.zeros(self._planes)

    @property
    def alive(self) -> Ints:
        """GPUs alive at work in each plane."""
        return np.asarray(self._alive.sum(axis=(0, 1)))

    def bin_of(self, birth_day: Floats) -> NDArray[np.uint16]:
        """Quarter of each birth."""
        return np.minimum(np.rint(birth_day / BIN_DAYS), self._bins - 1).astype(np.uint16)

    def add(self, bins: NDArray[np.uint16], plane: Ints, design: int, gpus: NDArray[np.int64], day: Floats) -> None:
        """So many GPUs more of satellites at work from these days on, fewer where negative."""
        if len(bins):
            place = bins.astype(np.intp) * self._planes + plane
            flat, moved = self._alive[design].reshape(-1), self._moved[design].reshape(-1)
            flat += np.rint(np.bincount(place, gpus, minlength=flat.size)).astype(np.int64)
            days = min(self._block_days, self._horizon_days - self._start)
            # Those that began in an earlier block and are found in this one bring what they did there.
            later = np.clip((day - self._start) / days, -MOST_LATE, 1.0)
            moved += np.bincount(place, gpus * (0.5 - later), minlength=flat.size)
            if self.months.services:
                self.months.move(day, plane, gpus)

    def remove_each(
        self, bins: NDArray[np.uint16], plane: NDArray[np.int32], design: NDArray[np.int8], idle: Ints
    ) -> None:
        """One GPU fewer for each entry but those that were not at work."""
        place = bins * np.int32(self._planes)
        place += plane
        if len(self._coarse) > 1:
            place += design * np.int32(self._bins * self._planes)
        lost = np.bincount(place, minlength=self._alive.size)
        if len(idle):
            lost -= np.bincount(place[idle], minlength=self._alive.size)
        self._alive -= lost.reshape(self._alive.shape)

    def stand_still(self, planes: Ints, day: float, days: float) -> None:
        """Planes compute nothing for some days from now on; what overlaps counts once."""
        self._still_until[planes] = np.maximum(self._still_until[planes], day + days)

    def close_block(self, block: int) -> float:
        """A block has been walked: the mean of its GPUs online.

        Satellites count from the day of their coming to that of their end, GPUs that die singly to the middle.
        """
        start = block * self._block_days
        end = min(start + self._block_days, self._horizon_days)
        step = min(int(0.5 * (start + end) / self._coarse[0].step_days), self._coarse[0].share.shape[2] - 1)
        if step != self._step:
            self._step = step
            self._shares = np.stack([self._share_of(one, step, start) for one in self._coarse])
        mean = 0.5 * (self._was + self._alive) + self._moved
        each = np.einsum("dbp,dbp->p", mean, self._shares)
        if self._still_until.max() > start:
            each = each * (1 - np.clip((np.minimum(self._still_until, end) - start) / (end - start), 0.0, 1.0))
        now = self.working.astype(float)
        worked = now if self._worked is None else 0.5 * (self._worked + now)
        self._worked = now
        self.months.add(0.5 * (start + end), end - start, mean.sum(axis=(0, 1)), each, worked)
        np.copyto(self._was, self._alive)
        self._moved[:], self._start = 0.0, end
        return float(each.sum())

    def _share_of(self, coarse: Coarse, step: int, day: float) -> NDArray[np.float32]:
        """What satellites of each quarter can do in a step, shape (bins, planes): between those of the knots."""
        births = np.minimum(np.arange(self._bins) * BIN_DAYS, self._horizon_days)
        knots, shares = coarse.knots, coarse.share[:, :, step]
        low = np.clip(np.searchsorted(knots, births, side="right") - 1, 0, len(knots) - 1)
        high = np.minimum(low + 1, len(knots) - 1)
        # By age: until the later knot its satellites are new.
        apart = np.where(high > low, knots[high] - knots[low], 1.0)
        older, age = day - knots[low], np.maximum(day - births, 0.0)
        weight = np.where(older < apart, 1 - age / np.maximum(older, 1e-9), (births - knots[low]) / apart)
        weight = np.where(high > low, np.clip(weight, 0.0, 1.0), 0.0)[:, None]
        return np.asarray(shares[low] + weight * (shares[high] - shares[low]), np.float32)
