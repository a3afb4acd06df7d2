"""A campus with several jobs and with services: who has which hosts, and what one does to the others."""

import numpy as np
import pytest

from sim.description import describe, facts
from sim.economics import costs
from sim.economics.facility import it_kwh
from sim.engine import simulate
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import HOSTS_OUT, EventKind
from sim.metrics import measure, waterfall
from sim.result import Result
from sim.scenario import load

BASE = ["campus.facility.build_months=0", "campus.facility.supply.months_to_power=0", "campus.warm_standbys=1",
        "campus.selection_min=0", "reliability.interruptions={software: null, network: null}",
        "reliability.bus.rate_per_year=0", "campus.hosts=20", "workload.jobs.0.gpus=32", "mission.years=1"]  # fmt: skip
CALM = "reliability.gpu.rate_per_year=0"
TWO = "workload.jobs=[{name: a, gpus: 32}, {name: b, gpus: 16, arrival_day: 30}]"
SERVE = "workload.inference=[{name: chat, gpus_per_replica: 2, tokens_per_s_per_gpu: 10}]"


def campus(*settings: str):
    return load("ground_stargate", set_=[*BASE, *settings])


def run(scenario, seed: int = 1) -> Result:
    return simulate(scenario, Environment.build(scenario), "run_to_failure", seed, 0)


def of_job(result: Result, kind: EventKind, job: int) -> float:
    rows = result.events.where(kind)
    return float(rows.amount[rows.job == job].sum())


def test_each_job_has_hosts_of_its_own():
    result = run(campus(TWO, "reliability.gpu.rate_per_year=4"))
    parts = Environment.build(result.scenario).hall.parts_of_it
    # 9 and 5 hosts with a standby each; the other 6 by the size of the jobs.
    assert [(part.first, part.campus.hosts) for part in parts] == [(0, 12), (12, 8)]
    log = result.events
    out = log.where(*HOSTS_OUT)
    assert out.berth.max() > 12
    stops = log.where(EventKind.JOB_INTERRUPTED)
    for job, hosts in ((0, out.berth < 12), (1, out.berth >= 12)):
        mine = stops.time_days[stops.job == job]
        assert len(mine) > 20
        assert mine == pytest.approx(out.time_days[hosts])  # a failure stops the job of its host alone
    assert log.where(EventKind.JOB_STARTED).time_days[log.where(EventKind.JOB_STARTED).job == 1][0] == 30


def test_useful_hours_add_up_over_jobs():
    result = run(campus(TWO, CALM))
    found = measure(result)
    assert of_job(result, EventKind.COMMITTED, 0) == pytest.approx(32 * 8766, rel=0.004)
    assert of_job(result, EventKind.COMMITTED, 1) == pytest.approx(16 * (8766 - 720), rel=0.004)
    assert found["useful_gpu_hours"] == pytest.approx(
        of_job(result, EventKind.COMMITTED, 0) + of_job(result, EventKind.COMMITTED, 1)
    )
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)
    # The others stand by: 80 GPUs are there, and their energy is that of work and of waiting.
    work = sum(result.events.total(kind) for kind in (EventKind.COMMITTED, EventKind.CHECKPOINTED,
                                                      EventKind.UNCOMMITTED))  # fmt: skip
    assert it_kwh(result)[1].sum() == pytest.approx((80 * 8766 * 600 + work * 2430) / 1000)


def test_several_alike_are_as_many_descriptions_of_one():
    alike = run(campus("workload.jobs=[{gpus: 16, count: 3}]", "reliability.gpu.rate_per_year=2"))
    apart = run(campus("workload.jobs=[{gpus: 16}, {gpus: 16}, {gpus: 16}]", "reliability.gpu.rate_per_year=2"))
    assert np.array_equal(alike.events.time_days, apart.events.time_days)
    assert np.array_equal(alike.events.job, apart.events.job)
    assert alike.job_counts == (3,)
    stops = alike.events.where(EventKind.JOB_INTERRUPTED)
    first, second, third = (set(stops.time_days[stops.job == job].tolist()) for job in range(3))
    assert len(first) > 20
    assert not first & second  # their hosts are others, and fail on other days
    assert not second & third
    assert measure(alike)["useful_gpu_hours"] == measure(apart)["useful_gpu_hours"]


def test_jobs_share_the_technicians():
    slow = ["campus.repair.manual_share=1", "campus.repair.manual_min=20000", "reliability.gpu.rate_per_year=1.5"]

    def in_repair(technicians: int) -> float:
        rows = run(campus(TWO, *slow, f"campus.repair.technicians={technicians}")).events.where(
            EventKind.REPAIRED, EventKind.MISREPAIRED
        )
        return float(rows.amount.mean())

    # 14 days of work each; with one technician for both they queue.
    assert in_repair(50) == pytest.approx(14, rel=0.25)
    assert in_repair(1) > 2 * in_repair(50)


