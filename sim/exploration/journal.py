"""Finished replicates of many scenarios in one file, a line each, which a run appends to and the next one resumes from.

A line carries a checksum: one that a kill or a full disk has cut short, or that is damaged, is left out, and what it
held is simulated again.  What a line is about is in it as a digest, so a study with more points, replicates or
strategies goes on from those of a smaller one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from sim.errors import ScenarioError
from sim.experiment.explored import JOURNAL
from sim.experiment.record import Figures, Task
from sim.files import whole_bytes
from sim.metrics import METRICS

_log = logging.getLogger(__name__)

NAME = JOURNAL


class SearchInterrupted(KeyboardInterrupt):
    """Ctrl-C in a sweep, analysis or search that has an output folder; the text says what is kept."""

    def __init__(self, done: int, folder: Path) -> None:
        self.done = done
        """Replicates that the folder holds, over all points or designs."""
        self.folder = folder
        super().__init__(f"interrupted; {done:,} replicates kept in {folder}; the same command resumes")

    def __reduce__(self) -> tuple[type[SearchInterrupted], tuple[int, Path]]:
        return SearchInterrupted, (self.done, self.folder)


class Key(NamedTuple):
    """Which replicate a line is about."""

    scenario: str
    """Digest of all that the figures of the strategy depend on: its scenario, the seed, the code."""
    strategy: str
    replicate: int


@dataclass(frozen=True)
class Journal:
    """The file; only one process may write to it at a time."""

    path: Path

    def read(self, wanted: Collection[Key]) -> dict[Key, Figures]:
        """The replicates among those wanted that are there.  Cuts off a line that was not finished."""
        found: dict[Key, Figures] = {}
        damaged, end = 0, 0
        if not self.path.exists():
            return found
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                if (entry := _entry(line)) is None:
                    damaged += 1
                elif entry[0] in wanted:
                    found[entry[0]] = entry[1]
        if end < self.path.stat().st_size:
            with self.path.open("r+b") as file:
                file.truncate(end)
        if damaged:
            _log.warning("%s: %d damaged lines; simulating what they held again", self.path, damaged)
        return found

    def write(self, found: Mapping[Key, Figures]) -> None:
        """Append some replicates."""
        with self.path.open("ab") as file:
            file.write(b"".join(_line(key, figures) for key, figures in found.items()))

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raises `SearchInterrupted` at Ctrl-C, and says what is kept too where a point cannot be simulated."""
        try:
            yield
        except KeyboardInterrupt as interrupt:
            raise SearchInterrupted(self._lines(), self.path.parent) from interrupt
        except ScenarioError as error:
            *others, last = error.faults
            if not (lines := self._lines()):
                raise
            kept = f"{lines:,} replicates of other points are kept in {self.path.parent}: the same --out uses them"
            raise ScenarioError([*others, replace(last, problem=f"{last.problem}; {kept}")]) from None

    def _lines(self) -> int:
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0

    def put_in_order(self) -> None:
        """Sort the lines by what they are about, damaged ones left out: workers finish in no order, and a study that
        was interrupted should end with the same bytes as one that was not."""
        if not self.path.exists():
            return
        places, size = dict[Key, tuple[int, int]](), 0
        with self.path.open("rb") as file:
            for line in file:
                if (entry := _entry(line)) is not None:
                    places[entry[0]] = size, len(line)
                size += len(line)
            sorted_places = [places[key] for key in sorted(places)]
            if sorted_places == sorted(places.values()) and sum(length for _, length in sorted_places) == size:
                return
            with whole_bytes(self.path) as ordered:
                for start, length in sorted_places:
                    file.seek(start)
                    ordered.write(file.read(length))


def _line(key: Key, figures: Figures) -> bytes:
    content = {
        "key": list(key),
        "metrics": {name: _number(value) for name, value in zip(METRICS, figures.metrics.tolist(), strict=True)},
        "controls": [figures.control_names, figures.controls.tolist(), figures.expected.tolist()],
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    return b"%08x %b\n" % (crc32(text), text)


def _entry(line: bytes) -> tuple[Key, Figures] | None:
    """What a line holds; none where it is damaged, or was written when the metrics were others."""
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if check != b"%08x" % crc32(text):
        return None
    content: dict[str, Any] = json.loads(text)
    if list(content["metrics"]) != list(METRICS):
        return None
    scenario, strategy, replicate = content["key"]
    names, values, expected = content["controls"]
    metrics = np.array(
        [np.nan if value is None else float(value) for value in content["metrics"].values()], dtype=float
    )
    figures = Figures(Task(strategy, replicate), metrics, tuple(names), np.array(values), np.array(expected))
    return Key(scenario, strategy, replicate), figures


def _number(value: float) -> float | str | None:
    """NaN as none; what is infinite as Python reads it back."""
    return None if np.isnan(value) else value if np.isfinite(value) else repr(value)
