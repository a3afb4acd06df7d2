"""One run of the fleet: its processes, and the loop in which scheduler and strategy answer to what has changed.

Order within one instant: the event itself, then the jobs it touches, then the scheduler, then the strategy, which is
asked again after its own actions until it wants nothing more.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.berths import BerthState
from sim.engine.activations import Activations
from sim.engine.context import Context
from sim.engine.idle_notes import IdleNotes
from sim.engine.known import known_designs
from sim.engine.movements import Movements
from sim.engine.production import Production
from sim.engine.repairs import Repairs
from sim.engine.satellites import Satellites
from sim.engine.services import Services
from sim.engine.shocks import Shocks
from sim.engine.steps import STANDS_DAYS, step_until
from sim.engine.supplies import Supplies
from sim.engine.training import TrainingJobs
from sim.engine.transfers import Transfers
from sim.engine.units import Units
from sim.engine.weather import Weather
from sim.environment import Environment
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind
from sim.fleet import Fleet, FleetView
from sim.launch import MAIN
from sim.scenario.factory import ready_days
from sim.scenario.models import Scenario
from sim.servicing import ServiceColumns, ServiceView
from sim.strategies import Action, Activate, Launch, Replenishing, Retire, Service, Strategy, Transfer
from sim.strategies.advice import (
    asked_below,
    decisions,
    extends_life_days,
    initial_parking_spares,
    initial_spares,
    looks_ahead_days,
    looks_at_age_days,
    review_period_days,
    services,
)
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]

MOST_ROUNDS = 1000
"""Times that a strategy may act at one instant: one that never has enough is told so."""


class Run:
    """All that a run consists of."""

    def __init__(
        self, scenario: Scenario, environment: Environment, strategy: Strategy, strategy_name: str, streams: Streams
    ) -> None:
        self.strategy = strategy
        self.strategy_name = strategy_name
        below = asked_below(strategy, strategy_name)
        self.context = context = Context(scenario, environment, streams, Fleet(environment.layouts))
        self.weather = Weather(scenario, environment, streams)
        self.jobs = self._jobs(streams)
        serves = services(strategy, strategy_name)
        looked_at = below == 1 or self.jobs.uses_gpus
        extended_days = extends_life_days(strategy, strategy_name)
        self.units = Units(
            scenario,
            environment,
            self.weather,
            streams,
            context.fleet,
            context.log,
            watched=looked_at,
            asked_below=below,
            extended_days=extended_days,
        )
        self.satellites = Satellites(context, self.units, self.jobs, self.after_change)
        self._own_vehicle = strategy.vehicle if isinstance(strategy, Replenishing) else MAIN
        self._own_service = scenario.launch.service(self._own_vehicle)
        designs = known_designs(environment)
        self._design_numbers = {design.name: number for number, design in enumerate(designs)}
        self.production = Production(
            context,
            {design.name: design.available_from_day for design in designs},
            by_name=strategy.design if isinstance(strategy, Replenishing) and not strategy.orders_newest else None,
        )
        self.movements = self._movements()
        self.activations = Activations(context, self.units, self.satellites, self.movements, self.after_change)
        self.transfers = Transfers(context, self.units, self.satellites, self.movements, self.after_change)
        self.services = self._services() if serves else None
        self.view = FleetView(
            context.fleet,
            designs,
            asked_below=below,
            # Without a factory it is always the same.
            expected_lead_days=self._own_service.expected_lead_days()
            if scenario.factory is None
            else self._expected_lead_days,
            mission_days=environment.horizon_days,
            gpu_hour_usd=scenario.service.value_usd_per_gpu_hour,
            vehicles=lambda: tuple(site.view(self._ready_days(site.name)) for site in self.movements.launch_sites),
            ground_stock=lambda: self.production.in_stock,
            transfers=environment.designs[0].transfers,
            spare_ways=tuple(design.spare_ways for design in environment.designs),
            service=None if self.services is None else ServiceView(self.services.columns),
        )
        self._orders_until_day = scenario.mission.orders_until_day
        self._has_slots = self.view.slots > 0
        self._every_plane = np.flatnonzero(self._has_slots)

    def _jobs(self, streams: Streams) -> TrainingJobs:
        context = self.context
        notes = IdleNotes(context.env, context.fleet, context.log) if context.scenario.workload.inference else None
        return TrainingJobs(
            context.env,
            context.environment,
            context.fleet,
            context.log,
            streams,
            self.weather.fluence_per_day,
            jobs=list(zip(context.scenario.workload.jobs, context.environment.job_counts, strict=True)),
            noted=None if notes is None else notes.note,
        )

    def _movements(self) -> Movements:
        """What brings satellites; a strategy that orders in time is asked as early as each way to get one may need."""
        scenario, service = self.context.scenario, self._own_service
        ready = ready_days(scenario.factory, scenario.design_names, service.lead_time_days)
        leads = [service.expected_lead_days(days) for days in ready]
        self._longest_lead_days = leads[-1]
        ahead = {looks_ahead_days(self.strategy, self.strategy_name, lead) for lead in leads}
        ages = {looks_at_age_days(self.strategy, self.strategy_name, lead) for lead in leads}
        return Movements(
            self.context,
            self.satellites,
            self.after_change,
            production=self.production,
            looks_ahead_days=sorted(days for days in ahead if days > 0),
            looks_at_age_days=sorted(days for days in ages if days is not None),
        )

    def _ready_days(self, vehicle: str, nth: int = 1) -> float:
        """Mean days until the n-th of what the strategy would order now on a vehicle is ready for flight."""
        strategy = self.strategy
        design = self._design_numbers[strategy.next_design(self.view)] if isinstance(strategy, Replenishing) else 0
        return self.production.ready_days(design, self.context.scenario.launch.names.index(vehicle), nth)

    def _expected_lead_days(self) -> float:
        """Mean days from an order now to the start of work, of the last one that ends of life make necessary soon."""
        fleet, now = self.context.fleet, self.context.now
        until = min(now + self._longest_lead_days + STANDS_DAYS, self.context.environment.horizon_days - STANDS_DAYS)
        ending = (fleet.life_end_day <= until) & ~fleet.awaited
        number = int(np.count_nonzero(fleet.state[ending] == int(BerthState.WORKING)))
        return self._own_service.expected_lead_days(self._ready_days(self._own_vehicle, max(1, number)))

    def _services(self) -> Services:
        context, servicing = self.context, self.context.scenario.servicers
        planes = context.fleet.planes
        columns = ServiceColumns([slice(plane.first_berth, plane.end_berth) for plane in planes])
        repairs = self.satellites.repairs = Repairs(context, self.units, self.jobs, servicing, columns)
        supplies = Supplies(context, self.movements.launch_sites[0], servicing, columns)
        return Services(context, self.satellites, repairs, supplies, self.after_change)

    def go(self) -> None:
        """Run to the horizon."""
        context, horizon = self.context, self.context.environment.horizon_days
        for day, fluence in zip(self.weather.storm_days, self.weather.storm_fluence_cm2, strict=True):
            context.log.append(float(day), EventKind.STORM, amount=float(fluence))
        self.jobs.start()
        shocks = Shocks(context, self.units, self.satellites, self.after_change)
        for process in shocks.processes():
            context.env.process(process)
        spares, parked = (ask(self.strategy, self.strategy_name) for ask in (initial_spares, initial_parking_spares))
        self.movements.deploy(spares, parked)
        self.production.open()
        if self.services is not None:
            self.services.open()
        if (period := review_period_days(self.strategy, self.strategy_name)) is not None:
            context.env.process(self._review(period))
        self.after_change()
        step_until(
            context,
            horizon,
            things=len(context.fleet.state) + len(self.jobs.gangs),
            who=f"strategy {self.strategy_name}",
        )
        self.units.unseen.catch_up_all(horizon)
        self.jobs.close(horizon)

    # Scheduler and strategy

    def after_change(self, *, reviewing: bool = False) -> None:
        """The scheduler fills what is idle and the strategy decides, until nobody acts any more."""
        planes: set[int] = set()
        for _ in range(MOST_ROUNDS):
            self.jobs.fill()
            planes |= self.context.changed
            self.context.changed.clear()
            if not (planes or reviewing):
                return
            changed = self._every_plane if reviewing else np.array(sorted(planes), np.intp)
            changed = changed[self._has_slots[changed]]
            view = self.view.at(self.context.now, changed, reviewing=reviewing)
            actions = decisions(self.strategy, self.strategy_name, view)
            if self.context.now >= self._orders_until_day:
                # Nobody would replace what is retired now.
                actions = [action for action in actions if not isinstance(action, Launch | Retire)]
            if not actions:
                return
            for action in actions:
                self._carry_out(action)
        raise InputError(
            f"strategy {self.strategy_name} still acts after {MOST_ROUNDS} rounds on day {self.context.now:.3f}: "
            f"last it wanted {actions[0]}"
        )

    def _review(self, period_days: float) -> Process:
        """Ask the strategy at its fixed dates."""
        number = 1
        while True:
            yield self.context.env.timeout(max(0.0, number * period_days - self.context.now))
            if self.services is not None:
                self.units.unseen.catch_up_all(self.context.now)
            self.after_change(reviewing=True)
            number += 1

    def _carry_out(self, action: Action) -> None:
        """Do what the strategy wants.  Raises `InputError` when it cannot be done."""
        fleet = self.context.fleet
        match action:
            case Launch() if 0 <= action.plane < len(fleet.planes):
                self._order(action)
            case Activate() if self._is_berth(action.spare) and self._is_berth(action.slot):
                try:
                    self.activations.send(action)
                except InputError as error:
                    raise self._impossible(action, str(error)) from None
            case Retire() if self._is_berth(action.berth) and fleet.satellite[action.berth] != NONE:
                self.satellites.remove(action.berth, EventKind.RETIRED, Cause.STRATEGY, planned=True)
            case Transfer():
                try:
                    self.transfers.send(action)
                except InputError as error:
                    raise self._impossible(action, str(error)) from None
            case Service() if 0 <= action.plane < len(fleet.planes):
                self._serve(action)
            case _:
                raise self._impossible(action, "no such plane, berth or satellite")

    def _order(self, action: Launch) -> None:
        design = self._design_numbers.get(action.design or self.view.designs[0].name)
        if design is None:
            raise self._impossible(action, f"designs are {', '.join(self._design_numbers)}")
        if self.view.designs[design].available_from_day > self.context.now:
            day = self.view.designs[design].available_from_day
            raise self._impossible(action, f"that design can be ordered from day {day:g} on")
        vehicles, wanted = self.context.scenario.launch.names, action.vehicle or self._own_vehicle
        if wanted not in vehicles:
            raise self._impossible(action, f"vehicles are {', '.join(vehicles)}")
        candidates = self.movements.candidates(action)
        room = sum(map(len, candidates))
        if not 0 < action.satellites <= room:
            free = f"{action.to} for 1 to {room} more" if room else f"no {action.to} free"
            raise self._impossible(action, f"the plane has {free}")
        before = self.view.expected_lead_days
        self.movements.order(action, design, vehicles.index(wanted), candidates)
        if self.view.expected_lead_days > before:
            # Satellites whose lives end soon come into view of one that orders in time.
            self.context.changed.update(self._every_plane.tolist())

    def _serve(self, action: Service) -> None:
        """Send servicers to satellites of a plane."""
        if self.services is None:
            raise self._impossible(action, "the strategy's services() says False: nobody is there to send")
        layout, columns = self.context.fleet.planes[action.plane], self.services.columns
        berths = action.berths or range(layout.first_berth, layout.end_berth)
        if not all(layout.first_berth <= berth < layout.end_berth for berth in berths):
            raise self._impossible(
                action, f"berths of plane {layout.id} are {layout.first_berth} to {layout.end_berth - 1}"
            )
        if not columns.reached[action.plane]:
            raise self._impossible(action, "no servicer reaches that plane")
        if self.services.request(action.plane, berths) == 0:
            raise self._impossible(action, "there is nothing to mend that nobody was sent to")

    def _is_berth(self, berth: int) -> bool:
        return 0 <= berth < len(self.context.fleet.state)

    def _impossible(self, action: Action, why: str) -> InputError:
        """What to raise where a strategy asks for what cannot be done."""
        return InputError(
            f"strategy {self.strategy_name}: {action} on day {self.context.now:.1f} cannot be done: {why}"
        )
