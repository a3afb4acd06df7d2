"""What strategies ask of spares that wait in their slots' own orbit, against what orbits and tanks allow."""

from __future__ import annotations

from math import isinf

from sim.environment import Environment
from sim.environment.spares import widest_way_m_s
from sim.errors import Fault
from sim.strategies import Strategy
from sim.strategies.advice import initial_spares
from sim.strategies.spares import phasing_days_of


def phasing_fault(environment: Environment, name: str, strategy: Strategy) -> Fault | None:
    """What is wrong with the `phasing_days` of a strategy; none: nothing."""
    days = phasing_days_of(strategy)
    if days is None or initial_spares(strategy, name) == 0:
        return None
    for design in environment.designs:
        ways = design.spare_ways
        if ways.below_km > 0:
            continue
        most = widest_way_m_s(ways, environment.shell_planes, days)
        aboard = float(design.keeping.budget_m_s[[plane.id for plane in environment.shell_planes]].min())
        if most <= aboard and not isinf(most):
            continue
        problem = "is too short: no orbit above the air brings every spare to every slot in that time"
        if not isinf(most):
            problem = (
                f"asks for up to {most:.3g} m/s of a spare, and {design.name} has {aboard:.3g} m/s beside raising and "
                "disposal: give it more days, or the satellite more satellite.propulsion.propellant_kg"
            )
        return Fault("scenario", f"strategies.{name}.phasing_days", days, problem)
    return None
