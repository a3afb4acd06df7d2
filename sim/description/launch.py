"""How satellites come to orbit, in numbers and in words: vehicles, their dates, prices and records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.description.factory import factory_facts, factory_lines
from sim.description.format import Facts, delay_text, growth_text, money
from sim.economics import Bill, bills_of
from sim.environment import Environment
from sim.launch import (
    MAIN,
    AnyPrice,
    FlightRecord,
    PerFlight,
    Purchase,
)
from sim.scenario.models import Scenario
from sim.text import digits, many


def launch_facts(scenario: Scenario, environment: Environment) -> Facts:
    """The main vehicle and what is asked of it, and the others by name."""
    satellite, slots = scenario.satellite, environment.slots
    lost = scenario.reliability.bus.mean_rate_per_day(satellite.design_life_years * DAYS_PER_YEAR) * DAYS_PER_YEAR
    return _vehicle(scenario, environment, MAIN) | {
        "satellites_lost_per_year": slots * lost,
        "satellites_expiring_per_year": slots / satellite.design_life_years,
        "factory": factory_facts(scenario, environment),
        "others": {name: _vehicle(scenario, environment, name) for name in scenario.launch.others},
    }


def _vehicle(scenario: Scenario, environment: Environment, name: str) -> Facts:
    service, satellite, mission = scenario.launch.service(name), scenario.satellite, scenario.mission
    vehicle, number = service.vehicle, scenario.launch.names.index(name)
    bill, design = bills_of(scenario, environment.parts)[0], environment.designs[0]
    room = min(design.rooms[number])
    first, last = (
        bill.flight_usd(vehicle.price, room, Purchase(day, mission.start_year + day / DAYS_PER_YEAR))
        for day in (0.0, mission.days)
    )
    known, flights = vehicle.success_probability, service.flights_per_year_max()
    drift = service.drift
    return {
        "vehicle": vehicle.name,
        "capacity_kg": min(design.payloads_kg[number]),
        "capacity_kg_max": max(design.payloads_kg[number]),
        "insertion_km": [
            float(f(satellite.propulsion.insertion_km([p.altitude_km for p in environment.planes])))
            for f in (np.min, np.max)
        ],
        "satellites_per_flight": room,
        "satellites_per_flight_max": max(design.rooms[number]),
        "price_kind": vehicle.price.kind,
        "flight_usd": first,
        "flight_usd_at_end": last,
        "usd_per_kg_full": first / (room * bill.mass_kg),
        "shared_up_to": _shared_up_to(vehicle.price, bill, room, mission.start_year),
        "shared_usd_each": bill.flight_usd(vehicle.price, 1, Purchase(0.0, mission.start_year)),
        "success_probability": vehicle.mean_success,
        "success_interval": vehicle.success_interval,
        "flights_on_record": known.flights if isinstance(known, FlightRecord) else None,
        "failures_on_record": known.failures if isinstance(known, FlightRecord) else None,
        "stand_down_mean_days": service.stand_down.expected_days(),
        "opportunity_interval_days": service.opportunity_interval_days,
        "ramp": None if service.ramp is None else service.ramp.model_dump(),
        "pads": None if service.pads is None else service.pads.model_dump(),
        "boosters": None if service.boosters is None else service.boosters.model_dump(),
        "flights_per_year_max": flights,
        "satellites_per_year_max": None if flights is None else flights * room,
        "planes_by_drift": None if drift is None else _planes_by_drift(environment, number),
        "drift_altitude_km": None if drift is None else drift.altitude_km,
        "lead_time_law": delay_text(service.lead_time_days),
        "slip_law": delay_text(service.slip_days),
        "transfer_days": service.transfer_days,
        "mean_order_to_work_days": service.expected_lead_days(),
    }


def _planes_by_drift(environment: Environment, vehicle: int) -> int:
    """Further planes that a launch to the first plane on day 0 reaches through the drift orbit."""
    others = range(1, len(environment.planes))
    return sum(environment.drift_days(vehicle, 0, 0, to, 0.0) is not None for to in others)


def launch_text(launch: Facts) -> Iterator[str]:
    """The same as lines."""
    yield from _vehicle_text(launch)
    yield (
        f"  replacements needed: {digits(launch['satellites_lost_per_year'], 3)} satellites a year after bus failures, "
        f"{digits(launch['satellites_expiring_per_year'], 3)} a year at the end of their design life"
    )
    yield from _delay_text(launch)
    yield from factory_lines(launch["factory"])
    for name, other in launch["others"].items():
        yield f"  {name}, for strategies that order on it:"
        for line in (*_vehicle_text(other), *_delay_text(other)):
            yield f"  {line}"


def _shared_up_to(price: AnyPrice, bill: Bill, room: int, year: float) -> int:
    """Satellites up to which shared flights cost less than a vehicle of one's own; 0: none does."""
    if not isinstance(price, PerFlight) or price.rideshare is None:
        return 0
    alone = price.model_copy(update={"rideshare": None})
    bought = Purchase(0.0, year)
    cheaper = (n for n in range(room, 0, -1) if bill.flight_usd(price, n, bought) < bill.flight_usd(alone, n, bought))
    return next(cheaper, 0)


