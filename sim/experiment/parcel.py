"""What a worker on another machine is given of a job, and how it works on it.

The outer layer holds plain Python only: a worker without this program, or with another version of it, can read enough
to say so.  A module of the user's own that stands alone is shipped with its source.
"""

from __future__ import annotations

import io
import pickle
import socket
import sys
import sysconfig
import threading
import types
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.experiment.executor import Work, work_on
from sim.experiment.provenance import PROGRAM, machine, program
from sim.experiment.record import Task

_SOURCE = "__orbitfleet_source__"  # in a module that was shipped: what it was made from
_lock = threading.RLock()  # a worker may have several threads, which share the modules
_contents: dict[bytes, dict[str, Any]] = {}  # of the last parcel; the same bytes come with each chunk
_jobs: dict[bytes, Work[Any]] = {}  # the job in it


def packed(job: Work[Any], strategies: Iterable[str]) -> bytes:
    """A job as bytes, with the code of these strategies where it is the user's own.

    Raises `InputError` for code that another machine cannot get.
    """
    stream = io.BytesIO()
    pickler = _Pickler(stream)
    try:
        pickler.dump(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(f"the job cannot be sent to workers on other machines: {error}") from error
    named = {type(job.scenario.strategy_named(name)).__module__ for name in strategies}
    own = {name: _source(name) for name in sorted(pickler.modules | named) if _is_own(name)}
    return pickle.dumps({"made_by": made_by(), "modules": own, "job": stream.getvalue()})


def made_by() -> dict[str, str]:
    """What must be the same here and on a worker, as in `sim.experiment.provenance.conflict`."""
    here = program()
    return {
        "numpy": machine()["packages"]["numpy"],
        PROGRAM: here["version"],
        f"the code of {PROGRAM}": here["code_sha256"][:8],
    }


def work(parcel: bytes, chunk: bytes) -> tuple[float, bytes]:
    """(seconds, what is kept, packed) of some tasks, in a worker.  Raises `InputError` where it cannot do them."""
    content = _content(parcel)
    here, there = made_by(), content["made_by"]
    differ = [f"{name} {here[name]} instead of {value}" for name, value in there.items() if here.get(name) != value]
    if differ:
        raise InputError(
            f"the worker on {socket.gethostname()} has {', '.join(differ)}: install the same on all machines, and "
            "start the workers again"
        )
    tasks: list[Task] = pickle.loads(chunk)
    with _provided(content["modules"]):
        seconds, kept = work_on(_job(parcel), tasks)
    return seconds, zlib.compress(pickle.dumps(kept), 1)


def unpacked(kept: bytes) -> list[Any]:
    """What `work` has packed."""
    found: list[Any] = pickle.loads(zlib.decompress(kept))
    return found


class _Pickler(pickle.Pickler):
    """Notes the modules of all classes and functions that it writes by name."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.modules: set[str] = set()

    def reducer_override(self, what: Any) -> Any:
        """Leave all as it is."""
        if isinstance(what, (type, types.FunctionType)):
            self.modules.add(what.__module__)
        return NotImplemented


def _is_own(name: str) -> bool:
    """Whether a module is neither of this program nor installed nor Python's own."""
    if name == "__main__":
        return True
    first = name.partition(".")[0]
    file = getattr(sys.modules.get(name), "__file__", None)
    if first == "sim" or first in sys.stdlib_module_names or file is None:
        return False
    paths = sysconfig.get_paths()
    return not any(Path(file).is_relative_to(paths[place]) for place in ("purelib", "platlib", "stdlib"))


def _source(name: str) -> str:
    """The source of a module of the user's own."""
    if name == "__main__":
        raise InputError(
            "a strategy that is defined in a script or notebook cannot be sent to workers on other machines: put its "
            "class into a file of its own, and name it module:Class"
        )
    file = sys.modules[name].__file__
    assert file is not None, "a module of the user's own is one with a file"
    return Path(file).read_text(encoding="utf-8")


def _content(parcel: bytes) -> dict[str, Any]:
    """What is in a parcel, unpacked once in a process."""
    with _lock:
        if parcel not in _contents:
            _jobs.clear()
            _contents.clear()
            _contents[parcel] = pickle.loads(parcel)
        return _contents[parcel]


def _job(parcel: bytes) -> Work[Any]:
    """The job in a parcel, unpacked once in a process, after the modules of the user's own are there."""
    with _lock:
        if parcel not in _jobs:
            _jobs[parcel] = pickle.loads(_content(parcel)["job"])
        return _jobs[parcel]


@contextmanager
def _provided(modules: Mapping[str, str]) -> Iterator[None]:
    """Have modules of the user's own, as they are at the user's; nobody else may change them meanwhile."""
    if not modules:
        yield
        return
    with _lock:
        for name, source in modules.items():
            try:
                _provide(name, source)
            except InputError:
                raise
            except Exception as error:  # a module of the user's may do anything when it is imported
                raise InputError(
                    f"{name} cannot be loaded by the worker on {socket.gethostname()}: {type(error).__name__}: "
                    f"{error}: what it imports must be installed there"
                ) from error
        yield


def _provide(name: str, source: str) -> None:
    """Have one module, as it is at the user's: one that is installed, or made from the source."""
    there = sys.modules.get(name)
    if there is not None and getattr(there, _SOURCE, None) == source:
        return
    spec = None if hasattr(there, _SOURCE) else find_spec(name)
    if spec is not None and spec.origin is not None and _reads(spec.origin) == source:
        import_module(name)
        return
    if "." in name:
        raise InputError(
            f"{name} is not on the worker on {socket.gethostname()}, or not the same: install the package there, or "
            "put the class into a file that stands alone"
        )
    made = types.ModuleType(name)
    setattr(made, _SOURCE, source)
    sys.modules[name] = made
    _jobs.clear()  # they have an older module's classes
    try:
        exec(compile(source, f"{name}.py", "exec"), made.__dict__)
    except BaseException:
        del sys.modules[name]
        raise


def _reads(file: str) -> str | None:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
