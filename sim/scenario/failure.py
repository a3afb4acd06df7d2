"""How units fail: GPUs, what they sit on, the bus, and what hits many at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from sim.parameters import Parameters, cited
from sim.reliability import AnyLaw, Stress

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""What a cause is called in the log, in tables and in pictures."""

Recovery = Literal["retry", "process_restart", "reboot", "power_cycle"]


class Group(Parameters):
    """Units of one kind aboard, in groups that each carry some GPUs: hosts, trays, power supplies, network terminals,
    coolant loops, wheels.

    A group works while `needed` of its `units` do; when it fails, its GPUs are gone for good, and where it carries all
    of them the satellite is.
    """

    law: AnyLaw
    """Life of one unit."""
    gpus: Annotated[int, Field(ge=1, le=100_000)] | Literal["all"] = "all"
    """GPUs that one group carries, in order of their position; the last group may carry fewer."""
    units: int = Field(default=1, gt=0, le=64)
    """Units of a group."""
    needed: int = Field(default=1, gt=0, le=64)
    """Units that must work: k of n."""
    standby: Literal["hot", "warm", "cold"] = "hot"
    """Units beyond `needed`: `hot` age like the others, `warm` at the dormancy factor until they are switched in,
    `cold` not at all."""
    common_cause_fraction: float = Field(default=0.0, ge=0, le=1, json_schema_extra=cited("A", "none", 0, 0.1))
    """Beta: share of a unit's hazard that hits all units of its group at once (Fleming 1974)."""
    burn_in_days: float = Field(default=0.0, ge=0, le=3650)
    """Effective days lived on the ground before flight; what fails there does not fly."""
    stressed: bool = True
    """Whether heat and thermal cycles of the GPUs pace its clock."""
    sleeps: bool = True
    """Whether it rests with the GPUs of a stored spare; wheels and receivers do not."""

    @model_validator(mode="after")
    def _enough_units(self) -> Group:
        if self.needed > self.units:
            raise ValueError(f"needed ({self.needed}) must not exceed units ({self.units})")
        return self


class Interruption(Parameters):
    """What stops a job without breaking anything, at a constant rate: software, network, hosts that need a reboot."""

    rate_per_year: float = Field(ge=0, le=1e6)
    """Events per unit and year."""
    per: Literal["gpu", "host", "satellite", "job"] = "gpu"
    """What a unit is."""
    recovery: Recovery = "process_restart"
    """What it takes to go on."""


class BatchDefect(Parameters):
    """A production lot with a hidden defect: all GPUs of a bad lot carry one more hazard."""

    kind: Literal["batch"] = "batch"
    lot_satellites: int = Field(default=16, gt=0, le=100_000)
    """Neighbouring satellites of a plane, of one generation, whose GPUs come from one lot."""
    probability: float = Field(ge=0, le=1)
    """Probability that a lot is bad."""
    law: AnyLaw
    """Added life-limiting law of every GPU in a bad lot."""


class Shock(Parameters):
    """Something that hits many at once."""

    kind: Literal["shock"] = "shock"
    scope: Literal["fleet", "plane", "satellite"]
    """Who is hit together."""
    rate_per_year: float = Field(ge=0, le=1e4)
    """Shocks of one fleet, plane or slot and year."""
    gpu_lethality: float = Field(default=0.0, ge=0, le=1)
    """Probability that it kills a GPU, each on its own."""
    satellite_lethality: float = Field(default=0.0, ge=0, le=1)
    """Probability that it kills a satellite, each on its own."""
    outage_hours: float = Field(default=0.0, ge=0, le=8760)
    """Hours that those hit do not compute: a software fault, a safe mode.  A satellite's own shock stops the GPUs of
    its plane's gangs only as far as they lie on it."""

    @model_validator(mode="after")
    def _does_something(self) -> Shock:
        if self.scope == "satellite" and self.outage_hours > 0:
            raise ValueError("a satellite alone has no outage_hours: give interruptions per satellite instead")
        return self


class DebrisEvent(Parameters):
    """A breakup near a plane's altitude: for a time there is more to be hit by."""

    kind: Literal["debris_event"] = "debris_event"
    rate_per_year: float = Field(ge=0, le=100)
    """Events of the whole fleet's altitude and year."""
    flux_factor: float = Field(gt=1, le=1e6)
    """Flux of lethal debris over the usual one, for all planes."""
    duration_days: float = Field(ge=1e-3, le=3650)
    """How long it lasts."""


CommonCause = Annotated[BatchDefect | Shock | DebrisEvent, Field(discriminator="kind")]


class Reliability(Parameters):
    """How units fail."""

    gpu: AnyLaw
    """Permanent failure of one GPU by its own ageing; radiation comes beside it."""
    bus: AnyLaw
    """Loss of the satellite bus, and all its GPUs with it."""
    dormancy_factor: float = Field(default=0.1, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 1))
    """Pace at which the GPUs of a stored spare age; the bus of a spare ages at full pace."""
    stress: Stress = Stress()
    """The conditions for which the laws of GPUs and groups hold."""
    gpu_burn_in_days: float = Field(default=0.0, ge=0, le=3650)
    """Effective days that GPUs have lived on the ground before flight; what fails there does not fly, and the price of
    those that do bears it."""
    resettable_fraction: float = Field(default=0.0, ge=0, lt=1)
    """Share of the failures under `gpu` that a power cycle clears: they stop the job and kill nothing."""
    warnings_per_failure: float = Field(default=0.0, ge=0, le=100)
    """Mean number of transient faults of a GPU in the `warning_days` before it fails for good."""
    warning_days: float = Field(default=14.0, ge=1e-3, le=365, json_schema_extra=cited("A", "engineering judgement"))
    """Days before a GPU's permanent failure within which it gives warnings."""
    bus_shares: dict[Name, Annotated[float, Field(ge=0, le=1e9)]] = Field(default_factory=dict)
    """Subsystems that bus failures are put down to, by weight; empty: the log says `bus`."""
    groups: dict[Name, Group] = Field(default_factory=dict)
    """What carries GPUs and fails on its own, by name; `null` takes away one that a lower layer names, as below."""
    interruptions: dict[Name, Interruption] = Field(default_factory=dict)
    """What stops jobs without breaking anything, beside radiation, by name."""
    common_causes: dict[Name, CommonCause] = Field(default_factory=dict)
    """What hits many at once, by name."""
    stand_off_hours: float = Field(
        default=0.0, ge=0, le=8760, json_schema_extra=cited("A", "none, unless a scenario gives it", 0, 72)
    )
    """Hours that a `cluster` plane keeps its distance, without computing, when a satellite dies in it."""

    @model_validator(mode="after")
    def _shares_have_weight(self) -> Reliability:
        if self.bus_shares and sum(self.bus_shares.values()) < 1e-9:
            raise ValueError("bus_shares must have a positive sum, of at least 1e-9")
        return self

    @field_validator("groups", "interruptions", "common_causes", "bus_shares", mode="before")
    @classmethod
    def _null_takes_away(cls, value: Any) -> Any:
        # Layers merge mappings: without this nothing could take away what a layer below names.
        return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value
