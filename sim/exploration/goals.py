"""The `optimise:` block of a study file: what `orbitfleet optimise` looks for."""

from __future__ import annotations

from pydantic import Field

from sim.parameters import Parameters


class Goals(Parameters):
    """What is sought, and how long."""

    objectives: tuple[str, ...] = ("total_cost_usd", "useful_gpu_hours")
    """Metrics to make better, each in its own direction."""
    sla: dict[str, float] = Field(default_factory=dict)
    """Metrics that must be reached with 95 % confidence, and the value of each: at least, or at most where lower is
    better."""
    trials: int = Field(default=100, ge=1, le=1_000_000)
    """Designs to try."""
