"""Where satellites work: shells of orbital planes, and the places for spares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.parameters import Label, Parameters, cited
from sim.scenario.spares import WaitingSpares

Formation = Literal["spaced", "cluster"]


class Shell(Parameters):
    """A group of planes of one kind."""

    formation: Formation = "spaced"
    """`spaced`: satellites evenly around the plane; `cluster`: all of a plane within a kilometre, so that they enter
    the shadow together."""
    eccentricity: float = Field(default=0.0, ge=0, le=0.15)
    """Mean eccentricity of every orbit."""
    argument_of_perigee_deg: float = Field(default=0.0, ge=0, lt=360)
    """Perigee's argument of latitude at the start, degrees; it drifts with J2."""
    node_offset_deg: float = Field(default=0.0, ge=-180, le=180)
    """Every node this far east of where the pattern has it, degrees: a tolerance, or a late launch."""
    inclination_error_deg: float = Field(default=0.0, ge=-2, le=2)
    """Inclination above the planned one where the node is `free`, degrees."""
    node_keeping: Literal["held", "free"] = "held"
    """`held`: thrusters hold inclination and node, at a price in delta-v; `free`: Sun, Moon and `inclination_error_deg`
    let them drift, and local time and eclipse season with them."""


class WalkerShell(Shell):
    """A Walker pattern i:t/p/f of circular orbits (Walker 1984, J. Brit. Interplanet. Soc. 37, 559)."""

    kind: Literal["walker"] = "walker"
    altitude_km: float = Field(ge=200, le=2000)
    """Altitude of the mean orbit above the equatorial radius, km."""
    inclination_deg: float = Field(ge=0, le=180)
    """Inclination, degrees."""
    planes: int = Field(gt=0, le=10_000)
    """Number of planes p."""
    satellites_per_plane: int = Field(gt=0, le=100_000)
    """Slots of one plane, t / p."""
    phasing: int = Field(default=0, ge=0, le=1_000_000_000)
    """Walker's f: the phase between neighbouring planes is f x 360 / t degrees."""
    raan_deg: float = Field(default=0.0, ge=0, lt=360)
    """Right ascension of the first plane's ascending node at the start, degrees."""
    raan_spread_deg: float = Field(default=360.0, ge=1e-3, le=360)
    """Span over which the nodes are spread: 360 a Walker delta, 180 a Walker star."""


class SunSynchronousShell(Shell):
    """Circular sun-synchronous planes named by the local time of their ascending node.

    The inclination is solved from SGP4's own nodal rate, so the local time holds over the mission.
    """

    kind: Literal["sun_synchronous"] = "sun_synchronous"
    altitude_km: float = Field(ge=200, le=2000)
    """Altitude of the mean orbit above the equatorial radius, km."""
    ltan_h: float = Field(ge=0, lt=24)
    """Local mean solar time of the ascending node of the first plane, hours: 6 and 18 are dawn-dusk."""
    planes: int = Field(default=1, gt=0, le=1000)
    """Number of planes."""
    ltan_spacing_h: float = Field(default=0.0, ge=0, lt=24)
    """Local time between neighbouring planes, hours; needed where there are several."""
    satellites_per_plane: int = Field(gt=0, le=100_000)
    """Slots of one plane."""

    @model_validator(mode="after")
    def _planes_differ(self) -> SunSynchronousShell:
        if self.planes > 1 and self.ltan_spacing_h == 0:
            raise ValueError(f"{self.planes} planes need an ltan_spacing_h above 0")
        return self


class CatalogueShell(Shell):
    """The planes of a real constellation, from a file of OMM (JSON, CSV, XML) or two-line element sets.

    Every satellite is taken as station-kept (drag term 0): SGP4 with drag over years is meaningless.
    """

    kind: Literal["catalogue"] = "catalogue"
    file: Annotated[str, Field(max_length=4000)]
    """Path of the element file, relative to the scenario file that names it."""
    name_contains: Label = ""
    """Only objects whose name contains this, upper or lower case."""
    exclude: tuple[Label, ...] = ()
    """Objects to leave out, by name or catalogue number."""
    inclination_gap_deg: float = Field(
        default=0.2, ge=1e-6, le=90, json_schema_extra=cited("A", "parts the shells of the public catalogue")
    )
    """Sorted by inclination, objects further apart than this belong to different shells, degrees."""
    mean_motion_gap_rev_per_day: float = Field(
        default=0.02, ge=1e-9, le=10, json_schema_extra=cited("A", "parts the shells of the public catalogue")
    )
    """Likewise by mean motion, revolutions a day: .02 is about 6 km of altitude."""
    raan_gap_deg: float = Field(
        default=1.5, ge=1e-6, le=180, json_schema_extra=cited("A", "parts the shells of the public catalogue")
    )
    """Within a shell, objects whose nodes are further apart than this belong to different planes, degrees."""


AnyShell = Annotated[WalkerShell | SunSynchronousShell | CatalogueShell, Field(discriminator="kind")]


class ParkingOrbits(Parameters):
    """Circular orbits in which spares wait, below or above a shell and at its inclination.

    Their nodes drift against the shell's under J2, so that one after another aligns with each plane; a spare then
    climbs into it.  They are places for spares alone: no satellite works there.
    """

    shell: int = Field(default=0, ge=0, le=1000)
    """Number of the shell that they serve."""
    altitude_km: float = Field(ge=200, le=2000)
    """Altitude of the mean orbit above the equatorial radius, km."""
    planes: int = Field(default=1, gt=0, le=1000)
    """Number of parking orbits, their nodes evenly over 360 degrees."""
    berths_per_plane: int = Field(gt=0, le=100_000)
    """Places for spares in each."""
    raan_offset_deg: float = Field(default=0.0, ge=-180, le=180)
    """Node of the first one at the start, east of that of the shell's first plane, degrees."""


class Constellation(Parameters):
    """Where satellites work, and the places for spares."""

    shells: tuple[AnyShell, ...] = Field(min_length=1)
    """The shells, numbered from 0."""
    spare_berths_per_plane: int = Field(default=0, ge=0, le=10_000)
    """Places for spares in every plane, whatever the strategy does with them."""
    spares: WaitingSpares = WaitingSpares()
    """Where they wait, and in what state."""
    parking: tuple[ParkingOrbits, ...] = Field(default=(), max_length=100)
    """Orbits in which spares for many planes wait."""

    @model_validator(mode="after")
    def _parking_serves_a_shell(self) -> Constellation:
        for number, park in enumerate(self.parking):
            if park.shell >= len(self.shells):
                raise ValueError(
                    f"parking.{number}.shell ({park.shell}) must be the number of a shell, 0 to {len(self.shells) - 1}"
                )
        return self

    @property
    def parking_berths(self) -> int:
        """Places for spares in all parking orbits."""
        return sum(park.planes * park.berths_per_plane for park in self.parking)
