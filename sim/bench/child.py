"""The process in which one item is measured: an item on stdin, what it took as JSON on stdout."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from sim.bench.items import Item, Measured
from sim.errors import InputError

_ROOT = Path(__file__).parents[2]
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What keeps linear algebra to the one core that a limit speaks of."""


def measured(name: str, item: Item) -> Measured:
    """Measure an item in a process of its own.  Raises `InputError` when that dies."""
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    ended = subprocess.run(
        [sys.executable, "-c", "from sim.bench.child import main; main()"],
        input=pickle.dumps(item),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", **dict.fromkeys(_ONE_THREAD, "1")},
    )
    if ended.returncode:
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"{name}: its process ended with {ended.returncode}: {last[0] if last else 'killed'}")
    return Measured(**json.loads(ended.stdout))


def main() -> None:
    """Measure the item on stdin."""
    item = pickle.load(sys.stdin.buffer)
    print(json.dumps(asdict(item.measure())))
