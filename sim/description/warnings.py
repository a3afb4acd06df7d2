"""Warnings of `describe`: what a scenario allows but its author may not intend, and the size that is sufficient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY, MINUTES_PER_DAY
from sim.description.catalogue import catalogue_warnings
from sim.description.factory import factory_warnings
from sim.description.format import Facts, span
from sim.description.inference import inference_warnings
from sim.description.parts import shortfalls
from sim.description.planes import born_until
from sim.description.radiation import late_loss_share
from sim.description.spares import spares_warnings, warnings_of_phasing
from sim.engine.expected import shortest_lead_days, too_much
from sim.environment import Environment, Limit
from sim.environment.filling import best_fit, largest_place
from sim.physics.power import array_needed_w, battery_needed_wh
from sim.scenario import Scenario
from sim.scenario.job_sizes import least_text
from sim.strategies import Replenishing
from sim.strategies.advice import services
from sim.strategies.base import EXPECTED_LEAD
from sim.text import many
from sim.workloads import TrainingJob


def warnings(scenario: Scenario, environment: Environment, found: Facts) -> Iterator[str]:
    """One sentence for each warning; `found`: the scenario's facts."""
    yield from _supply(scenario, environment, found)
    yield from _heat(scenario, environment)
    yield from _dark(scenario, environment)
    yield from _array(scenario, environment)
    yield from _sizes(environment)
    yield from _orbit(scenario, environment, found["satellite"])
    yield from catalogue_warnings(scenario)
    yield from spares_warnings(scenario, found["fleet"]["spares"])
    yield from shortfalls(scenario, found["designs"])
    yield from _dose(scenario, found["radiation"])
    for job in scenario.workload.jobs:
        yield from _job(scenario, environment, job)
    yield from inference_warnings(scenario, found["inference"])
    yield from warnings_of_strategy(scenario, scenario.strategy)
    for problem in too_much(environment, [scenario.strategy]):
        yield f"it cannot be run: {problem}"


_IDLE = 0.25
"""Share of GPUs without a job above which a warning is given: fewer may be meant to stand in for those that fail."""
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
    yield from _room(scenario, environment)
    supply = launch["satellites_per_year_max"]
    demand = launch["satellites_lost_per_year"] + _lives_ending(scenario, environment) / mission.years
    if supply is not None and supply < demand:
        yield f"launches deliver at most {supply:,.3g} satellites a year; failures and design life remove {demand:,.3g}"
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


