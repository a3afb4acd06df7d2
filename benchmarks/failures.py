"""How long failures take: 80,000 GPUs over five years, and each soft interruption of a running job.

    python benchmarks/failures.py

One replicate of 1,000 satellites x 80 GPUs x 5 years with all hard causes and storms, its environment built, beside
100,000 bare SimPy timeouts in the same run; and the seconds that soft interruptions add to a replicate, for each one.
"""

from time import process_time

import sim
from sim.bench.yardstick import million_timeouts
from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind

BIG = [
    "deployment={kind: in_place}",
    "constellation.shells.0.planes=20",
    "constellation.shells.0.satellites_per_plane=50",
    "satellite.gpus=80",
    "satellite.mass_kg=1500",
    "workload.jobs=[]",
]
SILENT = [
    f"radiation.effects.{name}=null"
    for name in ("silent_corruption", "memory_error", "core_error", "host_crash", "host_memory", "chip_interrupt")
]


def seconds(scenario, environment, replicates=4):
    """Best of several replicates, after one that fills the tables, and the soft interruptions of the last."""
    simulate(scenario, environment, scenario.strategy, 1, 0)
    best, result = float("inf"), None
    for replicate in range(1, replicates + 1):
        begun = process_time()
        result = simulate(scenario, environment, scenario.strategy, 1, replicate)
        best = min(best, process_time() - begun)
    return best, result.events.total(EventKind.SOFT_INTERRUPTED)


def main():
    yardstick = min(million_timeouts(100_000) for _ in range(3)) / 10
    print(f"100,000 timeouts of SimPy: {yardstick:.3f} s (T)")
    for name, extra in (("hard causes and storms", []), ("and what GPUs sit on", ["overlays/rack"])):
        scenario = sim.load("baseline", *extra, set_=BIG)
        took, _ = seconds(scenario, Environment.build(scenario))
        print(f"80,000 GPUs x 5 years, {name}: {took:.2f} s = {took / yardstick:.1f} T")
    for name in ("suncatcher_81", "spacex_ai1", "baseline"):
        loud, quiet = sim.load(name), sim.load(name, set_=SILENT)
        took, count = seconds(loud, Environment.build(loud))
        without, _ = seconds(quiet, Environment.build(quiet))
        each = (took - without) / count
        cost = f"{each * 1e6:.1f} us each = {each / yardstick * 1e5:.1f} timeouts"
        print(f"{name}: {took:.2f} s, {count:,.0f} interruptions, {cost}")


if __name__ == "__main__":
    main()
