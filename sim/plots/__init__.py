"""Pictures of studies, runs and environments; they draw what other modules compute.

Every function draws on the axes it is given, or on a new figure, and returns the axes; `save` writes the figure.  No
global state: figures are made without pyplot, so nothing opens a window and nothing has to be closed.
"""

from sim.plots.availability import compute_availability
from sim.plots.cost import cost
from sim.plots.differences import paired_differences
from sim.plots.losses import losses_by_cause
from sim.plots.mission import environment_panels
from sim.plots.net_cost import net_cost
from sim.plots.of_study import pictures_of
from sim.plots.pareto import pareto
from sim.plots.satellite import satellite_parts
from sim.plots.sensitivity import indices, information, pictures_of_sensitivity, tornado
from sim.plots.style import png, save, style
from sim.plots.sweep import heat_map, pictures_of_sweep, regime_map, sweep_lines, sweep_points
from sim.plots.timeline import event_timeline
from sim.plots.waterfall import waterfall

__all__ = [
    "compute_availability",
    "cost",
    "environment_panels",
    "event_timeline",
    "heat_map",
    "indices",
    "information",
    "losses_by_cause",
    "net_cost",
    "paired_differences",
    "pareto",
    "pictures_of",
    "pictures_of_sensitivity",
    "pictures_of_sweep",
    "png",
    "regime_map",
    "satellite_parts",
    "save",
    "style",
    "sweep_lines",
    "sweep_points",
    "tornado",
    "waterfall",
]
