"""The scenario: every parameter of a study, frozen and checked.  `Scenario` is the root; its fields are the YAML's."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.errors import Fault, InputError, ScenarioError
from sim.events import NAMED, Cause
from sim.launch import LaunchService
from sim.parameters import Label, Parameters, Source, Text
from sim.scenario.campus import Campus
from sim.scenario.constellation import CatalogueShell, Constellation
from sim.scenario.deployment import InPlace, Launched
from sim.scenario.factory import Factory, unknown_stock
from sim.scenario.failure import Name, Reliability
from sim.scenario.ground import Ground
from sim.scenario.grounded import STRATEGY, out_of_place, with_defaults_of_a_campus
from sim.scenario.hardware import Satellite
from sim.scenario.inherited import changes_text
from sim.scenario.launching import cannot_bring_up, too_heavy, unknown_vehicle
from sim.scenario.mission import Mission
from sim.scenario.prices import MOST_USD, BusPrice, Economics
from sim.scenario.radiation import Radiation
from sim.scenario.service import Service
from sim.scenario.servicing import AnyServicing, Robots
from sim.scenario.simulation import COARSE_STEP_DAYS, Simulation
from sim.scenario.size import too_large, too_many
from sim.scenario.sky import Sky
from sim.scenario.surroundings import Light, Power, Space
from sim.strategies import Replenishing, Strategy, strategy_class
from sim.strategies.advice import initial_parking_spares, initial_spares
from sim.strategies.base import NEWEST, STOCK_FIRST
from sim.workloads import FifoBackfill, InferenceService, Scheduler, TrainingJob, scheduler_class

FIRST_DESIGN = "satellite"
"""Name of the design under `satellite:`, which the fleet is deployed with."""


def _scheduler(given: Any) -> Any:
    """The scheduler that a mapping with its kind describes, or its name alone."""
    if isinstance(given, str):
        given = {"kind": given}
    if not isinstance(given, dict):
        return given
    try:
        found = scheduler_class(str(given.get("kind", "fifo_backfill")))
    except InputError as error:
        raise PydanticCustomError("scheduler", "{text}", {"text": str(error)}) from error
    return found.model_validate(given)


class Workload(Parameters):
    """What the fleet computes."""

    jobs: tuple[TrainingJob, ...] = ()
    """Job descriptions, in order of priority among those that arrive on one day."""
    scheduler: Annotated[SerializeAsAny[Scheduler], BeforeValidator(_scheduler)] = FifoBackfill()
    """Who decides which job gets GPUs: `kind` is a built-in name (`orbitfleet schedulers`) or `module:Class`."""
    inference: tuple[InferenceService, ...] = Field(default=(), max_length=20)
    """Services on the GPUs that jobs leave idle, the first before the second."""

    @property
    def uses_gpus(self) -> bool:
        """Whether anybody computes anything."""
        return bool(self.jobs or self.inference)


class Design(Satellite):
    """Another kind of satellite that strategies may order: what it does not say is as under `satellite`."""

    available_from_day: float = Field(default=0.0, ge=0, le=36525)
    """Mission day from which it can be ordered."""
    bus_usd: BusPrice | None = None
    """One without its GPUs, USD; `sized`: the sum of its parts; none: as under `economics`."""
    gpu_usd: float | None = Field(default=None, ge=0, le=MOST_USD)
    """One of its GPUs, USD; none: as under `economics`."""


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """A tree laid over another: mappings merge, all else is replaced."""
    both = dict(base)
    for key, value in over.items():
        old = both.get(key)
        both[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


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
    """A study's fleet, environment, failures, work and prices.  `orbitfleet describe` says what one means."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")
    """Short name; it stands in the output folder's name."""
    description: Text = ""
    """One line for `orbitfleet scenarios`."""
    notes: Text = ""
    """Remarks and corrections, for `orbitfleet describe`."""
    changes: tuple[Text, ...] = ()
    """Overlays and settings laid on it, in order, for titles (`shield_5mm`, `mission.years=3`); no result follows."""
    mission: Mission
    constellation: Constellation
    campus: Campus | None = None
    """A hall of hosts on the ground in place of the constellation, which is then left out, `launch` too."""
    satellite: Satellite
    """The satellite that the fleet is deployed with; with a campus, a host."""
    designs: dict[Name, Design] = Field(default_factory=dict)
    """Further kinds of satellite by name: generations that follow."""
    light: Light = Light()
    power: Power = Power()
    space: Space = Space()
    sky: Sky = Sky()
    radiation: Radiation = Radiation()
    reliability: Reliability
    launch: LaunchService
    factory: Factory | None = None
    """Where satellites come from; null: each order takes `launch.lead_time_days`, whatever else there is to build."""
    deployment: Annotated[InPlace | Launched, Field(discriminator="kind")] = InPlace()
    servicing: AnyServicing | None = None
    """Who mends satellites at work; null: nobody is named, and strategies that send servicers do so with the default
    figures of `kind: robots`, which are assumptions."""
    workload: Workload = Workload()
    ground: Ground | None = None
    """How the output of inference comes down; null: nothing limits it."""
    service: Service = Service()
    simulation: Simulation = Simulation()
    economics: Economics
    strategy: Label = "run_to_failure"
    """The strategy of `orbitfleet run`."""
    strategies: dict[Label, Annotated[SerializeAsAny[Strategy], BeforeValidator(_strategy)]] = Field(
        default_factory=dict
    )
    """Parameters of strategies by name.  A built-in name needs no `kind`; any other name needs one."""
    sources: dict[Text, Source] = Field(default_factory=dict)
    """Where figures are from, by their path (`launch.vehicle.capacity_kg`, `reliability.gpu`); results do not depend on
    it.  A later layer that changes a figure has to state its source anew."""

    @property
    def title(self) -> str:
        """Its name and what was laid on it, for tables and pictures."""
        return f"{self.name} {self.changes_text}".rstrip()

    @property
    def changes_text(self) -> str:
        """What was laid on it: `+ shield_5mm, mission.years=3`; empty: nothing."""
        return changes_text(self.changes)

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {self.description or 'no description'}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        notes = f"<br>{escape(self.notes)}" if self.notes else ""
        return f"<b>{escape(self.name)}</b>: {escape(self.description)}{notes}<br><i>sim.describe(...) says more</i>"

    @model_validator(mode="before")
    @classmethod
    def _designs_build_on_the_first(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        value = with_defaults_of_a_campus(value)
        base, designs = value.get("satellite"), value.get("designs")
        if not (isinstance(base, dict) and isinstance(designs, dict)):
            return value
        merged = {
            name: _merged(base, given or {}) if given is None or isinstance(given, dict) else given
            for name, given in designs.items()
        }
        return {**value, "designs": merged}

    @field_validator("designs")
    @classmethod
    def _first_design_has_its_name(cls, value: dict[str, Design]) -> dict[str, Design]:
        if FIRST_DESIGN in value:
            raise ValueError(f"{FIRST_DESIGN!r} is the name of the design under `satellite`: choose another")
        return value

    @field_validator("strategies", mode="before")
    @classmethod
    def _kind_is_the_name_by_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError("mapping", "must be a mapping of strategy names to their parameters")
        for name in filter(lambda name: isinstance(name, str), value):
            if not name or name != name.strip() or "," in name:
                text = "holds {name}: a name must not be empty, hold a comma, or begin or end with a space"
                raise PydanticCustomError("name", text, {"name": repr(name)})
        return {
            name: {"kind": name, **(given or {})} if given is None or isinstance(given, dict) else given
            for name, given in value.items()
        }

    @model_validator(mode="after")
    def _fits_into_memory(self) -> Scenario:
        spares = self.constellation.spare_berths_per_plane
        # The planes of a catalogue are counted once its file has been read.
        shells = [shell for shell in self.constellation.shells if not isinstance(shell, CatalogueShell)]
        problem = too_large(
            planes=sum(group.planes for group in (*shells, *self.constellation.parking)),
            berths=self.constellation.parking_berths
            + sum(shell.planes * (shell.satellites_per_plane + spares) for shell in shells),
            positions=max(self.design(name).positions for name in self.design_names),
            days=self.mission.days / self.table_step_days,
            designs=len(self.design_names),
        )
        problem = problem or too_many(
            jobs=sum(job.count for job in self.workload.jobs if job.count != "fill"),
            causes=sum(len(given) for _, given in self._named_causes()),
            designs=len(self.designs),
        )
        if problem:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _campus_has_what_it_follows(self) -> Scenario:
        if self.campus is not None and (problem := out_of_place(self, self.campus)):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _vehicle_carries_what_is_given(self) -> Scenario:
        # Masses and payloads that follow from the orbit are looked at where they are known: see `Design`.
        masses_kg = {name: self.design(name).given_launch_mass_kg for name in self.design_names}
        from_day = {FIRST_DESIGN: 0.0} | {name: design.available_from_day for name, design in self.designs.items()}
        if problem := too_heavy(self.launch, masses_kg) or unknown_stock(self.factory, from_day):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _vehicle_delivers_what_is_in_place(self) -> Scenario:
        if self.deployment.kind == "in_place" and (problem := cannot_bring_up(self.launch)):
            raise ValueError(problem)
        return self

    @property
    def deployment_flights_each(self) -> float:
        """Flights that are charged for one of the initial deployment: failed ones are flown again."""
        if self.deployment.kind == "launched":
            return 1.0  # each is in the log
        return self.launch.vehicle.flights_per_delivery

    @model_validator(mode="after")
    def _names_of_causes_are_their_own(self) -> Scenario:
        taken = {cause.name.lower(): "built in" for cause in Cause}
        absent = self.radiation.effects.keys() - self.radiation.active.keys()
        for where, given in self._named_causes():
            names = [name for name in given if where != "radiation.effects" or name not in absent]
            for name in names:
                if name in taken:
                    raise ValueError(
                        f"{where}.{name}: the cause {name!r} is {taken[name]}: results could not tell the two apart, "
                        "so choose another name"
                    )
            taken |= dict.fromkeys(names, f"already under {where}")
        return self

    def _named_causes(self) -> list[tuple[str, list[str]]]:
        """Names that the scenario gives to causes, by where they stand."""
        reliability = self.reliability
        return [
            ("radiation.effects", list(self.radiation.effects)),
            ("reliability.groups", list(reliability.groups)),
            ("reliability.interruptions", list(reliability.interruptions)),
            ("reliability.common_causes", list(reliability.common_causes)),
            ("reliability.bus_shares", list(reliability.bus_shares)),
        ]

    @property
    def in_blocks(self) -> bool:
        """Whether a run walks the fleet in blocks of days, on coarse tables."""
        shells = [shell for shell in self.constellation.shells if not isinstance(shell, CatalogueShell)]
        slots = sum(shell.planes * shell.satellites_per_plane for shell in shells)
        return self.campus is None and self.simulation.in_blocks(slots)

    @property
    def table_step_days(self) -> float:
        """Step of the environment's tables, days."""
        return COARSE_STEP_DAYS if self.in_blocks else 1.0

    @property
    def servicers(self) -> AnyServicing:
        """Who mends satellites at work for strategies that want it."""
        return Robots() if self.servicing is None else self.servicing

    @property
    def design_names(self) -> tuple[str, ...]:
        """Names of all designs; positions in it number them in the log.  The first is that under `satellite`."""
        return FIRST_DESIGN, *self.designs

    def design(self, name: str) -> Satellite:
        """The satellite of a design."""
        return self.satellite if name == FIRST_DESIGN else self.designs[name]

    def with_design(self, name: str) -> Scenario:
        """The same scenario with one design alone, at its price."""
        if name == FIRST_DESIGN:
            return self if not self.designs else self.model_copy(update={"designs": {}})
        chosen = self.designs[name]
        own = {field: getattr(chosen, field) for field in Satellite.model_fields}
        prices = {field: getattr(chosen, field) for field in ("bus_usd", "gpu_usd")}
        prices = {field: price for field, price in prices.items() if price is not None}
        return self.model_copy(
            update={
                "satellite": Satellite.model_construct(**own),
                "economics": self.economics.model_copy(update=prices),
                "designs": {},
            }
        )

    @cached_property
    def cause_numbers(self) -> dict[str, int]:
        """Numbers in the log of the causes that the scenario names itself."""
        names = [name for _, names in self._named_causes() for name in names]
        return {name: NAMED + position for position, name in enumerate(names)}

    def cause_name(self, number: int) -> str:
        """What a cause of the log is called."""
        if number < NAMED:
            return Cause(number).name.lower()
        return next(name for name, own in self.cause_numbers.items() if own == number)

    def strategy_named(self, name: str) -> Strategy:
        """The strategy of this name: as under `strategies`, or a built-in or `module:Class` with its defaults.

        Raises `ScenarioError` when there is none, or when the scenario has no room for what it does.
        """
        strategy = self.strategies.get(name)
        if self.campus is not None and name != STRATEGY:
            problem = f"has nothing to order on a campus, whose repairs stand under `campus`: must be {STRATEGY}"
            raise ScenarioError([Fault("strategies", name, None, problem)])
        if strategy is None:
            try:
                strategy = strategy_class(name)(kind=name)
            except InputError as error:
                raise ScenarioError([Fault("strategies", name, None, str(error))]) from error
            except ValidationError as error:
                wanted = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                raise ScenarioError([Fault("strategies", name, None, f"its defaults do not do: {wanted}")]) from error
            except Exception as error:
                problem = f"cannot be made: {type(error).__name__}: {error}"
                raise ScenarioError([Fault("strategies", name, None, problem)]) from error
        if isinstance(strategy, Replenishing) and strategy.design not in (
            known := (NEWEST, STOCK_FIRST, *self.design_names)
        ):
            problem = f"orders {strategy.design!r}, which is no design: must be one of {', '.join(known)}"
            raise ScenarioError([Fault("strategies", f"{name}.design", None, problem)])
        if unknown := unknown_vehicle(self.launch, strategy):
            raise ScenarioError([Fault("strategies", f"{name}.{unknown[0]}", None, unknown[1])])
        room = self.constellation.spare_berths_per_plane
        spares = initial_spares(strategy, name)
        if spares > room:
            problem = (
                f"keeps {spares} spares in each plane, but constellation.spare_berths_per_plane "
                f"is {room}: raise it, or lower the strategy's stock"
            )
            raise ScenarioError([Fault("strategies", name, None, problem)])
        parked = initial_parking_spares(strategy, name)
        smallest = min((park.berths_per_plane for park in self.constellation.parking), default=0)
        if parked > smallest:
            has = f"has room for {smallest}" if smallest else "has none"
            problem = (
                f"keeps {parked} spares in each parking orbit, but constellation.parking {has}: give it as many "
                "berths_per_plane, or lower the strategy's stock"
            )
            raise ScenarioError([Fault("strategies", name, None, problem)])
        return strategy
