"""Every figure of a scenario with where it is from: stated in its files, or beside a field's default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.errors import Fault
from sim.parameters import Belief, Source, Tag
from sim.scenario.faults import MAX_FAULTS, Origins, dotted, origin_of
from sim.scenario.grounded import means_something
from sim.scenario.models import FIRST_DESIGN, Scenario
from sim.scenario.yaml_file import Place
from sim.text import nearest

NO_SOURCE = "no source given"
DEFAULT = "default, no source given"


@dataclass(frozen=True)
class Figure:
    """A figure of a scenario, or a part of it that one source stands for, and where it is from."""

    path: str
    """As `--set` and `sources:` name it."""
    value: Any
    tag: Tag | None
    """How it is known; none: nobody says."""
    source: str
    low: float | None = None
    high: float | None = None
    law: Belief | None = None
    default: bool = False
    """Whether the source is that of the field's default: the scenario's files do not state one."""


@dataclass(frozen=True)
class _Part:
    """What stands at a path, and the field it fills; none for an entry of a list or of a mapping of names."""

    value: Any
    field: FieldInfo | None


def sources(scenario: Scenario) -> list[Figure]:
    """Every figure of the scenario with its source, in the scenario's order.

    A source that is stated for a part of the scenario (`reliability.gpu`) gives one entry, which stands for all figures
    inside that have none of their own.  Figures that a later design has from the first are left out.
    """
    parts = _parts(scenario)
    if scenario.campus is not None:
        parts = {path: part for path, part in parts.items() if means_something(path)}
    stated = {path: source for path, source in scenario.sources.items() if path in parts}
    of_defaults = _sources_of_defaults(parts)
    found = []
    for path, part in parts.items():
        if path in stated:
            found.append(_figure(path, _Part(_without(path, part.value, stated), part.field), stated[path]))
        elif _is_figure(part.value) and not any(path.startswith(f"{above}.") for above in stated):
            if _as_the_first_design(path, parts):
                continue
            if path in of_defaults:
                found.append(_figure(path, part, of_defaults[path], default=True))
            else:
                unchanged = part.field is not None and part.value == _default(part.field)
                found.append(Figure(path, _plain(part.value), None, DEFAULT if unchanged else NO_SOURCE))
    return found


def fields(scenario: Scenario) -> dict[str, FieldInfo | None]:
    """The field that stands at every path; none for an entry of a list or of a mapping of names."""
    return {path: part.field for path, part in _parts(scenario).items()}


def tally(figures: Sequence[Figure]) -> dict[str, Any]:
    """How many figures have a source, a range, neither, and how many there are of each tag."""
    tags = Counter(figure.tag for figure in figures if figure.tag is not None)
    sourced = tags.total()
    return {
        "with_source": sourced,
        "with_range": sum(figure.low is not None and figure.high is not None for figure in figures),
        "without": len(figures) - sourced,
        "tags": dict(sorted(tags.items())),
    }


def source_faults(scenario: Scenario, origins: Origins) -> list[Fault]:
    """Faults of sources that name nothing in the scenario, or whose range does not hold the value."""
    parts = _parts(scenario) if scenario.sources else {}
    faults: list[Fault] = []
    for path, source in scenario.sources.items():
        if len(faults) == MAX_FAULTS:
            break
        place: Place = ("sources", path)
        if path not in parts:
            problem = f"names no field of the scenario{nearest(path, list(parts))}"
            faults.append(origin_of(origins, place).fault(dotted(place), None, problem))
            continue
        value = parts[path].value
        for name, bound in (("low", source.low), ("high", source.high)):
            if bound is None:
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number:
                problem = f"a range needs a number, but {path} is {_kind_of(value)}"
            elif bound > value if name == "low" else bound < value:
                problem = f"must be {'<=' if name == 'low' else '>='} {value:.15g}, which {path} is"
            else:
                continue
            faults.append(origin_of(origins, (*place, name)).fault(dotted((*place, name)), bound, problem))
    return faults


def _figure(path: str, part: _Part, source: Source, *, default: bool = False) -> Figure:
    return Figure(
        path, _plain(part.value), source.tag, source.source, source.low, source.high, source.law, default=default
    )


def _parts(scenario: Scenario) -> dict[str, _Part]:
    """Everything in a scenario by its path, the whole before its parts; not the sources themselves."""
    found = dict(_walk(scenario, (), None))
    return {path: part for path, part in found.items() if path != "sources" and not path.startswith("sources.")}


def _walk(value: Any, place: Place, field: FieldInfo | None) -> Iterator[tuple[str, _Part]]:
    if place:
        yield dotted(place), _Part(value, field)
    if isinstance(value, BaseModel):
        for name, own in type(value).model_fields.items():
            yield from _walk(getattr(value, name), (*place, name), own)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _walk(part, (*place, key), None)
    elif isinstance(value, (list, tuple)) and not _is_figure(value):
        for position, part in enumerate(value):
            yield from _walk(part, (*place, position), None)


def _sources_of_defaults(parts: Mapping[str, _Part]) -> dict[str, Source]:
    """Sources of the values that are those of the code, by path."""
    found = {}
    for path, part in parts.items():
        extra = part.field.json_schema_extra if part.field is not None else None
        if part.field is None or not isinstance(extra, dict):
            continue
        default = _default(part.field)
        if "source" in extra and part.value == default:
            found[path] = Source.model_validate(extra["source"])
        inside: Any = extra.get("sources", {})
        values = dict(_walk(default, (), None)) if inside else {}
        for inner, source in inside.items():
            whole = f"{path}.{inner}"
            if inner in values and whole in parts and parts[whole].value == values[inner].value:
                found[whole] = Source.model_validate(source)
    return found


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _is_figure(value: Any) -> bool:
    """Whether it is a number, or a list of numbers."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_is_figure, value))
    return isinstance(value, (int, float)) and not isinstance(value, (bool, Enum))


def _as_the_first_design(path: str, parts: Mapping[str, _Part]) -> bool:
    """Whether a figure of a later design is the first design's."""
    section, _, rest = path.partition(".")
    first = f"{FIRST_DESIGN}.{rest.partition('.')[2]}"
    return section == "designs" and first in parts and parts[first].value == parts[path].value


def _without(path: str, value: Any, stated: Collection[str]) -> Any:
    """What a source stands for: a part of the scenario less what others stand for."""
    if not isinstance(value, (BaseModel, Mapping)):
        return value
    own = {f"{path}.{key}": key for key in (value if isinstance(value, Mapping) else type(value).model_fields)}
    return {
        key: _without(inner, part, stated)
        for inner, key in own.items()
        if inner not in stated
        for part in [value[key] if isinstance(value, Mapping) else getattr(value, key)]
    }


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def _kind_of(value: Any) -> str:
    if isinstance(value, (BaseModel, Mapping)):
        return "a mapping"
    if isinstance(value, bool):
        return str(value).lower()
    return "a list" if isinstance(value, (list, tuple)) else repr(_plain(value))
