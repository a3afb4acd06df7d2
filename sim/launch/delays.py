"""Laws of random delays, and how long a failure grounds a vehicle."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import ndtri

from sim.parameters import Parameters, cited

Floats = NDArray[np.float64]


class DelayLaw(Parameters):
    """A law of random delays in days."""

    def draw(self, stream: np.random.Generator) -> float:
        """One delay in days."""
        raise NotImplementedError

    def expected_days(self) -> float:
        """Expected delay in days."""
        raise NotImplementedError

    def quantile(self, share: Floats) -> Floats:
        """Delays that are not exceeded with these probabilities, days: of many draws at once."""
        raise NotImplementedError


class ConstantDelay(DelayLaw):
    """Always the same delay."""

    kind: Literal["constant"] = "constant"
    days: float = Field(ge=0, le=36525)
    """Delay, days."""

    def draw(self, stream: np.random.Generator) -> float:
        return self.days

    def expected_days(self) -> float:
        return self.days

    def quantile(self, share: Floats) -> Floats:
        return np.full(share.shape, self.days)


class ExponentialDelay(DelayLaw):
    """A minimum plus an exponential delay."""

    kind: Literal["exponential"] = "exponential"
    mean_days: float = Field(ge=1e-6, le=36525)
    """Mean of the exponential part, days."""
    minimum_days: float = Field(default=0.0, ge=0, le=36525)
    """Days that pass in any case."""

    def draw(self, stream: np.random.Generator) -> float:
        return self.minimum_days + self.mean_days * float(stream.standard_exponential())

    def expected_days(self) -> float:
        return self.minimum_days + self.mean_days

    def quantile(self, share: Floats) -> Floats:
        return self.minimum_days - self.mean_days * np.log1p(-share)


class UniformDelay(DelayLaw):
    """Any delay between two bounds, equally likely."""

    kind: Literal["uniform"] = "uniform"
    low_days: float = Field(ge=0, le=36525)
    """Shortest delay, days."""
    high_days: float = Field(ge=0, le=36525)
    """Longest delay, days; not below `low_days`."""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> UniformDelay:
        if self.high_days < self.low_days:
            raise ValueError(f"high_days ({self.high_days}) must not be below low_days ({self.low_days})")
        return self

    def draw(self, stream: np.random.Generator) -> float:
        return self.low_days + (self.high_days - self.low_days) * float(stream.random())

    def expected_days(self) -> float:
        return 0.5 * (self.low_days + self.high_days)

    def quantile(self, share: Floats) -> Floats:
        return self.low_days + (self.high_days - self.low_days) * share


class LognormalDelay(DelayLaw):
    """Log-normal delay: mostly short, now and then very long."""

    kind: Literal["lognormal"] = "lognormal"
    median_days: float = Field(ge=1e-6, le=36525)
    """Median, days."""
    sigma: float = Field(ge=0, le=5)
    """Standard deviation of the logarithm."""

    def draw(self, stream: np.random.Generator) -> float:
        return float(self.median_days * np.exp(self.sigma * stream.standard_normal()))

    def expected_days(self) -> float:
        return float(self.median_days * np.exp(0.5 * self.sigma**2))

    def quantile(self, share: Floats) -> Floats:
        return np.asarray(self.median_days * np.exp(self.sigma * ndtri(share)))


AnyDelay = Annotated[ConstantDelay | ExponentialDelay | UniformDelay | LognormalDelay, Field(discriminator="kind")]


class StandDown(Parameters):
    """How long a failure grounds the vehicle: log-normal, with a chance of a long investigation."""

    median_days: float = Field(
        default=15.0,
        ge=0,
        le=36525,
        json_schema_extra=cited("S", "Falcon 9 stood down 16, 13, 0 and about 14 days after its failures of 2024-25"),
    )
    """Median, days."""
    sigma: float = Field(default=1.0, ge=0, le=5, json_schema_extra=cited("A", "engineering judgement"))
    """Standard deviation of the logarithm."""
    long_probability: float = Field(default=0.1, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement"))
    """Probability of a long investigation instead."""
    long_days: float = Field(
        default=150.0,
        ge=0,
        le=36525,
        json_schema_extra=cited("R", "176 and 135 days after the failures of 2015 and 2016", 135, 176),
    )
    """Length of a long investigation, days."""

    def draw(self, stream: np.random.Generator) -> float:
        """One stand-down in days; always two draws, so that later draws of the stream keep their place."""
        long, normal = stream.random(), stream.standard_normal()
        if long < self.long_probability:
            return self.long_days
        return float(self.median_days * np.exp(self.sigma * normal))

    def quantile(self, long: Floats, share: Floats) -> Floats:
        """Stand-downs of two numbers each, uniform in 0..1, days: of many draws at once."""
        ordinary = self.median_days * np.exp(self.sigma * ndtri(share))
        return np.where(long < self.long_probability, self.long_days, ordinary)

    def expected_days(self) -> float:
        """Expected stand-down in days."""
        ordinary = self.median_days * float(np.exp(0.5 * self.sigma**2))
        return self.long_probability * self.long_days + (1 - self.long_probability) * ordinary
