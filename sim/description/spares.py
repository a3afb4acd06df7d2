"""How spares wait in the planes, and what it takes to move one into a slot: in numbers, and in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import TAU
from sim.description.format import Facts, span
from sim.environment import Environment
from sim.environment.spares import widest_way_m_s
from sim.physics.drag import propellant_kg
from sim.scenario.models import Scenario
from sim.strategies import Strategy
from sim.strategies.advice import initial_spares
from sim.strategies.spares import Sparing, phasing_days_of

USUAL_DAYS = float(Sparing.model_fields["phasing_days"].default)


def spares_facts(scenario: Scenario, environment: Environment) -> Facts:
    """Where spares wait, and their ways to the slots; of each shell, those of its first plane."""
    waits, design, berths = scenario.constellation.spares, environment.designs[0], []
    ways, propulsion = design.spare_ways, design.satellite.propulsion
    asked = phasing_days_of(scenario.strategy_named(scenario.strategy))
    days = USUAL_DAYS if asked is None else asked
    for shell in range(len(scenario.constellation.shells)):
        plane = next(one for one in environment.shell_planes if one.shell == shell)
        below = ways.below_km > 0
        delta_v = ways.delta_v_m_s(plane.id, 0, 0, 0.0) if below else widest_way_m_s(ways, [plane], days)
        kg = float(propellant_kg(design.mass_kg, delta_v, propulsion.isp_s)) if np.isfinite(delta_v) else None
        aboard = design.keeping.propellant_kg
        berths.append(
            {
                "shell": shell,
                "drift_deg_per_day": float(np.degrees(ways.drift_rad_per_day[plane.id])),
                "turn_days": float(TAU / ways.drift_rad_per_day[plane.id]) if below else None,
                "longest_days": ways.longest_days(plane.id) if below else ways.checkout_days + days,
                "inclination_difference_deg": float(np.degrees(ways.turn_rad[plane.id])) if below else 0.0,
                "widest_deg": None if below else float(np.degrees(ways.widest_rad(plane.id))),
                "delta_v_m_s": delta_v if kg is not None else None,
                "propellant_kg": kg,
                "propellant_share": None if kg is None or aboard == 0 else kg / aboard,
            }
        )
    if scenario.constellation.spare_berths_per_plane == 0:
        berths = []
    return {**waits.model_dump(mode="json"), "phasing_days": days, "ways": berths}


def spares_lines(spares: Facts) -> Iterator[str]:
    """The same in words; nothing without spare berths."""
    if not spares["ways"]:
        return
    below = spares["below_km"] > 0
    where = f"{spares['below_km']:g} km below their plane" if below else "in their plane's own orbit"
    state = "hot (powered, ageing as at work)" if spares["mode"] == "hot" else "cold (dormant)"
    checked = f"; {span(spares['checkout_days'])} to start one and check it out" if spares["checkout_days"] > 0 else ""
    yield f"  spares wait {where}, {state}{checked}"
    for way in spares["ways"]:
        whose = f"shell {way['shell']}: " if len(spares["ways"]) > 1 else ""
        yield f"    {whose}{_drift(way) if below else _phasing(way, spares['phasing_days'])}"


def _drift(way: Facts) -> str:
    return (
        f"they drift {way['drift_deg_per_day']:.3g} deg a day past the slots, a turn in {way['turn_days']:.3g} days; "
        f"one is in a slot after {way['longest_days']:.3g} days at most; climb and a turn of "
        f"{way['inclination_difference_deg']:.2g} deg take {way['delta_v_m_s']:.3g} m/s{_share(way)}"
    )


def _phasing(way: Facts, days: float) -> str:
    if way["widest_deg"] == 0:
        return "beside the cluster: the way to a slot takes hardly any delta-v"
    farthest = f"the way to the farthest slot, {way['widest_deg']:.0f} deg off, in {days:g} days"
    if way["delta_v_m_s"] is None:
        return f"{farthest} is not possible"
    free = ", which stand for none" if days == 0 else ""
    return f"{farthest}{free}, takes {way['delta_v_m_s']:.3g} m/s{_share(way)}"


def _share(way: Facts) -> str:
    return "" if way["propellant_share"] is None else f", {way['propellant_share']:.2g} of the propellant"


def spares_warnings(scenario: Scenario, spares: Facts) -> Iterator[str]:
    """What is said of spares and has no effect, and what a tank was not sized for."""
    constellation = scenario.constellation
    if constellation.spare_berths_per_plane == 0 and constellation.spares != type(constellation.spares)():
        yield "constellation.spares has no effect: constellation.spare_berths_per_plane is 0"
    propulsion, strategy = scenario.satellite.propulsion, scenario.strategy_named(scenario.strategy)
    moves = phasing_days_of(strategy) is not None and initial_spares(strategy, scenario.strategy) > 0
    if propulsion.propellant_kg != "sized" or spares["below_km"] > 0 or not moves:
        return
    most = max((way["propellant_share"] or 0.0 for way in spares["ways"]), default=0.0)
    if most > propulsion.margin / (1 + propulsion.margin):
        yield (
            f"a spare that moves to its slot in {spares['phasing_days']:g} days (strategies.{scenario.strategy}."
            f"phasing_days) burns up to {most:.2g} of the propellant, more than the margin with which that is sized: "
            "more days take less"
        )


def warnings_of_phasing(scenario: Scenario, name: str, strategy: Strategy) -> Iterator[str]:
    """What to say of a strategy that states days of phasing where the geometry does."""
    days = phasing_days_of(strategy)
    if days is not None and days != USUAL_DAYS and scenario.constellation.spares.below_km > 0:
        yield (
            f"strategies.{name}.phasing_days ({days:g}) has no effect: spares wait "
            f"{scenario.constellation.spares.below_km:g} km below their planes, and the geometry of the day says when "
            "one is in its slot"
        )
