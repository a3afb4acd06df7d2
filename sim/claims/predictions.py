"""What flights to come will show, if the models are right: on record before they fly, so that they can prove it wrong.

An interval is where one flight is expected with 95 % probability: over replicates, each of which is one possible
history, and over the ranges in which the rates of single events are believed to lie.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.claims.claim import Input
from sim.claims.evidence import Evidence
from sim.claims.judging import drawn, short
from sim.description.radiation import radiation_facts
from sim.environment import Environment
from sim.events import EventKind
from sim.experiment import Study
from sim.scenario import Scenario, sources

Floats = NDArray[np.float64]

SYSTEMS = {
    "suncatcher_pair_2027": "Suncatcher's pair, planned for 2027",
    "starcloud_3": "Starcloud's next",
    "spacex_ai1": "AI1's first plane",
}
"""Scenarios of flights to come, and what they are."""
YEARS = 1.25
"""Of a run: a year and what it takes until all satellites are there."""
CHECK_DAY = 365
STRATEGY = "run_to_failure"
DRAWS = 60
"""Draws of the rates of single events from their ranges: the ends of an interval are good to a fifth of its width."""
GALACTIC = (0.5, 2.0)
"""Range of the interruptions by galactic rays over what their dose gives [A]."""
_RADIATION = ("radiation.trapped_factor", "radiation.effects.")


@dataclass(frozen=True)
class Prediction:
    """A figure that a flight will show."""

    system: str
    """Scenario."""
    quantity: str
    unit: str
    expected: float | str
    low: float | str
    """Where one flight is expected with 95 % probability."""
    high: float | str


def predictions(evidence: Evidence) -> list[Prediction]:
    """All of them, system by system."""
    return [one for system in SYSTEMS for one in predictions_of(evidence, system)]


def predictions_of(evidence: Evidence, system: str) -> list[Prediction]:
    """Those of one system."""
    scenario = evidence.scenario(system, set_=[f"mission.years={YEARS}"])
    environment = evidence.environment(scenario)
    return [
        *_light(system, environment),
        *_events(evidence, system, scenario),
        *_losses(system, evidence.study(scenario, STRATEGY)),
    ]


def _light(system: str, environment: Environment) -> list[Prediction]:
    """When the first plane goes through the Earth's shadow, and for how long at most."""
    plane = environment.planes[0]
    start = environment.scenario.mission.start
    sunlit = environment.sunlit[plane.id][:CHECK_DAY]
    dark = sunlit < 1.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]]).astype(int)))
    dates = [start + datetime.timedelta(days=int(day)) for day in edges]
    seasons = [
        (first, after - datetime.timedelta(days=1)) for first, after in zip(dates[::2], dates[1::2], strict=True)
    ]
    days, longest = int(dark.sum()), float((1 - sunlit).max()) * plane.period_min
    text = "; ".join(f"{first:%-d %b %Y} to {last:%-d %b %Y}" for first, last in seasons[:3]) or "none"
    return [
        Prediction(system, "days with an eclipse in the first year", "days", days, max(0, days - 5), days + 5),
        Prediction(system, "eclipse seasons", "", text, "3 days before", "after"),
        Prediction(system, "longest eclipse of the first year", "min", longest, longest - 0.5, longest + 0.5),
    ]


def _events(evidence: Evidence, system: str, scenario: Scenario) -> list[Prediction]:
    """Interruptions of a chip by single events, in passes of the South Atlantic Anomaly and outside them."""
    known = [one for one in sources(scenario) if one.path.startswith(_RADIATION)]
    names = [one.path for one in known if one.low is not None and one.high is not None]
    ranged = [one for one in evidence.given(scenario, *names) if isinstance(one.value, int | float)]
    generator = evidence.generator(system)
    galactic = np.exp(generator.uniform(np.log(GALACTIC[0]), np.log(GALACTIC[1]), DRAWS))
    draws = [
        _rates(evidence, _with(evidence, system, ranged, values), factor)
        for values, factor in zip(drawn(ranged, generator, DRAWS), galactic.tolist(), strict=True)
    ]
    own = _rates(evidence, scenario, 1.0)
    low, high = np.percentile(np.array(draws), [2.5, 97.5], axis=0)
    low, high = np.minimum(low, own), np.maximum(high, own)
    texts = (
        ("interruptions of a chip by single events in a year", ""),
        ("the same while in passes of the South Atlantic Anomaly, for each year spent there", ""),
        ("the same outside them", ""),
        ("share of them in passes of the Anomaly", "%"),
        ("dose of a chip behind the shield in a year, storms apart", "rad(Si)"),
    )
    rows = zip(texts, own, low.tolist(), high.tolist(), strict=True)
    return [Prediction(system, text, unit, *figures) for (text, unit), *figures in rows]


