"""What failures cost on a campus, whatever the number of its hosts, and two cases of `verify cluster`: that of 4,096
hosts, and Llama 3.

    python benchmarks/clusters.py

CPU time of a replicate beside that of bare SimPy timeouts in the same process, both the best of several tries taken by
turns.  Cost of a failure: a job with about 2,000 of them less the same job without any, over their number.
"""

from time import process_time

import sim
from sim.bench.yardstick import million_timeouts
from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.shipped import validation_case

CLUSTER, LLAMA = validation_case("cluster"), validation_case("llama3_ground")
HOSTS = (64, 1_000, 4_096, 16_384, 100_000)
FAILURES = 2000
LIMIT_MS, LLAMA_LIMIT_MS = 40.0, 1000.0


def timeouts():
    """CPU microseconds of one timeout."""
    return million_timeouts(30_000)


def seconds(settings, tries=6, path=CLUSTER):
    """(best CPU seconds of a replicate, interruptions of its job)."""
    scenario = sim.load(path, set_=settings)
    environment = Environment.build(scenario)
    simulate(scenario, environment, scenario.strategy, 1, 0)
    best, result = float("inf"), None
    for _ in range(tries):
        begun = process_time()
        result = simulate(scenario, environment, scenario.strategy, 1, 0)
        best = min(best, process_time() - begun)
    soft = result.events.total(EventKind.SOFT_INTERRUPTED)
    return best, result.events.count(EventKind.JOB_INTERRUPTED) + int(soft)


def sized(hosts, *, fail):
    """A job on so many hosts, 300 more standing by; with failures, as many of them for any number of hosts."""
    rate = FAILURES / (hosts * 30) * 365.25 if fail else 1e-12
    standby = 300
    return [
        f"campus.hosts={hosts + 2 * standby}",
        f"campus.warm_standbys={standby}",
        "campus.spare_hosts=0",
        "campus.bad.share=0",
        f"reliability.bus.rate_per_year={rate}",
        f"workload.jobs.0.gpus={8 * hosts}",
        f"workload.jobs.0.work_gpu_hours={8 * hosts * 720}",
    ]


def main():
    yardstick, best = float("inf"), float("inf")
    for _ in range(6):
        yardstick = min(yardstick, timeouts())
        took, count = seconds([], tries=2)
        best = min(best, took)
    ratio = best / yardstick
    print(f"a timeout of SimPy: {yardstick:.2f} us")
    print(
        f"4,096 hosts, 30 days, {count:,} failures: {best * 1e3:.1f} ms a replicate = {ratio * 1e6:,.0f} timeouts "
        f"(at most {LIMIT_MS:g} ms)"
    )
    took, count = seconds([], path=LLAMA)
    print(
        f"Llama 3, 16,384 GPUs, 54 days, {count:,} interruptions of 18 causes: {took * 1e3:.1f} ms a replicate "
        f"(at most {LLAMA_LIMIT_MS:g} ms)"
    )
    for hosts in HOSTS:
        yardstick = min(timeouts() for _ in range(3))
        loud, count = seconds(sized(hosts, fail=True), tries=4)
        quiet, _ = seconds(sized(hosts, fail=False), tries=4)
        each = (loud - quiet) / count * 1e6
        print(
            f"{hosts:>7,} hosts: {count:,} failures, {each:5.1f} us each = {each / yardstick:4.1f} timeouts; "
            f"start and end {quiet * 1e3:6.1f} ms"
        )


if __name__ == "__main__":
    main()
