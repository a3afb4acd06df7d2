"""Which hosts of a hall do not come back from repair."""

from __future__ import annotations

from collections import defaultdict
from math import inf

from sim.scenario.campus import RetireByFailures, RetireByScore, Retirement


class Retiring:
    """What is remembered of each host, as far as the rule asks for it."""

    def __init__(self, rule: Retirement) -> None:
        self._rule = rule
        self._failed: defaultdict[int, list[float]] = defaultdict(list)
        self._score: dict[int, float] = {}
        self._credit = 0.0  # of one that has computed for the job from the first, without a failure of its own
        self._credit_at: dict[int, float] = {}  # the same when a host began to compute
        self.scores = isinstance(rule, RetireByScore)
        """Whether time at work counts."""
        self.counts = isinstance(rule, RetireByFailures)
        """Whether failures count."""
        self.ever = self.scores or self.counts
        """Whether hosts are ever given up."""

    def joins(self, host: int) -> None:
        """A host begins to compute."""
        self._credit_at[host] = self._credit

    def leaves(self, host: int) -> None:
        """A host stops."""
        if isinstance(self._rule, RetireByScore):
            gained = self._credit - self._credit_at.pop(host)
            self._score[host] = self._score.get(host, self._rule.initial) + gained

    def computed(self, days: float, failed: int) -> None:
        """The job has computed so long without a stop, when a host failed, which earns nothing by it."""
        if isinstance(self._rule, RetireByScore):
            earned = days // self._rule.credit_days * self._rule.credit
            self._credit += earned
            self._credit_at[failed] += earned

    def failed(self, host: int, day: float) -> None:
        """A host has failed."""
        self._failed[host].append(day)

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
