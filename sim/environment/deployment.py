"""The flights of the initial fleet: when each is planned, and which satellites of which plane it carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sim.berths import PlaneLayout
from sim.environment.planes import Plane
from sim.errors import Fault, ScenarioError
from sim.scenario.deployment import LaunchDate, Launched
from sim.scenario.models import Scenario

_NAMED = 6
"""Planes that a message names."""


@dataclass(frozen=True)
class Flight:
    """A planned flight of the initial fleet."""

    day: float
    """Mission day; 0 where the fleet is in place from the first."""
    plane: int
    berths: range
    """Berths that its satellites are built for: slots, or spare berths."""


def flights_of(
    scenario: Scenario,
    planes: Sequence[Plane],
    layouts: Sequence[PlaneLayout],
    rooms: Sequence[int],
    spares: Sequence[int],
) -> list[Flight]:
    """The flights of the initial fleet in the order flown.

    `rooms`: satellites that a flight to each plane can carry; `spares`: wanted in each.  Raises `ScenarioError`
    for dates that do not bring up the fleet.
    """
    deployment = scenario.deployment
    if not isinstance(deployment, Launched):
        # A plane's spares lie behind its slots.
        wanted = [
            range(one.first_berth, one.spare_range.start + more) for one, more in zip(layouts, spares, strict=True)
        ]
        return [Flight(0.0, plane, load) for plane, load in _loads(wanted, rooms)]
    # All slots before any spare: the dates of the slots do not depend on the strategy's spares.
    slots = [range(one.slot_range.start, one.slot_range.stop) for one in layouts]
    if deployment.dates:
        flights = _dated(scenario, deployment.dates, planes, slots, rooms)
    else:
        flights = [
            Flight(deployment.flight_day(number), plane, load)
            for number, (plane, load) in enumerate(_loads(slots, rooms))
        ]
    # A plane's spares lie behind its slots, and the room that its last slots leave is paid for.
    ends = [range(berths.stop, berths.stop + more) for berths, more in zip(slots, spares, strict=True)]
    for number, flight in enumerate(flights):
        left = ends[flight.plane]
        if flight.berths.stop == left.start:
            along = min(len(left), rooms[flight.plane] - len(flight.berths))
            flights[number] = replace(flight, berths=range(flight.berths.start, flight.berths.stop + along))
            ends[flight.plane] = left[along:]
    days: Iterator[float]
    if deployment.ramp is None:
        first_day = flights[-1].day + deployment.interval_days
        days = (first_day + number * deployment.interval_days for number in count())
    else:
        days = map(deployment.flight_day, count(len(flights)))
    return flights + [Flight(day, plane, load) for day, (plane, load) in zip(days, _loads(ends, rooms), strict=False)]


def _loads(wanted: Sequence[range], rooms: Sequence[int]) -> Iterator[tuple[int, range]]:
    """(plane, berths) of full flights and a rest, for some berths of each plane."""
    for plane, (berths, room) in enumerate(zip(wanted, rooms, strict=True)):
        for first in range(0, len(berths), room):
            yield plane, berths[first : first + room]


def _dated(
    scenario: Scenario,
    dates: Sequence[LaunchDate],
    planes: Sequence[Plane],
    slots: Sequence[range],
    rooms: Sequence[int],
) -> list[Flight]:
    """The flights to the slots on these dates.  Raises `ScenarioError` with all that is wrong with them."""
    missing, flights = list(slots), list[Flight]()
    faults = _faults_of_days(scenario, dates)
    for number, one in enumerate(dates):
        try:
            plane = _plane_of(one, planes, missing)
            left = missing[plane]
            if one.satellites is not None and one.satellites > len(left):
                raise _Wrong(
                    "satellites", one.satellites, f"plane {planes[plane].name} misses {len(left)} when it flies"
                )
        except _Wrong as wrong:
            faults.append(_fault(number, wrong.field, wrong.value, wrong.problem))
            continue
        brought = left[: one.satellites or rooms[plane]]
        missing[plane] = left[len(brought) :]
        flights += [
            Flight(one.day(scenario.mission.start), plane, brought[first : first + rooms[plane]])
            for first in range(0, len(brought), rooms[plane])
        ]
    if not faults and any(missing):
        faults.append(Fault("scenario", "deployment.dates", None, _what_is_missing(planes, missing, rooms)))
    if faults:
        raise ScenarioError(faults)
    return flights


class _Wrong(Exception):
    """What is wrong with a field of a date."""

    def __init__(self, field: str, value: object, problem: str) -> None:
        super().__init__(problem)
        self.field, self.value, self.problem = field, value, problem


def _plane_of(one: LaunchDate, planes: Sequence[Plane], missing: Sequence[range]) -> int:
    """The plane that a date is for.  Raises `_Wrong` where there is none, or where it is complete."""
    if one.plane is None:
        plane = next((number for number, left in enumerate(missing) if left), None)
        if plane is None:
            raise _Wrong("date", _written(one), "is one date too many: the dates above it complete the fleet")
        return plane
    plane = next((found.id for found in planes if found.name == one.plane), None)
    if plane is None:
        names = [found.name for found in planes]
        known = ", ".join(names) if len(names) <= _NAMED else f"{names[0]} to {names[-1]}"
        raise _Wrong("plane", one.plane, f"is no plane of the constellation: must be one of {known}")
    if not missing[plane]:
        raise _Wrong("plane", one.plane, "is complete with the dates above it")
    return plane


def _faults_of_days(scenario: Scenario, dates: Sequence[LaunchDate]) -> list[Fault]:
    """Dates before the mission, or before the date above them."""
    start, faults = scenario.mission.start, list[Fault]()
    before = dates[0]
    for number, one in enumerate(dates):
        if one.day(start) < 0:
            faults.append(
                _fault(number, "date", _written(one), f"is before the mission's start: must be {start} or later")
            )
        elif one.day(start) < before.day(start):
            faults.append(
                _fault(number, "date", _written(one), f"is before the date above it ({before}): put them in order")
            )
        else:
            before = one
    return faults


def _written(one: LaunchDate) -> object:
    """The date as it stands in the scenario."""
    return one.date if isinstance(one.date, float) else one.date.isoformat()


def _fault(number: int, field: str, value: object, problem: str) -> Fault:
    return Fault("scenario", f"deployment.dates.{number}.{field}", value, problem)


def _what_is_missing(planes: Sequence[Plane], missing: Sequence[range], rooms: Sequence[int]) -> str:
    """What to say of dates that do not complete the fleet."""
    short = [(plane.name, len(left)) for plane, left in zip(planes, missing, strict=True) if left]
    flights = sum(-(-len(left) // room) for left, room in zip(missing, rooms, strict=True))
    named = ", ".join(f"{name} misses {count}" for name, count in short[:_NAMED])
    more = f" and {len(short) - _NAMED} more planes some" if len(short) > _NAMED else ""
    return (
        f"too few for the fleet: plane {named} of its satellites{more}: "
        f"at least {flights} more {'flight' if flights == 1 else 'flights'}"
    )
