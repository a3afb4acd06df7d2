"""What a study varies: each input with its values, its range and law, its name for people, and where they are from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from sim.errors import Fault, ScenarioError
from sim.exploration.plan import Range, StudyFile
from sim.parameters import Belief, Tag
from sim.scenario import Figure, Scenario, sources
from sim.scenario.schema_part import NoSuchField, parts_at

Floats = NDArray[np.float64]

STEPS = 5
"""Values of a range in a grid, where nobody says how many."""
NORMAL_ENDS = 1.959963984540054
"""Standard deviations of the middle that the ends of a normal belief lie off: they are its central 95 %."""
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
    low: float | None
    """None for a list of values."""
    high: float | None
    law: Belief
    whole: bool
    """Whether it is a whole number."""
    tag: Tag | None
    """How the range is known; none: nobody says."""
    source: str

    @property
    def is_range(self) -> bool:
        """Whether it has a lowest and a highest value, and all between them."""
        return self.low is not None

    @property
    def logarithmic(self) -> bool:
        """Whether an axis of it is best logarithmic."""
        if self.low is None or self.high is None:
            numbers = [v for v in self.values if isinstance(v, (int, float)) and not isinstance(v, bool)]
            return len(numbers) == len(self.values) and min(numbers) > 0 and max(numbers) >= 10 * min(numbers)
        return self.law == "log_uniform"

    def quantiles(self, shares: Floats) -> Floats:
        """Values below which it lies with these probabilities, 0 to 1, by its law."""
        if self.low is None or self.high is None:
            raise ScenarioError([Fault("--vary", self.path, None, "needs a range, low and high, not a list of values")])
        found = _quantiles(self.law, self.low, self.high, self.base, np.asarray(shares, dtype=float))
        return np.rint(found) if self.whole else found

    def as_given(self, value: float) -> int | float:
        """A value as it is set in a scenario."""
        return round(value) if self.whole else float(value)


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
    """Every single number of the scenario whose sources state a range, which is then a belief."""
    found = []
    for figure in sources(study.base):
        number = isinstance(figure.value, (int, float)) and not isinstance(figure.value, bool)
        if number and figure.low is not None and figure.high is not None and figure.low < figure.high:
            found.append(_ranged(study, figure.path, Range(), figure))
    return found


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
    if isinstance(entry, Range):
        found = _ranged(study, path, entry, figure)
        ends: list[Any] = [found.values[0], found.values[-1]]
    else:
        found = Input(path, _title(study, path), _base(study, path), tuple(entry), None, None, "uniform",
                      False, *_source(study, path, figure))  # fmt: skip
        ends = list(entry)
        if len(set(ends)) < len(ends):
            raise ScenarioError([study.fault(path, None, "names a value twice")])
    refused: list[ScenarioError] = []
    for value in ends:
        try:
            study.at({path: value})
        except ScenarioError as error:
            refused.append(error)
    if refused and not (together and len(refused) < len(ends)):
        raise refused[0]  # with what is allowed
    return found


def _ranged(study: StudyFile, path: str, entry: Range, figure: Figure | None) -> Input:
    low, high, law = entry.low, entry.high, entry.law
    if low is None or high is None:
        if figure is None or figure.low is None or figure.high is None:
            study.at({path: 0})  # raises where the path leads nowhere
            problem = "no source states its range: give low and high"
            raise ScenarioError([study.fault(path, None, problem)])
        if figure.low == figure.high:
            raise ScenarioError([study.fault(path, None, f"its range is one value, {figure.low:g}: give low and high")])
        low, high, law = figure.low, figure.high, law or figure.law
    base = _base(study, path)
    law = law or "uniform"
    if law == "log_uniform" and low <= 0:
        raise ScenarioError([study.fault(path, low, "must be above 0 for the law 'log_uniform'")])
    if law == "triangular" and not (isinstance(base, (int, float)) and low <= base <= high):
        problem = f"the law 'triangular' needs the scenario's own value, {base}, in the range"
        raise ScenarioError([study.fault(path, None, problem)])
    whole = isinstance(base, int) and not isinstance(base, bool)
    shares = np.linspace(0, 1, entry.steps or STEPS)
    grid = np.geomspace(low, high, len(shares)) if law == "log_uniform" else low + shares * (high - low)
    grid[[0, -1]] = low, high
    values = [round(v) for v in grid.tolist()] if whole else [float(f"{v:.12g}") for v in grid.tolist()]
    found = tuple(dict.fromkeys(values))
    if len(found) < 2:
        raise ScenarioError([study.fault(path, None, f"holds one whole number only, {found[0]}")])
    return Input(path, _title(study, path), base, found, low, high, law, whole, *_source(study, path, figure))


def _base(study: StudyFile, path: str) -> Any:
    try:
        return value_at(study.base, path)
    except (LookupError, AttributeError, ValueError, ScenarioError):
        return None  # which the scenario's own faults explain, when it is set


def _source(study: StudyFile, path: str, figure: Figure | None) -> tuple[Tag | None, str]:
    own = study.plan.sources.get(path)
    if own is not None:
        return own.tag, own.source
    entry = study.plan.vary.get(path)
    if isinstance(entry, Range) and entry.low is None and figure is not None:
        return figure.tag, figure.source
    return (None, "no source given") if entry is not None else (figure.tag, figure.source) if figure else (None, "")


def _quantiles(law: Belief, low: float, high: float, base: Any, shares: Floats) -> Floats:
    width = high - low
    if law == "log_uniform":
        return np.asarray(low * (high / low) ** shares)
    if law == "triangular":
        top = (float(base) - low) / width
        rising = low + width * np.sqrt(shares * top)
        falling = high - width * np.sqrt((1 - shares) * (1 - top))
        return np.where(shares < top, rising, falling)
    if law == "normal":
        outside = float(ndtr(-NORMAL_ENDS))
        bell = ndtri(outside + shares * (1 - 2 * outside)) / NORMAL_ENDS
        return np.asarray(0.5 * (low + high) + 0.5 * width * bell)
    return np.asarray(low + width * shares)


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
        first = last.replace("_", " ")
    group = " ".join(part.replace("_", " ") for part in groups if part not in _PLAIN_GROUPS).replace("gpu", "GPU")
    return f"{first} ({group})" if group else first


def shown(value: Any) -> str:
    """A value as one reads it: four digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return str(value)
    text = f"{value:.4g}"
    return f"{value:,.0f}" if "e+" in text and abs(value) < 1e9 else text
