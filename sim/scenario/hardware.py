"""A satellite as built: what it weighs, what feeds it, what cools it, what keeps it in orbit, what links it.

A size may be `sized`: then it is as large as the whole load needs on the worst day of the mission, at the end of the
design life, with `margin` on top.  `orbitfleet describe` prints what came out.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.parameters import Parameters, cited
from sim.physics.dose import shield_mass_kg
from sim.scenario.cross_plane import CrossPlaneLinks
from sim.scenario.energy import Battery, Radiator, Size, SolarArray

Floats = NDArray[np.float64]

MOST_KG = 1e7
"""Heaviest satellite, kg."""
LOWEST_HALF_KM = 300.0
"""Lowest altitude at which `insertion_altitude_km: half` leaves satellites, km: Starlink's [R]."""


class Gpu(Parameters):
    """One accelerator with its share of host, memory and network: power by frequency."""

    peak_w: float = Field(
        default=600.0, ge=1, le=1e6, json_schema_extra=cited("A", "with its share of host and network")
    )
    """Power at the highest frequency, W.  An H100 alone is rated 700, a TPU 300."""
    idle_w: float = Field(default=100.0, ge=0, le=1e6, json_schema_extra=cited("A", "engineering judgement", 60, 200))
    """Power when on and doing nothing, W."""
    power_exponent: float = Field(
        default=3.0, ge=1, le=5, json_schema_extra=cited("A", "voltage follows frequency", 2, 3)
    )
    """Power above idle grows as frequency to this; 3 where voltage follows frequency."""
    lowest_frequency: float = Field(
        default=0.4, ge=0.01, le=1, json_schema_extra=cited("A", "engineering judgement", 0.2, 0.6)
    )
    """Lowest frequency as a share of the highest."""
    peak_pflops: float = Field(
        default=0.918, ge=1e-6, le=1e6, json_schema_extra=cited("R", "TPU v6e, bfloat16, dense: Google's data sheet")
    )
    """Peak rate at the precision of training, dense, PFLOP/s: a job's `model` computes by it.  .989 H100, 2.25 B200."""
    hbm_gb: float = Field(default=32.0, ge=1e-3, le=1e6, json_schema_extra=cited("S2", "TPU v6e"))
    """Stacked memory, GB, which memory errors grow with.  80 H100, 192 B200, 288 Rubin."""

    @model_validator(mode="after")
    def _idle_is_below_peak(self) -> Gpu:
        if self.idle_w > self.peak_w:
            raise ValueError(f"idle_w ({self.idle_w:g}) must not exceed peak_w ({self.peak_w:g})")
        return self


