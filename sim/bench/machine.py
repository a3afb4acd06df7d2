"""What a measurement ran on: the processor and the versions that decide the speed.  No names of hosts or users."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = ("numpy", "scipy", "simpy", "orbitfleet")


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, system, and versions."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_mb() -> float:
    """Most memory that this process has held, MB.

    Linux hands the peak that `getrusage` tells on from a parent to what it starts; `VmHWM` is the process's own.
    """
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)):
        return int(found[1]) / 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024**2 if sys.platform == "darwin" else most / 1024


def file_name(found: dict[str, Any]) -> str:
    """Name of the file of results of a machine: that of its processor."""
    return f"results-{re.sub(r'[^a-z0-9]+', '-', str(found['cpu']).lower()).strip('-')}.json"


def _cpu() -> str:
    """Name of the processor."""
    listed = Path("/proc/cpuinfo")
    if listed.exists() and (found := re.search(r"^model name\s*:\s*(.+)$", listed.read_text(), re.MULTILINE)):
        return found[1].strip()
    return platform.processor() or platform.machine()
