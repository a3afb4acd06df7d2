"""From pydantic's errors to faults a user can mend: the place as it is written, the value, and what is allowed."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sim.errors import Fault, InputError
from sim.scenario.models import Scenario
from sim.scenario.yaml_file import Place
from sim.strategies import strategy_class
from sim.text import nearest
from sim.workloads import scheduler_class

_PROBLEMS = {
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text: put it in quotes",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "missing": "is missing",
}


MAX_FAULTS = 100
"""Complaints that are explained; a file with more is not a scenario with mistakes."""


@dataclass(frozen=True)
class Origin:
    """Where a value was written."""

    file: str
    line: int | None = None

    def fault(self, path: str, value: object, problem: str) -> Fault:
        """A fault of what stands here."""
        shown = None if isinstance(value, dict | list) else value
        return Fault(self.file, path, shown, problem if self.line is None else f"{problem} (line {self.line})")


Origins = Mapping[Place, Origin]


def faults_of(error: ValidationError, tree: Any, origins: Origins, root: type[BaseModel] = Scenario) -> list[Fault]:
    """One fault for each place that is wrong in a tree that should be one of `root`."""
    problems: dict[Place, tuple[object, list[str]]] = {}
    details = error.errors(include_url=False)[:MAX_FAULTS]
    of_satellite = {detail["loc"][1:] for detail in details if detail["loc"][:1] == ("satellite",)}
    for detail in details:
        loc = detail["loc"]
        if loc[:1] == ("designs",) and loc[2:] in of_satellite and part_at(tree, loc) is None:
            continue  # taken over from `satellite`, where it is said
        place, value, problem = _explain(detail, tree, root)
        if detail["type"] == "too_short" and isinstance(value, list) and len(value) >= detail["ctx"]["min_length"]:
            continue  # its entries are wrong, which is said of each of them
        problems.setdefault(place, (value, []))[1].append(problem)
    return [
        origin_of(origins, place).fault(dotted(place), value, _joined(texts))
        for place, (value, texts) in problems.items()
    ]


def loosely_typed(tree: Any, accepted: Any, origins: Origins, place: Place = ()) -> list[Fault]:
    """Faults of scalars that pydantic turned into another type: `true` into 1, quoted digits into a number."""
    faults: list[Fault] = []
    if isinstance(tree, dict) and isinstance(accepted, dict):
        for key, value in tree.items():
            faults += loosely_typed(value, accepted.get(key), origins, (*place, key))
    elif isinstance(tree, list) and isinstance(accepted, list):
        for i, (value, taken) in enumerate(zip(tree, accepted, strict=False)):
            faults += loosely_typed(value, taken, origins, (*place, i))
    elif tree is not None and accepted is not None and _type_name(tree) != _type_name(accepted):
        problem = f"must be {_type_name(accepted)}, not {_type_name(tree)}"
        faults.append(origin_of(origins, place).fault(dotted(place), tree, problem))
    return faults


def part_at(tree: Any, place: Place) -> Any:
    """What stands at a place; none where nothing does."""
    for key in place:
        if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def dotted(place: Place) -> str:
    """A place as it is written in messages and in `--set`; keys with unprintable characters in quotes."""
    return ".".join(key if isinstance(key, str) and key.isprintable() else repr(key) for key in place)


def _explain(detail: ErrorDetails, tree: Any, root: type[BaseModel]) -> tuple[Place, object, str]:
    """(place as written, value, problem) of one of pydantic's errors."""
    kind, context = detail["type"], detail.get("ctx", {})
    place, value = _place(detail["loc"], tree, keep_last=kind == "missing")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        kinds = [name for model in _models_at(place, tree, root) for name in _kinds(model)]
        if not kinds:  # in a mapping of the user's own names
            kinds = [tag.strip("'") for tag in str(context.get("expected_tags", "")).split(", ") if tag]
        allowed = f"one of {', '.join(kinds)}"
        if kind == "union_tag_not_found":
            return (*place, "kind"), None, f"is missing: {allowed}"
        tag = str(context.get("tag", ""))
        return (*place, "kind"), tag, f"must be {allowed}{nearest(tag, kinds)}"
    if kind == "missing":
        return place, None, _PROBLEMS[kind]
    if kind == "extra_forbidden":
        known = _keys_at(place[:-1], tree, root)
        return place, value, f"unknown key{nearest(str(place[-1]), known) or '; allowed: ' + ', '.join(known)}"
    if kind == "strategy":
        return place, None, detail["msg"]
    if kind == "scheduler":
        return (
            ((*place, "kind"), value["kind"], detail["msg"])
            if isinstance(value, dict)
            else (place, value, detail["msg"])
        )
    if kind == "value_error":
        return place, value, str(context.get("error", detail["msg"]))
    if kind == "literal_error":
        expected = str(context.get("expected", ""))
        choices = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
        return place, value, f"must be {expected}{nearest(str(value), choices)}"
    if kind in ("model_type", "model_attributes_type"):
        return place, value, f"must be a mapping with keys {', '.join(_keys_at(place, tree, root))}"
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return place, value, f"must be {_range(place, tree, context, root)}"
    if kind == "too_short":
        return place, value, f"needs at least {context.get('min_length')} entry"
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        words = "letters, digits, dots, dashes and underscores"
        if pattern.startswith("^[a-z]"):
            words = "a lower-case letter, then up to 29 lower-case letters, digits and underscores"
        return place, value, f"must match {pattern}: {words}"
    if kind in ("string_too_long", "string_too_short"):
        limit = context.get("max_length", context.get("min_length"))
        return place, value, f"must have at {'most' if 'max_length' in context else 'least'} {limit} characters"
    if kind.startswith("date"):
        return place, value, "must be a date, YYYY-MM-DD"
    return place, value, _PROBLEMS.get(kind, detail["msg"])


