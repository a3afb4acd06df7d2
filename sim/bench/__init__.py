"""How long this program takes, as ratios of times of one run on one machine: `orbitfleet bench`.

T is the CPU time of one million bare SimPy timeouts of one process.  Each item is measured in a process of its own, so
that its memory is its own too.  A ratio carries over to other machines; seconds do not.
"""

from sim.bench.items import ITEMS, Growth, Item
from sim.bench.report import bench, shortcomings, table

__all__ = ["ITEMS", "Growth", "Item", "bench", "shortcomings", "table"]
