"""What training gangs cost: 36,000 GPUs in 20 planes over five years, and how cost and memory grow.

    python benchmarks/jobs.py [CASE...]

Cost is CPU time in T, that of a million bare SimPy timeouts in the same process; memory is what the process holds at
most.  Each case runs in a process of its own, its environment built and its tables made by a first replicate but for
the case of one.
"""

import subprocess
import sys
from time import process_time

import sim
from sim.bench.machine import peak_mb
from sim.bench.yardstick import million_timeouts
from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind

JOBS = "workload.jobs=[{gpus: 256, count: %d}, {gpus: 128, count: %d}, {gpus: 64, count: %d}]"


def fleet(planes, policy, *more):
    """1,000 satellites of 36 GPUs for every 20 planes, filled with gangs of 64 to 256."""
    share = planes / 20
    return sim.load(
        "baseline",
        set_=[
            "deployment={kind: in_place}",
            f"constellation.shells.0.planes={planes}",
            "constellation.shells.0.satellites_per_plane=50",
            "satellite.mass_kg=800",
            f"power.eclipse_policy={policy}",
            JOBS % (70 * share, 70 * share, 130 * share),
            *more,
        ],
    )


def replicas():
    """1,250 satellites of 80 GPUs in 25 planes, each GPU a replica of its own, sent to eight ground stations."""
    return sim.load(
        "baseline",
        "overlays/ground_stations",
        set_=[
            "workload.jobs=[]",
            "workload.inference=[{}]",
            "constellation.shells.0.planes=25",
            "constellation.shells.0.satellites_per_plane=50",
            "satellite.gpus=80",
        ],
    )


CASES = {
    "ride_through": lambda: (fleet(20, "ride_through"), 1),
    "pause": lambda: (fleet(20, "pause"), 1),
    "ride_through, 10 planes": lambda: (fleet(10, "ride_through"), 1),
    "ride_through, 40 planes": lambda: (fleet(40, "ride_through"), 1),
    "100,000 replicas": lambda: (replicas(), 1),
    "suncatcher_81": lambda: (sim.load("suncatcher_81"), 1),
    "suncatcher_81, 60 replicates": lambda: (sim.load("suncatcher_81"), 60),
    "baseline": lambda: (sim.load("baseline"), 1),
    "baseline, 60 replicates": lambda: (sim.load("baseline"), 60),
}


def measure(name):
    scenario, replicates = CASES[name]()
    environment = Environment.build(scenario)
    empty = peak_mb()
    yardstick, begun = million_timeouts(), process_time()
    for replicate in range(replicates):
        log = simulate(scenario, environment, scenario.strategy, 1, replicate).events
    took = (process_time() - begun) / replicates
    yardstick = min(yardstick, million_timeouts())
    hard, soft = log.count(EventKind.JOB_INTERRUPTED), log.total(EventKind.SOFT_INTERRUPTED)
    print(
        f"{name}: {took / yardstick:.1f} T a replicate, {peak_mb():.0f} MB ({empty:.0f} before the first); "
        f"{hard:,} interruptions by losses, {soft:,.0f} that broke nothing, {len(log):,} rows",
        flush=True,
    )


def main():
    chosen = sys.argv[1:]
    if chosen[:1] == ["--here"]:
        measure(chosen[1])
        return
    for name in chosen or CASES:
        subprocess.run([sys.executable, __file__, "--here", name], check=True)


if __name__ == "__main__":
    main()
