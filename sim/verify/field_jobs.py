"""Jobs on the ground as published: what stopped Llama 3, how often Meta's jobs stop, what copies in memory save."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import sqrt
from time import process_time

import numpy as np
from scipy.stats import chi2

from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY, MINUTES_PER_DAY, SECONDS_PER_DAY
from sim.engine import simulate
from sim.environment import Environment
from sim.events import EventKind
from sim.metrics import measure
from sim.result import Result
from sim.scenario import Scenario, load
from sim.shipped import validation_case
from sim.verify.row import ACCEPTED, Row, allowed, counted, mean_and_error
from sim.workloads import useful_share
from sim.workloads.replicas import copies_left

LLAMA = "Llama 3 405B, 54 days on 16,384 GPUs"
META = "Failures of Meta's nodes"
GEMINI = "Copies of the state on other hosts"

_PAPER = "arXiv 2407.21783, table 5"
# Interruptions of 54 days by the paper's categories and components, the components as our scenario calls them.
CAUSES: dict[str, dict[str, int]] = {
    "GPU": {
        "faulty_gpu": 148, "hbm3": 72, "sram": 19, "system_processor": 17, "silent_data_corruption": 6, "thermal": 6,
    },
    "dependency": {"software": 54, "dependency": 2},
    "network": {"network": 35},
    "unplanned maintenance": {"host_maintenance": 32},
    "host": {"nic": 7, "ssd": 3, "power_supply": 3, "chassis": 2, "io_board": 2, "cpu": 2, "memory": 2},
    "unknown": {"watchdog_timeouts": 7},
}  # fmt: skip
_CERTAIN = 2e-4
"""Probability with which a sum of squares that is right is taken for wrong."""
MOST_SECONDS = 1.0
"""Of the processor, for a replicate of Llama 3."""
_GPUS = 8
_RATES = {"RSC-1": 6.50, "RSC-2": 2.34}
"""Failures in 1,000 node-days."""
_STANDBY = 16
"""One host stands by for so many that compute: more than are ever in repair."""


def llama(replicates: int, seed: int) -> Iterator[Row]:
    """What reached the job by cause, how much of the time was effective, and what a replicate takes."""
    scenario = load(validation_case("llama3_ground"))
    environment = Environment.build(scenario)
    begin = process_time()
    results = [simulate(scenario, environment, scenario.strategy, seed, r) for r in range(replicates)]
    seconds = (process_time() - begin) / replicates
    counts = np.array([_by_cause(scenario, result) for result in results])
    yield from _counts(counts)
    share, error = mean_and_error([measure(one)["effective_training_time_ratio"] for one in results])
    yield Row(LLAMA, "effective training time", share, error, 0.90, 0.0, f"over 90 %: {_PAPER[:16]}", "at least")
    yield _by_renewal(scenario, environment, share, error, replicates)
    yield Row(LLAMA, "seconds per replicate", seconds, 0.0, MOST_SECONDS, 0.0, "aim of this program, of CPU", "at most")


def _by_cause(scenario: Scenario, result: Result) -> list[int]:
    """Interruptions of a run by component, in the order of the paper's table as it stands here."""
    soft = result.events.where(EventKind.SOFT_INTERRUPTED)
    found = {name: 0 for causes in CAUSES.values() for name in causes}
    for number, amount in zip(soft.cause.tolist(), soft.amount.tolist(), strict=True):
        found[scenario.cause_name(number)] += int(amount)
    return list(found.values())


