"""The sky that a fleet shares with others and with its own dead."""

from __future__ import annotations

from pydantic import Field

from sim.parameters import Parameters, cited


class Sky(Parameters):
    """What a satellite meets in its shell: the catalogue, the fleet's own dead, and fragments of its own breakups.

    Rates follow from densities, in the mean over all chance, for a fleet whose slots are kept filled.
    """

    conjunctions: bool = False
    """Whether avoidance manoeuvres follow from densities, in place of `satellite.propulsion.manoeuvres_per_year`, and
    the fleet's own objects add to the debris that ends satellites."""
    breakup_feedback: bool = True
    """Whether breakups of the fleet's satellites leave fragments.  Only with `conjunctions`."""
    fleet_satellites: int | None = Field(default=None, gt=0, le=100_000_000)
    """Satellites of the whole fleet, of which the scenario's slots are a sample; none: the slots are all there are."""
    shell_km: float = Field(
        default=10.0,
        ge=0.1,
        le=1000,
        json_schema_extra=cited("A", "tolerance of an altitude and the spacing of planes", 1, 50),
    )
    """Range of altitudes over which the satellites of an altitude are spread, km."""
    debris_band_km: float = Field(
        default=200.0,
        ge=1,
        le=1000,
        json_schema_extra=cited(
            "A",
            "the standard breakup model throws 10 cm at 100 m/s, 60 each way: 110 km of altitude up and down; the dead "
            "sink through it",
            50,
            500,
        ),
    )
    """Range around an altitude over which dead satellites and fragments are spread as long as they count, km; at least
    `shell_km`."""
    catalogue_factor: float = Field(
        default=1.0,
        ge=0,
        le=1e4,
        json_schema_extra=cited(
            "A", "without Starlink little has changed since 2022; other constellations are", 0.8, 3
        ),
    )
    """Tracked objects of others over those of early 2022, at every altitude."""
    screening_km: float = Field(
        default=5.0, ge=0.01, le=1000, json_schema_extra=cited("S2", "CelesTrak's SOCRATES, as quoted by H. Lewis 2022")
    )
    """Miss distance within which a pass counts as a conjunction, km: for `describe`, nothing follows from it."""
    least_probability: float = Field(
        default=3e-7,
        ge=1e-12,
        le=1,
        json_schema_extra=cited("S2", "SpaceX to the FCC, 31 December 2025, as reported; others 1e-4", 1e-7, 1e-4),
    )
    """Probability of collision from which on a satellite gives way."""
    most_manoeuvres_per_day: float = Field(
        default=15.0,
        ge=0.01,
        le=1000,
        json_schema_extra=cited("A", "one an orbit: what is closer together one burn gives way to", 1, 15),
    )
    """Manoeuvres that a satellite makes in a day at most."""
    miss_sigma_m: float = Field(
        default=350.0,
        ge=1,
        le=1e5,
        json_schema_extra=cited(
            "C",
            "70 radii of 5 m: then a threshold of 1e-6 asks for twice the manoeuvres of 1e-5, as H. Lewis found of "
            "Starlink's in July 2024",
            100,
            1000,
        ),
    )
    """Standard error of a predicted miss, each way across the other's path, m."""
    own_share: float = Field(
        default=0.001,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "one operator's satellites are kept apart by design and share plans", 0, 0.01),
    )
    """Of the passes that random phases would give between the fleet's satellites at work, the share that happens."""
    avoidance_failure: float = Field(
        default=0.02,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "outages, late or poor orbits, others that move unannounced", 0.002, 0.1),
    )
    """Share of the collisions with tracked objects that avoidance does not prevent."""
    stranded_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "A", "Starlink reports a handful of thousands that cannot manoeuvre; some early ones could not", 0.02, 1
        ),
    )
    """Share of the satellites lost with their bus or to debris that stay where they are; the others lower themselves as
    those do whose life ends by plan."""
    explosions_per_year: float = Field(
        default=2e-4,
        ge=0,
        le=1,
        json_schema_extra=cited(
            "C", "two Starlinks, 17 December 2025 and 29 March 2026, of some 10,000 in a year", 2e-5, 7e-4
        ),
    )
    """Breakups of a satellite in a year by its own doing, live or dead: battery, tank.  Live ones are among those whose
    bus fails."""
    explosion_scale: float = Field(
        default=0.1,
        ge=1e-4,
        le=10,
        json_schema_extra=cited(
            "C", "24 fragments above 10 cm: tens of objects were seen of both, LeoLabs as reported", 0.05, 1
        ),
    )
    """Fragments of such a breakup over those of an upper stage's explosion in NASA's standard breakup model."""
    fragment_m2_per_kg: float = Field(
        default=0.1, ge=1e-3, le=10, json_schema_extra=cited("R", "typical of 10 cm: Johnson et al. 2001", 0.03, 0.5)
    )
    """Area over mass of fragments: for how long they stay, and which can break up a satellite."""
    tracked_cm: float = Field(
        default=10.0, ge=1, le=100, json_schema_extra=cited("R", "catalogue of the US in low orbits", 3, 10)
    )
    """Smallest fragment that is tracked and given way to, cm."""
