"""How fast gangs work: what light, power and heat let their satellites do, and what talking leaves of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.environment.design import Performance
from sim.environment.hardware import SunTables
from sim.environment.planes import Plane
from sim.physics.link import (
    all_reduce_s,
    exposed_communication_s,
    gang_availability,
    propagation_delay_s,
    ring_all_reduce_s,
    transfer_time_s,
)
from sim.scenario.models import Scenario
from sim.workloads import JobFigures, TrainingJob

Floats = NDArray[np.float64]


def daily_speed(
    scenario: Scenario,
    sun: SunTables,
    plane: Plane,
    performances: list[Performance],
    phases_rad: Floats,
    satellites: int,
) -> Floats:
    """Share of full speed at which a gang computes on each day of the tables while it may run, shape (n,).

    The slowest satellite sets the pace of all; `performances` are those of the months in which they were born.  Under
    `ride_through` and `throttle` it is the orbit's mean, dark while any of the gang's satellites is.  Under `migrate`
    gangs share the satellites in light: a gang gets the share of the orbit that is lit, less its hand-overs, as if it
    were spread over the plane; in a co-located plane there is nobody to hand over to.
    """
    n, policy = len(sun.days), scenario.power.eclipse_policy
    light, dark = np.ones(n), np.ones(n)
    in_dark = sun.dark_of(plane.id)
    for one in performances:
        light, dark = np.minimum(light, one.light_speed), np.minimum(dark, one.dark_speed)
    if policy == "pause":
        return light
    if policy == "migrate":
        handing = 0.0 if plane.colocated else _hand_overs(scenario, sun, plane, satellites)
        return np.asarray(light * (1 - in_dark) * np.maximum(1 - handing, 0.0))
    shaded = union_of_arcs(phases_rad, in_dark)
    return np.asarray((1 - shaded) * light + shaded * dark)


def _hand_overs(scenario: Scenario, sun: SunTables, plane: Plane, satellites: int) -> Floats:
    """Share of its time that a migrating gang spends on hand-overs, day by day, shape (n,)."""
    power, links = scenario.power, scenario.satellite.links
    state_gbit = power.migration_gb_per_gpu * scenario.satellite.gpus * 8
    pause_s = power.migration_pause_s + state_gbit / (links.rate_gb_s * links.efficiency)
    return np.where(sun.dark_of(plane.id) > 0, satellites * pause_s / sun.period_s[plane.id, 0], 0.0)


def communication_share(scenario: Scenario, job: TrainingJob, figures: JobFigures, satellites: int) -> float:
    """Share of its time that a gang over so many satellites computes rather than talks, link outages included."""
    if satellites < 2:
        return 1.0
    links, gpus = scenario.satellite.links, scenario.satellite.gpus
    up = float(gang_availability(satellites, links.links_per_satellite, links.mtbf_h, links.reacquisition_s))
    of_copy = -(-job.replica_gpus // gpus)
    talk, stall = 0.0, _within_copies_s(scenario, job, min(of_copy, satellites))
    if figures.gradient_gb:
        # Each satellite of a copy sums up its own part with those of the other copies.
        talk = float(
            all_reduce_s(
                figures.gradient_gb * 1e9 / of_copy,
                max(1, satellites // of_copy),
                links.rate_gb_s * 1e9,
                links.range_km,
                efficiency=links.efficiency,
                hop_latency_s=links.hop_latency_us * 1e-6,
                chips_per_satellite=max(1, min(gpus, job.gpus) // job.replica_gpus),
                intra_rate_bps=links.intra_rate_gb_s * 1e9,
            )
        )
    compute = figures.step_compute_s
    exposed = float(exposed_communication_s(compute, talk, job.overlap, job.local_steps))
    return up * compute / (compute + exposed + stall)


def _within_copies_s(scenario: Scenario, job: TrainingJob, of_copy: int) -> float:
    """What a step waits for talk within copies of the model that lie on more than one satellite each, s.

    Pipeline stages hand on the activations of each token once forward and once back over the links between satellites,
    as far as that does not hide behind computation; layers that are shared by satellites are summed up twice forward
    and twice back, and nothing goes on meanwhile (Narayanan 2021, arXiv 2104.04473).
    """
    if of_copy < 2 or job.model is None:
        return 0.0
    links = scenario.satellite.links
    layers, width = job.model.shape
    volume = job.model.tokens_per_step * job.replica_gpus / job.gpus * width * job.model.bytes_per_parameter
    rate, hop = links.rate_gb_s * 1e9, float(propagation_delay_s(links.range_km)) + links.hop_latency_us * 1e-6
    shared = -(-job.tensor_parallel // scenario.satellite.gpus)
    stall = 0.0
    if shared > 1:
        each = float(ring_all_reduce_s(volume, shared, rate, links.efficiency, hop))
        stall += 4 * layers / job.pipeline_parallel * each
    if job.pipeline_parallel > 1:
        handed = 2 * float(transfer_time_s(volume, rate, links.efficiency, delay_s=hop))
        stall += (1 - job.overlap) * handed
    return stall


def union_of_arcs(phases_rad: Floats, share: Floats) -> Floats:
    """Share of an orbit in which any of several points, apart by these phases, is on an arc of this share of it."""
    if len(phases_rad) == 1:
        return share
    gaps = np.diff(phases_rad, append=phases_rad[0] + 2 * np.pi) / (2 * np.pi)
    total = np.zeros_like(share)
    for gap in gaps.tolist():  # a plane of 10,000 satellites at once would need 150 MB
        total += np.minimum(gap, share)
    return total
