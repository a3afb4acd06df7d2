"""What is believed of the figures of a scenario: which are drawn, by what law, and the scenario under a draw of them.

The range of a figure is that of its source: stated in the scenario's files, or beside the field's default.  Where no
law is stated, all that is known are two bounds, and belief is even between them: JCGM 100:2008 (GUM), 4.3.7, and JCGM
101:2008, 6.4.2; in the logarithm where the range spans a factor of ten, as the order of magnitude is then what is not
known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt
from typing import Any, NamedTuple

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from scipy.special import ndtr, ndtri

from sim.errors import InputError, ScenarioError
from sim.parameters import BELIEFS, Belief
from sim.scenario.citations import Figure, fields, sources
from sim.scenario.faults import faults_of
from sim.scenario.models import FIRST_DESIGN, Scenario
from sim.text import nearest

WIDE = 10.0
"""High over low of a range of positive figures from which belief is even in the logarithm, where no law is stated."""
NORMAL_95 = 1.959963984540054
"""Standard deviations from the middle to either end of the central 95 % of a normal distribution."""
DECIDED = {
    "mission": "the question that is asked, not something believed",
    "constellation": "what is flown is decided, not believed",
    "strategies": "what a strategy does is decided, not believed",
}
"""Sections of a scenario that are not drawn, and why."""
COUNTS = frozenset({"gpus", "gpus_per_replica", "count", "warm_standbys", "technicians"})
"""Fields, by the last part of their path, whose number somebody decides."""
_A_COUNT = "how many there are is decided, not believed"


class Law(NamedTuple):
    """How belief lies between two bounds."""

    low: float
    high: float
    law: Belief
    peak: float
    """Where a triangle has its tip; no other law asks."""

    def share_below(self, value: float) -> float:
        """Belief that the figure is below a value."""
        low, high = self.low, self.high
        if value <= low or value >= high:
            return 0.0 if value <= low else 1.0
        if self.law == "log_uniform":
            return log(value / low) / log(high / low)
        if self.law == "triangular":
            if value <= self.peak:
                return (value - low) ** 2 / ((high - low) * (self.peak - low))
            return 1.0 - (high - value) ** 2 / ((high - low) * (high - self.peak))
        if self.law == "normal":
            middle, deviation = 0.5 * (low + high), 0.5 * (high - low) / NORMAL_95
            return float((ndtr((value - middle) / deviation) - 0.025) / 0.95)
        return (value - low) / (high - low)

    def quantile(self, share: float) -> float:
        """The value below which the figure is with so much belief."""
        low, high = self.low, self.high
        if self.law == "log_uniform":
            return exp(log(low) + share * log(high / low))
        if self.law == "triangular" and high > low:
            tip = (self.peak - low) / (high - low)
            if share <= tip:
                return low + sqrt(share * (high - low) * (self.peak - low))
            return high - sqrt((1.0 - share) * (high - low) * (high - self.peak))
        if self.law == "normal":
            middle, deviation = 0.5 * (low + high), 0.5 * (high - low) / NORMAL_95
            return middle + deviation * float(ndtri(0.025 + 0.95 * share))
        return low + share * (high - low)


def law_of(value: float, low: float, high: float, law: Belief | None) -> Law:
    """The law of a range; where none is stated, even, in the logarithm of a `WIDE` range."""
    stated = law or ("log_uniform" if 0 < WIDE * low <= high else "uniform")
    return Law(low, high, stated, value)


@dataclass(frozen=True)
class Uncertain:
    """A figure that is drawn, at all paths at which it stands."""

    paths: tuple[str, ...]
    """The first names it.  Others are the same field of other entries of a list, or of other designs, with the same
    value and range: they are drawn together, as one thing is meant."""
    value: float
    law: Law
    least: float = -inf
    most: float = inf
    """What the field allows: belief beyond is cut off, and what is left of it scaled up."""
    whole: bool = False
    """Whether it is a whole number: draws are rounded."""

    @property
    def path(self) -> str:
        """What names it."""
        return self.paths[0]

    def at(self, share: float) -> float:
        """The value below which it is with so much belief, between what its field allows."""
        below, above = self.law.share_below(self.least), self.law.share_below(self.most)
        found = self.law.quantile(below + share * (above - below))
        found = min(max(found, self.least, self.law.low), self.most, self.law.high)
        return float(round(found)) if self.whole else found


class NotDrawn(NamedTuple):
    """A figure with a range that stays as it is."""

    path: str
    why: str


@dataclass(frozen=True)
class Beliefs:
    """What is drawn of a scenario, and what is not though it has a range."""

    drawn: tuple[Uncertain, ...]
    kept: tuple[NotDrawn, ...]

    def to_json(self) -> dict[str, Any]:
        """As in the output of `compare`: numbers finite or `None`."""
        return {
            "inputs": [
                {
                    "paths": list(one.paths),
                    "value": one.value,
                    "low": one.law.low,
                    "high": one.law.high,
                    "law": one.law.law,
                    "least": one.least if one.least > -inf else None,
                    "most": one.most if one.most < inf else None,
                    "whole": one.whole,
                }
                for one in self.drawn
            ],
            "not_drawn": [one._asdict() for one in self.kept],
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Beliefs:
        """What `to_json` told."""
        drawn = [
            Uncertain(
                tuple(one["paths"]),
                one["value"],
                Law(one["low"], one["high"], one["law"], one["value"]),
                -inf if one["least"] is None else one["least"],
                inf if one["most"] is None else one["most"],
                one["whole"],
            )
            for one in told["inputs"]
        ]
        return cls(tuple(drawn), tuple(NotDrawn(**one) for one in told["not_drawn"]))


Chosen = Sequence[str] | Mapping[str, Mapping[str, Any] | None]
"""Paths, of figures or of the parts of a scenario that hold them; or a range, `{low, high, law}`, by the path of a
figure, or nothing where that of its source is meant."""


def beliefs(scenario: Scenario, chosen: Chosen | None = None) -> Beliefs:
    """What is drawn of a scenario: all figures with a range, or some of them.

    Raises `InputError` where a chosen path names no figure with a range, or all that are chosen are decided, not
    believed.
    """
    figures = {one.path: one for one in sources(scenario)}
    known = fields(scenario)
    given: list[Figure] = []
    if isinstance(chosen, Mapping):
        given = [_with_range(path, range_, figures) for path, range_ in chosen.items()]
    else:
        ranged = [one for one in figures.values() if one.low is not None and one.high is not None]
        for path in chosen or ():
            if not any(_inside(one.path, path) for one in ranged):
                raise InputError(f"beliefs: {path}: {_no_range(path, figures)}")
        given = [one for one in ranged if chosen is None or any(_inside(one.path, path) for path in chosen)]
    kept = [NotDrawn(one.path, why) for one in given if (why := _decided(one))]
    if chosen is not None and kept and len(kept) == len(given):
        raise InputError(f"beliefs: {kept[0].path} is not drawn: {kept[0].why}")
    groups: dict[tuple[object, ...], list[Figure]] = {}
    for one in given:
        if not _decided(one):
            groups.setdefault((_kind(one.path), one.value, one.low, one.high, one.law), []).append(one)
    found = [_uncertain(group, known, scenario) for group in groups.values()]
    alone = [] if isinstance(chosen, Mapping) else found  # with ranges of one's own they may fit together
    refused = {one.path: why for one in alone if (why := _refused(scenario, one))}
    kept += [NotDrawn(path, why) for path, why in refused.items()]
    return Beliefs(tuple(one for one in found if one.path not in refused), tuple(kept))


def under_draw(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario with other figures at some paths.  Raises `ScenarioError` where they do not fit together."""
    tree: Any = scenario.model_dump(mode="json")
    for path, value in values.items():
        *above, last = path.split(".")
        part = tree
        for name in above:
            part = part[int(name)] if isinstance(part, list) else part[name]
        whole = isinstance(part[last], int) and not isinstance(part[last], bool)
        part[last] = int(value) if whole else value
    tree["sources"] = {}  # their ranges are those of the values before
    tree["strategies"] = {}  # never drawn; one that a script defines could not be read again
    try:
        found = Scenario.model_validate(tree)
    except ValidationError as error:
        raise ScenarioError(faults_of(error, tree, {})) from None
    return found.model_copy(update={"strategies": scenario.strategies})


