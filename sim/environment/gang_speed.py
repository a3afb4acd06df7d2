"""How fast gangs work: what light, power and heat let their satellites do, and what talking leaves of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.environment.design import Performance
from sim.environment.joined import Crossing
from sim.environment.planes import Plane
from sim.environment.sun_tables import SunTables
from sim.physics.cross_plane import stalled_share
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


Part = tuple[Plane, list[Performance], Floats]
"""What a gang has in one plane: performances of the months in which its satellites were born, and their phases."""


def daily_speed(scenario: Scenario, sun: SunTables, parts: Sequence[Part], satellites: int) -> Floats:
    """Share of full speed at which a gang computes on each day of the tables while it may run, shape (n,).

    The slowest satellite sets the pace of all.  Under `ride_through` and `throttle` it is the orbit's mean, dark while
    any of the gang's satellites is; eclipses in different planes are taken to come independently of each other, where
    those of two clusters may come together or one after the other: the dark of a third of the orbit in both is five
    ninths, and may be from one to two thirds.  Under `migrate` gangs share the satellites in light: a gang gets the
    share of the orbit that is lit, less its hand-overs, as if it were spread over the plane; in a co-located plane
    there is nobody to hand over to.
    """
    n, policy = len(sun.days), scenario.power.eclipse_policy
    light, dark, shaded = np.ones(n), np.ones(n), np.zeros(n)
    for _, performances, _ in parts:
        for one in performances:
            light, dark = np.minimum(light, one.light_speed), np.minimum(dark, one.dark_speed)
    if policy == "pause":
        return light
    if policy == "migrate":
        return np.asarray(np.min([_migrating(scenario, sun, part[0], light, satellites) for part in parts], axis=0))
    for plane, _, phases_rad in parts:
        # Of a step with eclipses on some days only, those count by themselves: more than one arc is not their mean.
        days = sun.cycled_of(plane.id)
        here = union_of_arcs(phases_rad, sun.dark_of(plane.id) / days) * days
        shaded = here if len(parts) == 1 else shaded + here - shaded * here
    return np.asarray((1 - shaded) * light + shaded * dark)


def _migrating(scenario: Scenario, sun: SunTables, plane: Plane, light: Floats, satellites: int) -> Floats:
    """Speed by day of a gang of so many satellites that shares those of a plane which are in light, shape (n,)."""
    handing = 0.0 if plane.colocated else _hand_overs(scenario, sun, plane, satellites)
    days = sun.cycled_of(plane.id)
    return np.asarray(light * (days * (1 - sun.dark_of(plane.id) / days) * np.maximum(1 - handing, 0.0) + 1 - days))


def _hand_overs(scenario: Scenario, sun: SunTables, plane: Plane, satellites: int) -> Floats:
    """Share of its time that a migrating gang spends on hand-overs on days with eclipses, shape (n,)."""
    power, links = scenario.power, scenario.satellite.links
    state_gbit = power.migration_gb_per_gpu * scenario.satellite.gpus * 8
    pause_s = power.migration_pause_s + state_gbit / (links.rate_gb_s * links.efficiency)
    return np.where(sun.dark_of(plane.id) > 0, satellites * pause_s / sun.period_s[plane.id, 0], 0.0)


def communication_share(
    scenario: Scenario, job: TrainingJob, figures: JobFigures, satellites: int, crossing: Crossing | None = None
) -> float:
    """Share of its time that a gang over so many satellites computes rather than talks, link outages included.

    `crossing`: of a gang over several planes, its links between them.  The slowest link sets the pace of its ring, and
    it stands still while it needs one that is out of sight.  Sights come and go with the orbit: this is the mean over
    one, so a job ends up to an outage, some 20 min, earlier or later, and eclipses do not know of outages.  Inside one
    satellite talk is part of the model's `mfu`.
    """
    if satellites < 2:
        return 1.0
    links = scenario.satellite.links
    up = float(gang_availability(satellites, links.links_per_satellite, links.mtbf_h, links.reacquisition_s))
    compute = figures.step_compute_s
    if crossing is None:
        return float(up * compute / _step_s(scenario, job, figures, satellites, links.rate_gb_s * 1e9, links.range_km))
    if len(crossing.rate_gb_s) == 0:
        return 0.0
    in_copies = min(-(-job.replica_gpus // scenario.satellite.gpus), satellites) > 1
    apart_s = 0.0 if in_copies else job.local_steps * compute
    moving = 1 - stalled_share(crossing.outage_s, crossing.cycle_s, apart_s)
    rate_bps = np.minimum(crossing.rate_gb_s, links.rate_gb_s) * 1e9
    distance_km = np.maximum(crossing.distance_km, links.range_km)
    return up * moving * float(np.mean(compute / _step_s(scenario, job, figures, satellites, rate_bps, distance_km)))


def _step_s(
    scenario: Scenario,
    job: TrainingJob,
    figures: JobFigures,
    satellites: int,
    rate_bps: Floats | float,
    range_km: Floats | float,
) -> Floats | float:
    """Mean time of a step of a gang whose links have this rate and length, s; these may be arrays."""
    links, gpus = scenario.satellite.links, scenario.satellite.gpus
    of_copy = -(-job.replica_gpus // gpus)
    talk: Floats | float = 0.0
    stall = _within_copies_s(scenario, job, min(of_copy, satellites), rate_bps, range_km)
    if figures.gradient_gb:
        # Each satellite of a copy sums up its own part with those of the other copies.
        talk = all_reduce_s(
            figures.gradient_gb * 1e9 / of_copy,
            max(1, satellites // of_copy),
            rate_bps,
            range_km,
            efficiency=links.efficiency,
            hop_latency_s=links.hop_latency_us * 1e-6,
            chips_per_satellite=max(1, min(gpus, job.gpus) // job.replica_gpus),
            # The GPUs of a copy hold a part of the gradients each, and sum up these parts side by side.
            intra_rate_bps=links.intra_rate_gb_s * 1e9 * min(gpus, job.replica_gpus),
        )
    compute = figures.step_compute_s
    return compute + exposed_communication_s(compute, talk, job.overlap, job.local_steps) + stall


def _within_copies_s(
    scenario: Scenario, job: TrainingJob, of_copy: int, rate: Floats | float, range_km: Floats | float
) -> Floats | float:
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
    hop = propagation_delay_s(range_km) + links.hop_latency_us * 1e-6
    shared = -(-job.tensor_parallel // scenario.satellite.gpus)
    stall: Floats | float = 0.0
    if shared > 1:
        each = ring_all_reduce_s(volume, shared, rate, links.efficiency, hop)
        stall = stall + 4 * layers / job.pipeline_parallel * each
    if job.pipeline_parallel > 1:
        handed = 2 * transfer_time_s(volume, rate, links.efficiency, delay_s=hop)
        stall = stall + (1 - job.overlap) * handed
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