def _counts(counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Iterator[Row]:
    """Rows of interruptions: all, by category, by component, and all components in one number."""
    replicates, means = len(counts), counts.mean(axis=0)
    expected = np.array([count for causes in CAUSES.values() for count in causes.values()], float)

    def row(name: str, value: float, reference: float) -> Row:
        error = sqrt(value / replicates)
        return Row(LLAMA, name, value, error, reference, counted(reference, value, replicates), _PAPER)

    yield row("interruptions, all", float(means.sum()), float(expected.sum()))
    at = 0
    for category, causes in CAUSES.items():
        here = slice(at, at + len(causes))
        if len(causes) > 1:
            yield row(f"{category}, all", float(means[here].sum()), float(expected[here].sum()))
        for place, name in enumerate(causes, start=at):
            yield row(f"{category}: {name}", float(means[place]), float(expected[place]))
        at += len(causes)
    squares = float((replicates * (means - expected) ** 2 / expected).sum())
    freedom = len(expected)
    yield Row(
        LLAMA, "chi-square of the causes", squares, sqrt(2 * freedom), freedom,
        float(chi2.isf(_CERTAIN, freedom)) - freedom,
        f"degrees of freedom: the sum over all replicates, without the reference's own chance, {1 - _CERTAIN:.2%}",
        "at most",
    )  # fmt: skip


def _by_renewal(scenario: Scenario, environment: Environment, share: float, error: float, replicates: int) -> Row:
    """Effective time beside the renewal formula for checkpoints that become durable after they block."""
    job, total = scenario.workload.jobs[0], sum(sum(causes.values()) for causes in CAUSES.values())
    mtbf = scenario.mission.days / total
    durable = job.checkpoint_durable_s
    assert durable is not None
    rhythm = job.rhythm(mtbf, durable)
    detection = job.detection_s / SECONDS_PER_DAY
    theory = useful_share(mtbf, type(rhythm)(rhythm.interval, rhythm.write, rhythm.restart + detection, rhythm.lag))
    most = 0.1 * mtbf * MINUTES_PER_DAY
    note = (
        f"over 90 % holds as long as an interruption costs less than {most:.1f} min; here "
        f"{(1 - share) * mtbf * MINUTES_PER_DAY:.1f}: restart, lag and half an interval; the paper gives none of them"
    )
    return Row(
        LLAMA, "effective training time, renewal theory", share, error, theory, allowed(error, replicates),
        "docs/checkpoints.md: restart as a failure may interrupt it, lag until a checkpoint is durable", note=note,
    )  # fmt: skip


def meta(replicates: int, seed: int) -> Iterator[Row]:
    """How often jobs stop whose hosts fail at the rates of Meta's clusters."""
    source = "arXiv 2410.21680; tolerance: its last digit and 3.5 standard errors of Poisson counts"
    for gpus, days, cluster, hours, digit in (
        (16_384, 30.0, "RSC-1", 1.8, 0.05),
        (131_072, 5.0, "RSC-1", 0.23, 0.005),
        (16_384, 60.0, "RSC-2", None, 0.005),
    ):
        hosts, rate = gpus // _GPUS, _RATES[cluster]
        standbys = hosts // _STANDBY
        settings = {
            "mission.years": days / DAYS_PER_YEAR,
            "campus.hosts": hosts + standbys,
            "campus.warm_standbys": standbys,
            "reliability.bus.rate_per_year": rate / 1000 * DAYS_PER_YEAR,
            "workload.jobs.0.gpus": gpus,
        }
        scenario = load(
            validation_case("node_failures"), set_=[f"{where}={value}" for where, value in settings.items()]
        )
        environment = Environment.build(scenario)
        failures, running = 0, 0.0
        for replicate in range(replicates):
            log = simulate(scenario, environment, scenario.strategy, seed, replicate).events
            failures += log.count(EventKind.JOB_INTERRUPTED)
            running += scenario.mission.days - log.total(EventKind.WAITED) / gpus / HOURS_PER_DAY
        chance = 1 / sqrt(max(failures, 1))

        def row(name: str, value: float, reference: float, digit: float, chance: float = chance) -> Row:
            error = value * chance
            return Row(META, name, value, error, reference, digit + ACCEPTED * error, source)

        if hours is not None:
            mttf = running * HOURS_PER_DAY / max(failures, 1)
            yield row(f"{gpus:,} GPUs, {cluster}: hours between interruptions", mttf, hours, digit)
        if gpus == 16_384:
            per_node = 1000 * failures / (running * hosts)
            yield row(f"{gpus:,} GPUs, {cluster}: interruptions in 1,000 node-days", per_node, rate, 0.005)


def gemini() -> Iterator[Row]:
    """Whether the state of sixteen hosts, each with its own copy and one on another, survives losses at once."""
    source = "16 machines, two copies: SOSP 2023, doi 10.1145/3600006.3613145 (recalled); tolerance: the last digit"
    for lost, reference in ((2, 0.933), (3, 0.800)):
        sets = np.array(list(combinations(range(16), lost)))
        gone = np.zeros((len(sets), 16), bool)
        np.put_along_axis(gone, sets, True, axis=1)
        left = float(copies_left(gone, 1).mean())
        yield Row(GEMINI, f"state survives the loss of {lost}, over all sets", left, 0.0, reference, 0.0005, source)
