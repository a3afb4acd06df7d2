"""What a field of scenario files means, as text: meaning, type, unit, bounds, default, source and range."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sim.parameters import TAGS
from sim.scenario.schema_part import Part, Schema, alternatives, kind_of
from sim.text import folded

WIDTH = 100
"""Longest line where the screen has no width or a greater one."""

_UNITS = {
    "largest_storm_cm2": "protons/cm2",
    "usd_per_w": "USD/W",
    "usd_per_kw": "USD/kW",
    "usd_per_kwh": "USD/kWh",
    "usd_per_m2": "USD/m2",
    "usd_per_kg": "USD/kg",
    "usd_per_gpu": "USD a GPU",
    "usd_per_year": "USD a year",
    "usd_per_satellite_year": "USD a satellite-year",
    "usd": "USD",
    "tokens_per_s": "tokens/s",
    "tokens_per_s_per_gpu": "tokens/s a GPU",
    "flops_per_token": "FLOP a token",
    "bytes_per_token": "bytes a token",
    "k_per_w": "K/W",
    "k_m2_per_w": "K m2/W",
    "kg_m2": "kg/m2",
    "kg_per_kw": "kg/kW",
    "wh_per_kg": "Wh/kg",
    "rev_per_day": "revolutions a day",
    "cycles_per_day": "cycles a day",
    "mev_cm2_mg": "MeV cm2/mg",
    "gb_s": "Gbit/s",
    "m_s": "m/s",
    "gb_per_gpu": "GB a GPU",
    "gb": "GB",
    "gpu_hours": "GPU-hours",
    "per_year": "1/year",
    "per_krad": "1/krad(Si)",
    "rad_per_event": "rad(Si) an event",
    "krad": "krad(Si)",
    "mev": "MeV",
    "ev": "eV",
    "cm2": "cm2",
    "m2": "m2",
    "cm": "cm",
    "mm": "mm",
    "km": "km",
    "kg": "kg",
    "kwh": "kWh",
    "w": "W",
    "k": "K",
    "c": "deg C",
    "deg": "degrees",
    "years": "years",
    "days": "days",
    "day": "mission day",
    "hours": "hours",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "us": "microseconds",
    "fraction": "share of 1",
    "share": "share of 1",
    "probability": "share of 1",
    "lethality": "share of 1",
}
"""Unit of a number by the end of its name."""
_NUMBERS = ("number", "integer")
_SIGNS = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}


def part_text(path: str, parts: Sequence[Part], width: int) -> str:
    """What may stand at a path of a scenario, for a reader who has not seen the code."""
    lines = [path]
    for number, part in enumerate(parts):
        lines += [""] * (number > 0)
        if part.kind:
            lines.append(f"  of kind {part.kind.replace(', ', ' and ')}:")
        lines += [f"  {line}" if line else "" for line in _part(path, part)]
    return "\n".join(folded(lines, min(width, WIDTH)))


def _part(path: str, part: Part) -> Iterator[str]:
    schema, name = part.schema, path.rpartition(".")[2]
    own = _plain(schema.get("description", ""))
    if own:
        yield own
        yield ""
    source = schema.get("source")
    facts = {
        "type": _type(schema),
        "unit": _unit(name, schema),
        "bounds": _bounds(schema),
        "default": _default(schema, part.required).replace("must be", "none: must be"),
        "source": _source(source) if source else "",
        "range": _range(source) if source else "",
    }
    yield from (f"{head:<9}{value}" for head, value in facts.items() if value)
    yield from _fields(schema, own)


def _fields(schema: Schema, said: str) -> Iterator[str]:
    """The fields of a group; of one that has several kinds, those of each.  `said`: what was said of it already."""
    groups = _groups(schema)
    for group in groups:
        meaning, kind = _plain(group.get("description", "")), kind_of(group)
        yield ""
        if len(groups) > 1 and kind:
            yield f"kind {kind}: {meaning}"
        elif meaning != said:
            yield meaning
        for name, field in group["properties"].items():
            if name == "kind" and kind:
                continue
            yield f"  {name}"
            yield f"    {_line(name, field, name in group.get('required', ()))}"
            # A field that says nothing of itself is what its group is.
            if told := field.get("description") or alternatives(field)[0].get("description"):
                yield f"    {_plain(told)}"


def _line(name: str, schema: Schema, required: bool) -> str:
    """Type, unit, bounds, default and source of a field in a line."""
    unit, bounds, default = _unit(name, schema), _bounds(schema), _default(schema, required)
    said = [_type(schema) + (f", {unit}" if unit else ""), bounds]
    said.append(f"default {default}" if "default" in schema and default else default)
    if source := schema.get("source"):
        range_ = _range(source)
        said.append(f"[{source['tag']}]" + (f" {range_}" if range_ else ""))
    return "; ".join(one for one in said if one)


def _groups(schema: Schema) -> list[Schema]:
    """The groups of fields that a node allows, in a list or under names too."""
    found = []
    for option in alternatives(schema):
        if "properties" in option:
            found.append(option)
        for inner in (option.get("items"), *option.get("patternProperties", {}).values()):
            found += _groups(inner) if isinstance(inner, dict) else []
    return found


def _type(schema: Schema) -> str:
    options = alternatives(schema)
    if len(kinds := [kind_of(option) for option in options if kind_of(option)]) > 1:
        others = [word for option in options if not kind_of(option) for word in _types(option)]
        return _either([*others, f"group of fields, of kind {_either(kinds)}"])
    return _either(list(dict.fromkeys(word for option in options for word in _types(option))))


def _types(option: Schema) -> list[str]:
    if "const" in option or "enum" in option:
        return [str(word) for word in option.get("enum", [option.get("const")])]
    kind = str(option.get("type"))
    if kind == "array":
        least, inside = option.get("minItems", 0), option.get("items")
        entry = _type(inside).replace("group of", "groups of").replace("list of", "lists of") if inside else "values"
        return [f"list of {entry}" + (f"; {least} or more of them" if least else "")]
    if kind == "object":
        inner = [*option.get("patternProperties", {}).values(), option.get("additionalProperties")]
        named = next((one for one in inner if isinstance(one, dict)), None)
        if "properties" not in option and named is not None:
            return [f"by names of your own: {_type(named)}"]
        return ["group of fields"]
    if option.get("format") == "date":
        return ["date, YYYY-MM-DD"]
    words = {"number": "number", "integer": "whole number", "boolean": "true or false", "null": "none"}
    return [words.get(kind, "text")]


def _bounds(schema: Schema) -> str:
    """Bounds of a number, or of those in a list."""
    for option in alternatives(schema):
        inside = _single(option)
        found = [f"{sign} {inside[key]:.15g}" for key, sign in _SIGNS.items() if key in inside]
        if found:
            return " and ".join(found)
    return ""


def _single(option: Schema) -> Schema:
    """What a list holds, of lists in lists the innermost; the option itself where it is none."""
    return _single(option["items"]) if "items" in option else option


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _unit(name: str, schema: Schema) -> str:
    if not any(_single(option).get("type") in _NUMBERS for option in alternatives(schema)):
        return ""
    pieces = name.split("_")
    return next((_UNITS[end] for i in range(len(pieces)) if (end := "_".join(pieces[i:])) in _UNITS), "")


def _default(schema: Schema, required: bool) -> str:
    """The default; nothing of a group, whose fields have theirs."""
    if "default" not in schema:
        return "must be given" if required else ""
    value = schema["default"]
    if isinstance(value, dict):
        return f"kind {value['kind']}" if "kind" in value else ""
    if isinstance(value, str):
        return value or "empty"
    if isinstance(value, float):
        return f"{value:.15g}"
    return "none" if value is None else json.dumps(value)


def _source(source: dict[str, Any]) -> str:
    tag = source["tag"]
    return f"[{tag}] {TAGS[tag]}: {source['source']}"


def _range(source: dict[str, Any]) -> str:
    low, high, law = source.get("low"), source.get("high"), source.get("law")
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"up to {high:g}" if low is None else f"from {low:g}"
    return f"{low:g} to {high:g}" + (f" ({law} belief)" if law else "")


def _plain(text: str) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join(text.split("\n\n")[0].split())