class Propulsion(Parameters):
    """What holds the orbit, and what ends it."""

    propellant_kg: Size = "sized"
    """Propellant at launch, kg; when it is used up to what disposal needs, the satellite is retired."""
    isp_s: float = Field(default=1500.0, ge=10, le=20_000, json_schema_extra=cited("A", "Hall thruster", 1200, 2500))
    """Specific impulse, s."""
    insertion_altitude_km: Annotated[float, Field(ge=150, le=2000)] | Literal["half"] = Field(
        default="half",
        json_schema_extra=cited(
            "R", "Starlink is left near 300 km for 550, OneWeb near 590 for 1,200, Iridium 625 for 780"
        ),
    )
    """Where the launch leaves it; it raises itself the rest, km.  `half`: at half its altitude, but at 300 km or more
    (or in the orbit itself where that is lower)."""
    raise_m_s_per_day: Annotated[float, Field(ge=0.01, le=10_000)] | Literal["impulsive"] = Field(
        default=5.0,
        json_schema_extra=cited(
            "A", "Starlink climbs some 5 to 10 km a day with a Hall thruster [R]: 3 to 6 m/s", 2, 20
        ),
    )
    """Delta-v that it gives in a day when it climbs from a parking orbit to its plane, m/s; `impulsive`: two burns half
    an orbit apart."""
    drag_coefficient: float = Field(
        default=2.2, ge=0.5, le=5, json_schema_extra=cited("R", "Vallado 2013, section 8.6", 2, 2.6)
    )
    """Drag coefficient of the whole satellite."""
    body_drag_area_m2: float = Field(default=4.0, ge=0, le=1e6, json_schema_extra=cited("A", "engineering judgement"))
    """Area of body and radiator that meets the flow, m^2; the array's is computed from its mount and the Sun."""
    manoeuvres_per_year: float = Field(
        default=33.0, ge=0, le=1e5, json_schema_extra=cited("S", "Starlink, June to November 2025")
    )
    """Avoidance manoeuvres of a satellite in a year."""
    manoeuvre_m_s: float = Field(
        default=0.02, ge=0, le=1000, json_schema_extra=cited("A", "engineering judgement", 0.01, 0.1)
    )
    """Delta-v of one, out and back, m/s."""
    manoeuvre_pause_min: float = Field(
        default=0.0, ge=0, le=1440, json_schema_extra=cited("A", "optical links may need the attitude", 0, 60)
    )
    """Compute lost by one, minutes."""
    disposal_perigee_km: float = Field(default=250.0, ge=150, le=600)
    """Perigee to which a satellite lowers itself at the end, km."""
    disposal_success: float = Field(
        default=0.95, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0.90, 0.99)
    )
    """Probability that it succeeds."""
    slot_clearance_km: float = Field(
        default=10.0, ge=0, le=1000, json_schema_extra=cited("A", "engineering judgement", 1, 50)
    )
    """Distance by which the air must have drawn a dead satellite ahead before its slot can be used again, km; 0: at
    once.  A day or two below 700 km, weeks from 1,200 km on."""
    vulnerable_area_m2: Annotated[float, Field(ge=0, le=1e6)] | Literal["sized"] = "sized"
    """Outer surface on which a hit by debris of `lethal_size_cm` ends the satellite, m^2; `sized`: that of the bus and
    of the shielded box (`shield.area_m2`), and shares of both faces of array and radiator."""
    bus_surface_m2: float = Field(
        default=2.0, ge=0, le=1e6, json_schema_extra=cited("A", "engineering judgement", 1, 6)
    )
    """Surface of the bus beside the shielded box, m^2."""
    array_vulnerable_share: float = Field(
        default=0.03,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "booms, drives, main harness; a hit elsewhere costs cells", 0.01, 0.2),
    )
    """Share of the array's faces on which such a hit ends the satellite."""
    radiator_vulnerable_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "manifolds and pumps; a hit on a tube empties one loop", 0.01, 0.5),
    )
    """Share of the radiator's faces on which it does."""
    lethal_size_cm: float = Field(default=1.0, ge=0.1, le=100, json_schema_extra=cited("A", "engineering judgement"))
    """Smallest debris that ends a satellite, cm."""
    margin: float = Field(default=0.2, ge=0, le=10, json_schema_extra=cited("A", "engineering judgement"))
    """What `sized` adds to the need."""

    def insertion_km(self, altitude_km: ArrayLike) -> Floats:
        """Where the launch leaves satellites of orbits at these altitudes, km."""
        altitude = np.asarray(altitude_km, float)
        given = self.insertion_altitude_km
        wanted = np.maximum(LOWEST_HALF_KM, altitude / 2) if given == "half" else given
        return np.asarray(np.minimum(wanted, altitude))


