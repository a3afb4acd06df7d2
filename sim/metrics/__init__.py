"""What a run was worth: pure functions of the Result."""

from sim.metrics.causes import LossByCause, loss_by_cause, missing_capacity
from sim.metrics.jobs import unplanned
from sim.metrics.measure import flight_rows, measure
from sim.metrics.metric import Metric
from sim.metrics.money import money
from sim.metrics.series import daily_series, online_capacity, working_satellites
from sim.metrics.table import METRICS, metric_named
from sim.metrics.waterfall import CLASSES, waterfall

__all__ = [
    "CLASSES",
    "METRICS",
    "LossByCause",
    "Metric",
    "daily_series",
    "flight_rows",
    "loss_by_cause",
    "measure",
    "metric_named",
    "missing_capacity",
    "money",
    "online_capacity",
    "unplanned",
    "waterfall",
    "working_satellites",
]
