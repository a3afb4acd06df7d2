"""Upsets, latch-up and dose: E3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from sim.claims.claim import Claim, Table, Threshold
from sim.claims.energy import SUNCATCHER
from sim.claims.evidence import Evidence
from sim.claims.judging import Values, crossing, first_where, judged, over_ranges, short
from sim.description.radiation import late_loss_share, radiation_facts
from sim.environment import Environment

ALTITUDES_KM = (500.0, 650.0, 800.0, 1000.0, 1400.0)
SHIELDS_MM = (3.0, 10.0, 20.0)
_SHIELD = "satellite.shield.thickness_mm"
_DRAWN = (
    "radiation.trapped_factor",
    "radiation.effects.silent_corruption.rad_per_event",
    "radiation.effects.memory_error.rad_per_event",
    "radiation.detection_delay_h",
)
_INPUTS = (
    _SHIELD,
    "constellation.shells.0.altitude_km",
    "radiation.effects.latch_up.rad_per_event",
    "radiation.effects.silent_corruption.harmful_fraction",
    "workload.jobs.0.restart_min",
)
_NO_EVENTS = (
    *(
        f"radiation.effects.{name}=null"
        for name in (
            "silent_corruption",
            "memory_error",
            "core_error",
            "host_crash",
            "host_memory",
            "chip_interrupt",
            "latch_up",
        )
    ),
    "radiation.solar_protons=false",
)
MITIGATED = "overlays/hardened"
_DRAWS = 40
"""Each takes the job's whole arithmetic: the ends of the interval are good to a quarter of its width."""


@dataclass(frozen=True)
class Exposure:
    """What radiation does to a chip, and to the scenario's job, in one orbit behind one shield."""

    dose_rad: float
    """A year, storms apart."""
    interruptions: float
    """Of a chip in a year, its share of its host's among them."""
    destroyed: float
    """Chips for good, of one in a year."""
    silent: float
    """Silent corruptions of a chip in a year, most of them harmless."""
    in_passes: float
    """Share of the interruptions in passes of the South Atlantic Anomaly."""
    job_loss: float
    """Share of its time that the job loses to single events."""
    krad_life: float
    """Dose over the design life, expected storms included."""

    @classmethod
    def of(cls, evidence: Evidence, settings: Sequence[str] = (), overlays: Sequence[str] = ()) -> Exposure:
        """That of the Suncatcher cluster's job under some settings."""
        environment = evidence.environment(evidence.scenario(SUNCATCHER, *overlays, set_=settings))
        # Without radiation the orbit still decides what fails: settings that are not radiation's stay.
        orbit = [one for one in settings if not one.startswith("radiation.")]
        calm = evidence.environment(evidence.scenario(SUNCATCHER, set_=[*orbit, *_NO_EVENTS]))
        found = radiation_facts(environment, environment.planes[0])
        return cls(
            dose_rad=found["dose_rad_per_year"]["mean"],
            interruptions=found["interruptions_per_chip_year"],
            destroyed=found["destroyed_per_chip_year"],
            silent=found["events_per_chip_year"].get("silent_corruption", 0.0),
            in_passes=found["share_of_events_in_passes"],
            job_loss=1 - useful_share(environment) / useful_share(calm),
            krad_life=found["dose_krad_end_of_life"],
        )


def useful_share(environment: Environment) -> float:
    """Share of the first job's time that is useful: after checkpoints, interruptions, and corruption found late.

    A silent corruption takes the work until it is noticed, and of those that fall into one another's delay only what
    they take together: the stretches cover 1 - e^-x of the time, where x is their length times their rate.
    """
    job = environment.scenario.workload.jobs[0]
    _, useful = environment.rhythms.over_the_mission(job)
    return float(useful * np.exp(-late_loss_share(environment, job)))


def job_loss(evidence: Evidence, settings: Sequence[str], delay_h: float) -> float:
    """Share of its time that the cluster's job loses to single events, if silent corruption is noticed so late."""
    environment = evidence.environment(evidence.scenario(SUNCATCHER, set_=settings))
    calm = evidence.environment(evidence.scenario(SUNCATCHER, set_=_NO_EVENTS))
    job, noticed_h = environment.scenario.workload.jobs[0], environment.scenario.radiation.detection_delay_h
    more = late_loss_share(environment, job) * (delay_h / noticed_h - 1)
    return 1 - useful_share(environment) * float(np.exp(-more)) / useful_share(calm)


