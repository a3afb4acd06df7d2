"""The same study on a Dask cluster: workers on other machines, which share no file system with this one.

A job goes to the scheduler once, and from there or from another worker to each worker that works on it, whenever that
joins; a job or result that is lost with a worker is made again.  Workers are given built-in functions only and text to
evaluate: a worker that cannot import the function of a task would end (distributed 2026.8).
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sim.errors import InputError
from sim.experiment.executor import AtWork, Kept, RemoteExecutor, Work
from sim.experiment.parcel import packed, unpacked
from sim.experiment.record import Task

if TYPE_CHECKING:
    from distributed import Client

_log = logging.getLogger(__name__)

EXTRA = "pip install distributed"
CONNECT_SECONDS = 10.0
"""How long a scheduler may take to answer."""
_LOOK_SECONDS = 1.0  # how old the number of workers may be
_WORK = "__import__('sim.experiment.parcel', fromlist=['work']).work(parcel, chunk)"
_KEPT = "finished replicates in an output folder are kept, and the same command resumes"


@contextmanager
def on_cluster(where: str | Client, *, timeout: float = CONNECT_SECONDS) -> Iterator[ClusterExecutor]:
    """An executor of `run` and `compare` on a Dask cluster, until the block ends.

    `where`: the address of its scheduler, such as `tcp://10.0.0.1:8786`, or a `distributed.Client`, which is left open.
    `timeout`: seconds within which a scheduler must answer.  Raises `InputError` where there is none.
    """
    try:
        import dask
        import distributed
    except ImportError as error:
        raise InputError(f"a cluster needs Dask's package distributed, which is not installed: {EXTRA}") from error
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "10GB"}), _quiet():
        if not isinstance(where, str):
            yield ClusterExecutor(where)
            return
        _reach(where, timeout)
        try:
            client = distributed.Client(where, timeout=timeout, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{where}: no Dask scheduler: {error}") from error
        with client:
            yield ClusterExecutor(client)


class ClusterExecutor(RemoteExecutor):
    """The workers of a Dask cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._jobs: dict[str, Any] = {}  # Dask's futures of what was shipped: it is kept for as long as we hold them
        self._places, self._looked = 0, 0.0
        if not self.places():
            _log.warning("%s: has no workers yet; waiting for them", client.scheduler.address)

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a worker call a function, as `concurrent.futures` says."""
        submitted: Future[Any] = self._executor.submit(function, *arguments, **named)
        return submitted

    def sharing(self, job: Work[Kept], strategies: Sequence[str]) -> Callable[[list[Task]], AtWork[Kept]]:
        parcel = packed(job, strategies)
        name = f"orbitfleet-{hashlib.sha256(parcel).hexdigest()}"
        if name not in self._jobs:
            self._jobs = {name: self._client.submit(bytes, parcel, key=name)}
        return lambda chunk: self._submit(chunk, self._jobs[name])

    def _submit(self, chunk: list[Task], parcel: Any) -> AtWork[Kept]:
        """Have a worker do some tasks; what it keeps is unpacked, and errors are said in our words."""
        inner = self._executor.submit(eval, _WORK, {"parcel": parcel, "chunk": pickle.dumps(chunk)})
        outer: AtWork[Kept] = Future()

        def finish(inner: Future[tuple[float, bytes]]) -> None:
            if not outer.set_running_or_notify_cancel():
                return
            try:
                seconds, kept = inner.result()
                outer.set_result((seconds, unpacked(kept)))
            except (Exception, CancelledError) as error:
                outer.set_exception(_said(error))

        outer.add_done_callback(lambda _: inner.cancel())
        inner.add_done_callback(finish)
        return outer

    def places(self) -> int:
        if time.monotonic() > self._looked + _LOOK_SECONDS:
            try:
                self._places = sum(self._client.nthreads().values())
            except OSError as error:
                raise _said(CancelledError()) from error
            self._looked = time.monotonic()
        return self._places


def _said(error: BaseException) -> BaseException:
    """What befell the cluster, in our words; an error of the model as it is."""
    kind = type(error).__name__
    if isinstance(error, CancelledError) or kind == "CommClosedError":
        said = InputError(f"the connection to the cluster's scheduler is lost; {_KEPT}")
    elif kind == "KilledWorker":
        said = InputError(
            "workers of the cluster died again and again over the same replicates, perhaps for want of memory, or were "
            f"ended by a strategy's own code; {_KEPT}"
        )
    elif isinstance(error, ImportError):
        said = InputError(f"a worker of the cluster lacks orbitfleet, or has another version of it: {error}")
    else:
        return error
    said.__cause__ = error
    return said


def _reach(address: str, timeout: float) -> None:
    """Speak to a scheduler, which a `Client` that fails would do with much noise.  Raises `InputError`."""
    import asyncio

    from distributed.comm import connect
    from distributed.security import Security

    async def speak() -> None:
        comm = await connect(address, timeout=timeout, **Security().get_connection_args("client"))
        await comm.close()

    async def speak_in_time() -> None:
        await asyncio.wait_for(speak(), timeout)  # Dask itself waits for the first words of the other side for ever

    try:
        with ThreadPoolExecutor(1) as apart:  # a notebook's own thread has a loop that runs
            apart.submit(lambda: asyncio.run(speak_in_time())).result()
    except ValueError as error:
        raise InputError(f"{address}: not an address, such as tcp://10.0.0.1:8786: {error}") from error
    except (OSError, RuntimeError, TypeError) as error:
        why = f": {error}" if str(error) else ""
        raise InputError(f"{address}: no Dask scheduler answers within {timeout:g} s{why}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs in this process off the screen: what matters of it we say ourselves."""
    names = ("distributed", "distributed.client")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