class Links(Parameters):
    """Optical links between the satellites of a gang."""

    rate_gb_s: float = Field(default=100.0, ge=1e-6, le=1e9, json_schema_extra=cited("S", "Starlink, SPIE 2024"))
    """Rate of one link, Gbit/s.  9,600 Suncatcher's design, 1,000 AI1."""
    efficiency: float = Field(default=0.8, ge=1e-3, le=1, json_schema_extra=cited("A", "engineering judgement"))
    """Payload over line rate."""
    range_km: float = Field(default=1000.0, ge=1e-3, le=1e6)
    """Distance between neighbours, km."""
    hop_latency_us: float = Field(default=1.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement"))
    """Switching of one hop, microseconds."""
    links_per_satellite: float = Field(default=2.0, ge=0, le=1000)
    """Links that a gang cannot do without: 2 in a ring.  As many terminals are aboard."""
    mtbf_h: float = Field(
        default=500.0, ge=1e-3, le=1e9, json_schema_extra=cited("A", "no terminal's is published", 100, 5000)
    )
    """Mean time a link is up, hours."""
    reacquisition_s: float = Field(
        default=20.0, ge=0, le=1e6, json_schema_extra=cited("A", "Starlink's fastest acquisition takes 12 s", 10, 60)
    )
    """Mean time to point it again, s."""
    intra_rate_gb_s: float = Field(default=3200.0, ge=1e-6, le=1e9, json_schema_extra=cited("A", "400 GB/s"))
    """Rate of a GPU within its satellite, Gbit/s."""
    storage_rate_gb_s: float = Field(
        default=200.0, ge=1e-6, le=1e9, json_schema_extra=cited("A", "four flash drives of 6 GB/s", 50, 800)
    )
    """Rate of a satellite's own storage, Gbit/s, for checkpoints."""
    ground_rate_gb_s: float = Field(default=1.0, ge=1e-9, le=1e9, json_schema_extra=cited("S2", "by radio"))
    """Downlink of a satellite, Gbit/s: what a checkpoint takes to the ground, and output too where
    `ground.downlink_gb_s` says nothing else."""
    cross_plane: CrossPlaneLinks | None = None
    """Links between the planes of a shell; none: every gang lies within one plane."""

    @property
    def terminals_per_satellite(self) -> float:
        """Optical terminals aboard."""
        return self.links_per_satellite + (
            0.0 if self.cross_plane is None else self.cross_plane.terminals_per_satellite
        )


class Shield(Parameters):
    """What stands between space and the chips, as the wall of an aluminium sphere."""

    thickness_mm: float = Field(
        default=10.0, ge=1, le=20, json_schema_extra=cited("S2", "Suncatcher's study, arXiv 2511.19468")
    )
    """Aluminium, mm, structure and boxes included."""
    area_m2: float = Field(default=4.0, ge=0, le=1e6, json_schema_extra=cited("A", "engineering judgement"))
    """Area of the shielded box, m^2, for the shield's mass."""
    included_mm: float = Field(default=10.0, ge=0, le=20)
    """Thickness that a `satellite.mass_kg` given as a number already contains, mm; more is added to it, less taken off.
    A mass that is `sized` contains the shield as it is."""


class Parts(Parameters):
    """What the parts weigh that stand under no heading of their own.

    The others are under `array`, `battery`, `radiator` and `shield`; propellant follows from the orbit.
    """

    mass_per_gpu_kg: float = Field(
        default=3.0,
        ge=0,
        le=10_000,
        json_schema_extra=cited(
            "A", "a rack of 72 on the ground weighs 19 for each, most of it rack, busbar and manifolds", 1.5, 8
        ),
    )
    """One GPU, spare or not, with its share of host, board, network and cold plates, kg."""
    avionics_kg: float = Field(default=40.0, ge=0, le=1e6, json_schema_extra=cited("A", "60 with two links", 25, 100))
    """Avionics, attitude control and thrusters, kg."""
    mass_per_link_kg: float = Field(
        default=10.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 5, 25)
    )
    """One optical terminal (`links.links_per_satellite`, and those of `links.cross_plane`), kg."""
    structure_share: float = Field(
        default=0.12, ge=0, le=0.5, json_schema_extra=cited("A", "engineering judgement", 0.08, 0.2)
    )
    """Structure and mechanisms as a share of the dry mass, margin included."""
    margin_share: float = Field(
        default=0.10, ge=0, le=0.4, json_schema_extra=cited("A", "by maturity of the design", 0.05, 0.25)
    )
    """Margin as a share of the dry mass, itself included."""


class Tray(Parameters):
    """A board that needs some of its GPUs: with fewer it is switched off, and the others with it."""

    gpus: int = Field(gt=0, le=100_000)
    """GPUs of a tray, in order of their position; the last tray may have fewer."""
    gpus_needed: int = Field(default=1, gt=0, le=100_000)
    """GPUs that must live for the tray to go on."""

    @model_validator(mode="after")
    def _has_those_it_needs(self) -> Tray:
        if self.gpus_needed > self.gpus:
            raise ValueError(f"gpus_needed ({self.gpus_needed}) must not exceed gpus ({self.gpus})")
        return self


