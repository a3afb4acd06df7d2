"""Every number that a scenario can give has a lower and an upper bound, and between them the shipped values."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from sim.parameters import Source
from sim.scenario import Scenario
from sim.strategies import BUILT_IN

UNBOUNDED = {
    "Source.low": "in the unit of whatever figure it belongs to, whose own bounds hold",
    "Source.high": "in the unit of whatever figure it belongs to, whose own bounds hold",
}
"""Numeric fields without bounds, and why."""

Leaf = tuple[str, type, list[Any]]


def models_in(*roots: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """These models and all that their fields are made of."""
    seen: set[type[BaseModel]] = set()
    queue = list(roots)
    while queue:
        model = queue.pop()
        if model in seen:
            continue
        seen.add(model)
        yield model
        for field in model.model_fields.values():
            queue += [
                part for part, _ in alternatives(field.annotation, []) if isinstance(part, type) and is_model(part)
            ]


def is_model(part: type) -> bool:
    return issubclass(part, BaseModel)


def alternatives(annotation: Any, limits: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """What a field may hold, entries of lists and mappings too, each with the limits that stand at it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        own = [one for entry in arguments[1:] for one in getattr(entry, "metadata", [entry])]
        yield from alternatives(arguments[0], [*limits, *own])
    elif origin in (Union, types.UnionType, tuple, list):
        for argument in arguments:
            yield from alternatives(argument, limits if origin in (Union, types.UnionType) else [])
    elif origin is dict:
        yield from alternatives(arguments[1], [])
    elif origin is not Literal:
        yield annotation, limits


def numbers() -> Iterator[Leaf]:
    """(model.field, int or float, limits) of every numeric field of a scenario and of the built-in strategies."""
    for model in models_in(Scenario, *BUILT_IN.values(), Source):
        for name, field in model.model_fields.items():
            for part, limits in alternatives(field.annotation, list(field.metadata)):
                if part in (int, float):
                    yield f"{model.__name__}.{name}", part, limits


def bound(limits: list[Any], *names: str) -> float | None:
    found = [getattr(one, name) for one in limits for name in names if getattr(one, name, None) is not None]
    return found[0] if found else None


LEAVES = list(numbers())


def test_there_are_hundreds_of_them():
    assert len({name for name, _, _ in LEAVES}) > 250


@pytest.mark.parametrize(("name", "limits"), [(name, limits) for name, _, limits in LEAVES if name not in UNBOUNDED])
def test_a_number_has_two_bounds(name, limits):
    low, high = bound(limits, "ge", "gt"), bound(limits, "le", "lt")
    assert low is not None, f"{name} has no lower bound"
    assert high is not None, f"{name} has no upper bound"
    assert low < high < 1e31
    # A number that must be above 0 and may be any number above it can be 5e-324.
    assert not (bound(limits, "gt") == 0 and float in [part for other, part, _ in LEAVES if other == name]), (
        f"{name} may be as near to 0 as one likes: give the smallest value that makes sense"
    )
