"""Simulates replicates one after another or on many processes: the same results, in whatever order they finish.

Any `concurrent.futures.Executor` serves.  The default is a pool of processes that a clean server process forks: it has
imported the engine once, so a worker starts in milliseconds, and no thread or lock of the caller is copied.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import types
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, forkserver, resource_tracker
from typing import Any, Generic, Protocol, TypeVar

from sim import engine
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment.record import Task
from sim.result import Result
from sim.scenario.models import Scenario

Kept = TypeVar("Kept")
Done = TypeVar("Done", covariant=True)

_CHUNK_SECONDS = 0.25  # work handed out at a time: long against the 1 ms of handing out, short for a progress bar
_REQUESTS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_WORTH_WORKERS_SECONDS = 1.5  # starting workers takes about a second


class Work(Protocol[Done]):
    """What workers do task by task; pickled once for each of them."""

    @property
    def scenario(self) -> Scenario:
        """Whose strategies the workers must be able to import."""

    def do(self, task: Task) -> Done:
        """What is kept of one task."""


@dataclass(frozen=True)
class Job(Generic[Kept]):
    """What all tasks of a study share."""

    scenario: Scenario
    environment: Environment
    seed: int
    keep: Callable[[Result], Kept]
    """What to make of each result where it is simulated; must be picklable."""

    def do(self, task: Task) -> Kept:
        """Simulate one replicate."""
        result = engine.simulate(self.scenario, self.environment, task.strategy, self.seed, task.replicate)
        return self.keep(result)


AtWork = Future[tuple[float, list[Kept]]]
"""(seconds, what is kept) of some tasks that are at work."""


class RemoteExecutor(Executor):
    """An executor on machines that come and go, to each of which a job is shipped once."""

    @abstractmethod
    def sharing(self, job: Work[Kept], strategies: Sequence[str]) -> Callable[[list[Task]], AtWork[Kept]]:
        """What submits tasks of a job under these strategies.  Errors of the machines are `InputError`s of futures."""

    @abstractmethod
    def places(self) -> int:
        """Tasks that can be at work at the same time, as of now."""


def perform(
    job: Work[Kept], tasks: Sequence[Task], workers: int | None = None, executor: Executor | None = None
) -> Generator[list[Kept], None, None]:
    """What is kept of each task, a few at a time, as they finish.

    `workers`: processes; 1 works in this one; none: one a core where that saves time.  `executor`: another executor to
    use instead, of `workers` workers; a `RemoteExecutor` knows how many it has.  Closing the iterator, or Ctrl-C, ends
    running workers at once: what `job.keep` must not leave half done, it does atomically.  Raises `InputError` when a
    worker process dies.
    """
    queue = deque(tasks)
    if executor is not None and queue:
        yield from _elsewhere(job, queue, workers or 8, executor)
        return
    if workers is None and queue:
        start = time.perf_counter()
        yield [job.do(queue.popleft())]
        saved = len(queue) * (time.perf_counter() - start)
        workers = _cores() if saved > _WORTH_WORKERS_SECONDS else 1
    workers = min(workers or 1, len(queue))
    if workers <= 1 or _lives_in_main(job.scenario):
        while queue:
            yield [job.do(queue.popleft())]
        return
    with _pool(workers, pickle.dumps(job)) as submit:
        yield from _spread(queue, lambda: workers, submit, set())


def _elsewhere(
    job: Work[Kept], queue: deque[Task], workers: int, executor: Executor
) -> Generator[list[Kept], None, None]:
    """Perform tasks on an executor that is not ours."""
    pending: set[AtWork[Kept]] = set()
    try:
        if isinstance(executor, RemoteExecutor):
            submit: Callable[[list[Task]], AtWork[Kept]]
            submit = executor.sharing(job, list(dict.fromkeys(task.strategy for task in queue)))
            yield from _spread(queue, executor.places, submit, pending)
        else:
            blob = pickle.dumps(job)
            yield from _spread(queue, lambda: workers, lambda chunk: executor.submit(_work_on, blob, chunk), pending)
    finally:
        for future in pending:
            future.cancel()


def _spread(
    queue: deque[Task],
    places: Callable[[], int],
    submit: Callable[[list[Task]], AtWork[Kept]],
    pending: set[AtWork[Kept]],
) -> Generator[list[Kept], None, None]:
    """Keep every worker busy with one chunk and another waiting; chunks grow until they last `_CHUNK_SECONDS`.

    `places`: how many workers there are, now.  `pending`: empty; holds what has been submitted and is not finished.
    """
    size = 1
    try:
        while queue or pending:
            workers = max(1, places())
            while queue and len(pending) < 2 * workers:
                size = min(size, max(1, len(queue) // (2 * workers)))  # the last chunks are short: workers end together
                pending.add(submit([queue.popleft() for _ in range(size)]))
            done = wait(pending, return_when=FIRST_COMPLETED).done
            pending -= done
            for future in sorted(done, key=_failed):  # what is finished comes first, and is kept
                seconds, kept = future.result()
                size = max(1, int(_CHUNK_SECONDS * len(kept) / max(seconds, 1e-6)))
                yield kept
    except BrokenExecutor as error:
        raise InputError(
            "a worker process died: killed, ended by a strategy's own code, or, as one possible cause, for want of "
            "memory, where fewer with --workers help; finished replicates in an output folder are kept, and the same "
            "command resumes"
        ) from error


def _failed(future: Future[Any]) -> bool:
    return future.cancelled() or future.exception() is not None


@contextmanager
def _pool(workers: int, blob: bytes) -> Iterator[Callable[[list[Task]], Future[tuple[float, list[Any]]]]]:
    """A pool of processes that know the pickled job; leaving it early ends them at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    _await_forkserver()
    # The workers watch this pipe: closing our end is how they learn that nobody wants their results any more.
    watched, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(blob, watched))

    def submit(chunk: list[Task]) -> Future[tuple[float, list[Any]]]:
        with _without_main(), _undisturbed():
            return pool.submit(_work, chunk)

    try:
        yield submit
        pool.shutdown()
    except BaseException:
        held.close()
        # Waits some milliseconds for the workers' end: one that still starts needs locks that go with the pool.
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        held.close()
        watched.close()


