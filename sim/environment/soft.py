"""What stops a job without breaking anything: single events of radiation, resets, software, the network.

Each kind of interruption has a rate per unit (chip, host, satellite or job) and day; a gang's is the sum over its
units.  Memory effects grow, and resets age, with the satellites that carry the units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR, MINUTES_PER_DAY
from sim.environment.radiation import Radiation
from sim.events import Cause
from sim.reliability import Clock, Life
from sim.scenario.models import Scenario
from sim.scenario.radiation import Effect

Floats = NDArray[np.float64]


class Per(IntEnum):
    """The unit that a rate belongs to."""

    GPU = 0
    HOST = 1
    SATELLITE = 2
    JOB = 3


@dataclass(frozen=True)
class SoftCause:
    """A kind of interruption."""

    cause: int
    """Its number in the log."""
    per: Per
    restart_days: float
    """What its recovery adds to a job's restart."""
    late: bool = False
    """Whether it is noticed only after `radiation.detection_delay_h`."""
    effect: int | None = None
    """Position of its radiation effect; none: it comes at any time."""
    share: float = 1.0
    """Share of the effect's events that interrupt."""


@dataclass(frozen=True, eq=False)
class SoftRates:
    """Interruptions of a unit and day in one plane, of satellites born on one day."""

    in_passes: Floats
    """By trapped protons, shape (causes, n)."""
    steady: Floats
    """At any time of the day, shape (causes, n)."""
    passes_total: Floats
    """Running total over the days of the first, summed over the causes of each kind of unit, shape (kinds, n + 1)."""
    steady_total: Floats
    """Of the second likewise."""


def soft_causes(scenario: Scenario) -> tuple[SoftCause, ...]:
    """All kinds of interruption of a scenario, in a fixed order."""
    radiation, numbers = scenario.radiation, scenario.cause_numbers
    extra = {
        "process_restart": 0.0,
        "reboot": radiation.reboot_min / MINUTES_PER_DAY,
        "power_cycle": radiation.power_cycle_min / MINUTES_PER_DAY,
    }
    found: list[SoftCause] = []
    for position, (name, effect) in enumerate(radiation.active.items()):
        per = Per.HOST if effect.target == "host" else Per.GPU
        left = uncorrected(scenario, name) * (1 - effect.escalation)
        if effect.recovery == "late":
            late = left * (1 - noticed_at_once(scenario)) * effect.harmful_fraction
            found.append(SoftCause(numbers[name], per, 0.0, True, position, late))
        elif effect.recovery in extra:
            share = left * effect.harmful_fraction
            found.append(SoftCause(numbers[name], per, extra[effect.recovery], False, position, share))
    pers = {"gpu": Per.GPU, "host": Per.HOST, "satellite": Per.SATELLITE, "job": Per.JOB}
    for name, interruption in scenario.reliability.interruptions.items():
        if interruption.recovery in extra:
            found.append(SoftCause(numbers[name], pers[interruption.per], extra[interruption.recovery]))
    if scenario.reliability.resettable_fraction > 0:
        found.append(SoftCause(Cause.RESET, Per.GPU, extra["power_cycle"]))
    return tuple(one for one in found if one.share > 0)


def uncorrected(scenario: Scenario, name: str) -> float:
    """Share of an effect's events that the mitigations leave."""
    return float(np.prod([1 - m.corrects.get(name, 0.0) for m in scenario.radiation.mitigations.values()]))


def noticed_at_once(scenario: Scenario) -> float:
    """Share of silent corruptions that the mitigations notice in the step in which they come."""
    return 1 - float(np.prod([1 - m.detects_silent for m in scenario.radiation.mitigations.values()]))


def throughput(scenario: Scenario) -> float:
    """Share of the throughput that the mitigations leave."""
    return float(np.prod([1 - m.throughput_cost for m in scenario.radiation.mitigations.values()]))


def soft_rates(
    scenario: Scenario, radiation: Radiation, causes: tuple[SoftCause, ...], plane: int, birth_day: float, stress: Clock
) -> SoftRates:
    """Rates of all kinds in a plane, for satellites born on a day whose GPUs age by the clock `stress`."""
    days = radiation.days
    trapped, cosmic = radiation.trapped_per_day(plane), radiation.cosmic_per_day(plane)
    growth = radiation.memory_growth(plane, birth_day)
    effects = list(radiation.effects.values())
    in_passes, steady = np.zeros((len(causes), len(days))), np.zeros((len(causes), len(days)))
    interruptions = {scenario.cause_numbers[n]: i for n, i in scenario.reliability.interruptions.items()}
    for k, cause in enumerate(causes):
        if cause.effect is not None:
            share = cause.share * (growth if effects[cause.effect].scales_with_memory else 1.0)
            in_passes[k], steady[k] = trapped[cause.effect] * share, cosmic[cause.effect] * share
        elif cause.cause == Cause.RESET:
            reliability = scenario.reliability
            life, law = Life.born(birth_day, clock=stress), reliability.gpu.after_burn_in(reliability.gpu_burn_in_days)
            later = np.maximum(np.append(days, days[-1] + 1), birth_day)
            steady[k] = reliability.resettable_fraction * np.diff(life.hazard_until(law, later))
        else:
            steady[k] = interruptions[cause.cause].rate_per_year / DAYS_PER_YEAR
    return SoftRates(in_passes, steady, _totals(causes, in_passes), _totals(causes, steady))


def _totals(causes: tuple[SoftCause, ...], rates: Floats) -> Floats:
    """Running totals of rates, summed over the causes of each kind of unit, shape (kinds, n + 1)."""
    total = np.zeros((len(Per), rates.shape[1] + 1))
    for cause, row in zip(causes, rates, strict=True):
        total[cause.per, 1:] += row
    return np.cumsum(total, axis=1)


def storm_rates(radiation: Radiation, causes: tuple[SoftCause, ...], plane: int) -> Floats:
    """Interruptions of a unit in a storm of unit fluence, shape (causes,): memory's growth with dose left aside."""
    events = radiation.exposure(plane).storm_events
    return np.array([0.0 if c.effect is None else events[c.effect] * c.share for c in causes])


def retried_share(scenario: Scenario, radiation: Radiation, plane: int, gpus: int, hosts: int) -> float:
    """Share of its time that a gang spends on retried steps: they lose no work, so they count in the mean.

    A step is tried again after a `retry`, and after a silent corruption that is noticed in it.
    """
    total = 0.0
    for position, (name, effect) in enumerate(radiation.effects.items()):
        units = hosts if effect.target == "host" else gpus
        events = radiation.trapped_per_day(plane)[position] + radiation.cosmic_per_day(plane)[position]
        retried = {"retry": effect.harmful_fraction, "late": noticed_at_once(scenario)}.get(effect.recovery, 0.0)
        total += units * float(events.mean()) * uncorrected(scenario, name) * retried
    total += sum(
        {"gpu": gpus, "host": hosts, "satellite": 1, "job": 1}[i.per] * i.rate_per_year / DAYS_PER_YEAR
        for i in scenario.reliability.interruptions.values()
        if i.recovery == "retry"
    )
    return min(1.0, total * scenario.radiation.retry_s / 86400)


def hard_events(effect: Effect) -> float:
    """Share of an effect's events that destroy what they hit."""
    return 1.0 if effect.recovery == "none" else effect.escalation
