"""One replicate in blocks: the process of the fleet, and the strategy that answers once a block."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.engine.block.actions import Actions
from sim.engine.block.arrivals import berths_for
from sim.engine.block.births import Births
from sim.engine.block.block_log import MONTH_DAYS, BlockLog
from sim.engine.block.built import Built
from sim.engine.block.deaths import Deaths
from sim.engine.block.flights import Flight, Flights
from sim.engine.block.memory import give_back, without_garbage_collection
from sim.engine.block.months import PlaneMonths
from sim.engine.block.population import Population
from sim.engine.block.residents import Known
from sim.engine.block.sample import Sample
from sim.engine.block.serving import serving_rows
from sim.engine.block.shocks import BlockShocks
from sim.engine.block.supported import check_supported
from sim.engine.block.training import training_rows
from sim.engine.known import known_designs
from sim.engine.run import MOST_ROUNDS
from sim.engine.weather import Weather
from sim.environment import Environment
from sim.environment.coarse import Coarse
from sim.errors import InputError
from sim.events import ENDS, NONE, STARTS, Cause, EventKind, EventLog
from sim.fleet import Fleet, FleetView
from sim.launch import MAIN
from sim.scenario.deployment import Launched
from sim.scenario.models import Scenario
from sim.strategies import Launch, Replenishing, Retire, Strategy
from sim.strategies.advice import (
    asked_below,
    decisions,
    extends_life_days,
    initial_spares,
    looks_ahead_days,
    looks_at_age_days,
    review_period_days,
)
from sim.streams import Streams

LATE_DAYS = 40.0
"""After which it is found out what becomes of spares that were woken, and of what came to another kind of berth than it
was built for: what dies among them before is lost late.
"""

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]


def simulate_in_blocks(
    scenario: Scenario, environment: Environment, strategy: Strategy, name: str, streams: Streams
) -> EventLog:
    """The log of one replicate.

    Raises `ScenarioError` for what blocks do not know, and `InputError` for a strategy that asks for what cannot be.
    """
    check_supported(scenario, strategy, name)
    walk = Walk(scenario, environment, strategy, name, streams)
    sample, fluence_per_day = walk.sample, walk.weather.fluence_per_day
    log, months, deaths = _walk(walk)
    del walk
    give_back()
    left = None
    if sample is not None:
        events = log.where(*ENDS, *STARTS, EventKind.STORED, EventKind.STOOD_STILL)
        alive_days = float(months.alive.sum())
        trained, left = training_rows(environment, sample, events, deaths, alive_days, fluence_per_day, streams)
        for rows in trained:
            log.extend(**rows)
    for rows in serving_rows(environment, months, left) if scenario.workload.inference else ():
        log.extend(**rows)
    return log.finish()


def _walk(walk: Walk) -> tuple[BlockLog, PlaneMonths, Deaths]:
    """Walk to the horizon; what it needed besides its log goes before that is put together."""
    env = simpy.Environment()
    env.process(walk.fleet_life(env))
    with without_garbage_collection():
        env.run()
    recorder = walk.population.deaths
    deaths = Deaths.none() if recorder is None else recorder.dated(walk.block_days, walk.horizon, walk.streams)
    return walk.log, walk.population.months, deaths


class Walk:
    """All that a walk consists of."""

    def __init__(
        self, scenario: Scenario, environment: Environment, strategy: Strategy, name: str, streams: Streams
    ) -> None:
        self.scenario, self.environment, self.strategy, self.name = scenario, environment, strategy, name
        self.streams = streams
        self.sample = Sample.of(environment, streams) if scenario.workload.jobs else None
        self.block_days, self.horizon = scenario.simulation.block_days, environment.horizon_days
        self.log = BlockLog()
        self.fleet = Fleet(environment.layouts)
        self.weather = Weather(scenario, environment, streams)
        designs = range(len(environment.designs))
        coarse = tuple(Coarse.of(environment, design) for design in designs)
        scenarios = tuple(design.scenario for design in environment.designs)
        births = tuple(Births(scenarios[d], d, coarse[d], self.weather, streams, self.horizon) for d in designs)
        self.population = Population(
            Known(scenarios, coarse, births, np.array([site.colocated for site in environment.sites])),
            self.fleet,
            self.log,
            streams,
            block_days=self.block_days,
            horizon_days=self.horizon,
            sample=self.sample,
        )
        self.flights = Flights(environment, streams, self.fleet, self.log)
        self.shocks = BlockShocks(scenario, environment, self.population, streams)
        self._coming: list[tuple[float, int, _Transfer]] = []  # a heap, by day of arrival
        self._transfers = 0
        self._prepare()
        self.view = self._view()
        self.actions = Actions(self.population, self.flights, environment, self.view, strategy, name)
        self._has_slots = np.array([plane.slots > 0 for plane in self.fleet.planes])
        self._every_plane = np.flatnonzero(self._has_slots)

    def _prepare(self) -> None:
        """What the strategy says of when it wants to be asked."""
        population, strategy, name = self.population, self.strategy, self.name
        service = self.scenario.launch.service(self._own_vehicle)
        lead = service.expected_lead_days()
        population.extended_days = extends_life_days(strategy, name)
        population.looks_ahead_days = tuple(days for days in (looks_ahead_days(strategy, name, lead),) if days > 0)
        age = looks_at_age_days(strategy, name, lead)
        population.looks_at_age_days = () if age is None else (age,)
        population.asked_below = asked_below(strategy, name)

    @property
    def _own_vehicle(self) -> str:
        return self.strategy.vehicle if isinstance(self.strategy, Replenishing) else MAIN

    def _view(self) -> FleetView:
        environment, service = self.environment, self.scenario.launch.service(self._own_vehicle)
        ready = service.lead_time_days.expected_days()
        return FleetView(
            self.fleet,
            known_designs(environment),
            asked_below=self.population.asked_below,
            expected_lead_days=service.expected_lead_days(),
            mission_days=self.horizon,
            gpu_hour_usd=self.scenario.service.value_usd_per_gpu_hour,
            vehicles=partial(self.flights.view, ready),
            transfers=environment.designs[0].transfers,
            spare_ways=tuple(design.spare_ways for design in environment.designs),
        )

    # The process

    def fleet_life(self, env: simpy.Environment) -> Process:
        """The one process of the fleet: it wakes once a block."""
        population, days = self.population, self.block_days
        for day, fluence in zip(self.weather.storm_days, self.weather.storm_fluence_cm2, strict=True):
            self.log.append(float(day), EventKind.STORM, amount=float(fluence))
        self._deploy()
        give_back()
        period = review_period_days(self.strategy, self.name)
        month = 0
        for block in range(population.blocks):
            population.block = block
            start, end = block * days, min((block + 1) * days, self.horizon)
            if block == 0:
                self._decide(0.0, reviewing=False)  # about the fleet that is there from the start
            self._walk(start, end)
            reviewing = period is not None and end // period > start // period and end < self.horizon
            # A review is dated: a block that ends later than it would have its orders miss the next launch date.
            self._decide(end // period * period if reviewing and period else end, reviewing=reviewing)
            self.log.append(start, EventKind.ONLINE, amount=population.online.close_block(block))
            if end // MONTH_DAYS > month or block == population.blocks - 1:
                population.close_month(month, end)
                month = int(end // MONTH_DAYS)
            yield env.timeout(end - start)
        population.write_dead_gpus()

    def _walk(self, start: float, end: float) -> None:
        """What happens in a block, by kind."""
        population = self.population
        self.shocks.strike(start, end)
        population.lose_gpus(0.5 * (start + end))
        population.end_due()
        population.clear_slots()
        population.place_spares()
        if start // LATE_DAYS > (start - self.block_days) // LATE_DAYS:
            population.find_late()
        self._fly(start, end)
        self._arrive(end)
        population.look()

    def _decide(self, now: float, *, reviewing: bool) -> None:
        """The strategy decides, until it wants nothing more."""
        if now >= self.horizon:
            return
        population = self.population
        for _ in range(MOST_ROUNDS):
            planes = population.changed & self._has_slots
            if not (reviewing or planes.any()):
                return
            population.changed[:] = False
            self.flights.now = now
            view = self.view.at(now, self._every_plane if reviewing else np.flatnonzero(planes), reviewing=reviewing)
            said = decisions(self.strategy, self.name, view)
            if now >= self.scenario.mission.orders_until_day:
                said = [one for one in said if not isinstance(one, Launch | Retire)]
            if not said:
                return
            self.actions.carry_out(said, now, reviewing=reviewing)
        raise InputError(
            f"strategy {self.name} still acts after {MOST_ROUNDS} rounds on day {now:.3f}: last it wanted {said[0]}"
        )

    # The initial fleet

    def _deploy(self) -> None:
        """Bring up the initial fleet, slots before spares: complete on day 0, or flight by flight."""
        planned = self.environment.deployment_flights(initial_spares(self.strategy, self.name))
        berths = [np.arange(flight.berths.start, flight.berths.stop) for flight in planned]
        ends = np.cumsum([len(some) for some in berths])
        whole = self.actions.build(np.concatenate(berths), 0, relieves=False)
        loads = [whole.take(slice(end - len(some), end)) for some, end in zip(berths, ends.tolist(), strict=True)]
        planes = [flight.plane for flight in planned]
        np.add.at(self.fleet.on_order, planes, np.array([len(load) for load in loads], np.int32))
        if isinstance(self.scenario.deployment, Launched):
            self.flights.plan(np.array([flight.day for flight in planned]), planes, loads)
            return
        counts = np.array([len(load) for load in loads])
        self.log.extend(
            len(loads),
            time_days=0.0,
            kind=EventKind.LAUNCHED,
            cause=Cause.DEPLOYMENT,
            plane=planes,
            satellite=np.cumsum(counts) - counts,
            amount=counts,
        )
        self.flights.serials = len(whole)
        serials = np.arange(len(whole), dtype=np.int32)
        self._set_out(_Transfer(0.0, whole, serials, Cause.DEPLOYMENT))
        self._arrive(0.0, at_once=True)

    # What flies

    def _fly(self, start: float, end: float) -> None:
        for one in self.flights.walk(start, end):
            flight = one.flight
            if flight.failed:
                self._lose(flight)
                continue
            day = flight.day + self.flights.histories[flight.vehicle].service.transfer_days
            if day < self.horizon:
                serials = one.first_serial + np.arange(len(flight.aboard), dtype=np.int32)
                cause = Cause.DEPLOYMENT if flight.deployment else Cause.NONE
                self._set_out(_Transfer(day, flight.aboard, serials, cause))

    def _set_out(self, transfer: _Transfer) -> None:
        heappush(self._coming, (transfer.day, self._transfers, transfer))
        self._transfers += 1

    def _lose(self, flight: Flight) -> None:
        """A flight failed: its satellites are lost; a load of the initial fleet is built and flown again."""
        berths = flight.aboard.berth.astype(np.intp)
        if flight.deployment:
            deployment = self.scenario.deployment
            wait = deployment.interval_days if isinstance(deployment, Launched) else 0.0
            again = self.actions.build(berths, flight.design, relieves=False)
            self.flights.plan(np.array([flight.day + wait]), [flight.plane], [again])
            return
        self.fleet.on_order[flight.plane] -= len(berths)
        self.fleet.awaited[berths] = False
        self.population.changed[flight.plane] = True

    def _arrive(self, end: float, *, at_once: bool = False) -> None:
        """Satellites whose transfer ends in this block take their berths."""
        due = []
        while self._coming and (self._coming[0][0] < end or at_once):
            due.append(heappop(self._coming)[2])
        if not due:
            return
        self._conceive(due)
        for design in sorted({one.design for one in due}):
            for cause in (Cause.DEPLOYMENT, Cause.NONE):
                self._settle([one for one in due if one.design == design and one.cause == cause], design, cause)

    def _conceive(self, due: list[_Transfer]) -> None:
        """Find the lives of all that are on their way, where somebody arrives whose life is not known yet."""
        unknown = [one for one in due if one.lives is None]
        if not unknown:
            return
        unknown += [one for _, _, one in self._coming if one.lives is None]
        for design in sorted({one.design for one in unknown}):
            mine = [one for one in unknown if one.design == design]
            sizes = [len(one.built) for one in mine]
            lives = self.population.conceive(
                Built.join([one.built for one in mine]),
                np.concatenate([one.serials for one in mine]),
                np.repeat([one.day for one in mine], sizes),
            )
            for one, own in zip(mine, np.split(lives, np.cumsum(sizes)[:-1]), strict=True):
                one.lives = own

    def _settle(self, due: list[_Transfer], design: int, cause: Cause) -> None:
        """Arrivals of one design and cause take berths; who must wait for a slot comes again when it is clear."""
        if not due:
            return
        built = Built.join([one.built for one in due])
        serials = np.concatenate([one.serials for one in due])
        lives = np.concatenate([one.lives for one in due if one.lives is not None])
        day = np.repeat([one.day for one in due], [len(one.built) for one in due])
        berths = berths_for(self.population, built, day)
        there = np.flatnonzero(berths != NONE)
        self.fleet.on_order -= np.bincount(
            self.fleet.plane_of[built.berth[there]], minlength=len(self.fleet.planes)
        ).astype(np.int32)
        self.population.bear(lives[there], day[there], berths[there], design, cause=cause)
        for i in np.flatnonzero(berths == NONE).tolist():
            until = float(self.fleet.blocked_until[built.berth[i]])
            if until < self.horizon:
                again = max(until, day[i] + self.block_days)
                self._set_out(_Transfer(again, built.take([i]), serials[[i]], cause))


@dataclass
class _Transfer:
    """Satellites of one design on their way from a launch to their plane."""

    day: float
    """Of arrival."""
    built: Built
    serials: NDArray[np.int32]
    cause: Cause
    lives: NDArray[np.intp] | None = None
    """Found out when the first of many arrives."""

    @property
    def design(self) -> int:
        """Kind of satellite."""
        return int(self.built.design[0])
