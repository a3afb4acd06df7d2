"""What a study varies: each input with its values, its range and law, its name for people, and where they are from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, ScenarioError
from sim.exploration.plan import Range, StudyFile
from sim.parameters import Tag
from sim.scenario import Figure, Scenario, sources
from sim.scenario.beliefs import WIDE, Law, Uncertain, beliefs, law_of
from sim.scenario.schema_part import NoSuchField, parts_at

Floats = NDArray[np.float64]

STEPS = 5
"""Values of a range in a grid, where nobody says how many."""
_LONGEST = 60  # characters of a name
_PLAIN_GROUPS = ("satellite", "constellation", "workload", "reliability", "law", "parts")
"""Groups of the scenario that a name does without."""


@dataclass(frozen=True)
class Input:
    """One figure of the scenario that is varied."""

    path: str
    title: str
    """For people, the unit at its end."""
    base: Any
    """Its value in the base scenario."""
    values: tuple[Any, ...]
    """Values of a grid."""
    law: Law | None
    """Its range, and how it lies in it; none for a list of values."""
    whole: bool
    """Whether it is a whole number."""
    tag: Tag | None
    """How the range is known; none: nobody says."""
    source: str
    paths: tuple[str, ...]
    """All paths at which it stands: `path` is the first."""

    @property
    def logarithmic(self) -> bool:
        """Whether an axis of it is best logarithmic."""
        if self.law is not None:
            return self.law.law == "log_uniform"
        numbers = [v for v in self.values if isinstance(v, (int, float)) and not isinstance(v, bool)]
        return len(numbers) == len(self.values) and min(numbers) > 0 and max(numbers) >= WIDE * min(numbers)

    @property
    def range(self) -> Law:
        """Its range.  Raises `ScenarioError` for a list of values."""
        if self.law is None:
            problem = "needs a range, low and high, not a list of values"
            raise ScenarioError([Fault("--vary", self.path, None, problem)])
        return self.law

    def at(self, shares: Floats) -> list[int | float]:
        """Values below which it lies with these probabilities, 0 to 1."""
        law = self.range
        ends = {0.0: law.low, 1.0: law.high}  # without the rounding of a logarithm
        found = [ends.get(share, law.quantile(share)) for share in shares.tolist()]
        return [round(value) for value in found] if self.whole else [float(value) for value in found]

    def settings(self, value: Any) -> dict[str, Any]:
        """The value at every path."""
        return dict.fromkeys(self.paths, value)

    def to_json(self) -> dict[str, Any]:
        """As in the output of `sweep` and `sensitivity`."""
        law = self.law
        return {
            "path": self.path,
            "name": self.title,
            "base": self.base,
            "low": law.low if law else None,
            "high": law.high if law else None,
            "law": law.law if law else None,
            "values": list(self.values),
            "tag": self.tag,
            "source": self.source,
        }


def inputs_of(study: StudyFile, *, together: bool = False) -> list[Input]:
    """The inputs under `vary`; those that have no range of their own have the one that the scenario's sources say.

    `together`: an end that the scenario cannot have as it is may do with other values of other inputs, so one value of
    each that does is enough.

    Raises `ScenarioError` with the faults of all that lead nowhere, or to a value that the scenario cannot have.
    """
    faults: list[Fault] = []
    known = {figure.path: figure for figure in sources(study.base)}
    found = []
    for path, entry in study.plan.vary.items():
        try:
            found.append(_input(study, path, entry, known.get(path), together))
        except ScenarioError as error:
            faults += error.faults
    if not study.plan.vary:
        faults.append(Fault("study", "vary", None, "nothing is varied: give --vary path=low:high:steps"))
    if faults:
        raise ScenarioError(faults)
    return found


def believed_inputs(study: StudyFile) -> list[Input]:
    """Everything whose sources state a range that is a belief (`sim.scenario.beliefs`), of the base scenario."""
    known = {figure.path: figure for figure in sources(study.base)}
    return [_believed(study, one, known[one.path]) for one in beliefs(study.base).drawn]


def _believed(study: StudyFile, one: Uncertain, figure: Figure) -> Input:
    low, high = (one.law.quantile(share) for share in (0.0, 1.0))
    # Belief beyond what the field allows is cut off: here, at its ends.
    law = Law(max(low, one.least), min(high, one.most), one.law.law, one.law.peak)
    base = value_at(study.base, one.path)
    ends = (round(law.low), round(law.high)) if one.whole else (law.low, law.high)
    return Input(one.path, _title(study, one.path), base, ends, law, one.whole, figure.tag, figure.source, one.paths)


def value_at(scenario: Scenario, path: str) -> Any:
    """What stands at a path.  Raises `LookupError` or `AttributeError` where nothing does."""
    value: Any = scenario
    first, _, parameter = path.partition(".")
    if first == "strategies" and "." in parameter:  # which may stand nowhere, but has a default
        strategy, _, path = parameter.rpartition(".")
        value = scenario.strategy_named(strategy)
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value[name]
        else:
            value = value[int(name)] if isinstance(value, (list, tuple)) else getattr(value, name)
    return value


def _input(study: StudyFile, path: str, entry: Range | tuple[Any, ...], figure: Figure | None, together: bool) -> Input:
    base = _base(study, path)
    whole = isinstance(base, int) and not isinstance(base, bool)
    if isinstance(entry, Range):
        broken = [end for end in (entry.low, entry.high) if whole and end is not None and not end.is_integer()]
        if broken:
            raise ScenarioError([study.fault(path, broken[0], "must be a whole number")])
        law = _law(study, path, entry, figure)
        values = _grid(law, entry.steps or STEPS, whole=whole)
        tried: tuple[Any, ...] = (values[0], values[-1])
    else:
        law, values, tried = None, tuple(entry), tuple(entry)
    refused: list[ScenarioError] = []
    for value in tried:
        try:
            study.at({path: value})
        except ScenarioError as error:
            refused.append(error)
    if refused and not (together and len(refused) < len(tried)):
        raise refused[0]  # with what is allowed
    if len(set(values)) < max(len(values), 2):
        problem = f"holds one whole number only, {values[0]}" if law else "names a value twice"
        raise ScenarioError([study.fault(path, None, problem)])
    tag, source = _source(study, path, entry, figure)
    return Input(path, _title(study, path), base, values, law, whole, tag, source, (path,))


def _law(study: StudyFile, path: str, entry: Range, figure: Figure | None) -> Law:
    low, high, law = entry.low, entry.high, entry.law
    if low is None or high is None:
        if figure is None or figure.low is None or figure.high is None or figure.low == figure.high:
            study.at({path: 0} if figure is None else {})  # raises where the path leads nowhere
            raise ScenarioError([study.fault(path, None, "no source states its range: give low and high")])
        low, high, law = figure.low, figure.high, law or figure.law
    if law == "log_uniform" and low <= 0:
        raise ScenarioError([study.fault(path, low, "must be above 0 for the law 'log_uniform'")])
    base = _base(study, path)
    number = isinstance(base, (int, float)) and not isinstance(base, bool)
    if law == "triangular" and not (number and low <= base <= high):
        problem = f"the law 'triangular' needs the scenario's own value, {base}, in the range"
        raise ScenarioError([study.fault(path, None, problem)])
    return law_of(float(base) if number else low, low, high, law)


def _grid(law: Law, steps: int, *, whole: bool) -> tuple[int | float, ...]:
    """Values from end to end, evenly, in the logarithm for a law of it."""
    grid = np.geomspace(law.low, law.high, steps) if law.law == "log_uniform" else np.linspace(law.low, law.high, steps)
    inner = [float(f"{value:.12g}") for value in grid.tolist()[1:-1]]
    values = [law.low, *inner, law.high]
    return tuple(dict.fromkeys(round(value) for value in values)) if whole else tuple(values)


def _base(study: StudyFile, path: str) -> Any:
    try:
        return value_at(study.base, path)
    except (LookupError, AttributeError, ValueError, ScenarioError):
        return None  # which the scenario's own faults explain, when it is set


def _source(
    study: StudyFile, path: str, entry: Range | tuple[Any, ...], figure: Figure | None
) -> tuple[Tag | None, str]:
    """Where its range is from: stated in the study, or by the scenario where the range is its own."""
    own = study.plan.sources.get(path)
    if own is not None:
        return own.tag, own.source
    if isinstance(entry, Range) and entry.low is None and figure is not None:
        return figure.tag, figure.source
    return None, "no source given"


def _title(study: StudyFile, path: str) -> str:
    """The study's own name of it; else what it belongs to, and the first words of its entry in the manual."""
    if path in study.plan.names:
        return study.plan.names[path]
    *groups, last = [part for part in path.split(".") if not part.isdecimal()]
    try:
        said = str(parts_at(path)[0].schema.get("description", ""))
    except NoSuchField:
        said = ""
    first = " ".join(said.split()).partition(". ")[0].rstrip(".")
    for mark in ("; ", ": "):
        first = first.partition(mark)[0]
    first = first.replace("`", "")
    if not first or len(first) > _LONGEST:
        first = last.replace("_", " ").replace("usd", "USD").replace("gpu", "GPU")
        first = first[:1].upper() + first[1:]
    group = " ".join(part.replace("_", " ") for part in groups if part not in _PLAIN_GROUPS).replace("gpu", "GPU")
    return f"{first} ({group})" if group else first


def latin_hypercube(points: int, inputs: int, generator: np.random.Generator) -> Floats:
    """Shares of 0 to 1, shape (points, inputs): of each input one in each of `points` parts of equal width.

    McKay, Beckman & Conover 1979, doi 10.1080/00401706.1979.10489755.
    """
    ranks = np.argsort(generator.random((points, inputs)), axis=0)
    return np.asarray((ranks + generator.random((points, inputs))) / points)


def shown(value: Any) -> str:
    """A value as one reads it: four digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return str(value)
    text = f"{value:.4g}"
    return f"{value:,.0f}" if "e+" in text and abs(value) < 1e9 else text
