"""How far a command is, on stderr: a bar on a terminal, a line now and then in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

EVERY_SECONDS = 30.0
"""Least time between two lines."""

Progress = Callable[[int, int], None]
"""Called with (replicates done, replicates in all), first with those that were there already."""


@contextmanager
def progress(as_json: bool) -> Iterator[Progress]:
    """Show progress on stderr; what a strategy prints meanwhile goes there too."""
    with redirect_stdout(sys.stderr):
        if as_json or not sys.stderr.isatty():
            yield progress_lines(lambda line: print(line, file=sys.stderr, flush=True))
        else:
            with _bar() as update:
                yield update


def progress_lines(write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Progress:
    """Writes a line when replicates end and the last line is half a minute old, and none of a study that is over.

    The time left is that of the replicates done here: those found in the output folder took none.
    """
    begun: tuple[float, int] | None = None
    last = 0.0

    def update(done: int, total: int) -> None:
        nonlocal begun, last
        now = clock()
        if begun is None:
            begun, last = (now, done), now
        start, there = begun
        if now - last < EVERY_SECONDS or done >= total or done <= there:
            return
        last = now
        left = (now - start) / (done - there) * (total - done)
        write(f"orbitfleet: {done:,} of {total:,} replicates, about {time_left(left)} left")

    return update


def time_left(seconds: float) -> str:
    """A time as long as one would say it: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 95:
        return f"{max(10, 10 * round(seconds / 10))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TextColumn("runs"), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
