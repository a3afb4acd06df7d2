"""The part of the schema that a path names: one field, or a group of them.

A path is written as for `--set`: `satellite.radiator.emittance`, `constellation.shells.0.altitude_km`.  The number of a
list's entry may be left out, and a name of the user's own is any name: `designs.second.gpus`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sim.errors import InputError
from sim.scenario.schema import json_schema
from sim.text import closest

Schema = dict[str, Any]

OWN_NAME = "NAME"
"""Stands in a path for a name that the user chooses."""
_DEEPEST = 8


class NoSuchField(InputError):
    """A path that names nothing in a scenario."""


@dataclass(frozen=True)
class Part:
    """What may stand at a path; several where it depends on the kind of what holds it."""

    schema: Schema
    """A node of `json_schema`, with its reference resolved; what it says of the field itself goes before the rest."""
    kind: str = ""
    """Kind of the group that holds it; empty: groups have no kinds there."""
    required: bool = False
    """Whether the group must give it."""
    sources: Mapping[str, Any] = field(default_factory=dict)
    """Sources of defaults inside, by path from here."""


def parts_at(path: str) -> list[Part]:
    """What may stand at a path.  Raises `NoSuchField`, with the name that was meant where one is near."""
    found, done = [Part(_whole())], ""
    for key in path.split("."):
        inside = [inner for part in found for inner in _inner(part, key)]
        if not inside:
            raise NoSuchField(_unknown(path, done, key, found))
        found, done = _distinct(inside), f"{done}.{key}" if done else key
    return found


def schema_of_part(path: str) -> Schema:
    """JSON schema of what may stand at a path, with the definitions that it refers to.  Raises as `parts_at`."""
    schemas = [part.schema for part in parts_at(path)]
    found: Schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    used: Schema = {}
    todo = list(_references(found))
    while todo:
        name = todo.pop()
        if name not in used:
            used[name] = _whole()["$defs"][name]
            todo += _references(used[name])
    return {"$schema": _whole()["$schema"], **found} | ({"$defs": dict(sorted(used.items()))} if used else {})


def alternatives(schema: Schema) -> list[Schema]:
    """The types that a node allows, one by one, each with its reference resolved."""
    if "anyOf" in schema or "oneOf" in schema:
        return [one for member in schema.get("anyOf") or schema["oneOf"] for one in alternatives(_resolved(member))]
    return [_resolved(schema)]


def kind_of(schema: Schema) -> str:
    """The kind of a group of fields; empty: it has none."""
    return str(schema.get("properties", {}).get("kind", {}).get("const", ""))


@cache
def _whole() -> Schema:
    return json_schema()


def _resolved(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    named: Schema = _whole()["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return named | {key: value for key, value in schema.items() if key != "$ref"}


def _inner(part: Part, key: str) -> Iterator[Part]:
    """What may stand under a key of a part: of a list, the number of an entry, or a key of any entry."""
    options = alternatives(part.schema)
    for option in options:
        if "items" in option:
            entry = Part(_resolved(option["items"]))
            yield from [entry] if key.isdecimal() else _inner(entry, key)
            continue
        node = _under(option, key)
        if node is None:
            continue
        schema = _resolved(node)
        default = part.schema.get("default", option.get("default"))
        if isinstance(default, dict) and key in default:
            schema = schema | {"default": default[key]}
        stated = part.sources | part.schema.get("sources", {})
        if key in stated:
            schema = schema | {"source": stated[key]}
        below = {name.removeprefix(f"{key}."): source for name, source in stated.items() if name.startswith(f"{key}.")}
        kind = kind_of(option) if len(options) > 1 else part.kind
        yield Part(schema, kind, key in option.get("required", ()), below)


def _under(option: Schema, key: str) -> Schema | None:
    if key in option.get("properties", {}):
        return dict(option["properties"][key])
    for pattern, schema in option.get("patternProperties", {}).items():
        if key == OWN_NAME or re.search(pattern, key):
            return dict(schema)
    free = option.get("additionalProperties")
    return free if isinstance(free, dict) else None


def _distinct(parts: list[Part]) -> list[Part]:
    """The same without repetitions; kinds that have a field of the same meaning stand together."""
    found: list[Part] = []
    for part in parts:
        twin = next((i for i, one in enumerate(found) if one.schema == part.schema), None)
        if twin is None:
            found.append(part)
        elif part.kind and part.kind not in found[twin].kind.split(", "):
            found[twin] = Part(part.schema, f"{found[twin].kind}, {part.kind}", part.required, part.sources)
    return found


def _unknown(path: str, done: str, key: str, parts: list[Part]) -> str:
    """What to say of a key that is none: the same name elsewhere, a near one here, or a near one elsewhere."""
    keys = list(dict.fromkeys(name for part in parts for name in _keys(part.schema)))
    last, near = path.rpartition(".")[2], closest(key, keys)
    ends: dict[str, str] = {}
    for one in sorted(_all_paths(), key=lambda one: one.count(".")):
        ends.setdefault(one.rpartition(".")[2], one)
    if last in ends:
        meant: str | None = ends[last]
    elif near is not None:
        meant = f"{done}.{near}" if done else near
    else:
        meant = ends.get(closest(last, list(ends)) or "")
    problem = f"{path}: {done or 'a scenario'} has no field {key!r}"
    if not keys:
        problem = f"{path}: {done} is a single value, which has no fields"
    if meant is not None:
        return f"{problem}; did you mean {meant!r}?"
    return f"{problem}; it has {', '.join(keys)}" if keys else problem


def _keys(schema: Schema) -> list[str]:
    found: list[str] = []
    for option in alternatives(schema):
        found += _keys(_resolved(option["items"])) if "items" in option else option.get("properties", {})
    return found


@cache
def _all_paths() -> tuple[str, ...]:
    """The path of every field, the number of list entries left out."""

    def walk(schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if len(path) > _DEEPEST:
            return
        for option in alternatives(schema):
            if "items" in option:
                yield from walk(_resolved(option["items"]), path)
            named = [*option.get("patternProperties", {}).values(), option.get("additionalProperties")]
            own = [(OWN_NAME, inner) for inner in named if isinstance(inner, dict)]
            for key, inner in (*option.get("properties", {}).items(), *own):
                yield (*path, key)
                yield from walk(_resolved(inner), (*path, key))

    return tuple(dict.fromkeys(".".join(path) for path in walk(_whole(), ()) if path[-1] != OWN_NAME))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix("#/$defs/")
        yield from (name for part in value.values() for name in _references(part))
    elif isinstance(value, list):
        yield from (name for part in value for name in _references(part))
