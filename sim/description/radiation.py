"""What radiation, heat and debris do to the satellites of each plane, in numbers."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.description.wording import Facts
from sim.environment import Environment, Plane
from sim.environment.radiation import dose_hazard
from sim.environment.soft import Per, hard_events, uncorrected
from sim.physics.solar_protons import active_intervals, mean_fluence_cm2
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

PASS_FLUX_CM2_S = 10.0
"""Protons above 30 MeV beyond which a satellite counts as in a pass of the South Atlantic Anomaly."""


def radiation_facts(environment: Environment, plane: Plane) -> Facts:
    """Radiation in one plane; rates are means over the mission, of satellites born on day 0, without storms.

    `dose_rad_per_year` has the expected storms beside the mean; `dose_krad_end_of_life` contains them.  A design life
    beyond the mission goes on at the mission's mean.
    """
    scenario, radiation, number = environment.scenario, environment.radiation, plane.id
    exposure, wear = radiation.exposure(number), scenario.radiation.wear
    inside = radiation.days < environment.horizon_days
    yearly = radiation.rad_per_day(number)[inside] * DAYS_PER_YEAR
    mean = float(yearly.mean())
    onset = _years_to(environment, number, wear.memory_onset_krad, mean)
    profile = exposure.profile
    in_pass = profile.relative * profile.mean_flux_cm2_s > PASS_FLUX_CM2_S
    end = end_of_life_rad(environment, number)
    return {
        "shield_mm": scenario.satellite.shield.thickness_mm,
        "dose_rad_per_year": {
            "mean": mean,
            "min": float(yearly.min()),
            "max": float(yearly.max()),
            "trapped": _mean(environment, exposure.trapped_rad),
            "cosmic": _mean(environment, exposure.cosmic_rad),
            "expected_storms": storm_rad_per_year(environment, number),
        },
        "dose_krad_end_of_life": end / 1000,
        "memory_onset_krad": wear.memory_onset_krad,
        "memory_onset_years": onset,
        "dose_loss_end_of_life": float(-np.expm1(-dose_hazard(end, wear.end_median_krad, wear.end_log_spread))),
        **_events(environment, number),
        "share_of_events_in_passes": _trapped_share(environment, number) * float(profile.relative[in_pass].sum())
        / profile.relative.size,
        "share_of_time_in_passes": float(profile.share_of_time_above(PASS_FLUX_CM2_S)),
        "electronics_pace": pace_of(environment, number),
        "punctures_per_year": float(environment.keeping.punctures_per_year[number]),
    }  # fmt: skip


def storm_rad_per_year(environment: Environment, plane: int) -> float:
    """Dose of storms expected in a year of the mission, rad(Si): most of it comes in few of many missions."""
    scenario, days = environment.scenario, environment.horizon_days
    active = sum(last - first for first, last in active_intervals(scenario.mission.start, days)) / DAYS_PER_YEAR
    fluence = float(mean_fluence_cm2(active, largest_cm2=scenario.radiation.largest_storm_cm2))
    return fluence * environment.radiation.exposure(plane).storm_rad * DAYS_PER_YEAR / days


def end_of_life_rad(environment: Environment, plane: int) -> float:
    """Dose of a satellite born on day 0 to the end of its design life, expected storms included, rad(Si)."""
    life = environment.scenario.satellite.design_life_years * DAYS_PER_YEAR
    flown = min(life, environment.horizon_days)
    clock = environment.radiation.wear_clocks[int(environment.radiation.exposure_index[plane])]
    steady = float(clock.at(flown)) / flown * life
    return steady + storm_rad_per_year(environment, plane) * life / DAYS_PER_YEAR


def pace_of(environment: Environment, plane: int) -> float:
    """Effective days a day of electronics at work, mean over a life that begins on day 0, or over the mission."""
    life = min(environment.scenario.satellite.design_life_years * DAYS_PER_YEAR, environment.horizon_days)
    return float(environment.stress_clock(plane, 0.0).at(life)) / life


def chip_interruptions_per_day(environment: Environment, plane: int) -> Floats:
    """Interruptions of a chip and its share of the host by single events, daily, shape (n,); with the dose's growth."""
    passes, steady = _interruptions(environment, plane)
    return passes + steady


