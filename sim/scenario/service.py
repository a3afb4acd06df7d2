"""What was promised, and what it is worth."""

from __future__ import annotations

from pydantic import Field

from sim.parameters import Parameters, cited


class Service(Parameters):
    """What was promised."""

    sla_capacity_fraction: float = Field(
        default=0.9, ge=1e-6, le=1, json_schema_extra=cited("A", "no operator has published a promise")
    )
    """Share of the nameplate capacity that should be online at all times."""
    demand_fraction: float | None = Field(default=None, ge=1e-6, le=1)
    """Useful work that somebody wants, as a share of what the nameplate GPUs could do over the mission: more has no
    value.  None: as `sla_capacity_fraction`."""
    value_usd_per_gpu_hour: float = Field(
        default=2.49,
        ge=0,
        le=1e6,
        json_schema_extra=cited(
            "S", "cost of one on the ground, SemiAnalysis, 3 June 2026; H100s are rented at $2-3 [R]", 1, 11
        ),
    )
    """Worth of a useful GPU-hour, USD: what buying it elsewhere costs; with it strategies are ranked at equal
    service."""

    value_decline_per_year: float = Field(
        default=0.25,
        ge=0,
        le=0.9,
        json_schema_extra=cited(
            "A", "rents of H100s fell by a quarter to a half a year from 2023 to 2025 [R]", 0.1, 0.4
        ),
    )
    """Share by which an hour on a given GPU loses worth in a year, since newer ones do more: in net present value an
    hour is worth `value_usd_per_gpu_hour` on a GPU that is new, whenever it flies, and less by its age."""

    @property
    def demand(self) -> float:
        """Share of the nameplate's hours that somebody wants."""
        return self.sla_capacity_fraction if self.demand_fraction is None else self.demand_fraction
