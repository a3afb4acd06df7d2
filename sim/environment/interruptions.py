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


PER_NAMED = {"gpu": Per.GPU, "host": Per.HOST, "satellite": Per.SATELLITE, "job": Per.JOB}
"""The units by their names in a scenario."""


@dataclass(frozen=True)
class InterruptionCause:
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

    @property
    def resets(self) -> bool:
        """Whether it is a GPU fault that a power cycle clears."""
        return self.cause == Cause.RESET


def interruption_causes(scenario: Scenario) -> tuple[InterruptionCause, ...]:
    """All kinds of interruption of a scenario, in a fixed order."""
    radiation, numbers = scenario.radiation, scenario.cause_numbers
    extra = {
        "process_restart": 0.0,
        "reboot": radiation.reboot_min / MINUTES_PER_DAY,
        "power_cycle": radiation.power_cycle_min / MINUTES_PER_DAY,
    }
    found: list[InterruptionCause] = []
    for position, (name, effect) in enumerate(radiation.active.items()):
        per = Per.HOST if effect.target == "host" else Per.GPU
        left = uncorrected(scenario, name) * (1 - effect.escalation)
        if effect.recovery == "late":
            late = left * (1 - noticed_at_once(scenario)) * effect.harmful_fraction
            found.append(InterruptionCause(numbers[name], per, 0.0, True, position, late))
        elif effect.recovery in extra:
            share = left * effect.harmful_fraction
            found.append(InterruptionCause(numbers[name], per, extra[effect.recovery], False, position, share))
    for name, interruption in scenario.reliability.interruptions.items():
        if interruption.recovery in extra:
            found.append(InterruptionCause(numbers[name], PER_NAMED[interruption.per], extra[interruption.recovery]))
    if scenario.reliability.resettable_fraction > 0:
        found.append(InterruptionCause(Cause.RESET, Per.GPU, extra["power_cycle"]))
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


@dataclass(frozen=True, eq=False)
class DailyRates:
    """Interruptions of a unit and day in one plane, of satellites born on one day."""

    in_passes: Floats
    """By trapped protons, shape (causes, n)."""
    steady: Floats
    """At any time of the day, shape (causes, n)."""


def base_rates(
    scenario: Scenario, radiation: Radiation, causes: tuple[InterruptionCause, ...], plane: int
) -> DailyRates:
    """Rates in a plane of all kinds, without what memory's growth with dose adds, and without resets."""
    trapped, cosmic = (
        radiation.day_by_day(one) for one in (radiation.trapped_per_day(plane), radiation.cosmic_per_day(plane))
    )
    shape = len(causes), trapped.shape[-1]
    in_passes, steady = np.zeros(shape), np.zeros(shape)
    interruptions = {scenario.cause_numbers[n]: i for n, i in scenario.reliability.interruptions.items()}
    for k, cause in enumerate(causes):
        if cause.effect is not None:
            in_passes[k], steady[k] = trapped[cause.effect] * cause.share, cosmic[cause.effect] * cause.share
        elif cause.cause != Cause.RESET:
            steady[k] = interruptions[cause.cause].rate_per_year / DAYS_PER_YEAR
    return DailyRates(in_passes, steady)


def grows(radiation: Radiation, causes: tuple[InterruptionCause, ...]) -> NDArray[np.bool_]:
    """Which causes grow with the dose of the chips, shape (causes,)."""
    effects = list(radiation.effects.values())
    return np.array([c.effect is not None and effects[c.effect].scales_with_memory for c in causes], bool)


def resets_per_day(scenario: Scenario, birth_day: float, stress: Clock, edges: Floats) -> Floats:
    """GPU faults of a chip and day that a power cycle clears, means over the spans between some days, (spans,).

    `stress`: the clock by which GPUs born on `birth_day` age.
    """
    reliability = scenario.reliability
    law = reliability.gpu.after_burn_in(reliability.gpu_burn_in_days)
    hazard = Life.born(birth_day, clock=stress).hazard_until(law, np.maximum(edges, birth_day))
    return np.asarray(reliability.resettable_fraction * np.diff(hazard) / np.diff(edges))


def storm_rates(radiation: Radiation, causes: tuple[InterruptionCause, ...], plane: int) -> Floats:
    """Interruptions of a unit in a storm of unit fluence, shape (causes,): memory's growth with dose left aside."""
    events = radiation.exposure(plane).storm_events
    return np.array([0.0 if c.effect is None else events[c.effect] * c.share for c in causes])


def retries_per_day(scenario: Scenario, radiation: Radiation, plane: int) -> Floats:
    """Steps that a unit of each kind makes its gang try again, a day, mean over the mission, shape (kinds,).

    A step is tried again after a `retry`, and after a silent corruption that is noticed in it.
    """
    found = np.zeros(len(Per))
    for position, (name, effect) in enumerate(radiation.effects.items()):
        per = Per.HOST if effect.target == "host" else Per.GPU
        events = radiation.trapped_per_day(plane)[position] + radiation.cosmic_per_day(plane)[position]
        retried = {"retry": effect.harmful_fraction, "late": noticed_at_once(scenario)}.get(effect.recovery, 0.0)
        found[per] += float(events.mean()) * uncorrected(scenario, name) * retried
    for interruption in scenario.reliability.interruptions.values():
        if interruption.recovery == "retry":
            found[PER_NAMED[interruption.per]] += interruption.rate_per_year / DAYS_PER_YEAR
    return found


def hard_events(effect: Effect) -> float:
    """Share of an effect's events that destroy what they hit."""
    return 1.0 if effect.recovery == "none" else effect.escalation
