"""One plane of the fleet as a strategy sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.errors import InputError

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NOT_WATCHED = "it looks at the GPUs alive, but its watches_gpus() says False"


def too_rarely_asked(looks: str, asked_below: float) -> InputError:
    """What to raise for a strategy that looks at more than it is asked about."""
    return InputError(
        f"it looks at {looks}, but its asked_below_gpu_fraction() is {asked_below:g}: losses above that share are not "
        "counted for it"
    )


def read_only(column: NDArray[Any]) -> NDArray[Any]:
    """A window on a column over a read-only buffer, so that nobody can make it writeable again."""
    return np.frombuffer(memoryview(column).toreadonly(), column.dtype)  # type: ignore[arg-type]


@dataclass(frozen=True)
class PlaneView:
    """One plane as a strategy sees it.  Arrays are read-only and valid during the call only."""

    id: int
    slots: int
    """Operational places."""
    spare_berths: int
    """Places for spares, declared by the scenario."""
    on_order: int
    """Satellites ordered for this plane and not yet arrived or lost."""
    inbound: int
    """Spares on their way from a spare berth to a slot."""
    state: NDArray[np.int8]
    """`BerthState` of each berth, slots first."""
    birth_day: Floats
    """Mission day on which the satellite in each berth arrived in orbit."""
    life_end_day: Floats
    """Mission day on which its design life ends."""
    first_berth: int
    """Number of the plane's first berth: berth i of the arrays is `first_berth + i` in an action."""
    _gpus_alive: Ints
    _asked_below: float = 1.0

    @property
    def gpus_alive(self) -> Ints:
        """GPUs alive on the satellite in each berth; 0 where there is none.

        Raises `InputError` for a strategy that is not asked after each loss: the column is not kept for it.
        """
        if self._asked_below == 0:
            raise InputError(NOT_WATCHED)
        if self._asked_below < 1:
            raise too_rarely_asked("gpus_alive", self._asked_below)
        return self._gpus_alive

    @property
    def working(self) -> int:
        """Satellites at work in slots."""
        return int(np.count_nonzero(self.state == BerthState.WORKING))

    @property
    def spares(self) -> int:
        """Spares in spare berths."""
        return int(np.count_nonzero(self.state == BerthState.STORED))

    @property
    def empty_slots(self) -> list[int]:
        """Numbers of the slots without a satellite and without one on its way from a spare berth."""
        return self._numbers(self.state[: self.slots] == BerthState.EMPTY)

    @property
    def blocked_slots(self) -> list[int]:
        """Numbers of the slots from which a dead satellite still drifts off."""
        return self._numbers(self.state[: self.slots] == BerthState.BLOCKED)

    @property
    def spare_list(self) -> list[int]:
        """Numbers of the spare berths that hold a spare, the one with most GPUs alive first."""
        stored = np.flatnonzero(self.state == BerthState.STORED)  # whose GPUs are always counted
        order = np.argsort(-self._gpus_alive[stored], kind="stable")
        spares: list[int] = (self.first_berth + stored[order]).tolist()
        return spares

    @property
    def unfilled(self) -> int:
        """Slots without a satellite at work, or one on its way from a spare berth, and not on order."""
        return max(0, len(self.empty_slots) + len(self.blocked_slots) - self.on_order)

    def ending_before(self, day: float) -> list[int]:
        """Numbers of the slots whose satellite is at work and reaches the end of its design life by then."""
        return self._numbers((self.state == BerthState.WORKING) & (self.life_end_day <= day))

    def _numbers(self, these: NDArray[np.bool_]) -> list[int]:
        numbers: list[int] = (self.first_berth + np.flatnonzero(these)).tolist()
        return numbers
