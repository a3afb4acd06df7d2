"""What is measured, each with its limit: the rows of the speed table, and the eclipses of Skyfield."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from types import MappingProxyType
from typing import ClassVar

from sim.bench.fleets import Fleet, baseline_fleet, has_block_mode, network, unit_fleet
from sim.bench.machine import cores, peak_mb

STRATEGIES = ("run_to_failure", "scheduled_batch", "on_orbit_spares")


@dataclass(frozen=True)
class Measured:
    """What an item took."""

    value: float | None
    """CPU seconds where the item is `in_t`, else the ratio itself; none: it cannot be measured here."""
    memory_mb: float


@dataclass(frozen=True)
class Item(ABC):
    """One thing to measure."""

    description: str = field(compare=False)
    limit: float | None = field(compare=False)
    """Largest ratio allowed; none: it is told and not judged."""
    memory_limit_mb: float | None = field(default=None, kw_only=True, compare=False)

    in_t: ClassVar[bool] = True
    """Whether the ratio is CPU time over T."""

    @abstractmethod
    def measure(self) -> Measured:
        """Measure it, in a process that does nothing else."""


@dataclass(frozen=True)
class Replicate(Item):
    """A replicate of a fleet, its environment built."""

    fleet: Fleet
    tries: int = 3

    def measure(self) -> Measured:
        return Measured(self.fleet.cpu_seconds(self.tries), peak_mb())


@dataclass(frozen=True)
class ChargeAtEdges(Item):
    """A replicate of a fleet, and the charge of every satellite's battery at entry and exit of all its eclipses."""

    fleet: Fleet

    def measure(self) -> Measured:
        from sim.environment import charge_at_edges

        replicate = self.fleet.cpu_seconds(2)
        _, environment = self.fleet.build()
        begun = process_time()
        for site in environment.sites:
            charge_at_edges(site, environment.designs[0], 0.0, environment.horizon_days)
        return Measured(replicate + process_time() - begun, peak_mb())


