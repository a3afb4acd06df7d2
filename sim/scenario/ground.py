"""How results come down: ground stations, or a constellation that relays them."""

from __future__ import annotations

from pydantic import Field, model_validator

from sim.parameters import Label, Parameters, cited

MOST_STATIONS = 200
"""Ground stations of a scenario."""


class Station(Parameters):
    """A place on the ground that satellites send to."""

    name: Label
    """What it is called."""
    latitude_deg: float = Field(ge=-90, le=90)
    """Geodetic latitude, degrees north."""
    longitude_deg: float = Field(ge=-180, le=360)
    """Longitude, degrees east."""
    altitude_m: float = Field(default=0.0, ge=-500, le=9000)
    """Height above the ellipsoid, m."""
    min_elevation_deg: float = Field(
        default=20.0, ge=0, le=89, json_schema_extra=cited("A", "optical links look through little air", 5, 30)
    )
    """Elevation above which it can receive, degrees."""
    weather_availability: float = Field(
        default=0.69,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "X",
            "mean of eight optical sites in Australia and New Zealand, arXiv 2405.16626; single sites .6-.75",
            0.6,
            0.75,
        ),
    )
    """Share of time in which the sky is clear enough; radio: near 1."""
    satellites_at_once: int | None = Field(default=None, gt=0, le=1_000_000)
    """Satellites that it can receive at a time, which those in view share; none: as many as are in view."""


class Relay(Parameters):
    """A constellation that takes what a satellite sends at any time and brings it down."""

    rate_gb_s: float = Field(
        default=100.0,
        ge=1e-6,
        le=1e6,
        json_schema_extra=cited("S", "Starlink's lasers, 100 Gb/s and 200 at peak (SPIE 2024)", 25, 200),
    )
    """Rate of one satellite into it, Gb/s."""
    availability: float = Field(
        default=0.99,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "S", "Starlink's lasers are up for more than 99 % of the time (SPIE 2024)", 0.95, 0.999
        ),
    )
    """Share of time in which it takes anything."""
    hops: int = Field(default=4, ge=0, le=1000, json_schema_extra=cited("A", "engineering judgement", 1, 10))
    """Satellites of it that a message passes on its way."""
    hop_ms: float = Field(
        default=15.0, ge=0, le=1e6, json_schema_extra=cited("A", "4,000 km of light, and switching", 5, 25)
    )
    """Time from one of them to the next, ms."""


class Ground(Parameters):
    """Output to the ground: what cannot be sent is not sold."""

    stations: tuple[Station, ...] = Field(default=(), max_length=MOST_STATIONS)
    """Ground stations; a satellite sends to one at a time."""
    relay: Relay | None = None
    """Instead of ground stations."""
    downlink_gb_s: float | None = Field(default=None, ge=1e-6, le=1e6)
    """Rate of one satellite to a ground station, Gb/s; none: as `satellite.links.ground_rate_gb_s`, a radio's.  A relay
    has its own."""
    buffer_gb: float = Field(
        default=1000.0, ge=0, le=1e9, json_schema_extra=cited("A", "a small part of one host's disks", 10, 30_000)
    )
    """What waits aboard one satellite for the next contact with a station, at most, GB (gigabytes)."""

    @model_validator(mode="after")
    def _one_way_down(self) -> Ground:
        if bool(self.stations) == (self.relay is not None):
            raise ValueError("give either stations or a relay, and not both: one of the two brings results down")
        if self.relay is not None and self.downlink_gb_s is not None:
            raise ValueError("downlink_gb_s is the rate to ground stations: a relay has its own, relay.rate_gb_s")
        names = [station.name for station in self.stations]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"stations: two are called {twice!r}")
        return self
