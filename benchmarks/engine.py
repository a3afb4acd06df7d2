"""What a replicate costs: fleets of 1,000 and 10,000 satellites, in CPU time, beside a million bare SimPy timeouts.

    python benchmarks/engine.py [NAME ...]
    python benchmarks/engine.py --memory      peak memory of 60 replicates beside that of one
    python benchmarks/engine.py --per-event   cost of a row of the log at 1, 20, 200 and 1,000 planes

T is the CPU time of a million bare timeouts of SimPy in the same process, measured between the items, so a figure in T
is a ratio of two times of one run.  No CPU limit may be set: with one, Linux updates a process's time only at ticks.
Memory is the peak of the process that runs one item alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import process_time

import simpy

import sim
from sim.engine import simulate
from sim.environment import Environment

BASE = [
    "deployment={kind: in_place}",
    "satellite.mass_kg=740",
    "constellation.spare_berths_per_plane=4",
    "launch.flights_per_opportunity=100",
]
NO_JOBS = ["workload.jobs=[]"]
STRATEGIES = ("run_to_failure", "scheduled_batch", "on_orbit_spares")


def shape(planes: int, per_plane: int) -> list[str]:
    """Settings of a Walker shell of so many planes."""
    return [f"constellation.shells.0.planes={planes}", f"constellation.shells.0.satellites_per_plane={per_plane}"]


def training(policy: str) -> list[str]:
    """Settings of gangs of 32, one for nine of ten of 1,000 satellites, as in the baseline."""
    job = "{name: training, count: 900, gpus: 32, checkpoint_block_s: 60, checkpoint_durable_s: 60, restart_min: 5}"
    return [f"workload.jobs=[{job}]", f"power.eclipse_policy={policy}"]


ITEMS: dict[str, tuple[list[str], str, float | None]] = {}
"""Name: (settings over the baseline, strategy, limit in T)."""
for name in STRATEGIES:
    for planes in (1, 20, 200, 1000):
        limit = 1.5 if planes == 20 else None
        ITEMS[f"1,000 in {planes} planes, {name}"] = ([*shape(planes, 1000 // planes), *NO_JOBS], name, limit)
    ITEMS[f"10,000 in 100 planes, {name}"] = ([*shape(100, 100), *NO_JOBS], name, 8.0)
for policy, limit in (("ride_through", 12.0), ("pause", 25.0)):
    settings = [*shape(20, 50), *training(policy)]
    ITEMS[f"1,000 in 20 planes, training, {policy}"] = (settings, "scheduled_batch", limit)


def million_timeouts(count: int = 250_000) -> float:
    """CPU seconds of a million bare timeouts."""
    env = simpy.Environment()

    def tick():
        for _ in range(count):
            yield env.timeout(1.0)

    env.process(tick())
    begun = process_time()
    env.run()
    return (process_time() - begun) * 1e6 / count


def one(name: str, replicates: int = 3) -> dict[str, float]:
    """Run one item: the first replicate fills the environment's tables, the best of the others counts."""
    settings, strategy, _ = ITEMS[name]
    scenario = sim.load("baseline", set_=[*BASE, *settings])
    environment = Environment.build(scenario)
    yardsticks, took = [million_timeouts()], []
    for replicate in range(replicates):
        begun = process_time()
        result = simulate(scenario, environment, strategy, 1, replicate)
        took.append(process_time() - begun)
        yardsticks.append(million_timeouts())
    t = min(yardsticks)
    return {
        "t": min(took[1:]) / t,
        "first_t": took[0] / t,
        "events": len(result.events),
        "us_per_event": min(took[1:]) / len(result.events) * 1e6,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "t_seconds": t,
    }


def peak_mb(scenario: str, strategy: str, replicates: int) -> float:
    """Peak memory of a process that runs so many replicates one after another."""
    loaded = sim.load(scenario)
    environment = Environment.build(loaded)
    for replicate in range(replicates):
        simulate(loaded, environment, strategy, 1, replicate)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(scenario: str = "baseline", strategy: str = "scheduled_batch") -> None:
    """Compare 60 replicates with one, each in a process of its own."""
    code = f"import engine; print(engine.peak_mb({scenario!r}, {strategy!r}, %d))"
    mb = []
    for replicates in (1, 60):
        command = [sys.executable, "-c", code % replicates]
        out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent).stdout
        mb.append(float(out))
    print(f"{scenario}, {strategy}: {mb[0]:.0f} MB after one replicate, {mb[1]:.0f} MB after 60: {mb[1] / mb[0]:.2f}x")


def per_event(rounds: int = 7) -> None:
    """Cost of a row of the log where each loss of a GPU is an event of its own, after which the strategy is asked.

    All in one process and in turn, so that a slow moment of the machine falls on each alike.
    """
    watching = ["strategies.scheduled_batch={retire_below_gpu_fraction: 0.3}"]
    fleets, took = {}, {}
    for planes in (1, 20, 200, 1000):
        scenario = sim.load("baseline", set_=[*BASE, *shape(planes, 1000 // planes), *NO_JOBS, *watching])
        fleets[planes], took[planes] = (scenario, Environment.build(scenario)), []
        simulate(*fleets[planes], "scheduled_batch", 1, 0)
    for _ in range(rounds):
        for planes, fleet in fleets.items():
            for replicate in (1, 2):
                begun = process_time()
                rows = len(simulate(*fleet, "scheduled_batch", 1, replicate).events)
                took[planes].append((process_time() - begun) / rows * 1e6)
    for planes, us in took.items():
        best, middle = min(us), median(us)
        print(
            f"1,000 satellites in {planes:5,} planes: {best:5.1f} us a row ({best / min(took[1]):.2f}x of one plane), "
            f"median {middle:5.1f} us ({middle / median(took[1]):.2f}x)"
        )


def main(names: list[str]) -> None:
    """Run the items whose names contain one of these, each in a process of its own."""
    wanted = [name for name in ITEMS if not names or any(part in name for part in names)]
    for name in wanted:
        command = [sys.executable, __file__, "--one", name]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found, limit = json.loads(out), ITEMS[name][2]
        verdict = "" if limit is None else f", at most {limit:g}: {'holds' if found['t'] <= limit else 'MISSED'}"
        print(
            f"{name:45} {found['t']:7.2f} T (first {found['first_t']:.2f}), {found['events']:9,.0f} rows, "
            f"{found['us_per_event']:7.1f} us a row, {found['mb']:5.0f} MB, T {found['t_seconds']:.2f} s{verdict}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(sys.argv[2])))
    elif sys.argv[1:2] == ["--memory"]:
        memory(*sys.argv[2:])
    elif sys.argv[1:2] == ["--per-event"]:
        per_event()
    else:
        main(sys.argv[1:])
