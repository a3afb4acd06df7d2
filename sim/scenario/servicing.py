"""Who mends satellites at work: robotic servicers in orbit, or technicians where satellites stand in halls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.launch import AnyPrice, PerKilogram
from sim.parameters import Parameters, cited
from sim.reliability import AnyLaw, Exponential
from sim.scenario.prices import MOST_USD

Mends = Literal["gpus", "groups", "loops"]


class Cartridge(Parameters):
    """The part that is exchanged: some GPUs with their boards and cold plates, plugged in as one."""

    gpus: int = Field(
        default=1, gt=0, le=10_000, json_schema_extra=cited("A", "the finest exchange there can be", 1, 8)
    )
    """GPUs on it, by position: all of them are exchanged where one is dead."""
    kg_per_gpu: float = Field(
        default=7.0,
        ge=1e-3,
        le=1e5,
        json_schema_extra=cited("A", "cartridges of 5 kW and 20 to 35 kg are proposed: 4 to 7 kg/kW", 3, 10),
    )
    """Its mass for each of its GPUs, case and plugs included, kg."""
    usd: float = Field(
        default=5000.0, ge=0, le=MOST_USD, json_schema_extra=cited("A", "engineering judgement", 0, 50000)
    )
    """Its price beside that of its GPUs (`economics.gpu_usd`), USD."""


class Depot(Parameters):
    """Where the parts are that nobody has put in yet: ordered up to a full stock when few are left."""

    parts: int = Field(default=48, gt=0, le=1_000_000, json_schema_extra=cited("A", "two loads of a servicer", 12, 200))
    """Cartridges of a full stock, order-up-to level S; the first is there from the start."""
    reorder_level: int = Field(default=24, ge=0, le=1_000_000, json_schema_extra=cited("A", "half the stock", 0, 100))
    """Cartridges, those on order included, at which more are ordered: level s."""

    @model_validator(mode="after")
    def _levels_are_ordered(self) -> Depot:
        if self.reorder_level >= self.parts:
            raise ValueError(f"reorder_level ({self.reorder_level}) must be below parts ({self.parts})")
        return self


class Crew(Parameters):
    """What robots and technicians have in common: what they can do, how long it takes, and what they need."""

    mends: tuple[Mends, ...] = Field(default=("gpus",), min_length=1, max_length=3)
    """What they can mend: `gpus` that died alone; `groups` aboard (hosts, trays, power supplies) whole, with new GPUs;
    `loops` that debris has emptied, by a patch and new coolant, whose GPUs then go on."""
    cartridge: Cartridge = Cartridge()
    """The part that they exchange."""
    depot: Depot = Depot()
    """Their parts."""
    success_probability: float = Field(
        default=0.95,
        ge=0,
        le=1,
        json_schema_extra=cited("A", "nobody has exchanged hardware by the thousand", 0.8, 0.99),
    )
    """Probability that an operation succeeds; otherwise its parts are spoiled and what was broken stays so."""
    hours_law: Literal["constant", "exponential", "lognormal"] = "constant"
    """Law of the hours of one operation around their mean."""
    hours_sigma: float = Field(
        default=0.6, ge=0, le=3, json_schema_extra=cited("A", "spread of repair times of electronics", 0.3, 1)
    )
    """Standard deviation of their logarithm, for `hours_law: lognormal`."""

    @property
    def takes_parts(self) -> bool:
        """Whether anything that they mend takes cartridges."""
        return bool({"gpus", "groups"} & set(self.mends))


class Robots(Crew):
    """Robotic servicers: spacecraft with arms that fly from satellite to satellite with parts from a depot."""

    kind: Literal["robots"] = "robots"
    number: int = Field(default=1, gt=0, le=10_000)
    """Servicers of each plane, or of all planes together: see `based`."""
    based: Literal["each_plane", "fleet"] = "each_plane"
    """`each_plane`: so many servicers and a depot in every plane, which they do not leave; `fleet`: so many in all,
    with one depot, in the first plane; they fly to the planes that they can reach."""
    parts_aboard: int = Field(
        default=24, gt=0, le=100_000, json_schema_extra=cited("A", "engineering judgement", 6, 100)
    )
    """Cartridges that one carries."""
    hours_per_part: float = Field(
        default=4.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 1, 24)
    )
    """Mean robot-hours to exchange a cartridge."""
    hours_per_loop: float = Field(
        default=24.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 8, 100)
    )
    """Mean robot-hours to patch and fill a coolant loop."""
    hours_per_visit: float = Field(
        default=12.0, ge=0, le=10_000, json_schema_extra=cited("A", "approach, capture, check-out, release", 4, 72)
    )
    """Robot-hours of a visit beside its operations: approach, capture, check-out, release."""
    hours_per_day: float = Field(
        default=12.0, ge=0.1, le=24, json_schema_extra=cited("A", "supervised from the ground", 4, 24)
    )
    """Hours of a day on which it works."""
    dry_kg: float = Field(
        default=600.0,
        ge=1,
        le=1e6,
        json_schema_extra=cited("A", "servicers flown or planned: 200 to 3,000 kg", 200, 3000),
    )
    """Mass without propellant and parts, kg."""
    propellant_kg: float = Field(
        default=200.0, ge=0, le=1e6, json_schema_extra=cited("A", "a quarter of the whole", 50, 500)
    )
    """Propellant of a new one, kg.  It is not filled up again: one without enough of it for its next way is done."""
    isp_s: float = Field(default=1600.0, ge=50, le=10_000, json_schema_extra=cited("R", "Hall thrusters", 220, 2500))
    """Specific impulse, s."""
    hop_m_s: float = Field(default=10.0, ge=0.1, le=1000, json_schema_extra=cited("A", "engineering judgement", 2, 50))
    """Speed spent on a way along the plane, m/s: more is sooner there."""
    rendezvous_days: float = Field(
        default=0.5, ge=0, le=365, json_schema_extra=cited("A", "last kilometres of a way", 0.2, 3)
    )
    """Days of each way beside the drift along the orbit."""
    rendezvous_m_s: float = Field(
        default=2.0, ge=0, le=100, json_schema_extra=cited("A", "engineering judgement", 0.5, 10)
    )
    """Speed spent on them, m/s."""
    transfer_m_s: float = Field(
        default=300.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 50, 1000)
    )
    """Most speed that it may spend on the way to another plane, m/s; with `transfer_days` it says which it reaches."""
    transfer_days: float = Field(
        default=180.0, ge=0, le=3652.5, json_schema_extra=cited("A", "engineering judgement", 30, 400)
    )
    """Most days that a way to another plane may take."""
    turn_days: float = Field(default=10.0, ge=0, le=365, json_schema_extra=cited("A", "slow spirals", 1, 60))
    """Days of thrust on a way to another plane, beside the drift."""
    life_years: float = Field(
        default=10.0, ge=0.01, le=100, json_schema_extra=cited("A", "engineering judgement", 5, 15)
    )
    """Design life in orbit, years."""
    life: AnyLaw = Field(
        default=Exponential(rate_per_year=0.05),
        json_schema_extra=cited("A", "as of satellites: Jakob et al. 2019, doi 10.2514/1.A34387"),
    )
    """Law of its failure; its parts are lost with it."""
    replaced: bool = True
    """Whether one that is lost, or done, is followed by another, which flies with the delays of `launch`."""
    usd: float = Field(default=40e6, ge=0, le=MOST_USD, json_schema_extra=cited("A", "built in series", 10e6, 150e6))
    """One servicer, USD."""
    usd_per_hour: float = Field(
        default=500.0, ge=0, le=1e9, json_schema_extra=cited("A", "a team on the ground", 100, 5000)
    )
    """An hour of its work, USD: those who supervise it."""
    resupply_price: AnyPrice = Field(
        default=PerKilogram(usd_per_kg=7000.0), json_schema_extra=cited("R", "shared flights (Transporter-class)")
    )
    """Price of the flights that bring parts and servicers, which have the delays and risks of `launch`: by default of
    room on shared ones; `kind: per_flight` buys the vehicle whole."""

    @property
    def hours_a_day(self) -> float:
        """Hours worked on a day, mean."""
        return self.hours_per_day

    @property
    def most_parts(self) -> int:
        """Cartridges that one can have with it: what takes more cannot be mended."""
        return min(self.parts_aboard, self.depot.parts)

    @property
    def wet_kg(self) -> float:
        """Mass of a new one without parts."""
        return self.dry_kg + self.propellant_kg


class Technicians(Crew):
    """Technicians on the ground, who walk from hall to hall: hours, crews and shifts in place of delta-v."""

    kind: Literal["technicians"] = "technicians"
    crews: int = Field(default=2, gt=0, le=100_000)
    """Crews that work at the same time."""
    hours_per_part: float = Field(
        default=2.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 0.5, 8)
    )
    """Mean hours to exchange a cartridge."""
    hours_per_loop: float = Field(
        default=8.0, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 2, 48)
    )
    """Mean hours to mend a coolant loop."""
    hours_per_visit: float = Field(
        default=0.5, ge=0, le=10_000, json_schema_extra=cited("A", "diagnosis, test", 0.1, 4)
    )
    """Hours of a visit beside its operations."""
    shift_share: float = Field(
        default=1 / 3, ge=0.01, le=1, json_schema_extra=cited("A", "one shift of eight hours", 0.2, 1)
    )
    """Share of all hours that is worked: 1 around the clock."""
    travel_hours: float = Field(
        default=0.5, ge=0, le=10_000, json_schema_extra=cited("A", "engineering judgement", 0, 48)
    )
    """From one hall to the next, hours of the clock."""
    resupply_days: float = Field(
        default=14.0, ge=0, le=3652.5, json_schema_extra=cited("A", "engineering judgement", 1, 180)
    )
    """From an order of parts to their arrival in the store, days."""
    usd_per_hour: float = Field(default=100.0, ge=0, le=1e9, json_schema_extra=cited("A", "a crew of one", 50, 400))
    """An hour of a crew's work, USD."""

    @property
    def hours_a_day(self) -> float:
        """Hours worked on a day, mean."""
        return 24 * self.shift_share

    @property
    def most_parts(self) -> int:
        """Cartridges that one can have with it: what takes more cannot be mended."""
        return self.depot.parts


AnyServicing = Annotated[Robots | Technicians, Field(discriminator="kind")]
