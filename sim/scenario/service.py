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
    value_usd_per_gpu_hour: float = Field(
        default=2.49,
        ge=0,
        le=1e6,
        json_schema_extra=cited("S", "cost of a GPU-hour built on the ground: SemiAnalysis, 3 Jun 2026", 2, 3),
    )
    """Worth of a useful GPU-hour, USD."""
