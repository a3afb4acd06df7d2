"""Every cause that can end something aboard a satellite, each with its own thresholds, law and clock.

All causes act on one unit together: each has its own E and its own cumulative hazard, and the first to reach its E is
the cause in the log (competing risks).  Taking a cause away therefore moves no other cause's day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.draws import Part, part_named
from sim.environment.interruptions import hard_events
from sim.environment.radiation import dose_at_end_rad, dose_hazard
from sim.events import Cause
from sim.reliability import Ageing, Exponential
from sim.scenario.failure import BatchDefect, Group
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

PER_CLOCK_DAY = Exponential(rate_per_year=DAYS_PER_YEAR)
"""Hazard 1 for each unit of the clock: a clock that counts expected events."""


@dataclass(frozen=True)
class DoseLaw:
    """Hazard by dose, rad(Si), in place of age."""

    median_krad: float
    log_spread: float
    calendar_factor: None = None

    def cumulative_hazard(self, rad: ArrayLike, /) -> Floats:
        """Cumulative hazard at each dose."""
        return dose_hazard(np.asarray(rad, float), self.median_krad, self.log_spread)

    def inverse(self, hazard: ArrayLike, /) -> Floats:
        """Dose at which it reaches each value."""
        return dose_at_end_rad(np.asarray(hazard, float), self.median_krad, self.log_spread)


@dataclass(frozen=True)
class Hazard:
    """One cause of permanent loss, for all satellites of a scenario."""

    cause: int
    """Its number in the log."""
    part: int
    """What random numbers know its units by."""
    law: Ageing
    clock: str
    """Which clock ages it: `calendar`, `stress`, `dose`, or the events of `effect` or of debris, see `HazardClocks`."""
    units: int
    """Units that each have a threshold, in each group."""
    needed: int = 1
    """Of these must live for the group to live."""
    standby: str = "hot"
    span: int = 0
    """GPUs that a group carries; 0: all, and the satellite with them."""
    groups: int = 1
    """Groups of a satellite."""
    sleeps: bool = False
    """Whether it rests on a stored spare."""
    share: float = 1.0
    """Share of the law's hazard."""
    effect: int = -1
    """Position of the radiation effect that its clock counts."""
    batch: BatchDefect | None = None

    @property
    def per_satellite(self) -> int:
        """Units aboard a satellite."""
        return self.units * self.groups

    @property
    def reserves(self) -> bool:
        """Whether its groups have units that wait and age slower."""
        return self.standby != "hot" and self.units > self.needed

    @property
    def ages_on_ground(self) -> bool:
        """Whether its units age on the ground too: there are neither debris nor radiation."""
        return self.clock in ("calendar", "stress")

    @property
    def of_one_gpu(self) -> bool:
        """Whether its groups are the GPUs themselves."""
        return self.span == 1


def hazards_of(scenario: Scenario) -> tuple[Hazard, ...]:
    """All causes of permanent loss of a scenario."""
    satellite, reliability, numbers = scenario.satellite, scenario.reliability, scenario.cause_numbers
    positions = satellite.positions
    lasting = 1 - reliability.resettable_fraction
    gpu = reliability.gpu.after_burn_in(reliability.gpu_burn_in_days)
    found = [
        Hazard(Cause.BUS, Part.BUS, reliability.bus, "calendar", 1),
        Hazard(Cause.GPU, Part.GPU, gpu, "stress", 1, span=1, groups=positions, sleeps=True, share=lasting),
        Hazard(Cause.DEBRIS, Part.DEBRIS, PER_CLOCK_DAY, "collisions", 1),
    ]
    radiator = satellite.radiator
    if radiator.tube_fraction > 0:
        # Loops that share GPUs form a circuit, which goes on while one of them is whole.
        each = radiator.loops_per_gpu
        span = ceil(positions / (radiator.loops // each))
        circuits = ceil(positions / span)
        found.append(Hazard(Cause.PUNCTURE, Part.LOOP, PER_CLOCK_DAY, "punctures", each, span=span, groups=circuits))
    found += _radiation_hazards(scenario)
    for name, group in reliability.groups.items():
        found += _group_hazards(name, group, numbers[name], positions)
    for name, lot in reliability.common_causes.items():
        if isinstance(lot, BatchDefect):
            part, cause = part_named("batch", name), numbers[name]
            found.append(Hazard(cause, part, lot.law, "stress", 1, span=1, groups=positions, sleeps=True, batch=lot))
    return tuple(found)


def _radiation_hazards(scenario: Scenario) -> list[Hazard]:
    """Wear by dose, and single events that destroy what they hit."""
    satellite, wear = scenario.satellite, scenario.radiation.wear
    law = DoseLaw(wear.end_median_krad, wear.end_log_spread)
    found = [Hazard(Cause.DOSE, Part.DOSE, law, "dose", 1, span=1, groups=satellite.positions)]
    for position, (name, effect) in enumerate(scenario.radiation.active.items()):
        if hard_events(effect) > 0:
            span = 1 if effect.target == "chip" else satellite.gpus_per_host
            cause, part, groups = scenario.cause_numbers[name], part_named("effect", name), satellite.positions / span
            found.append(
                Hazard(cause, part, PER_CLOCK_DAY, "effect", 1, span=span, groups=ceil(groups), effect=position)
            )
    return found


def _group_hazards(name: str, group: Group, cause: int, positions: int) -> list[Hazard]:
    """The units of a group on their own, and what hits them all at once."""
    span = 0 if group.gpus == "all" or group.gpus >= positions else group.gpus
    groups = 1 if span == 0 else ceil(positions / span)
    beta = group.common_cause_fraction
    alone = Hazard(
        cause,
        part_named("group", name),
        group.law.after_burn_in(group.burn_in_days),
        "stress" if group.stressed else "calendar",
        group.units,
        needed=group.needed,
        standby=group.standby,
        span=span,
        groups=groups,
        sleeps=group.sleeps,
        share=1 - beta,
    )
    together = replace(alone, part=part_named("common", name), units=1, needed=1, standby="hot", share=beta)
    return [hazard for hazard in (alone, together) if hazard.share > 0]


def spare_pace(scenario: Scenario) -> float:
    """Pace of a spare GPU aboard that waits, as a share of one at work."""
    return {"hot": 1.0, "warm": scenario.reliability.dormancy_factor, "cold": 0.0}[
        scenario.satellite.spare_gpus_standby
    ]


def parts_depend_on_another(scenario: Scenario) -> bool:
    """Whether the loss of a GPU may have consequences aboard: trays, spares, a number that must live."""
    satellite = scenario.satellite
    return satellite.tray is not None or satellite.spare_gpus > 0 or satellite.gpus_needed > 0
