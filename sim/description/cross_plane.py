"""Links between planes: how far apart neighbours are, for what share of time they are linked, and at what rate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import SECONDS_PER_DAY
from sim.description.format import Facts, span
from sim.environment import Environment
from sim.environment.joined import Crossing, JoinedPlanes, joined_planes
from sim.scenario import Scenario
from sim.text import many


def cross_plane_facts(environment: Environment) -> list[Facts]:
    """The shells whose planes are joined."""
    return [_joined(one) for one in environment.joined]


def _joined(one: JoinedPlanes) -> Facts:
    distance, up = one.pair.distance_km, one.up
    return {
        "shell": one.shell,
        "planes": len(one.ids),
        "satellites": int(one.first_slot[-1]),
        "distance_km": {"min": float(distance.min()), "max": float(distance.max())},
        "distance_up_km": {"min": float(distance[up].min()), "max": float(distance[up].max())},
        "pair_up_share": float(up.mean()),
        "two_planes": _crossing(one.crossing(2)),
        "all_planes": _crossing(one.crossing(len(one.ids))),
    }


def _crossing(crossing: Crossing) -> Facts:
    there = len(crossing.rate_gb_s) > 0
    return {
        "up_share": crossing.up_share,
        "longest_outage_s": float(crossing.outage_s.max(initial=0.0)),
        "rate_gb_s_mean": float(crossing.rate_gb_s.mean()) if there else None,
        "rate_gb_s_min": float(crossing.rate_gb_s.min()) if there else None,
    }


def cross_plane_lines(found: list[Facts]) -> Iterator[str]:
    """What is said of them."""
    for one in found:
        near, far = one["distance_km"]["min"], one["distance_km"]["max"]
        yield (
            f"  shell {one['shell']}: {many(one['planes'], 'plane')} linked each to the next; neighbours are "
            f"{near:,.0f} to {far:,.0f} km apart, a pair is linked {one['pair_up_share']:.1%} of the time"
        )
        yield f"    a gang over two planes: {_linked(one['two_planes'])}"
        if one["planes"] > 2:
            yield f"    a gang over all planes: {_linked(one['all_planes'])}"


def _linked(one: Facts) -> str:
    if one["rate_gb_s_mean"] is None:
        return "never linked, since one of the plane boundaries is always without a link"
    least, mean = one["rate_gb_s_min"], one["rate_gb_s_mean"]
    rate = f"{mean:,.4g} Gb/s" if np.isclose(least, mean) else f"{mean:,.4g} Gb/s on average, {least:,.4g} at least"
    if one["longest_outage_s"] == 0:
        return f"always linked, at {rate}"
    return (
        f"linked {one['up_share']:.1%} of the time, at {rate}; outages of up to "
        f"{span(one['longest_outage_s'] / SECONDS_PER_DAY)}"
    )


def cross_plane_warnings(scenario: Scenario, environment: Environment) -> Iterator[str]:
    """Shells whose planes the links do not join, and links that no job uses."""
    _, problems = joined_planes(scenario, environment.planes)
    for number, problem in problems.items():
        yield f"satellite.links.cross_plane joins no planes of shell {number}: {problem}"
    if environment.joined and not any(environment.gangs.places.spans(job.gpus) for job in scenario.workload.jobs):
        yield (
            "satellite.links.cross_plane: every job fits into a plane, so no gang uses these links, and their "
            "terminals are carried in vain"
        )
