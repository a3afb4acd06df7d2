"""The base of every model that a scenario file can fill: frozen, strict, documented, and where figures are from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Tag = Literal["P", "S", "S2", "X", "C", "R", "A"]
"""How a figure is known: see `TAGS`."""

TAGS: Mapping[Tag, str] = {
    "P": "read in the primary text",
    "S": "read in the source named",
    "S2": "quoted by a secondary source",
    "X": "read in an excerpt of the source",
    "C": "computed from what is named",
    "R": "recalled, not yet verified",
    "A": "assumption",
}
"""What each tag means, the best founded first."""

Belief = Literal["uniform", "log_uniform", "triangular", "normal"]
"""How belief lies between `low` and `high`: see `BELIEFS`."""

BELIEFS: Mapping[Belief, str] = {
    "uniform": "every value from low to high alike",
    "log_uniform": "every ratio alike: the logarithm is uniform; low must be above 0",
    "triangular": "most at the scenario's own value, falling evenly to nothing at low and high",
    "normal": "a bell around the middle, of which low to high is the central 95 %, cut off there",
}
"""What each law of belief means."""


def _printable(text: str) -> str:
    """The text, where a terminal would only print it."""
    bad = next((c for c in text if not (c.isprintable() or c in "\n\t")), None)
    if bad is not None:
        raise ValueError(f"must not contain the character U+{ord(bad):04X}, which cannot be printed")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be a single line, without tabs")
    return text


Text = Annotated[str, Field(max_length=100_000), AfterValidator(_printable)]
"""Text for people, of printable characters and line breaks."""
Label = Annotated[str, Field(max_length=200), AfterValidator(_printable), AfterValidator(_one_line)]
"""What something is called, on one line."""


class Parameters(BaseModel):
    """A frozen group of named parameters.

    Unknown names are refused, numbers must be finite, and the docstring under a field is its entry in the manual
    (`orbitfleet schema`): meaning and unit.  A default's source stands beside it, as `cited`.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )


class Source(Parameters):
    """Where a figure is from, and the bounds between which it is believed to lie."""

    tag: Tag | None
    """How it is known: P read in the primary text, S in the source named, S2 quoted by a secondary source, X read in an
    excerpt, C computed, R recalled, A assumption.  Null: nobody vouches for it."""
    source: Text = Field(min_length=1)
    """The citation; of a computed figure what it follows from, of an assumption its reason."""
    low: float | None = None
    """Lowest value that is believed possible, in the figure's own unit."""
    high: float | None = None
    """Highest value that is believed possible."""
    law: Belief | None = None
    """How belief lies between the two: `uniform`, `log_uniform`, `triangular` (peak at the value) or `normal` (low to
    high its central 95 %, cut off there); none: not stated."""

    @property
    def has_range(self) -> bool:
        """Whether both bounds are given."""
        return self.low is not None and self.high is not None

    @model_validator(mode="after")
    def _range_is_one(self) -> Source:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low:g}) must not exceed high ({self.high:g})")
        if self.law is not None and not self.has_range:
            raise ValueError(f"law {self.law!r} needs low and high")
        if self.law == "log_uniform" and self.low is not None and self.low <= 0:
            raise ValueError(f"low ({self.low:g}) must be above 0 for the law 'log_uniform'")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_given(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in serialize(self).items() if value is not None or key == "tag"}


def cited(
    tag: Tag, source: str, low: float | None = None, high: float | None = None, law: Belief | None = None
) -> dict[str, Any]:
    """The source of a field's default, as its `json_schema_extra`."""
    return {"source": Source(tag=tag, source=source, low=low, high=high, law=law).model_dump()}


def cited_parts(sources: Mapping[str, Source]) -> dict[str, Any]:
    """The sources of parts of a field's default by their path inside it, as its `json_schema_extra`."""
    return {"sources": {path: source.model_dump() for path, source in sources.items()}}
