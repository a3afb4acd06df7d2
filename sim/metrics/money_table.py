"""The metrics of money and carbon."""

from __future__ import annotations

from math import inf

from sim.metrics.metric import Metric

_QUOTIENT = "over replicates the mean of the one over the mean of the other"

MONEY = (
    Metric(
        "total_cost_usd",
        "USD",
        "Present value, on the mission's first day, of all that was paid: satellites, GPUs, orders, flights, "
        "operations, spares kept and moved, servicing, deployment included; less that of unexpired life at the horizon "
        "and of what cancelled orders bring back. The rate is economics.discount, for orbit or ground.",
        "lower",
    ),
    Metric("undiscounted_cost_usd", "USD", "The same at a discount rate of 0.", "lower"),
    Metric(
        "total_cost_uncredited_usd",
        "USD",
        "total_cost_usd without the credit for unexpired life and the refund.",
        "lower",
    ),
    Metric(
        "discounted_useful_gpu_hours",
        "GPU h",
        "Useful GPU-hours, each counted by the value of a USD on the day on which it was done, as costs are.",
        "higher",
    ),
    Metric(
        "discounted_served_gpu_hours",
        "GPU h",
        "The same as far as somebody wants them (service.demand_fraction), by the share of served_gpu_hours in "
        "useful_gpu_hours.",
        "higher",
    ),
    Metric(
        "discounted_available_gpu_hours",
        "GPU h",
        "Online capacity over the horizon, counted likewise.",
        "higher",
    ),
    Metric(
        "discounted_pflop_hours",
        "PFLOP/s h",
        "discounted_useful_gpu_hours times the peak of a GPU (satellite.gpu.peak_pflops).",
        "higher",
    ),
    Metric(
        "discounted_million_tokens",
        "1e6",
        "Tokens trained on or sold, counted as the useful GPU-hours are; undefined without a model.",
        "higher",
    ),
    Metric(
        "discounted_energy_mwh",
        "MWh",
        "discounted_available_gpu_hours times the power of a GPU under full load (satellite.gpu.peak_w).",
        "higher",
    ),
    Metric(
        "net_cost_usd",
        "USD",
        "total_cost_usd less the worth of discounted_served_gpu_hours at service.value_usd_per_gpu_hour: the cost at "
        "equal service, but for a constant; undefined where nobody computes anything.",
        "lower",
        low=-inf,
    ),
    Metric(
        "net_present_value_usd",
        "USD",
        "What the useful GPU-hours that somebody wants bring in, less total_cost_usd: an hour on a new GPU brings "
        "service.value_usd_per_gpu_hour, on an older one less by service.value_decline_per_year.",
        "higher",
        low=-inf,
    ),
    Metric(
        "cost_per_useful_gpu_hour_usd",
        "USD/(GPU h)",
        f"Levelised cost: total_cost_usd over discounted_useful_gpu_hours, {_QUOTIENT}; undefined without useful work.",
        "lower",
        ratio_of=("total_cost_usd", "discounted_useful_gpu_hours"),
    ),
    Metric(
        "cost_per_available_gpu_hour_usd",
        "USD/(GPU h)",
        f"The same for GPU-hours online: total_cost_usd over discounted_available_gpu_hours, {_QUOTIENT}.",
        "lower",
        ratio_of=("total_cost_usd", "discounted_available_gpu_hours"),
    ),
    Metric(
        "cost_per_pflop_hour_usd",
        "USD/(PFLOP/s h)",
        f"The same for peak operations of GPUs at useful work, so that different chips compare, {_QUOTIENT}.",
        "lower",
        ratio_of=("total_cost_usd", "discounted_pflop_hours"),
    ),
    Metric(
        "cost_per_million_tokens_usd",
        "USD/1e6",
        f"The same for tokens trained on or sold, {_QUOTIENT}.",
        "lower",
        ratio_of=("total_cost_usd", "discounted_million_tokens"),
    ),
    Metric(
        "cost_per_mwh_usd",
        "USD/MWh",
        f"The same for energy that online GPUs draw under full load, {_QUOTIENT}.",
        "lower",
        ratio_of=("total_cost_usd", "discounted_energy_mwh"),
    ),
    Metric(
        "launched_power_usd_per_kw_year",
        "USD/(kW yr)",
        "Launches of the initial deployment, undiscounted, for each kW of its GPUs under full load and each year of "
        "its design life; undefined on the ground.",
        "lower",
    ),
    Metric(
        "steady_cost_usd",
        "USD",
        "What was paid between warm-up and wind-down, undiscounted and without credits; undefined without a "
        "mission.warm_up_years.",
        "lower",
    ),
    Metric("steady_useful_gpu_hours", "GPU h", "Useful GPU-hours in the same time.", "higher"),
    Metric(
        "steady_cost_per_useful_gpu_hour_usd",
        "USD/(GPU h)",
        f"The one over the other, the other way to account for the horizon, {_QUOTIENT}: of use where satellites have "
        "been replaced before the warm-up ends.",
        "lower",
        ratio_of=("steady_cost_usd", "steady_useful_gpu_hours"),
    ),
    Metric(
        "carbon_kg",
        "kg",
        "Greenhouse gases (CO2 equivalent) of making and launching what flew, or of hosts and the energy they drew.",
        "lower",
    ),
    Metric(
        "carbon_kg_per_useful_gpu_hour",
        "kg/(GPU h)",
        f"carbon_kg over useful_gpu_hours, {_QUOTIENT}.",
        "lower",
        ratio_of=("carbon_kg", "useful_gpu_hours"),
    ),
)
"""In the order of tables."""
