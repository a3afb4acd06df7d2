"""How spares wait in the planes that they serve."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from sim.parameters import Parameters, cited

LEAST_BELOW_KM = 1.0
"""Spares that wait nearer to their plane drift too slowly past the slots, km."""


class WaitingSpares(Parameters):
    """Where the spares of a plane wait, and in what state; see `constellation.spare_berths_per_plane`."""

    mode: Literal["cold", "hot"] = "cold"
    """`cold`: dormant, electronics age at `reliability.dormancy_factor`; `hot`: powered and warm, everything ages as at
    work, and no check-out is needed.  Spares in parking orbits are always cold."""
    below_km: float = Field(
        default=0.0,
        ge=0,
        le=100,
        json_schema_extra=cited("A", "0: in the plane's own orbit; below a sun-synchronous plane 10 to 30", 0, 30),
    )
    """How far below their plane they wait, km, evenly along their orbit, at the inclination at which the nodes keep
    together.  They drift past the slots: the geometry of the day says when a spare is there, and it climbs with the
    delta-v that climb and turn take.  0: in the plane's own orbit, midway between slots, or beside a cluster;
    strategies say in how many days a spare moves (`phasing_days`), at the delta-v of that phasing.  Else 1
    or more: 1 km below 650 km a spare passes a slot once in some ten months, and metres below it never does."""
    checkout_days: float = Field(
        default=0.0, ge=0, le=365, json_schema_extra=cited("A", "start and test of a dormant satellite", 0, 7)
    )
    """From the decision to use a cold spare until it is started, checked out and ready to leave, days."""

    @field_validator("below_km")
    @classmethod
    def _passes_the_slots(cls, below_km: float) -> float:
        if 0 < below_km < LEAST_BELOW_KM:
            raise ValueError(
                f"must be 0, or from {LEAST_BELOW_KM:g} to 100 km: {1000 * below_km:.3g} m below, spares hardly "
                "drift, and none would come past a slot in time"
            )
        return below_km

    @model_validator(mode="after")
    def _hot_ones_are_ready(self) -> WaitingSpares:
        if self.mode == "hot" and self.checkout_days > 0:
            raise ValueError(
                f"checkout_days ({self.checkout_days:g}) must be 0 for mode 'hot': only a cold spare is checked out"
            )
        return self
