"""A mapping that keeps the entries used last, for what is computed on demand and must not grow with a study."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, at most `bound` of them; the one used longest ago goes first."""

    def __init__(self, bound: int) -> None:
        if bound < 1:
            raise ValueError(f"bound(={bound}) must be > 0")
        self.bound = bound
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key; made if it is not there."""
        kept = self._kept
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        value = kept[key] = make()
        if len(kept) > self.bound:
            kept.popitem(last=False)
        return value
