"""The hosts of a hall that are there to be used, in their order, and the spare ones.

The job picks the first so many of the order; which of these compute and which stand by is drawn by lot.  The order
within the front does not matter, so the front is a set and only what lies behind it is kept in order: to choose anew
costs as much as has changed, not as much as there are hosts.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from sim.engine.indexed import IndexedSet


class HostPool:
    """The working pool and the spare pool."""

    def __init__(self, hosts: Sequence[int], spares: Sequence[int]) -> None:
        self.front = IndexedSet()
        """The first hosts of the order, as of the last `advance`, without those taken out since."""
        self._first = list(hosts)  # until the front is chosen for the first time
        self._behind: OrderedDict[int, None] = OrderedDict()
        self.spares = deque(spares)
        """Hosts that do other work, first come first."""

    def __len__(self) -> int:
        return len(self.front) + len(self._behind) + len(self._first)

    def append(self, host: int) -> None:
        """A host goes to the end of the order."""
        self._behind[host] = None

    def remove(self, host: int) -> None:
        """A host is taken out."""
        if not self.front.discard(host):
            self._behind.pop(host, None)

    def advance(self, size: int) -> list[int]:
        """Let the first `size` hosts be the front; returns those that are new in it."""
        new: list[int] = []
        if self._first:
            hosts = [*self._first, *self._behind]
            new, self._first = hosts[:size], []
            self.front = IndexedSet(new)
            self._behind = OrderedDict.fromkeys(hosts[size:])
        while len(self.front) < size and self._behind:
            host, _ = self._behind.popitem(last=False)
            self.front.add(host)
            new.append(host)
        return new
