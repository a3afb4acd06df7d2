"""What a strategy wants, carried out for many planes at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.engine.block.built import Built
from sim.engine.block.flights import Flights
from sim.engine.block.population import Population
from sim.engine.block.residents import GONE
from sim.environment import Environment
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind
from sim.fleet import FleetView
from sim.launch import MAIN
from sim.physics.repositioning import phasing_delta_v_m_s
from sim.strategies import Action, Activate, Launch, Replenishing, Retire, Strategy

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

_EMPTY, _BLOCKED, _WORKING = int(BerthState.EMPTY), int(BerthState.BLOCKED), int(BerthState.WORKING)


class Actions:
    """Carries out what a strategy wants."""

    def __init__(
        self,
        population: Population,
        flights: Flights,
        environment: Environment,
        view: FleetView,
        strategy: Strategy,
        name: str,
    ) -> None:
        self.population = population
        self.flights = flights
        self.environment = environment
        self.fleet = population.fleet
        self.name = name
        self._designs = {design.name: number for number, design in enumerate(view.designs)}
        self._available = [design.available_from_day for design in view.designs]
        self._vehicles = environment.scenario.launch.names
        self._own_vehicle = strategy.vehicle if isinstance(strategy, Replenishing) else MAIN
        self._ordinals = np.zeros(len(self.fleet.state), np.int16)  # satellites built so far for each berth
        self._phases: dict[int, Floats] = {}  # of all berths, by design
        self._reviewing = False

    def build(self, berths: Ints, design: int | Ints, *, relieves: bool | NDArray[np.bool_]) -> Built:
        """The next satellites built for some berths."""
        fleet, count = self.fleet, len(berths)
        over = np.broadcast_to(relieves, count)
        reason = np.where(fleet.lost[berths] & ~over, Cause.LOSS, Cause.END_OF_LIFE)
        reason = np.where(fleet.is_slot[berths], reason, Cause.STOCK).astype(np.uint8)
        ordinal = self._ordinals[berths]
        self._ordinals[berths] += 1
        fleet.awaited[berths] = True
        return Built(
            berths.astype(np.int32), ordinal, np.broadcast_to(design, count).astype(np.int8), over.copy(), reason
        )

    def carry_out(self, actions: Sequence[Action], now: float, *, reviewing: bool) -> None:
        """Do what the strategy wants.  Raises `InputError` for what cannot be done.

        `reviewing`: it was asked because of the calendar, not because something happened in the block that ends now.
        """
        self._reviewing = reviewing
        retired = [one.berth for one in actions if isinstance(one, Retire)]
        if retired:
            self._retire(retired, now)
        sent = [one for one in actions if isinstance(one, Activate)]
        if sent:
            self._activate(sent, now)
        launches = [one for one in actions if isinstance(one, Launch)]
        if launches:
            self._order(launches, now)
        for one in actions:
            if not isinstance(one, Retire | Activate | Launch):
                raise self._impossible(one, now, "block mode moves no spares between planes and sends no servicers")

    def _dates(self, changed_day: Floats, now: float, *, found_late: bool = False) -> Floats:
        """Days on which actions are taken: at once when that changed which they answer, as in the exact engine.

        `changed_day`: of each action, when its berths last did.  One that answers nothing of this block that has a
        day, such as the loss of a GPU or a flight, is taken in the middle of it, which is right in the mean.
        `found_late`: what they answer may have happened in the block before, and be known since this one.
        """
        start = self._start
        if self._reviewing or now <= start:
            return np.full(len(changed_day), now)
        first = start - self.population.block_days if found_late else start
        inside = (changed_day >= first) & (changed_day <= now)
        return np.where(inside, changed_day, 0.5 * (start + now))

    def _changed_day(self, berths: Ints, now: float) -> Floats:
        """Day on which berths fell empty or their satellites came to an age that the strategy looks at: the last."""
        fleet, population = self.fleet, self.population
        days = [fleet.life_end_day[berths] - ahead for ahead in population.looks_ahead_days]
        days += [fleet.birth_day[berths] + age for age in population.looks_at_age_days]
        ages = np.max([np.where(day <= now, day, -np.inf) for day in days], axis=0, initial=-np.inf)
        return np.where(fleet.satellite[berths] == NONE, fleet.vacant_since[berths], ages)

    @property
    def _start(self) -> float:
        """Of the block that ends now."""
        return self.population.block * self.population.block_days

    def _retire(self, berths: list[int], now: float) -> None:
        where = np.array(berths)
        lives = self.population.life_in[where].astype(np.intp) if self._are_berths(where) else np.array([GONE])
        if (lives == GONE).any():
            raise self._impossible(Retire(berths[0]), now, "no such plane, berth or satellite")
        cause = np.full(len(lives), Cause.STRATEGY)
        day = np.maximum(self._dates(self._changed_day(where, now), now), self.fleet.birth_day[where])
        self.population.end(lives, day, cause, planned=np.ones(len(lives), bool))

    def _are_berths(self, berths: Ints) -> bool:
        return bool(((berths >= 0) & (berths < len(self.fleet.state))).all())

    def _activate(self, sent: list[Activate], now: float) -> None:
        fleet = self.fleet
        spares, slots = np.array([one.spare for one in sent]), np.array([one.slot for one in sent])
        if not (self._are_berths(spares) and self._are_berths(slots)):
            raise self._impossible(sent[0], now, "no such plane, berth or satellite")
        wrong = fleet.is_slot[spares] | (self.population.life_in[spares] == GONE)
        wrong |= (
            ~fleet.is_slot[slots] | (fleet.state[slots] != _EMPTY) | (fleet.plane_of[slots] != fleet.plane_of[spares])
        )
        if wrong.any():
            problem = "it needs a spare and an empty slot of the same plane"
            raise self._impossible(sent[int(np.argmax(wrong))], now, problem)
        changed = np.maximum(fleet.vacant_since[slots], fleet.birth_day[spares])
        # A slot that is clear within the block of its satellite's death is seen to be so in the next.
        day = self._dates(np.maximum(changed, fleet.blocked_until[slots]), now, found_late=True)
        days, delta_v, spent = np.zeros(len(sent)), np.zeros(len(sent)), np.zeros(len(sent))
        for design in np.unique(fleet.design[spares]).tolist():
            mine = np.flatnonzero(fleet.design[spares] == design)
            found = self._ways(design, spares[mine], slots[mine], [sent[i] for i in mine.tolist()], day[mine])
            days[mine], delta_v[mine], spent[mine] = found
        self.population.wake(spares, slots, day, days, delta_v, spent)

    def _ways(
        self, design: int, spares: Ints, slots: Ints, sent: list[Activate], day: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """(days, delta-v, what that takes from the tank) of ways from spare berths to slots."""
        ways, planes = self.environment.designs[design].spare_ways, self.fleet.plane_of[slots]
        asked = [one.phasing_days for one in sent]
        if ways.below_km > 0:
            if any(one is not None for one in asked):
                raise self._impossible(
                    sent[0], float(day[0]), "spares wait below the plane: the geometry says when one is there"
                )
            layouts = [self.fleet.planes[plane] for plane in planes.tolist()]
            starts, firsts = [one.spare_range.start for one in layouts], [one.first_berth for one in layouts]
            place = zip(
                day.tolist(), planes.tolist(), (spares - starts).tolist(), (slots - firsts).tolist(), strict=True
            )
            days = [float(ways.days(now, p, np.array([a]), np.array([b]))[0, 0]) for now, p, a, b in place]
            return np.array(days), np.asarray(ways.climb_m_s)[planes], np.asarray(ways.extra_m_s)[planes]
        if any(one is None for one in asked):
            raise self._impossible(sent[0], float(day[0]), "phasing_days must say when it is to be there")
        phasing = np.array(asked, float)
        phases = self._phases_of(design)
        angle = phases[slots] - phases[spares]
        delta_v = np.zeros(len(angle))
        slow = phasing > 0
        altitude = np.asarray(ways.altitude_km)[planes]
        delta_v[slow] = phasing_delta_v_m_s(altitude[slow], angle[slow], phasing[slow])
        if not np.isfinite(delta_v).all():
            raise self._impossible(sent[0], float(day[0]), "no orbit above the air brings it there in so short a time")
        return ways.checkout_days + phasing, delta_v, delta_v

    def _phases_of(self, design: int) -> Floats:
        """Where in its plane each berth is, rad."""
        if design not in self._phases:
            ways = self.environment.designs[design].spare_ways
            pairs = zip(ways.slot_phase_rad, ways.spare_phase_rad, strict=True)
            self._phases[design] = np.concatenate([one for pair in pairs for one in pair])
        return self._phases[design]

    def _order(self, launches: Sequence[Launch], now: float) -> None:
        """Order satellites, each for a berth of its own."""
        chosen, from_empty, vehicles, designs = list[Ints](), list[int](), list[int](), list[int]()
        state = self.fleet.state
        free = ((state == _EMPTY) | (state == _BLOCKED)) & ~self.fleet.awaited
        for action in launches:
            design, vehicle = self._what(action, now)
            empty = self._empty(action, free)
            filled = empty[:0] if 0 < action.satellites <= len(empty) else self._filled(action)
            room = len(empty) + len(filled)
            if not 0 < action.satellites <= room:
                spared = f"{action.to} for 1 to {room} more" if room else f"no {action.to} free"
                raise self._impossible(action, now, f"the plane has {spared}")
            berths = empty[: action.satellites]
            if len(filled):
                berths = np.concatenate([berths, filled[: action.satellites - len(empty)]])
            self.fleet.awaited[berths], free[berths] = True, False  # another order for the plane is for others
            chosen.append(berths)
            from_empty.append(len(empty))
            vehicles.append(vehicle)
            designs.append(design)
        planes, counts = [one.plane for one in launches], [len(berths) for berths in chosen]
        ends = np.cumsum(counts).tolist()
        firsts = np.array(ends, np.intp) - counts
        rank = np.arange(ends[-1]) - np.repeat(firsts, counts)
        relieves = rank >= np.repeat(from_empty, counts)
        berths = np.concatenate(chosen)
        built = self.build(berths, np.repeat(designs, counts), relieves=relieves)
        parts = [built.take(slice(end - count, end)) for end, count in zip(ends, counts, strict=True)]
        self.fleet.on_order += np.bincount(planes, counts, minlength=len(self.fleet.planes)).astype(np.int32)
        self.population.changed[planes] = True
        columns = {"plane": planes, "amount": counts, "design": designs, "vehicle": vehicles}
        day = self._dates(np.maximum.reduceat(self._changed_day(berths, now), firsts), now)
        self.population.log.extend(len(launches), time_days=day, kind=EventKind.ORDERED, **columns)
        self.flights.order(list(zip(vehicles, planes, parts, strict=True)), day)

    def _what(self, action: Launch, now: float) -> tuple[int, int]:
        """Numbers of the design and the vehicle that are ordered.  Raises `InputError` for what cannot be."""
        if not 0 <= action.plane < len(self.fleet.planes):
            raise self._impossible(action, now, "no such plane, berth or satellite")
        design = self._designs.get(action.design or next(iter(self._designs)))
        if design is None:
            raise self._impossible(action, now, f"designs are {', '.join(self._designs)}")
        if self._available[design] > now:
            raise self._impossible(action, now, f"that design can be ordered from day {self._available[design]:g} on")
        wanted = action.vehicle or self._own_vehicle
        if wanted not in self._vehicles:
            raise self._impossible(action, now, f"vehicles are {', '.join(self._vehicles)}")
        return design, self._vehicles.index(wanted)

    def _empty(self, action: Launch, free: NDArray[np.bool_]) -> Ints:
        """Empty berths that an order could be for, in the order of `Launch`; `free`: of all berths."""
        plane = self.fleet.planes[action.plane]
        spares = np.empty(0, np.intp)
        if action.to == "spares":
            spares = plane.spare_range.start + np.flatnonzero(free[plane.spare_range])
            if 0 < action.satellites <= len(spares):
                return np.asarray(spares)
        slots = plane.first_berth + np.flatnonzero(free[plane.slot_range])
        return np.concatenate([spares, slots])

    def _filled(self, action: Launch) -> Ints:
        """Slots whose satellites an order could relieve, in the order of `Launch`."""
        fleet, plane = self.fleet, self.fleet.planes[action.plane]
        free = (fleet.state[plane.slot_range] == _WORKING) & ~fleet.awaited[plane.slot_range]
        working = plane.first_berth + np.flatnonzero(free)
        working = working[np.argsort(fleet.life_end_day[working], kind="stable")]
        if action.relieve:
            there = set(working.tolist())
            first = [slot for slot in dict.fromkeys(action.relieve) if slot in there]
            working = np.concatenate([np.array(first, np.intp), working[~np.isin(working, first)]])
        return working

    def _impossible(self, action: Action, now: float, why: str) -> InputError:
        return InputError(f"strategy {self.name}: {action} on day {now:.1f} cannot be done: {why}")
