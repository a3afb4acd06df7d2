"""How fast gangs work: what light, power and heat let their satellites do, and what talking leaves of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.environment.design import Performance
from sim.environment.hardware import SunTables
from sim.environment.planes import Plane
from sim.physics.link import all_reduce_s, communication_efficiency, gang_availability
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
    if figures.gradient_gb == 0:
        return up
    talk = all_reduce_s(
        figures.gradient_gb * 1e9,
        satellites,
        links.rate_gb_s * 1e9,
        links.range_km,
        efficiency=links.efficiency,
        hop_latency_s=links.hop_latency_us * 1e-6,
        chips_per_satellite=min(gpus, job.gpus),
        intra_rate_bps=links.intra_rate_gb_s * 1e9,
    )
    return up * float(communication_efficiency(figures.step_compute_s, talk, job.overlap, job.local_steps))


def union_of_arcs(phases_rad: Floats, share: Floats) -> Floats:
    """Share of an orbit in which any of several points, apart by these phases, is on an arc of this share of it."""
    if len(phases_rad) == 1:
        return share
    gaps = np.diff(phases_rad, append=phases_rad[0] + 2 * np.pi) / (2 * np.pi)
    total = np.zeros_like(share)
    for gap in gaps.tolist():  # a plane of 10,000 satellites at once would need 150 MB
        total += np.minimum(gap, share)
    return total
