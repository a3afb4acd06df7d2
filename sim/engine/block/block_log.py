"""The log of a walk in blocks: columns by the month, sorted as a month is complete, GPUs that fail singly added up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.events import COLUMNS, NONE, EventKind, EventLog, column_type, empty_value

MONTH_DAYS = 30.0


class BlockLog:
    """Takes down rows while a walk goes on, in any order within a month; `finish` turns them into an `EventLog`."""

    def __init__(self) -> None:
        self._month: list[tuple[int, dict[str, ArrayLike]]] = []
        self._rows = 0
        self._chunks: list[dict[str, NDArray[Any]]] = []

    def extend(self, count: int, **columns: ArrayLike) -> None:
        """Rows: columns of `EventLog` by name, each of one value or of `count`; nobody may change them later."""
        if count:
            self._month.append((count, columns))
            self._rows += count

    def append(self, time_days: float, kind: EventKind, **columns: ArrayLike) -> None:
        """One row."""
        self.extend(1, time_days=time_days, kind=kind, **columns)

    def close_month(self, before: float = np.inf) -> None:
        """All rows before a day are there: put them in order of time."""
        if not self._month:
            return
        whole = {name: np.full(self._rows, empty_value(name), column_type(name)) for name in COLUMNS}
        end = 0
        for count, columns in self._month:
            rows = slice(end, end := end + count)
            for name, values in columns.items():
                whole[name][rows] = values
        order = np.argsort(whole["time_days"], kind="stable")
        whole = {name: column[order] for name, column in whole.items()}
        cut = int(np.searchsorted(whole["time_days"], before))
        self._chunks.append({name: column[:cut] for name, column in whole.items()})
        self._month, self._rows = [], 0
        self.extend(len(order) - cut, **{name: column[cut:] for name, column in whole.items()})

    def finish(self) -> EventLog:
        """All rows, in order of time; more may follow."""
        self.close_month()
        self._chunks = [_joined(self._chunks)]
        return EventLog(**self._chunks[0])


def _joined(chunks: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The rows of chunks that are each in order of time, in order of time; empties the chunks."""
    ends = np.cumsum([len(chunk["time_days"]) for chunk in chunks])
    days = np.concatenate([chunk["time_days"] for chunk in chunks]) if chunks else np.empty(0)
    order = np.argsort(days, kind="stable")
    # Rows stay together in long runs, which are copied many times as fast as single rows are picked.
    chunk_of = np.searchsorted(ends, order, side="right")
    begins = np.flatnonzero((np.diff(order, prepend=-2) != 1) | (np.diff(chunk_of, prepend=-1) != 0))
    runs = list(zip(order[begins].tolist(), np.diff(begins, append=len(order)).tolist(), strict=True))
    of = chunk_of[begins].tolist()
    found: dict[str, NDArray[Any]] = {}
    for name in COLUMNS:
        # Column by column, so that at no time there are two copies of the whole.
        columns = [chunk.pop(name) for chunk in chunks]
        if len(runs) * 8 > len(order):
            found[name] = np.concatenate(columns or [np.empty(0, column_type(name))])[order]
            continue
        firsts = [0, *ends.tolist()]
        pieces = [
            columns[chunk][first - firsts[chunk] : first - firsts[chunk] + count]
            for chunk, (first, count) in zip(of, runs, strict=True)
        ]
        found[name] = np.concatenate(pieces)
    return found


class GpuLosses:
    """GPUs that die singly or with what they sit on: a row for each plane, hazard and month, at its mean day."""

    def __init__(
        self, planes: int, kinds: NDArray[np.uint8], causes: NDArray[np.uint8], designs: NDArray[np.uint8]
    ) -> None:
        """`kinds`, `causes`, `designs`: of each hazard."""
        self._planes, self._kinds, self._causes, self._designs = planes, kinds, causes, designs
        size = len(kinds) * planes
        self._all, self._working = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._day = np.zeros(size)

    def add(self, day: float, hazard: NDArray[np.uint8], plane: NDArray[np.int32], idle: NDArray[np.intp]) -> None:
        """GPUs that died about a day; `idle`: which of them were not at work."""
        place = hazard * np.int32(self._planes)
        place += plane
        died = np.bincount(place, minlength=len(self._all))
        self._all += died
        self._day += died * day
        self._working += died
        if len(idle):
            self._working -= np.bincount(place[idle], minlength=len(self._all))

    def write(self, log: BlockLog) -> None:
        """Write the month, and begin another."""
        rows = np.flatnonzero(self._all)
        hazard, plane = np.divmod(rows, self._planes)
        log.extend(
            len(rows),
            time_days=self._day[rows] / self._all[rows],
            kind=self._kinds[hazard],
            cause=self._causes[hazard],
            plane=plane,
            satellite=NONE,
            gpus=-self._working[rows],
            amount=self._all[rows],
            design=self._designs[hazard],
        )
        self._all[:], self._working[:], self._day[:] = 0, 0, 0.0
