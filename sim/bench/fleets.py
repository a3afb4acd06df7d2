"""The fleets that the items run, as settings over shipped scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.environment import Environment
    from sim.scenario import Scenario

_BIG = (
    "deployment={kind: in_place}",
    "satellite.mass_kg=740",
    "constellation.spare_berths_per_plane=4",
    "launch.flights_per_opportunity=100",
    "workload.jobs=[]",
)
"""A fleet of the baseline's satellites that stands on day 0, with launches enough to keep it."""


@dataclass(frozen=True)
class Fleet:
    """A scenario, changed by settings, and the strategy that keeps it."""

    scenario: str
    strategy: str
    settings: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    satellites: int | None = None
    """Slots to which the shells are scaled, each by the same factor; none: as they are."""

    def load(self) -> Scenario:
        """The scenario."""
        from sim.scenario import load

        files = (self.scenario, *self.overlays)
        scenario = load(*files, set_=list(self.settings))
        if self.satellites is None:
            return scenario
        return load(*files, set_=[*self.settings, *_sized(scenario, self.satellites)])

    def build(self) -> tuple[Scenario, Environment]:
        """The scenario and its environment, whose daily tables lie on disk where they were made before."""
        from sim.environment import Environment

        scenario = self.load()
        return scenario, Environment.build(scenario)

    def cpu_seconds(self, tries: int) -> float:
        """Least CPU seconds of a replicate, the environment's tables filled before.

        By one more try, or, where the fleet is walked in blocks and takes long, by themselves.
        """
        from sim.engine import simulate
        from sim.environment.coarse import Coarse

        scenario, environment = self.build()
        in_blocks = scenario.in_blocks
        for design in range(len(environment.designs) if in_blocks else 0):
            Coarse.of(environment, design)
        took = []
        for replicate in range(tries + (not in_blocks)):
            begun = process_time()
            simulate(scenario, environment, self.strategy, 1, replicate)
            took.append(process_time() - begun)
        return min(took[-tries:])


def baseline_fleet(planes: int, per_plane: int, strategy: str) -> Fleet:
    """A Walker shell of the baseline's satellites, 36 GPUs each, over five years with all causes of failure."""
    shell = (
        f"constellation.shells.0.planes={planes}",
        f"constellation.shells.0.satellites_per_plane={per_plane}",
    )
    return Fleet("baseline", strategy, (*shell, *_BIG))


def unit_fleet(*workload: str) -> Fleet:
    """64 satellites of 18 GPUs: 1,152 units of one GPU, sent to eight ground stations."""
    shell = ("constellation.shells.0.planes=4", "constellation.shells.0.satellites_per_plane=16", "satellite.gpus=18")
    return Fleet("baseline", "scheduled_batch", (*shell, *_BIG, *workload), ("overlays/ground_stations",))


# Block mode


def has_block_mode() -> bool:
    """Whether this program can run a million satellites: `sim.engine` has modules for it.

    Looked up on disk: an import of the engine would be part of the memory of what is measured.
    """
    return any((Path(__file__).parents[1] / "engine").glob("block*"))


_IN_BLOCKS = ("satellite.gpus=80", "mission.years=10", "simulation.mode=block")


def network(satellites: int, strategy: str) -> Fleet:
    """The network that SpaceX filed for, scaled to so many satellites of 80 GPUs, over ten years."""
    return Fleet("spacex_fcc_1m", strategy, _IN_BLOCKS, satellites=satellites)


def _sized(scenario: Scenario, satellites: int) -> list[str]:
    """Settings that scale the satellites of each plane of a scenario, so that they are about as many in all."""
    shells = scenario.constellation.shells
    slots = sum(getattr(shell, "planes", 1) * getattr(shell, "satellites_per_plane", 0) for shell in shells)
    return [
        f"constellation.shells.{at}.satellites_per_plane={max(1, round(each * satellites / slots))}"
        for at, shell in enumerate(shells)
        if (each := getattr(shell, "satellites_per_plane", 0))
    ]
