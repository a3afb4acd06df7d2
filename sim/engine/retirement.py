"""Which hosts of a hall do not come back from repair."""

from __future__ import annotations

from collections import defaultdict
from math import inf

from sim.scenario.campus import NeverRetire, RetireByFailures, RetireByScore, Retirement


class Retiring:
    """What is remembered of each host, as far as the rule asks for it."""

    def __init__(self, rule: Retirement) -> None:
        self._rule = rule
        self._failed: defaultdict[int, list[float]] = defaultdict(list)
        self._score: dict[int, float] = {}
        self._credit = 0.0  # of one that has computed for the job from the first, without a failure of its own
        self._credit_at: dict[int, float] = {}  # the same when a host began to compute
        self.ever = not isinstance(rule, NeverRetire)
        """Whether hosts are ever given up; else nothing else here is asked."""

    def joins(self, host: int) -> None:
        """A host begins to compute."""
        self._credit_at[host] = self._credit

    def leaves(self, host: int) -> None:
        """A host stops."""
        if isinstance(self._rule, RetireByScore):
            gained = self._credit - self._credit_at.pop(host)
            self._score[host] = self._score.get(host, self._rule.initial) + gained

    def fails(self, host: int, day: float, computed_days: float) -> None:
        """A host fails, and stops, after the job has computed so long: it earns nothing by that, all others do."""
        self._failed[host].append(day)
        self.leaves(host)
        if isinstance(self._rule, RetireByScore):
            self._credit += computed_days // self._rule.credit_days * self._rule.credit

    def blamed(self, host: int) -> None:
        """A failure was put down to a host."""
        if isinstance(self._rule, RetireByScore):
            self._score[host] = self._score.get(host, self._rule.initial) - self._rule.penalty

    def retires(self, host: int, day: float) -> bool:
        """Whether a host whose repair ends now is given up."""
        match self._rule:
            case RetireByFailures(failures=most, window_days=window):
                since = day - (inf if window is None else window)
                return sum(when >= since for when in self._failed[host]) >= most
            case RetireByScore(initial=initial, least=least):
                return self._score.get(host, initial) <= least
            case _:
                return False