def _vehicle_text(launch: Facts) -> Iterator[str]:
    least, most = launch["satellites_per_flight"], launch["satellites_per_flight_max"]
    aboard = many(least, "satellite") if least == most else f"{least:,} to {most:,} satellites, by plane,"
    low, high = (f"{launch[name]:,.0f}" for name in ("capacity_kg", "capacity_kg_max"))
    to = " to ".join(dict.fromkeys(f"{height:.0f}" for height in launch["insertion_km"]))
    moves = launch["flight_usd_at_end"] != launch["flight_usd"]
    later = f", {money(launch['flight_usd_at_end'])} at the mission's end without own flights" if moves else ""
    rideshare = ", as rideshare" if launch["price_kind"] == "rideshare" else ""
    if launch["shared_up_to"]:
        rideshare += f", up to {launch['shared_up_to']} at {money(launch['shared_usd_each'])} each on shared flights"
    yield (
        f"  {launch['vehicle']}: {low if low == high else f'{low} to {high}'} kg to {to} km, up to {aboard} a flight, "
        f"{money(launch['flight_usd'])} for a full flight (${launch['usd_per_kg_full']:,.0f}/kg){rideshare}{later}, "
        f"success probability {launch['success_probability']:.2%}"
    )
    if launch["success_interval"]:
        low, high = launch["success_interval"]
        record = f"{many(launch['failures_on_record'], 'failure')} in {many(launch['flights_on_record'], 'flight')}"
        yield f"  from {record}: 95 % between {low:.2%} and {high:.2%}; one is drawn for each replicate"
    yield from _calendar_text(launch)


def _calendar_text(launch: Facts) -> Iterator[str]:
    flights, ramp = launch["flights_per_year_max"], launch["ramp"]
    at_most = "" if flights is None else f": at most {flights:.1f} launches"
    at_most += "" if flights is None else f" and {launch['satellites_per_year_max']:,.0f} satellites a year"
    if ramp is not None:
        yield (
            f"  launch dates grow from {ramp['first_per_year']:g} to {ramp['last_per_year']:g} a year within "
            f"{ramp['years']:g} years{growth_text(ramp)}{at_most}"
        )
    elif launch["opportunity_interval_days"] == 0:
        yield f"  launches on any day{at_most}"
    else:
        yield f"  a launch date every {launch['opportunity_interval_days']:g} days{at_most}"
    limits = [
        f"{many(given['count'], noun)} ready again {given['days']:g} days after a launch"
        for noun, given in (("pad", launch["pads"]), ("booster", launch["boosters"]))
        if given is not None
    ]
    if limits:
        yield f"  {', '.join(limits)}"
    if launch["planes_by_drift"] is not None:
        yield (
            "  a flight to the first plane that is not full reaches "
            f"{many(launch['planes_by_drift'], 'further plane')} through a drift orbit of "
            f"{launch['drift_altitude_km']:g} km"
        )


def _delay_text(launch: Facts) -> Iterator[str]:
    yield (
        f"  order to start of work: mean {launch['mean_order_to_work_days']:.0f} days (lead time "
        f"{launch['lead_time_law']}; slip {launch['slip_law']}; transfer {launch['transfer_days']:g} days)"
    )
    yield f"  a failed launch grounds the vehicle for {launch['stand_down_mean_days']:.0f} days on average"