def _with(evidence: Evidence, system: str, ranged: list[Input], values: dict[str, float]) -> Scenario:
    settings = [f"{one.path.partition(':')[2]}={values[one.path]!r}" for one in ranged]
    return evidence.scenario(system, set_=[f"mission.years={YEARS}", *settings])


def _rates(evidence: Evidence, scenario: Scenario, galactic_factor: float) -> tuple[float, ...]:
    """Figures of `_events`, of the first plane.

    Galactic rays, of which nine in ten are protons, are taken to interrupt a chip as often for each rad as trapped
    protons do.  Runs leave them out where an effect states no `heavy_ions`: some 3 % of all events, but nearly all of
    those outside the passes.
    """
    environment = evidence.environment(scenario)
    found = radiation_facts(environment, environment.planes[0])
    dose, time = found["dose_rad_per_year"], found["share_of_time_in_passes"]
    trapped = found["interruptions_per_chip_year"]
    galactic = galactic_factor * trapped * dose["cosmic"] / dose["trapped"]
    inside = trapped * found["share_of_events_in_passes"] + galactic * time
    whole = trapped + galactic
    return (
        whole,
        inside / time if time > 0 else 0.0,
        (whole - inside) / (1 - time),
        100 * inside / whole,
        dose["mean"],
    )


def _losses(system: str, study: Study) -> list[Prediction]:
    """What works after a year, and what has failed."""
    online = 100 * study.series["online_fraction"][0][:, CHECK_DAY].astype(float)
    logs = [study.events(STRATEGY, replicate) for replicate in range(study.replicates)]
    first = [log.kind[log.time_days < CHECK_DAY] for log in logs]
    chips, buses = (
        np.array([np.count_nonzero(kinds == kind) for kinds in first], float)
        for kind in (EventKind.GPU_FAILED, EventKind.BUS_FAILED)
    )

    def of(quantity: str, unit: str, values: Floats) -> Prediction:
        low, high = np.percentile(values, [2.5, 97.5]).tolist()
        return Prediction(system, quantity, unit, float(values.mean()), low, high)

    return [
        of("GPUs online a year after the mission's start, if nothing is replaced", "% of those planned", online),
        of("GPUs that fail by themselves in the first year", "1", chips),
        of("satellites that fail in the first year", "1", buses),
    ]


def predictions_text(found: list[Prediction], evidence: Evidence, date: datetime.date, version: str) -> str:
    """The page of them, in Markdown."""
    lines = [
        "# Predictions on record",
        "",
        "What flights to come will show if the models are right, on record before they fly, so that their data can",
        "prove it wrong.",
        "",
        f"Written by `orbitfleet predictions --replicates {evidence.replicates} --seed {evidence.seed}`,",
        f"version {version}, on {date:%-d %B %Y}; change nothing by hand.",
        "An interval holds one flight with 95 % probability: over histories of the fleet, and over the ranges in which",
        "the rates of single events are believed to lie (`orbitfleet sources SCENARIO`).  A figure outside it proves",
        "the models wrong.  Eclipses leave nothing to chance in the orbit given, which is an assumption where none is",
        "published: their intervals are what the tables are good for.",
    ]
    for system, title in SYSTEMS.items():
        plane = evidence.environment(evidence.scenario(system, set_=[f"mission.years={YEARS}"])).planes[0]
        scenario = evidence.scenario(system)
        lines += [
            "",
            f"## {title}",
            "",
            f"Scenario `{system}`: {scenario.description}; {plane.altitude_km:g} km, from "
            f"{scenario.mission.start:%-d %B %Y}.",
            "",
            "| what | expected | 95 % |",
            "|---|---|---|",
        ]
        for one in found:
            if one.system == system:
                unit = "" if one.unit in ("", "1") else f" {one.unit}"
                interval = f"{_shown(one.low)} to {_shown(one.high)}"
                lines.append(f"| {one.quantity} | {_shown(one.expected)}{unit} | {interval} |")
    return "\n".join(lines) + "\n"


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else short(value)