def test_hosts_that_serve_fail_alone():
    rate = 3.0
    result = run(
        campus("workload.jobs=[]", SERVE, f"reliability.gpu.rate_per_year={rate}", "campus.repair.technicians=99")
    )
    log, found = result.events, measure(result)
    days = float((log.gpus * (result.horizon_days - log.time_days)).sum())
    failed = log.count(EventKind.HOST_FAILED)
    # A hour at work is a chance of failure, on four GPUs each.
    expected = rate * days / 365.25
    assert abs(failed - expected) < 4 * np.sqrt(expected)
    assert failed > 150
    cut = log.total(EventKind.CUT_SHORT)
    # All of those that are there serve, but for half an answer of 10 s on each host that fails.
    assert cut == pytest.approx(failed * 4 * 5 / 3600)
    assert found["useful_gpu_hours"] == pytest.approx(days * 24 - cut)
    assert found["tokens_served"] == pytest.approx(found["useful_gpu_hours"] * 3600 * 10)
    assert sum(waterfall(found).values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)
    assert found["compute_availability"] == pytest.approx(days / 80 / 365.25)
    mended = log.where(EventKind.REPAIRED, EventKind.MISREPAIRED)
    assert days == pytest.approx(80 * 365.25 - 4 * mended.amount.sum()
                                 - 4 * _unmended_days(result), rel=1e-9)  # fmt: skip


def _unmended_days(result: Result) -> float:
    """Days to the horizon of the hosts that are in repair then."""
    log = result.events
    last = {}
    for kind, host, day in zip(log.kind.tolist(), log.berth.tolist(), log.time_days.tolist(), strict=True):
        if kind in (EventKind.HOST_FAILED, EventKind.REPAIRED, EventKind.MISREPAIRED):
            last[host] = kind, day
    return sum(result.horizon_days - day for kind, day in last.values() if kind == EventKind.HOST_FAILED)


def test_hosts_that_serve_do_not_age_in_repair():
    def worked(automatic_min: float) -> dict[int, list[float]]:
        """Days at work of each host at its failures."""
        repair = [f"campus.repair.automatic_min={automatic_min}", "campus.repair.manual_share=0"]
        log = run(campus("workload.jobs=[]", SERVE, "reliability.gpu.rate_per_year=3", *repair)).events
        found, since, total = {}, dict.fromkeys(range(20), 0.0), dict.fromkeys(range(20), 0.0)
        for kind, host, day in zip(log.kind.tolist(), log.berth.tolist(), log.time_days.tolist(), strict=True):
            if kind == EventKind.HOST_FAILED:
                total[host] += day - since[host]
                found.setdefault(host, []).append(total[host])
            elif kind in (EventKind.REPAIRED, EventKind.MISREPAIRED):
                since[host] = day
        return found

    at_once, slowly = worked(0), worked(10_000)
    assert sum(map(len, slowly.values())) > 100
    for host, days in slowly.items():
        assert days == pytest.approx(at_once[host][: len(days)])


def test_services_have_what_jobs_leave_and_share_it_by_demand():
    shares = (
        "workload.inference=[{name: first, demand: {kind: share, fraction: 0.2}, tokens_per_s_per_gpu: 10}, "
        "{name: second, gpus_per_replica: 3, tokens_per_s_per_gpu: 10}]"
    )
    result = run(campus(shares, CALM))
    # 8 hosts and a standby train; 11 serve: 44 GPUs, of which the first takes a fifth of 80, the second replicas of 3.
    assert of_job(result, EventKind.SERVED, 0) == pytest.approx(0.2 * 80 * 8766)
    assert of_job(result, EventKind.SERVED, 1) == pytest.approx(33 * (44 - 16) / 44 * 8766)
    whole = run(campus(shares.replace("gpus_per_replica: 3", "gpus_per_replica: 12, replica_within: plane"), CALM))
    assert of_job(whole, EventKind.SERVED, 1) == pytest.approx(36 * (44 - 16) / 44 * 8766)
    text = describe(result.scenario)
    assert "first, second on 11 hosts" in text
    assert facts(result.scenario)["inference"]["hosts"] == 11
    assert costs(result).total_usd > 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([TWO, "campus.hosts=13"], "workload.jobs: take 14 hosts with standbys"),
        ([TWO, "campus.spare_hosts=2"], "campus.spare_hosts: .* one job alone"),
        ([SERVE, "campus.hosts=9"], "workload.inference: has no hosts"),
        ([SERVE, "campus.diagnosis.probability=0.9"], "campus.diagnosis: is not followed where hosts serve"),
        ([SERVE, "campus.retirement={kind: failures}"], "campus.retirement: is not followed"),
        ([SERVE, "campus.bad.regeneration_interval_days=9"], "regeneration_interval_days: is not followed"),
    ],
)
def test_what_several_do_not_share_is_refused(settings, said):
    with pytest.raises(ScenarioError, match=said):
        campus(*settings)
