"""The output folder of a study: ours alone, written atomically, and resumed where it stopped.

provenance.json   what made it; written first, it marks the folder as ours
scenario.yaml     the resolved scenario
replicates/       finished replicates, until all that were asked for are there
study.nc          all replicates, then
draws/, beliefs.nc  the same of replicates under draws of beliefs, where any were asked for
summary.json      the output of the last command, of which the pictures are, and the page

A sweep, a sensitivity analysis or a search has its own files instead: `sim.experiment.explored`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sim.errors import InputError
from sim.experiment import draw_file, explored, study_file
from sim.experiment import record as record_file
from sim.experiment.provenance import PROGRAM, conflict
from sim.experiment.record import FOLDER, Figures, Record, Task
from sim.experiment.selection import Goal
from sim.experiment.stopping import Counts
from sim.files import TEMPORARY, write_text, writing
from sim.scenario.load import resolved_yaml, sha256_of
from sim.scenario.models import Scenario

_log = logging.getLogger(__name__)

LOCK = f"{TEMPORARY}lock"
"""There while a run is at work; a run that was killed leaves it, and the next one takes it."""
PROVENANCE, SCENARIO, SUMMARY = "provenance.json", "scenario.yaml", "summary.json"
REPORT = "report.html"
"""The page that the command line writes of a study."""
RESULTS = Path("results")
"""Where folders lie that nobody named."""
PICTURES = (
    "availability.png",
    "timeline.png",
    "differences.png",
    "net_cost.png",
    "losses.png",
    "satellite.png",
    "waterfall.png",
    "cost.png",
)
"""What the command line draws of a study."""


def default_folder(scenario: Scenario, seed: int) -> Path:
    """The output folder of a study that names none."""
    return RESULTS / f"{scenario.name}-{sha256_of(scenario)[:8]}-{seed}"


class StudyFolder:
    """A folder that this process has locked and may write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def study(self) -> Path:
        """The study's file."""
        return self.path / study_file.NAME

    def figures(self) -> dict[Task, Figures]:
        """The figures of all finished replicates.  Damaged files are dropped: what they held is simulated again."""
        found: dict[Task, Figures] = {}
        if self.study.exists():
            try:
                with study_file.Reader(self.study) as reader:
                    found = {task: reader.figures(task) for task in reader.contents.tasks}
            except InputError as error:
                why = str(error).removesuffix("; remove it and run the same command again")
                _log.warning("%s; simulating its replicates again", why)
                self.study.unlink()
        for path in self._replicates():
            if (record := record_file.read(path)) is None:
                _log.warning("%s: damaged; simulating it again", path)
                path.unlink()
            else:
                found[record.figures.task] = record.figures
        return found

    def complete(self, scenario: Scenario, strategies: Sequence[str], provenance: Mapping[str, Any]) -> None:
        """Gather all finished replicates in the study's file, beside those it holds; new strategies in this order."""
        loose = {record.figures.task: path for path in self._replicates() if (record := record_file.read(path))}
        if not loose:
            self._remove_replicates()
            return
        attributes = {
            "source": f"{PROGRAM} {provenance['version']}",
            "scenario_sha256": provenance["scenario_sha256"],
            "seed": str(provenance["seed"]),
        }
        reader = study_file.Reader(self.study) if self.study.exists() else None
        try:
            kept = [task for task in reader.contents.tasks if task not in loose] if reader else []
            before = reader.contents.strategies if reader else ()
            order = list(dict.fromkeys([*before, *strategies, *sorted(task.strategy for task in loose)]))

            def fetch(task: Task) -> Record:
                if task not in loose:
                    assert reader is not None
                    return reader.record(task)
                found = record_file.read(loose[task])
                if found is None:
                    raise InputError(f"{loose[task]}: has changed while it was being read; run the same command again")
                return found

            study_file.write(self.study, scenario, attributes, order, [*kept, *loose], fetch)
        finally:
            if reader:
                reader.close()
        self._remove_replicates()

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write the output of a command; the pictures and the page of the one before go."""
        self._remove_pictures()
        self.write_json(SUMMARY, summary)

    def write_explored(self, command: str, found: Mapping[str, Any], table: str | None = None) -> None:
        """Write what a sweep, an analysis or a search found, and its table; the pictures of the one before go."""
        for name in explored.pictures(command):
            (self.path / name).unlink(missing_ok=True)
        if table is not None:
            write_text(self.path / f"{command}.csv", table)
        self.write_json(explored.FILES[command], found)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file, whole or not at all."""
        write_text(self.path / name, json.dumps(value, indent=2, allow_nan=False) + "\n")

    def clear(self) -> None:
        """Delete what we wrote, but for the marker; anything else stays."""
        self._remove_pictures()
        for name in (study_file.NAME, SUMMARY, SCENARIO):
            (self.path / name).unlink(missing_ok=True)
        self._remove_replicates()
        draw_file.remove(self.path, file_too=True)

    def tidy(self) -> None:
        """Delete what runs that were killed left half written.  Only under the lock: a live run writes such files."""
        for folder in (self.path, self.path / FOLDER, self.path / draw_file.DRAWS):
            for path in folder.glob(f"{TEMPORARY}*"):
                if path.name != LOCK:
                    path.unlink(missing_ok=True)
        for name in (*PICTURES, *explored.pictures()):
            for path in self.path.glob(f".{name}.*"):  # see `sim.plots.save`
                path.unlink(missing_ok=True)

    def _remove_pictures(self) -> None:
        for name in (*PICTURES, REPORT):
            (self.path / name).unlink(missing_ok=True)

    def holds_results(self) -> bool:
        """Whether a replicate has been finished here: a run that failed before leaves nothing to lose."""
        return bool(self._replicates()) or (self.path / study_file.NAME).exists() or (self.path / SUMMARY).exists()

    def _replicates(self) -> list[Path]:
        return sorted((self.path / FOLDER).glob("*.npz"))

    def _remove_replicates(self) -> None:
        folder = self.path / FOLDER
        for path in [*self._replicates(), *folder.glob(f"{TEMPORARY}*")]:
            path.unlink(missing_ok=True)
        self.remove_empty()

    def remove_empty(self) -> None:
        """Delete the folder of replicates where nothing is in it."""
        folder = self.path / FOLDER
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def open_folder(
    path: Path, scenario: Scenario, provenance: Mapping[str, Any], *, force: bool = False
) -> Iterator[StudyFolder]:
    """The folder of a study, made or resumed, and locked until the block ends.

    Raises `InputError` for a folder that is not ours, whatever `force` says; for one that holds another study, or what
    other code computed, unless `force` starts afresh in it; for one in which another run is at work; and for one that
    cannot be written, at any time inside the block.
    """
    with writing(path):
        _refuse_foreign(path)
        path.mkdir(parents=True, exist_ok=True)
        with locked(path) as sure:
            before = _refuse_foreign(path)
            folder = StudyFolder(path)
            if sure:
                folder.tidy()
            if before is not None and (reason := conflict(before, provenance)):
                if not force and folder.holds_results():
                    raise InputError(f"{path}: {reason}: choose another --out, or --force to simulate it anew")
                folder.clear()
                before = None
            code = {**((before or {}).get("own_strategies") or {}), **provenance["own_strategies"]}
            folder.write_json(PROVENANCE, {**provenance, "own_strategies": code})
            write_text(path / SCENARIO, resolved_yaml(scenario))
            (path / FOLDER).mkdir(exist_ok=True)
            try:
                yield folder
            finally:
                folder.remove_empty()


