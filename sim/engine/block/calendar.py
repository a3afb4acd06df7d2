"""What is due, by block: rows that are put in ahead of time and taken out when their block comes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[np.integer]
Columns = list[NDArray[Any]]

SPAN = 16
"""Blocks that are merged at a time: a block then costs its own rows, whatever the number of pieces put in."""


class Calendar:
    """Rows of columns, each due in a block."""

    def __init__(self, blocks: int) -> None:
        self._last = blocks - 1
        self._waiting: dict[int, list[tuple[NDArray[np.uint16], Columns]]] = {}  # by span
        self._span = -1
        self._first = np.zeros(SPAN + 1, np.intp)  # where the rows of each block of the span begin
        self._rows: Columns = []
        self._late: list[tuple[NDArray[np.uint16], Columns]] = []  # put in for the span that is being walked

    def add(self, block: Blocks, *columns: NDArray[Any]) -> None:
        """Put in rows, each for a block that has not been taken yet; those past the last block are dropped."""
        keep = block <= self._last
        if not keep.all():
            block, columns = block[keep], tuple(column[keep] for column in columns)
        if len(block) == 0:
            return
        short = block.astype(np.uint16)
        order = np.argsort(short, kind="stable")
        short, sorted_columns = np.take(short, order), [np.take(column, order) for column in columns]
        first, last = int(short[0]) // SPAN, int(short[-1]) // SPAN
        bounds = np.searchsorted(short, np.arange(first, last + 2) * SPAN).tolist()
        for number, (begin, end) in enumerate(pairwise(bounds)):
            if end > begin:
                # Copies, so that a piece goes when its span has been walked.
                piece = short[begin:end].copy(), [column[begin:end].copy() for column in sorted_columns]
                if first + number == self._span:
                    self._late.append(piece)
                else:
                    self._waiting.setdefault(first + number, []).append(piece)

    def at(self, block: int) -> Columns | None:
        """The rows of a block, none where there are none; blocks are taken in order, each once."""
        if block // SPAN != self._span:
            self._merge(block // SPAN)
        place = block - self._span * SPAN
        begin, end = self._first[place : place + 2].tolist()
        found = [[column[begin:end] for column in self._rows]] if end > begin else []
        for blocks, columns in self._late:
            low, high = np.searchsorted(blocks, [block, block + 1]).tolist()
            if high > low:
                found.append([column[low:high] for column in columns])
        if len(found) <= 1:
            return found[0] if found else None
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def _merge(self, span: int) -> None:
        self._span, self._late, self._rows = span, [], []
        pieces = self._waiting.pop(span, [])
        self._first = np.zeros(SPAN + 1, np.intp)
        if not pieces:
            return
        blocks = np.concatenate([piece[0] for piece in pieces])
        order = np.argsort(blocks, kind="stable")
        self._rows = [
            np.take(np.concatenate(parts), order) for parts in zip(*(piece[1] for piece in pieces), strict=True)
        ]
        self._first = np.searchsorted(np.take(blocks, order), span * SPAN + np.arange(SPAN + 1))