def _room(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """Jobs that find no room in the fleet, and room that no job uses."""
    room = [plane.slots * scenario.satellite.gpus for plane in environment.planes]
    all_gpus, largest = sum(room), max(room)
    jobs = list(zip(scenario.workload.jobs, environment.job_counts, strict=True))
    endless = [(job, count) for job, count in jobs if job.work_gpu_hours is None]
    asked = sum(count * job.held_gpus for job, count in endless)
    if asked > all_gpus:
        spares = " with their hot spares" if any(job.hot_spares for job, _ in endless) else ""
        yield f"jobs without an end{spares} need {asked:,} GPUs and the fleet has {all_gpus:,}: some jobs never start"
    else:
        left = list(room)
        for job, count in endless:
            placed = best_fit(left, job.held_gpus, count)
            if placed < count and job.gpus <= largest:
                yield (
                    f"{count:,} jobs {job.name!r} go on without an end, and the planes of the initial fleet have room "
                    f"for {placed:,}, since the {job.gpus:,} GPUs of each lie in one plane: the others wait"
                )
    sizes = [(job.size_with(largest) or job.gpus, count) for job, count in jobs]
    at_most = sum(best_fit(list(room), gpus, count) * gpus for gpus, count in sizes)
    if jobs and not scenario.workload.inference and at_most < (1 - _IDLE) * all_gpus:
        yield (
            f"jobs use at most {at_most:,} of the fleet's {all_gpus:,} GPUs: {1 - at_most / all_gpus:.0%} are idle, "
            "and their cost is borne by the hours of the others"
        )


def _heat(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """A radiator that is too small for any operating point."""
    operation, sizes = environment.designs[0].operation, environment.sizes
    stopped = (operation.limit == Limit.HEAT) & (operation.light_speed == 0)
    days = max(int(np.count_nonzero(stopped[p.id] & _lives(environment, p.id))) for p in environment.shell_planes)
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
        (int(days[0]), plane.name, int(days[0]) == int(np.flatnonzero(dark_s[plane.id] > 0)[0]))
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
        days = {p.name: int(np.count_nonzero(bad[p.id] & _lives(environment, p.id))) for p in environment.shell_planes}
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
        for name, has, needs, unit, need_of in (
            ("array", sizes.array_m2, sizes.array_needed_m2, "m2", "full load on the day with least power"),
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


def _job(scenario: Scenario, environment: Environment, job: TrainingJob) -> Iterator[str]:
    name, mtbf_days = f"job {job.name!r}", environment.gangs.mtbf_days(job)
    slots = [plane.slots for plane in environment.shell_planes]
    largest, ever = max(slots) * scenario.satellite.gpus, largest_place(scenario, slots)
    rhythm, _ = environment.rhythms.over_the_mission(job)
    if job.least_gpus > ever:
        yield (
            f"{name} {least_text(job)}, in one plane, and the largest plane never has more than {ever:,}: it never "
            "starts"
        )
    elif job.gpus > largest:
        yield f"{name} wants {job.gpus:,} GPUs in one plane and the largest has {largest:,}: it never has them all"
    elif job.held_gpus > largest:
        yield f"{name} wants {job.held_gpus:,} GPUs with its hot spares, and the largest plane has {largest:,}"
    if rhythm.interval > mtbf_days:
        yield (
            f"{name} writes a checkpoint every {span(rhythm.interval)} but is interrupted every {span(mtbf_days)} on "
            "average: most of its work is lost"
        )
    given = job.checkpoint_interval_min
    if not isinstance(given, str) and rhythm.interval > given / MINUTES_PER_DAY * (1 + 1e-9):
        yield (
            f"{name} writes a checkpoint every {span(rhythm.interval)}, not every {given:g} min: a save begins once "
            "the last one is durable"
        )
    if rhythm.restart > mtbf_days:
        yield (
            f"{name} takes {span(rhythm.restart)} to restart but is interrupted every {span(mtbf_days)} on average: "
            "most restarts fail"
        )
    late = late_loss_share(environment, job)
    if late > 0.5:
        delay = span(scenario.radiation.detection_delay_h / HOURS_PER_DAY)
        lost = "all" if late >= 1 else f"{late:.0%} of"
        yield (
            f"{name} loses {lost} its time to silent corruption that is detected only {delay} later: its silent "
            "effects need a mitigation that detects them, a smaller harmful_fraction or a shorter detection_delay_h"
        )
    if job.arrival_day >= scenario.mission.days:
        yield f"{name} arrives on day {job.arrival_day:g}, after the end of the mission"
    if environment.pauses:
        yield from _paused_job(scenario, environment, job, name)


def _paused_job(scenario: Scenario, environment: Environment, job: TrainingJob, name: str) -> Iterator[str]:
    """A job whose satellites stop in eclipse."""
    lit_min = [
        float((plane.period_min - dark[dark > 0]).min())
        for plane in environment.shell_planes
        if np.any((dark := environment.eclipse_minutes[plane.id]) > 0)
    ]
    if not lit_min:
        return
    satellites = math.ceil(job.gpus / scenario.satellite.gpus)
    if satellites > 1 and not all(plane.colocated for plane in environment.shell_planes):
        yield (
            f"{name} needs {satellites} satellites spaced around the orbit; in the eclipse season it computes only "
            "while all of them are sunlit"
        )
        yield from _never_sunlit_together(environment, name, satellites)
    figures = environment.gangs.figures(job)
    # A planned stop waits until its save is durable.
    overhead_min = job.restart_min + (figures.load_s + figures.durable_s) / 60
    if overhead_min > 0.1 * min(lit_min):
        yield (
            f"{name} spends {overhead_min:.3g} min of every orbit on its restart and its planned checkpoint, out of as "
            f"little as {min(lit_min):.0f} min of sunlight"
        )


def _never_sunlit_together(environment: Environment, name: str, satellites: int) -> Iterator[str]:
    """Days on which at least one satellite of a gang is always in eclipse, even if they are neighbours in the orbit."""
    days = {}
    for plane in environment.shell_planes:
        if satellites > plane.slots:
            continue
        dark = environment.sun.dark_of(plane.id)[environment.days < environment.horizon_days]
        shaded = dark
        if not plane.colocated:
            between = (satellites - 1) / plane.slots
            shaded = (satellites - 1) * np.minimum(dark, 1 / plane.slots) + np.minimum(dark, 1 - between)
        days[plane.name] = int(np.count_nonzero(shaded >= 1 - 1e-9))
    if days and min(days.values()):
        best = min(days, key=lambda plane: days[plane])
        yield (
            f"{name} computes nothing on {many(days[best], 'day')} of the mission even in plane {best}: at any time at "
            f"least one of its {satellites} satellites is in eclipse; use a cluster, or a battery and the policy "
            "ride_through"
        )


def _lives(environment: Environment, plane: int) -> NDArray[np.bool_]:
    """Days of the life of satellites that begin work on day 0."""
    return np.asarray(environment.days < born_until(environment, environment.planes[plane]))
