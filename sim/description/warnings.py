"""Warnings of `describe`: what a scenario allows but its author may not intend, and the size that is sufficient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.description.catalogue import catalogue_warnings
from sim.description.cross_plane import cross_plane_warnings
from sim.description.factory import factory_warnings
from sim.description.format import Facts
from sim.description.inference import inference_warnings
from sim.description.job_warnings import warnings_of_early_jobs, warnings_of_job, warnings_of_room
from sim.description.parts import shortfalls
from sim.description.planes import born_until
from sim.description.sky import sky_warnings
from sim.description.spares import spares_warnings, warnings_of_phasing
from sim.engine.expected import shortest_lead_days, too_much
from sim.environment import Environment, Limit
from sim.physics.power import array_needed_w, battery_needed_wh
from sim.scenario import Scenario
from sim.strategies import Replenishing
from sim.strategies.advice import services
from sim.strategies.base import EXPECTED_LEAD
from sim.text import digits, many


def warnings(scenario: Scenario, environment: Environment, found: Facts) -> Iterator[str]:
    """One sentence for each warning; `found`: the scenario's facts."""
    yield from _supply(scenario, environment, found)
    yield from _heat(scenario, environment)
    yield from _dark(scenario, environment)
    yield from _array(scenario, environment)
    yield from _sizes(environment)
    yield from _orbit(scenario, environment, found["satellite"])
    yield from sky_warnings(found["sky"])
    yield from catalogue_warnings(scenario)
    yield from spares_warnings(scenario, found["fleet"]["spares"])
    yield from shortfalls(scenario, found["designs"])
    yield from _dose(scenario, found["radiation"])
    yield from cross_plane_warnings(scenario, environment)
    yield from warnings_of_early_jobs(scenario, environment)
    for job in scenario.workload.jobs:
        yield from warnings_of_job(scenario, environment, job)
    yield from inference_warnings(scenario, found["inference"])
    yield from warnings_of_strategy(scenario, scenario.strategy)
    for problem in too_much(environment, [scenario.strategy]):
        yield f"it cannot be run: {problem}"


_FULL = 1 / 3
"""Share of a flight's room below which a warning is given."""


def warnings_of_strategy(scenario: Scenario, name: str) -> Iterator[str]:
    """What a strategy does in a scenario that its user may not intend."""
    strategy, life = scenario.strategy_named(name), scenario.satellite.design_life_years
    if scenario.servicing is None and services(strategy, name):
        yield (
            f"{name} sends servicers, and the scenario names none: what they can do and cost are default figures, all "
            "of them assumptions; `servicing: {kind: robots, ...}` gives others"
        )
    yield from warnings_of_phasing(scenario, name, strategy)
    if not isinstance(strategy, Replenishing) or life >= scenario.mission.years:
        return
    lead = scenario.launch.service(strategy.vehicle).expected_lead_days()
    ahead = strategy.ahead_days(lead)
    if lead - ahead > 1:
        when = (
            f"{ahead:g} days before their design life of {life:g} years ends"
            if ahead
            else (f"only when their design life of {life:g} years has ended")
        )
        yield (
            f"{name} orders successors of satellites {when} (order_ahead_days: {ahead:g}) and they take {lead:.0f} on "
            f"average: their slots then stand empty for some {lead - ahead:.0f} days; strategies.{name}."
            f"order_ahead_days={EXPECTED_LEAD} would order in time"
        )


def warning_of_flights(scenario: Scenario, name: str, satellites: float, flights: float, room: int) -> str | None:
    """What to say of a strategy whose `flights` carried so many `satellites` of `room` each; none: nothing."""
    price = scenario.launch.vehicle.price
    whole = price.kind == "per_flight" and price.rideshare is None and not scenario.launch.others
    if flights == 0 or not whole or satellites / flights >= _FULL * room:
        return None
    return (
        f"{name}: a flight carries {satellites / flights:.1f} satellites on average and has room for {room}, at the "
        "price of a whole flight: larger orders, or places on shared flights, would cost less"
    )


