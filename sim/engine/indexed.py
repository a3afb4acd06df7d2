"""A set of whole numbers that also knows the k-th of them, in no particular order: one to draw from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def some_of(size: int, uniforms: Sequence[float]) -> list[int]:
    """Different whole numbers from 0 to before `size`, each sequence of them alike likely: one for each uniform number.

    Fisher and Yates' shuffle as far as it is needed, on positions that have moved alone.
    """
    moved: dict[int, int] = {}
    found = []
    for first, uniform in enumerate(uniforms):
        place = first + int(uniform * (size - first))
        found.append(moved.get(place, place))
        moved[place] = moved.get(first, first)
    return found


class IndexedSet:
    """Adds, discards and looks up in constant time; the order depends on what happened alone."""

    def __init__(self, members: Iterable[int] = ()) -> None:
        self._members = list(members)
        self._place = dict(zip(self._members, range(len(self._members)), strict=True))

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, member: int) -> bool:
        return member in self._place

    def at(self, place: int) -> int:
        """The member in a place, 0 to before the length."""
        return self._members[place]

    def add(self, member: int) -> None:
        """Add one that is not there."""
        self._place[member] = len(self._members)
        self._members.append(member)

    def discard(self, member: int) -> bool:
        """Take one out; whether it was there."""
        place = self._place.pop(member, None)
        if place is None:
            return False
        last = self._members.pop()
        if last != member:
            self._members[place] = last
            self._place[last] = place
        return True
