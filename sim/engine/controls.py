"""Birth controls: what the first generation's thresholds alone would give, beside its exact expectation."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout
from sim.constants import DAYS_PER_YEAR
from sim.engine.draws import Addresses, Part, Question, draw
from sim.reliability import Law, Life, mean_life_days
from sim.result import Controls
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]

NO_CONTROLS = Controls((), np.empty(0), np.empty(0))
"""Those of a hall, where nothing is built for a place and date."""
NAMES = ("first_buses", "first_gpus", "first_gpus_with_buses")


def birth_controls(
    scenario: Scenario, planes: tuple[PlaneLayout, ...], streams: Streams, planned_days: list[Floats]
) -> Controls:
    """The controls of one replicate.

    `planned_days`: for each plane, the planned arrival of the first satellite of each slot, mission days.  Satellites
    that would arrive after the horizon live no day of it.
    """
    law, horizon, gpus = scenario.reliability, scenario.mission.days, scenario.satellite.gpus
    life = scenario.satellite.design_life_years * DAYS_PER_YEAR
    planned = np.concatenate(planned_days)
    sites = np.repeat([plane.address for plane in planes], [plane.slots for plane in planes]).astype(np.uint64)
    places = np.concatenate([np.arange(plane.slots) for plane in planes]).astype(np.uint64)
    addresses = Addresses(sites, places, np.zeros_like(places))
    end = np.maximum(np.minimum(planned + life, horizon), planned)
    bus, gpu = _lives(
        streams,
        addresses,
        planned,
        end,
        [(Part.BUS, 1, 1, law.bus), (Part.GPU, scenario.satellite.positions, gpus, law.gpu)],
    )
    drawn = np.array([bus.sum(), gpu.sum() / gpus, np.minimum(bus, gpu).sum() / gpus])
    expected, slots = np.zeros(3), len(planned)
    for day, count in zip(*np.unique(planned, return_counts=True), strict=True):
        until = min(day + life, horizon)
        expected += count * np.asarray(_expected_days(law.bus, law.gpu, float(day), until))
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
    streams: Streams, addresses: Addresses, planned: Floats, end: Floats, parts: list[tuple[Part, int, int, Law]]
) -> list[Floats]:
    """Days lived by the units of the first satellites, shape (slots, units), for each (part, aboard, units, law)."""
    new = Life.born(planned)
    questions = [Question(part, aboard, new.hazard_until(law, end), second=False) for part, aboard, _, law in parts]
    lives = []
    for (_, _, units, law), drawn in zip(parts, draw(streams, addresses, questions), strict=True):
        lived = np.repeat((end - planned)[:, None], units, axis=1)
        mine = drawn.take(drawn.unit < units)  # spare GPUs aboard are not of the first generation at work
        failed = new.take(mine.satellite).failure_day(law, mine.threshold)
        lived[mine.satellite, mine.unit] = np.minimum(failed, end[mine.satellite]) - planned[mine.satellite]
        lives.append(lived)
    return lives