def warnings_of_strategies(scenario: Scenario, room: int, flown: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """The same of several, and of what they sent: mean satellites and flights by name; `room`: satellites a flight."""
    for name, (satellites, flights) in flown.items():
        yield from warnings_of_strategy(scenario, name)
        if text := warning_of_flights(scenario, name, satellites, flights, room):
            yield text


def _supply(scenario: Scenario, environment: Environment, found: Facts) -> Iterator[str]:
    satellite, mission, launch = scenario.satellite, scenario.mission, found["launch"]
    yield from warnings_of_room(scenario, environment)
    supply = launch["satellites_per_year_max"]
    demand = launch["satellites_lost_per_year"] + _lives_ending(scenario, environment) / mission.years
    if supply is not None and supply < demand:
        removed = f"failures and design life remove {digits(demand, 3)}"
        yield f"launches deliver at most {digits(supply, 3)} satellites a year; {removed}"
    yield from factory_warnings(scenario, demand, environment.slots)
    if shortest_lead_days(scenario) > mission.days:
        yield "the mean time from order to start of work exceeds the mission: no replacement arrives"
    if satellite.design_life_years < mission.years:
        yield (
            f"the first satellites reach the end of their design life after {satellite.design_life_years:g} of the "
            f"mission's {mission.years:g} years"
        )
    last_day = found["deployment"]["last_launch_day"]
    if last_day is not None and last_day > mission.days:
        yield f"the last deployment flight is planned for day {last_day:g}, after the end of the mission"
    sent = found["deployment"]
    if text := warning_of_flights(
        scenario, "deployment", sent["satellites"], sent["flights"], launch["satellites_per_flight"]
    ):
        yield text
    for name in scenario.strategies:
        problem = found["strategies"][name]["problem"]
        if problem:
            yield f"strategy {name} cannot be chosen: it {problem}"


def _lives_ending(scenario: Scenario, environment: Environment) -> int:
    """Design lives that end before the mission does, in the slots of the initial fleet, one after another."""
    launched = scenario.deployment.kind == "launched"
    life_days, count = scenario.satellite.design_life_years * DAYS_PER_YEAR, 0
    for flight in environment.deployment_flights(0):
        left_days = scenario.mission.days - (flight.day + scenario.launch.transfer_days if launched else 0.0)
        # A life that ends with the mission needs no successor.
        count += len(flight.berths) * max(0, math.ceil(left_days / life_days - 1e-9) - 1)
    return count


def _heat(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """A radiator that is too small for any operating point."""
    operation, sizes = environment.designs[0].operation, environment.sizes
    stopped = (operation.limit == Limit.HEAT) & (operation.light_speed == 0)
    days = max(_days(environment, stopped[p.id] & _lives(environment, p.id)) for p in environment.shell_planes)
    if days:
        enough = _enough(sizes.radiator_needed_m2, "m2", "full load")
        yield (
            f"radiator of {sizes.radiator_m2:.3g} m2: on {many(days, 'day')} of a satellite's life the bus alone heats "
            f"the chips above {scenario.satellite.radiator.junction_limit_c:g} C, so no GPU can run; {enough}"
        )


def _dark(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """A battery that cannot supply the bus through an eclipse."""
    satellite, operation = scenario.satellite, environment.designs[0].operation
    battery, dark_s = satellite.battery, environment.sun.dark * environment.sun.period_s
    need_wh = battery_needed_wh(
        satellite.bus_power_w, dark_s, battery.depth_limit, battery.discharge_efficiency
    )  # on each day
    short = need_wh > environment.sizes.battery_wh * operation.battery_fraction * (1 + 1e-9)
    first = [
        (int(environment.days[days[0]]), plane.name, int(days[0]) == int(np.flatnonzero(dark_s[plane.id] > 0)[0]))
        for plane in environment.shell_planes
        if len(days := np.flatnonzero(short[plane.id] & _lives(environment, plane.id)))
    ]
    if not first:
        return
    day, name, at_once = min(first)
    when = "the first eclipse" if at_once else f"the eclipses of day {day}, the first such day,"
    kwh, needed = environment.sizes.battery_wh / 1000, environment.sizes.battery_needed_wh / 1000
    yield (
        f"battery of {kwh:.3g} kWh cannot supply the bus ({satellite.bus_power_w:,g} W) "
        f"through {when} in plane {name}: satellites compute nothing on such days; {need_wh.max() / 1000:.3g} kWh at "
        f"BOL would supply the bus, and {_enough(needed, 'kWh', f'eclipse policy {scenario.power.eclipse_policy}')}"
    )


def _array(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """An array that cannot supply the bus, and one that is turned away from the Sun."""
    satellite, sun, operation = scenario.satellite, environment.sun, environment.designs[0].operation
    mount = satellite.array.mount
    bus_w = array_needed_w(
        satellite.bus_power_w,
        satellite.bus_power_w,
        lit_s=np.maximum((1 - sun.dark) * sun.period_s, 1e-6),
        dark_s=sun.dark * sun.period_s,
        charge_efficiency=satellite.battery.charge_efficiency,
        discharge_efficiency=satellite.battery.discharge_efficiency,
    )
    for what, bad in (
        (f"(mount {mount.value}) gets less than 5% of its median power", _without_sun(operation.array_w)),
        (f"cannot supply the bus ({satellite.bus_power_w:,g} W)", operation.array_w < bus_w * (1 - 1e-9)),
    ):
        days = {p.name: _days(environment, bad[p.id] & _lives(environment, p.id)) for p in environment.shell_planes}
        worst = max(days, key=lambda name: days[name])
        if days[worst]:
            yield (
                f"array of {environment.sizes.array_m2:.3g} m2 {what} on {many(days[worst], 'day')} in plane {worst}; "
                f"{_enough(environment.sizes.array_needed_m2, 'm2', 'full load')}"
            )


def _without_sun(array_w: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    return np.asarray(array_w < 0.05 * np.median(array_w, axis=1, keepdims=True))


def _sizes(environment: Environment) -> Iterator[str]:
    """Sizes of each design below what full load needs until the end of the design life."""
    for number, design in enumerate(environment.designs):
        sizes, keeping = design.sizes, design.keeping
        whose = f" in design {design.name}" if number else ""
        rating = design.satellite.array.rating
        array: tuple[float, float, str] = sizes.array_m2, sizes.array_needed_m2, "m2"
        if rating is not None:
            array = rating.power_w / 1000, rating.power_w / 1000 * sizes.array_needed_m2 / sizes.array_m2, "kW"
        for name, has, needs, unit, need_of in (
            ("array", *array, "full load on the day with least power"),
            (
                "battery",
                sizes.battery_wh / 1000,
                sizes.battery_needed_wh / 1000,
                "kWh",
                "the eclipse policy in the longest eclipse",
            ),
            ("radiator", sizes.radiator_m2, sizes.radiator_needed_m2, "m2", "full load on the hottest day"),
            ("propellant", keeping.propellant_kg, keeping.needed_kg, "kg", "orbit keeping and disposal"),
        ):
            if has < needs * (1 - 1e-9):
                enough = _enough(needs, unit, need_of)
                yield f"{name} of {has:.3g} {unit} is too small{whose}: {enough} at the end of life"


def _enough(needed: float, unit: str, need_of: str) -> str:
    if not math.isfinite(needed):
        return f"no size would be sufficient for {need_of}"
    return f"{needed:.4g} {unit} would be sufficient for {need_of}"


def _orbit(scenario: Scenario, environment: Environment, satellite: Facts) -> Iterator[str]:
    for number, shell in enumerate(scenario.constellation.shells):
        if shell.eccentricity > 0:
            yield (
                f"shell {number} is eccentric ({shell.eccentricity:g}): drag is computed at the mean altitude and is "
                "too low, by up to a factor of 10 at eccentricity .01 and 500 km"
            )
    dry, design = satellite["propulsion"]["dry_after_years"], satellite["propulsion"]["design_life_years"]
    if dry is not None:
        yield f"the first satellites run out of propellant after {dry:.2g} of {design:g} years of design life"


_DOSE_LOSS = 0.05
"""Share of chips destroyed by dose within the design life above which a warning is given."""


def _dose(scenario: Scenario, radiation: Facts) -> Iterator[str]:
    """Dose at which memory errors grow, or chips fail, within the design life."""
    wear, life = scenario.radiation.wear, scenario.satellite.design_life_years
    onset, behind = radiation["memory_onset_years"], f"behind {radiation['shield_mm']:g} mm of aluminium"
    grows = any(effect.scales_with_memory for effect in scenario.radiation.active.values())
    if onset is not None and onset < life and grows and wear.memory_growth_per_krad > 0:
        steady_krad = radiation["dose_krad_end_of_life_without_storms"]
        growth = 1 + wear.memory_growth_per_krad * max(steady_krad - wear.memory_onset_krad, 0.0)
        yield (
            f"{behind} chips reach {wear.memory_onset_krad:g} krad(Si) after {onset:.2g} of {life:g} years of design "
            f"life, without storms: from then on memory errors grow, to {growth:.3g} times their first rate at the end"
        )
    if (lost := radiation["dose_loss_end_of_life"]) > _DOSE_LOSS:
        yield (
            f"{behind} chips take {radiation['dose_krad_end_of_life']:.3g} krad(Si) over the design life, "
            f"expected storms included: dose alone destroys {lost:.0%} of them (half of all chips fail by "
            f"{wear.end_median_krad:g} krad(Si))"
        )


def _days(environment: Environment, there: NDArray[np.bool_]) -> int:
    """Days of the rows of the tables at which something is so."""
    return int(np.count_nonzero(there) * environment.sun.step_days)


def _lives(environment: Environment, plane: int) -> NDArray[np.bool_]:
    """Days of the life of satellites that begin work on day 0."""
    return np.asarray(environment.days < born_until(environment, environment.planes[plane]))
