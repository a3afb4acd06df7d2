"""Links between satellites and to the ground: rate and range, outages, all-reduce, and what a training step loses.

Volumes are bytes, rates bits per second.  A satellite's array of lasers to its neighbours is one link of its total
rate.  Communication of synchronous data-parallel training only; pipeline and expert traffic is not modelled.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.constants import SPEED_OF_LIGHT_KM_S
from sim.physics.checks import at_least, between, positive, positive_share

FloatArray = npt.NDArray[np.float64]

BITS_PER_BYTE = 8.0

REACQUISITION_S = 20.0
"""Time to point and lock a lost optical link again [A] (Starlink's fastest acquisition: 12 s)."""


def propagation_delay_s(range_km: npt.ArrayLike) -> FloatArray:
    """Return the one-way light time, seconds; shape of `range_km`."""
    return at_least("range_km", range_km) / SPEED_OF_LIGHT_KM_S


def link_availability(mtbf_h: npt.ArrayLike, reacquisition_s: npt.ArrayLike = REACQUISITION_S) -> FloatArray:
    """Return the share of time a link is up: an alternating renewal of mean up `mtbf_h` and down `reacquisition_s`.

    Arguments broadcast.  Holds for any two distributions with these means (Ross, Stochastic Processes, section 3.4).
    """
    down_h = at_least("reacquisition_s", reacquisition_s) / 3600.0
    return np.asarray(1.0 / (1.0 + down_h / positive("mtbf_h", mtbf_h, infinite=True)))


def gang_links(satellites: npt.ArrayLike, links_per_satellite: npt.ArrayLike) -> FloatArray:
    """Return the links among a gang, satellites x links / 2 (each has two ends); arguments broadcast."""
    return np.asarray(at_least("satellites", satellites) * at_least("links_per_satellite", links_per_satellite) / 2.0)


def gang_availability(
    satellites: npt.ArrayLike,
    links_per_satellite: npt.ArrayLike,
    mtbf_h: npt.ArrayLike,
    reacquisition_s: npt.ArrayLike = REACQUISITION_S,
) -> FloatArray:
    """Return the share of time all links of a gang are up, independent of each other; arguments broadcast."""
    return np.asarray(link_availability(mtbf_h, reacquisition_s) ** gang_links(satellites, links_per_satellite))


def transfer_time_s(
    volume_bytes: npt.ArrayLike,
    rate_bps: npt.ArrayLike,
    efficiency: npt.ArrayLike = 1.0,
    contact_share: npt.ArrayLike = 1.0,
    delay_s: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Return the time to move a volume over one link, seconds; arguments broadcast.

    `contact_share` is the share of time in view of a ground station, met on average: a volume that fits one pass takes
    the wait for it instead.  ValueError for a share or efficiency outside (0, 1].
    """
    rate = (
        positive("rate_bps", rate_bps, infinite=True)
        * positive_share("efficiency", efficiency)
        * positive_share("contact_share", contact_share)
    )
    return np.asarray(_bits(volume_bytes) / rate + at_least("delay_s", delay_s))


def ring_all_reduce_s(
    volume_bytes: npt.ArrayLike,
    members: npt.ArrayLike,
    rate_bps: npt.ArrayLike,
    efficiency: npt.ArrayLike = 1.0,
    hop_s: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Return the time of a ring all-reduce, 2 (P-1)/P V / (eta B) + 2 (P-1) alpha, seconds; arguments broadcast.

    `hop_s` is alpha, the time of one hop without payload.  Zero for one member.  Bandwidth-optimal (Patarasuk & Yuan
    2009, doi:10.1016/j.jpdc.2008.09.002); Thakur et al. 2005, doi:10.1177/1094342005051521.
    """
    count = at_least("members", members, 1.0)
    rate = positive("rate_bps", rate_bps, infinite=True) * positive_share("efficiency", efficiency)
    payload = 2.0 * (count - 1.0) / count * _bits(volume_bytes) / rate
    return np.asarray(payload + 2.0 * (count - 1.0) * at_least("hop_s", hop_s))


def all_reduce_s(
    volume_bytes: npt.ArrayLike,
    satellites: npt.ArrayLike,
    rate_bps: npt.ArrayLike,
    range_km: npt.ArrayLike,
    *,
    efficiency: npt.ArrayLike = 0.8,
    hop_latency_s: npt.ArrayLike = 1e-6,
    chips_per_satellite: npt.ArrayLike = 1,
    intra_rate_bps: npt.ArrayLike = np.inf,
) -> FloatArray:
    """Return the time to sum V bytes of gradients over all chips of all satellites, seconds; arguments broadcast.

    First inside each satellite, a ring over its chips at `intra_rate_bps` per chip, then a ring over the satellites at
    `rate_bps` with alpha = range / c + `hop_latency_s`.  The inner part counts half before (reduce) and half after
    (broadcast), together one all-reduce.  Defaults [A]: 80 % of the line rate, 1 us of switching a hop.
    """
    inside = ring_all_reduce_s(volume_bytes, chips_per_satellite, intra_rate_bps)
    hop = propagation_delay_s(range_km) + at_least("hop_latency_s", hop_latency_s)
    return np.asarray(inside + ring_all_reduce_s(volume_bytes, satellites, rate_bps, efficiency, hop))


def exposed_communication_s(
    compute_s: npt.ArrayLike,
    communication_s: npt.ArrayLike,
    overlap: npt.ArrayLike = 0.0,
    local_steps: npt.ArrayLike = 1,
) -> FloatArray:
    """Return the communication a step waits for, on average, seconds; arguments broadcast.

    `overlap` is the share of each all-reduce that can run behind computation, 0 to 1; what it hides is at most the
    computation between two all-reduces, `local_steps` x `compute_s`.  `local_steps` H above 1 is low-communication
    training (DiLoCo, arXiv:2311.08105, H = 500): one all-reduce every H steps; what it costs in loss is not counted.
    """
    compute, steps = positive("compute_s", compute_s), at_least("local_steps", local_steps, 1.0)
    talk = at_least("communication_s", communication_s)
    hidden = np.minimum(between("overlap", overlap) * talk, steps * compute)
    return np.asarray((talk - hidden) / steps)


def step_time_s(
    compute_s: npt.ArrayLike,
    communication_s: npt.ArrayLike,
    overlap: npt.ArrayLike = 0.0,
    local_steps: npt.ArrayLike = 1,
) -> FloatArray:
    """Return the mean time of a training step, compute plus `exposed_communication_s`, seconds; broadcasts."""
    return np.asarray(
        np.asarray(compute_s, dtype=float) + exposed_communication_s(compute_s, communication_s, overlap, local_steps)
    )


def communication_efficiency(
    compute_s: npt.ArrayLike,
    communication_s: npt.ArrayLike,
    overlap: npt.ArrayLike = 0.0,
    local_steps: npt.ArrayLike = 1,
) -> FloatArray:
    """Return compute / (compute + exposed communication), 0 to 1; arguments broadcast."""
    return np.asarray(
        np.asarray(compute_s, dtype=float) / step_time_s(compute_s, communication_s, overlap, local_steps)
    )


def _bits(volume_bytes: npt.ArrayLike) -> FloatArray:
    return BITS_PER_BYTE * at_least("volume_bytes", volume_bytes)
