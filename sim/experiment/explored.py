"""What a folder of ours may hold beside a study: a sweep, a sensitivity analysis or a search, and how that is shown."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import InputError

FILES = {"sweep": "sweep.json", "sensitivity": "sensitivity.json", "optimise": "optimum.json"}
"""The file that each of these commands writes last, by command."""
PICTURES = {
    "sweep": ("lines", "heat_map", "regime_map", "points"),
    "sensitivity": ("tornado", "indices", "screening", "information"),
    "optimise": ("pareto",),
}
"""What the command line draws of each."""
JOURNAL = "replicates.jsonl"
"""Their finished replicates."""
_NAMES = {"sweep": "a sweep", "sensitivity": "a sensitivity analysis", "optimise": "a search of `optimise`"}


def pictures(command: str | None = None) -> list[str]:
    """The files of the pictures of a command, of all of them where none is named."""
    return [f"{name}.png" for one, names in PICTURES.items() if command in (None, one) for name in names]


class NotAStudy(InputError):
    """A folder of ours that is not one of a run or comparison."""


def other_result(path: Path, made_by: Mapping[str, Any]) -> NotAStudy | None:
    """What a folder without a study holds, and which command shows it; none: nothing else either."""
    command = [str(word) for word in made_by.get("command") or ()]
    last = command[1] if len(command) > 1 and command[1] in FILES else None
    finished = [name for name, file in FILES.items() if (path / file).exists()]
    name = finished[0] if finished and last not in finished else last
    again = f": {shlex.join(command)}" if name and name == last else ""
    if name in finished and name is not None:
        files = [FILES[name], *(picture for picture in pictures(name) if (path / picture).exists())]
        return NotAStudy(
            f"{path}: holds {_NAMES[name]} ({', '.join(files)}), and no run or comparison; the same command prints and "
            f"draws it again, and simulates nothing that is there{again}"
        )
    if name is None and not (path / JOURNAL).exists():
        return None
    what = _NAMES[name] if name else "a sweep, a sensitivity analysis or a search"
    return NotAStudy(f"{path}: holds {what} that has not finished; the command that began it resumes{again}")