def _uncertain(group: Sequence[Figure], known: Mapping[str, FieldInfo | None], scenario: Scenario) -> Uncertain:
    """What is drawn for the figures of one kind."""
    first = group[0]
    assert first.low is not None
    assert first.high is not None
    law = law_of(float(first.value), float(first.low), float(first.high), first.law)
    paths = [path for one in group for path in (one.path, *_in_later_designs(one, known, scenario))]
    least, most = _bounds(known.get(first.path))
    return Uncertain(tuple(dict.fromkeys(paths)), float(first.value), law, least, most, isinstance(first.value, int))


def _in_later_designs(one: Figure, known: Mapping[str, FieldInfo | None], scenario: Scenario) -> list[str]:
    """Paths in later designs at which the first design's figure stands too."""
    section, _, rest = one.path.partition(".")
    if section != FIRST_DESIGN:
        return []
    paths = (f"designs.{name}.{rest}" for name in scenario.designs)
    return [path for path in paths if path in known and _value_at(scenario, path) == one.value]


def _value_at(scenario: Scenario, path: str) -> object:
    part: Any = scenario
    for name in path.split("."):
        if isinstance(part, Mapping):
            part = part.get(name)
        elif isinstance(part, (list, tuple)):
            part = part[int(name)]
        else:
            part = getattr(part, name, None)
    return part


