"""Birth controls: what the first generation's luck alone would give, beside its exact expectation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.births import Births, Part
from sim.fleet import PlaneLayout
from sim.reliability import Law, Life, mean_life_days
from sim.result import Controls
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]

NAMES = ("first_buses", "first_gpus", "first_gpus_with_buses")


def birth_controls(
    scenario: Scenario, planes: tuple[PlaneLayout, ...], births: Births, planned_days: list[Floats]
) -> Controls:
    """The controls of one replicate.

    `planned_days`: for each plane, the planned arrival of the first satellite of each slot, mission days.  Satellites
    that would arrive after the horizon live no day of it.
    """
    law = scenario.reliability
    horizon = scenario.mission.days
    gpus = scenario.satellite.gpus
    life = scenario.satellite.design_life_years * DAYS_PER_YEAR
    drawn, expected, slots = np.zeros(3), np.zeros(3), 0
    for plane, planned in zip(planes, planned_days, strict=True):
        end = np.maximum(np.minimum(planned + life, horizon), planned)
        bus = _lives(births, Part.BUS, plane, planned, end, 1, law.bus)
        gpu = _lives(births, Part.GPU, plane, planned, end, gpus, law.gpu)
        drawn += [bus.sum(), gpu.sum() / gpus, np.minimum(bus, gpu).sum() / gpus]
        for day, count in zip(*np.unique(planned, return_counts=True), strict=True):
            until = min(day + life, horizon)
            expected += count * np.asarray(_expected_days(law.bus, law.gpu, float(day), until))
        slots += plane.slots
    return Controls(NAMES, drawn / (slots * horizon), expected / (slots * horizon))


@lru_cache(maxsize=4096)
def _expected_days(bus: Law, gpu: Law, day: float, until: float) -> tuple[float, float, float]:
    """Expected days lived by a bus, a GPU, and both together; the same for every replicate of a study."""
    return (
        float(mean_life_days(bus, day, until)),
        float(mean_life_days(gpu, day, until)),
        float(mean_life_days(gpu, day, until, bus)),
    )


def _lives(
    births: Births, part: Part, plane: PlaneLayout, planned: Floats, end: Floats, units: int, law: Law
) -> Floats:
    """Days lived by each unit of the first satellites, shape (slots, units)."""
    berths = np.arange(plane.slots)
    new = Life.born(planned)
    drawn = births.units(part, plane.id, berths, np.zeros_like(berths), new.hazard_until(law, end))
    lived = np.repeat((end - planned)[:, None], units, axis=1)
    mine = drawn.unit < units  # spare GPUs aboard are not of the first generation at work
    satellites, numbers = drawn.satellite[mine], drawn.unit[mine]
    failed = new.take(satellites).failure_day(law, drawn.luck[mine])
    lived[satellites, numbers] = np.minimum(failed, end[satellites]) - planned[satellites]
    return lived