def newest_folder(parent: Path = RESULTS) -> Path | None:
    """The folder in which a command has finished last; none: there is none."""
    try:
        finished = {path.parent: path.stat().st_mtime_ns for path in parent.glob(f"*/{SUMMARY}")}
    except OSError:
        return None
    return max(finished, key=lambda path: (finished[path], path.name), default=None)


def read_provenance(path: Path) -> dict[str, Any] | None:
    """What made the study in a folder; none where the folder does not say that it is ours."""
    try:
        found = json.loads((path / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else None


def last_summary(path: Path) -> dict[str, Any]:
    """The output of the command that finished last in a folder; empty where there is none."""
    try:
        found = json.loads((path / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def last_request(path: Path, contents: study_file.Contents) -> tuple[Counts, tuple[Goal, int] | None]:
    """Replicates of each strategy, and the selection, of the command that wrote the summary.

    All that is complete where there is none.
    """
    try:
        summary = json.loads((path / SUMMARY).read_text(encoding="utf-8"))
        strategies = list(summary["strategies"]) if "strategies" in summary else [summary["strategy"]]
        counts, asked = dict.fromkeys(strategies, int(summary["replicates"])), None
        if chosen := summary.get("selection"):
            relative = chosen["relative_indifference"]
            size = chosen["indifference"] if relative is None else relative
            goal = Goal(chosen["metric"], float(size), relative is not None, float(chosen["confidence"]))
            counts, asked = {s: int(chosen["replicates"][s]) for s in strategies}, (goal, int(chosen["first_stage"]))
        if all(n > 0 and contents.finished[contents.strategies.index(s), :n].all() for s, n in counts.items()):
            most = contents.finished.shape[1]
            return {s: min(n, most) for s, n in counts.items()}, asked
    except (OSError, ValueError, LookupError, TypeError):
        pass
    complete = int(contents.finished.all(axis=0).cumprod().sum())
    return dict.fromkeys(contents.strategies, complete), None


def _refuse_foreign(path: Path) -> dict[str, Any] | None:
    """The provenance of a folder of ours, none for a new or empty one.  Raises `InputError` for any other."""
    if not path.exists():
        return None
    if not path.is_dir():
        raise InputError(f"{path}: is a file, not an output folder")
    if all(entry.name.startswith(TEMPORARY) for entry in path.iterdir()):
        return None  # empty, but for what a run left that was ended in its first milliseconds
    found = read_provenance(path)
    if found is None:
        state = "damaged" if (path / PROVENANCE).exists() else "missing"
        raise InputError(
            f"{path}: not an output folder of {PROGRAM} ({PROVENANCE} {state}), so nothing in it is touched: "
            "choose another --out"
        )
    return found


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Keep other runs out of a folder, and say whether that was possible; the lock ends with this process."""
    lock = FileLock(path / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(f"{path}: another run is at work in this folder; wait for it, or choose --out") from None
    except (OSError, NotImplementedError):  # files are replaced atomically: two runs at most do the work twice
        _log.info("%s: this file system has no locks", path)
        yield False
        return
    try:
        yield True
    finally:
        if os.name == "posix":  # elsewhere the lock deletes its own file
            (path / LOCK).unlink(missing_ok=True)
        lock.release()
