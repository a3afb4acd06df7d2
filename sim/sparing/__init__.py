"""Spares in closed form: inventory policies, queues for repair, preventive replacement, two echelons in orbit."""

from sim.sparing.inventory import (
    Echelons,
    Stock,
    base_stock,
    expected_backorders,
    metric_two_echelon,
    periodic_review,
    reorder_quantity,
)
from sim.sparing.queues import MachineRepair, erlang_b, erlang_c, machine_repair, standby_mttf
from sim.sparing.replacement import age_replacement_cost_rate, optimal_replacement_age_days
from sim.sparing.two_echelon import TwoEchelon, TwoEchelonResult

__all__ = [
    "Echelons",
    "MachineRepair",
    "Stock",
    "TwoEchelon",
    "TwoEchelonResult",
    "age_replacement_cost_rate",
    "base_stock",
    "erlang_b",
    "erlang_c",
    "expected_backorders",
    "machine_repair",
    "metric_two_echelon",
    "optimal_replacement_age_days",
    "periodic_review",
    "reorder_quantity",
    "standby_mttf",
]
