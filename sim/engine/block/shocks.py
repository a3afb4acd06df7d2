"""Common causes in blocks: the shocks of the exact engine, on the same days and places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.block.population import Population
from sim.engine.block.residents import GONE
from sim.engine.draws import part_named
from sim.engine.weather import poisson_days
from sim.environment import Environment
from sim.scenario.failure import Shock
from sim.scenario.models import Scenario
from sim.streams import Streams

Ints = NDArray[np.intp]


class BlockShocks:
    """The shocks of a scenario, in order of time."""

    def __init__(self, scenario: Scenario, environment: Environment, population: Population, streams: Streams) -> None:
        self.scenario = scenario
        self.population = population
        self.streams = streams
        self._due = sorted(
            (
                (float(day), name, plane, number)
                for name, shock in scenario.reliability.common_causes.items()
                if isinstance(shock, Shock)
                for plane in ([-1] if shock.scope == "fleet" else [one.id for one in population.fleet.planes])
                for number, day in enumerate(self._days(name, shock, plane, environment))
            ),
            reverse=True,
        )

    def _days(self, name: str, shock: Shock, plane: int, environment: Environment) -> list[float]:
        layout = self.population.fleet.planes[plane]
        address = 0 if plane < 0 else layout.address
        rate = shock.rate_per_year * (layout.slots if shock.scope == "satellite" else 1)
        stream = self.streams.of("shocks", part_named("cause", name), address)
        return list(poisson_days(stream, rate, environment).tolist())

    def strike(self, start: float, end: float) -> None:
        """The shocks of a block."""
        while self._due and self._due[-1][0] < end:
            day, name, plane, number = self._due.pop()
            shock = self.scenario.reliability.common_causes[name]
            assert isinstance(shock, Shock)
            for one in [plane] if plane >= 0 else range(len(self.population.fleet.planes)):
                self._hit(name, shock, one, number, max(day, start))

    def _hit(self, name: str, shock: Shock, plane: int, number: int, day: float) -> None:
        """One shock in one plane."""
        population, part = self.population, part_named("cause", name)
        fleet, cause = population.fleet, self.scenario.cause_numbers[name]
        layout = fleet.planes[plane]
        if shock.outage_hours > 0:
            population.stand_still(plane, day, shock.outage_hours / HOURS_PER_DAY, cause)
        berths = np.arange(layout.first_berth, layout.end_berth)
        if shock.scope == "satellite":
            drawn = self.streams.uniforms("shocked slot", part, layout.address, number, 0, 1)[0, 0]
            berths = berths[[int(drawn * layout.slots)]]
        berths = berths[population.life_in[berths] != GONE]
        where = fleet.site[berths], fleet.place[berths]
        dies = self.streams.uniforms("shock ends", part, *where, number, 1)[:, 0] < shock.satellite_lethality
        lives = population.life_in[berths[dies]].astype(np.intp)
        population.end(lives, np.full(len(lives), day), np.full(len(lives), cause), planned=np.zeros(len(lives), bool))
