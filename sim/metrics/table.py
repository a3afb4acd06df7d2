"""Every metric defined once: its name, unit, meaning, and which way is better."""

from __future__ import annotations

from sim.errors import InputError
from sim.metrics.metric import Metric
from sim.metrics.money_table import MONEY
from sim.text import nearest

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "compute_availability",
            "1",
            "Time-mean of online GPU capacity over nameplate: GPUs that work, on a satellite at work in its slot, and "
            "that power and light let run; deployment and pauses count as offline.",
            "higher",
            high=1.0,
        ),
        Metric(
            "satellite_availability",
            "1",
            "Time-mean of satellites at work in slots over slots, whatever their GPUs and the light.",
            "higher",
            high=1.0,
        ),
        Metric(
            "worst_month_availability",
            "1",
            "Lowest 30-day moving mean of online capacity over nameplate.",
            "higher",
            high=1.0,
        ),
        Metric(
            "time_below_sla_fraction",
            "1",
            "Share of time with online capacity below service.sla_capacity_fraction of nameplate.",
            "lower",
            high=1.0,
        ),
        Metric(
            "useful_gpu_hours",
            "GPU h",
            "Training work made durable by a checkpoint and never rolled back, and inference whose output was sold.",
            "higher",
        ),
        Metric(
            "useful_pflop_hours",
            "PFLOP/s h",
            "Useful GPU-hours times the peak of a GPU (satellite.gpu.peak_pflops) and the MFU of each job's model; "
            "undefined where a job has no model.",
            "higher",
        ),
        Metric(
            "tokens",
            "1",
            "Tokens trained on and kept, over the jobs that have a model; undefined where none has.",
            "higher",
        ),
        Metric(
            "goodput",
            "1",
            "Useful GPU-hours over nameplate GPUs x horizon.",
            "higher",
            high=1.0,
        ),
        Metric(
            "effective_training_time_ratio",
            "1",
            "Useful GPU-hours over GPU-hours of wall time since each job's first start; undefined if none started.",
            "higher",
            high=1.0,
        ),
        Metric(
            "lost_gpu_hours",
            "GPU h",
            "Training work rolled back after interruptions; checkpoints, restarts and waiting are not in it.",
            "lower",
        ),
        Metric(
            "job_interruptions",
            "1",
            "Interruptions of running gangs by failures, soft errors and whatever else is not planned.",
            "lower",
        ),
        Metric(
            "inference_gpu_hours", "GPU h", "Inference whose output was sold: a part of useful_gpu_hours.", "higher"
        ),
        Metric(
            "unsold_gpu_hours",
            "GPU h",
            "Inference for which there was demand, and no way to send its output to the ground.",
            "lower",
        ),
        Metric("tokens_served", "1", "Tokens of all inference services that were sold.", "higher"),
        Metric("tokens_unmet", "1", "Tokens asked of all inference services and not sold.", "lower"),
        Metric(
            "gpu_failures",
            "1",
            "GPUs that failed themselves, by age or radiation; not those lost with a satellite or a part they sat on.",
            "lower",
        ),
        Metric("bus_failures", "1", "Satellites lost by a failure, of their bus or another; not by plan.", "lower"),
        Metric("launches", "1", "Flights attempted after the initial deployment.", "lower"),
        Metric("satellites_launched", "1", "Satellites aboard flights after the initial deployment.", "lower"),
        Metric("mass_launched_t", "t", "Mass aboard flights after the initial deployment.", "lower"),
        Metric(
            "satellites_relieved",
            "1",
            "Satellites at work that made room for a newer one: replacements before a failure.",
            "lower",
        ),
        Metric(
            "order_fill_rate",
            "1",
            "Share of the slots falling empty that a spare in the plane, not yet needed elsewhere, is there for at "
            "that moment; slots that a newer satellite takes over are left out; undefined if none falls empty.",
            "higher",
            high=1.0,
        ),
        Metric(
            "expected_backorders",
            "1",
            "Time-mean of slots that fell empty and that no spare in their plane, or on its way in it, is there for.",
            "lower",
        ),
        Metric(
            "time_to_restore_days",
            "d",
            "Mean time from a slot's falling empty to work there again: of the Kaplan-Meier estimate, in which slots "
            "empty at the horizon are censored; undefined if none was refilled.",
            "lower",
        ),
        Metric(
            "mean_on_order",
            "1",
            "Time-mean of satellites ordered that have neither arrived nor been lost; the initial deployment apart.",
            "lower",
        ),
        Metric("spares_consumed", "1", "Spares that left their berth for a slot.", "lower"),
        Metric(
            "time_to_activate_days",
            "d",
            "Mean time from the decision to use a spare to its work in the slot, check-out included; 0 for one that "
            "comes from a parking orbit to the slot itself; undefined if none was used.",
            "lower",
        ),
        Metric(
            "repositioning_m_s",
            "m/s",
            "Delta-v, over all spares that came from their berth to a slot, of drift, climb and turn.",
            "lower",
        ),
        Metric(
            "mean_repositioning_m_s",
            "m/s",
            "The same over the number of spares that began work; undefined if none did.",
            "lower",
        ),
        Metric(
            "flight_fill_fraction",
            "1",
            "Mean over the flights after the initial deployment of satellites aboard over room; undefined without any.",
            "higher",
            high=1.0,
        ),
        Metric(
            "launches_for_losses",
            "1",
            "Flights after the initial deployment, by the share of their satellites built for slots whose satellite "
            "failed or had too few GPUs left.",
            "lower",
        ),
        Metric(
            "launches_for_planned_ends",
            "1",
            "Likewise for slots whose satellite came, or comes, to the end of its life, or makes room for a newer one.",
            "lower",
        ),
        Metric("launches_for_spares", "1", "Likewise for spare berths, in planes and parking orbits.", "lower"),
        Metric(
            "supply_launches",
            "1",
            "Flights, or seats on flights, that bring cartridges and servicers after the mission's start.",
            "lower",
        ),
        Metric("deployment_launches", "1", "Flights attempted in the initial deployment.", "lower"),
        Metric("deployment_satellites", "1", "Satellites aboard flights of the initial deployment.", "lower"),
        Metric("deployment_mass_t", "t", "Mass aboard flights of the initial deployment.", "lower"),
        Metric("robot_hours", "h", "Hours that robots, or crews, worked on satellites, visits included.", "lower"),
        Metric(
            "mean_spares_orbit",
            "1",
            "Time-mean of spares in berths, of planes and of parking orbits; those on their way are not counted.",
            "lower",
        ),
        Metric(
            "ground_fill_rate",
            "1",
            "Share of the satellites ordered, of designs with a ground stock, that were taken from it at once; "
            "undefined without such orders.",
            "higher",
            high=1.0,
        ),
        Metric(
            "mean_spares_ground",
            "1",
            "Time-mean of finished satellites in the ground stock that no order has taken.",
            "lower",
        ),
        Metric(
            "days_on_ground",
            "d",
            "Mean time from a satellite's completion to its launch, the oldest of a design first, over those launched "
            "after the initial deployment; undefined without any.",
            "lower",
        ),
        Metric(
            "factory_utilisation",
            "1",
            "Share of the places on the factory's line that satellites took; undefined where its rate has no limit.",
            "higher",
            high=1.0,
        ),
        Metric(
            "tessac_usd_per_year",
            "USD/yr",
            "Total expected spares strategy annual cost: the sum of the next four, without the initial "
            "deployment, operations, servicing and credits, and mission.warm_up_years.",
            "lower",
        ),
        Metric(
            "tessac_manufacturing_usd_per_year", "USD/yr", "Satellites with GPUs launched as replacements.", "lower"
        ),
        Metric(
            "tessac_holding_usd_per_year", "USD/yr", "Keeping spares in store, in orbit and on the ground.", "lower"
        ),
        Metric("tessac_launch_usd_per_year", "USD/yr", "Flights of replacements.", "lower"),
        Metric(
            "tessac_manoeuvring_usd_per_year",
            "USD/yr",
            "Propellant of climbs from parking orbits, where it is not in the price of the satellite.",
            "lower",
        ),
        Metric(
            "servicing_cost_usd",
            "USD",
            "Servicers, cartridges with their GPUs, the flights that bring both, and hours of robots or crews, the "
            "first ones included, without the credit for unexpired life: a part of total_cost_uncredited_usd.",
            "lower",
        ),
        Metric(
            "queueing_delay_days",
            "d",
            "Days from a job's arrival to its first start, mean over the jobs that started.",
            "lower",
        ),
        Metric(
            "bounded_slowdown",
            "1",
            "Days from arrival to end over days from first start to end, at least 1, mean over the jobs that ended.",
            "lower",
            low=1.0,
        ),
        Metric(
            "deadlines_met",
            "1",
            "Share of the jobs with a deadline within the mission that ended by it; undefined where none has one.",
            "higher",
            high=1.0,
        ),
        Metric("jobs_never_started", "1", "Jobs that arrived and had not started by the end of the mission.", "lower"),
        Metric("jobs_finished", "1", "Jobs that did all their work.", "higher"),
        Metric(
            "makespan_days",
            "d",
            "Days from the first job's arrival to the last one's end; undefined unless all ended.",
            "lower",
        ),
        Metric(
            "online_gpu_hours", "GPU h", "GPU-hours of all GPUs alive on satellites at work in their slots.", "higher"
        ),
        Metric("checkpoint_gpu_hours", "GPU h", "GPU-hours that gangs spent writing checkpoints.", "lower"),
        Metric(
            "repeated_gpu_hours",
            "GPU h",
            "GPU-hours on mitigation of soft errors, on steps tried again, and on work not yet saved at the end; "
            "undefined in blocks with jobs.",
            "lower",
        ),
        Metric("restart_gpu_hours", "GPU h", "GPU-hours of restarts after interruptions and pauses.", "lower"),
        Metric("detection_gpu_hours", "GPU h", "GPU-hours of gangs until an interruption was noticed.", "lower"),
        Metric(
            "waiting_gpu_hours",
            "GPU h",
            "GPU-hours of GPUs that live while a job waits for the rest of its gang, held by it or free for it, or "
            "until a pass, a storm or a stand-off is over; undefined in blocks with jobs.",
            "lower",
        ),
        Metric(
            "stranded_gpu_hours",
            "GPU h",
            "GPU-hours of free GPUs that gangs at work want, but less than a replica where they may take it; "
            "undefined in blocks with jobs.",
            "lower",
        ),
        Metric(
            "link_gpu_hours",
            "GPU h",
            "GPU-hours of gangs that talk, or whose links are down; undefined in blocks where each fits a satellite.",
            "lower",
        ),
        Metric(
            "throttled_gpu_hours", "GPU h", "GPU-hours of gangs below full speed for light, power or heat.", "lower"
        ),
        Metric("eclipse_gpu_hours", "GPU h", "GPU-hours of gangs paused in the dark.", "lower"),
        Metric(
            "idle_gpu_hours",
            "GPU h",
            "GPU-hours of GPUs that live and that no job wants, or that are hot spares of one at work; in blocks with "
            "jobs those that wait or are stranded too.",
            "lower",
        ),
        Metric(
            "served_gpu_hours",
            "GPU h",
            "useful_gpu_hours as far as somebody wants them: up to service.demand_fraction of what the nameplate GPUs "
            "could do over the horizon.",
            "higher",
        ),
        *MONEY,
    )
}
"""Every metric by name, in the order of tables."""


def metric_named(name: str) -> Metric:
    """The metric of this name.  Raises `InputError` where there is none, naming the nearest."""
    if name not in METRICS:
        raise InputError(f"no metric {name!r}{nearest(name, list(METRICS))}; `orbitfleet metrics` lists all of them")
    return METRICS[name]
