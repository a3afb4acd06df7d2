"""The physics of a mission, built once for a scenario and read-only.

Smooth functions of plane and date are tabulated by the day; exact eclipse edges are computed on demand from each
plane's shadow table.  Nothing here is random.
"""

from sim.environment.environment import Capacity, Environment, Light
from sim.environment.operation import Limit, Operation
from sim.environment.planes import Plane, planes_of

__all__ = ["Capacity", "Environment", "Light", "Limit", "Operation", "Plane", "planes_of"]
