"""GPUs that die on satellites whose jobs are followed: taken down block by block, and dated when the walk is over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.sample import Sample
from sim.engine.hazards import Hazard
from sim.events import NONE
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Deaths:
    """GPUs at work that die, those of one failure in one row: columns of one length."""

    day: Floats
    """Somewhere in its block."""
    slot: Ints
    """In the numbers of the sample."""
    satellite: Ints
    cause: Ints
    gpus: Ints

    @classmethod
    def none(cls) -> Deaths:
        """Nobody died."""
        nobody = np.empty(0, np.intp)
        return cls(np.empty(0), nobody, nobody, nobody, nobody)


class DeathRecorder:
    """Takes down which satellites of a sample lose GPUs, and by what."""

    def __init__(self, sample: Sample, hazards: list[Hazard]) -> None:
        """`hazards`: all, by their numbers in the walk."""
        self._number_of = sample.number_of
        self._span = np.array([max(one.span, 1) for one in hazards], np.intp)
        self._cause = np.array([int(one.cause) for one in hazards], np.intp)
        self._rows: list[NDArray[np.int64]] = []

    def add(
        self, block: int, slot: NDArray[np.integer], satellite: NDArray[np.integer], hazard: NDArray[np.integer]
    ) -> None:
        """One GPU for each entry has died in a block on a satellite at work."""
        number = self._number_of[slot]
        mine = np.flatnonzero(number != NONE)
        if len(mine):
            rows = np.full(len(mine), block), number[mine], satellite[mine], hazard[mine]
            self._rows.append(np.array(rows, np.int64))

    def dated(self, block_days: float, horizon_days: float, streams: Streams) -> Deaths:
        """All of them: what one unit takes with it dies together, each failure at some time of its block."""
        rows = np.concatenate([np.zeros((4, 0), np.int64), *self._rows], axis=1)
        # Those of one satellite, hazard and block together are one failure, or several where they are too many for it.
        _, group, count = np.unique(rows, axis=1, return_inverse=True, return_counts=True)
        group = group.ravel()
        order = np.argsort(group, kind="stable")
        nth = np.empty(len(group), np.intp)
        nth[order] = np.arange(len(group)) - np.repeat(np.cumsum(count) - count, count)
        begins = np.flatnonzero(nth % self._span[rows[3]] == 0)
        block, slot, satellite, hazard = rows[:, begins]
        gpus = np.minimum(count[group[begins]] - nth[begins], self._span[hazard])
        start = block * block_days
        luck = streams.of("days on which GPUs die").random(len(begins))
        day = start + luck * np.minimum(block_days, horizon_days - start)
        return Deaths(day, slot, satellite, self._cause[hazard], gpus)
