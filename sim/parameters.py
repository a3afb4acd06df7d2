"""The base of every model that a scenario file can fill: frozen, strict, documented field by field."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """A frozen group of named parameters.

    Unknown names are refused, numbers must be finite, and the docstring under a field is its entry in the manual
    (`orbitfleet schema`): meaning, unit, source tag.  Tags: [S] read in the source named, [S2] quoted by a secondary
    source, [C] computed, [R] recalled and not yet verified, [A] assumption.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )
