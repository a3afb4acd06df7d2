"""What replicates say of designs: simulated once, and kept in a journal from which a search that was ended resumes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.engine.expected import check_expected
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.experiment.record import Figures
from sim.experiment.sample import Sample
from sim.exploration.candidate import Candidate, Refusal
from sim.exploration.journal import NAME, Journal, Key
from sim.exploration.plan import StudyFile
from sim.exploration.points import Options, Point, simulated
from sim.files import writing
from sim.scenario import Scenario


@dataclass(frozen=True)
class Memory(Journal):
    """A journal that is read once; without a folder it is in memory alone."""

    folder: Path | None = None
    known: dict[Key, Figures] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path | None) -> Memory:
        """The journal in a folder, with what is there."""
        path = (folder or Path()) / NAME
        return cls(path, folder, Journal(path).read(_Everything()) if folder else {})

    def read(self, wanted: Collection[Key]) -> dict[Key, Figures]:
        return {key: self.known[key] for key in wanted if key in self.known}

    def write(self, found: Mapping[Key, Figures]) -> None:
        if self.folder:
            with writing(self.folder):
                super().write(found)
        self.known.update(found)


class _Everything(Collection[Key]):
    """All keys there may be."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self):  # type: ignore[no-untyped-def]
        raise TypeError("nobody can name them all")

    def __len__(self) -> int:
        raise TypeError("nobody can count them all")


@dataclass
class Evaluations:
    """Simulates designs, or recalls what has been found of them."""

    study: StudyFile
    workers: int | None = None
    journal: Memory = field(default_factory=lambda: Memory.of(None))
    progress: Callable[[int], None] = lambda _: None
    """Hears how many replicates have been asked for and are there."""
    _done: int = 0
    _refused: dict[str, Refusal] = field(default_factory=dict)

    def __call__(self, candidates: Sequence[Candidate], replicates: range) -> list[Sample | Refusal]:
        """What these replicates say of each design, all of one strategy, or why it cannot be."""
        samples = dict[str, Sample]()
        for look in (None, self._no_scenario, self._no_environment):  # each takes longer, and few have to be asked
            if look is not None:
                self._refused |= {one.key: no for one in candidates if (no := look(one))}
            ones = {one.key: one for one in candidates if one.key not in self._refused}
            try:
                samples = dict(zip(ones, self._simulated(list(ones.values()), replicates), strict=True))
                break
            except ScenarioError:
                if look == self._no_environment:
                    raise
        self._done += len(candidates) * len(replicates)
        self.progress(self._done)
        return [self._refused.get(one.key) or samples[one.key] for one in candidates]

    def _no_scenario(self, candidate: Candidate) -> Refusal | None:
        """Why the scenario of a design cannot be."""
        return _refusal(lambda: self._scenario(candidate))

    def _no_environment(self, candidate: Candidate) -> Refusal | None:
        """Why its environment cannot be."""
        return _refusal(lambda: check_expected(Environment.build(self._scenario(candidate)), [candidate.strategy]))

    def _scenario(self, candidate: Candidate) -> Scenario:
        return self.study.only(candidate.strategy).at(candidate.values, told=False)

    def _simulated(self, candidates: Sequence[Candidate], replicates: range) -> list[Sample]:
        if not candidates:
            return []
        strategy = candidates[0].strategy
        before = self._done
        options = Options(self.workers, self.journal, lambda done, _: self.progress(before + done))
        points = [Point(one.values, replicates) for one in candidates]
        return [one[strategy] for one in simulated(self.study.only(strategy), points, options)]


def _refusal(make: Callable[[], object]) -> Refusal | None:
    """Why something cannot be made; none: it can."""
    try:
        make()
    except ScenarioError as error:
        return Refusal(error.faults[0].path, error.faults[0].problem)
    return None