class _Leave:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[Callable[[int], Any], tuple[int]]:
        return os._exit, (0,)


def _await_forkserver() -> None:
    """Have a server that has imported the engine and that no request to end reaches: only the parent answers it.

    Ctrl-C, a terminal that closes and most batch systems send theirs to all processes; a worker that heeded it would
    look like one that died.  Workers end with their parent (`_end_with_parent`).

    The import takes about a second.  A pool would spend it in the start of its first worker, where an interrupt leaves
    a worker behind that finds its locks gone; so the first process asked for is one that ends at once.
    """
    with _undisturbed(), _without_this_folder():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)  # the tracker, the server and workers inherit this
        resource_tracker.ensure_running()  # it unblocks two of them again
        signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)
        try:
            status, order = forkserver.connect_to_new_process([])
        except (OSError, EOFError) as error:
            raise InputError(
                f"workers cannot be started: {error}: --workers 1 (in Python workers=1) needs none"
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with open(order, "wb") as file:
            file.write(pickle.dumps(_Leave()))
    try:
        connection.wait([status])
    finally:
        os.close(status)


@contextmanager
def _without_this_folder() -> Iterator[None]:
    """Keep the folder one works in from the path of Pythons that start: they would take a numpy.py there for NumPy.

    Multiprocessing starts them by `python -c`, which puts that folder first.  Workers get the path of their parent.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back until the block ends.

    A signal mask alone does not: another thread may take the signal, and Python answers it in the main thread still.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module while a worker starts.

    Workers would import it to find what it defines.  They need nothing of it (see `_lives_in_main`), and a script that
    calls `sim.compare` at its top level would start itself again in every worker.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _lives_in_main(scenario: Scenario) -> bool:
    """Whether a strategy's class is defined in a script or notebook: no other process could import it."""
    return any(type(strategy).__module__ == "__main__" for strategy in scenario.strategies.values())


_job: Work[Any] | None = None  # in a worker: what it works on
_known: tuple[bytes, Work[Any]] | None = None  # a job and its pickled form, where each call brings that along


def _begin(blob: bytes, watched: connection.Connection) -> None:
    """Make a new process a worker."""
    global _job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    _job = pickle.loads(blob)


def _end_with_parent(watched: connection.Connection) -> None:
    """End this worker when its parent has died or has closed the pipe: idle or in the middle of a replicate."""
    parent = multiprocessing.parent_process()
    connection.wait([watched, *([parent.sentinel] if parent else [])])
    os._exit(1)


def work_on(job: Work[Kept], chunk: list[Task]) -> tuple[float, list[Kept]]:
    """(seconds, what is kept) of some tasks."""
    start = time.perf_counter()
    kept = [job.do(task) for task in chunk]
    return time.perf_counter() - start, kept


def _work(chunk: list[Task]) -> tuple[float, list[Any]]:
    """The same, in a worker."""
    assert _job is not None, "a worker begins with `_begin`"
    return work_on(_job, chunk)


def _work_on(blob: bytes, chunk: list[Task]) -> tuple[float, list[Any]]:
    """The same, in an executor whose workers know nothing of the job yet; several of its threads may be here."""
    global _known
    known = _known
    if known is None or known[0] != blob:
        _known = known = blob, pickle.loads(blob)
    return work_on(known[1], chunk)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
