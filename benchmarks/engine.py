"""Cost of a row of the log at 1, 20, 200 and 1,000 planes.

    python benchmarks/engine.py

1,000 satellites whose every loss of a GPU is an event of its own, after which the strategy is asked.  All in one
process and in turn, so that a slow moment of the machine falls on each alike.  What a replicate of a fleet costs is
measured by `orbitfleet bench`.
"""

from statistics import median
from time import process_time

import sim
from sim.bench.fleets import baseline_fleet
from sim.engine import simulate
from sim.environment import Environment

STRATEGY = "scheduled_batch"
WATCHING = "strategies.scheduled_batch={retire_below_gpu_fraction: 0.3}"


def main(rounds: int = 7) -> None:
    fleets, took = {}, {}
    for planes in (1, 20, 200, 1000):
        fleet = baseline_fleet(planes, 1000 // planes, STRATEGY)
        scenario = sim.load(fleet.scenario, set_=[*fleet.settings, WATCHING])
        fleets[planes], took[planes] = (scenario, Environment.build(scenario)), []
        simulate(*fleets[planes], STRATEGY, 1, 0)
    for _ in range(rounds):
        for planes, fleet in fleets.items():
            for replicate in (1, 2):
                begun = process_time()
                rows = len(simulate(*fleet, STRATEGY, 1, replicate).events)
                took[planes].append((process_time() - begun) / rows * 1e6)
    for planes, us in took.items():
        best, middle = min(us), median(us)
        print(
            f"1,000 satellites in {planes:5,} planes: {best:5.1f} us a row ({best / min(took[1]):.2f}x of one plane), "
            f"median {middle:5.1f} us ({middle / median(took[1]):.2f}x)"
        )


if __name__ == "__main__":
    main()
