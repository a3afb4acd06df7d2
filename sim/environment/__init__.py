"""The physics of a mission, built once for a scenario and read-only.

Smooth functions of plane and date are tabulated by the day; exact eclipse edges are computed on demand from each
plane's shadow table.  Nothing here is random.
"""

from sim.environment.campus import Hall, HallPart
from sim.environment.charge import ChargeAtEdges, charge_at_edges
from sim.environment.design import Design
from sim.environment.environment import Environment, Light
from sim.environment.operation import Limit, Operation
from sim.environment.parts import Parts
from sim.environment.planes import Plane, planes_of
from sim.environment.site import Capacity, OrbitalPlane, Site

__all__ = [
    "Capacity",
    "ChargeAtEdges",
    "Design",
    "Environment",
    "Hall",
    "HallPart",
    "Light",
    "Limit",
    "Operation",
    "OrbitalPlane",
    "Parts",
    "Plane",
    "Site",
    "charge_at_edges",
    "planes_of",
]
