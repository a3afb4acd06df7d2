"""Light and shadow, what GPUs do in the dark, and the Sun's activity."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.parameters import Parameters, cited
from sim.physics.solar_cycle import SolarLevel


class Light(Parameters):
    """How the Earth's shadow is modelled."""

    shadow: Literal["point", "umbra", "penumbra"] = "penumbra"
    """`penumbra`: finite Sun, dark from the first loss of light, power by the visible part of the disc; `umbra`: dark
    in full shadow only; `point`: point Sun, which on the sphere is Skyfield's own model."""
    earth: Literal["sphere", "ellipsoid"] = "ellipsoid"
    """What casts the shadow."""
    opaque_atmosphere_km: float = Field(
        default=12.0, ge=0, le=100, json_schema_extra=cited("A", "ellipsoid and air together come close to the sphere")
    )
    """Height up to which the air is opaque, km."""


class Power(Parameters):
    """What the GPUs do in the dark."""

    eclipse_policy: Literal["ride_through", "throttle", "pause", "migrate"] = "ride_through"
    """`ride_through`: carry on from the battery, as far as it goes; `throttle`: run at the lowest frequency; `pause`:
    stop from entry to exit, after a planned checkpoint; `migrate`: hand the work to satellites in light."""
    migration_gb_per_gpu: float = Field(
        default=200.0, ge=0, le=1e6, json_schema_extra=cited("A", "the memory of the accelerator")
    )
    """State that a migrating gang moves for each GPU, GB."""
    migration_pause_s: float = Field(default=5.0, ge=0, le=86400, json_schema_extra=cited("A", "engineering judgement"))
    """Standstill at each hand-over beside the transfer, s."""


class Space(Parameters):
    """The surroundings that nobody chooses."""

    solar_activity: SolarLevel = SolarLevel.NOMINAL
    """Strength of the solar cycle: `low`, `nominal` or `high`; it drives the air's density and the debris' decay."""