def _place(loc: tuple[int | str, ...], tree: Any, *, keep_last: bool) -> tuple[Place, object]:
    """The place in the tree that a location means, without pydantic's own parts (tags of unions), and its value."""
    place: list[int | str] = []
    for i, key in enumerate(loc):
        here = (isinstance(tree, dict) and key in tree) or (
            isinstance(tree, list) and isinstance(key, int) and key < len(tree)
        )
        if here:
            place.append(key)
            tree = tree[key]
        elif keep_last and i == len(loc) - 1:
            return (*place, key), None
    return tuple(place), tree


def origin_of(origins: Origins, place: Place) -> Origin:
    """Where a value was written, or what it would stand in."""
    for end in range(len(place), -1, -1):
        if place[:end] in origins:
            return origins[place[:end]]
    return Origin("scenario")


def _joined(texts: list[str]) -> str:
    """Alternatives of one place in one text: members of a union complain one by one."""
    unique = list(dict.fromkeys(texts))
    return unique[0] + "".join(f", or {text.removeprefix('must be ')}" for text in unique[1:])


def _type_name(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _annotations(annotation: Any) -> list[Any]:
    """The alternatives of an annotation; those of its entries where it is a list or a mapping."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated or origin in (tuple, list):
        return _annotations(arguments[0])
    if origin is dict:
        return _annotations(arguments[1])
    if origin in (Union, types.UnionType):
        return [member for argument in arguments for member in _annotations(argument)]
    return [annotation]


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    """The kinds a model answers to."""
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else ()


def _field_at(place: Place, tree: Any, root: type[BaseModel]) -> FieldInfo | None:
    """The field that a place fills; that of the list, or of the mapping of names, where the place is an entry."""
    while place and isinstance(place[-1], int):
        place = place[:-1]
    for model in _models_at(place[:-2], tree, root) if len(place) > 1 else []:
        field = model.model_fields.get(str(place[-2]))
        if field is not None and get_origin(field.annotation) is dict:
            return field
    for model in _models_at(place[:-1], tree, root) if place else []:
        if place[-1] in model.model_fields:
            return model.model_fields[str(place[-1])]
    return None


def _models_at(place: Place, tree: Any, root: type[BaseModel]) -> list[type[BaseModel]]:
    """The models that may stand at a place: that of the kind written there, or all of them."""
    if not place:
        return [root]
    given = part_at(tree, place)
    kind = given.get("kind") if isinstance(given, dict) else None
    if len(place) == 2 and place[0] == "strategies":
        try:
            return [strategy_class(str(kind or place[1]))]
        except InputError:
            return []
    if place == ("workload", "scheduler") and kind is not None:
        try:
            return [scheduler_class(str(kind))]
        except InputError:
            return []
    field = _field_at(place, tree, root)
    found = [] if field is None else _annotations(field.annotation)
    models = [model for model in found if isinstance(model, type) and issubclass(model, BaseModel)]
    return [model for model in models if kind in _kinds(model)] or models


def _keys_at(place: Place, tree: Any, root: type[BaseModel]) -> list[str]:
    """The keys that are allowed at a place."""
    keys = [key for model in _models_at(place, tree, root) for key in model.model_fields]
    return list(dict.fromkeys([*keys, "extends"] if not place and root is Scenario else keys))


def _range(place: Place, tree: Any, context: Mapping[str, Any], root: type[BaseModel]) -> str:
    """All bounds of a number, such as `> 0 and <= 25`."""
    field = _field_at(place, tree, root)
    limits = [] if field is None else _metadata(field)
    bounds: list[str] = []
    for name, sign in (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<=")):
        found = [getattr(limit, name) for limit in limits if getattr(limit, name, None) is not None]
        bounds += [f"{sign} {bound:.15g}" for bound in found or ([context[name]] if name in context else [])]
    return " and ".join(bounds)


def _metadata(field: FieldInfo) -> list[Any]:
    """The constraints of a field, or of its entries where it is a list of numbers."""
    nested = [entry for part in get_args(field.annotation) for entry in getattr(part, "__metadata__", ())]
    return [*field.metadata, *(limit for entry in nested for limit in getattr(entry, "metadata", [entry]))]
