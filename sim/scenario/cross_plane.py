"""Links between the planes of a shell, over which a gang may span them."""

from __future__ import annotations

from pydantic import Field

from sim.parameters import Parameters, cited


class CrossPlaneLinks(Parameters):
    """Optical links between neighbouring satellites of adjacent planes.

    With them a job that no plane holds lies on several planes of a shell, at the pace of these links.  Each satellite
    keeps to the neighbour in the next plane with which its link is up longest.
    """

    rate_gb_s: float = Field(
        default=100.0,
        ge=1e-6,
        le=1e9,
        json_schema_extra=cited("S", "Starlink, SPIE 2024: 100 to 200 Gb/s a laser", 1, 200),
    )
    """Rate of one link where it is up, Gbit/s, on the line; `links.efficiency` of it is payload."""
    full_rate_km: float | None = Field(default=None, ge=1e-3, le=1e6)
    """Distance up to which the link has its rate, km; beyond, the rate falls with the square of the distance, as the
    power received does.  None: it has it at any distance."""
    max_range_km: float = Field(
        default=5400.0, ge=1e-3, le=1e6, json_schema_extra=cited("S", "Starlink's longest link, SPIE 2024", 1000, 6000)
    )
    """Distance beyond which the link is down, km."""
    cut_off_latitude_deg: float = Field(
        default=70.0,
        ge=0,
        le=90,
        json_schema_extra=cited(
            "R", "Iridium opens its cross-plane links above about 68 degrees, where pointing turns fast", 60, 80
        ),
    )
    """Latitude above which the link is down, degrees: towards the pole the planes cross and change sides."""
    terminals_per_satellite: float = Field(
        default=2.0, ge=0, le=1000, json_schema_extra=cited("A", "one towards either neighbouring plane", 1, 4)
    )
    """Terminals aboard for these links beside those of `links.links_per_satellite`: they weigh and cost as those do."""
    grazing_altitude_km: float = Field(
        default=80.0, ge=0, le=1000, json_schema_extra=cited("A", "air bends and dims the beam below", 50, 150)
    )
    """Altitude below which the line of sight must not dip, km."""
