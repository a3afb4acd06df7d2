"""What satellites meet in their shells, as numbers, text and warnings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.description.format import Facts
from sim.environment import Environment
from sim.environment.sky import Sky
from sim.scenario import Scenario
from sim.text import digits, many


def sky_facts(scenario: Scenario, environment: Environment) -> Facts | None:
    """The sky of a fleet by altitude, once it is up and at the end of the mission; none where it is left out."""
    design = environment.designs[0]
    sky, avoidance = design.sky, design.avoidance
    if sky is None or avoidance is None:
        return None
    end = len(sky.days) - 1
    hits = {
        on: sky.with_feedback(on).avoidance(design.satellite, design.sizes).own_hits_per_year for on in (True, False)
    }
    shells = []
    for shell in np.flatnonzero(sky.planned[-1] > 0):
        start = int(np.argmax(sky.planned[:, shell] >= sky.planned[-1, shell] * (1 - 1e-9)))
        often = [float(avoidance.manoeuvres_per_year[at, shell]) for at in (start, end)]
        met = sky.conjunctions
        shells.append(
            {
                "altitude_km": float(sky.altitude_km[shell]),
                "satellites": float(sky.planned[-1, shell]),
                "dead_end": float(sky.state[-1, 0, shell]),
                "tracked_fragments_end": float(sky.state[-1, 1, shell]),
                "small_fragments_end": float(sky.state[-1, 2, shell]),
                "conjunctions_per_year": [float(met.total[at, shell]) for at in (start, end)],
                "conjunctions_with_others_per_year": float(met.with_catalogue[start, shell]),
                "manoeuvres_per_year": often,
                "manoeuvres_m_s_per_year": [one * avoidance.manoeuvre_m_s for one in often],
                "paused_share": [
                    min(one * avoidance.pause_min / (MINUTES_PER_DAY * DAYS_PER_YEAR), 1.0) for one in often
                ],
                "own_collisions_per_satellite_year": [
                    float(avoidance.own_hits_per_year[at, shell]) for at in (start, end)
                ],
                "with_feedback_end": float(hits[True][end, shell]),
                "without_feedback_end": float(hits[False][end, shell]),
                "broken_up_per_year": [float(sky.broken_per_year[at, shell]) for at in (start, end)],
                "reproduction_end": float(sky.reproduction[end, shell]),
            }
        )
    return {
        "screening_km": sky.model.screening_km,
        "least_probability": sky.model.least_probability,
        "feedback": sky.model.breakup_feedback,
        "fleet_satellites": float(sky.planned[-1].sum()),
        "sampled": environment.slots if scenario.sky.fleet_satellites is not None else None,
        "shells": shells,
        "manoeuvres_per_year": _mean_manoeuvres(sky, avoidance.manoeuvres_per_year),
    }


def _mean_manoeuvres(sky: Sky, often: np.ndarray) -> list[float]:
    """Of a satellite once the fleet is planned to be up, and at the end, all shells together."""
    up = int(np.argmax(sky.planned.sum(axis=1) >= sky.planned[-1].sum() * (1 - 1e-9)))
    return [float(np.average(often[at], weights=sky.planned[-1])) for at in (up, len(sky.days) - 1)]


def sky_lines(found: Facts | None) -> Iterator[str]:
    """The sky as text; nothing where it is left out."""
    if found is None:
        return
    of = "" if found["sampled"] is None else f", of which the slots are a sample of {found['sampled']:,}"
    leaves = "leave" if found["feedback"] else "are taken to leave no"
    yield (
        f"  densities of a fleet of {many(round(found['fleet_satellites']), 'satellite')}{of}; breakups {leaves} "
        f"fragments; from when a shell is up to the end of the mission, in the mean over all chance:"
    )
    for one in found["shells"]:
        percent = _span([100 * share for share in one["paused_share"]])
        others, dead = one["conjunctions_with_others_per_year"], one["dead_end"]
        yield (
            f"  {one['altitude_km']:g} km, {one['satellites']:,.0f} satellites: {_span(one['conjunctions_per_year'])} "
            f"conjunctions a year within {found['screening_km']:g} km of each, {digits(others, 3)} "
            f"of the first with objects of others; it gives way {_span(one['manoeuvres_per_year'])} times a year (at a "
            f"probability of {found['least_probability']:g}), for {_span(one['manoeuvres_m_s_per_year'])} m/s and "
            f"{percent} % of its time"
        )
        yield (
            f"    the fleet's own objects end {_span(one['own_collisions_per_satellite_year'])} satellites per "
            f"satellite-year; at the end with fragments {digits(one['with_feedback_end'], 2)}, without "
            f"{one['without_feedback_end']:.2g}; collisions break up {_span(one['broken_up_per_year'])} a year"
        )
        yield (
            f"    at the end {dead:,.0f} dead satellites, {one['tracked_fragments_end']:,.0f} fragments that are "
            f"tracked and {one['small_fragments_end']:,.0f} lethal ones that are not"
        )


def _altitudes(shells: list[Facts]) -> str:
    return ", ".join(f"{one['altitude_km']:g}" for one in shells)


def _span(values: list[float]) -> str:
    first, last = (f"{value:,.0f}" if 1e3 <= value < 1e6 else f"{value:.3g}" for value in values)
    return first if first == last else f"{first} to {last}"


UNSTABLE = 1.0
"""Heavy fragments that one leaves in its time, from which on their number runs away."""
_LOST = 0.1
"""Satellites lost a year to the fleet's own objects, per satellite, above which a warning is given."""


def sky_warnings(found: Facts | None) -> Iterator[str]:
    """Shells that run away, and those that their own fleet makes unusable within the mission."""
    if found is None:
        return
    bad = [one for one in found["shells"] if one["reproduction_end"] >= UNSTABLE]
    if bad:
        worst = max(bad, key=lambda one: float(one["reproduction_end"]))
        kept = "" if found["feedback"] else "; sky.breakup_feedback=true lets them"
        left, height = worst["reproduction_end"], worst["altitude_km"]
        yield (
            f"at {_altitudes(bad)} km debris of the fleet's own breakups runs away: at the end of the mission a "
            f"fragment that can break up a satellite leaves {left:.3g} more in its time at {height:g} km, and more "
            f"than {UNSTABLE:g} is unstable{kept}"
        )
    lost = [one for one in found["shells"] if one["own_collisions_per_satellite_year"][1] > _LOST]
    if lost:
        worst = max(lost, key=lambda one: float(one["own_collisions_per_satellite_year"][1]))
        a_year = worst["own_collisions_per_satellite_year"][1]
        yield (
            f"at {_altitudes(lost)} km the fleet's own objects end more than {_LOST:g} "
            f"satellites per satellite-year before the mission ends ({digits(a_year, 2)} "
            f"at {worst['altitude_km']:g} km): no fleet is kept up there, and how fast it goes is good to its order"
        )
