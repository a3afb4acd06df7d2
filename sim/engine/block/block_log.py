"""The log of a walk in blocks: columns by the month, sorted as a month is complete, GPUs that fail singly added up."""

from __future__ import annotations

from itertools import pairwise
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
        whole = {name: np.take(column, order) for name, column in whole.items()}
        cut = int(np.searchsorted(whole["time_days"], before))
        self._chunks.append({name: column[:cut] for name, column in whole.items()})
        self._month, self._rows = [], 0
        self.extend(len(order) - cut, **{name: column[cut:] for name, column in whole.items()})

    def where(self, *kinds: EventKind) -> EventLog:
        """The rows of these kinds so far, month by month."""
        self.close_month()
        rows = [np.flatnonzero(np.isin(chunk["kind"], kinds)) for chunk in self._chunks]
        found = {}
        for name in COLUMNS:
            pieces = [chunk[name][some] for chunk, some in zip(self._chunks, rows, strict=True)]
            found[name] = np.concatenate([np.empty(0, column_type(name)), *pieces])
        return EventLog(**found)

    def finish(self) -> EventLog:
        """All rows, in order of time."""
        self.close_month()
        return EventLog(**_joined(self._chunks))


def _joined(chunks: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The rows of chunks that are each in order of time, in order of time; empties the chunks."""
    if not chunks:
        return {name: np.empty(0, column_type(name)) for name in COLUMNS}
    firsts = np.cumsum([0, *(len(chunk["time_days"]) for chunk in chunks)])
    order = np.argsort(np.concatenate([chunk["time_days"] for chunk in chunks]), kind="stable")
    # Rows stay together in long runs, which are copied many times as fast as single rows are picked.
    follows = order[1:] == order[:-1] + 1
    begins = np.concatenate([[0], np.flatnonzero(~follows) + 1, [len(order)]])
    long = len(begins) * 8 < len(order)
    runs = _runs(order, begins, firsts) if long else []
    found: dict[str, NDArray[Any]] = {}
    for name in COLUMNS:
        # Column by column, so that at no time there are two copies of the whole.
        columns = [chunk.pop(name) for chunk in chunks]
        if long:
            found[name] = np.concatenate([columns[chunk][rows] for chunk, rows in runs])
        else:
            found[name] = np.concatenate(columns)[order]
    return found


def _runs(order: NDArray[np.intp], begins: NDArray[np.intp], firsts: NDArray[np.intp]) -> list[tuple[int, slice]]:
    """(chunk, rows of it) of what is to be copied in turn; `firsts`: where each chunk begins, and the end."""
    found = []
    for begin, end in pairwise(begins.tolist()):
        first = int(order[begin])
        last = first + end - begin
        while first < last:
            chunk = int(np.searchsorted(firsts, first, side="right")) - 1
            start, upto = int(firsts[chunk]), min(last, int(firsts[chunk + 1]))
            found.append((chunk, slice(first - start, upto - start)))
            first = upto
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
