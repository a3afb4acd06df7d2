"""Inference: replicas of a model on the GPUs that training leaves idle, for a demand in tokens."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sim.constants import HOURS_PER_DAY
from sim.parameters import Label, Parameters, cited

Floats = NDArray[np.float64]

MOST_TOKENS_PER_S = 1e18
HOURS = 24
"""Entries of a day curve."""
_NIGHT_AND_MORNING = (0.5, 0.4, 0.35, 0.3, 0.3, 0.35, 0.45, 0.6, 0.75, 0.9, 0.95, 1.0)
_DAY_CURVE = (*_NIGHT_AND_MORNING, 0.95, 0.95, 1.0, 1.0, 0.95, 0.9, 0.85, 0.85, 0.85, 0.8, 0.7, 0.6)


class ConstantDemand(Parameters):
    """The same demand at all times."""

    kind: Literal["constant"] = "constant"
    tokens_per_s: float = Field(ge=0, le=MOST_TOKENS_PER_S)
    """Tokens a second."""

    def tokens_per_s_by_hour(self, nameplate_tokens_per_s: float) -> Floats:
        """Demand in each hour of a day (UTC), tokens a second, shape (24,)."""
        return np.full(HOURS, self.tokens_per_s)


class ShareDemand(Parameters):
    """A share of what all nameplate GPUs could serve."""

    kind: Literal["share"] = "share"
    fraction: float = Field(default=1.0, ge=0, le=1000)
    """Demand over what the nameplate GPUs could serve; 1 or more: whatever is idle finds work."""

    def tokens_per_s_by_hour(self, nameplate_tokens_per_s: float) -> Floats:
        """Demand in each hour of a day (UTC), tokens a second, shape (24,)."""
        return np.full(HOURS, self.fraction * nameplate_tokens_per_s)


class Region(Parameters):
    """People who ask by the clock of their longitude."""

    name: Label
    """What it is called."""
    longitude_deg: float = Field(ge=-180, le=360)
    """Longitude whose solar time its day follows, degrees east."""
    peak_tokens_per_s: float = Field(ge=0, le=MOST_TOKENS_PER_S)
    """Demand where the day curve is 1, tokens a second."""
    day_curve: tuple[Annotated[float, Field(ge=0, le=1000)], ...] = Field(
        default=_DAY_CURVE,
        min_length=HOURS,
        max_length=HOURS,
        json_schema_extra=cited("A", "work and evening hours; no operator has published a curve"),
    )
    """Demand in each hour of the region's solar day from midnight on, as a share of the peak: 24 values."""


class RegionalDemand(Parameters):
    """Regions, each with its day."""

    kind: Literal["regions"] = "regions"
    regions: tuple[Region, ...] = Field(min_length=1, max_length=1000)
    """Who asks."""

    def tokens_per_s_by_hour(self, nameplate_tokens_per_s: float) -> Floats:
        """Demand in each hour of a day (UTC), tokens a second, shape (24,): exact means over the hour."""
        total = np.zeros(HOURS)
        for region in self.regions:
            shift = region.longitude_deg / 15
            first, part = int(np.floor(shift)), shift - np.floor(shift)
            curve = np.asarray(region.day_curve)
            total += region.peak_tokens_per_s * (
                (1 - part) * np.roll(curve, -first) + part * np.roll(curve, -first - 1)
            )
        return total


AnyDemand = Annotated[ConstantDemand | ShareDemand | RegionalDemand, Field(discriminator="kind")]


class InferenceService(Parameters):
    """Independent replicas of a model that serve tokens.

    They run on GPUs that no gang holds and give them back at once; a replica that loses a GPU, or has to give one back,
    loses the requests that it is working on and nothing else.  Services come in the order of the list, each with what
    those above it leave.
    """

    name: Label = "inference"
    """What the service is called."""
    gpus_per_replica: int = Field(default=1, gt=0, le=1_000_000)
    """GPUs that one replica of the model needs; only whole replicas serve."""
    replica_within: Literal["satellite", "plane"] = "satellite"
    """Where all GPUs of a replica must lie: on one satellite, or on any satellites of one plane."""
    tokens_per_s_per_gpu: float = Field(
        default=1000.0,
        ge=1e-9,
        le=1e12,
        json_schema_extra=cited("A", "a model of 70 billion parameters on a chip of 2024", 100, 10_000, "log_uniform"),
    )
    """Tokens that a GPU at full speed generates, a second."""
    flops_per_token: float = Field(
        default=1.4e11,
        ge=1,
        le=1e20,
        json_schema_extra=cited("C", "2 FLOPs a parameter and token, 70 billion parameters", 1e9, 2e12),
    )
    """FLOPs that a token takes: with `bits_per_flop` it gives the size of the output."""
    bits_per_flop: float = Field(
        default=1e-8,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "X", "text about 1e-8; embeddings, images and video about 2e-6", 1e-11, 2e-6, "log_uniform"
        ),
    )
    """Output sent down, bits for each FLOP."""
    bytes_per_token: float | None = Field(default=None, ge=0, le=1e12)
    """Output sent down, bytes for each token; none: bits_per_flop x flops_per_token / 8."""
    demand: AnyDemand = ShareDemand()
    """What is asked for: `constant`, `share` of the nameplate, or by `regions`."""
    latency_limit_s: float | None = Field(default=None, ge=0, le=1e9)
    """Longest time from a request to its answer, s; none: it may wait for the next contact, whenever that is."""
    response_s: float = Field(
        default=10.0, ge=0, le=1e6, json_schema_extra=cited("A", "some hundred tokens to one reader", 1, 60)
    )
    """Time in which a replica answers one request, s."""

    @model_validator(mode="after")
    def _answers_in_time(self) -> InferenceService:
        if self.latency_limit_s is not None and self.latency_limit_s < self.response_s:
            raise ValueError(
                f"latency_limit_s ({self.latency_limit_s:g}) is shorter than response_s ({self.response_s:g}): "
                "nothing could be served"
            )
        return self

    @property
    def output_bytes_per_token(self) -> float:
        """Bytes sent down for each token."""
        if self.bytes_per_token is not None:
            return self.bytes_per_token
        return self.bits_per_flop * self.flops_per_token / 8

    @property
    def tokens_per_gpu_day(self) -> float:
        """Tokens that a GPU at full speed generates in a day."""
        return self.tokens_per_s_per_gpu * HOURS_PER_DAY * 3600

    def demand_tokens_per_s(self, nameplate_gpus: int) -> Floats:
        """Demand in each hour of a day (UTC), tokens a second, shape (24,)."""
        return self.demand.tokens_per_s_by_hour(nameplate_gpus * self.tokens_per_s_per_gpu)
