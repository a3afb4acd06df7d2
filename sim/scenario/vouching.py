"""Which sources still hold when a layer changes figures that layers below it have stated a source for.

A source vouches for the value of the layers up to the one that states it.  A later layer that changes the value without
a source of its own leaves the figure without one; it must never pass for the old source's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario.faults import dotted
from sim.scenario.yaml_file import Place


@dataclass(frozen=True)
class Container:
    """A mapping, or a list of more than single values."""

    kind: object = None


Shape = Mapping[str, object]
"""What stands at every dotted path of a tree: a `Container`, a single value, or a list of single values."""


@dataclass(frozen=True)
class Outdated:
    """What a layer does to the sources below it."""

    dropped: frozenset[str]
    """Sources that name nothing any more, or are replaced by one of the layer's own."""
    unsourced: tuple[str, ...]
    """Paths whose value the layer changed without saying where the new one is from."""


def shape(tree: Any) -> dict[str, object]:
    """The shape of a tree of a scenario, its sources apart.

    A further design has what it takes over from `satellite`.
    """
    found = dict(_shape(tree, ()))
    base, designs = tree.get("satellite"), tree.get("designs")
    if isinstance(base, dict) and isinstance(designs, dict):
        for name in designs:
            own = dotted(("designs", name))
            taken = {own + path.removeprefix("satellite"): value for path, value in _shape(base, ("satellite",))}
            found = taken | found
    return found


def outdated(before: Shape, after: Shape, stated: Mapping[str, bool], own: Collection[str]) -> Outdated:
    """What a layer does to the sources below it.

    `before`, `after`: the tree without and with the layer.  `stated`: paths of the sources below, and whether each
    vouches for its value.  `own`: paths for which the layer states a source itself.
    """
    dropped = {path for path in stated if path not in own and _leads_nowhere(path, before, after)}
    old = {path: vouches for path, vouches in stated.items() if path not in own and path not in dropped}
    unsourced = [path for path in old if path in after and _another_form(before.get(path), after[path])]
    for path in dict.fromkeys((*before, *after)):
        value = after.get(path)
        if isinstance(value, Container) or before.get(path) == value:
            continue
        covering = _nearest(path, own)
        if covering is not None:
            dropped |= {inner for inner in old if inner.startswith(f"{covering}.") and _covers(inner, path)}
        elif path in after and path not in unsourced:
            nearest = _nearest(path, old)
            if nearest is not None and (nearest == path or (old[nearest] and nearest not in unsourced)):
                unsourced.append(path)
    return Outdated(frozenset(dropped), tuple(path for path in unsourced if path not in dropped))


def _shape(value: Any, place: Place) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        if place:
            implied = place[1] if len(place) == 2 and place[0] == "strategies" else None
            yield dotted(place), Container(value.get("kind", implied))
        for key, part in value.items():
            if place or key != "sources":
                yield from _shape(part, (*place, key))
    elif isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value):
        yield dotted(place), Container()
        for position, part in enumerate(value):
            yield from _shape(part, (*place, position))
    else:
        yield dotted(place), value


def _covers(path: str, other: str) -> bool:
    return path == other or other.startswith(f"{path}.")


def _nearest(path: str, known: Collection[str]) -> str | None:
    """The longest of the known paths that covers a path."""
    return max((other for other in known if _covers(other, path)), key=len, default=None)


def _leads_nowhere(path: str, before: Shape, after: Shape) -> bool:
    """Whether a layer took away what a path named, or the mapping of one kind that held it."""
    if path in before and path not in after:
        return True
    steps = path.split(".")
    for end in range(1, len(steps)):
        above = ".".join(steps[:end])
        if above in before and above not in after:
            return True
        if above in after and _replaced(before.get(above, Container()), after[above]):
            return True
    return False


def _another_form(old: object, new: object) -> bool:
    """Whether a figure gave way to a mapping, or the other way round, or a mapping to one of another kind."""
    return _replaced(old, new) or (old is not None and isinstance(new, Container) and not isinstance(old, Container))


def _replaced(old: object, new: object) -> bool:
    """Whether a mapping gave way to one of another kind, or to a single value."""
    if not isinstance(old, Container):
        return False
    if not isinstance(new, Container):
        return True
    return old.kind is not None and new.kind is not None and old.kind != new.kind