def _kind(path: str) -> str:
    """The path, whichever entry of a list or design it is of."""
    return re.sub(r"^designs\.[^.]+", FIRST_DESIGN, re.sub(r"(?<=\.)\d+(?=\.|$)", "*", path))


def _decided(one: Figure) -> str:
    """Why a figure is not drawn though it has a range; empty: it is."""
    names = one.path.split(".")
    if one.low == one.high:
        return "its range is a single value"
    return DECIDED.get(names[0], _A_COUNT if names[-1] in COUNTS else "")


def _refused(scenario: Scenario, one: Uncertain) -> str:
    """Why a scenario has no other value of a figure, such as of one that its kind ignores; empty: it may have."""
    why = ""
    for share in (0.05, 0.95):
        try:
            under_draw(scenario, dict.fromkeys(one.paths, one.at(share)))
        except ScenarioError as error:
            why = f"no other value fits: {error.faults[0].problem}"
        else:
            return ""
    return why


def _bounds(field: FieldInfo | None) -> tuple[float, float]:
    """Between what values a field allows: ends that it does not allow themselves are never drawn."""
    least, most = -inf, inf
    for rule in field.metadata if field is not None else ():
        if isinstance(rule, (Ge, Gt)):
            least = max(least, float(rule.ge if isinstance(rule, Ge) else rule.gt))  # type: ignore[arg-type]
        elif isinstance(rule, (Le, Lt)):
            most = min(most, float(rule.le if isinstance(rule, Le) else rule.lt))  # type: ignore[arg-type]
    return least, most


def _inside(path: str, part: str) -> bool:
    return path == part or path.startswith(f"{part}.")


def _no_range(path: str, figures: Mapping[str, Figure]) -> str:
    if path in figures or any(_inside(one, path) for one in figures):
        return "no source of it states both low and high: state them under sources:, or in the file of --beliefs"
    return f"names no figure of the scenario{nearest(path, list(figures))}"


_RANGE: Mapping[str, Callable[[object], bool]] = {
    "low": lambda given: isinstance(given, (int, float)) and not isinstance(given, bool),
    "high": lambda given: isinstance(given, (int, float)) and not isinstance(given, bool),
    "law": lambda given: given is None or given in BELIEFS,
}


def _with_range(path: str, range_: Mapping[str, Any] | None, figures: Mapping[str, Figure]) -> Figure:
    """A figure with the range that is given for it, checked."""
    figure = figures.get(path)
    if figure is None or isinstance(figure.value, (list, dict, str)):
        raise InputError(f"beliefs: {path}: names no figure of the scenario{nearest(path, list(figures))}")
    if range_ is None:
        if figure.low is None or figure.high is None:
            raise InputError(f"beliefs: {path}: {_no_range(path, figures)}")
        return figure
    if not isinstance(range_, Mapping) or not {"low", "high"} <= set(range_) <= set(_RANGE):
        raise InputError(f"beliefs: {path}: must be a mapping with low, high and, if wanted, law")
    for name, given in range_.items():
        if not _RANGE[name](given):
            allowed = f"one of {', '.join(BELIEFS)}" if name == "law" else "a number"
            raise InputError(f"beliefs: {path}.{name} = {given!r}: must be {allowed}")
    low, high, law = float(range_["low"]), float(range_["high"]), range_.get("law")
    if not low <= high or not (abs(low) < inf and abs(high) < inf):
        raise InputError(f"beliefs: {path}: low ({low:g}) must not exceed high ({high:g})")
    if law == "log_uniform" and low <= 0:
        raise InputError(f"beliefs: {path}: low ({low:g}) must be above 0 for the law 'log_uniform'")
    if law == "triangular" and not low <= float(figure.value) <= high:
        raise InputError(f"beliefs: {path}: a triangle has its tip at {figure.value:g}, outside of {low:g} to {high:g}")
    return replace(figure, low=low, high=high, law=law)
