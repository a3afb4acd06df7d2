"""One design of a search: a strategy and what is changed in the scenario; and why it may not be possible."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

Value = float | int | str | bool | None


@dataclass(frozen=True)
class Candidate:
    """A strategy, and the values of the variables that matter to it."""

    strategy: str
    values: Mapping[str, Value]
    """By path; empty: the scenario as given."""

    @property
    def settings(self) -> list[str]:
        """What makes it of the scenario, for `--set`."""
        return [f"{path}={json.dumps(value)}" for path, value in self.values.items()]

    @property
    def key(self) -> str:
        """One text for one design."""
        return json.dumps([self.strategy, sorted(self.values.items())])


@dataclass(frozen=True)
class Refusal:
    """Why a design cannot be."""

    path: str
    problem: str

    @property
    def kind(self) -> str:
        """The reason without its numbers: what many designs may have in common."""
        return re.sub(r"(?<!\w)-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", "#", str(self))

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem
