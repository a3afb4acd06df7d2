"""The scenario: every parameter of a study, frozen and checked.  `Scenario` is the root; its fields are the YAML's."""

from __future__ import annotations

import datetime
from math import ceil, inf
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.constants import DAYS_PER_YEAR
from sim.ephemeris import EPHEMERIS_END
from sim.errors import Fault, InputError, ScenarioError
from sim.launch import LaunchService
from sim.parameters import Parameters
from sim.reliability import AnyLaw
from sim.strategies import Strategy, strategy_class
from sim.workloads import AnyScheduler, FifoBackfill, TrainingJob


class Mission(Parameters):
    """When the study begins and how long it lasts."""

    start: datetime.date
    """First day (UTC midnight), the epoch of mission day 0."""
    years: float = Field(gt=0, le=25)
    """Horizon, Julian years."""

    @property
    def days(self) -> float:
        """Horizon in days."""
        return self.years * DAYS_PER_YEAR

    @model_validator(mode="after")
    def _ends_inside_the_ephemeris(self) -> Mission:
        if self.start.year < 1960:
            raise ValueError(f"start {self.start}: the models hold from 1960-01-01")
        end = self.start + datetime.timedelta(days=self.days + 1)
        if end > EPHEMERIS_END:
            raise ValueError(f"the mission would end on {end}, past the planetary ephemeris ({EPHEMERIS_END})")
        return self


Formation = Literal["spaced", "cluster"]


class Shell(Parameters):
    """A group of planes of one kind."""

    formation: Formation = "spaced"
    """`spaced`: satellites evenly around the plane; `cluster`: all of a plane within a kilometre, so that they enter
    the shadow together."""


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
    phasing: int = Field(default=0, ge=0)
    """Walker's f: the phase between neighbouring planes is f x 360 / t degrees."""
    raan_deg: float = Field(default=0.0, ge=0, lt=360)
    """Right ascension of the first plane's ascending node at the start, degrees."""
    raan_spread_deg: float = Field(default=360.0, gt=0, le=360)
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
    file: str
    """Path of the element file, relative to the scenario file that names it."""
    name_contains: str = ""
    """Only objects whose name contains this, upper or lower case."""


AnyShell = Annotated[WalkerShell | SunSynchronousShell | CatalogueShell, Field(discriminator="kind")]


class Constellation(Parameters):
    """Where satellites work, and the places for spares."""

    shells: tuple[AnyShell, ...] = Field(min_length=1)
    """The shells, numbered from 0."""
    spare_berths_per_plane: int = Field(default=0, ge=0, le=10_000)
    """Places for dormant spares in every plane, whatever the strategy does with them."""


class Satellite(Parameters):
    """One satellite, as built."""

    gpus: int = Field(gt=0, le=100_000)
    """Accelerators on board."""
    mass_kg: float = Field(gt=0)
    """Launch mass, kg."""
    power_kw: float = Field(gt=0)
    """Electric power at the beginning of life, kW."""
    design_life_years: float = Field(gt=0, le=100)
    """Years after which it is retired, however well it works."""


class Light(Parameters):
    """How the Earth's shadow is modelled."""

    shadow: Literal["point", "umbra", "penumbra"] = "point"
    """`point`: point Sun and spherical Earth, Skyfield's own model; `umbra` and `penumbra`: finite Sun and ellipsoid,
    dark from full shadow or from the first loss of light."""


class Power(Parameters):
    """What a satellite does in the dark."""

    eclipse_policy: Literal["ride_through", "pause"] = "ride_through"
    """`ride_through`: the battery carries the load and eclipse does not touch capacity; `pause`: GPUs stop from entry
    to exit, after a planned checkpoint."""


class Reliability(Parameters):
    """How units fail."""

    gpu: AnyLaw
    """Permanent failure of one GPU."""
    bus: AnyLaw
    """Loss of the satellite bus, and all its GPUs with it."""
    dormancy_factor: float = Field(default=0.1, ge=0, le=1)
    """Pace at which the GPUs of a stored spare age; the bus of a spare ages at full pace.  .1, range 0-1 [A]."""


class InPlace(Parameters):
    """The fleet is complete, and new, on mission day 0; its launches are counted and paid for, and succeed."""

    kind: Literal["in_place"] = "in_place"


class Launched(Parameters):
    """The fleet is brought up flight by flight; a failed flight is flown again with new satellites."""

    kind: Literal["launched"] = "launched"
    first_launch_day: float = Field(default=0.0, ge=0)
    """Planned mission day of the first flight."""
    interval_days: float = Field(default=14.0, ge=0)
    """Days between planned flights."""


