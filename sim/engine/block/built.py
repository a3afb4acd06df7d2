"""Satellites between order and arrival, in columns: `sim.engine.built.Built` for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Built:
    """Columns of one length."""

    berth: NDArray[np.int32]
    """Built for."""
    ordinal: NDArray[np.int16]
    """Satellites built for that berth before."""
    design: NDArray[np.int8]
    relieves: NDArray[np.bool_]
    """Ordered while its slot was filled, to take over from the satellite there."""
    reason: NDArray[np.uint8]
    """Why it was ordered."""

    def __len__(self) -> int:
        return len(self.berth)

    def take(self, index: Any) -> Built:
        """Some of them."""
        return Built(
            self.berth[index], self.ordinal[index], self.design[index], self.relieves[index], self.reason[index]
        )

    @classmethod
    def join(cls, parts: Sequence[Built]) -> Built:
        """The satellites of several, at least one."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate(column) for column in zip(*map(_COLUMNS, parts), strict=True)))


_COLUMNS = attrgetter(*(one.name for one in fields(Built)))
