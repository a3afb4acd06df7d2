"""What is known of a vehicle's reliability from its flights."""

from __future__ import annotations

from math import inf

import numpy as np
from pydantic import Field, model_validator
from scipy.special import betaincinv

from sim.parameters import Parameters


class FlightRecord(Parameters):
    """Flights so far and those that failed: belief in success is Beta(successes + 1/2, failures + 1/2), by Jeffreys.

    Each flight of a run adds to what an operator knows: after s successes in n flights of all, its own included, the
    next one succeeds with probability (s + 1/2) / (n + 1).  Outcomes that follow this rule flight by flight are those
    of a probability drawn once from the belief (de Finetti's theorem), and so a replicate draws one for the vehicle:
    what strategies fly on one date then succeeds or fails alike.
    """

    flights: int = Field(ge=0, le=1_000_000)
    """Flights before the mission starts."""
    failures: int = Field(ge=0, le=1_000_000)
    """Of these, those that did not deliver."""

    @model_validator(mode="after")
    def _failures_are_flights(self) -> FlightRecord:
        if self.failures > self.flights:
            raise ValueError(f"failures ({self.failures}) must not exceed flights ({self.flights})")
        return self

    @property
    def shapes(self) -> tuple[float, float]:
        """The two parameters of the Beta distribution."""
        return self.flights - self.failures + 0.5, self.failures + 0.5

    def mean(self, successes: int = 0, failures: int = 0) -> float:
        """Probability that the next flight delivers, after so many more."""
        good, bad = self.shapes
        return (good + successes) / (good + bad + successes + failures)

    def interval(self) -> tuple[float, float]:
        """Between what the probability lies with 95 %, as much being cut off on either side."""
        low, high = betaincinv(*self.shapes, [0.025, 0.975])
        return float(low), float(high)

    @property
    def flights_per_delivery(self) -> float:
        """Flights that one delivery takes on average, E[1/p]; infinite where no flight has succeeded yet."""
        good, bad = self.shapes
        return (good + bad - 1) / (good - 1) if good > 1 else inf

    def draw(self, stream: np.random.Generator) -> float:
        """One probability from the belief."""
        return float(stream.beta(*self.shapes))