class Workload(Parameters):
    """What the fleet computes."""

    jobs: tuple[TrainingJob, ...] = ()
    """Job descriptions, in order of priority among those that arrive on one day."""
    scheduler: AnyScheduler = FifoBackfill()
    """Who decides which job gets GPUs."""


class Service(Parameters):
    """What was promised."""

    sla_capacity_fraction: float = Field(default=0.9, gt=0, le=1)
    """Share of the nameplate capacity that should be online at all times [A]."""


class Economics(Parameters):
    """First price list; launches are priced by the vehicle.  Undiscounted."""

    bus_usd: float = Field(ge=0)
    """One satellite without its GPUs, USD."""
    gpu_usd: float = Field(ge=0)
    """One GPU with its share of boards and network, USD."""
    operations_usd_per_year: float = Field(default=0.0, ge=0)
    """Fixed operations, USD a year."""
    operations_usd_per_satellite_year: float = Field(default=0.0, ge=0)
    """Operations of one working satellite, USD a year."""


def _strategy(given: Any) -> Any:
    """The strategy that a mapping with its kind describes."""
    if not isinstance(given, dict):
        return given
    try:
        found = strategy_class(str(given["kind"]))
    except InputError as error:
        raise PydanticCustomError("strategy", "{text}", {"text": str(error)}) from error
    return found.model_validate(given)


class Scenario(Parameters):
    """A study's fleet, environment, luck, work and prices.  `orbitfleet describe` says what one means."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")
    """Short name; it stands in the output folder's name."""
    description: str = ""
    """One line for `orbitfleet scenarios`."""
    notes: str = ""
    """Sources and corrections, for `orbitfleet describe`."""
    mission: Mission
    constellation: Constellation
    satellite: Satellite
    light: Light = Light()
    power: Power = Power()
    reliability: Reliability
    launch: LaunchService
    deployment: Annotated[InPlace | Launched, Field(discriminator="kind")] = InPlace()
    workload: Workload = Workload()
    service: Service = Service()
    economics: Economics
    strategy: str = "run_to_failure"
    """The strategy of `orbitfleet run`."""
    strategies: dict[str, Annotated[SerializeAsAny[Strategy], BeforeValidator(_strategy)]] = Field(default_factory=dict)
    """Parameters of strategies by name.  A built-in name needs no `kind`; any other name needs one."""

    @field_validator("strategies", mode="before")
    @classmethod
    def _kind_is_the_name_by_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError("mapping", "must be a mapping of strategy names to their parameters")
        return {
            name: {"kind": name, **(given or {})} if given is None or isinstance(given, dict) else given
            for name, given in value.items()
        }

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Scenario:
        vehicle = self.launch.vehicle
        if vehicle.satellites_per_flight(self.satellite.mass_kg) < 1:
            raise ValueError(
                f"launch.vehicle.capacity_kg ({vehicle.capacity_kg:g}) does not carry one satellite.mass_kg "
                f"({self.satellite.mass_kg:g})"
            )
        return self

    def strategy_named(self, name: str) -> Strategy:
        """The strategy of this name: as under `strategies`, or a built-in or `module:Class` with its defaults.

        Raises `ScenarioError` when there is none, or when the scenario has no room for what it does.
        """
        strategy = self.strategies.get(name)
        if strategy is None:
            try:
                strategy = strategy_class(name)(kind=name)
            except InputError as error:
                raise ScenarioError([Fault("strategies", name, None, str(error))]) from error
            except ValidationError as error:
                missing = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
                problem = f"needs parameters in the scenario: {missing}"
                raise ScenarioError([Fault("strategies", name, None, problem)]) from error
        room = self.constellation.spare_berths_per_plane
        if strategy.initial_spares() > room:
            problem = (
                f"keeps {strategy.initial_spares()} spares in each plane, but constellation.spare_berths_per_plane "
                f"is {room}: raise it, or lower the strategy's stock"
            )
            raise ScenarioError([Fault("strategies", name, None, problem)])
        return strategy

    def gang_mtbf_days(self, job: TrainingJob) -> float:
        """Mean time between failures of a gang, days: its GPUs and the fewest buses that carry them, each at its mean
        hazard over the satellite's design life; infinite where nothing fails."""
        life_days = self.satellite.design_life_years * DAYS_PER_YEAR
        rate = job.gpus * self.reliability.gpu.mean_rate_per_day(life_days)
        rate += ceil(job.gpus / self.satellite.gpus) * self.reliability.bus.mean_rate_per_day(life_days)
        return max(1 / rate, 1e-9) if rate > 0 else inf  # the floor keeps absurd laws from dividing by zero
