"""What a run was worth: pure functions of the Result."""

from sim.metrics.causes import LossByCause, loss_by_cause, missing_capacity
from sim.metrics.invariants import TIME_CLASSES, check_invariants
from sim.metrics.measure import measure
from sim.metrics.series import daily_series, online_capacity, working_satellites
from sim.metrics.table import METRICS, Metric

__all__ = [
    "METRICS",
    "TIME_CLASSES",
    "LossByCause",
    "Metric",
    "check_invariants",
    "daily_series",
    "loss_by_cause",
    "measure",
    "missing_capacity",
    "online_capacity",
    "working_satellites",
]