def late_loss_share(environment: Environment, job: TrainingJob) -> float:
    """Share of its time that a fresh gang in the first plane loses between silent corruptions and their detection.

    Exact for rare ones; corruptions that fall into one another's delay are counted twice, so up to 1.
    """
    gangs, rates = environment.gangs, environment.gangs.soft(0, 0.0)
    hosts = ceil(job.gpus / environment.scenario.satellite.gpus_per_host)
    late = np.array([cause.late for cause in gangs.causes], bool)
    units = np.array([hosts if cause.per == Per.HOST else job.gpus for cause in gangs.causes])
    a_day = float(((rates.in_passes + rates.steady).mean(axis=1) * units)[late].sum())
    return min(1.0, a_day * environment.scenario.radiation.detection_delay_h / HOURS_PER_DAY)


def _interruptions(environment: Environment, plane: int) -> tuple[Floats, Floats]:
    """(by trapped protons, at any time) of a chip with its share of the host, daily."""
    gangs = environment.gangs
    rates = gangs.soft(plane, 0.0)
    host = 1 / environment.scenario.satellite.gpus_per_host
    weight = np.array(
        [0.0 if cause.effect is None else host if cause.per == Per.HOST else 1.0 for cause in gangs.causes]
    )
    return np.asarray(weight @ rates.in_passes), np.asarray(weight @ rates.steady)


def _events(environment: Environment, plane: int) -> Facts:
    """Events by effect: all that happen, what of it stops a job, and what destroys a chip."""
    scenario, radiation = environment.scenario, environment.radiation
    inside = radiation.days < environment.horizon_days
    daily = radiation.trapped_per_day(plane) + radiation.cosmic_per_day(plane)
    yearly = dict(zip(radiation.effects, (daily[:, inside].mean(axis=1) * DAYS_PER_YEAR).tolist(), strict=True))
    found: Facts = {
        f"events_per_{target}_year": {n: yearly[n] for n, e in radiation.effects.items() if e.target == target}
        for target in ("chip", "host")
    }
    destroyed = {
        name: yearly[name] * hard_events(effect) * uncorrected(scenario, name) * effect.harmful_fraction
        for name, effect in radiation.effects.items()
    }
    return found | {
        "interruptions_per_chip_year": float(chip_interruptions_per_day(environment, plane)[inside].mean())
        * DAYS_PER_YEAR,
        # A host takes all its chips with it, so a chip is lost with its host as often as the host itself.
        "destroyed_per_chip_year": sum(destroyed.values()),
    }


def _trapped_share(environment: Environment, plane: int) -> float:
    """Share of the interruptions that trapped protons make; 0 where there are none."""
    passes, steady = (float(rate.sum()) for rate in _interruptions(environment, plane))
    return passes / (passes + steady) if passes + steady > 0 else 0.0


def _mean(environment: Environment, extremes: Floats) -> float:
    """Mean over the mission of what is given at solar minimum and maximum."""
    radiation = environment.radiation
    level = float(radiation.activity[radiation.days < environment.horizon_days].mean())
    return float(extremes[0] + (extremes[1] - extremes[0]) * level)


def _years_to(environment: Environment, plane: int, krad: float, mean_rad_per_year: float) -> float | None:
    """Age at which a satellite born on day 0 has taken up a dose, storms apart; beyond the mission at its mean."""
    radiation, horizon = environment.radiation, environment.horizon_days
    clock = radiation.wear_clocks[int(radiation.exposure_index[plane])]
    flown = float(clock.at(horizon))
    if 1000 * krad <= flown:
        return float(clock.when(1000 * krad)) / DAYS_PER_YEAR
    if mean_rad_per_year <= 0:
        return None
    return horizon / DAYS_PER_YEAR + (1000 * krad - flown) / mean_rad_per_year