@dataclass(frozen=True)
class Python(Item):
    """A new Python with some arguments, from its start to its end."""

    arguments: tuple[str, ...]
    tries: int = 7

    def measure(self) -> Measured:
        from resource import RUSAGE_CHILDREN, getrusage
        from subprocess import DEVNULL, run

        took = []
        for _ in range(self.tries):
            before = getrusage(RUSAGE_CHILDREN)
            run([sys.executable, *self.arguments], check=True, stdout=DEVNULL)
            after = getrusage(RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return Measured(min(took), getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024)


@dataclass(frozen=True)
class TwoCores(Item):
    """Time by the clock of many replicates on two processes over that of the same on one."""

    fleet: Fleet
    replicates: int = 200
    with_folder: bool = False
    """Whether to write and price them as a study in an output folder, which one process does; else their figures."""
    in_t: ClassVar[bool] = False

    def measure(self) -> Measured:
        from sim.experiment import simulate_many

        if cores() < 2:
            return Measured(None, peak_mb())
        scenario, environment = self.fleet.build()
        took = []
        for workers in (1, 2):
            begun = perf_counter()
            if self.with_folder:
                _study(self.fleet, self.replicates, workers)
            else:
                simulate_many(scenario, environment, self.fleet.strategy, 1, range(self.replicates), workers)
            took.append(perf_counter() - begun)
        return Measured(took[1] / took[0], peak_mb())


@dataclass(frozen=True)
class MemoryOfMany(Item):
    """Peak memory of a process that runs and keeps many replicates over that of one that runs one."""

    fleet: Fleet
    replicates: int = 200
    in_t: ClassVar[bool] = False

    def measure(self) -> Measured:
        peaks = []
        for replicates in (1, self.replicates):
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                peaks.append(alone.submit(_peak_of_study, self.fleet, replicates).result())
        return Measured(peaks[1] / peaks[0], peaks[1])


@dataclass(frozen=True)
class Eclipses(Item):
    """Time for an edge of eclipse in a plane of 81 satellites over that of Skyfield's `find_discrete`."""

    altitude_km: float
    inclination_deg: float
    days: float
    in_t: ClassVar[bool] = False

    def measure(self) -> Measured:
        from datetime import date

        from sim.verify.eclipse import verify_eclipse

        found = verify_eclipse(self.altitude_km, self.inclination_deg, start=date(2027, 1, 1), days=self.days)
        speedup = found["speedup"]
        assert speedup is not None
        return Measured(1 / speedup, peak_mb())


@dataclass(frozen=True)
class Growth:
    """How the time of a replicate grows with the number of satellites."""

    description: str
    limit: float | None
    """Largest exponent allowed; none: it is told and not judged."""
    fleets: Mapping[int, Fleet]
    """By number of satellites."""
    tries: int = 2

    def at(self, satellites: int) -> Replicate:
        """The item of one size."""
        return Replicate(f"{satellites:,} satellites", None, self.fleets[satellites], self.tries)


def _study(fleet: Fleet, replicates: int, workers: int) -> None:
    """A study in an output folder, with its figures."""
    from sim.experiment import run

    with TemporaryDirectory() as folder:
        study = run(
            fleet.load(), strategy=fleet.strategy, replicates=replicates, workers=workers, out=Path(folder) / "x"
        )
        study.to_json()


def _peak_of_study(fleet: Fleet, replicates: int) -> float:
    _study(fleet, replicates, 1)
    return peak_mb()


_TWO_YEARS = Fleet("baseline", "scheduled_batch", ("mission.years=2",))
"""A study of replicates that take about .2 s each, jobs included."""
_EXACT = "satellites of 36 GPUs, 5 years, exact, all causes"


def _items() -> dict[str, Item]:
    found: dict[str, Item] = {}
    for name in STRATEGIES:
        fleet = baseline_fleet(100, 100, name)
        found[f"ten_thousand_{name}"] = Replicate(f"10,000 {_EXACT}, 100 planes, {name}", 8.0, fleet)
    for name in STRATEGIES:
        fleet = baseline_fleet(20, 50, name)
        found[f"thousand_{name}"] = Replicate(f"1,000 {_EXACT}, 20 planes, no edges, {name}", 1.5, fleet)
    found["thousand_edges"] = ChargeAtEdges(
        f"1,000 {_EXACT}, scheduled_batch; and state of charge of all their batteries at each edge of eclipse",
        12.0,
        baseline_fleet(20, 50, "scheduled_batch"),
    )
    found["inference_units"] = Replicate(
        "1,152 replicas of one GPU that serve, on 64 satellites, 5 years, eight ground stations",
        3.0,
        unit_fleet("workload.inference=[{}]"),
    )
    found["one_gpu_jobs"] = Replicate(
        "1,152 training jobs of one GPU on the same, with checkpoints and interruptions",
        3.0,
        unit_fleet("workload.jobs=[{gpus: 1, count: 1152}]"),
    )
    found["two_cores"] = TwoCores(
        "200 replicates on two cores over one, their figures: clock time", 1 / 1.8, _TWO_YEARS
    )
    found["two_cores_study"] = TwoCores(
        "The same, and their logs in an output folder, which one process writes", None, _TWO_YEARS, with_folder=True
    )
    found["memory_of_200"] = MemoryOfMany("Peak memory of 200 replicates over that of 1", 1.3, _TWO_YEARS)
    found["version"] = Python("orbitfleet --version", 0.3, ("-m", "sim", "--version"))
    found["import_sim"] = Python("import sim", 0.6, ("-c", "import sim"))
    found["eclipses"] = Eclipses(
        "An edge of eclipse, 81 satellites of a plane, over Skyfield's find_discrete", 1 / 3000, 550.0, 53.0, 60.0
    )
    return found


def _block_items() -> dict[str, Item]:
    """What needs block mode."""
    return {
        f"million_{name}": Replicate(
            f"1,000,000 satellites of 80 GPUs, 10 years, block mode, {name}",
            30.0,
            network(1_000_000, name),
            memory_limit_mb=1000.0,
        )
        for name in STRATEGIES
    }


ITEMS: Mapping[str, Item] = MappingProxyType({**(_block_items() if has_block_mode() else {}), **_items()})
"""Items by name, the largest first."""


def _growths() -> dict[str, Growth]:
    fleets = {100 * each: baseline_fleet(100, each, "on_orbit_spares") for each in (10, 32, 100)}
    return {"exact": Growth("exact mode, 100 planes, on_orbit_spares", None, fleets)}


def _block_growths() -> dict[str, Growth]:
    """What needs block mode.  Its largest fleet is that of `million_scheduled_batch`, measured once."""
    fleets = {size: network(size, "scheduled_batch") for size in (10_000, 100_000, 1_000_000)}
    return {"block": Growth("block mode, scheduled_batch", 1.0, fleets, tries=2)}


GROWTHS: Mapping[str, Growth] = MappingProxyType({**(_block_growths() if has_block_mode() else {}), **_growths()})
"""Exponents of growth by name."""