class Satellite(Parameters):
    """One satellite, as built."""

    gpus: int = Field(gt=0, le=100_000)
    """Accelerators that work when all is well: the nameplate."""
    spare_gpus: int = Field(default=0, ge=0, le=100_000)
    """Accelerators beside them that step in for those that fail."""
    spare_gpus_standby: Literal["hot", "warm", "cold"] = "cold"
    """How they wait: `hot` they age like the others, `warm` at `reliability.dormancy_factor`, `cold` not at all.
    Radiation ages them all alike."""
    gpus_needed: int = Field(default=0, ge=0, le=100_000)
    """Accelerators that must live for the satellite to go on; with fewer it is retired."""
    gpus_per_host: int = Field(default=4, gt=0, le=1024, json_schema_extra=cited("A", "engineering judgement"))
    """Accelerators of one host computer."""
    tray: Tray | None = None
    """Boards that GPUs share; none: each stands alone."""
    shield: Shield = Shield()
    """What stands between space and the chips."""
    stowed_m3: float | None = Field(default=None, ge=1e-6, le=1e6)
    """Volume that one takes up under a fairing (`launch.vehicle.fairing_m3`), what holds it included, m^3; none: mass
    and number alone decide how many fly together."""
    mass_kg: Annotated[float, Field(ge=1e-3, le=MOST_KG)] | Literal["sized"]
    """Launch mass with the shield named `included`, kg; `sized`: the sum of the parts, propellant included.  A number
    is compared with that sum."""
    design_life_years: float = Field(ge=1e-3, le=100)
    """Years after which it is retired, however well it works."""
    bus_power_w: float = Field(default=1000.0, ge=0, le=1e9, json_schema_extra=cited("A", "engineering judgement"))
    """Constant load of everything but the GPUs: attitude, links, pumps, thrusters, W."""
    gpu: Gpu = Gpu()
    """Power of one accelerator."""
    array: SolarArray = SolarArray()
    """What feeds it."""
    battery: Battery = Battery()
    """What carries it through eclipses."""
    radiator: Radiator = Radiator()
    """What cools it."""
    propulsion: Propulsion = Propulsion()
    """What holds its orbit."""
    links: Links = Links()
    """What connects it to the others of a gang."""
    parts: Parts = Parts()
    """What the rest of it weighs."""

    @model_validator(mode="after")
    def _given_mass_holds_what_it_must(self) -> Satellite:
        propellant, total_kg = self.propulsion.propellant_kg, self.given_launch_mass_kg
        if self.mass_kg == "sized" or total_kg is None:
            return self
        if propellant != "sized" and propellant >= self.mass_kg:
            raise ValueError(f"propulsion.propellant_kg ({propellant:g}) must be below mass_kg ({self.mass_kg:g})")
        if total_kg <= 0:
            raise ValueError(
                f"shield.included_mm ({self.shield.included_mm:g}) weighs more than mass_kg ({self.mass_kg:g})"
            )
        return self

    @model_validator(mode="after")
    def _gpus_suffice(self) -> Satellite:
        if self.gpus_needed > self.gpus:
            raise ValueError(f"gpus_needed ({self.gpus_needed}) must not exceed gpus ({self.gpus})")
        return self

    @property
    def positions(self) -> int:
        """Accelerators aboard, spares included."""
        return self.gpus + self.spare_gpus

    @property
    def given_launch_mass_kg(self) -> float | None:
        """Mass at launch, kg, where a number is given: `mass_kg` and the shield's difference from the one included."""
        if self.mass_kg == "sized":
            return None
        shield_kg, included_kg = (
            float(shield_mass_kg(self.shield.area_m2, mm)) for mm in (self.shield.thickness_mm, self.shield.included_mm)
        )
        return self.mass_kg + shield_kg - included_kg

    @property
    def full_load_w(self) -> float:
        """Bus and all GPUs at the highest frequency, W."""
        return self.bus_power_w + self.gpus * self.gpu.peak_w
