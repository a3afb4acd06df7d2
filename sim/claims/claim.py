"""An answered claim: what was asked, what was computed of it, from what, and what would turn the answer round."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sim.experiment.statistics import Estimate
from sim.parameters import Belief, Tag

STANDINGS = ("holds if", "holds", "fails")
"""How a verdict begins, the longer beginning before the shorter."""
Cell = str | float | None
"""What stands in a table: text, a number, or nothing."""


@dataclass(frozen=True)
class Input:
    """A figure that the answer was computed from."""

    path: str
    """Where it stands: `spacex_ai1:satellite.gpus` of a scenario, `claims:ground_capacity_factor` of this package; what
    `claims --set` takes."""
    value: Any
    tag: Tag | None
    """How it is known (`sim.parameters.TAGS`); none: no source."""
    source: str
    low: float | None = None
    high: float | None = None
    law: Belief | None = None
    """How belief lies between the two; none: evenly."""

    @property
    def assumed(self) -> bool:
        """Whether nobody has published it."""
        return self.tag == "A"


@dataclass(frozen=True)
class Threshold:
    """What would turn the verdict round."""

    text: str
    """In words: `launch under $140/kg, or a life of 9 years`."""
    value: float | None = None
    """Of the input named first; none where no value of it would."""
    unit: str = ""
    input: str = ""
    """Path of the input that the value is of."""


@dataclass(frozen=True)
class Lever:
    """A step on the path to viability; steps add up."""

    name: str
    value: Cell
    """What the input becomes: its optimistic bound."""
    unit: str
    ratio_to_ground: float
    """Of the levelised costs, after this step and all before it."""


@dataclass(frozen=True)
class Table:
    """Numbers beside the answer."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim and its answer."""

    id: str
    """C1 to C12, E1 to E4."""
    said: str
    """The claim as it was made."""
    question: str
    """One plain sentence."""
    quantity: str
    """What the estimate is of."""
    unit: str
    estimate: Estimate
    interval: str
    """What the interval of the estimate contains: replicates, ranges of inputs, both; or why there is none."""
    verdict: str
    """A sentence that begins with one of `STANDINGS`."""
    threshold: Threshold
    binding: str
    """The constraint that decides, in words."""
    inputs: tuple[Input, ...]
    levers: tuple[Lever, ...] = ()
    """The path to viability."""
    tables: tuple[Table, ...] = ()

    @property
    def standing(self) -> str:
        """How the verdict begins: one of `STANDINGS`."""
        return next(one for one in STANDINGS if self.verdict.startswith(one))

    def to_json(self) -> dict[str, Any]:
        """The claim as in the output of `claims --json`."""
        return {**asdict(self), "estimate": self.estimate.to_json(), "standing": self.standing}
