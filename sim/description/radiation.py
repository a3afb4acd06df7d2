"""What radiation, heat and debris do to the satellites of each plane, as numbers."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.description.format import Facts
from sim.environment import Environment, Plane
from sim.environment.interruptions import Per, hard_events, uncorrected
from sim.environment.radiation import dose_hazard
from sim.physics.solar_protons import active_intervals, mean_fluence_cm2
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

SAA_FLUX_CM2_S = 10.0
"""Flux of protons above 30 MeV from which a satellite is in a pass of the South Atlantic Anomaly (SAA), cm^-2 s^-1."""


def radiation_facts(environment: Environment, plane: Plane) -> Facts:
    """Radiation in one plane; rates are means over the mission for satellites that begin work on day 0, without storms.

    What concerns the dose is as `dose_facts` returns it.
    """
    scenario, number = environment.scenario, plane.id
    wear, profile = scenario.radiation.wear, environment.radiation.exposure(number).profile
    in_saa = profile.relative * profile.mean_flux_cm2_s > SAA_FLUX_CM2_S
    dose = dose_facts(environment, number)
    end_of_life_rad = 1000 * dose["dose_krad_end_of_life"]
    return {
        "shield_mm": scenario.satellite.shield.thickness_mm,
        **dose,
        "memory_onset_krad": wear.memory_onset_krad,
        "memory_onset_years": _years_to(environment, number, wear.memory_onset_krad, dose["dose_rad_per_year"]["mean"]),
        "dose_loss_end_of_life": float(
            -np.expm1(-dose_hazard(end_of_life_rad, wear.end_median_krad, wear.end_log_spread))
        ),
        **_events(environment, number),
        "share_of_events_in_passes": _trapped_share(environment, number)
        * float(profile.relative[in_saa].sum())
        / profile.relative.size,
        "share_of_time_in_passes": float(profile.share_of_time_above(SAA_FLUX_CM2_S)),
        "electronics_pace": ageing_rate(environment, number),
        "punctures_per_year": float(environment.keeping.punctures_per_year[number]),
    }


def dose_facts(environment: Environment, plane: int) -> Facts:
    """Dose of a chip behind the shield on a satellite of a plane that begins work on day 0, in silicon.

    `dose_rad_per_year`, rad: mean, lowest and highest of the mission and the parts of the mean, all without storms, and
    apart from it the expectation of solar storms, most of which falls in few of many missions.
    `dose_krad_end_of_life`, krad: from day 0 to the end of the design life, expected storms included; after the
    mission's end the dose goes on at the mission's mean.  `dose_krad_end_of_life_without_storms`: without them.
    """
    radiation, exposure = environment.radiation, environment.radiation.exposure(plane)
    inside = radiation.days < environment.horizon_days
    yearly = radiation.rad_per_day(plane)[inside] * DAYS_PER_YEAR
    life = environment.scenario.satellite.design_life_years * DAYS_PER_YEAR
    flown = min(life, environment.horizon_days)
    clock = radiation.wear_clocks[int(radiation.exposure_index[plane])]
    steady, storms = float(clock.at(flown)) / flown * life, _storm_rad_per_year(environment, plane)
    return {
        "dose_rad_per_year": {
            "mean": float(yearly.mean()),
            "min": float(yearly.min()),
            "max": float(yearly.max()),
            "trapped": _mean(environment, exposure.trapped_rad),
            "cosmic": _mean(environment, exposure.cosmic_rad),
            "expected_storms": storms,
        },
        "dose_krad_end_of_life": (steady + storms * life / DAYS_PER_YEAR) / 1000,
        "dose_krad_end_of_life_without_storms": steady / 1000,
    }


def most_exposed_plane(environment: Environment) -> Plane:
    """The plane with the highest dose over the design life, the first of equal ones."""
    index: list[int] = environment.radiation.exposure_index[: len(environment.shell_planes)].tolist()
    distinct: list[Plane] = [environment.planes[index.index(exposure)] for exposure in dict.fromkeys(index)]
    return max(distinct, key=lambda plane: dose_facts(environment, plane.id)["dose_krad_end_of_life"])


def ageing_rate(environment: Environment, plane: int) -> float:
    """Days by which working electronics age in a day, relative to the conditions of their laws.

    Mean over a design life that begins on day 0, or over the mission if that is shorter.
    """
    life = min(environment.scenario.satellite.design_life_years * DAYS_PER_YEAR, environment.horizon_days)
    return float(environment.sites[plane].stress_clock(0, 0.0).at(life)) / life


def _storm_rad_per_year(environment: Environment, plane: int) -> float:
    """Dose of solar storms expected in a year of the mission, rad."""
    scenario, days = environment.scenario, environment.horizon_days
    active = sum(last - first for first, last in active_intervals(scenario.mission.start, days)) / DAYS_PER_YEAR
    fluence = float(mean_fluence_cm2(active, largest_cm2=scenario.radiation.largest_storm_cm2))
    return fluence * environment.radiation.exposure(plane).storm_rad * DAYS_PER_YEAR / days


def chip_interruptions_per_day(environment: Environment, plane: int) -> Floats:
    """Interruptions of a chip by single events, its share of its host's included, per day, shape (days,).

    For satellites that begin work on day 0: memory errors grow with the dose.
    """
    trapped, steady = _interruptions(environment, plane)
    return trapped + steady


def late_loss_share(environment: Environment, job: TrainingJob) -> float:
    """Share of its time, 0 to 1, that a new gang in the first plane loses before silent corruptions are detected.

    Exact for rare corruptions; one that follows within the detection delay of another is counted twice.
    """
    gangs, rates = environment.gangs, environment.gangs.daily_rates(0)
    hosts = ceil(job.gpus / environment.scenario.satellite.gpus_per_host)
    late = np.array([cause.late for cause in gangs.causes], bool)
    units = np.array([hosts if cause.per == Per.HOST else job.gpus for cause in gangs.causes])
    per_day = float(((rates.in_passes + rates.steady).mean(axis=1) * units)[late].sum())
    return min(1.0, per_day * environment.scenario.radiation.detection_delay_h / HOURS_PER_DAY)


def _interruptions(environment: Environment, plane: int) -> tuple[Floats, Floats]:
    """Interruptions of a chip and of its share of the host a day, in each step of the tables: by trapped protons, and
    at any time."""
    gangs = environment.gangs
    rates = gangs.daily_rates(plane)
    host = 1 / environment.scenario.satellite.gpus_per_host
    weight = np.array(
        [0.0 if cause.effect is None else host if cause.per == Per.HOST else 1.0 for cause in gangs.causes]
    )
    rows = slice(None, None, int(environment.sun.step_days))
    return np.asarray(weight @ rates.in_passes[:, rows]), np.asarray(weight @ rates.steady[:, rows])


def _events(environment: Environment, plane: int) -> Facts:
    """Single events by effect: all of them, those that interrupt a job, and those that destroy a chip."""
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
    """Share of the interruptions that trapped protons cause; 0 if nothing interrupts."""
    trapped, steady = (float(rate.sum()) for rate in _interruptions(environment, plane))
    return trapped / (trapped + steady) if trapped + steady > 0 else 0.0


def _mean(environment: Environment, extremes: Floats) -> float:
    """Mean over the mission of a quantity given at solar minimum and maximum."""
    radiation = environment.radiation
    level = float(radiation.activity[radiation.days < environment.horizon_days].mean())
    return float(extremes[0] + (extremes[1] - extremes[0]) * level)


def _years_to(environment: Environment, plane: int, krad: float, mean_rad_per_year: float) -> float | None:
    """Years after which a satellite that begins work on day 0 has taken a dose, without storms; None if never.

    After the mission's end the dose goes on at the mission's mean.
    """
    radiation, horizon = environment.radiation, environment.horizon_days
    clock = radiation.wear_clocks[int(radiation.exposure_index[plane])]
    flown = float(clock.at(horizon))
    if 1000 * krad <= flown:
        return float(clock.when(1000 * krad)) / DAYS_PER_YEAR
    if mean_rad_per_year <= 0:
        return None
    return horizon / DAYS_PER_YEAR + (1000 * krad - flown) / mean_rad_per_year