def radiation(evidence: Evidence) -> Claim:
    """E3: radiation sinks it, and shielding is of limited use."""
    scenario, limit = evidence.scenario(SUNCATCHER), evidence.figures.tolerable_loss
    drawn = evidence.given(scenario, *_DRAWN)
    *events, delay = drawn

    def loss(values: Values) -> float:
        settings = [f"{one.path.partition(':')[2]}={values[one.path]!r}" for one in events]
        return job_loss(evidence, settings, values[delay.path])

    estimate = over_ranges(loss, drawn, evidence.generator("E3"), "share", draws=_DRAWS)
    turn = first_where(lambda km: Exposure.of(evidence, [_altitude(km)]).job_loss > limit, 500.0, 1200.0, within=5.0)
    late = crossing(lambda hours: job_loss(evidence, [], hours), limit, 0.01, 1000.0)
    condition = f"the orbit is above {short(turn)} km, or corruption goes unnoticed for {short(late)} hours"
    gpus = scenario.workload.jobs[0].gpus
    return Claim(
        id="E3",
        said="Upsets, latch-up and total dose sink computing in orbit, and shielding is of limited use.",
        question="Does radiation take so much of a training job's time in orbit that it is not worth running?",
        quantity=f"share of its time that a job of {gpus} chips at 650 km loses to single events, without mitigation",
        unit="share",
        estimate=estimate,
        interval="ranges of the belts' flux, of doses per event, and of the delay until silent corruption is noticed",
        verdict=judged(estimate, limit, f"{limit:g} that would sink a job", at_least=True, condition=condition),
        threshold=Threshold(
            f"more than {100 * limit:g} % of the job's time above {short(turn)} km behind the same shield, or where a "
            f"silent corruption goes unnoticed for {short(late)} hours",
            turn,
            "km",
            f"{SUNCATCHER}:constellation.shells.0.altitude_km",
        ),
        binding=_binding(evidence),
        inputs=(*drawn, *evidence.own("tolerable_loss"), *evidence.given(scenario, *_INPUTS)),
        tables=(_by_orbit(evidence),),
    )


def _binding(evidence: Evidence) -> str:
    """What radiation does mostly, and what helps how much."""
    here, hardened = Exposure.of(evidence), Exposure.of(evidence, overlays=[MITIGATED])
    measures = evidence.scenario(SUNCATCHER, MITIGATED).radiation.mitigations.values()
    cost = 1 - prod(1 - one.throughput_cost for one in measures)
    thin, thick = (Exposure.of(evidence, [f"{_SHIELD}={mm}"]) for mm in SHIELDS_MM[1:])
    return (
        f"errors that pass, not chips that die: {here.interruptions:.1f} interruptions a chip and year, "
        f"{100 * here.in_passes:.0f} % of them over the South Atlantic, against {100 * here.destroyed:.2g} % of the "
        "chips "
        f"destroyed; twice the shield takes off {100 * (1 - thick.interruptions / thin.interruptions):.0f} %, codes "
        "and "
        f"checksums bring the loss to {100 * hardened.job_loss:.1f} % and take {100 * cost:.0f} % of the throughput "
        "themselves"
    )


def _by_orbit(evidence: Evidence) -> Table:
    rows = [
        (km, mm, one.dose_rad, one.interruptions, one.silent, 100 * one.destroyed, one.krad_life, 100 * one.job_loss)
        for km in ALTITUDES_KM
        for mm in SHIELDS_MM
        for one in [Exposure.of(evidence, [_altitude(km), f"{_SHIELD}={mm}"])]
    ]
    return Table(
        "A chip, and the job, by orbit and shield",
        (
            "altitude km",
            "shield mm Al",
            "dose rad a year",
            "interruptions a chip and year",
            "silent corruptions a chip and year",
            "chips destroyed % a year",
            "krad over the life",
            "job's time lost %",
        ),
        tuple(rows),
        "Dawn-dusk orbits; the dose is without solar storms, that over the life has the expected ones.",
    )


def _altitude(km: float) -> str:
    return f"constellation.shells.0.altitude_km={km}"
