"""What is noted down of a run segment while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.engine.segment import Composition
from sim.environment.design import birth_key
from sim.environment.gangs import Make
from sim.events import NONE, Cause

Ints = NDArray[np.intp]


@dataclass(eq=False)
class Stretch:
    """What is noted down of a run segment while it lasts; where its time went is worked out later, for many at once."""

    place: int
    """The plane that its gang's GPUs lie in; where they lie in several, the place of those that are joined."""
    planes: int
    """How many planes they lie in."""
    since: float
    """Day on which it begins."""
    resume_day: float
    """Day until which one of these planes is suspended."""
    restart_days: float
    """Restart with which it begins."""
    berths: Ints
    """Slots that the gang's GPUs lie in, in order."""
    gpus: Ints
    """GPUs that it holds in each."""
    designs: NDArray[np.int8]
    """What flies in each."""
    birth_days: NDArray[np.float64]
    """And when it was born."""
    detection_days: float
    """Of the restart, until what made it necessary is noticed."""
    restored: bool = False
    """Whether it is worked out with which state it begins."""
    given_up: float = 0.0
    """Work that it gives up at its beginning, because no copy is left of it, days at full speed."""
    given_up_to: int = Cause.NONE
    """What ended the segment before."""
    composition: Composition | None = None
    """How the gang runs, once that is worked out."""
    end_day: float = nan
    """Not a number while it lasts."""
    cause: int = Cause.NONE
    """What ended it."""
    planned: bool = False
    """Whether a checkpoint precedes its end."""
    interrupted: bool = False
    """Whether something stopped it."""
    goes_on: bool = False
    """Whether the gang ran on at once, with other GPUs for those lost."""
    closing: bool = False
    """Whether the mission ends with it: its last work may still be committed."""

    @property
    def plane(self) -> int:
        """The plane of the log: none where there are several."""
        return self.place if self.planes == 1 else NONE

    @property
    def makes(self) -> list[Make]:
        """Design and month of birth of what flies in each slot."""
        born = [birth_key(day) for day in self.birth_days.tolist()]
        return list(zip(self.designs.tolist(), born, strict=True))

    @property
    def size(self) -> int:
        """GPUs of the gang."""
        return int(self.gpus.sum())

    @property
    def weight(self) -> int:
        """What it takes of memory, in segments of up to 32 satellites."""
        return 1 + len(self.berths) // 33

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.end_day == self.end_day

    def go_on(self, restart_days: float, detection_days: float) -> None:
        """Begin with what is left of a restart that nothing can interrupt."""
        self.restart_days, self.detection_days = restart_days, detection_days
