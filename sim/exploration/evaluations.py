"""What replicates say of designs: simulated once, and kept in a folder from which a search that was ended resumes.

A file holds what was found of one design on some replicates, or why it cannot be.  Its name is the digest of all that
this depends on: scenario, settings, strategy, seed, replicates, the code and NumPy.  So a file is read by the same
question alone, and a search begun again, which asks the same questions, simulates only those without an answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.experiment.comparison import simulate_many
from sim.experiment.folder import EVALUATIONS
from sim.experiment.sample import Sample
from sim.exploration.candidate import Candidate, Refusal
from sim.files import TEMPORARY, writing
from sim.metrics import METRICS
from sim.scenario.models import Scenario


class SearchInterrupted(KeyboardInterrupt):
    """Ctrl-C in a search that has an output folder; the text says what is kept."""

    def __init__(self, done: int, folder: Path) -> None:
        self.done = done
        """Evaluations that the folder holds of those asked for so far."""
        self.folder = folder
        super().__init__(f"interrupted; {done} evaluations kept in {folder}; the same command resumes")

    def __reduce__(self) -> tuple[type[SearchInterrupted], tuple[int, Path]]:
        return SearchInterrupted, (self.done, self.folder)


@dataclass
class Evaluations:
    """Simulates designs, or reads what has been found of them."""

    design: Callable[[Candidate], Scenario]
    """The scenario of a design.  Raises `ScenarioError` for one that cannot be."""
    made_by: Mapping[str, Any]
    """The provenance of the search: scenario, seed, code."""
    workers: int | None = None
    folder: Path | None = None
    """Where to keep what is found; none: nowhere."""
    done: int = 0
    """Evaluations made or read so far."""

    def __call__(self, candidate: Candidate, replicates: range) -> Sample | Refusal:
        """What these replicates say of a design, or why it cannot be."""
        try:
            found = self._kept(candidate, replicates)
            if found is None:
                found = self._simulated(candidate, replicates)
                self._keep(candidate, replicates, found)
        except KeyboardInterrupt as interrupt:
            if self.folder is None:
                raise
            raise SearchInterrupted(self.done, self.folder) from interrupt
        self.done += 1
        return found

    def _simulated(self, candidate: Candidate, replicates: range) -> Sample | Refusal:
        try:
            scenario = self.design(candidate)
            environment = Environment.build(scenario)
            check_expected(environment, [candidate.strategy])
            seed = int(self.made_by["seed"])
            return simulate_many(scenario, environment, candidate.strategy, seed, replicates, self.workers)
        except ScenarioError as error:
            fault = error.faults[0]
            return Refusal(fault.path, fault.problem)

    def _path(self, candidate: Candidate, replicates: range) -> Path | None:
        if self.folder is None:
            return None
        versions = self.made_by["code_sha256"], self.made_by["packages"]["numpy"], self.made_by["own_strategies"]
        question = [candidate.key, self.made_by["scenario_sha256"], self.made_by["seed"], list(METRICS), *versions]
        text = json.dumps([*question, replicates.start, replicates.stop])
        return self.folder / EVALUATIONS / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npz"

    def _kept(self, candidate: Candidate, replicates: range) -> Sample | Refusal | None:
        path = self._path(candidate, replicates)
        try:
            if path is None or not path.exists():
                return None
            with path.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
                if "problem" in file:
                    return Refusal(str(file["path"]), str(file["problem"]))
                names = tuple(file["control_names"].tolist())
                return Sample(file["metrics"], names, file["controls"], file["expected"])
        except (OSError, EOFError, ValueError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            return None  # damaged: it is simulated again

    def _keep(self, candidate: Candidate, replicates: range, found: Sample | Refusal) -> None:
        path = self._path(candidate, replicates)
        if path is None or self.folder is None:
            return
        if isinstance(found, Refusal):
            columns: dict[str, Any] = {"path": np.array(found.path), "problem": np.array(found.problem)}
        else:
            columns = {
                "metrics": found.metrics,
                "control_names": np.array(found.control_names, dtype=np.str_),
                "controls": found.controls,
                "expected": found.expected,
            }
        with writing(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
            try:
                with partial.open("wb") as file:
                    np.savez(file, **columns)
                os.replace(partial, path)
            finally:
                partial.unlink(missing_ok=True)
